"""When rules are checked by themselves: at the times of their capsule, or at their own (`rule_config.schedule`). And profiles.

One row a capsule says when the next of all these times is; rules that are due together are one run. A pause is made up for
once, not time by time.
"""

import logging

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.models import Capsule
from apps.dcs import cron
from apps.dcs.refusals import Conflict
from apps.people.reader import system

from . import profiling, running
from .models import QualityRule, QualityRun, QualitySchedule

log = logging.getLogger(__name__)
TASK = "check_due_rules"
Trigger = QualityRun.Trigger


# ---------- setting ----------


class WrongTimes(ValueError):
    """Times that cannot be meant; `field` says which."""

    def __init__(self, field, said):
        super().__init__(said)
        self.field = field


def put(capsule, *, by, cron_text="", profile_cron="", zone="UTC", is_on=True, after_ingest=False):
    """Set when the rules of a capsule are checked, and its columns profiled, by themselves; returns the `QualitySchedule`.

    Raises `WrongTimes`, and `PermissionDenied`.
    """
    running.may_run(by, capsule).or_refuse()
    now = timezone.now()
    if said := cron.problem("0 0 * * *", zone, after=now):
        raise WrongTimes("zone", said)
    words, profiles = " ".join(cron_text.split()), " ".join(profile_cron.split())
    for field, text in (("cron", words), ("profile_cron", profiles)):
        if text and (said := cron.problem(text, zone, after=now)):
            raise WrongTimes(field, said)
    with acting(by, reason=_("When rules are checked")):
        values = {
            "cron": words,
            "profile_cron": profiles,
            "zone": zone,
            "is_on": is_on,
            "after_ingest": after_ingest,
            "asked_by": by.user,
        }
        found, _new = QualitySchedule._base_manager.update_or_create(capsule=capsule, defaults=values)
        plan(found, at=now)
    return found


def plan(schedule, *, at, rules=None):
    """Work out when the next time of the capsule or one of its rules is."""
    rules = own_times(schedule) if rules is None else rules
    times = {text for text, _rule in rules} | {schedule.cron, schedule.profile_cron} - {""}
    moments = [_following(text, schedule.zone, after=at) for text in times] if schedule.is_on else []
    schedule.next_due = min((moment for moment in moments if moment), default=None)
    schedule.planned_at, schedule.used_until = at, at
    schedule.save(update_fields=["next_due", "planned_at", "used_until"])


def own_times(schedule):
    """[(cron, rule)] of the enabled rules of the capsule that have times of their own."""
    found = QualityRule._base_manager.filter(
        pk__in=QualityRule.objects.keys_about(schedule.capsule), is_enabled=True, config__has_key="schedule"
    )
    return [(str(rule.config["schedule"]), rule) for rule in found.order_by("number")]


def _following(text, zone, *, after):
    """The next moment of a rule's times; None for what is none, which the rule's author was told when it was written."""
    try:
        return cron.following(text, zone, after=after)
    except ValueError:
        return None


# ---------- beginning ----------


def enqueue_due(*, at=None):
    """Queue a run for each capsule whose time has come; returns how many."""
    at = at or timezone.now()
    with acting(system(TASK)):
        _notice_new(at)
        due = list(QualitySchedule.objects.due(at=at).order_by("next_due").values_list("pk", flat=True))
    return sum(_begun(key, at) for key in due)


def _notice_new(at):
    """Plan for capsules whose rules got times of their own since somebody looked, whoever wrote them."""
    moved = QualityRule._base_manager.filter(config__has_key="schedule", is_enabled=True)
    own = moved.filter(capsule__isnull=False).filter(
        Q(capsule__quality_schedule=None) | Q(updated_at__gt=F("capsule__quality_schedule__planned_at"))
    )
    columns = moved.filter(column__retired_at__isnull=True, column__isnull=False).filter(
        Q(column__capsule__quality_schedule=None)
        | Q(updated_at__gt=F("column__capsule__quality_schedule__planned_at"))
    )
    keys = {*own.values_list("capsule", flat=True), *columns.values_list("column__capsule", flat=True)}
    for capsule in Capsule._base_manager.filter(pk__in=keys).order_by("pk"):
        found, _new = QualitySchedule._base_manager.get_or_create(capsule=capsule)
        used = found.used_until or at
        # What was due before the rule came is still due.
        plan(found, at=used if found.next_due and found.next_due <= at else at)


