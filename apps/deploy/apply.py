"""Make the stored capsules equal to what a reader brought: set by set, writing only what differs.

Everything happens in the caller's transaction, all of it or none. A field that a person has edited keeps the
person's value and is reported as kept; rows of another origin are left alone (architecture.md, section 5).
"""

from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from . import staging

LARGEST_LOSS = 1 / 3  # of a project's capsules may vanish without being accepted by name (errata row E34)
KEPT_SHOWN = 200


class TooManyVanished(Exception):
    """More than a third of the project's capsules would be retired; somebody must say that this is meant."""

    def __init__(self, vanished, current):
        self.vanished, self.current = vanished, current
        super().__init__(
            _(
                "%(vanished)d of %(current)d capsules of this project are missing from the manifest. Nothing was "
                "changed. If they are really gone, ingest again and accept that they are retired."
            )
            % {"vanished": vanished, "current": current}
        )


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


def _kept(alias, name, key=None):
    """SQL: the stored value if a person owns the field, else the staged one."""
    return f"CASE WHEN {alias}.meta->'provenance' ? '{key or name}' THEN {alias}.{name} ELSE s.{name} END"


# What an ingestion may set on a row that exists, by whether a person's edit protects it.
CAPSULE_FIELDS = {
    "name": "s.name",
    "capsule_type": "s.capsule_type",
    "source_system_id": "s.source_system_id",
    "database_name": "s.database_name",
    "schema_name": "s.schema_name",
    "domain_id": _kept("c", "domain_id", "domain"),
    "owner_id": _kept("c", "owner_id", "owner"),
    "layer": _kept("c", "layer"),
    "materialization": "s.materialization",
    "description": _kept("c", "description"),
    "storage_location": _kept("c", "storage_location"),
    "storage_format": _kept("c", "storage_format"),
    "row_count": "CASE WHEN s.last_analyzed_at > coalesce(c.last_analyzed_at, '-infinity') THEN s.row_count ELSE c.row_count END",
    "table_size_bytes": "CASE WHEN s.last_analyzed_at > coalesce(c.last_analyzed_at, '-infinity')"
    " THEN s.table_size_bytes ELSE c.table_size_bytes END",
    "last_analyzed_at": "greatest(s.last_analyzed_at, c.last_analyzed_at)",
    "tags": _kept("c", "tags"),
    "meta": "(c.meta - 'placeholder') || s.meta",
    "retired_at": "NULL::timestamptz",
}
COLUMN_FIELDS = {
    "data_type": _kept("c", "data_type"),
    "ordinal_position": "s.ordinal_position",
    "is_nullable": _kept("c", "is_nullable"),
    "semantic_type": _kept("c", "semantic_type"),
    "pii_type": _kept("c", "pii_type"),
    "pii_detected_by": "CASE WHEN c.meta->'provenance' ? 'pii_type' THEN c.pii_detected_by ELSE s.pii_detected_by END",
    "description": _kept("c", "description"),
    "unit_of_measure": "CASE WHEN c.meta->'provenance' ? 'unit_of_measure' OR s.unit_of_measure IS NULL"
    " THEN c.unit_of_measure ELSE s.unit_of_measure END",
    "allowed_values": "CASE WHEN c.meta->'provenance' ? 'allowed_values' OR s.allowed_values IS NULL"
    " THEN c.allowed_values ELSE s.allowed_values END",
    "tags": _kept("c", "tags"),
    "meta": "c.meta || s.meta",
    "retired_at": "NULL::timestamptz",
}
RULE_FIELDS = (
    "rule_type rule_category rule_config threshold_value threshold_operator threshold_percent expected_value "
    "expected_range_min expected_range_max expected_pattern severity blocking is_enabled description"
).split()
CONSTRAINT_FIELDS = (
    "constraint_type constraint_name ordinal referenced_table_urn referenced_column_urn on_delete_action "
    "on_update_action check_expression default_value default_expression is_enforced is_deferrable"
).split()
CODE_FIELDS = "language function_name file_path line_start line_end git_commit_sha git_repository".split()


