"""Sources that are read by a schedule: each time once, also after a pause, and what becomes of what was found."""

import logging

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.changes.judge import ALLOW
from apps.catalog.models import IngestionJob
from apps.dcs import cron
from apps.dcs.refusals import Conflict
from apps.people.reader import reader_of, system
from apps.workflow import notices
from apps.workflow.models import Notification

from . import applying, databases, rights, sources
from .models import Plan, SourceRead, SourceSchedule

log = logging.getLogger(__name__)
TASK = "read_due_sources"
OVER = (IngestionJob.Status.COMPLETED, IngestionJob.Status.FAILED, IngestionJob.Status.CANCELLED)


# ---------- setting ----------


def put(source, *, by, cron_text, zone, applies, is_on):
    """Set when a source is read by itself, in the name of `by`; returns the `SourceSchedule`.

    Raises `Conflict` for a source that is not read here, and `ValueError` for times that cannot be meant.
    """
    if not databases.readable(source):
        raise Conflict(
            _("%(source)s names no database that the portal opens.") % {"source": source},
            code="no_data_source",
        )
    now = timezone.now()
    if said := cron.problem(cron_text, zone, after=now):
        raise ValueError(said)
    with acting(by, reason=_("Schedule of %(source)s") % {"source": source}):
        values = {
            "cron": " ".join(cron_text.split()),
            "zone": zone,
            "applies": applies,
            "is_on": is_on,
            "asked_by": by.user,
            "next_due": cron.following(cron_text, zone, after=now) if is_on else None,
        }
        return SourceSchedule._base_manager.update_or_create(source=source, defaults=values)[0]


# ---------- beginning ----------


def enqueue_due(*, at=None):
    """Queue a reading of each source whose time has come; returns how many. A pause is made up for once, not slot by slot."""
    at = at or timezone.now()
    with acting(system(TASK)):
        found = list(SourceSchedule.objects.due(at=at).order_by("next_due").values_list("pk", flat=True))
        ended = list(IngestionJob.objects.filter(scheduled__outcome="", status__in=OVER))
    # A job that somebody else had begun may have ended before its slot was noted.
    for job in ended:
        settle(job)
    return sum(_begun(key, at) for key in found)


def _begun(key, at):
    """`_begin`, where the failure of one source is none of the others."""
    try:
        return _begin(key, at)
    except Exception:
        log.exception("the schedule %s could not begin", key)
        return False


def _begin(key, at):
    """Take one slot and queue its job; False if another scheduler has it."""
    with acting(system(TASK), reason=_("A source is read by its schedule")):
        schedule = (
            SourceSchedule.objects.due(at=at)
            .select_for_update(of=("self",), skip_locked=True)
            .select_related("source", "asked_by")
            .filter(pk=key)
            .first()
        )
        if schedule is None:
            return False
        read, mine = SourceRead.objects.get_or_create(schedule=schedule, slot=schedule.next_due)
        schedule.next_due = cron.following(schedule.cron, schedule.zone, after=at)
        schedule.save(update_fields=["next_due"])
        if not mine:
            return False
        reader = _reader(schedule)
        try:
            if not (reader.may(sources.RUN) and rights.may_plan(reader)):
                raise PermissionDenied(_("Who set the schedule may no longer read sources."))
            read.job = databases.accept(schedule.source, reader=reader, application="schedule")
        except (Conflict, PermissionDenied) as refused:
            _settle(read, SourceRead.Outcome.FAILED, str(refused))
            schedule.is_on, schedule.next_due = False, None
            schedule.save(update_fields=["is_on", "next_due"])
            return False
        read.save(update_fields=["job"])
        return True


def _reader(schedule):
    """Who set it up, with the rights of now; nobody if the account is off."""
    return reader_of(schedule.asked_by, application="schedule", via="task")


# ---------- ending ----------


def settle(job):
    """Decide what becomes of what the job of a schedule has found; nothing for other jobs, or the second time."""
    with acting(system(TASK)):
        read = (
            SourceRead.objects.filter(job=job, outcome="")
            .select_related("schedule__source", "schedule__asked_by")
            .first()
        )
    if read is None or not job.is_finished:
        return
    if job.status != IngestionJob.Status.COMPLETED:
        _finish(read, SourceRead.Outcome.FAILED, job.error_message or "")
        return
    named = job.stats.get("plan")
    if not named:
        _finish(read, SourceRead.Outcome.UNCHANGED)
        return
    read.plan = Plan._base_manager.get(pk=named["id"])
    waits = why_not(read.plan) or ("" if read.schedule.applies else _("The schedule only plans."))
    if not waits:
        waits = _apply(read)
    _finish(read, SourceRead.Outcome.WAITS if waits else SourceRead.Outcome.APPLIED, waits)


def why_not(plan):
    """Why a plan is not applied by itself, a sentence; empty if it is whole, breaks nothing and needs nobody."""
    answer, reading = plan.result, plan.reading
    if reading.get("missed") or not reading.get("scope"):
        return _("Not all of the source could be read.")
    if reading.get("vanished"):
        return _("Something is gone from the source.")
    if answer["summary"]["breaking"] or answer["summary"]["blocked"]:
        return _("It breaks something.")
    for each in answer["capsules"]:
        if each["approvals"] or each["awaiting"] or each["verdict"]["decision"] != ALLOW:
            return _("Somebody has to agree, or to be told before.")
        if each["kept"]:
            return _("People have written something else meanwhile.")
    return ""


def _apply(read):
    """Apply the plan in the name of who set the schedule; why it cannot be, empty if it is."""
    try:
        applying.apply(read.plan, reader=_reader(read.schedule))
    except OperationalError:
        log.warning("applying %s by a schedule was interrupted", read.plan, exc_info=True)
        return _("Something else held the capsules. Apply the plan by hand.")
    except applying.PlanStale as stale:
        read.plan = stale.plan
        return _("Something has changed meanwhile. There is a new plan.")
    except (Conflict, PermissionDenied) as refused:
        if getattr(refused, "code", "") == "plan_applied":
            return ""
        # What was refused may name capsules that not every reader of the source's page knows of.
        log.info("applying %s by a schedule was refused: %s", read.plan, refused)
        return _("It was refused. Apply the plan by hand to see why.")
    return ""


def _finish(read, outcome, why=""):
    with acting(system(TASK), reason=_("What a schedule found")):
        stored = SourceRead.objects.select_for_update().get(pk=read.pk)
        if not stored.outcome:
            _settle(read, outcome, why)


def _settle(read, outcome, why=""):
    """Keep how it ended, and tell who set the schedule what needs them; a failure is told once, not each time."""
    before = (
        SourceRead.objects.filter(schedule=read.schedule, slot__lt=read.slot)
        .exclude(outcome="")
        .order_by("-slot")
        .values_list("outcome", flat=True)
        .first()
    )
    read.outcome, read.why = outcome, why
    read.save()
    source = read.schedule.source
    if outcome == SourceRead.Outcome.WAITS:
        words = _("%(plan)s of %(source)s waits for you: %(why)s") % {
            "plan": read.plan,
            "source": source,
            "why": why,
        }
        _tell(read, "source_read_waits", words, read.plan.get_absolute_url())
    elif outcome == SourceRead.Outcome.FAILED and before != SourceRead.Outcome.FAILED:
        words = _("%(source)s could not be read by its schedule: %(why)s") % {"source": source, "why": why}
        _tell(read, "source_read_failed", words, read.schedule.get_absolute_url())


def _tell(read, event, words, url):
    notices.tell([(read.schedule.asked_by, Notification.Why.AUTHOR, words)], event, url, urgent=True)
