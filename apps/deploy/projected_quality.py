"""Assertions of runs become results of quality rules; what a rule is not known for yet becomes one."""

from apps.dcs.keys import uuid7

from .event_rows import with_rows
from .readers import openlineage_names as names
from .readers import openlineage_union as union
from .readers.openlineage import moment
from .rows import CATEGORY

TYPES = {
    "not_null": "not_null",
    "unique": "unique",
    "accepted_values": "value_in_set",
    "relationships": "referential_integrity",
    "freshness": "freshness",
    "expect_column_values_to_not_be_null": "not_null",
    "expect_column_values_to_be_unique": "unique",
    "expect_column_values_to_be_in_set": "value_in_set",
}
# These mean something without a word more; of the others an assertion does not tell what is expected.
ENOUGH = ("not_null", "unique")
SEVERITY = {"error": "error", "warn": "warning", "warning": "warning"}
MOST_COLUMNS = 2_000  # of one dataset in one run that are counted
SHAPE = (
    "capsule uuid, col text, name text, assertion text, fits text, type text, category text, severity text,"
    " config jsonb, id uuid, check_id uuid, at timestamptz, status text, actual text, expected text, measured numeric,"
    " context jsonb"
)


def write(states, capsules, run_ids):
    """Keep what runs found: `states` and `run_ids` by key of the run; a run says one thing about one rule."""
    rows = {}
    for key, state in states.items():
        for side in ("inputs", "outputs"):
            for dataset, kept in state[side].items():
                entry = kept["facets"].get("dataQualityAssertions")
                if entry is None or entry[1] is None:
                    continue
                for one in union.assertions_of(entry[1]):
                    row = _row(one, capsules[dataset], state, entry[0], run_ids[key])
                    rows[row["check_id"]] = row
    if rows:
        found = list(rows.values())
        _make_rules(found)
        _keep_checks(found)


def _row(one, capsule, state, stamped, run_id):
    assertion, column = one["assertion"][:200], _text(one.get("column"))
    named = _text(one.get("name"))
    fits = TYPES.get(assertion.lower(), "custom_function")
    kind = fits if fits in ENOUGH and column else "custom_function"
    severity = SEVERITY.get(str(one.get("severity") or "").lower(), "error")
    failed = "warning" if severity == "warning" else "failed"
    name = named or "_".join(part for part in (assertion, column) if part)
    config = {"engine": "openlineage", "assertion": assertion} if kind == "custom_function" else {}
    namespace, job = state["name"][1]
    return {
        "capsule": capsule,
        "col": column,
        "name": name[:255],
        "assertion": assertion,
        "fits": fits,
        "type": kind,
        "category": CATEGORY[kind],
        "severity": severity,
        "config": config,
        "id": uuid7(),
        "check_id": names.key_of_check(run_id, capsule, name, assertion, column or ""),
        "at": moment(union.nanos_of(stamped)).isoformat(),
        "status": "passed" if one["success"] else failed,
        "actual": _shown(one.get("actual")),
        "expected": _shown(one.get("expected")),
        "measured": None,
        "context": {"tool": "openlineage", "invocation_id": str(run_id), "job": f"{namespace}/{job}"[:500]},
    }


def _text(value):
    return value.strip()[:255] if isinstance(value, str) and value.strip() else None


def _shown(value):
    return None if value is None or isinstance(value, dict | list) else str(value)[:2000]


# A rule is known by its name within its capsule (errata row C16), else by its kind if the column has just one.
RULE_OF = (
    " LEFT JOIN columns k ON k.capsule_id = s.capsule AND lower(k.name) = lower(s.col)"
    " LEFT JOIN LATERAL (SELECT q.id, q.rule_name = s.name AS by_name, count(*) OVER () AS n"
    "  FROM quality_rules q LEFT JOIN columns o ON o.id = q.column_id"
    "  WHERE coalesce(q.capsule_id, o.capsule_id) = s.capsule AND (q.rule_name = s.name"
    "   OR (q.rule_type = s.fits AND s.fits <> 'custom_function' AND q.column_id = k.id))"
    "  ORDER BY by_name DESC, q.number LIMIT 1) r ON r.by_name OR r.n = 1"
)