def apply(documents, *, origin, job_id, project, all_urns, complete=False, accept_vanished=False, say=None):
    """Write what differs between `documents` and the stored rows of `origin`; returns an `Outcome`.

    `all_urns` names every capsule of the artifact, unchanged ones too; when the artifact is `complete`, the
    project's capsules that it no longer names are retired. `say(phase, done, total)` reports progress and may
    raise to stop. Raises `TooManyVanished`.
    """
    say = say or (lambda *args: None)
    outcome = Outcome()
    with connection.cursor() as cursor:
        # One ingestion of an origin at a time: two would compare with the same past.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"ingest:{origin}"])
        say("Staging", 0, len(documents))
        staging.stage(documents, origin)
        _prepare(cursor, origin)
        say("Capsules", 1, 6)
        _names(cursor, outcome)
        _capsules(cursor, outcome, job_id, unchanged=len(all_urns) - len(documents))
        say("Columns", 2, 6)
        _columns(cursor, outcome, origin)
        _constraints(cursor, outcome, origin)
        say("Lineage", 3, 6)
        _edges(cursor, outcome, origin, job_id)
        _code(cursor, outcome, origin)
        say("Rules and tags", 4, 6)
        _rules(cursor, outcome, origin)
        _tags(cursor)
        if complete:
            say("Vanished capsules", 5, 6)
            _vanished(cursor, outcome, origin, project, all_urns, accept_vanished)
        _derive(cursor)
        cursor.execute("SELECT id FROM staged_capsules UNION SELECT id FROM vanished_capsules")
        outcome.touched = [row[0] for row in cursor.fetchall()]
    return outcome


def _prepare(cursor, origin):
    """Note which staged capsules exist, under which key, and which fields people own."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.vanished_capsules")
    cursor.execute("CREATE TEMPORARY TABLE vanished_capsules (id uuid) ON COMMIT DROP")
    cursor.execute(
        "ALTER TABLE staged_capsules ADD COLUMN known boolean NOT NULL DEFAULT FALSE,"
        " ADD COLUMN source_system_id uuid, ADD COLUMN domain_id uuid, ADD COLUMN owner_id uuid"
    )
    cursor.execute("CREATE INDEX ON staged_capsules (urn)")
    # Locking in the order of keys keeps two writers from waiting for each other.
    cursor.execute(
        "SELECT c.id FROM capsules c JOIN staged_capsules s ON s.urn = c.urn ORDER BY c.id FOR UPDATE OF c"
    )
    cursor.execute("UPDATE staged_capsules s SET known = TRUE, id = c.id FROM capsules c WHERE c.urn = s.urn")


def _names(cursor, outcome):
    """Find or make the source systems, domains and owners that the documents name."""
    cursor.execute(
        "INSERT INTO source_systems (name, source_type) SELECT DISTINCT ON (system) left(system, 100), left(system_type, 50)"
        " FROM staged_capsules s WHERE NOT EXISTS (SELECT FROM source_systems x WHERE x.name = left(s.system, 100))"
        " ON CONFLICT DO NOTHING"
    )
    cursor.execute(
        "INSERT INTO domains (name) SELECT DISTINCT left(domain, 100) FROM staged_capsules s WHERE domain IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM domains x WHERE x.name = left(s.domain, 100)) ON CONFLICT DO NOTHING"
    )
    made = cursor.rowcount
    if made:
        outcome.add("domains", created=made)
    cursor.execute(
        "INSERT INTO owners (name, owner_type, email, slack_channel)"
        " SELECT DISTINCT ON (owner) left(owner, 255), 'team', left(owner_email, 255), left(owner_channel, 100)"
        " FROM staged_capsules s"
        " WHERE owner IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM owners x WHERE x.name = left(s.owner, 255) AND x.owner_type = 'team')"
        " ORDER BY owner, owner_email ON CONFLICT DO NOTHING"
    )
    if cursor.rowcount:
        outcome.add("owners", created=cursor.rowcount)
    cursor.execute(
        "UPDATE staged_capsules s SET"
        " source_system_id = (SELECT id FROM source_systems x WHERE x.name = left(s.system, 100)),"
        " domain_id = (SELECT id FROM domains x WHERE x.name = left(s.domain, 100)),"
        " owner_id = (SELECT id FROM owners x WHERE x.name = left(s.owner, 255) AND x.owner_type = 'team')"
    )


def _capsules(cursor, outcome, job_id, *, unchanged):
    _note_kept(
        cursor,
        outcome,
        "capsules",
        "SELECT c.id, s.* FROM capsules c JOIN staged_capsules s ON s.id = c.id WHERE s.known",
        {"description": "description", "layer": "layer", "owner": "owner_id", "domain": "domain_id"},
    )
    plain = [name for name in CAPSULE_FIELDS if name != "retired_at"]
    cursor.execute(
        f"INSERT INTO capsules (id, urn, {', '.join(plain)}, ingestion_id)"
        f" SELECT id, urn, {', '.join(plain)}, %s FROM staged_capsules WHERE NOT known",
        [job_id],
    )
    created = cursor.rowcount
    changed = _update(
        cursor, "capsules", "staged_capsules s", "s.id = c.id AND s.known", CAPSULE_FIELDS, job_id
    )
    cursor.execute("SELECT count(*) FROM staged_capsules")
    (staged,) = cursor.fetchone()
    outcome.add(
        "capsules", created=created, changed=changed, unchanged=unchanged + staged - created - changed
    )


def _update(cursor, table, source, match, fields, job_id=None):
    """UPDATE the rows whose fields differ; returns how many did."""
    assignments = ", ".join(f"{name} = {value}" for name, value in fields.items())
    if job_id is not None:
        assignments += f", ingestion_id = '{job_id}'"
    stored = ", ".join(f"c.{name}" for name in fields)
    wanted = ", ".join(fields.values())
    cursor.execute(
        f"UPDATE {table} c SET {assignments} FROM {source} WHERE {match} AND ({stored}) IS DISTINCT FROM ({wanted})"
    )
    return cursor.rowcount


def _note_kept(cursor, outcome, table, joined, fields):
    """Report the fields where a person's value stands against another one from the source."""
    for key, name in fields.items():
        cursor.execute(
            f"SELECT s.urn, c.meta->'provenance'->%s->>'by', c.{name}::text, s.{name}::text"
            f" FROM {table} c JOIN staged_{table} s ON s.urn = c.urn"
            f" WHERE c.meta->'provenance' ? %s AND c.{name}::text IS DISTINCT FROM s.{name}::text"
            f" AND s.{name} IS NOT NULL ORDER BY s.urn",
            [key, key],
        )
        outcome.kept += [
            {"urn": urn, "field": key, "by": by, "ours": ours, "theirs": theirs}
            for urn, by, ours, theirs in cursor.fetchall()
        ]


