"""The monitor: what is known becomes measurements, each once; what nobody measured stays unknown."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import IngestionJob
from apps.contracts import monitor
from apps.contracts.models import Measurement, Watch
from apps.dcs.refusals import Conflict
from apps.people.reader import reader_of
from tests.factories import (
    CapsuleFactory,
    ContractFactory,
    MeasurementFactory,
    QualityCheckFactory,
    QualityRuleFactory,
    UserFactory,
)
from tests.factories.quality import QualityRunFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def orders():
    return CapsuleFactory(name="orders", columns=["order_id", "amount"])


@pytest.fixture
def owner():
    return reader_of(UserFactory(role="contract_owner"))


def contract(orders, **terms):
    terms = {"freshness_sla": None, "completeness_sla": None, "schema_change_policy": None, **terms}
    return ContractFactory(capsule=orders, active=True, **terms)


def told(capsule, at=NOON):
    return {(one.metric, one.aspect): (one.outcome, one.actual) for one in monitor.evaluate_capsule(capsule.pk, at=at)[
        capsule.contracts.get().pk
    ]}  # fmt: skip


def written(orders, at):
    """A run that wrote the capsule's data and ended at `at`."""
    job = IngestionJob.objects.create(
        source_type="openlineage", status="completed", started_at=at - HOUR, completed_at=at
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO run_capsules (run_id, capsule_id, role) VALUES (%s, %s, 'output')",
            [job.pk, orders.pk],
        )


def checked(orders, status, *, at=NOON - HOUR, name="amount is filled", category="validity", **parts):
    rule = orders.quality_rules.filter(name=name).first() or QualityRuleFactory(
        capsule=orders, column=None, name=name, category=category
    )
    QualityCheckFactory(rule=rule, status=status, checked_at=at, **parts)
    return rule


def test_nothing_known_is_unknown_and_nothing_is_stored(orders):
    found = contract(orders, freshness_sla="PT4H", quality_score_sla=Decimal(90), query_latency_p95=100)
    assert {outcome for outcome, _actual in told(orders).values()} == {"unknown"}
    assert not found.measurements.exists()
    assert found.watch.health == "unknown"


def test_the_last_run_that_wrote_the_data_says_how_fresh_it_is(orders):
    found = contract(orders, freshness_sla="PT4H")
    written(orders, NOON - 3 * HOUR)
    assert told(orders)["freshness", ""] == ("met", 3 * 3600)
    assert told(orders, NOON + 2 * HOUR)["freshness", ""] == ("missed", 5 * 3600)
    assert [(one.is_met, one.unit) for one in found.measurements.all()] == [
        (False, "seconds"),
        (True, "seconds"),
    ]
    assert Watch.objects.get(contract=found).data_updated_at == NOON - 3 * HOUR


def test_a_freshness_rule_tells_the_age_of_the_newest_row(orders):
    contract(orders, freshness_sla="PT4H")
    QualityCheckFactory(
        rule=QualityRuleFactory(capsule=orders, column=None, rule_type="freshness"),
        status="passed", checked_at=NOON - HOUR, measured_value=Decimal(1800),
    )  # fmt: skip
    assert told(orders)["freshness", ""] == ("met", 5400)


def test_looking_again_stores_nothing_until_something_changes(orders):
    found = contract(orders, freshness_sla="PT4H")
    written(orders, NOON - HOUR)
    for minutes in (0, 0, 1, 50):
        told(orders, NOON + timedelta(minutes=minutes))
    assert found.measurements.count() == 1
    told(orders, NOON + 4 * HOUR)
    assert found.measurements.count() == 2
    written(orders, NOON + 4 * HOUR)
    told(orders, NOON + 4 * HOUR)
    told(orders, NOON + 5 * HOUR)
    assert [one.is_met for one in found.measurements.order_by("measured_at")] == [True, False, True]


def test_each_day_has_its_measurement(orders):
    found = contract(orders, freshness_sla="P9D")
    written(orders, NOON)
    for days in range(3):
        told(orders, NOON + timedelta(days=days, minutes=1))
    assert found.measurements.count() == 3


def test_the_score_is_the_weighted_share_of_rules_that_passed(orders):
    found = contract(orders, quality_score_sla=Decimal("75"))
    checked(orders, "passed", name="one", at=NOON - 2 * HOUR)
    checked(orders, "failed", name="one")
    heavy = checked(orders, "passed", name="three")
    heavy.meta = {"weight": 3}
    heavy.save(update_fields=["meta"])
    checked(orders, "skipped", name="left out")
    assert told(orders)["quality", ""] == ("met", 75)
    assert found.measurements.get().measured_at == NOON - HOUR


def test_a_score_is_never_rounded_up(orders):
    contract(orders, quality_score_sla=Decimal("66.6667"))
    for name, status in (("a", "passed"), ("b", "passed"), ("c", "failed")):
        checked(orders, status, name=name)
    assert told(orders)["quality", ""] == ("missed", Decimal("66.6666666666"))


@pytest.mark.parametrize(
    ("statuses", "answer"),
    [(("passed", "passed"), ("met", 2)), (("passed", "warning"), ("missed", 1)), (("passed", None), ("unknown", None)),
     (("error", None), ("missed", 0))],
)  # fmt: skip
def test_every_critical_rule_must_pass(orders, statuses, answer):
    contract(orders, critical_quality_rules=["one", "two"])
    for name, status in zip(("one", "two"), statuses, strict=True):
        if status:
            checked(orders, status, name=name)
    assert told(orders)["quality", "critical_rules"] == answer


