"""The set-based statements that make stored rows equal to the staged ones, table by table.

A field that a person has edited keeps the person's value; rows of another origin are left alone.
"""

from django.db import connection
from django.utils.translation import gettext as _

from .merge_fields import CAPSULE_FIELDS, CODE_FIELDS, COLUMN_FIELDS, CONSTRAINT_FIELDS, RULE_FIELDS, kept

LARGEST_LOSS = 1 / 3  # of a project's capsules may vanish without being accepted by name (errata row E34)


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


class Merge:
    """One application of what a reader brought: from staged tables into the stored ones.

    `origin` and `project` name what the artifact is authoritative over; `complete` says that what it does not
    name is gone; `outcome` counts what was done.
    """

    def __init__(self, outcome, *, origin, project, job_id, all_urns, complete):
        self.outcome, self.origin, self.project, self.job_id = outcome, origin, project, job_id
        self.all_urns, self.complete = all_urns, complete
        self.any_known = False
        self.cursor = connection.cursor()

    def run(self, statement, parameters=None):
        """Execute one statement; returns how many rows it touched."""
        self.cursor.execute(statement, parameters)
        return self.cursor.rowcount

    def revise(self, statement, parameters=None):
        """Execute a statement that is about capsules which exist already; nothing to do when all are new."""
        return self.run(statement, parameters) if self.any_known else 0

    def count(self, rows):
        """How many `rows` there are: a table, with its condition."""
        self.run(f"SELECT count(*) FROM {rows}")
        return self.cursor.fetchone()[0]

    def prepare(self):
        """Note which staged capsules exist, and under which key."""
        self.run("DROP TABLE IF EXISTS pg_temp.vanished_capsules")
        self.run("CREATE TEMPORARY TABLE vanished_capsules (id uuid) ON COMMIT DROP")
        self.run(
            "ALTER TABLE staged_capsules ADD COLUMN known boolean NOT NULL DEFAULT FALSE,"
            " ADD COLUMN catalogued boolean NOT NULL DEFAULT FALSE, ADD COLUMN source_system_id uuid, ADD COLUMN domain_id uuid, ADD COLUMN owner_id uuid"
        )
        # The planner cannot know how large the tables have become within this transaction: with an index on each
        # key of the staged rows, whatever it chooses is fast.
        self.run("CREATE INDEX ON staged_capsules (urn)")
        # Locking in the order of keys keeps two writers from waiting for each other.
        self.run(
            "SELECT c.id FROM capsules c JOIN staged_capsules s ON s.urn = c.urn ORDER BY c.id FOR UPDATE OF c"
        )
        self.run("UPDATE staged_capsules s SET known = TRUE, id = c.id FROM capsules c WHERE c.urn = s.urn")
        self.any_known = bool(self.cursor.rowcount)
        # What a catalog has told of the columns stays true when the next manifest comes without one.
        self.revise(
            "UPDATE staged_capsules s SET catalogued = TRUE,"
            " meta = jsonb_set(s.meta, ARRAY[%s, 'columns_from'], '\"catalog\"') FROM capsules c"
            " WHERE c.id = s.id AND NOT s.all_columns AND c.meta->%s->>'columns_from' = 'catalog'",
            [self.origin, self.origin],
        )
        self.run("CREATE INDEX ON staged_capsules (id)")
        self.run("ANALYZE staged_capsules")

    def names(self):
        """Find or make the source systems, domains and owners that the documents name."""
        self.run(
            "INSERT INTO source_systems (name, source_type) SELECT DISTINCT ON (system) left(system, 100), left(system_type, 50)"
            " FROM staged_capsules s WHERE NOT EXISTS (SELECT FROM source_systems x WHERE x.name = left(s.system, 100))"
            " ON CONFLICT DO NOTHING"
        )
        self.run(
            "INSERT INTO domains (name) SELECT DISTINCT left(domain, 100) FROM staged_capsules s WHERE domain IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM domains x WHERE x.name = left(s.domain, 100)) ON CONFLICT DO NOTHING"
        )
        if self.cursor.rowcount:
            self.outcome.add("domains", created=self.cursor.rowcount)
        self.run(
            "INSERT INTO owners (name, owner_type, email, slack_channel)"
            " SELECT DISTINCT ON (owner) left(owner, 255), 'team', left(owner_email, 255), left(owner_channel, 100)"
            " FROM staged_capsules s"
            " WHERE owner IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM owners x WHERE x.name = left(s.owner, 255) AND x.owner_type = 'team')"
            " ORDER BY owner, owner_email ON CONFLICT DO NOTHING"
        )
        if self.cursor.rowcount:
            self.outcome.add("owners", created=self.cursor.rowcount)
        self.run(
            "UPDATE staged_capsules s SET"
            " source_system_id = (SELECT id FROM source_systems x WHERE x.name = left(s.system, 100)),"
            " domain_id = (SELECT id FROM domains x WHERE x.name = left(s.domain, 100)),"
            " owner_id = (SELECT id FROM owners x WHERE x.name = left(s.owner, 255) AND x.owner_type = 'team')"
        )

    def capsules(self, *, unchanged):
        self.note_kept(
            "capsules",
            {"description": "description", "layer": "layer", "owner": "owner_id", "domain": "domain_id"},
        )
        plain = [name for name in CAPSULE_FIELDS if name != "retired_at"]
        created = self.run(
            f"INSERT INTO capsules (id, urn, {', '.join(plain)}, has_tests, test_count, doc_coverage, ingestion_id)"
            f" SELECT id, urn, {', '.join(plain)}, test_count > 0, test_count, doc_coverage, %s"
            " FROM staged_capsules WHERE NOT known",
            [self.job_id],
        )
        changed = self.update(
            "capsules", "staged_capsules s", "s.id = c.id AND s.known", CAPSULE_FIELDS, self.job_id
        )
        staged = self.count("staged_capsules")
        self.outcome.add(
            "capsules", created=created, changed=changed, unchanged=unchanged + staged - created - changed
        )

    def update(self, table, source, match, fields, job_id=None):
        """UPDATE the rows whose fields differ; returns how many did."""
        assignments = ", ".join(f"{name} = {value}" for name, value in fields.items())
        if job_id is not None:
            assignments += f", ingestion_id = '{job_id}'"
        stored = ", ".join(f"c.{name}" for name in fields)
        wanted = ", ".join(fields.values())
        return self.revise(
            f"UPDATE {table} c SET {assignments} FROM {source} WHERE {match} AND ({stored}) IS DISTINCT FROM ({wanted})"
        )

    def note_kept(self, table, fields):
        """Report the fields where a person's value stands against another one from the source."""
        if not self.any_known:
            return
        for key, name in fields.items():
            self.run(
                f"SELECT s.urn, c.meta->'provenance'->%s->>'by', c.{name}::text, s.{name}::text"
                f" FROM {table} c JOIN staged_{table} s ON s.urn = c.urn"
                f" WHERE c.meta->'provenance' ? %s AND c.{name}::text IS DISTINCT FROM s.{name}::text"
                f" AND s.{name} IS NOT NULL ORDER BY s.urn",
                [key, key],
            )
            self.outcome.kept += [
                {"urn": urn, "field": key, "by": by, "ours": ours, "theirs": theirs}
                for urn, by, ours, theirs in self.cursor.fetchall()
            ]

    def columns(self):
        self.run(
            "ALTER TABLE staged_columns ADD COLUMN known boolean NOT NULL DEFAULT FALSE,"
            " ADD COLUMN capsule_id uuid, ADD COLUMN all_columns boolean"
        )
        self.run(
            "UPDATE staged_columns t SET capsule_id = s.id, all_columns = s.all_columns"
            " FROM staged_capsules s WHERE s.urn = t.capsule_urn"
        )
        self.run(
            "UPDATE staged_columns t SET known = TRUE, id = c.id, urn = c.urn FROM columns c"
            " WHERE c.capsule_id = t.capsule_id AND c.name = t.name"
        )
        self.revise(
            "DELETE FROM staged_columns t USING staged_capsules s"
            " WHERE s.id = t.capsule_id AND s.catalogued AND NOT t.known"
        )
        self.run("CREATE INDEX ON staged_columns (capsule_id, name)")
        self.run("CREATE INDEX ON staged_columns (id)")
        self.run("ANALYZE staged_columns")
        self.note_kept("columns", {"description": "description", "pii_type": "pii_type"})
        plain = [name for name in COLUMN_FIELDS if name != "retired_at"]
        plain += ["value_domain", "value_range_min", "value_range_max", "format_pattern"]
        created = self.run(
            f"INSERT INTO columns (id, urn, capsule_id, name, {', '.join(plain)}, has_tests, test_count)"
            f" SELECT id, urn, capsule_id, name, {', '.join(plain)}, test_count > 0, test_count"
            " FROM staged_columns WHERE NOT known"
        )
        changed = self.update("columns", "staged_columns s", "s.id = c.id AND s.known", COLUMN_FIELDS)
        retired = self.revise(
            "UPDATE columns c SET retired_at = now() FROM staged_capsules s WHERE c.capsule_id = s.id AND s.known"
            " AND s.all_columns AND c.retired_at IS NULL AND c.meta->>'origin' = %s"
            " AND NOT EXISTS (SELECT FROM staged_columns t WHERE t.id = c.id)",
            [self.origin],
        )
        staged = self.count("staged_columns")
        self.outcome.add(
            "columns", created=created, changed=changed, retired=retired, unchanged=staged - created - changed
        )

    def constraints(self):
        self.run("ALTER TABLE staged_constraints ADD COLUMN column_id uuid")
        self.run(
            "UPDATE staged_constraints t SET column_id = c.id FROM staged_columns c"
            " WHERE c.capsule_urn = t.capsule_urn AND c.name = t.column_name"
        )
        self.run("CREATE INDEX ON staged_constraints (column_id)")
        same = " AND ".join(f"k.{name} IS NOT DISTINCT FROM t.{name}" for name in CONSTRAINT_FIELDS)
        retired = self.revise(
            "DELETE FROM column_constraints k USING columns c, staged_capsules s WHERE c.id = k.column_id"
            " AND s.id = c.capsule_id AND s.known AND k.meta->>'origin' = %s"
            f" AND NOT EXISTS (SELECT FROM staged_constraints t WHERE t.column_id = k.column_id AND {same})",
            [self.origin],
        )
        names = ", ".join(CONSTRAINT_FIELDS)
        created = self.run(
            f"INSERT INTO column_constraints (id, column_id, {names}, meta)"
            f" SELECT t.id, t.column_id, {names}, t.meta || jsonb_build_object('origin', %s::text) FROM staged_constraints t"
            " WHERE t.column_id IS NOT NULL AND NOT EXISTS ("
            f"  SELECT FROM column_constraints k WHERE k.column_id = t.column_id AND {same})",
            [self.origin],
        )
        staged = self.count("staged_constraints WHERE column_id IS NOT NULL")
        self.outcome.add("constraints", created=created, retired=retired, unchanged=staged - created)

    def edges(self):
        # R11: what is only named, as a source of something known, is shown as a placeholder.
        self.run(
            "INSERT INTO capsules (urn, name, capsule_type, meta, ingestion_id)"
            " SELECT DISTINCT e.source_urn, left(regexp_replace(e.source_urn, '^.*:', ''), 255),"
            " split_part(e.source_urn, ':', 4), jsonb_build_object('origin', %s::text, 'placeholder', TRUE), %s::uuid"
            " FROM staged_edges e WHERE NOT EXISTS (SELECT FROM capsules c WHERE c.urn = e.source_urn)",
            [self.origin, self.job_id],
        )
        if self.cursor.rowcount:
            self.outcome.add("placeholders", created=self.cursor.rowcount)
        self.run("ALTER TABLE staged_edges ADD COLUMN source_id uuid, ADD COLUMN target_id uuid")
        self.run(
            "UPDATE staged_edges e SET source_id = a.id, target_id = b.id FROM capsules a, staged_capsules b"
            " WHERE a.urn = e.source_urn AND b.urn = e.target_urn AND a.id <> b.id"
        )
        self.run("CREATE INDEX ON staged_edges (target_id, source_id)")
        retired = self.revise(
            "DELETE FROM capsule_lineage x USING staged_capsules s WHERE %s AND x.target_id = s.id AND s.known"
            " AND x.meta->>'origin' = %s AND NOT x.meta ? 'seen' AND NOT EXISTS ("
            "  SELECT FROM staged_edges e WHERE e.source_id = x.source_id AND e.target_id = x.target_id)",
            [self.complete, self.origin],
        )
        created = self.run(
            "INSERT INTO capsule_lineage (id, source_urn, target_urn, source_id, target_id, transformation, meta, ingestion_id)"
            " SELECT e.id, e.source_urn, e.target_urn, e.source_id, e.target_id, left(e.transformation, 50), e.meta, %s::uuid"
            " FROM staged_edges e WHERE e.source_id IS NOT NULL AND NOT EXISTS (SELECT FROM capsule_lineage x"
            "  WHERE x.source_id = e.source_id AND x.target_id = e.target_id AND x.edge_type = 'flows_to')"
            " ON CONFLICT DO NOTHING",
            [self.job_id],
        )
        staged = self.count("staged_edges WHERE source_id IS NOT NULL")
        self.outcome.add("edges", created=created, retired=retired, unchanged=staged - created)

    def code(self):
        self.run("ALTER TABLE staged_code ADD COLUMN capsule_id uuid, ADD COLUMN code_hash text")
        self.run(
            "UPDATE staged_code t SET capsule_id = s.id, code_hash = encode(sha256(convert_to(t.code_text, 'UTF8')), 'hex')"
            " FROM staged_capsules s WHERE s.urn = t.capsule_urn"
        )
        self.run("CREATE INDEX ON staged_code (capsule_id, code_hash)")
        retired = self.revise(
            "DELETE FROM transformation_code k USING staged_capsules s WHERE k.capsule_id = s.id AND s.known"
            " AND k.meta->>'origin' = %s"
            " AND NOT EXISTS (SELECT FROM staged_code t WHERE t.capsule_id = k.capsule_id AND t.code_hash = k.code_hash)",
            [self.origin],
        )
        names = ", ".join(CODE_FIELDS)
        created = self.run(
            f"INSERT INTO transformation_code (id, capsule_id, code_text, code_hash, {names}, upstream_references,"
            f" function_calls, meta) SELECT DISTINCT ON (t.capsule_id, t.code_hash) t.id, t.capsule_id, t.code_text,"
            f" t.code_hash, {names}, t.upstream_references, t.function_calls, t.meta FROM staged_code t"
            " WHERE t.capsule_id IS NOT NULL AND NOT EXISTS (SELECT FROM transformation_code k"
            "  WHERE k.capsule_id = t.capsule_id AND k.code_hash = t.code_hash) ON CONFLICT DO NOTHING"
        )
        staged = self.count(
            "(SELECT DISTINCT capsule_id, code_hash FROM staged_code WHERE capsule_id IS NOT NULL) x"
        )
        self.outcome.add("code", created=created, retired=retired, unchanged=staged - created)

    def rules(self):
        self.run(
            "ALTER TABLE staged_rules ADD COLUMN capsule_id uuid, ADD COLUMN column_id uuid, ADD COLUMN rule_id uuid"
        )
        self.run(
            "UPDATE staged_rules t SET capsule_id = s.id FROM staged_capsules s WHERE s.urn = t.capsule_urn"
        )
        # A column that is gone keeps its rules: it is found among the stored ones, retired or not.
        self.run(
            "UPDATE staged_rules t SET column_id = c.id FROM columns c"
            " WHERE c.capsule_id = t.capsule_id AND c.name = t.column_name"
        )
        # A rule is known by its name within its capsule, columns included (errata row C16).
        self.run(
            "UPDATE staged_rules t SET rule_id = r.id FROM quality_rules r LEFT JOIN columns c ON c.id = r.column_id"
            " WHERE coalesce(r.capsule_id, c.capsule_id) = t.capsule_id AND r.rule_name = t.rule_name"
            " AND r.column_id IS NOT DISTINCT FROM t.column_id AND r.meta->>'origin' = %s",
            [self.origin],
        )
        self.run("CREATE INDEX ON staged_rules (rule_id)")
        self.run("ANALYZE staged_rules")
        names = ", ".join(RULE_FIELDS)
        created = self.run(
            f"INSERT INTO quality_rules (id, capsule_id, column_id, rule_name, {names}, meta)"
            f" SELECT id, CASE WHEN column_id IS NULL THEN capsule_id END, column_id, rule_name, {names}, meta"
            " FROM staged_rules WHERE rule_id IS NULL AND capsule_id IS NOT NULL"
        )
        fields = {name: kept("c", name) for name in RULE_FIELDS}
        fields["meta"] = "(c.meta - 'retired_at') || s.meta"
        changed = self.update("quality_rules", "staged_rules s", "s.rule_id = c.id", fields)
        # Checks hang on a rule: one that vanished is switched off and marked, never deleted.
        retired = self.revise(
            "UPDATE quality_rules r SET is_enabled = FALSE, meta = r.meta || jsonb_build_object('retired_at', now())"
            " FROM quality_rules q LEFT JOIN columns c ON c.id = q.column_id, staged_capsules s"
            " WHERE %s AND q.id = r.id AND s.id = coalesce(q.capsule_id, c.capsule_id) AND s.known"
            " AND r.meta->>'origin' = %s AND NOT r.meta ? 'retired_at'"
            " AND NOT EXISTS (SELECT FROM staged_rules t WHERE t.rule_id = r.id)",
            [self.complete, self.origin],
        )
        staged = self.count("staged_rules WHERE capsule_id IS NOT NULL")
        self.outcome.add(
            "rules", created=created, changed=changed, retired=retired, unchanged=staged - created - changed
        )

    def tags(self):
        """Make the tags that are new, and link capsules and columns to exactly the tags they carry."""
        for kind in ("capsule", "column"):
            self.run(
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
            self.revise(
                f"DELETE FROM {kind}_tags l USING staged_{kind}s s WHERE l.{kind}_id = s.id AND s.known"
                f" AND NOT EXISTS (SELECT FROM ({wanted}) w WHERE w.{kind}_id = l.{kind}_id AND w.tag_id = l.tag_id)"
                f" AND EXISTS (SELECT FROM tags x WHERE x.id = l.tag_id AND x.category IS NULL)"
            )
            self.run(
                f"INSERT INTO {kind}_tags ({kind}_id, tag_id) SELECT DISTINCT {kind}_id, tag_id FROM ({wanted}) w"
                f" WHERE NOT EXISTS (SELECT FROM {kind}_tags l WHERE l.{kind}_id = w.{kind}_id AND l.tag_id = w.tag_id)"
                " ON CONFLICT DO NOTHING"
            )

    def vanished(self, accepted):
        """Retire the project's capsules that a complete artifact no longer names."""
        vanished = self.run(
            "INSERT INTO vanished_capsules SELECT id FROM capsules WHERE retired_at IS NULL AND meta->>'origin' = %s"
            " AND meta->'dbt'->>'project' = %s AND NOT urn = ANY(%s)",
            [self.origin, self.project, list(self.all_urns)],
        )
        if not vanished:
            return
        self.run(
            "SELECT count(*) FROM capsules WHERE retired_at IS NULL AND meta->>'origin' = %s AND meta->'dbt'->>'project' = %s",
            [self.origin, self.project],
        )
        (current,) = self.cursor.fetchone()
        if vanished > current * LARGEST_LOSS and not accepted:
            raise TooManyVanished(vanished, current)
        held = self._keep_held()
        self.run("UPDATE capsules c SET retired_at = now() FROM vanished_capsules v WHERE v.id = c.id")
        self.outcome.add("capsules", retired=vanished - held)

    def _keep_held(self):
        """Leave vanished capsules on which a legal hold stands in use, and say so; returns how many."""
        self.run(
            "DELETE FROM vanished_capsules v USING capsules c WHERE c.id = v.id AND dcs.held(v.id) RETURNING c.urn"
        )
        urns = sorted(urn for (urn,) in self.cursor.fetchall())
        self.outcome.kept += [
            {"urn": urn, "field": "retired_at", "by": "legal hold", "ours": None, "theirs": "vanished"}
            for urn in urns
        ]
        return len(urns)

    def derive(self):
        """What is counted on rows that existed: tests, and the share of columns described (0 to 1)."""
        self.revise(
            "UPDATE columns c SET has_tests = n.tests > 0, test_count = n.tests FROM ("
            "  SELECT s.id, count(r.id)::int AS tests FROM staged_columns s LEFT JOIN quality_rules r"
            "  ON r.column_id = s.id AND NOT r.meta ? 'retired_at' WHERE s.known GROUP BY s.id"
            ") n WHERE n.id = c.id AND c.test_count <> n.tests"
        )
        self.revise(
            "WITH tested AS (SELECT id, count(*)::int AS tests FROM ("
            "  SELECT s.id FROM staged_capsules s JOIN quality_rules r ON r.capsule_id = s.id"
            "  WHERE s.known AND NOT r.meta ? 'retired_at'"
            "  UNION ALL SELECT s.id FROM staged_capsules s JOIN columns k ON k.capsule_id = s.id"
            "  JOIN quality_rules r ON r.column_id = k.id WHERE s.known AND NOT r.meta ? 'retired_at') x GROUP BY id"
            "), described AS (SELECT s.id, avg((nullif(btrim(k.description), '') IS NOT NULL)::int) AS share"
            "  FROM staged_capsules s JOIN columns k ON k.capsule_id = s.id AND k.retired_at IS NULL"
            "  WHERE s.known GROUP BY s.id"
            ") UPDATE capsules c SET has_tests = n.tests > 0, test_count = n.tests, doc_coverage = n.coverage FROM ("
            "  SELECT s.id, coalesce(tests, 0) AS tests, coalesce(share, 0)::double precision AS coverage"
            "  FROM staged_capsules s LEFT JOIN tested USING (id) LEFT JOIN described USING (id) WHERE s.known"
            ") n WHERE n.id = c.id AND (c.test_count, c.doc_coverage) IS DISTINCT FROM (n.tests, n.coverage)"
        )

    def touched(self):
        """The ids of the capsules that were staged, named as a source, or retired."""
        self.run(
            "SELECT id FROM staged_capsules UNION SELECT id FROM vanished_capsules"
            " UNION SELECT source_id FROM staged_edges WHERE source_id IS NOT NULL"
        )
        return [row[0] for row in self.cursor.fetchall()]
