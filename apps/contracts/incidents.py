"""Broken promises become incidents, and kept ones end them: the monitor's hand, for many contracts at once.

At most one incident of a contract and metric is unresolved, whoever looks at the same time: the database holds that. A
further breach goes into the one that is there. A breach during maintenance opens none. What somebody resolved or called
a false alarm is not opened again by the same evidence. `breached` follows from unresolved incidents alone (B24, B28).
"""

from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.dcs.periods import Period
from apps.dcs.refusals import Conflict
from apps.workflow.models import Step

from . import notice, promises
from .access import may_watch
from .models import Contract, Incident

Status = Incident.Status
UNRESOLVED = (Status.OPEN, Status.INVESTIGATING, Status.MITIGATED)
MONITOR, REPORTED = "monitor", "reported"
RANKS = {"low": 0, "medium": 1, "high": 2, "critical": 3}
BY_SUPPORT = {"24x7": "high", "critical": "high", "none": "low", "best_effort": "low"}
DEEPEST = 5  # steps upstream in which a common cause is looked for
ROOTS = """
WITH RECURSIVE up(start, node, depth) AS (
    SELECT i.id, i.capsule_id, 0 FROM sla_incidents i WHERE i.root_id IS NULL
        AND i.incident_status IN ('open', 'investigating', 'mitigated')
    UNION
    SELECT u.start, l.source_id, u.depth + 1 FROM up u JOIN capsule_lineage l ON l.target_id = u.node
    WHERE u.depth < %s AND l.source_id <> l.target_id
), found AS (
    SELECT DISTINCT ON (u.start) u.start, i.id AS root FROM up u JOIN sla_incidents i ON i.capsule_id = u.node
    JOIN sla_incidents s ON s.id = u.start
    WHERE u.depth > 0 AND i.root_id IS NULL AND i.capsule_id <> s.capsule_id
        AND i.incident_status IN ('open', 'investigating', 'mitigated') AND i.detected_at <= s.detected_at
    ORDER BY u.start, u.depth DESC, i.number
)
-- What one pass found together has no order of its own; where lineage goes in a circle, the first number is the root.
UPDATE sla_incidents i SET root_id = f.root FROM found f, sla_incidents r WHERE i.id = f.start AND r.id = f.root
    AND (r.number < i.number OR NOT EXISTS (SELECT FROM found g WHERE g.start = f.root))
"""


def follow(contracts, found, *, at):
    """Open, merge and end the incidents that `found`, {contract id: [`Answer`]}, asks for."""
    by_key = {contract.pk: contract for contract in contracts}
    standing = _standing(by_key)
    opened = []
    for key, answers in found.items():
        for metric in dict.fromkeys(answer.metric for answer in answers):
            mine = [answer for answer in answers if answer.metric == metric]
            missed = [one for one in mine if one.outcome == promises.MISSED and not one.in_window]
            last = standing.get((key, metric))
            if missed:
                if last is not None and last.status in UNRESOLVED:
                    _merge(last, missed, at)
                elif last is None or last.meta.get("evidence") != _evidence(missed):
                    opened.append(_new(by_key[key], metric, missed, at))
            elif _is_over(last, mine):
                _end(last, at)
    if opened:
        Incident._base_manager.bulk_create(opened, ignore_conflicts=True)
        _group()
        notice.broken([incident.pk for incident in opened])
    settle(list(by_key))


def _is_over(last, answers):
    """True if the monitor's own incident has nothing left to tell: something is known, and none of it is broken."""
    if last is None or last.status not in UNRESOLVED or last.meta.get("origin") != MONITOR:
        return False
    outcomes = {one.outcome for one in answers}
    return promises.MET in outcomes and promises.MISSED not in outcomes


def report(contract, values, *, by, reason=""):
    """Open an incident that somebody saw; `values` are the fields of `Incident` that they know.

    What they leave out follows from the contract: the severity, the consumers, the moment. Raises `PermissionDenied`,
    and `Conflict` if the contract is not in force or an unresolved incident of the same promise is there: it is named.
    """
    may_watch(by, contract).or_refuse()
    with acting(by, reason=reason):
        # Two reports of one promise, and a look of the monitor, wait for each other here.
        locked = Contract._base_manager.select_for_update(no_key=True).get(pk=contract.pk)
        if not locked.is_in_force:
            raise Conflict(
                _("Only a contract in force can be broken; this one is %(state)s.")
                % {"state": locked.get_status_display().lower()},
                code="not_in_force",
            )
        there = Incident._base_manager.filter(
            contract=locked, kind=values["kind"], status__in=UNRESOLVED
        ).first()
        if there is not None:
            raise Conflict(
                _("%(incident)s of the same promise is open; add to it what you know.") % {"incident": there},
                code="unique",
            )
        given = {"severity": severity(locked), "affected_consumers": locked.known_consumers or [], **values}
        given["meta"] = {**(values.get("meta") or {}), "origin": REPORTED, "by": by.name, "count": 1}
        found = Incident._base_manager.create(contract=locked, capsule_id=locked.capsule_id, **given)
        _group()
        notice.broken([found.pk])
        settle([locked.pk])
    found.refresh_from_db()
    return found


