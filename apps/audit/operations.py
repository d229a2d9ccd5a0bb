"""Migration operation that puts a table under audit."""

from django.db import migrations


class Audit(migrations.RunSQL):
    """Record every change to `table` in `metadata_audit_log`, one pass a statement.

    The values of `hide` columns are logged as a keyed digest only: secrets and samples of data must
    never be in the log. Changes of `ignore` columns alone are not logged.
    """

    def __init__(self, table, *, schema="dcs", hide=(), ignore=()):
        self.table, self.schema, self.hide, self.ignore = table, schema, tuple(hide), tuple(ignore)
        arguments = f"'{','.join(hide)}', '{','.join(('updated_at', *ignore))}'"
        new, old = "NEW TABLE AS new_rows", "OLD TABLE AS old_rows"
        on = f'ON {schema}."{table}"'
        events = {
            "INSERT": f"REFERENCING {new}",
            "UPDATE": f"REFERENCING {old} {new}",
            "DELETE": f"REFERENCING {old}",
            "TRUNCATE": "",
        }
        super().__init__(
            ";\n".join(
                f"CREATE TRIGGER audit_{event.lower()} AFTER {event} {on} {tables}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION dcs.record_change({arguments})"
                for event, tables in events.items()
            ),
            ";\n".join(f"DROP TRIGGER audit_{event.lower()} {on}" for event in events),
        )
