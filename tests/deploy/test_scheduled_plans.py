"""Plans that are applied when their moment has come."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.audit.models import Change
from apps.catalog import documents
from apps.catalog.changes import change
from apps.catalog.changes.notices import Announcement, Dealings
from apps.catalog.models import Capsule, CapsuleVersion
from apps.contracts.models import Contract
from apps.dcs.refusals import Conflict
from apps.deploy import applying, due, plan
from apps.deploy.models import Plan
from apps.deploy.surroundings import Surroundings
from apps.people.reader import reader_of
from apps.workflow.models import Notification
from tests.api.conftest import Caller
from tests.factories.approvals import approved
from tests.factories.people import UserFactory

URN = "urn:dcs:dbt:model:shop:orders"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TONIGHT = NOW + timedelta(hours=12)
COLUMNS = [{"name": "order_id", "data_type": "INT"}, {"name": "amount", "data_type": "INT"}]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def author():
    return UserFactory(role="producer")


@pytest.fixture
def reader(author):
    return reader_of(author)


def text(columns=2, **parts):
    found = {"urn": URN, "name": "orders", "schema": {"columns": COLUMNS[:columns]}, **parts}
    return documents.write(documents.canonical(found))


def told(person):
    return list(Notification.objects.filter(person=person).values_list("event", "url"))


def test_a_scheduled_plan_is_applied_at_its_moment_in_the_name_of_its_author(reader, author, clock):
    found = applying.schedule(plan.make(text(), reader), TONIGHT, reader=reader)

    early = due.apply_due()
    clock.move_to(TONIGHT + timedelta(seconds=20))
    number, again = due.apply_due(), due.apply_due()

    assert (early, number, again) == (0, 1, 0)
    found.refresh_from_db()
    assert found.applied_at == timezone.now()
    assert CapsuleVersion.objects.get().deployed_by == author.username
    assert Change.objects.filter(table_name="capsules").order_by("seq").first().changed_by == author.username
    assert told(author) == [("plan_applied", found.get_absolute_url())]


def test_a_scheduled_plan_outlives_its_day(reader, clock):
    later = NOW + timedelta(days=5)
    found = applying.schedule(plan.make(text(), reader), later, reader=reader)

    clock.move_to(later + timedelta(hours=1))

    assert not Plan.objects.get(pk=found.pk).is_expired
    assert due.apply_due() == 1


def test_what_moved_in_between_is_planned_anew_and_the_author_is_told_once(reader, author, clock):
    applying.apply(plan.make(text(), reader), reader=reader)
    found = applying.schedule(plan.make(text(description="Orders."), reader), TONIGHT, reader=reader)
    Capsule.objects.update(layer="gold")

    clock.move_to(TONIGHT)
    numbers = [due.apply_due(), due.apply_due()]

    new = Plan.objects.exclude(pk=found.pk).order_by("-number").first()
    assert numbers == [0, 0]
    assert told(author) == [("plan_stale", new.get_absolute_url())]
    assert Capsule.objects.get().description is None
    found.refresh_from_db()
    assert (found.scheduled_for, found.applied_at) == (None, None)


def test_rights_are_asked_for_again_when_the_moment_has_come(reader, author, clock):
    applying.schedule(plan.make(text(), reader), TONIGHT, reader=reader)
    author.groups.clear()

    clock.move_to(TONIGHT)

    assert due.apply_due() == 0
    assert [event for event, _url in told(author)] == ["forbidden"]
    assert not Capsule.objects.exists()


def test_a_plan_of_somebody_who_is_switched_off_is_not_applied(reader, author, clock):
    applying.schedule(plan.make(text(), reader), TONIGHT, reader=reader)
    author.is_active = False
    author.save()

    clock.move_to(TONIGHT)

    assert due.apply_due() == 0
    assert not Plan.objects.filter(scheduled_for__isnull=False).exists()


def test_a_plan_that_is_taken_off_waits_for_somebody_to_ask(reader, clock):
    found = applying.schedule(plan.make(text(), reader), TONIGHT, reader=reader)

    off = applying.unschedule(found, reader=reader)
    clock.move_to(TONIGHT)

    assert due.apply_due() == 0
    assert (off.scheduled_for, off.expires_at) == (None, off.created_at + timedelta(days=1))


def test_a_plan_that_was_taken_off_while_the_worker_looked_is_not_applied(reader):
    found = applying.schedule(plan.make(text(), reader), TONIGHT, reader=reader)
    applying.unschedule(found, reader=reader)

    with pytest.raises(Conflict) as refused:
        applying.apply(found, reader=reader, due=TONIGHT)

    assert refused.value.code == "plan_unscheduled"


@pytest.mark.parametrize("at", [NOW, NOW - timedelta(days=1), NOW + timedelta(days=400)])
def test_a_moment_that_has_passed_or_lies_too_far_ahead_is_refused(reader, at):
    with pytest.raises(ValidationError):
        applying.schedule(plan.make(text(), reader), at, reader=reader)


def test_one_schedules_neither_what_is_another_s_nor_what_is_done(reader):
    done = applying.apply(plan.make(text(), reader), reader=reader)
    theirs = plan.make(text(description="Orders."), reader)

    for found, who, code in (
        (done, reader, "plan_applied"),
        (theirs, reader_of(UserFactory(role="producer")), "plan_gone"),
    ):
        for verb in (
            lambda f, w: applying.schedule(f, TONIGHT, reader=w),
            lambda f, w: applying.unschedule(f, reader=w),
        ):
            with pytest.raises(Conflict) as refused:
                verb(found, who)
            assert refused.value.code == code


# ---------- contracts ----------


@pytest.fixture
def announced(monkeypatch, reader):
    """A capsule whose contract asks for 30 days, of which 10 have passed since the drop of a column was announced."""
    promise = {"version": "1.0", "known_consumers": [{"team": "analytics"}]}
    applying.apply(plan.make(text(contract=promise), reader), reader=reader)
    approved(list(Contract.objects.all()), status="active")
    # The database says when something was announced, and its clock does not stand still with the test's.
    capsule = plan.make(text(columns=1), reader).result["capsules"][0]
    items = [item for part in capsule["dimensions"].values() for item in part["items"]]
    covers = frozenset(change.Change.of("", item).fingerprint for item in items)
    notice = Announcement(covers, (NOW - timedelta(days=10)).date())
    monkeypatch.setattr(
        Surroundings, "dealings", lambda self, urn: Dealings(announcements=(notice,), author="")
    )


def test_a_plan_waits_for_the_end_of_its_notice_and_goes_on_that_day(reader, announced, clock):
    fewer = plan.make(text(columns=1), reader)
    first = NOW.replace(hour=0, minute=0) + timedelta(days=20)

    with pytest.raises(Conflict) as refused:
        applying.schedule(fewer, first - timedelta(hours=1), reader=reader)
    applying.schedule(fewer, first, reader=reader)
    clock.move_to(first + timedelta(minutes=1))

    assert fewer.earliest == date(2026, 12, 14)
    assert (refused.value.code, "2026-12-14" in refused.value.detail) == ("plan_blocked", True)
    assert due.apply_due() == 1
    assert Capsule.objects.get().columns.filter(retired_at=None).count() == 1


def test_a_contract_that_grew_stricter_meanwhile_blocks_and_its_author_reads_why(
    reader, author, announced, clock
):
    first = NOW.replace(hour=0, minute=0) + timedelta(days=20)
    applying.schedule(plan.make(text(columns=1), reader), first, reader=reader)
    approved(list(Contract.objects.all()), breaking_change_notice_days=90)

    clock.move_to(first)

    assert due.apply_due() == 0
    notice = Notification.objects.get(person=author, event__in=["plan_blocked", "plan_stale"])
    assert "was not applied as scheduled" in notice.text


# ---------- over HTTP ----------


def test_the_api_schedules_shows_and_takes_off(author):
    caller = Caller(author)
    made = caller.post("/plans", text())
    path = f"/plans/{made.body['plan_id']}/apply"

    set_ = caller.post(path, {"at": "2026-11-25"})
    read = caller.get(f"/plans/{made.body['plan_id']}")
    off = caller.post(path, {"at": None})

    assert (set_.status_code, off.status_code) == (202, 200)
    assert read.body["scheduled_for"].startswith("2026-11-25T00:00:00")
    assert (read.body["earliest"], read.body["applied_at"], off.body["scheduled_for"]) == (None, None, None)


@pytest.mark.parametrize("at", ["soon", "2026-13-01", "2026-11-01", 5, ["2026-12-01"]])
def test_the_api_refuses_what_is_no_moment_to_come(author, at):
    caller = Caller(author)
    made = caller.post("/plans", text())

    answer = caller.post(f"/plans/{made.body['plan_id']}/apply", {"at": at})

    assert answer.status_code == 400
    assert not Plan.objects.filter(scheduled_for__isnull=False).exists()