def _columns(cursor, outcome, origin):
    cursor.execute(
        "ALTER TABLE staged_columns ADD COLUMN known boolean NOT NULL DEFAULT FALSE, ADD COLUMN capsule_id uuid"
    )
    cursor.execute(
        "UPDATE staged_columns t SET capsule_id = s.id FROM staged_capsules s WHERE s.urn = t.capsule_urn"
    )
    cursor.execute(
        "UPDATE staged_columns t SET known = TRUE, id = c.id, urn = c.urn FROM columns c"
        " WHERE c.capsule_id = t.capsule_id AND c.name = t.name"
    )
    cursor.execute("CREATE INDEX ON staged_columns (capsule_id, name)")
    cursor.execute("ANALYZE staged_columns")
    _note_kept(cursor, outcome, "columns", "", {"description": "description", "pii_type": "pii_type"})
    plain = [name for name in COLUMN_FIELDS if name != "retired_at"]
    plain += ["value_domain", "value_range_min", "value_range_max", "format_pattern"]
    cursor.execute(
        f"INSERT INTO columns (id, urn, capsule_id, name, {', '.join(plain)})"
        f" SELECT id, urn, capsule_id, name, {', '.join(plain)} FROM staged_columns WHERE NOT known"
    )
    created = cursor.rowcount
    changed = _update(cursor, "columns", "staged_columns s", "s.id = c.id AND s.known", COLUMN_FIELDS)
    cursor.execute(
        "UPDATE columns c SET retired_at = now() FROM staged_capsules s WHERE c.capsule_id = s.id AND s.known"
        " AND c.retired_at IS NULL AND c.meta->>'origin' = %s"
        " AND NOT EXISTS (SELECT FROM staged_columns t WHERE t.id = c.id)",
        [origin],
    )
    retired = cursor.rowcount
    cursor.execute("SELECT count(*) FROM staged_columns")
    (staged,) = cursor.fetchone()
    outcome.add(
        "columns", created=created, changed=changed, retired=retired, unchanged=staged - created - changed
    )


