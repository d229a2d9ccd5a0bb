"""Rules are really checked on data: stored once, whole or not at all, whatever happens to the worker."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.dcs.models import JobProgress
from apps.dcs.refusals import Conflict
from apps.people.reader import reader_of, system
from apps.quality import batches, running, storing, watching
from apps.quality.engine.plan import CheckResult, Outcome
from apps.quality.models import QualityCheck, QualityRun
from tests.factories import CapsuleFactory, ColumnFactory, QualityRuleFactory, UserFactory
from tests.quality import shop

pytestmark = pytest.mark.django_db
Status = QualityCheck.Status


@pytest.fixture
def producer():
    return reader_of(UserFactory(role="producer"))


def carried_out(orders, producer, **asked):
    run = running.accept(orders, reader=producer, **asked)
    running.carry_out(run.pk)
    run.refresh_from_db()
    return run


def found(run):
    return {check.rule.name: check for check in run.checks.select_related("rule")}


def test_a_run_checks_every_enabled_rule_on_the_data(orders, producer):
    shop.rule(orders, "status", blocking=True)
    shop.rule(orders, "amount", "range_check", expected_range_min=0)
    shop.rule(orders, "order_id", "unique")
    shop.rule(orders, "email", is_enabled=False)

    run = carried_out(orders, producer)

    assert (run.state, run.counts, run.gate_passed) == ("finished", {"failed": 2, "passed": 1}, False)
    checks = found(run)
    assert {name: check.status for name, check in checks.items()} == {
        "not_null_status": "failed",
        "range_check_amount": "failed",
        "unique_order_id": "passed",
    }
    failed = checks["range_check_amount"]
    assert (failed.failure_count, failed.measured_value, failed.meta["failure_ratio"]) == (1, 1, "1/100")
    assert failed.sample_failures[0]["values"] == {"amount": "-5.0"}
    assert failed.expected_value == "amount is at least 0"
    assert failed.context["run"] == str(run.pk)
    assert failed.context["engine"].startswith("duckdb")
    assert failed.context["path"]
    assert (failed.capsule, failed.column.name) == (orders, "amount")
    row = JobProgress.objects.of(run).get()
    assert row.state == JobProgress.State.COMPLETED


def test_one_faulty_rule_leaves_the_others_their_results(orders, producer):
    ColumnFactory(capsule=orders, name="gone", data_type="VARCHAR")
    shop.rule(orders, "gone")
    shop.rule(orders, "order_id")

    run = carried_out(orders, producer)

    checks = found(run)
    assert checks["not_null_order_id"].status == Status.PASSED
    assert checks["not_null_gone"].status == Status.ERROR
    assert checks["not_null_gone"].meta["code"] == "no_column"
    assert "gone" in checks["not_null_gone"].meta["reason"]


def test_muted_rules_and_named_ones_that_are_off_are_skipped(orders, producer):
    until = (timezone.now() + timedelta(days=3)).isoformat()
    shop.rule(orders, "status", meta={"muted_until": until})
    off = shop.rule(orders, "amount", is_enabled=False)

    muted = found(carried_out(orders, producer))
    named = found(carried_out(orders, producer, rules=[off]))

    assert {name: (check.status, check.meta["code"]) for name, check in muted.items()} == {
        "not_null_status": ("skipped", "muted")
    }
    assert named["not_null_amount"].meta["code"] == "disabled"


@pytest.mark.parametrize("why", ["pii", "rank"])
def test_values_of_protected_columns_that_nothing_masks_are_counted_and_never_kept(orders, producer, why):
    email = orders.columns.get(name="email")
    if why == "pii":
        email.pii_type = "email"
        email.save()
    else:
        type(email)._base_manager.filter(pk=email.pk).update(sensitivity_rank=3)
    shop.rule(orders, "email", "value_in_set", config={"values": ["nobody"]})

    check = found(carried_out(orders, producer))["value_in_set_email"]

    assert (check.status, check.failure_count, check.sample_failures) == ("failed", 100, None)
    assert "@example.org" not in str(check.meta)


def test_failing_values_are_kept_through_the_strictest_mask_of_their_column_whoever_it_is_for(
    orders, producer
):
    from tests.factories import MaskingRuleFactory, PolicyFactory

    email = orders.columns.get(name="email")
    MaskingRuleFactory(column=email, method="data_masking", config={}, applies_to_roles=["analyst"])
    MaskingRuleFactory(column=email, method="partial_redaction", config={"preserve_prefix": 3})
    PolicyFactory(column=orders.columns.get(name="status"), requires_masking=True, active=True)
    shop.rule(orders, "email", "value_in_set", config={"values": ["nobody"]})
    shop.rule(orders, "status", "value_in_set", config={"values": ["nobody"]})
    shop.rule(orders, "email", "unique")
    own = {"rule_type": "custom_sql", "config": {"sql": "SELECT * FROM payload"}, "name": "own"}
    QualityRuleFactory(capsule=orders, column=None, severity="error", **own)

    checks = found(carried_out(orders, producer))

    listed = checks["value_in_set_email"]
    shown = {row["values"]["email"] for row in listed.sample_failures}
    assert listed.failure_count == 100
    assert shown
    assert all(set(value) <= set("x9@.X") for value in shown)
    assert {row["values"]["status"] for row in checks["value_in_set_status"].sample_failures} == {"********"}
    kept = str([(check.sample_failures, check.meta, check.context) for check in checks.values()])
    assert "@example.org" not in kept


def test_values_are_looked_up_in_another_capsule(orders, producer, folder):
    states = CapsuleFactory(
        name="states", storage_location=str(folder / "states.parquet"), storage_format="parquet", columns=[]
    )
    word = ColumnFactory(capsule=states, name="word", data_type="VARCHAR")
    shop.rule(orders, "status", "referential_integrity", config={"reference": word.urn})

    check = found(carried_out(orders, producer))["referential_integrity_status"]

    assert (check.status, check.failure_count) == ("passed", 0), check.meta


def test_a_job_that_comes_twice_stores_nothing_twice(orders, producer):
    shop.rule(orders, "status")
    run = carried_out(orders, producer)

    running.carry_out(run.pk)
    running.carry_out(run.pk)

    assert run.checks.count() == 1


@pytest.mark.parametrize("tries", [0, 1], ids=["first", "after a silent source"])
def test_what_a_dead_worker_left_is_taken_up_once_and_then_given_up(orders, producer, tries):
    shop.rule(orders, "status")
    run = running.accept(orders, reader=producer)
    QualityRun.objects.filter(pk=run.pk).update(state="running", attempts=1, started_at=timezone.now())

    running.carry_out(run.pk, tries=tries)
    run.refresh_from_db()
    assert (run.state, run.attempts, run.checks.count()) == ("finished", 2, 1)

    again = running.accept(orders, reader=producer)
    QualityRun.objects.filter(pk=again.pk).update(state="running", attempts=2, started_at=timezone.now())
    running.carry_out(again.pk, tries=tries)
    again.refresh_from_db()
    assert (again.state, again.error_code, again.checks.count()) == ("failed", "died", 0)
    assert JobProgress.objects.of(again).get().state == "failed"


def test_a_worker_that_was_thought_dead_stores_nothing(orders, producer):
    rule = shop.rule(orders, "status")
    run = running.accept(orders, reader=producer)
    QualityRun.objects.filter(pk=run.pk).update(state="running", attempts=2, started_at=timezone.now())
    run.attempts = 1  # as the first worker remembers it
    batch = batches.of_rules(orders, [rule])
    results = [CheckResult(batch.specs[0], "passed", Outcome(True, 0, 0, 100))]

    stored = storing.store(
        run, batch, results, storing.Facts(timezone.now()), reader=producer, state="finished"
    )

    assert stored is None
    assert not rule.checks.exists()


def test_a_thousand_results_are_stored_in_three_statements(orders, producer):
    rules = [shop.rule(orders, "status", name=f"rule {n}") for n in range(50)]
    run = running.accept(orders, reader=producer)
    QualityRun.objects.filter(pk=run.pk).update(state="running", attempts=1)
    run.attempts = 1
    batch = batches.of_rules(orders, rules)
    # The same statement holds a thousand: what counts is that rows cost none of their own.
    results = [CheckResult(spec, "passed", Outcome(True, 0, 0, 100)) for spec in batch.specs]

    with CaptureQueriesContext(connection) as asked:
        storing.store(run, batch, results, storing.Facts(timezone.now()), reader=producer, state="finished")

    # What the end of a transaction does for versions is not the storing.
    wrote = [
        one["sql"] for one in asked if one["sql"].startswith(("INSERT", "UPDATE")) or "NO KEY" in one["sql"]
    ]
    own = [sql for sql in wrote if "quality_" in sql]
    assert len(own) == 3, own
    assert run.checks.count() == 50


def test_a_file_that_is_gone_makes_every_rule_an_error_and_the_run_failed(orders, producer, folder):
    shop.rule(orders, "status", blocking=True)
    orders.storage_location = str(folder / "nothing.parquet")
    orders.save()

    with pytest.raises(Conflict) as refused:
        running.accept(orders, reader=producer)

    assert refused.value.code == "no_data_source"


def test_a_source_that_does_not_answer_is_asked_again_and_then_each_rule_could_not_run(
    orders, producer, monkeypatch
):
    from apps.payload.sources.base import Unreadable

    def nobody(*args, **kwargs):
        raise Unreadable("The source did not answer.", "unreachable")

    shop.rule(orders, "status", blocking=True)
    monkeypatch.setattr(running, "open_engine", nobody)
    run = running.accept(orders, reader=producer)

    for tries in range(3):
        running.carry_out(run.pk, tries=tries)
        run.refresh_from_db()
        assert (run.state, run.checks.count()) == ("queued", 0)
    running.carry_out(run.pk, tries=3)
    run.refresh_from_db()

    assert (run.state, run.error_code, run.gate_passed) == ("failed", "unreachable", False)
    assert [check.status for check in run.checks.all()] == ["error"]


def test_a_run_that_waits_is_cancelled_at_once_and_one_that_is_asked_twice_is_one(orders, producer):
    first = running.accept(orders, reader=producer)
    assert running.accept(orders, reader=producer) == first

    assert running.cancel(first, by=producer)
    running.carry_out(first.pk)

    first.refresh_from_db()
    assert (first.state, first.checks.count()) == ("cancelled", 0)
    assert not running.cancel(first, by=producer)


def test_whoever_may_not_change_the_capsule_checks_nothing(orders):
    from django.core.exceptions import PermissionDenied

    for role in ("analyst", "auditor", "administrator"):
        with pytest.raises(PermissionDenied):
            running.accept(orders, reader=reader_of(UserFactory(role=role)))


def test_reports_are_written_twice_a_second_at_most():
    told = []

    class Progress:
        def say(self, *words):
            told.append(words)

    paced = watching.Paced(Progress())
    for done in range(500):
        paced.say("scan", done, 500, "")

    assert len(told) == 1


def test_at_once_stores_a_check_with_its_run(orders, producer):
    rule = shop.rule(orders, "status")

    run, check = running.at_once(rule, reader=producer)

    assert (run.state, check.status, check.run) == ("finished", "failed", run)


def test_the_system_may_check_for_a_schedule(orders):
    shop.rule(orders, "order_id")

    assert carried_out(orders, system("check_due_rules")).counts == {"passed": 1}


def test_unchanged_data_is_not_read_again_unless_all_is_asked_for(orders, producer, settings, tmp_path):
    settings.QUALITY_CACHE = str(tmp_path / "cache")
    shop.rule(orders, "amount", "range_check", expected_range_min=0)

    paths = [
        found(carried_out(orders, producer, full=full))["range_check_amount"] for full in (False, False, True)
    ]

    assert [check.context["path"] for check in paths] == ["scan", "cache", "scan"]
    assert {check.failure_count for check in paths} == {1}
