"""The contract in a capsule document (section 3.7; rules R5, R6, R13)."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from apps.catalog.documents import keys
from apps.catalog.owners import named
from apps.catalog.remainder import entry_of, meta_with, noted, number, remainder, told_of
from apps.catalog.rewriting import PEN, rewrite
from apps.dcs.periods import Period

from .models import Contract

Status = Contract.Status
OVER = (Status.SUPERSEDED, Status.DEPRECATED)
# The state in which a wanted one begins: force is only ever given by another person.
BEGINS = {"active": Status.PROPOSED, "proposed": Status.PROPOSED, "deprecated": Status.DEPRECATED}
INSIDE = {
    "slas": keys.SLAS, "schema_changes": keys.SCHEMA_CHANGES, "support": keys.SUPPORT,
    "deprecation": keys.DEPRECATION, "performance": keys.PERFORMANCE, "cost": keys.COST,
}  # fmt: skip
SLAS = {
    "freshness": keys.FRESHNESS, "completeness": keys.COMPLETENESS, "availability": keys.AVAILABILITY,
    "quality": keys.QUALITY, "latency": keys.LATENCY,
}  # fmt: skip


def snapshot(capsules):
    """{capsule id: {contract}}, of each capsule the one that its document means; one query."""
    return {
        capsule_id: {"contract": entry(row)} for capsule_id, row in current(stored(capsules)).items() if row
    }


def stored(capsules):
    """{capsule id: [contract], newest first}."""
    found = defaultdict(list)
    rows = Contract._base_manager.filter(capsule__in=capsules).select_related("owner", "approved_by_user")
    for row in rows.order_by("-created_at", "-pk"):
        found[row.capsule_id].append(row)
    return found


def current(found):
    """{capsule id: contract or None}: what a document wrote last, else the one in force, else the newest."""
    return {capsule_id: _current(rows) for capsule_id, rows in found.items()}


def _current(rows):
    rows = [row for row in rows if row.status not in OVER or noted(row.meta).get("status") == row.status]
    meant = [row for row in rows if noted(row.meta).get("current")]
    return next(iter(meant or [row for row in rows if row.is_in_force] or rows), None)


def entry(row):
    """The canonical section of one contract; its status is the one that is wanted (R13)."""
    told = {
        "version": row.version,
        "status": noted(row.meta).get("status") or row.status,
        **told_of(
            slas=_slas(row),
            schema_changes=told_of(policy=row.schema_change_policy)
            | _there(breaking_change_notice=row.breaking_change_notice_days),
            support=told_of(
                level=row.support_level,
                contact=row.support_contact,
                slack=row.support_slack_channel,
                oncall=row.support_oncall,
            ),
            maintenance_windows=[keys.arranged(one, keys.WINDOW) for one in row.maintenance_windows],
            deprecation=told_of(
                policy=row.deprecation_policy,
                date=row.deprecation_date and row.deprecation_date.isoformat(),
                replacement=row.replacement_capsule_urn,
            )
            | {"notice_required": row.consumer_notification_required},
            known_consumers=[keys.arranged(one, keys.CONSUMER) for one in row.known_consumers],
            performance=_there(
                target_row_count=row.target_row_count,
                target_size_bytes=row.target_size_bytes,
                target_column_count=row.target_column_count,
            ),
            cost=told_of(cost_center=row.cost_center, billing_tags=dict(sorted(row.billing_tags.items()))),
            owner=row.owner and row.owner.name,
        ),
    }
    rest = noted(row.meta).get("rest") or {}
    slas = told.get("slas", {})
    for name, order in SLAS.items():
        if inner := entry_of(slas.get(name, {}), {"doc": {"rest": rest.get("slas", {}).get(name)}}, order):
            slas[name] = inner
    if slas:
        told["slas"] = slas
    return entry_of(told, row.meta, keys.CONTRACT, **INSIDE)


def _there(**values):
    """The numbers that there are, 0 too."""
    return {key: value for key, value in values.items() if value is not None}


def _slas(row):
    return told_of(
        freshness=told_of(
            target=row.freshness_sla and row.freshness_sla.iso(), schedule=row.freshness_schedule
        ),
        completeness=_there(
            target=number(row.completeness_sla),
            min_rows=row.expected_row_count_min,
            max_rows=row.expected_row_count_max,
        ),
        availability=_there(target=number(row.availability_sla), max_downtime=_downtime(row)),
        quality=_there(min_score=number(row.quality_score_sla))
        | told_of(critical_rules=row.critical_quality_rules),
        latency=_there(p95_ms=row.query_latency_p95, p99_ms=row.query_latency_p99),
    )


def _downtime(row):
    if row.max_downtime is None:
        return None
    own = noted(row.meta).get("downtime")
    if own:
        said = {"duration": row.max_downtime.iso(), "per": row.max_downtime_period, **own}
        return keys.arranged(said, keys.DOWNTIME)
    return f"{row.max_downtime.iso()} per {row.max_downtime_period}"


def write(wanted, pen=PEN):
    """Make the contract of each (capsule, state) equal to it: a new version is a new row.

    One that is wanted active begins as proposed; a contract in force is changed in place and keeps its status, so
    the caller holds back what is not approved. One that the document drops is deprecated.
    """
    found = stored([capsule for capsule, _state in wanted])
    rows, values = {}, {}
    owners = named(
        {state["contract"]["owner"] for _capsule, state in wanted if "owner" in state.get("contract", {})}
    )
    for capsule, state in wanted:
        said = state.get("contract")
        meant = None
        for row in found.get(capsule.pk, ()):
            rows[capsule.pk, row.version] = row
            if said and row.version == said["version"]:
                meant = row
        if said:
            values[capsule.pk, said["version"]] = _values(capsule, meant, said, owners)
    before = current(found)
    left = rewrite(Contract, rows, values, pen)
    for row in left:
        capsule_id = row.capsule_id
        if before.get(capsule_id) is row and not any(key[0] == capsule_id for key in values):
            row.status, row.meta = Status.DEPRECATED, meta_with(row.meta, status=None, current=None)
            pen.change(Contract, [row], {"status", "meta"})
        elif noted(row.meta).get("current"):
            row.meta = meta_with(row.meta, current=None)
            pen.change(Contract, [row], {"meta"})


def _values(capsule, row, said, owners):
    slas, changes, support = (said.get(key, {}) for key in ("slas", "schema_changes", "support"))
    fresh, filled, there, good, quick = (slas.get(key, {}) for key in SLAS)
    ends, size, cost = (said.get(key, {}) for key in ("deprecation", "performance", "cost"))
    lasting, per, own = _split(there.get("max_downtime"))
    status = said.get("status", "draft")
    values = {
        "capsule_id": capsule.pk,
        "version": said["version"],
        "status": row.status if row is not None and row.is_in_force else BEGINS.get(status, Status.DRAFT),
        "freshness_sla": _period(fresh.get("target")),
        "freshness_schedule": fresh.get("schedule"),
        "completeness_sla": _decimal(filled.get("target")),
        "expected_row_count_min": filled.get("min_rows"),
        "expected_row_count_max": filled.get("max_rows"),
        "availability_sla": _decimal(there.get("target")),
        "max_downtime": lasting,
        "max_downtime_period": per,
        "quality_score_sla": _decimal(good.get("min_score")),
        "critical_quality_rules": good.get("critical_rules", []),
        "query_latency_p95": quick.get("p95_ms"),
        "query_latency_p99": quick.get("p99_ms"),
        "schema_change_policy": changes.get("policy", Contract.SchemaChangePolicy.BACKWARDS_COMPATIBLE),
        "breaking_change_notice_days": changes.get("breaking_change_notice"),
        "support_level": support.get("level", Contract.SupportLevel.BEST_EFFORT),
        "support_contact": support.get("contact"),
        "support_slack_channel": support.get("slack"),
        "support_oncall": support.get("oncall"),
        "maintenance_windows": said.get("maintenance_windows", []),
        "deprecation_policy": ends.get("policy"),
        "deprecation_date": _day(ends.get("date")),
        "replacement_capsule_urn": ends.get("replacement"),
        "consumer_notification_required": ends.get("notice_required", True),
        "known_consumers": said.get("known_consumers", []),
        "target_row_count": size.get("target_row_count"),
        "target_size_bytes": size.get("target_size_bytes"),
        "target_column_count": size.get("target_column_count"),
        "cost_center": cost.get("cost_center"),
        "billing_tags": cost.get("billing_tags", {}),
        "owner_id": owners[said["owner"]].pk if "owner" in said else None,
    }
    # What the row will tell by itself; the rest of the section stays in its notes.
    plain = Contract(**{key: value for key, value in values.items() if key != "owner_id"})
    told = entry(plain) | ({"owner": said["owner"]} if "owner" in said else {})
    told["status"] = status
    values["meta"] = meta_with(
        row.meta if row is not None else {},
        status=status,
        current=True,
        downtime=own,
        rest=remainder(said, told),
    )
    return values


def _split(downtime):
    """(period, unit it is counted in, own keys) of a longest downtime."""
    if downtime is None:
        return None, None, None
    if isinstance(downtime, dict):
        own = {key: value for key, value in downtime.items() if key not in ("duration", "per")}
        return Period.parse(downtime["duration"]), downtime["per"], own
    lasting, _per, unit = downtime.partition(" per ")
    return Period.parse(lasting), unit, None


def _period(text):
    return None if text is None else Period.parse(text)


def _decimal(value):
    return None if value is None else Decimal(repr(value))


def _day(text):
    return None if text is None else date.fromisoformat(text)