def _constraints(cursor, outcome, origin):
    cursor.execute("ALTER TABLE staged_constraints ADD COLUMN column_id uuid")
    cursor.execute(
        "UPDATE staged_constraints t SET column_id = c.id FROM staged_columns c"
        " WHERE c.capsule_urn = t.capsule_urn AND c.name = t.column_name"
    )
    same = " AND ".join(f"k.{name} IS NOT DISTINCT FROM t.{name}" for name in CONSTRAINT_FIELDS)
    cursor.execute(
        "DELETE FROM column_constraints k USING columns c, staged_capsules s WHERE c.id = k.column_id"
        " AND s.id = c.capsule_id AND s.known AND k.meta->>'origin' = %s"
        f" AND NOT EXISTS (SELECT FROM staged_constraints t WHERE t.column_id = k.column_id AND {same})",
        [origin],
    )
    retired = cursor.rowcount
    names = ", ".join(CONSTRAINT_FIELDS)
    cursor.execute(
        f"INSERT INTO column_constraints (id, column_id, {names}, meta)"
        f" SELECT t.id, t.column_id, {names}, t.meta || jsonb_build_object('origin', %s::text) FROM staged_constraints t"
        " WHERE t.column_id IS NOT NULL AND NOT EXISTS ("
        f"  SELECT FROM column_constraints k WHERE k.column_id = t.column_id AND {same})",
        [origin],
    )
    created = cursor.rowcount
    cursor.execute("SELECT count(*) FROM staged_constraints WHERE column_id IS NOT NULL")
    outcome.add("constraints", created=created, retired=retired, unchanged=cursor.fetchone()[0] - created)


def _edges(cursor, outcome, origin, job_id):
    # R11: what is only named, as a source of something known, is shown as a placeholder.
    cursor.execute(
        "INSERT INTO capsules (urn, name, capsule_type, meta, ingestion_id)"
        " SELECT DISTINCT e.source_urn, left(regexp_replace(e.source_urn, '^.*:', ''), 255),"
        " split_part(e.source_urn, ':', 4), jsonb_build_object('origin', %s::text, 'placeholder', TRUE), %s::uuid"
        " FROM staged_edges e WHERE NOT EXISTS (SELECT FROM capsules c WHERE c.urn = e.source_urn)",
        [origin, job_id],
    )
    if cursor.rowcount:
        outcome.add("placeholders", created=cursor.rowcount)
    cursor.execute("ALTER TABLE staged_edges ADD COLUMN source_id uuid, ADD COLUMN target_id uuid")
    cursor.execute(
        "UPDATE staged_edges e SET source_id = a.id, target_id = b.id FROM capsules a, staged_capsules b"
        " WHERE a.urn = e.source_urn AND b.urn = e.target_urn AND a.id <> b.id"
    )
    cursor.execute(
        "DELETE FROM capsule_lineage x USING staged_capsules s WHERE x.target_id = s.id AND s.known"
        " AND x.meta->>'origin' = %s AND NOT EXISTS ("
        "  SELECT FROM staged_edges e WHERE e.source_id = x.source_id AND e.target_id = x.target_id)",
        [origin],
    )
    retired = cursor.rowcount
    cursor.execute(
        "INSERT INTO capsule_lineage (id, source_urn, target_urn, source_id, target_id, transformation, meta, ingestion_id)"
        " SELECT e.id, e.source_urn, e.target_urn, e.source_id, e.target_id, left(e.transformation, 50), e.meta, %s::uuid"
        " FROM staged_edges e WHERE e.source_id IS NOT NULL AND NOT EXISTS (SELECT FROM capsule_lineage x"
        "  WHERE x.source_id = e.source_id AND x.target_id = e.target_id AND x.edge_type = 'flows_to')"
        " ON CONFLICT DO NOTHING",
        [job_id],
    )
    created = cursor.rowcount
    cursor.execute("SELECT count(*) FROM staged_edges WHERE source_id IS NOT NULL")
    outcome.add("edges", created=created, retired=retired, unchanged=cursor.fetchone()[0] - created)


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


