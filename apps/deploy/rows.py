"""Capsule documents as rows for staging: pure, one small function a table.

The documents follow capsule-document.md; which key goes to which column is its section 3.
"""

from collections import Counter
from datetime import UTC, datetime

from apps.catalog import urns
from apps.dcs.keys import uuid7
from apps.dcs.periods import Period

# capsule-document.md, section 3.4
CATEGORY = {
    **dict.fromkeys(("not_null", "no_empty_strings", "completeness_threshold"), "completeness"),
    **dict.fromkeys(
        ("value_in_set", "pattern_match", "format_valid", "type_valid", "range_check", "length_check"),
        "validity",
    ),
    **dict.fromkeys(("unique", "unique_combination", "duplicate_threshold"), "uniqueness"),
    **dict.fromkeys(("referential_integrity", "cross_field_validation"), "consistency"),
    **dict.fromkeys(("freshness", "recency_check"), "timeliness"),
    **dict.fromkeys(("distribution_check", "outlier_detection", "statistical_threshold"), "distribution"),
    **dict.fromkeys(("custom_sql", "custom_function"), "custom"),
}
# Parameters of a rule that have no column of their own.
IN_CONFIG = ("values", "columns", "references", "sql", "function")
LONGEST_TYPE = 100


def capsules(documents, origin):
    """Rows of `staged_capsules`."""
    for document in documents:
        body = document.get("data_capsule", document)
        owner = body.get("owner") or {}
        owner = {"team": owner} if isinstance(owner, str) else owner
        statistics = body.get("statistics") or {}
        yield {
            "id": uuid7(),
            "urn": body["urn"],
            "name": body["name"],
            "capsule_type": body.get("capsule_type") or body["urn"].split(":")[3],
            "system": body.get("source_system") or body["urn"].split(":")[2],
            "system_type": body["urn"].split(":")[2],
            "database_name": body.get("database_name") or None,
            "schema_name": body.get("schema_name") or None,
            "domain": body.get("domain") or None,
            "owner": owner.get("team") or owner.get("name") or None,
            "owner_email": owner.get("email") or None,
            "owner_channel": owner.get("contact") or None,
            "layer": body.get("layer") or None,
            "materialization": body.get("materialization") or None,
            "description": body.get("description") or None,
            "storage_location": body.get("location") or None,
            "storage_format": body.get("format") or None,
            "row_count": statistics.get("row_count"),
            "table_size_bytes": statistics.get("size_bytes"),
            "last_analyzed_at": statistics.get("analyzed_at"),
            "tags": list(body.get("tags") or ()),
            "meta": _meta(body, document, origin),
            # A manifest alone names only the columns that somebody has described.
            "all_columns": body.get("meta", {}).get(origin, {}).get("columns_from") != "manifest",
            "test_count": len(body.get("quality_rules") or ()),
            "doc_coverage": _described(body),
        }


def _described(body):
    """The share of columns, 0 to 1, that have a description."""
    declared = (body.get("schema") or {}).get("columns") or []
    meaning = body.get("columns") or {}
    described = sum(
        bool((meaning.get(column["name"], {}).get("description") or column.get("description") or "").strip())
        for column in declared
    )
    return described / len(declared) if declared else 0.0


def _meta(body, document, origin):
    """The capsule's own notes: what the source says beyond the columns, and the promises it states.

    The contract of a source stays here as it was read; it becomes a proposal by a person's choice.
    """
    meta = {**(body.get("meta") or {}), "origin": origin}
    if digest := document.get("node_hash"):
        meta[origin] = {**meta.get(origin, {}), "node_hash": digest}
    if body.get("contract"):
        meta["doc"] = {**meta.get("doc", {}), "contract": body["contract"]}
    return meta


