"""Migration operations for the schema that holds the capsules' metadata."""

from pathlib import Path

from django.db import migrations
from django.db.migrations.operations.base import Operation


class CreateTablesIn(Operation):
    """Create this migration's tables in `schema` instead of the default one.

    The setting is transaction-local, so it ends with the migration itself.
    """

    reversible = True

    def __init__(self, schema):
        self.schema = schema

    def state_forwards(self, app_label, state):
        """Tables keep their plain names in the migration state."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        name = schema_editor.quote_name(self.schema)
        schema_editor.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
        schema_editor.execute(f"SET LOCAL search_path TO {name}, public")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        """The schema stays: other apps have tables in it."""

    def describe(self):
        return f"Create tables in schema {self.schema}"


class RunSQLFile(migrations.RunSQL):
    """Run a `.sql` file kept beside the app that owns it; `reverse` is SQL, or the path of such a file."""

    def __init__(self, path, *, reverse):
        self.path, self.reverse = path, reverse
        if isinstance(reverse, Path):
            reverse = reverse.read_text()
        # One string in a list is sent as it is; RunSQL would split and could cut function bodies.
        super().__init__(
            [(Path(path).read_text(), None)], [(reverse, None)] if reverse else migrations.RunSQL.noop
        )


class KeepTime(migrations.RunSQL):
    """Let the database set `updated_at` of `table` on every change, whoever writes (errata row B4)."""

    def __init__(self, table):
        self.table = table
        super().__init__(
            f'CREATE TRIGGER keep_time BEFORE UPDATE ON dcs."{table}" FOR EACH ROW EXECUTE FUNCTION dcs.keep_time()',
            f'DROP TRIGGER keep_time ON dcs."{table}"',
        )


class InheritRank(migrations.RunSQL):
    """Give rows of `table` at least the visibility rank of the `parent` row that `key` points to."""

    def __init__(self, table, parent, key):
        self.table, self.parent, self.key = table, parent, key
        super().__init__(
            f'CREATE TRIGGER inherit_rank_{key} AFTER INSERT ON dcs."{table}" REFERENCING NEW TABLE AS new_rows '
            f"FOR EACH STATEMENT EXECUTE FUNCTION dcs.inherit_rank('{parent}', '{key}');\n"
            f'CREATE TRIGGER pass_rank_{table}_{key} AFTER UPDATE ON dcs."{parent}" '
            f"REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION dcs.pass_rank('{table}', '{key}')",
            f'DROP TRIGGER pass_rank_{table}_{key} ON dcs."{parent}";\n'
            f'DROP TRIGGER inherit_rank_{key} ON dcs."{table}"',
        )


class DeleteActions(Operation):
    """Give the foreign keys of `table` the delete actions of the reference schema, in the database itself.

    `actions` maps column to `CASCADE` or `SET NULL`. Django's own keys delete nothing in the database,
    so rows removed by another program would leave orphans or be refused (errata rows A12 to A14, E32).
    """

    reversible = True

    def __init__(self, table, **actions):
        self.table, self.actions = table, actions

    def deconstruct(self):
        return self.__class__.__name__, [self.table], self.actions

    def state_forwards(self, app_label, state):
        """The models keep Django's `on_delete`, so that the admin shows what would go."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        # Django creates its keys after the tables, at the end of the migration: they must exist now.
        for statement in schema_editor.deferred_sql:
            schema_editor.execute(statement, None)
        schema_editor.deferred_sql.clear()
        self._replace(schema_editor, self.actions, "")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        self._replace(schema_editor, dict.fromkeys(self.actions), " DEFERRABLE INITIALLY DEFERRED")

    def _replace(self, schema_editor, actions, deferral):
        with schema_editor.connection.cursor() as cursor:
            for column, action in actions.items():
                cursor.execute(
                    "SELECT k.conname, p.relname, pn.nspname, a.attname FROM pg_constraint k"
                    " JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
                    " JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = k.conkey[1]"
                    " JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace"
                    " JOIN pg_attribute a ON a.attrelid = p.oid AND a.attnum = k.confkey[1]"
                    " WHERE k.contype = 'f' AND n.nspname = 'dcs' AND t.relname = %s AND c.attname = %s",
                    [self.table, column],
                )
                (found,) = cursor.fetchall()
                name, parent, schema, key = found
                on_delete = f" ON DELETE {action}" if action else ""
                cursor.execute(f'ALTER TABLE dcs."{self.table}" DROP CONSTRAINT "{name}"')
                cursor.execute(
                    f'ALTER TABLE dcs."{self.table}" ADD CONSTRAINT "{name}" FOREIGN KEY ("{column}")'
                    f' REFERENCES "{schema}"."{parent}" ("{key}"){on_delete}{deferral}'
                )

    def describe(self):
        return f"Delete actions of {self.table}"
