"""What is known about promises: read for many contracts at once, a fixed number of queries whatever their number.

Freshness is read from runs that wrote the data, from freshness rules, and from what somebody reported, the newest of
them; completeness, quality and row counts from checks and figures of the capsule; availability from the runs that
could or could not read the data this month, unless it was reported; latency, downtime and notice from reports alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from .promises import Seen

REPORTED = "reported"

FRESHNESS = """
SELECT t.id, greatest(t.last_updated_at, r.at, f.at)
FROM capsule_contracts t
LEFT JOIN LATERAL (
    SELECT max(j.completed_at) AS at FROM run_capsules c JOIN ingestion_jobs j ON j.id = c.run_id
    WHERE c.capsule_id = t.capsule_id AND c.role = 'output' AND j.status = 'completed'
) r ON true
LEFT JOIN LATERAL (
    SELECT max(k.check_timestamp - make_interval(secs => k.measured_value::double precision)) AS at
    FROM ({rules}) q CROSS JOIN LATERAL (
        SELECT measured_value, check_timestamp FROM quality_checks k WHERE k.quality_rule_id = q.id
        ORDER BY k.check_timestamp DESC, k.id DESC LIMIT 1
    ) k WHERE q.rule_type = 'freshness' AND k.measured_value BETWEEN 0 AND 1e10
) f ON true
WHERE t.id = ANY(%s)
"""
# The enabled rules of the contract's capsule and of its columns in use.
RULES = """
    SELECT id, rule_name, rule_type, rule_category, meta FROM quality_rules
    WHERE capsule_id = t.capsule_id AND is_enabled
    UNION ALL
    SELECT q.id, q.rule_name, q.rule_type, q.rule_category, q.meta FROM columns k JOIN quality_rules q ON q.column_id = k.id
    WHERE k.capsule_id = t.capsule_id AND k.retired_at IS NULL AND q.is_enabled
"""
# A rule weighs 1 unless its meta says otherwise (errata row A10). Sums stay numeric: nothing is rounded up.
QUALITY = """
SELECT t.id, max(l.check_timestamp),
    sum(w.weight) FILTER (WHERE l.check_status = 'passed'), sum(w.weight) FILTER (WHERE l.check_status <> 'skipped'),
    min(100 - l.failure_percentage) FILTER (WHERE q.rule_category = 'completeness' AND l.check_status <> 'error'),
    max(l.check_timestamp) FILTER (WHERE q.rule_category = 'completeness' AND l.check_status <> 'error'
        AND l.failure_percentage IS NOT NULL),
    array_agg(q.rule_name) FILTER (WHERE t.critical_quality_rules ? q.rule_name AND l.check_status = 'passed'),
    array_agg(q.rule_name) FILTER (WHERE t.critical_quality_rules ? q.rule_name
        AND l.check_status IN ('failed', 'warning', 'error')),
    max(l.check_timestamp) FILTER (WHERE t.critical_quality_rules ? q.rule_name)
FROM capsule_contracts t CROSS JOIN LATERAL ({rules}) q
CROSS JOIN LATERAL (
    SELECT check_status, check_timestamp, failure_percentage FROM quality_checks k WHERE k.quality_rule_id = q.id
    ORDER BY k.check_timestamp DESC, k.id DESC LIMIT 1
) l
CROSS JOIN LATERAL (
    SELECT CASE WHEN jsonb_typeof(q.meta->'weight') = 'number' AND (q.meta->>'weight')::numeric > 0
        THEN (q.meta->>'weight')::numeric ELSE 1 END AS weight
) w
WHERE t.id = ANY(%s) GROUP BY t.id
"""
FIGURES = """
SELECT t.id, c.row_count, c.last_analyzed_at FROM capsule_contracts t JOIN capsules c ON c.id = t.capsule_id
WHERE t.id = ANY(%s) AND c.row_count IS NOT NULL AND c.last_analyzed_at IS NOT NULL
"""
PROBES = """
SELECT t.id, count(*) FILTER (WHERE r.state IN ('finished', 'partly')), count(*), max(r.finished_at)
FROM capsule_contracts t JOIN quality_runs r ON r.capsule_id = t.capsule_id
WHERE t.id = ANY(%s) AND r.finished_at >= %s AND r.finished_at <= %s
    AND (r.state IN ('finished', 'partly') OR r.state = 'failed' AND r.error_code = 'unreachable')
GROUP BY t.id
"""
STORED = """
SELECT a.contract, a.metric, a.aspect, m.measured_at, m.target_value, m.actual_value, m.is_met,
    m.meta->>'data_updated_at'
FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS a(contract, metric, aspect) CROSS JOIN LATERAL (
    SELECT * FROM sla_measurements m WHERE m.contract_id = a.contract AND m.metric = a.metric AND m.aspect = a.aspect
        AND m.measured_at <= %s{only} ORDER BY m.measured_at DESC LIMIT 1
) m
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """The newest measurement of a promise; an age says which moment of the data it was worked out from."""

    at: datetime
    target: Decimal | None
    actual: Decimal | None
    is_met: bool
    data_updated_at: str | None


def read(contracts, targets, *, at):
    """({contract id: {(metric, aspect): `Seen`}}, {(contract id, metric, aspect): `Stored`}) of contracts.

    `targets` is {contract id: [`Target`]}. Six queries at most.
    """
    keys = [contract.pk for contract in contracts]
    wanted = {(target.metric, target.aspect) for some in targets.values() for target in some}
    asked = [(key, target.metric, target.aspect) for key, some in targets.items() for target in some]
    seen = {key: {} for key in keys}
    for key, metric, aspect, found in _reported(asked, at):
        seen[key][metric, aspect] = found
    if ("freshness", "") in wanted:
        for key, moment in _rows(FRESHNESS.format(rules=RULES), [keys]):
            if moment is not None:
                _newest(seen[key], ("freshness", ""), Seen(moment, source="runs"))
    if wanted & {("quality", ""), ("completeness", ""), ("quality", "critical_rules")}:
        _from_checks(seen, contracts, keys)
    if ("completeness", "rows") in wanted:
        for key, rows, moment in _rows(FIGURES, [keys]):
            _newest(seen[key], ("completeness", "rows"), Seen(moment, Decimal(rows), "figures"))
    if ("availability", "") in wanted:
        first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        for key, up, tried, moment in _rows(PROBES, [keys, first, at]):
            if ("availability", "") not in seen[key]:
                seen[key]["availability", ""] = Seen(moment, _percent(up, tried), "probes")
    return seen, _stored(asked, at)


def _newest(known, kind, found):
    if kind not in known or known[kind].at < found.at:
        known[kind] = found


def _from_checks(seen, contracts, keys):
    critical = {contract.pk: set(contract.critical_quality_rules or ()) for contract in contracts}
    for key, at, good, counted, filled, filled_at, passed, failed, critical_at in _rows(
        QUALITY.format(rules=RULES), [keys]
    ):
        if counted:
            _newest(seen[key], ("quality", ""), Seen(at, _percent(good or 0, counted), "checks"))
        if filled is not None:
            _newest(seen[key], ("completeness", ""), Seen(filled_at, Decimal(filled), "checks"))
        if critical_at is not None:
            found = _critical(critical[key], set(passed or ()), set(failed or ()), critical_at)
            _newest(seen[key], ("quality", "critical_rules"), found)


def _critical(names, passed, failed, at):
    """One failing rule of a name breaks the promise; a rule that has not run leaves it open."""
    good = passed - failed
    missing = sorted(names - good - failed)
    if missing and not failed:
        return Seen(at, None, "checks", note=", ".join(missing[:5]))
    return Seen(at, Decimal(len(good)), "checks", note=", ".join(sorted(failed)[:5]))


def _percent(part, whole):
    """A percentage that is exact to ten decimals and never rounded up."""
    found = Decimal(part) * 100 / Decimal(whole)
    return found.quantize(Decimal("0.0000000001"), rounding="ROUND_DOWN").normalize() + 0


def _reported(asked, at):
    """(contract, metric, aspect, `Seen`) of what was measured elsewhere last; an age becomes the moment of the data."""
    only = f" AND m.meta->>'source' = '{REPORTED}'"
    for key, metric, aspect, moment, _target, actual, _met, _updated in _of(asked, at, only):
        if actual is None:
            continue
        if metric == "freshness":
            yield key, metric, aspect, Seen(moment - span(actual), source=REPORTED)
        else:
            yield key, metric, aspect, Seen(moment, actual, REPORTED)


def span(seconds):
    return timedelta(seconds=min(max(float(seconds), 0), 10**10))


def _stored(asked, at):
    return {
        (key, metric, aspect): Stored(moment, target, actual, is_met, updated)
        for key, metric, aspect, moment, target, actual, is_met, updated in _of(asked, at, "")
    }


def _of(asked, at, only):
    if not asked:
        return []
    keys, metrics, aspects = (list(part) for part in zip(*asked, strict=True))
    return _rows(STORED.format(only=only), [keys, metrics, aspects, at])


def _rows(statement, parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