def describe(incident, values, *, by, reason=""):
    """Note what else is known of an incident; the fields that are told anew alone are written."""
    changed = [name for name, value in values.items() if getattr(incident, name) != value]
    if not changed:
        return
    with acting(by, reason=reason):
        for name in changed:
            setattr(incident, name, values[name])
        incident.save(update_fields=changed)


def take(incident, step, *, by, comment="", **given):
    """Take one step of an incident, and let its contract follow. Raises what the step raises, `KeyError` for no step."""
    with acting(by, reason=comment):
        # As the monitor does: the contract before its incidents.
        Contract._base_manager.select_for_update(no_key=True).get(pk=incident.contract_id)
        incident.take(step, by=by, comment=comment, **given)
        settle([incident.contract_id])
    return incident


def _standing(keys):
    """{(contract id, metric): the newest incident}."""
    found = Incident._base_manager.filter(contract__in=list(keys))
    newest = found.order_by("contract_id", "kind", "-detected_at", "-number").distinct("contract_id", "kind")
    return {(one.contract_id, one.kind): one for one in newest}


def _evidence(missed):
    """What the answers were judged by: the same evidence is the same breach."""
    return [f"{one.aspect}@{one.seen_at.isoformat()}" for one in missed if one.seen_at is not None]


def _worst(missed):
    return max(missed, key=lambda one: (one.magnitude or 0) / (one.target or 1))


def _new(contract, metric, missed, at):
    worst = _worst(missed)
    return Incident(
        contract_id=contract.pk,
        capsule_id=contract.capsule_id,
        kind=metric,
        severity=severity(contract),
        target=worst.target,
        actual=worst.actual,
        breach_magnitude=worst.magnitude,
        unit=worst.unit,
        detected_at=at,
        breach_started_at=_began(worst, at),
        affected_consumers=contract.known_consumers or [],
        meta={"origin": MONITOR, "aspect": worst.aspect, "count": 1, "evidence": _evidence(missed)},
    )


def _began(answer, at):
    """For an age the moment at which it went past its target; else that of the value."""
    if answer.metric == "freshness" and answer.magnitude is not None:
        return at - timedelta(seconds=float(answer.magnitude))
    return answer.seen_at or at


def severity(contract):
    """As critical as the most critical consumer says; without such a word, by the support that is promised."""
    words = [
        str(each.get("criticality") or "").lower()
        for each in contract.known_consumers or []
        if isinstance(each, dict)
    ]
    known = [word for word in words if word in RANKS]
    return max(known, key=RANKS.get) if known else BY_SUPPORT.get(contract.support_level, "medium")


def _merge(incident, missed, at):
    """A further breach goes into the incident that is there; a look that finds the same numbers writes nothing."""
    worst, evidence = _worst(missed), _evidence(missed)
    again = incident.meta.get("evidence") != evidence
    if not again and (incident.actual == worst.actual or worst.metric != "freshness"):
        return
    incident.target, incident.actual, incident.unit = worst.target, worst.actual, worst.unit
    incident.breach_magnitude = worst.magnitude
    incident.meta = {
        **incident.meta,
        "evidence": evidence,
        "aspect": worst.aspect,
        "count": incident.meta.get("count", 1) + again,
    }
    incident.save(update_fields=["target", "actual", "unit", "breach_magnitude", "meta"])


def _end(incident, at):
    """The promise is kept again: nobody has to close what nobody has looked at; others add the cause first."""
    before = incident.status
    incident.status = Status.CLOSED if before == Status.OPEN else Status.RESOLVED
    incident.resolved_at, incident.resolved_by = at, "system:evaluate_contracts"
    incident.resolution = incident.resolution or "The promise is kept again."
    ended(incident, at)
    incident.save()
    Step.objects.create(
        subject_table=Incident._meta.db_table,
        subject_id=incident.pk,
        name="recover",
        before=before,
        after=incident.status,
        reason=_("The promise is kept again."),
        visibility_rank=incident.visibility_rank,
    )


def ended(incident, at):
    """Note when the breach ended, and how long it was."""
    incident.breach_ended_at = at
    began = incident.breach_started_at or incident.detected_at
    micros = max((at - began) // timedelta(microseconds=1), 0)
    incident.breach_duration = Period(microseconds=micros)


def _group():
    """Put incidents under the one furthest upstream that was there before them."""
    with connection.cursor() as cursor:
        cursor.execute(ROOTS, [DEEPEST])


def settle(contract_ids):
    """Make `breached` what the unresolved incidents of these contracts say it is."""
    broken = Incident._base_manager.filter(status__in=UNRESOLVED).values("contract")
    some = Contract._base_manager.filter(pk__in=contract_ids)
    some.filter(status=Contract.Status.ACTIVE, pk__in=broken).update(status=Contract.Status.BREACHED)
    some.filter(status=Contract.Status.BREACHED).exclude(pk__in=broken).update(status=Contract.Status.ACTIVE)