def _code(cursor, outcome, origin):
    cursor.execute("ALTER TABLE staged_code ADD COLUMN capsule_id uuid, ADD COLUMN code_hash text")
    cursor.execute(
        "UPDATE staged_code t SET capsule_id = s.id, code_hash = encode(sha256(convert_to(t.code_text, 'UTF8')), 'hex')"
        " FROM staged_capsules s WHERE s.urn = t.capsule_urn"
    )
    cursor.execute(
        "DELETE FROM transformation_code k USING staged_capsules s WHERE k.capsule_id = s.id AND s.known"
        " AND k.meta->>'origin' = %s"
        " AND NOT EXISTS (SELECT FROM staged_code t WHERE t.capsule_id = k.capsule_id AND t.code_hash = k.code_hash)",
        [origin],
    )
    retired = cursor.rowcount
    names = ", ".join(CODE_FIELDS)
    cursor.execute(
        f"INSERT INTO transformation_code (id, capsule_id, code_text, code_hash, {names}, upstream_references,"
        f" function_calls, meta) SELECT DISTINCT ON (t.capsule_id, t.code_hash) t.id, t.capsule_id, t.code_text,"
        f" t.code_hash, {names}, t.upstream_references, t.function_calls, t.meta FROM staged_code t"
        " WHERE t.capsule_id IS NOT NULL AND NOT EXISTS (SELECT FROM transformation_code k"
        "  WHERE k.capsule_id = t.capsule_id AND k.code_hash = t.code_hash) ON CONFLICT DO NOTHING"
    )
    created = cursor.rowcount
    cursor.execute(
        "SELECT count(DISTINCT (capsule_id, code_hash)) FROM staged_code WHERE capsule_id IS NOT NULL"
    )
    outcome.add("code", created=created, retired=retired, unchanged=cursor.fetchone()[0] - created)


def _rules(cursor, outcome, origin):
    cursor.execute(
        "ALTER TABLE staged_rules ADD COLUMN capsule_id uuid, ADD COLUMN column_id uuid, ADD COLUMN rule_id uuid"
    )
    cursor.execute(
        "UPDATE staged_rules t SET capsule_id = s.id FROM staged_capsules s WHERE s.urn = t.capsule_urn"
    )
    cursor.execute(
        "UPDATE staged_rules t SET column_id = c.id FROM staged_columns c"
        " WHERE c.capsule_id = t.capsule_id AND c.name = t.column_name"
    )
    # A rule is known by its name within its capsule, columns included (errata row C16).
    cursor.execute(
        "UPDATE staged_rules t SET rule_id = r.id FROM quality_rules r LEFT JOIN columns c ON c.id = r.column_id"
        " WHERE coalesce(r.capsule_id, c.capsule_id) = t.capsule_id AND r.rule_name = t.rule_name"
        " AND r.meta->>'origin' = %s",
        [origin],
    )
    cursor.execute("CREATE INDEX ON staged_rules (rule_id)")
    names = ", ".join(RULE_FIELDS)
    cursor.execute(
        f"INSERT INTO quality_rules (id, capsule_id, column_id, rule_name, {names}, meta)"
        f" SELECT id, CASE WHEN column_id IS NULL THEN capsule_id END, column_id, rule_name, {names}, meta"
        " FROM staged_rules WHERE rule_id IS NULL AND capsule_id IS NOT NULL"
    )
    created = cursor.rowcount
    fields = {name: _kept("c", name) for name in RULE_FIELDS}
    fields |= {
        "capsule_id": "CASE WHEN s.column_id IS NULL THEN s.capsule_id END",
        "column_id": "s.column_id",
        "meta": "(c.meta - 'retired_at') || s.meta",
    }
    changed = _update(cursor, "quality_rules", "staged_rules s", "s.rule_id = c.id", fields)
    # Checks hang on a rule: one that vanished is switched off and marked, never deleted.
    cursor.execute(
        "UPDATE quality_rules r SET is_enabled = FALSE, meta = r.meta || jsonb_build_object('retired_at', now())"
        " FROM quality_rules q LEFT JOIN columns c ON c.id = q.column_id, staged_capsules s"
        " WHERE q.id = r.id AND s.id = coalesce(q.capsule_id, c.capsule_id) AND s.known AND r.meta->>'origin' = %s"
        " AND NOT r.meta ? 'retired_at' AND NOT EXISTS (SELECT FROM staged_rules t WHERE t.rule_id = r.id)",
        [origin],
    )
    retired = cursor.rowcount
    cursor.execute("SELECT count(*) FROM staged_rules WHERE capsule_id IS NOT NULL")
    total = cursor.fetchone()[0]
    outcome.add(
        "rules", created=created, changed=changed, retired=retired, unchanged=total - created - changed
    )


