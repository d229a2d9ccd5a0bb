"""Temporary tables that hold what a reader brought, filled by COPY before anything is compared."""

from itertools import chain

import orjson
from django.db import connection

from . import rows

TABLES = {
    "capsules": "id uuid, urn text, name text, capsule_type text, system text, system_type text, database_name text,"
    " schema_name text, domain text, owner text, owner_email text,"
    " owner_channel text, layer text, materialization text,"
    " description text, storage_location text, storage_format text, row_count bigint, table_size_bytes bigint,"
    " last_analyzed_at timestamptz, tags jsonb, meta jsonb, all_columns boolean,"
    " test_count int, doc_coverage double precision",
    "columns": "id uuid, urn text, capsule_urn text, name text, data_type text, ordinal_position int,"
    " is_nullable boolean, semantic_type text, pii_type text, pii_detected_by text, description text,"
    " unit_of_measure text, value_domain text, value_range_min numeric, value_range_max numeric,"
    " allowed_values jsonb, format_pattern text, tags jsonb, meta jsonb, test_count int",
    "constraints": "id uuid, capsule_urn text, column_name text, constraint_type text, constraint_name text,"
    " ordinal int, referenced_table_urn text, referenced_column_urn text, on_delete_action text,"
    " on_update_action text, check_expression text, default_value text, default_expression text,"
    " is_enforced boolean, is_deferrable boolean, meta jsonb",
    "rules": "id uuid, capsule_urn text, column_name text, rule_name text, rule_type text, rule_category text,"
    " rule_config jsonb, threshold_value numeric, threshold_operator text, threshold_percent numeric,"
    " expected_value text, expected_range_min numeric, expected_range_max numeric, expected_pattern text,"
    " severity text, blocking boolean, is_enabled boolean, description text, meta jsonb",
    "edges": "id uuid, source_urn text, target_urn text, transformation text, meta jsonb",
    "column_edges": "id uuid, source_urn text, target_urn text, transformation_type text, transformation_expr text",
    "code": "id uuid, capsule_urn text, language text, code_text text, function_name text, file_path text,"
    " line_start int, line_end int, git_commit_sha text, git_repository text, upstream_references jsonb,"
    " function_calls jsonb, meta jsonb",
    "checks": "id uuid, capsule_urn text, column_name text, rule_name text, check_timestamp timestamptz,"
    " check_status text, measured_value numeric, failure_count bigint, actual_value text,"
    " execution_context jsonb, execution_duration_ms bigint, meta jsonb",
}
JSON = {
    (table, column.split()[0])
    for table, definition in TABLES.items()
    for column in definition.split(", ")
    if column.endswith(" jsonb")
}


def stage(documents, origin):
    """Fill the temporary tables of this transaction with `documents`; returns how many rows each holds."""
    bodies = [document.get("data_capsule", document) for document in documents]
    return {
        "capsules": load("capsules", rows.capsules(documents, origin)),
        "columns": load("columns", chain.from_iterable(rows.columns(body, origin) for body in bodies)),
        "constraints": load("constraints", chain.from_iterable(rows.constraints(body) for body in bodies)),
        "rules": load("rules", chain.from_iterable(rows.rules(body, origin) for body in bodies)),
        "edges": load("edges", chain.from_iterable(rows.edges(body, origin) for body in bodies)),
        "code": load("code", chain.from_iterable(rows.code(body, origin) for body in bodies)),
    }


def load(table, found):
    """Make the temporary table `staged_<table>` and fill it with the dicts `found`; returns their number."""
    names = [part.split()[0] for part in TABLES[table].split(", ")]
    as_json = [name for name in names if (table, name) in JSON]
    count = 0
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.staged_{table}")
        cursor.execute(f"CREATE TEMPORARY TABLE staged_{table} ({TABLES[table]}) ON COMMIT DROP")
        with cursor.copy(f"COPY staged_{table} ({', '.join(names)}) FROM STDIN") as copy:
            for row in found:
                for name in as_json:
                    if row[name] is not None:
                        row[name] = orjson.dumps(row[name]).decode()
                copy.write_row([row[name] for name in names])
                count += 1
        cursor.execute(f"ANALYZE staged_{table}")
    return count