def _begun(key, at):
    """`_begin`, where the failure of one capsule is none of the others."""
    try:
        return _begin(key, at)
    except Exception:
        log.exception("the schedule %s could not begin", key)
        return False


def _begin(key, at):
    """Take the times of one capsule until now and queue one run for them; False if another scheduler has them."""
    reader = system(TASK)
    with acting(reader, reason=_("Rules are checked by schedule")):
        schedule = (
            QualitySchedule.objects.due(at=at)
            .select_for_update(of=("self",), skip_locked=True)
            .select_related("capsule__source_system")
            .filter(pk=key)
            .first()
        )
        if schedule is None:
            return False
        slot, rules = schedule.next_due, own_times(schedule)
        whole = bool(schedule.cron) and _within(schedule.cron, schedule, at)
        mine = [rule for text, rule in rules if _within(text, schedule, at)]
        profiled = bool(schedule.profile_cron) and _within(schedule.profile_cron, schedule, at)
        plan(schedule, at=at, rules=rules)
        begun = profiled and _profile(schedule, slot, reader)
        if not whole and not mine:
            return begun
        if whole:
            mine = _without(schedule, [rule for _text, rule in rules if rule not in mine])
        if mine == [] or _used(schedule, QualityRun.Kind.CHECKS, slot):
            return begun
        try:
            running.accept(
                schedule.capsule, reader=reader, trigger=Trigger.SCHEDULE, rules=mine or (), slot=slot
            )
        except Conflict as refused:
            log.warning("%s is due and cannot be read: %s", schedule.capsule, refused)
            return begun
    return True


def _profile(schedule, slot, reader):
    """Queue a profile for a time of the capsule; False if it has one, or nothing says where the data lies."""
    if _used(schedule, QualityRun.Kind.PROFILE, slot):
        return False
    try:
        profiling.accept(schedule.capsule, reader=reader, trigger=Trigger.SCHEDULE, slot=slot)
    except Conflict as refused:
        log.warning("%s is due and cannot be profiled: %s", schedule.capsule, refused)
        return False
    return True


def _used(schedule, kind, slot):
    """True if there is a run for this time of the capsule already."""
    return QualityRun._base_manager.filter(capsule=schedule.capsule, kind=kind, slot=slot).exists()


def _without(schedule, others):
    """The capsule's enabled rules but `others`; None for all of them."""
    if not others:
        return None
    about = QualityRule._base_manager.filter(
        pk__in=QualityRule.objects.keys_about(schedule.capsule), is_enabled=True
    )
    return list(about.exclude(pk__in=[rule.pk for rule in others]))


def _within(text, schedule, at):
    """True if one of these times lies after those that are used up, until now."""
    moment = _following(text, schedule.zone, after=schedule.used_until)
    return moment is not None and moment <= at


def after_ingestion(capsules):
    """Queue runs of the capsules that ask for one after each change from outside; returns how many.

    That is an ingestion or a plan that changed what is known of them, or a run of a pipeline that wrote them.
    """
    wanted = QualitySchedule._base_manager.filter(
        capsule__in=capsules, after_ingest=True, is_on=True, capsule__retired_at=None
    ).select_related("capsule__source_system")
    begun = 0
    for schedule in wanted.order_by("capsule__urn"):
        try:
            running.accept(schedule.capsule, reader=system(TASK), trigger=Trigger.INGEST)
            begun += 1
        except Conflict as refused:
            log.warning("%s was ingested and cannot be read: %s", schedule.capsule, refused)
    return begun
