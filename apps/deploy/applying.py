"""Apply plans: all capsules and dimensions of a bundle in one transaction, or nothing (format, section 7)."""

import datetime
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog import storing, versions
from apps.catalog.changes.change import B
from apps.contracts import announcing, monitor, overriding
from apps.dcs import deadlocks
from apps.dcs.refusals import Conflict
from apps.glossary import late
from apps.quality import schedules as quality_schedules

from . import contradictions, origins, parts, rights, telling
from . import plan as plans
from .ingestion import refresh_facts
from .locking import lock
from .models import LASTS, Plan

STEPS = 4
FURTHEST = datetime.timedelta(days=366)  # ahead, for which a plan may be scheduled
MANY = 50  # capsules from which derived tables are refreshed once instead of row by row


class PlanStale(Conflict):
    """What is stored has moved since the plan was made; `plan` is a new one, `moved` names the capsules."""

    def __init__(self, plan, moved):
        self.plan, self.moved = plan, moved
        super().__init__(
            _("%(urns)s changed since this plan was made. Look at the new plan %(plan)s.")
            % {"urns": ", ".join(moved[:3]), "plan": plan},
            code="plan_stale",
        )


class _Moved(Exception):
    def __init__(self, drafted, moved):
        self.drafted, self.moved = drafted, moved


def quiet(phase, done=0, total=0):
    """Nobody follows."""


def apply(plan, *, reader, say=quiet, due=None):
    """Carry out a stored plan; returns it with `applied_at` set; `plan.reviews` are those of what waits.

    Who may take it over carries out another's plan, and the plan says so.
    `say(phase, done, total)` hears how far it is, from within the transaction, and may raise to stop it. `due` is the
    moment for which it was scheduled, if it is applied because of that.
    Done again if it waited in a circle with somebody else's writing.
    Raises `PlanStale` with a new plan, `Conflict` with code plan_gone, plan_applied, plan_blocked or plan_unscheduled,
    and `PermissionDenied`; nothing is written then. A reader's plan that misses something is refused with plan_partial,
    unless `decide` was told its name.
    """

    def applied():
        with _fresh(plan, reader, say) as (locked, drafted):
            if due is not None and locked.scheduled_for != due:
                words = _("%(plan)s is no longer wanted then.")
                raise Conflict(words % {"plan": plan}, code="plan_unscheduled")
            return _carry_out(locked, drafted, reader, say)

    return deadlocks.again(applied)


def decide(plan, *, reader, accept_partial="", retire=()):
    """Accept by its name that a reader's plan misses something, and choose which vanished capsules are retired.

    Returns the plan. It holds for every later apply of this plan, and not for one made anew. Raises `Conflict`.
    """
    with acting(reader, reason=_reason(plan)):
        plan = Plan._base_manager.select_for_update().get(pk=plan.pk)
        _usable(plan, reader)
        origins.decide(plan, reader=reader, accept=accept_partial, retire=retire)
        return plan


def schedule(plan, at, *, reader):
    """Let the plan be applied at a moment to come, by the worker and in the reader's name; it is kept until a day later.

    Raises `ValidationError` for a moment that has passed or lies more than a year ahead, and whatever `apply` raises;
    plan_blocked where the contracts do not let it through by that day.
    """
    now = timezone.now()
    if at <= now or at > now + FURTHEST:
        raise ValidationError({"at": [_("Name a moment that is still to come, within a year.")]})
    with _fresh(plan, reader) as (plan, drafted):
        blocked = [step for step in drafted.blocked if not _free_on(step.decision, at.date())]
        if blocked:
            raise _blocked(blocked)
        plan.scheduled_for, plan.scheduled_by = at, reader.user
        plan.expires_at = max(plan.expires_at, at + LASTS)
        plan.save(update_fields=["scheduled_for", "scheduled_by", "expires_at"])
        return plan


def unschedule(plan, *, reader):
    """Apply the plan only when somebody asks for it; it lasts a day from when it was made, as any other."""
    with acting(reader, reason=_reason(plan)):
        plan = Plan._base_manager.select_for_update().get(pk=plan.pk)
        _usable(plan, reader, expired_too=True)
        forget_schedule(plan)
        return plan


def forget_schedule(plan):
    """Take the moment off a plan that is locked."""
    plan.scheduled_for = plan.scheduled_by = None
    plan.expires_at = plan.created_at + LASTS
    plan.save(update_fields=["scheduled_for", "scheduled_by", "expires_at"])


@contextmanager
def _fresh(plan, reader, say=quiet):
    """The plan, locked with its capsules, and what it would do now; `PlanStale` if that is no longer what it says."""
    try:
        with acting(reader, reason=_reason(plan), bulk=len(plan.base) >= MANY):
            plan = Plan._base_manager.select_for_update().get(pk=plan.pk)
            _usable(plan, reader)
            origins.require_accepted(plan)
            found = plans.documents_of(plan)
            lock(sorted({*plan.base, *origins.named_besides(plan)}))
            say(_("Comparing"), 0, STEPS)
            drafted = plans.draft(found, reader, plans.Options(**plan.options), read=plan.reading)
            moved = [step.urn for step in drafted.steps if step.base != plan.base[step.urn]]
            if moved:
                raise _Moved(drafted, moved)
            yield plan, drafted
    except _Moved as stale:
        with acting(reader, reason=_("Plan made anew")):
            new = plans.keep(stale.drafted, reader)
        raise PlanStale(new, stale.moved) from None