def _make_rules(rows):
    with_rows(
        "INSERT INTO quality_rules (id, capsule_id, column_id, rule_name, rule_type, rule_category, rule_config,"
        " severity, meta) SELECT DISTINCT ON (s.capsule, s.name) s.id, CASE WHEN k.id IS NULL THEN s.capsule END, k.id,"
        " s.name, s.type, s.category, s.config, s.severity,"
        " jsonb_build_object('origin', 'openlineage', 'assertion', s.assertion)"
        f" FROM {{rows}}{RULE_OF} WHERE r.id IS NULL ORDER BY s.capsule, s.name, s.at",
        SHAPE,
        rows,
    )


def _keep_checks(rows):
    with_rows(
        "INSERT INTO quality_checks AS x (id, quality_rule_id, check_timestamp, check_status, actual_value,"
        " expected_value, execution_context) SELECT DISTINCT ON (s.check_id) s.check_id, r.id, s.at, s.status, s.actual,"
        f" s.expected, s.context FROM {{rows}}{RULE_OF} WHERE r.id IS NOT NULL ORDER BY s.check_id, s.at DESC"
        " ON CONFLICT (id) DO UPDATE SET check_timestamp = excluded.check_timestamp,"
        "  check_status = excluded.check_status, actual_value = excluded.actual_value,"
        "  expected_value = excluded.expected_value"
        " WHERE (x.check_timestamp, x.check_status, x.actual_value, x.expected_value) IS DISTINCT FROM"
        "  (excluded.check_timestamp, excluded.check_status, excluded.actual_value, excluded.expected_value)",
        SHAPE,
        rows,
    )


PROFILE = (
    "id uuid, capsule uuid, col text, at timestamptz, run text, total bigint, nulls bigint, distincts bigint"
)


def profiles(states, capsules, run_ids):
    """Keep what runs have counted in columns. Extremes and quantiles are values of the data: they stay in the event."""
    rows = {}
    for key, state in states.items():
        for side in ("inputs", "outputs"):
            for dataset, kept in state[side].items():
                at, facet = kept["facets"].get("dataQualityMetrics") or (None, None)
                for column, told in _counted(facet):
                    row = _profile(column, told, facet, capsules[dataset], at, run_ids[key])
                    rows[row["id"]] = row
    with_rows(
        "INSERT INTO column_profiles AS p (id, column_id, total_count, null_count, distinct_count, profiled_at,"
        " profiled_by, meta) SELECT DISTINCT ON (k.id, s.at) s.id, k.id, s.total, s.nulls, s.distincts, s.at,"
        " 'openlineage', jsonb_build_object('origin', 'openlineage', 'run_id', s.run)"
        " FROM {rows} JOIN columns k ON k.capsule_id = s.capsule AND lower(k.name) = lower(s.col)"
        " WHERE NOT EXISTS (SELECT FROM column_profiles o WHERE o.column_id = k.id AND o.profiled_at = s.at"
        "  AND o.id <> s.id) ORDER BY k.id, s.at, s.id"
        " ON CONFLICT (id) DO UPDATE SET total_count = excluded.total_count, null_count = excluded.null_count,"
        "  distinct_count = excluded.distinct_count, profiled_at = excluded.profiled_at"
        " WHERE p.profiled_at < excluded.profiled_at",
        PROFILE,
        list(rows.values()),
    )


def _counted(facet):
    found = facet.get("columnMetrics") if facet else None
    for column, told in list((found if isinstance(found, dict) else {}).items())[:MOST_COLUMNS]:
        if column.strip() and isinstance(told, dict):
            yield column, told


def _profile(column, told, facet, capsule, at, run_id):
    return {
        "id": names.key_of_check("profile", run_id, capsule, column),
        "capsule": capsule,
        "col": column[:255],
        "at": moment(union.nanos_of(at)).isoformat(),
        "run": str(run_id),
        "total": union.count_of(told.get("count")) or union.count_of(facet.get("rowCount")),
        "nulls": union.count_of(told.get("nullCount")),
        "distincts": union.count_of(told.get("distinctCount")),
    }