def columns(body, origin):
    """Rows of `staged_columns` of one capsule: declared ones first, in order."""
    semantics = body.get("columns") or {}
    declared = (body.get("schema") or {}).get("columns") or []
    names = [column["name"] for column in declared]
    known = set(names)
    tests = Counter(rule.get("column") for rule in body.get("quality_rules") or ())
    declared = [
        *declared,
        *({"name": name, "data_type": "unknown"} for name in semantics if name not in known),
    ]
    for position, column in enumerate(declared, 1):
        name = column["name"]
        meaning = semantics.get(name) or {}
        data_type = column.get("data_type") or "unknown"
        meta = {**(column.get("meta") or {}), **(meaning.get("meta") or {}), "origin": origin}
        if len(data_type) > LONGEST_TYPE:
            meta["doc"] = {"data_type": data_type}
        if name not in known:
            meta["declared"] = False
        span = meaning.get("range") or {}
        yield {
            "id": uuid7(),
            "urn": urns.of_column(body["urn"], name),
            "capsule_urn": body["urn"],
            "name": name,
            "data_type": data_type[:LONGEST_TYPE],
            "ordinal_position": position,
            "is_nullable": column.get("is_nullable", True),
            "semantic_type": meaning.get("semantic_type"),
            "pii_type": meaning.get("pii_type"),
            "pii_detected_by": meaning.get("x-pii-detected-by") if meaning.get("pii_type") else None,
            "description": meaning.get("description") or column.get("description") or None,
            "unit_of_measure": meaning.get("unit_of_measure"),
            "value_domain": meaning.get("value_domain"),
            "value_range_min": span.get("min"),
            "value_range_max": span.get("max"),
            "allowed_values": meaning.get("allowed_values"),
            "format_pattern": meaning.get("format_pattern"),
            "tags": list(meaning.get("tags") or ()),
            "meta": meta,
            "test_count": tests[name],
        }


def constraints(body):
    """Rows of `staged_constraints` of one capsule: one for every column of a key."""
    schema = body.get("schema") or {}
    for column in schema.get("columns") or []:
        for constraint in column.get("constraints") or []:
            yield from _constraint(body["urn"], constraint, [column["name"]])
    for constraint in schema.get("constraints") or []:
        yield from _constraint(body["urn"], constraint, constraint["columns"])


def _constraint(urn, constraint, names):
    table, referenced, unresolved = _reference(constraint.get("references"), len(names))
    meta = {**(constraint.get("meta") or {})}
    if unresolved:
        meta["unresolved_ref"] = unresolved
    composite = len(names) > 1
    if composite and not constraint.get("name"):
        meta["group"] = ",".join(names)
    for position, name in enumerate(names):
        value = constraint.get("value")
        yield {
            "id": uuid7(),
            "capsule_urn": urn,
            "column_name": name,
            "constraint_type": constraint["type"],
            "constraint_name": constraint.get("name"),
            "ordinal": position + 1 if composite else None,
            "referenced_table_urn": table,
            "referenced_column_urn": referenced[position] if position < len(referenced) else None,
            "on_delete_action": constraint.get("on_delete"),
            "on_update_action": constraint.get("on_update"),
            "check_expression": constraint.get("expression") if constraint["type"] == "check" else None,
            "default_value": None if value is None else str(value),
            "default_expression": constraint.get("expression") if constraint["type"] == "default" else None,
            "is_enforced": constraint.get("enforced", True),
            "is_deferrable": constraint.get("deferrable", False),
            "meta": meta,
        }


def _reference(reference, count):
    """(table URN, column URNs, text that names neither) of a `references` value; R7 of capsule-document.md."""
    if not reference:
        return None, [], None
    if isinstance(reference, dict):
        table = reference["table"]
        names = reference.get("columns") or ([reference["column"]] if reference.get("column") else [])
        if table.startswith("urn:dcs:"):
            return table, [urns.of_column(table, name) for name in names], None
        return None, [], f"{table}({', '.join(names)})" if names else table
    if reference.startswith("urn:dcs:"):
        head, dot, name = reference.rpartition(".")
        return (
            (head, [reference] * count, None) if dot and name and ":" not in name else (reference, [], None)
        )
    return None, [], reference


