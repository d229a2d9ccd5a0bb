"""Who hears that a plan was applied."""

import pytest
from django.db import transaction

from apps.catalog import documents
from apps.catalog.models import Capsule
from apps.deploy import applying, plan, telling
from apps.deploy.models import Plan
from apps.people.reader import reader_of, system
from apps.workflow.models import Notification
from tests.factories.catalog import (
    CapsuleFactory,
    DomainFactory,
    OwnerFactory,
    StewardshipFactory,
    TeamMembershipFactory,
)
from tests.factories.people import UserFactory

ORDERS, LINES = "urn:dcs:dbt:model:shop:orders", "urn:dcs:dbt:model:shop:lines"
pytestmark = pytest.mark.django_db


@pytest.fixture
def sales():
    return DomainFactory(name="Sales")


@pytest.fixture
def team():
    return OwnerFactory(name="Shop team")


@pytest.fixture(autouse=True)
def capsules(sales, team):
    return [
        CapsuleFactory(urn=ORDERS, name="orders", domain=sales, owner=team),
        CapsuleFactory(urn=LINES, name="lines", domain=sales, owner=team),
    ]


@pytest.fixture
def member(team):
    return TeamMembershipFactory(user=UserFactory(role="producer"), owner=team).user


@pytest.fixture
def steward(sales):
    return StewardshipFactory(user=UserFactory(role="steward"), domain=sales).user


def planned(reader, text="Told by a file."):
    found = [{"urn": urn, "name": urn.rsplit(":", 1)[-1], "description": text} for urn in (ORDERS, LINES)]
    return plan.make(documents.write_bundle(map(documents.canonical, found)), reader)


def notices(person):
    return list(
        Notification.objects.filter(person=person, event="plan_applied").values_list("text", flat=True)
    )


def test_owners_and_stewards_hear_once_of_what_another_applied(member, steward):
    other = TeamMembershipFactory(
        user=UserFactory(role="producer"), owner=member.team_memberships.get().owner
    )
    done = planned(reader_of(member))

    applying.apply(done, reader=reader_of(member))

    said = [f"{member} applied {done}, which changed lines and 1 other capsule of yours."]
    assert (notices(steward), notices(other.user), notices(member)) == (said, said, [])


def test_whoever_planned_hears_that_a_colleague_applied_it(member, steward):
    done = planned(reader_of(member))

    applying.apply(done, reader=reader_of(steward))

    assert notices(member) == [f"{steward} applied your plan {done}."]
    assert notices(steward) == []


def test_nobody_hears_of_what_is_rolled_back(member, steward):
    found = planned(reader_of(member))

    with transaction.atomic():
        applying.apply(found, reader=reader_of(member))
        within = notices(steward)
        transaction.set_rollback(True)

    assert (len(within), notices(steward)) == (1, [])


def test_nobody_hears_of_a_plan_without_changes(member, steward):
    applying.apply(planned(reader_of(member)), reader=reader_of(member))
    Notification.objects.all().delete()

    applying.apply(planned(reader_of(member)), reader=reader_of(member))

    assert not Notification.objects.exists()


def test_nobody_hears_of_a_capsule_that_is_hidden_from_them(member, steward):
    Capsule.objects.filter(urn=LINES).update(visibility_rank=4)

    applying.apply(planned(system("deploy")), reader=system("deploy"))

    assert notices(steward) == [f"The portal applied {Plan.objects.get()}, which changed orders."]


def test_telling_asks_as_much_for_many_people_as_for_few(member, steward, team, django_assert_num_queries):
    reader = reader_of(member)
    done = applying.apply(planned(reader), reader=reader)
    TeamMembershipFactory.create_batch(6, owner=team)
    capsules = list(Capsule.objects.all())

    with django_assert_num_queries(5):
        assert telling.applied(done, capsules, by=reader) == 7
