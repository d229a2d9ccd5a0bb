"""Broken promises become incidents: one at a time, grouped under their cause, ended when the promise is kept again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from apps.contracts import incidents, monitor
from apps.contracts.models import Incident, Measurement
from apps.dcs.refusals import Conflict
from apps.people.reader import reader_of
from apps.provenance.models import CapsuleEdge
from tests.factories import CapsuleFactory, ContractFactory, IncidentFactory, MeasurementFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def orders():
    return CapsuleFactory(name="orders")


@pytest.fixture
def owner():
    return reader_of(UserFactory(role="contract_owner"))


def contract(home, **terms):
    terms = {"freshness_sla": "PT4H", "completeness_sla": None, "schema_change_policy": None, **terms}
    return ContractFactory(capsule=home, active=True, **terms)


def age(found, hours, *, at):
    """Somebody reports how old the data is, and the monitor looks."""
    MeasurementFactory(
        contract=found, metric="freshness", actual=Decimal(hours * 3600), target=Decimal(14_400), unit="seconds",
        is_met=hours <= 4, measured_at=at, meta={"source": "reported"},
    )  # fmt: skip
    monitor.evaluate_capsule(found.capsule_id, at=at)
    found.refresh_from_db()
    return found


def test_a_broken_promise_is_one_incident_until_it_is_kept_again(orders):
    found = age(contract(orders), 6, at=NOON)
    one = found.incidents.get()
    assert (one.status, one.kind, one.unit, one.actual, one.target) == (
        "open",
        "freshness",
        "seconds",
        21_600,
        14_400,
    )
    assert (one.breach_magnitude, one.breach_started_at, one.detected_at) == (7200, NOON - 2 * HOUR, NOON)
    assert found.status == "breached"

    age(found, 8, at=NOON + HOUR)
    one = found.incidents.get()
    assert (one.actual, one.meta["count"]) == (28_800, 2)

    age(found, 1, at=NOON + 2 * HOUR)
    one = found.incidents.get()
    assert (one.status, one.breach_ended_at, one.breach_duration.iso()) == ("closed", NOON + 2 * HOUR, "PT4H")
    assert found.status == "active"
    assert [step.name for step in one.steps_taken] == ["recover"]


def test_looking_again_at_the_same_breach_writes_nothing_new(orders):
    found = age(contract(orders), 6, at=NOON)
    before = found.incidents.get().updated_at
    monitor.evaluate_capsule(orders.pk, at=NOON)
    assert found.incidents.get().updated_at == before


def test_a_breach_during_maintenance_opens_no_incident(orders):
    windows = [{"day": "monday", "start": "11:00", "end": "13:00"}]
    found = age(contract(orders, maintenance_windows=windows), 9, at=NOON)
    assert not found.incidents.exists()
    monitor.evaluate_capsule(orders.pk, at=NOON + HOUR)
    assert found.incidents.get().detected_at == NOON + HOUR


def test_nothing_known_neither_opens_nor_ends_an_incident(orders):
    found = age(contract(orders), 6, at=NOON)
    Measurement.objects.all().delete()
    monitor.evaluate_capsule(orders.pk, at=NOON + HOUR)
    assert found.incidents.get().status == "open"


@pytest.mark.parametrize(
    ("terms", "severity"),
    [
        ({"known_consumers": [{"team": "a", "criticality": "low"}, {"team": "b", "criticality": "Critical"}]}, "critical"),
        ({"known_consumers": [{"team": "a"}], "support_level": "24x7"}, "high"),
        ({"support_level": "business_hours"}, "medium"),
        ({"support_level": "none"}, "low"),
    ],
)  # fmt: skip
def test_an_incident_is_as_severe_as_its_consumers_say(orders, terms, severity):
    found = age(contract(orders, **terms), 6, at=NOON)
    one = found.incidents.get()
    assert (one.severity, one.affected_consumers) == (severity, found.known_consumers)


def test_an_incident_stands_under_the_one_furthest_upstream(orders):
    raw, staged = CapsuleFactory(name="raw"), CapsuleFactory(name="staged")
    for source, target in ((raw, staged), (staged, orders)):
        CapsuleEdge.objects.create(source=source, target=target, source_urn=source.urn, target_urn=target.urn)
    first = age(contract(raw), 6, at=NOON).incidents.get()
    second = age(contract(staged), 6, at=NOON + HOUR).incidents.get()
    third = age(contract(orders), 6, at=NOON + 2 * HOUR).incidents.get()
    assert (first.root, second.root, third.root) == (None, first, first)


def test_lineage_in_a_circle_ends(orders):
    other = CapsuleFactory()
    for source, target in ((orders, other), (other, orders)):
        CapsuleEdge.objects.create(source=source, target=target, source_urn=source.urn, target_urn=target.urn)
    first = age(contract(orders), 6, at=NOON).incidents.get()
    second = age(contract(other), 6, at=NOON + HOUR).incidents.get()
    first.refresh_from_db()
    assert (first.root, second.root) == (None, first)


def test_a_false_alarm_is_not_opened_again_by_the_same_evidence(orders, owner):
    found = age(contract(orders), 6, at=NOON)
    incidents.take(found.incidents.get(), "dismiss", by=owner, comment="The clock of the source was wrong.")
    monitor.evaluate_capsule(orders.pk, at=NOON + HOUR)
    found.refresh_from_db()
    assert (found.status, [one.status for one in found.incidents.all()]) == ("active", ["false_positive"])
    age(found, 9, at=NOON + 2 * HOUR)
    assert [one.status for one in found.incidents.order_by("number")] == ["false_positive", "open"]


# ---------- steps ----------


def test_resolving_says_what_caused_it_and_lets_the_contract_be_active(orders, owner):
    found = age(contract(orders), 6, at=NOON)
    one = found.incidents.get()
    incidents.take(one, "investigate", by=owner)
    with pytest.raises(ValidationError):
        incidents.take(one, "resolve", by=owner, comment="Restarted.", category="ghosts")
    incidents.take(
        one, "resolve", by=owner, comment="Restarted.", category="dependency", cause="The load came late."
    )
    found.refresh_from_db()
    one.refresh_from_db()
    assert (one.status, one.resolution, one.root_cause, found.status) == (
        "resolved",
        "Restarted.",
        "The load came late.",
        "active",
    )
    assert one.breach_duration is not None
    incidents.take(one, "reopen", by=owner, comment="It is late again.")
    found.refresh_from_db()
    assert (found.status, one.resolved_at, one.breach_duration) == ("breached", None, None)


def test_an_incident_that_somebody_looks_into_is_resolved_not_closed_by_the_monitor(orders, owner):
    found = age(contract(orders), 6, at=NOON)
    incidents.take(found.incidents.get(), "investigate", by=owner)
    age(found, 1, at=NOON + HOUR)
    assert (found.incidents.get().status, found.status) == ("resolved", "active")


def test_steps_need_a_right_and_the_right_state(orders, owner):
    one = age(contract(orders), 6, at=NOON).incidents.get()
    with pytest.raises(PermissionDenied):
        incidents.take(one, "investigate", by=reader_of(UserFactory(role="analyst")))
    with pytest.raises(Conflict):
        incidents.take(one, "reopen", by=owner, comment="No.")
    incidents.take(one, "close", by=owner)
    with pytest.raises(Conflict):
        incidents.take(one, "investigate", by=owner)


def test_a_second_incident_of_a_promise_cannot_be_reopened(owner):
    one = IncidentFactory(status="resolved")
    IncidentFactory(contract=one.contract)
    with pytest.raises(Conflict):
        incidents.take(one, "reopen", by=owner, comment="It is late again.")


# ---------- pages ----------


@pytest.fixture
def broken(orders):
    return age(contract(orders, known_consumers=[{"team": "finance"}]), 6, at=NOON).incidents.get()


@pytest.mark.parametrize(
    ("role", "code"),
    [("analyst", 403), ("steward", 302), ("producer", 302), ("policy_admin", 403), ("contract_owner", 302), ("auditor", 403),
     ("administrator", 403)],
)  # fmt: skip
def test_everybody_reads_an_incident_and_some_take_its_steps(client, broken, role, code):
    client.force_login(UserFactory(role=role))
    assert client.get("/incidents/").status_code == 200
    page = client.get(broken.get_absolute_url())
    assert page.status_code == 200
    assert "finance" in page.content.decode()
    assert client.get(reverse("contracts:incident_by_key", args=[broken.pk])).status_code == 301
    url = reverse("contracts:incident_step", args=[broken.number, "investigate"])
    assert client.post(url).status_code == code


def test_a_step_without_what_it_needs_says_so(client, broken):
    client.force_login(UserFactory(role="contract_owner"))
    url = reverse("contracts:incident_step", args=[broken.number, "resolve"])
    answer = client.post(url, {"comment": "Restarted."})
    assert answer.status_code == 422
    assert "Choose what caused it." in answer.content.decode()
    assert client.post(reverse("contracts:incident_step", args=[broken.number, "vanish"])).status_code == 404
    done = client.post(url, {"comment": "Restarted.", "category": "dependency"}, follow=True)
    assert "Restarted." in done.content.decode()
    assert client.post(url, {"comment": "Again.", "category": "dependency"}).status_code == 409


def test_the_list_shows_what_is_open_and_narrows(client, broken):
    client.force_login(UserFactory(role="analyst"))
    assert f"I-{broken.number}" in client.get("/incidents/").content.decode()
    assert "No incident fits" in client.get("/incidents/?severity=critical").content.decode()
    Incident.objects.all().delete()
    assert "Nothing is broken" in client.get("/incidents/").content.decode()


def test_an_incident_of_a_secret_capsule_is_not_there(client, broken):
    broken.capsule.visibility_rank = 5
    broken.capsule.save(update_fields=["visibility_rank"])
    client.force_login(UserFactory(role="analyst"))
    assert client.get(broken.get_absolute_url()).status_code == 404
    assert f"I-{broken.number}" not in client.get("/incidents/").content.decode()
