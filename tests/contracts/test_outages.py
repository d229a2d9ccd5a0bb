"""A failure upstream is one outage: one root with its children, one message a person, over when the data is fresh again."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.catalog.models import IngestionJob
from apps.contracts import incidents, monitor
from apps.contracts.models import Incident, Watch
from apps.people.reader import reader_of
from apps.provenance.models import CapsuleEdge, RunCapsule
from apps.workflow.models import Notification
from tests.factories import CapsuleFactory, ContractFactory, OwnerFactory, TeamMembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FINANCE = {"team": "Finance", "use_case": "monthly report", "criticality": "high"}
MARKETING = {"team": "marketing", "contact": "ada@example.com"}


def member(team, **person):
    return TeamMembershipFactory(owner=team, user=UserFactory(**{"role": "analyst", **person})).user


def loaded(*capsules, at):
    """The nightly run wrote these capsules and ended at `at`."""
    job = IngestionJob.objects.create(
        source_type="openlineage", status="completed", started_at=at - HOUR, completed_at=at
    )
    RunCapsule.objects.bulk_create(
        RunCapsule(run=job, capsule=capsule, role="output") for capsule in capsules
    )
    Watch.objects.filter(contract__capsule__in=capsules).update(due_at=at)


def promised(capsule, *consumers):
    terms = {"completeness_sla": None, "schema_change_policy": None, "freshness_sla": "PT4H"}
    return ContractFactory(capsule=capsule, active=True, known_consumers=list(consumers), **terms)


@pytest.fixture
def chain():
    """Raw orders feed staged ones, which feed the orders that Finance reports on; the last was made known first."""
    orders, staged, raw = (CapsuleFactory(name=name) for name in ("orders", "stg_orders", "raw_orders"))
    for source, target in ((raw, staged), (staged, orders)):
        CapsuleEdge.objects.create(source=source, target=target, source_urn=source.urn, target_urn=target.urn)
    promised(orders, FINANCE)
    promised(staged, FINANCE, MARKETING)
    promised(raw, MARKETING)
    return raw, staged, orders


@pytest.fixture
def finance():
    return OwnerFactory(name="finance")


def messages():
    return Notification.objects.filter(event="promise_broken")


def test_a_failure_upstream_is_one_outage_that_each_consumer_hears_of_once(chain, finance):
    # given a chain that was loaded at noon, and people who use its data
    raw, staged, orders = chain
    accountant, controller = member(finance), member(finance)
    marketer = UserFactory(role="analyst", email="Ada@example.com")
    member(finance, is_active=False)
    member(OwnerFactory(name="logistics"))
    loaded(*chain, at=NOON)
    assert monitor.evaluate_due(at=NOON + HOUR) == 3
    assert not Incident.objects.exists()

    # when the load fails, and four hours have passed
    monitor.evaluate_due(at=NOON + 4 * HOUR)
    assert not Incident.objects.exists()  # at the boundary a promise is kept
    monitor.evaluate_due(at=NOON + 4 * HOUR + timedelta(minutes=1))

    # then the incident of the source is the root of the others
    root = Incident.objects.get(capsule=raw)
    assert root.root is None
    assert {one.capsule for one in root.children.all()} == {staged, orders}
    # and each person was told once, of the outage that concerns them
    told = {message.person: message for message in messages()}
    assert (set(told), len(messages())) == ({accountant, controller, marketer}, 3)
    assert told[marketer].url == root.get_absolute_url()
    assert (told[accountant].why, "stg_orders" in told[accountant].text) == ("consumer", False)

    # when it goes on, nobody is told again
    monitor.evaluate_due(at=NOON + 7 * HOUR)
    assert (Incident.objects.count(), len(messages())) == (3, 3)

    # and when the data is fresh again, all of it ends by itself
    loaded(*chain, at=NOON + 8 * HOUR)
    monitor.evaluate_due(at=NOON + 8 * HOUR + timedelta(minutes=1))
    assert set(Incident.objects.values_list("status", flat=True)) == {"closed"}
    assert {contract.status for one in chain for contract in one.contracts.all()} == {"active"}
    assert len(messages()) == 3


def test_the_next_outage_is_told_anew(chain, finance):
    member(finance)
    loaded(*chain, at=NOON)
    monitor.evaluate_due(at=NOON + 5 * HOUR)
    loaded(*chain, at=NOON + 6 * HOUR)
    monitor.evaluate_due(at=NOON + 6 * HOUR)
    monitor.evaluate_due(at=NOON + 11 * HOUR)
    assert len(messages()) == 2


def test_whoever_may_not_know_of_the_data_hears_nothing(finance):
    orders = CapsuleFactory(name="orders", visibility_rank=5)
    promised(orders, FINANCE)
    member(finance)
    trusted = member(finance, clearance=5)
    loaded(orders, at=NOON)
    monitor.evaluate_due(at=NOON + 5 * HOUR)
    assert [message.person for message in messages()] == [trusted]


def test_the_team_that_answers_for_the_data_is_told_too(finance):
    orders = CapsuleFactory(name="orders", owner=finance)
    promised(orders)
    keeper = member(finance, role="producer")
    loaded(orders, at=NOON)
    monitor.evaluate_due(at=NOON + 5 * HOUR)
    assert [(message.person, message.why) for message in messages()] == [(keeper, "owner")]


def test_what_somebody_reports_is_told_like_what_was_measured(finance):
    contract = promised(CapsuleFactory(name="orders"), FINANCE)
    reader = member(finance)
    by = reader_of(UserFactory(role="contract_owner"))
    incidents.report(contract, {"kind": "availability"}, by=by)
    assert [message.person for message in messages()] == [reader]
