"""A contract from its draft to its end: written by one, signed by another, replaced or given up."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.audit.context import acting
from apps.contracts import monitor, writing
from apps.contracts.models import Contract
from apps.dcs.refusals import Conflict
from apps.people.reader import reader_of, system
from apps.workflow import reviews
from apps.workflow.models import Review
from tests.factories import CapsuleFactory, IncidentFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def orders():
    return CapsuleFactory(name="orders")


@pytest.fixture
def producer():
    return reader_of(UserFactory(role="contract_owner"))


@pytest.fixture
def signer():
    return reader_of(UserFactory(role="contract_owner"))


def drafted(orders, by, version="1.0.0", **values):
    return writing.create(orders, {"version": version, "freshness_sla": "PT6H", **values}, by=by)


def signed(contract, by):
    return contract.take("sign", by=by, comment="Agreed.")


def test_a_contract_takes_force_when_somebody_else_signs_it(orders, producer, signer):
    contract = drafted(orders, producer)
    assert contract.status == "draft"

    contract.propose(by=producer, comment="Finance needs it.")
    assert contract.status == "proposed"
    signed(contract, signer)

    contract.refresh_from_db()
    assert (contract.status, contract.approved_by_user) == ("active", signer.user)
    decision = Review.objects.of(contract).get().decisions.get()
    assert len(decision.content_hash) == 64
    assert [step.name for step in contract.steps_taken] == ["approve", "propose"]


def test_nobody_signs_a_contract_of_their_own(orders, producer):
    contract = drafted(orders, producer).propose(by=producer)

    with pytest.raises(PermissionDenied, match="someone else must decide"):
        signed(contract, producer)
    contract.refresh_from_db()
    assert contract.status == "proposed"


def test_the_next_version_replaces_the_one_in_force_in_one_go(orders, producer, signer):
    first = signed(drafted(orders, producer).propose(by=producer), signer)
    second = drafted(orders, producer, version="2.0.0", freshness_sla="PT2H").propose(by=producer)
    assert Contract.objects.in_force().get() == first

    signed(second, signer)

    first.refresh_from_db()
    assert (first.status, Contract.objects.in_force().get()) == ("superseded", second)
    assert first.steps_taken[0].name == "supersede"
    assert first.approved_by_user == signer.user


def test_a_broken_promise_ends_with_the_version_that_made_it(orders, producer, signer):
    first = signed(drafted(orders, producer).propose(by=producer), signer)
    incident = IncidentFactory(contract=first)
    Contract.objects.filter(pk=first.pk).update(status="breached")

    signed(drafted(orders, producer, version="2.0.0").propose(by=producer), signer)

    incident.refresh_from_db()
    first.refresh_from_db()
    assert (first.status, incident.status) == ("superseded", "closed")


def test_a_broken_contract_is_changed_like_any_other(orders, producer, signer):
    contract = signed(drafted(orders, producer).propose(by=producer), signer)
    review = writing.change(contract, {"support_contact": "data@jaffle.example"}, by=producer).review
    Contract.objects.filter(pk=contract.pk).update(status="breached")

    reviews.decide(review, "approve", shown=review.proposal_hash, by=signer)

    contract.refresh_from_db()
    assert (contract.status, contract.support_contact) == ("breached", "data@jaffle.example")


def test_what_is_in_force_changes_by_a_review_only(orders, producer, signer):
    contract = signed(drafted(orders, producer).propose(by=producer), signer)

    outcome = writing.change(contract, {"freshness_sla": "PT12H"}, by=producer, reason="The source is slow.")

    contract.refresh_from_db()
    assert str(contract.freshness_sla) == "PT6H"
    assert (outcome.review.state, outcome.review.risk) == ("submitted", "high")
    better = writing.change(contract, {"freshness_sla": "PT1H"}, by=producer).review
    assert better.risk == "medium"
    with transaction.atomic(), pytest.raises(DatabaseError), acting(system("test")):
        Contract.objects.filter(pk=contract.pk).update(freshness_sla="PT12H")


def test_no_statement_replaces_a_contract_without_an_approval(orders, producer, signer):
    contract = signed(drafted(orders, producer).propose(by=producer), signer)

    for status in ("superseded", "deprecated", "draft"):
        with transaction.atomic(), pytest.raises(DatabaseError), acting(system("test")):
            Contract.objects.filter(pk=contract.pk).update(status=status)

    other = drafted(CapsuleFactory(name="customers"), producer).propose(by=producer)
    review = Review.objects.of(other).get()
    signed(other, signer)
    with (
        transaction.atomic(),
        pytest.raises(DatabaseError),
        acting(system("test"), review=review.pk),
    ):
        Contract.objects.filter(pk=contract.pk).update(status="superseded")


def test_a_version_number_is_used_once(orders, producer):
    drafted(orders, producer)
    with pytest.raises(Conflict, match="1.0.0 already"):
        drafted(orders, producer)
    assert writing.begun(orders).version == "1.1.0"


@pytest.mark.parametrize(
    ("version", "next_one"),
    [("1.0.0", "1.1.0"), ("2.9", "2.10"), ("v3", "v3.1"), ("2024-01", "2024-01.1")],
)
def test_the_next_number_follows_from_the_last(version, next_one):
    assert writing.following(version) == next_one


def test_a_draft_is_sent_back_and_proposed_again(orders, producer, signer):
    contract = drafted(orders, producer).propose(by=producer)
    contract.send_back(by=signer, comment="Six hours are too many.")
    assert contract.status == "draft"

    writing.change(contract, {"freshness_sla": "PT2H"}, by=producer)
    contract.refresh_from_db()
    contract.propose(by=producer, comment="Two then.")
    signed(contract, signer)

    contract.refresh_from_db()
    assert (contract.status, str(contract.freshness_sla)) == ("active", "PT2H")


def test_an_announced_end_comes_on_its_day_and_not_before(orders, producer, signer):
    contract = signed(drafted(orders, producer).propose(by=producer), signer)
    successor = CapsuleFactory(name="orders_v2")
    day = timezone.now().date() + timedelta(days=30)

    contract.take(
        "deprecate", by=producer, comment="orders_v2 is better.", day=day, replacement=successor.urn
    )
    review = reviews.open_review(contract)
    reviews.decide(review, "approve", shown=review.proposal_hash, by=signer, reason="Yes.")

    contract.refresh_from_db()
    assert (contract.status, contract.deprecation_date, contract.replacement_capsule_urn) == (
        "active",
        day,
        successor.urn,
    )
    assert monitor.end_due(on=day - timedelta(days=1)) == 0
    with transaction.atomic(), pytest.raises(DatabaseError), acting(system("test")):
        Contract.objects.filter(pk=contract.pk).update(status="deprecated")


def test_a_contract_whose_day_has_come_ends(orders, producer, signer):
    today = timezone.now().date()
    contract = signed(drafted(orders, producer, deprecation_date=today).propose(by=producer), signer)

    assert monitor.end_due(on=today) == 1
    contract.refresh_from_db()
    assert (contract.status, contract.steps_taken[0].name) == ("deprecated", "expire")
    assert monitor.end_due(on=today) == 0


def test_a_contract_is_given_up_at_once_where_no_day_is_named(orders, producer, signer):
    contract = signed(drafted(orders, producer).propose(by=producer), signer)
    contract.take("deprecate", by=producer, comment="Nobody uses it.")
    review = reviews.open_review(contract)
    assert review.risk == "high"
    reviews.decide(review, "approve", shown=review.proposal_hash, by=signer, reason="Right.")
    contract.refresh_from_db()
    assert contract.status == "deprecated"
    with pytest.raises(Conflict):
        writing.change(contract, {"support_contact": "x"}, by=producer)


@pytest.mark.parametrize("replacement", ["urn:dcs:dbt:model:nobody:nothing", "itself"])
def test_a_replacement_is_another_capsule_that_exists(orders, producer, signer, replacement):
    contract = signed(drafted(orders, producer).propose(by=producer), signer)
    replacement = orders.urn if replacement == "itself" else replacement
    with pytest.raises(ValidationError, match="capsule"):
        contract.take("deprecate", by=producer, comment="Old.", day=date(2099, 1, 1), replacement=replacement)
    assert reviews.open_review(contract) is None


def test_what_is_more_than_a_draft_is_not_deleted(orders, producer, signer):
    draft = drafted(orders, producer)
    writing.remove(draft, by=producer)
    contract = signed(drafted(orders, producer).propose(by=producer), signer)
    with pytest.raises(Conflict, match="deprecated"):
        writing.remove(contract, by=producer)


def test_who_neither_owns_nor_edits_the_capsule_writes_no_contract(orders):
    with pytest.raises(PermissionDenied):
        drafted(orders, reader_of(UserFactory(role="analyst")))
    assert not Contract.objects.exists()


def test_a_signature_needs_a_password_of_the_last_minutes(orders, producer, signer):
    contract = drafted(orders, producer).propose(by=producer)
    stale = reader_of(signer.user, is_fresh=False)
    with pytest.raises(Conflict, match="password"):
        signed(contract, stale)
    contract.refresh_from_db()
    assert contract.status == "proposed"
