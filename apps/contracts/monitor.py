"""Looks at contracts in force: judges each promise, stores what was measured, and says when to look again.

Set-based: a pass reads and writes batches of contracts, and within a pass nothing is done twice, because a measurement
is known by contract, metric, aspect and moment. What is new about data makes its contracts due (`look_again`).
"""

from datetime import UTC, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.dcs.refusals import Conflict
from apps.people.reader import system

from . import evidence, incidents, promises
from .access import may_watch
from .models import Contract, Measurement, Watch

TASK = "evaluate_contracts"
BATCH = 2_000
# What no promise is judged by is not read: a tenth of the time of a hundred thousand contracts.
UNMEASURED = (
    "meta", "billing_tags", "cost_center", "target_row_count", "target_size_bytes", "target_column_count",
    "support_contact", "support_slack_channel", "support_oncall", "approved_by", "approved_at", "approved_by_user",
    "author", "submitted_by", "capsule_version", "deprecation_policy", "replacement_capsule_urn", "created_at",
)  # fmt: skip
HOUR = timedelta(hours=1)
AT_MOST = 500_000  # contracts in one pass; the next minute goes on


# ---------- asking ----------


def answers(contracts, *, at=None):
    """{contract id: [`Answer`]} as things stand; nothing is written."""
    at = at or timezone.now()
    targets = {contract.pk: promises.targets(contract) for contract in contracts}
    seen, _stored = evidence.read(contracts, targets, at=at)
    return _judged(targets, seen, at)


def _judged(targets, seen, at):
    return {
        key: [
            promises.judged(target, seen[key].get((target.metric, target.aspect)), at=at) for target in some
        ]
        for key, some in targets.items()
    }


# ---------- ending ----------


def end_due(*, on=None):
    """End the contracts in force whose approved last day has come; returns how many. A second run finds none."""
    on, ended = on or timezone.now().date(), 0
    over = Contract.objects.in_force().filter(deprecation_date__lte=on)
    for key in list(over.order_by("pk").values_list("pk", flat=True)):
        with acting(system(TASK), reason=_("Its last day has come")):
            Contract.lock_around(key)
            row = over.filter(pk=key).select_for_update(of=("self",), no_key=True).first()
            if row is not None:
                row.expire()
                ended += 1
    return ended


# ---------- measuring ----------


def evaluate(contract, *, by, at=None):
    """Look at one contract now; its `Answer`s. Raises `Conflict` if it is not in force, and `PermissionDenied`."""
    may_watch(by, contract).or_refuse()
    if not contract.is_in_force:
        raise Conflict(
            _("Only a contract in force is measured; this one is %(state)s.")
            % {"state": contract.get_status_display().lower()},
            code="not_in_force",
        )
    with acting(by, reason=_("Contract evaluated")):
        return _look(_locked(pk=contract.pk), at or timezone.now()).get(contract.pk, [])


def evaluate_capsule(capsule_id, *, at=None):
    """Look at the contract in force of one capsule: something new is known about its data."""
    with acting(system(TASK)):
        return _look(_locked(capsule=capsule_id, capsule__retired_at=None), at or timezone.now())


def _locked(*, skip=False, **which):
    """The contracts in force among these, locked before anything of theirs: whoever writes waits here or nowhere."""
    found = Contract.objects.filter(**which).in_force().defer(*UNMEASURED).order_by("pk")
    return list(found.select_for_update(of=("self",), no_key=True, skip_locked=skip))


def evaluate_due(*, at=None, most=AT_MOST):
    """Look at every contract whose time has come, batch by batch; returns how many. Two passes share the work."""
    at, looked = at or timezone.now(), 0
    while looked < most:
        with acting(system(TASK)):
            _begin_watching(at)
            due = list(
                Watch._base_manager.filter(due_at__lte=at)
                .order_by("due_at")
                .select_for_update(skip_locked=True)
                .values_list("contract", flat=True)[:BATCH]
            )
            # A contract that somebody else writes stays due: who holds watches does not wait for contracts.
            _look(_locked(pk__in=due, capsule__retired_at=None, skip=True), at)
            over = Contract._base_manager.filter(pk__in=due).exclude(
                status__in=[Contract.Status.ACTIVE, Contract.Status.BREACHED], capsule__retired_at=None
            )
            Watch._base_manager.filter(contract__in=over).delete()
        looked += len(due)
        if len(due) < BATCH:
            return looked
    return looked


def look_again(capsule_ids):
    """Make the contracts of these capsules due: something new is known about their data."""
    return Watch._base_manager.filter(contract__capsule__in=capsule_ids).update(due_at=timezone.now())


