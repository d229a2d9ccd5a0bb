"""Make the stored capsules equal to what a reader brought: set by set, writing only what differs.

Everything happens in the caller's transaction, all of it or none. A field that a person has edited keeps the
person's value and is reported as kept; rows of another origin are left alone (architecture.md, section 5).
"""

from dataclasses import dataclass, field

from django.db import connection

from . import staging
from .merge import Merge, TooManyVanished

__all__ = ["Outcome", "TooManyVanished", "apply", "checks", "column_lineage"]
KEPT_SHOWN = 200
STEPS = 6


@dataclass
class Outcome:
    """What an apply did: counts by kind of row, and the values that people's edits kept.

    `counts` maps kind to {created, changed, retired, unchanged}; `kept` lists urn, field, by, ours, theirs;
    `touched` holds the ids of the capsules that changed.
    """

    counts: dict = field(default_factory=dict)
    kept: list = field(default_factory=list)
    touched: list = field(default_factory=list)

    def add(self, kind, **numbers):
        mine = self.counts.setdefault(kind, {"created": 0, "changed": 0, "retired": 0, "unchanged": 0})
        for name, number in numbers.items():
            mine[name] += number

    @property
    def is_empty(self):
        """True if no row was written."""
        return not any(n for mine in self.counts.values() for word, n in mine.items() if word != "unchanged")

    def as_dict(self):
        return {"counts": self.counts, "kept": self.kept[:KEPT_SHOWN], "kept_count": len(self.kept)}


def apply(documents, *, origin, job_id, project, all_urns, complete=False, accept_vanished=False, say=None):
    """Write what differs between `documents` and the stored rows of `origin`; returns an `Outcome`.

    `all_urns` names every capsule of the artifact, unchanged ones too; when the artifact is `complete`, the
    project's capsules, and the edges and rules of its capsules, that it no longer names are retired. `say(phase, done, total)` reports progress and may
    raise to stop. Raises `TooManyVanished`.
    """
    say = say or (lambda *args: None)
    outcome = Outcome()
    with connection.cursor() as cursor:
        # One ingestion of an origin at a time: two would compare with the same past.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"ingest:{origin}"])
    say("Staging", 0, len(documents))
    staging.stage(documents, origin)
    merge = Merge(
        outcome, origin=origin, project=project, job_id=job_id, all_urns=all_urns, complete=complete
    )
    merge.prepare()
    say("Capsules", 1, STEPS)
    merge.names()
    merge.capsules(unchanged=len(all_urns) - len(documents))
    say("Columns", 2, STEPS)
    merge.columns()
    merge.constraints()
    say("Lineage", 3, STEPS)
    merge.edges()
    merge.code()
    say("Rules and tags", 4, STEPS)
    merge.rules()
    merge.tags()
    say("Vanished capsules", 5, STEPS)
    if complete:
        merge.vanished(accepted=accept_vanished)
    merge.derive()
    outcome.touched = merge.touched()
    return outcome


def column_lineage(found, *, traced, job_id):
    """Store where columns come from: `found` are rows of `staged_column_edges`; returns an `Outcome`.

    `traced` are the URNs of the capsules whose code was read: their edges that are not found any more go.
    """
    outcome = Outcome()
    staging.load("column_edges", found)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE staged_column_edges ADD COLUMN source_column_id uuid, ADD COLUMN target_column_id uuid"
        )
        cursor.execute(
            "UPDATE staged_column_edges e SET source_column_id = a.id, target_column_id = b.id FROM columns a, columns b"
            " WHERE a.urn = e.source_urn AND b.urn = e.target_urn AND a.id <> b.id"
        )
        cursor.execute("CREATE INDEX ON staged_column_edges (target_column_id)")
        cursor.execute("ANALYZE staged_column_edges")
        cursor.execute(
            "DELETE FROM column_lineage x USING columns c, capsules t WHERE c.id = x.target_column_id"
            " AND t.id = c.capsule_id AND t.urn = ANY(%s) AND x.ingestion_id IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM staged_column_edges e WHERE e.target_column_id = x.target_column_id"
            "  AND e.source_column_id = x.source_column_id)",
            [list(traced)],
        )
        retired = cursor.rowcount
        cursor.execute(
            "UPDATE column_lineage x SET transformation_type = left(e.transformation_type, 50),"
            " transformation_expr = e.transformation_expr FROM staged_column_edges e"
            " WHERE x.source_column_id = e.source_column_id AND x.target_column_id = e.target_column_id"
            " AND (x.transformation_type, x.transformation_expr)"
            " IS DISTINCT FROM (left(e.transformation_type, 50), e.transformation_expr)"
        )
        changed = cursor.rowcount
        cursor.execute(
            "INSERT INTO column_lineage (id, source_urn, target_urn, source_column_id, target_column_id,"
            " transformation_type, transformation_expr, ingestion_id)"
            " SELECT id, source_urn, target_urn, source_column_id, target_column_id,"
            " left(transformation_type, 50), transformation_expr, %s::uuid FROM staged_column_edges e"
            " WHERE source_column_id IS NOT NULL AND NOT EXISTS (SELECT FROM column_lineage x"
            "  WHERE x.source_column_id = e.source_column_id AND x.target_column_id = e.target_column_id)"
            " ON CONFLICT DO NOTHING",
            [job_id],
        )
        created = cursor.rowcount
        cursor.execute("SELECT count(*) FROM staged_column_edges WHERE source_column_id IS NOT NULL")
        total = cursor.fetchone()[0]
    outcome.add(
        "column_edges", created=created, changed=changed, retired=retired, unchanged=total - created - changed
    )
    return outcome


def checks(found):
    """Store results of checks that another tool ran; `found` are rows of `staged_checks`. Returns an `Outcome`.

    A result is known by its rule and `execution_context.invocation_id`: loading it again adds nothing.
    """
    outcome = Outcome()
    staging.load("checks", found)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO quality_checks (id, quality_rule_id, capsule_id, column_id, check_timestamp, check_status,"
            " measured_value, failure_count, actual_value, execution_context, execution_duration_ms, meta)"
            " SELECT t.id, r.id, r.capsule_id, r.column_id, t.check_timestamp, t.check_status, t.measured_value,"
            " t.failure_count, t.actual_value, t.execution_context, t.execution_duration_ms, t.meta"
            " FROM staged_checks t JOIN capsules c ON c.urn = t.capsule_urn"
            " JOIN LATERAL (SELECT q.* FROM quality_rules q WHERE q.rule_name = t.rule_name AND (q.capsule_id = c.id"
            "   OR q.column_id IN (SELECT k.id FROM columns k WHERE k.capsule_id = c.id)) LIMIT 1) r ON TRUE"
            " WHERE NOT EXISTS (SELECT FROM quality_checks x WHERE x.quality_rule_id = r.id"
            "  AND x.execution_context->>'invocation_id' = t.execution_context->>'invocation_id')"
        )
        created = cursor.rowcount
        cursor.execute("SELECT count(*) FROM staged_checks")
        outcome.add("checks", created=created, unchanged=cursor.fetchone()[0] - created)
    return outcome