def _tags(cursor):
    """Make the tags that are new, and link capsules and columns to exactly the tags they carry."""
    for kind in ("capsule", "column"):
        cursor.execute(
            f"INSERT INTO tags (name) SELECT DISTINCT left(tag, 100) FROM staged_{kind}s, jsonb_array_elements_text(tags) tag"
            " WHERE NOT EXISTS (SELECT FROM tags x WHERE x.name = left(tag, 100) AND x.category IS NULL)"
            " ON CONFLICT DO NOTHING"
        )
        # The stored list decides, since a person's edit of the tags may have kept it.
        wanted = (
            f"SELECT c.id AS {kind}_id, x.id AS tag_id FROM {kind}s c JOIN staged_{kind}s s ON s.id = c.id,"
            " jsonb_array_elements_text(c.tags) tag"
            " JOIN tags x ON x.name = left(tag, 100) AND x.category IS NULL"
        )
        cursor.execute(
            f"DELETE FROM {kind}_tags l USING staged_{kind}s s WHERE l.{kind}_id = s.id AND s.known"
            f" AND NOT EXISTS (SELECT FROM ({wanted}) w WHERE w.{kind}_id = l.{kind}_id AND w.tag_id = l.tag_id)"
            f" AND EXISTS (SELECT FROM tags x WHERE x.id = l.tag_id AND x.category IS NULL)"
        )
        cursor.execute(
            f"INSERT INTO {kind}_tags ({kind}_id, tag_id) SELECT DISTINCT {kind}_id, tag_id FROM ({wanted}) w"
            f" WHERE NOT EXISTS (SELECT FROM {kind}_tags l WHERE l.{kind}_id = w.{kind}_id AND l.tag_id = w.tag_id)"
            " ON CONFLICT DO NOTHING"
        )


def _vanished(cursor, outcome, origin, project, all_urns, accepted):
    """Retire the project's capsules that a complete artifact no longer names."""
    cursor.execute(
        "INSERT INTO vanished_capsules SELECT id FROM capsules WHERE retired_at IS NULL AND meta->>'origin' = %s"
        " AND meta->'dbt'->>'project' = %s AND NOT urn = ANY(%s)",
        [origin, project, list(all_urns)],
    )
    vanished = cursor.rowcount
    if not vanished:
        return
    cursor.execute(
        "SELECT count(*) FROM capsules WHERE retired_at IS NULL AND meta->>'origin' = %s AND meta->'dbt'->>'project' = %s",
        [origin, project],
    )
    (current,) = cursor.fetchone()
    if vanished > current * LARGEST_LOSS and not accepted:
        raise TooManyVanished(vanished, current)
    cursor.execute("UPDATE capsules c SET retired_at = now() FROM vanished_capsules v WHERE v.id = c.id")
    outcome.add("capsules", retired=vanished)


def _derive(cursor):
    """What is counted on the rows themselves: tests, and how much is described (0 to 1)."""
    cursor.execute(
        "UPDATE columns c SET has_tests = n.tests > 0, test_count = n.tests FROM (SELECT s.id, count(r.id)::int AS tests"
        " FROM staged_columns s LEFT JOIN quality_rules r ON r.column_id = s.id AND NOT r.meta ? 'retired_at'"
        " GROUP BY s.id) n WHERE n.id = c.id AND c.test_count <> n.tests"
    )
    cursor.execute(
        "WITH tested AS (SELECT id, count(*)::int AS tests FROM ("
        "  SELECT s.id FROM staged_capsules s JOIN quality_rules r ON r.capsule_id = s.id AND NOT r.meta ? 'retired_at'"
        "  UNION ALL SELECT s.id FROM staged_capsules s JOIN columns k ON k.capsule_id = s.id"
        "  JOIN quality_rules r ON r.column_id = k.id AND NOT r.meta ? 'retired_at') x GROUP BY id"
        "), described AS (SELECT s.id, avg((nullif(btrim(k.description), '') IS NOT NULL)::int) AS share"
        "  FROM staged_capsules s JOIN columns k ON k.capsule_id = s.id AND k.retired_at IS NULL GROUP BY s.id"
        ") UPDATE capsules c SET has_tests = n.tests > 0, test_count = n.tests, doc_coverage = n.coverage FROM ("
        "  SELECT s.id, coalesce(tests, 0) AS tests, coalesce(share, 0)::double precision AS coverage"
        "  FROM staged_capsules s LEFT JOIN tested USING (id) LEFT JOIN described USING (id)"
        ") n WHERE n.id = c.id AND (c.test_count, c.doc_coverage) IS DISTINCT FROM (n.tests, n.coverage)"
    )


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