def test_the_worst_rule_about_completeness_says_how_complete_the_data_is(orders):
    contract(orders, completeness_sla=Decimal("99.999"))
    checked(orders, "passed", name="a", category="completeness", failure_percentage=Decimal("0.0001"))
    checked(orders, "warning", name="b", category="completeness", failure_percentage=Decimal("0.0011"))
    assert told(orders)["completeness", ""] == ("missed", Decimal("99.9989"))


def test_rows_are_counted_against_both_bounds(orders):
    contract(orders, expected_row_count_min=10, expected_row_count_max=20)
    orders.row_count, orders.last_analyzed_at = 21, NOON - HOUR
    orders.save(update_fields=["row_count", "last_analyzed_at"])
    assert told(orders)["completeness", "rows"] == ("missed", 21)


def test_runs_that_could_not_reach_the_data_count_against_availability(orders):
    contract(orders, availability_sla=Decimal("75"))
    for state, code in (
        ("finished", ""),
        ("partly", ""),
        ("failed", "unreachable"),
        ("failed", "changed"),
        ("finished", ""),
    ):
        QualityRunFactory(capsule=orders, state=state, error_code=code, finished_at=NOON - HOUR)
    QualityRunFactory(
        capsule=orders, state="failed", error_code="unreachable", finished_at=NOON - timedelta(days=30)
    )
    assert told(orders)["availability", ""] == ("met", 75)


def test_what_was_reported_is_judged_and_not_stored_again(orders):
    found = contract(orders, query_latency_p95=100, query_latency_p99=300)
    MeasurementFactory(contract=found, metric="latency", aspect="p99", actual=Decimal(301), target=Decimal(300),
                       is_met=False, unit="ms", measured_at=NOON - HOUR, meta={"source": "reported"})  # fmt: skip
    assert told(orders) == {("latency", "p95"): ("unknown", None), ("latency", "p99"): ("missed", 301)}
    assert found.measurements.count() == 1


# ---------- the pass ----------


def test_a_pass_looks_at_what_is_due_and_plans_the_next_look(orders):
    found = contract(orders, freshness_sla="PT4H")
    written(orders, NOON - timedelta(hours=3, minutes=30))
    assert monitor.evaluate_due(at=NOON) == 1
    assert monitor.evaluate_due(at=NOON + timedelta(minutes=10)) == 0
    broken_at = NOON + timedelta(minutes=30, microseconds=1)
    assert found.watch.due_at == broken_at
    assert monitor.evaluate_due(at=broken_at) == 1
    found.watch.refresh_from_db()
    assert (found.watch.health, found.watch.due_at) == ("broken", broken_at + HOUR)


def test_only_contracts_in_force_of_capsules_in_use_are_watched(orders):
    ContractFactory(freshness_sla="PT4H")
    gone = contract(CapsuleFactory(), freshness_sla="PT4H")
    monitor.evaluate_due(at=NOON)
    assert Watch.objects.filter(contract=gone).exists()
    gone.capsule.retired_at = timezone.now()
    gone.capsule.save(update_fields=["retired_at"])
    monitor.evaluate_due(at=NOON + 2 * HOUR)
    assert not Watch.objects.exists()


def test_news_about_the_data_makes_its_contract_due(orders):
    found = contract(orders, freshness_sla="P1D")
    monitor.evaluate_due()
    assert monitor.look_again([orders.pk]) == 1
    assert monitor.evaluate_due() == 1
    assert found.watch.looked_at is not None


def test_more_contracts_take_no_more_queries():
    def contracts(number):
        for _number in range(number):
            home = CapsuleFactory()
            contract(home, freshness_sla="PT4H", quality_score_sla=Decimal(90), expected_row_count_min=1)
            checked(home, "passed")
        monitor.evaluate_due()
        monitor.look_again(Watch.objects.values("contract__capsule"))
        with CaptureQueriesContext(connection) as found:
            assert monitor.evaluate_due() == Watch.objects.count()
        return len(found)

    assert contracts(2) == contracts(4)


# ---------- asked by people ----------


def test_only_those_who_answer_for_it_measure_a_contract(orders, owner):
    found = contract(orders, freshness_sla="PT4H")
    with pytest.raises(PermissionDenied):
        monitor.evaluate(found, by=reader_of(UserFactory(role="analyst")))
    assert [one.outcome for one in monitor.evaluate(found, by=owner)] == ["unknown"]


def test_a_draft_is_not_measured(orders, owner):
    with pytest.raises(Conflict):
        monitor.evaluate(ContractFactory(capsule=orders), by=owner)


def test_a_reported_age_becomes_the_moment_of_the_data(orders, owner):
    found = contract(orders, freshness_sla="PT4H")
    now = timezone.now()
    row = monitor.report(
        found, {"metric": "freshness", "actual": Decimal(7200), "measured_at": now}, by=owner
    )
    assert (row.is_met, row.target, row.actual) == (True, 14_400, 7200)
    (answer,) = monitor.answers([found], at=now + 3 * HOUR)[found.pk]
    assert (answer.outcome, answer.actual) == ("missed", 18_000)


def test_a_moment_is_measured_once(orders, owner):
    found = contract(orders, query_latency_p95=100)
    values = {"metric": "latency", "aspect": "p95", "actual": Decimal(90), "measured_at": NOON}
    monitor.report(found, values, by=owner)
    with pytest.raises(Conflict):
        monitor.report(found, values, by=owner)
    assert Measurement.objects.count() == 1


def test_what_nobody_promised_is_not_measured(orders, owner):
    with pytest.raises(ValueError):
        monitor.report(
            contract(orders, query_latency_p95=100),
            {"metric": "latency", "aspect": "p99", "actual": Decimal(1)},
            by=owner,
        )