def _begin_watching(at):
    """Watch the contracts that took force since the last pass."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contract_watches (contract_id, due_at) SELECT t.id, %s FROM capsule_contracts t"
            " JOIN capsules c ON c.id = t.capsule_id WHERE t.contract_status IN ('active', 'breached')"
            " AND c.retired_at IS NULL AND NOT EXISTS (SELECT FROM contract_watches w WHERE w.contract_id = t.id)"
            " ORDER BY t.id LIMIT %s ON CONFLICT (contract_id) DO NOTHING",
            [at, BATCH],
        )


def _look(contracts, at):
    """Judge these contracts, store what is new, and plan the next look; {contract id: [`Answer`]}."""
    if not contracts:
        return {}
    targets = {contract.pk: promises.targets(contract) for contract in contracts}
    seen, stored = evidence.read(contracts, targets, at=at)
    found = _judged(targets, seen, at)
    _store(found, seen, stored, at)
    incidents.follow(contracts, found, at=at)
    _plan(found, seen, at)
    return found


def _store(found, seen, stored, at):
    """Keep what says something new: another answer, newer evidence, and once a day that nothing has changed."""
    minute = at.astimezone(UTC).replace(second=0, microsecond=0)
    rows = []
    for key, some in found.items():
        for answer in some:
            if (
                answer.outcome == promises.UNKNOWN
                or answer.source == evidence.REPORTED
                and answer.metric != "freshness"
            ):
                continue  # what was reported is stored already
            last = stored.get((key, answer.metric, answer.aspect))
            if answer.metric == "freshness":
                moment = minute if minute >= answer.seen_at else at
                if last is not None and not _is_news(answer, last, moment):
                    continue
            else:
                moment = answer.seen_at
                if last is not None and last.at >= moment:
                    continue
            rows.append(_measurement(key, answer, moment))
    Measurement._base_manager.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)


def _is_news(answer, last, moment):
    return (
        last.is_met != (answer.outcome == promises.MET)
        or last.data_updated_at != answer.seen_at.isoformat()
        or last.at.astimezone(UTC).date() < moment.date()
    )


def _measurement(key, answer, moment):
    meta = {"source": answer.source} | ({"note": answer.note} if answer.note else {})
    if answer.metric == "freshness":
        # Its source says how the moment of the data is known; the age itself is worked out here.
        meta = {"source": "monitor", "from": answer.source, "data_updated_at": answer.seen_at.isoformat()}
        meta |= {"in_window": True} if answer.in_window else {}
    return Measurement(
        contract_id=key,
        metric=answer.metric,
        aspect=answer.aspect,
        measured_at=moment,
        target=answer.target,
        actual=answer.actual,
        unit=answer.unit,
        is_met=answer.outcome == promises.MET,
        meta=meta,
    )


def _plan(found, seen, at):
    rows = []
    for key, some in found.items():
        changes = [answer.until for answer in some if answer.until is not None and answer.until > at]
        fresh = seen[key].get(("freshness", ""))
        rows.append(
            Watch(
                contract_id=key,
                due_at=min([*changes, at + HOUR]),
                looked_at=at,
                data_updated_at=fresh.at if fresh is not None else None,
                health=promises.worst(some),
            )
        )
    Watch._base_manager.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["contract"],
        update_fields=["due_at", "looked_at", "data_updated_at", "health"],
        batch_size=1_000,
    )


# ---------- what was measured elsewhere ----------


def report(contract, values, *, by):
    """Keep a value that was measured elsewhere and look at the contract; the `Measurement`.

    `values` are `metric`, `aspect`, `actual`, `measured_at` and `meta`. Raises `ValueError` if the contract promises
    nothing of the kind, `Conflict` if it is not in force or this moment has its measurement, and `PermissionDenied`.
    """
    may_watch(by, contract).or_refuse()
    aspect, at = values.get("aspect") or "", values.get("measured_at") or timezone.now()
    named = {(target.metric, target.aspect): target for target in promises.targets(contract)}
    target = named.get((values["metric"], aspect))
    if target is None:
        raise ValueError(_("The contract promises nothing of this kind."))
    with acting(by, reason=_("Measured elsewhere")):
        # Two reports of one moment wait for each other here.
        locked = Contract._base_manager.select_for_update(no_key=True).get(pk=contract.pk)
        if not locked.is_in_force:
            raise Conflict(_("Only a contract in force is measured."), code="not_in_force")
        same = {"contract": contract, "metric": target.metric, "aspect": aspect, "measured_at": at}
        if Measurement._base_manager.filter(**same).exists():
            raise Conflict(_("There is a measurement of this promise at this moment."), code="unique")
        seen = promises.Seen(at, values["actual"], evidence.REPORTED)
        if target.metric == "freshness":
            seen = promises.Seen(at - evidence.span(values["actual"]), source=evidence.REPORTED)
        answer = promises.judged(target, seen, at=at)
        row = _measurement(contract.pk, answer, at)
        row.actual, row.meta = (
            values["actual"],
            {**(values.get("meta") or {}), "source": evidence.REPORTED, "by": by.name},
        )
        row.save(force_insert=True)
        row.refresh_from_db()
        _look([locked], max(timezone.now(), at))
    return row