def apply_directly(data, *, reader, options=plans.Options(), accept="", require=None):  # noqa: B008 - frozen
    """Plan a file and apply it under one lock; returns the applied `Plan`.

    `require()` is called once the capsules are locked, and may raise if they are not what the caller has seen.
    Raises `Conflict` with code acceptance_needed if it would retire anything or is breaking, unless `accept` is the
    hash of the documents; `DocumentInvalid` and whatever `apply` raises.
    """
    reading = plans.read(data, reader, options)
    urns = sorted(document.urn for document in reading.documents)
    with acting(reader, reason=_("Direct apply"), bulk=len(urns) >= MANY):
        lock(urns)
        if require is not None:
            require()
        drafted = plans.draft(reading.documents, reader, options, reading.warnings)
        if accept != reading.hash and (dangers := _dangers(drafted)):
            raise Conflict(
                _("This retires or breaks something (%(what)s). Accept it by naming the hash %(hash)s.")
                % {"what": ", ".join(dangers[:5]), "hash": reading.hash},
                code="acceptance_needed",
            )
        plan = plans.keep(drafted, reader)
        with acting(reader, reason=_reason(plan)):
            return _carry_out(plan, drafted, reader)


def _dangers(drafted):
    return [
        f"{step.urn}: {change.code}"
        for step in drafted.steps
        for change in step.changes
        if change.action == "retire" or change.consumer is B
    ]


def _reason(plan):
    return _("Plan %(number)s (%(key)s)") % {"number": plan, "key": plan.pk}


def _usable(plan, reader, *, expired_too=False):
    if plan.applied_at is not None:
        raise Conflict(_("%(plan)s is applied already.") % {"plan": plan}, code="plan_applied")
    if not rights.belongs(plan, reader) and not rights.may_take_over(plan, reader):
        raise Conflict(_("%(plan)s is another person's.") % {"plan": plan}, code="plan_gone")
    if plan.is_expired and not expired_too:
        raise Conflict(_("%(plan)s is older than a day. Plan again.") % {"plan": plan}, code="plan_gone")


def _carry_out(plan, drafted, reader, say=quiet):
    if blocked := drafted.blocked:
        raise _blocked(blocked)
    steps = [step for step in drafted.steps if step.moves]
    before = {step.urn: step.before for step in steps if step.before is not None}
    say(_("Writing"), 1, STEPS)
    late.link_waiting(late.create_missing(drafted.new_terms, by=reader))
    notes = origins.notes(drafted.documents, drafted.read)
    capsules = storing.store({step.urn: step.wanted for step in steps}, before, notes)
    parts.propose(plan, steps, by=reader)
    plan.applied_at = timezone.now()
    if not rights.belongs(plan, reader):
        plan.taken_over_by, plan.taken_over_at = reader.user, plan.applied_at
    plan.save(update_fields=["applied_at", "taken_over_by", "taken_over_at"])
    telling.applied(plan, list(capsules.values()), by=reader)
    ids = {urn: capsule.pk for urn, capsule in capsules.items()}
    if ids:
        done = {ids[step.urn]: {change.fingerprint for change in step.changes} for step in steps}
        announcing.carry_out(done, plan=plan)
        overridden = {ids[step.urn] for step in steps if step.decision.overridden}
        past = overriding.use({key: done[key] for key in overridden}, plan=plan) if overridden else {}
        monitor.look_again(ids.values())
        say(_("Keeping versions"), 2, STEPS)
        versions.capture(
            ids.values(),
            reader,
            names={ids[step.urn]: name for step in steps if (name := _version_name(step))},
            renames={ids[step.urn]: step.renames for step in steps if step.renames},
            told={ids[step.urn]: told for step in steps if (told := step.wanted.get("version_history"))},
            context={"plan": str(plan.pk), "document_hash": plan.document_hash},
            contexts=past,
        )
        quality_schedules.after_ingestion(ids.values())
    beside = origins.settle(plan, reader)
    if len(plan.base) >= MANY and (ids or beside):
        say(_("Counting anew"), 3, STEPS)
        refresh_facts([*ids.values(), *beside])
    return plan


def _blocked(steps):
    """The refusal of a plan by contracts, with the first day on which all of them let it through, or by its own policies."""
    said = {step.urn: [str(reason.text) for reason in step.decision.reasons] for step in steps}
    for step in steps:
        rules = {reason.rule for reason in step.decision.reasons}
        if contradictions.HOLD in rules:
            words = _(
                "A legal hold stands on %(urn)s. Leave its policy and retention as they are, or lift the hold first; then plan again."
            )
            return Conflict(words % {"urn": step.urn}, code="plan_blocked", fields=said)
        if contradictions.RULE in rules:
            words = _(
                "The policies of %(urn)s would contradict each other. Settle that in the document, then plan again."
            )
            return Conflict(words % {"urn": step.urn}, code="plan_blocked", fields=said)
    days = [step.decision.unblocks_at for step in steps]
    words = _("The contract of %(urn)s does not allow this yet.")
    if None not in days:
        words = _("The contract of %(urn)s does not allow this before %(day)s.")
    day = max(days).isoformat() if None not in days else ""
    return Conflict(words % {"urn": steps[0].urn, "day": day}, code="plan_blocked", fields=said)


def _free_on(decision, day):
    return decision.unblocks_at is not None and decision.unblocks_at <= day


def _version_name(step):
    """The text of the version that this apply makes: the document's, where it has moved."""
    name = step.wanted.get("version")
    return name if name != (step.before or {}).get("version") else None
