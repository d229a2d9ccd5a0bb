"""Carrying out what another person planned."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.audit.context import acting
from apps.audit.models import Change
from apps.catalog import documents
from apps.catalog.models import Capsule
from apps.dcs.refusals import Conflict
from apps.deploy import applying, plan
from apps.deploy.models import Plan
from apps.people.reader import reader_of
from apps.workflow import reviews
from tests.factories.catalog import CapsuleFactory, DomainFactory, StewardshipFactory
from tests.factories.people import UserFactory

URN = "urn:dcs:dbt:model:shop:orders"
pytestmark = pytest.mark.django_db


@pytest.fixture
def domain():
    return DomainFactory(name="Sales")


@pytest.fixture
def author(domain):
    return StewardshipFactory(user=UserFactory(role="steward"), domain=domain).user


@pytest.fixture
def colleague(domain):
    """Another steward of the same domain."""
    return StewardshipFactory(user=UserFactory(role="steward"), domain=domain).user


@pytest.fixture
def planned(author, domain):
    CapsuleFactory(urn=URN, name="orders", domain=domain)
    return plan.make(text(), reader_of(author))


def text(**parts):
    return documents.write(
        documents.canonical({"urn": URN, "name": "orders", "description": "Orders of the shop.", **parts})
    )


def refused(found, person):
    with pytest.raises(Conflict) as error:
        applying.apply(found, reader=reader_of(person))
    assert Capsule.objects.get(urn=URN).description != "Orders of the shop."
    return error.value.code


def test_a_steward_of_the_domain_applies_a_colleague_s_plan_and_the_plan_says_so(planned, author, colleague):
    done = applying.apply(planned, reader=reader_of(colleague))

    assert Capsule.objects.get(urn=URN).description == "Orders of the shop."
    assert (done.author, done.taken_over_by, done.taken_over_at) == (author, colleague, done.applied_at)
    last = Change.objects.filter(table_name="plans", record_id=done.pk).order_by("-seq").first()
    assert last.changed_by == colleague.username
    assert {"taken_over_by_id", "taken_over_at"} <= set(last.changed_fields)


def test_an_author_s_own_plan_is_not_taken_over(planned, author):
    done = applying.apply(planned, reader=reader_of(author))

    assert (done.taken_over_by, done.taken_over_at) == (None, None)


def test_a_steward_of_another_domain_does_not_take_it_over(planned):
    other = StewardshipFactory(user=UserFactory(role="steward"), domain=DomainFactory(name="Finance")).user

    assert refused(planned, other) == "plan_gone"


@pytest.mark.parametrize("role", ["producer", "administrator", "policy_admin", "analyst"])
def test_nobody_takes_over_without_the_right_to(planned, role):
    assert refused(planned, UserFactory(role=role)) == "plan_gone"


def test_a_capsule_that_one_does_not_see_is_not_taken_over(planned, colleague):
    Capsule.objects.update(visibility_rank=5)

    assert refused(planned, colleague) == "plan_gone"
    assert not Plan.objects.visible_to(reader_of(colleague)).exists()


def test_a_plan_that_was_taken_over_is_not_applied_again_by_its_author(planned, author, colleague):
    applying.apply(planned, reader=reader_of(colleague))

    with pytest.raises(Conflict) as error:
        applying.apply(planned, reader=reader_of(author))

    assert error.value.code == "plan_applied"


def test_neither_who_planned_nor_who_took_over_decides_on_what_waits(author, colleague, domain):
    CapsuleFactory(urn=URN, name="orders", domain=domain)
    for person in (author, colleague):
        person.groups.add(*UserFactory(role="policy_admin").groups.all())
    active = {"sensitivity_level": "restricted", "status": "active"}
    found = plan.make(text(policies=active), reader_of(author))

    review = applying.apply(found, reader=reader_of(colleague)).reviews.get()

    assert set(review.authors.values_list("person", flat=True)) == {author.pk, colleague.pk}
    for person in (author, colleague):
        with pytest.raises(PermissionDenied), acting(person):
            reviews.decide(
                review, "approve", shown=review.proposal_hash, by=reader_of(person), reason="Mine."
            )


def test_the_page_says_that_applying_takes_the_plan_over(planned, author, colleague, client):
    client.force_login(colleague)

    page = client.get(planned.get_absolute_url()).content.decode()
    answer = client.post(f"{planned.get_absolute_url()}apply/")

    assert "Applying it takes it over" in page
    assert answer.status_code == 302
    assert Plan.objects.get(pk=planned.pk).taken_over_by == colleague
