"""The command for pipelines, the demo's own checks, and what is due by itself."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from io import StringIO

import duckdb
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.catalog.models import Capsule
from apps.demo import story
from apps.payload.sources.base import Unreadable
from apps.people.reader import reader_of, system
from apps.quality import profiling, running, schedules
from apps.quality.models import ColumnProfile, QualityCheck, QualityRule, QualityRun, QualitySchedule
from tests.factories import UserFactory
from tests.quality import shop

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)


def said(*arguments, code=0):
    out = StringIO()
    try:
        call_command("run_checks", *arguments, stdout=out)
        ended = 0
    except SystemExit as end:
        ended = end.code
    assert ended == code, out.getvalue()
    return out.getvalue()


# ---------- the command ----------


def test_the_exit_code_says_whether_a_blocking_rule_fails(orders):
    shop.rule(orders, "status")
    assert "may go on" in said(orders.urn)

    shop.rule(orders, "amount", "range_check", expected_range_min=0, blocking=True)
    text = said("orders", code=3)

    assert "held back by range_check_amount" in text
    assert "amount is at least 0, 1 rows" in text


def test_one_rule_is_checked_by_its_name_and_told_as_json(orders):
    shop.rule(orders, "status")
    shop.rule(orders, "order_id")

    (told,) = json.loads(said(orders.urn, "--rule", "not_null_order_id", "--json"))

    assert (told["passed"], told["state"]) == (True, "finished")
    assert [(check["rule"], check["status"]) for check in told["checks"]] == [("not_null_order_id", "passed")]


def test_what_nobody_knows_is_said_and_nothing_is_run(orders):
    shop.rule(orders, "status")
    for wrong in (["nothing"], [orders.urn, "--rule", "nothing"], [orders.urn, "--as", "nobody"]):
        with pytest.raises(CommandError):
            call_command("run_checks", *wrong)
    assert not QualityRun.objects.exists()


# ---------- schedules ----------


def test_a_capsule_is_checked_at_its_times_each_once_and_late_once(orders):
    shop.rule(orders, "status")
    producer = reader_of(UserFactory(role="producer"))
    schedule = schedules.put(orders, by=producer, cron_text="0 * * * *")
    schedules.plan(schedule, at=NINE - timedelta(minutes=10))

    assert schedules.enqueue_due(at=NINE - timedelta(minutes=1)) == 0
    assert schedules.enqueue_due(at=NINE + timedelta(seconds=5)) == 1
    assert schedules.enqueue_due(at=NINE + timedelta(seconds=6)) == 0
    assert schedules.enqueue_due(at=NINE + timedelta(hours=5, minutes=1)) == 1

    runs = QualityRun.objects.order_by("number")
    assert [(run.trigger, run.slot, run.scope) for run in runs] == [
        ("schedule", NINE, {}),
        ("schedule", NINE + timedelta(hours=1), {}),
    ]


def test_a_rule_with_times_of_its_own_is_left_out_of_its_capsules(orders):
    own = shop.rule(orders, "status", config={"schedule": "30 * * * *"})
    other = shop.rule(orders, "order_id")
    schedule = schedules.put(orders, by=reader_of(UserFactory(role="producer")), cron_text="0 * * * *")
    schedules.plan(schedule, at=NINE - timedelta(minutes=10))

    schedules.enqueue_due(at=NINE)
    schedules.enqueue_due(at=NINE + timedelta(minutes=30))

    scopes = [run.scope["rules"] for run in QualityRun.objects.order_by("number")]
    assert scopes == [[str(other.pk)], [str(own.pk)]]


def test_times_that_a_rule_got_are_noticed_by_the_minute_job(orders):
    shop.rule(orders, "status", config={"schedule": "0 6 * * *"})

    schedules.enqueue_due(at=NINE)

    assert QualitySchedule.objects.get().next_due == NINE + timedelta(hours=21)


def test_times_that_cannot_be_meant_are_refused(orders):
    producer = reader_of(UserFactory(role="producer"))
    for wrong in ("soon", "* * * * *"):
        with pytest.raises(ValueError, match=".+"):
            schedules.put(orders, by=producer, cron_text=wrong)


def test_a_capsule_that_asks_for_it_is_checked_after_each_ingestion(orders):
    shop.rule(orders, "status")
    assert schedules.after_ingestion([orders.pk]) == 0
    schedules.put(orders, by=reader_of(UserFactory(role="producer")), cron_text="", after_ingest=True)

    assert schedules.after_ingestion([orders.pk]) == 1
    assert QualityRun.objects.get().trigger == "ingest"


def test_profiles_have_times_of_their_own_and_each_is_used_once(orders):
    schedule = schedules.put(
        orders, by=reader_of(UserFactory(role="producer")), cron_text="30 * * * *", profile_cron="0 * * * *"
    )
    schedules.plan(schedule, at=NINE - timedelta(minutes=10))

    begun = [schedules.enqueue_due(at=NINE), schedules.enqueue_due(at=NINE)]

    run = QualityRun.objects.get()
    assert begun == [1, 0]
    assert (run.kind, run.trigger, run.slot) == ("profile", "schedule", NINE)
    schedule.refresh_from_db()
    assert schedule.next_due == NINE + timedelta(minutes=30)


def test_rules_and_profiles_that_are_due_together_are_two_runs(orders):
    shop.rule(orders, "status")
    schedule = schedules.put(
        orders, by=reader_of(UserFactory(role="producer")), cron_text="0 * * * *", profile_cron="0 * * * *"
    )
    schedules.plan(schedule, at=NINE - timedelta(minutes=10))

    schedules.enqueue_due(at=NINE)

    assert set(QualityRun.objects.values_list("kind", "slot")) == {("checks", NINE), ("profile", NINE)}


def test_a_profile_of_a_source_that_does_not_answer_is_asked_again_later(orders, monkeypatch):
    def silent(*args, **kwargs):
        raise Unreadable("The database does not answer.", "unreachable")

    monkeypatch.setattr(profiling, "open_engine", silent)
    run = profiling.accept(orders, reader=system("test"))

    running.carry_out(run.pk, tries=0)
    run.refresh_from_db()
    assert run.state == "queued"

    running.carry_out(run.pk, tries=len(running.RETRIES_S))
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "unreachable")


# ---------- the demo ----------


def test_the_demo_is_checked_on_its_own_data_and_a_broken_row_is_found_and_shown(client, tmp_path, settings):
    (tmp_path / "jaffle_shop").mkdir()
    copy = tmp_path / "jaffle_shop" / "jaffle_classic.duckdb"
    shutil.copy(story.FILES / "jaffle_classic.duckdb", copy)
    settings.PAYLOAD_ROOTS, settings.PAYLOAD_WORK = [str(tmp_path)], str(tmp_path / "work")
    story.tell()
    profiles = QualityRun.objects.filter(kind="profile")
    waiting = list(QualityRun.objects.of_checks().order_by("number"))
    assert {run.capsule.name for run in profiles} == set(story.PROFILED)
    assert {run.capsule.name for run in waiting} == {"customers", "orders", "stg_orders"}

    for run in [*waiting, *profiles]:
        running.carry_out(run.pk)
    assert set(profiles.values_list("state", flat=True)) == {"finished"}
    assert ColumnProfile.objects.get(column__urn__endswith="main:orders.status").distinct_count == 5
    assert set(QualityCheck.objects.filter(run__in=waiting).values_list("status", flat=True)) == {"passed"}

    with duckdb.connect(str(copy)) as shop_data:
        shop_data.execute("UPDATE orders SET status = 'lost' WHERE order_id = 3")
    orders = Capsule.objects.get(name="orders", source_system__name="jaffle_shop")
    run = running.accept(orders, reader=system("test"))
    running.carry_out(run.pk)

    failed = QualityCheck.objects.get(run=run, status="failed")
    assert (failed.rule.rule_type, failed.failure_count) == ("value_in_set", 1)
    client.force_login(UserFactory(role="steward"))
    page = client.get(reverse("quality:rule", args=[failed.rule.number])).content.decode()
    assert "<code>lost</code>" in page
    assert "1 of 99" in page
    assert QualityRule.objects.count() > 10
