"""Sources that are read by themselves: each time once, late rather than never, and applied only if nobody is needed."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.catalog.models import Capsule, IngestionJob, SourceSystem
from apps.deploy import databases, schedules
from apps.deploy.models import Plan, SourceRead, SourceSchedule
from apps.deploy.tasks import ingest, read_due
from apps.people.reader import reader_of
from apps.workflow.models import Notification
from tests.factories import SourceSystemFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def root(settings, tmp_path):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    return tmp_path


def run_sql(root, *statements):
    made = sqlite3.connect(root / "till.sqlite")
    for statement in statements:
        made.execute(statement)
    made.commit()
    made.close()


@pytest.fixture
def till(root):
    run_sql(root, "CREATE TABLE orders (id INTEGER PRIMARY KEY, amount INTEGER)")
    return SourceSystemFactory(
        name="till", kind="sqlite", connection={"engine": "sqlite", "path": "till.sqlite"}
    )


@pytest.fixture
def producer():
    return UserFactory(role="producer")


def scheduled(source, by, *, cron="0 6 * * *", zone="Europe/Berlin", applies=True, is_on=True):
    return schedules.put(source, by=reader_of(by), cron_text=cron, zone=zone, applies=applies, is_on=is_on)


def pass_a_day(clock):
    """It is the same time tomorrow; the scheduler has looked, and the worker has run what there was."""
    clock.shift(timedelta(days=1))
    read_due()
    for job in IngestionJob.objects.filter(status="pending"):
        ingest(job_id=str(job.pk))
    return SourceRead.objects.order_by("-slot").first()


# ---------- beginning ----------


def test_a_source_is_read_when_its_time_has_come_and_not_before(clock, till, producer):
    schedule = scheduled(till, producer)
    assert schedule.next_due == datetime(2026, 11, 25, 5, 0, tzinfo=UTC)

    clock.move_to(datetime(2026, 11, 25, 4, 59, tzinfo=UTC))
    read_due()
    assert not IngestionJob.objects.exists()

    clock.move_to(datetime(2026, 11, 25, 5, 0, tzinfo=UTC))
    read_due()
    read_due()

    job = IngestionJob.objects.get()
    assert (job.source_type, job.triggered_by, job.config["via"]) == ("sqlite", producer.username, "schedule")
    assert (
        ProcrastinateJob.objects.filter(task_name="deploy.ingest", args={"job_id": str(job.pk)}).count() == 1
    )
    schedule.refresh_from_db()
    assert schedule.next_due == datetime(2026, 11, 26, 5, 0, tzinfo=UTC)


def test_times_that_were_missed_are_made_up_for_once(clock, till, producer):
    schedule = scheduled(till, producer, cron="0 * * * *")
    clock.shift(timedelta(days=3))

    read_due()
    read_due()

    assert IngestionJob.objects.count() == 1
    assert list(SourceRead.objects.values_list("slot", flat=True)) == [datetime(2026, 11, 24, 10, tzinfo=UTC)]
    schedule.refresh_from_db()
    assert schedule.next_due == datetime(2026, 11, 27, 10, tzinfo=UTC)


def test_the_clock_of_the_place_counts_when_it_is_moved(clock, till, producer):
    clock.move_to(datetime(2027, 3, 27, 12, tzinfo=UTC))
    schedule = scheduled(till, producer)
    assert schedule.next_due == datetime(2027, 3, 28, 4, tzinfo=UTC)

    clock.move_to(schedule.next_due)
    read_due()

    schedule.refresh_from_db()
    assert schedule.next_due == datetime(2027, 3, 29, 4, tzinfo=UTC)


def test_a_schedule_that_is_off_reads_nothing(clock, till, producer):
    scheduled(till, producer, is_on=False)
    clock.shift(timedelta(days=9))

    read_due()

    assert not IngestionJob.objects.exists()
    assert SourceSchedule.objects.get().next_due is None


def test_a_reading_that_somebody_has_begun_is_the_one_of_the_schedule(clock, till, producer):
    scheduled(till, producer)
    begun = databases.accept(till, reader=reader_of(producer))

    read = pass_a_day(clock)

    assert read.job_id == begun.pk
    assert IngestionJob.objects.count() == 1
    assert read.outcome == "applied"


# ---------- ending ----------


def test_what_breaks_nothing_and_needs_nobody_is_applied(clock, till, root, producer):
    scheduled(till, producer)

    first = pass_a_day(clock)
    again = pass_a_day(clock)
    run_sql(root, "ALTER TABLE orders ADD COLUMN note TEXT")
    later = pass_a_day(clock)

    assert [each.outcome for each in (first, again, later)] == ["applied", "unchanged", "applied"]
    assert again.plan is None
    assert Capsule.objects.get(name="orders").columns.filter(name="note").exists()
    assert Plan.objects.filter(applied_at__isnull=False, author=producer).count() == 2
    assert not Notification.objects.filter(event__startswith="source_read").exists()


def test_a_schedule_that_only_plans_leaves_it_to_its_owner(clock, till, producer):
    scheduled(till, producer, applies=False)

    read = pass_a_day(clock)

    assert read.outcome == "waits"
    assert not Capsule.objects.exists()
    told = Notification.objects.get(person=producer, event="source_read_waits")
    assert told.url == read.plan.get_absolute_url()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (["ALTER TABLE orders DROP COLUMN amount"], "breaks something"),
        (["DROP TABLE orders", "CREATE TABLE bills (id INTEGER)"], "gone from the source"),
    ],
)
def test_what_breaks_or_loses_something_waits(clock, till, root, producer, change, why):
    scheduled(till, producer)
    pass_a_day(clock)
    run_sql(root, *change)

    read = pass_a_day(clock)

    assert read.outcome == "waits"
    assert why in read.why
    assert read.plan.applied_at is None
    assert why in Notification.objects.get(person=producer).text


def test_what_was_read_in_part_waits(clock, root, producer):
    import duckdb

    duckdb.connect(str(root / "shop.duckdb")).execute("CREATE TABLE orders (id INTEGER)").close()
    facts = {"engine": "duckdb", "path": "shop.duckdb", "schemas": ["main", "gone"]}
    scheduled(SourceSystemFactory(name="shop", kind="duckdb", connection=facts), producer)

    read = pass_a_day(clock)

    assert (read.outcome, "Not all of the source" in read.why) == ("waits", True)


def test_a_failure_is_told_once_and_not_each_time(clock, till, root, producer):
    scheduled(till, producer)
    (root / "till.sqlite").rename(root / "away.sqlite")

    outcomes = [pass_a_day(clock).outcome for _each in range(3)]
    (root / "away.sqlite").rename(root / "till.sqlite")
    outcomes.append(pass_a_day(clock).outcome)

    assert outcomes == ["failed", "failed", "failed", "applied"]
    assert Notification.objects.filter(person=producer, event="source_read_failed").count() == 1


def test_a_worker_that_was_killed_before_the_end_does_it_again_without_harm(clock, till, producer):
    scheduled(till, producer)
    read = pass_a_day(clock)
    SourceRead.objects.update(outcome="", plan=None)

    ingest(job_id=str(read.job_id))

    read.refresh_from_db()
    assert read.outcome == "applied"
    assert Plan.objects.filter(applied_at__isnull=False).count() == 1


def test_nobody_reads_in_the_name_of_who_has_left(clock, till, producer):
    scheduled(till, producer)
    producer.is_active = False
    producer.save()

    read = pass_a_day(clock)

    assert (read.outcome, read.job) == ("failed", None)
    assert SourceSchedule.objects.get().is_on is False
    assert not IngestionJob.objects.exists()


def test_a_source_that_goes_takes_its_schedule_along(clock, till, producer):
    scheduled(till, producer)
    SourceSystem.objects.filter(pk=till.pk).delete()

    clock.shift(timedelta(days=2))
    read_due()

    assert not SourceSchedule.objects.exists()


# ---------- pages ----------


def test_a_schedule_is_set_on_the_page_of_its_source_and_both_pages_say_when(client, clock, till, producer):
    client.force_login(producer)
    url = reverse("deploy:schedule_source", args=["till"])

    response = client.post(
        url, {"cron": "0 6 * * *", "zone": "Europe/Berlin", "applies": "on", "is_on": "on"}
    )
    page = client.get(reverse("deploy:source", args=["till"])).content.decode()
    listed = client.get(reverse("deploy:sources")).content.decode()

    assert response.status_code == 302
    assert "25 Nov 2026, 05:00 UTC" in page
    assert "26 Nov 2026, 05:00 UTC" in page
    assert "2026-11-25T05:00" in listed
    assert SourceSchedule.objects.get().asked_by == producer


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"cron": "soon", "zone": "UTC"}, "cron"),
        ({"cron": "* * * * *", "zone": "UTC"}, "cron"),
        ({"cron": "0 6 * * *", "zone": "Mars"}, "zone"),
        ({"cron": "", "zone": "UTC"}, "cron"),
    ],
)
def test_times_that_cannot_be_meant_are_errors_beside_their_field(client, till, producer, fields, field):
    client.force_login(producer)

    response = client.post(reverse("deploy:schedule_source", args=["till"]), {**fields, "is_on": "on"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not SourceSchedule.objects.exists()
