"""Recorded OpenLineage sessions, and events made to measure."""

import datetime
import json
import uuid
from pathlib import Path

from django.db import connection

from apps.deploy import events
from apps.deploy.readers import openlineage
from apps.people.reader import system

FOLDER = Path(__file__).parent.parent / "fixtures" / "openlineage"
NOON = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
WAREHOUSE = "postgres://db:5432"


def recorded(name):
    """The events of one file, in the order of the recording."""
    text = (FOLDER / name).read_text()
    return [json.loads(line) for line in text.splitlines()] if name.endswith("ndjson") else [json.loads(text)]


def dbt_build():
    return recorded("dbt_ol_jaffle_classic_build.ndjson")


def table(name, namespace=WAREHOUSE, *, inputs=None, outputs=None, **facets):
    """A dataset; `inputs` and `outputs` are its facets on that side."""
    made = {"namespace": namespace, "name": name, "facets": facets}
    made |= {"inputFacets": inputs} if inputs else {}
    return made | ({"outputFacets": outputs} if outputs else {})


def schema(**types):
    """A schema facet: names with types, or None for a name alone."""
    fields = [{"name": name} | ({"type": kind} if kind else {}) for name, kind in types.items()]
    return {"fields": fields}


def event(
    kind="COMPLETE", *, run=1, job="load_orders", minutes=0, at=None, reads=(), writes=(), told=None, **facets
):
    """A run event, `minutes` after noon; `facets` are of the run, `told` of the job."""
    made = {
        "eventTime": at or (NOON + datetime.timedelta(minutes=minutes)).isoformat(),
        "producer": "https://example.org/pipeline",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run_id(run), "facets": facets},
        "job": {"namespace": "shop", "name": job, "facets": told or {}},
        "inputs": [one if isinstance(one, dict) else table(one) for one in reads],
        "outputs": [one if isinstance(one, dict) else table(one) for one in writes],
    }
    return made | ({"eventType": kind} if kind else {})


def run_id(number):
    return str(uuid.UUID(int=number << 64 | 0x8000_0000_0000_0000 | number))


def receive(found, *, project=True):
    """Store events as a sender would have them stored, and project them as the worker does; how many were new."""
    read, problems = openlineage.read(found if isinstance(found, list) else [found])
    assert not problems, problems
    new = events.store(read, reader=system("test"))
    if project:
        events.project_waiting()
    return new


TABLES = {
    "jobs": "SELECT source_name, status, started_at, completed_at, config, error_message, error_details,"
    " execution_environment, execution_duration_ms, records_processed, bytes_processed, execution_logs_url,"
    " triggered_by, (SELECT p.config FROM ingestion_jobs p WHERE p.id = j.parent_job_id)"
    " FROM ingestion_jobs j WHERE source_type = 'openlineage'",
    "capsules": "SELECT urn, name, capsule_type, database_name, schema_name, description, storage_format, row_count,"
    " table_size_bytes, last_analyzed_at, meta FROM capsules",
    "aliases": "SELECT a.urn, c.urn FROM capsule_aliases a JOIN capsules c ON c.id = a.capsule_id",
    "columns": "SELECT urn, data_type, description, ordinal_position, meta FROM columns",
    "edges": "SELECT source_urn, target_urn, edge_type, meta FROM capsule_lineage",
    "column_edges": "SELECT source_urn, target_urn, transformation_type, meta FROM column_lineage",
    "rules": "SELECT r.rule_name, r.rule_type, r.severity, r.rule_config, r.meta, c.urn, k.urn FROM quality_rules r"
    " LEFT JOIN capsules c ON c.id = r.capsule_id LEFT JOIN columns k ON k.id = r.column_id",
    "checks": "SELECT r.rule_name, x.check_timestamp, x.check_status, x.actual_value, x.expected_value,"
    " x.execution_context FROM quality_checks x JOIN quality_rules r ON r.id = x.quality_rule_id",
    "profiles": "SELECT k.urn, p.total_count, p.null_count, p.distinct_count, p.profiled_at, p.meta"
    " FROM column_profiles p JOIN columns k ON k.id = p.column_id",
    "code": "SELECT c.urn, k.code_text, k.language, k.function_name, k.file_path, k.meta - 'stamp'"
    " FROM transformation_code k JOIN capsules c ON c.id = k.capsule_id",
    "read and written": "SELECT j.config, c.urn, r.role, r.rows, r.size FROM run_capsules r"
    " JOIN ingestion_jobs j ON j.id = r.run_id JOIN capsules c ON c.id = r.capsule_id",
}


def tables():
    """Everything that events lead to, without keys and numbers, in an order of its own."""
    found = {}
    with connection.cursor() as cursor:
        for name, statement in TABLES.items():
            cursor.execute(statement)
            found[name] = sorted(json.dumps(row, default=str, sort_keys=True) for row in cursor.fetchall())
    return found