def rules(body, origin):
    """Rows of `staged_rules` of one capsule."""
    for rule in body.get("quality_rules") or []:
        config = dict(rule.get("config") or {})
        for key in IN_CONFIG:
            if rule.get(key) is not None:
                config[key] = rule[key]
        threshold, seconds = rule.get("threshold"), None
        if isinstance(threshold, str):
            config["max_age"] = threshold
            period = Period.parse(threshold)
            seconds = period.days * 86400 + period.microseconds // 1_000_000 + period.months * 30 * 86400
        kind = rule["rule"]
        yield {
            "id": uuid7(),
            "capsule_urn": body["urn"],
            "column_name": rule.get("column"),
            "rule_name": rule.get("name") or f"{kind}_{rule.get('column') or 'capsule'}",
            "rule_type": kind,
            "rule_category": rule.get("category") or CATEGORY[kind],
            "rule_config": config,
            "threshold_value": seconds if seconds is not None else threshold,
            "threshold_operator": rule.get("operator"),
            "threshold_percent": rule.get("threshold_percent"),
            "expected_value": rule.get("expected"),
            "expected_range_min": rule.get("min"),
            "expected_range_max": rule.get("max"),
            "expected_pattern": rule.get("pattern"),
            "severity": rule.get("severity") or "warning",
            "blocking": rule.get("blocking", False),
            "is_enabled": rule.get("enabled", True),
            "description": rule.get("description"),
            "meta": {**(rule.get("meta") or {}), "origin": origin},
        }


def edges(body, origin):
    """Rows of `staged_edges`: what flows into the capsule."""
    for upstream in dict.fromkeys((body.get("lineage") or {}).get("upstream") or []):
        yield {
            "id": uuid7(),
            "source_urn": upstream,
            "target_urn": body["urn"],
            "transformation": body.get("materialization"),
            "meta": {"origin": origin},
        }


def column_edges(urn, lineage):
    """Rows of `staged_column_edges`: `lineage` maps a column of capsule `urn` to where its values come from."""
    for name, sources in lineage.items():
        for source in sources:
            source = {"urn": source} if isinstance(source, str) else source
            yield {
                "id": uuid7(),
                "source_urn": source["urn"],
                "target_urn": urns.of_column(urn, name),
                "transformation_type": source.get("transformation_type"),
                "transformation_expr": source.get("transformation_expression"),
            }


def code(body, origin):
    """Rows of `staged_code`: the code that makes the capsule."""
    found = (body.get("lineage") or {}).get("transformation") or []
    for part in [found] if isinstance(found, dict) else found:
        yield {
            "id": uuid7(),
            "capsule_urn": body["urn"],
            "language": part.get("language") or "sql",
            "code_text": part.get("code") or "",
            "function_name": part.get("function"),
            "file_path": part.get("file"),
            "line_start": part.get("line_start"),
            "line_end": part.get("line_end"),
            "git_commit_sha": part.get("git_commit"),
            "git_repository": part.get("git_repository"),
            "upstream_references": part.get("upstream_references") or [],
            "function_calls": part.get("function_calls") or [],
            "meta": {**(part.get("meta") or {}), "origin": origin},
        }


def traced(lineage):
    """Rows of `staged_column_edges` for all traced capsules."""
    for urn, found in lineage.items():
        yield from column_edges(urn, found.columns)


def checks(reading, number):
    """Rows of `staged_checks` for the results that came with the artifacts; `number` is the ingestion's."""
    for check in reading.checks:
        yield {
            "id": uuid7(),
            "capsule_urn": check.urn,
            "column_name": None,
            "rule_name": check.rule,
            "check_timestamp": check.finished_at or reading.generated_at or datetime.now(UTC).isoformat(),
            "check_status": check.status,
            "measured_value": check.measured,
            "failure_count": check.failure_count,
            "actual_value": None if check.measured is None else str(check.measured),
            "execution_context": {
                "tool": "dbt",
                "invocation_id": check.invocation_id,
                "ingestion": number,
            },
            "execution_duration_ms": check.duration_ms,
            "meta": {"message": check.message} if check.message else {},
        }
