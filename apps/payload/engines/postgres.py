"""PostgreSQL, read where it lies: one transaction that sees one state and cannot write, an end for each query. Pure."""

import contextlib
import re

import psycopg

from .base import SUBJECT, Unanswered
from .connected import Connected
from .description import quoted
from .limits import AT_ONCE, alarm, gathered

LOCK_SECONDS = 2
IDLE_SECONDS = 60
SESSION = {
    "default_transaction_read_only": "on",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "search_path": "pg_catalog",
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "iso_8601",
    "extra_float_digits": "3",
}
# What a refusal says, in the server's words; who connects learns no more than a sentence for this word.
REFUSALS = (
    (
        r"password authentication failed|no password supplied|authentication failed|peer authentication",
        "sign-in",
    ),
    (
        r"role .* (does not exist|is not permitted to log in)|no pg_hba\.conf entry|permission denied",
        "sign-in",
    ),
    (r"database .* does not exist", "database"),
    (r"SSL|certificate|TLS", "encryption"),
    (r"authentication method", "clear text"),
    (r"too many (clients|connections)|remaining connection slots", "full"),
    (r"starting up|shutting down|recovery", "starting"),
    (r"unsupported startup parameter", "pooler"),
)
STATES = {
    "55P03": "locked",
    "42501": "forbidden",
    "42P01": "no_table",
    "3F000": "no_table",
    "42703": "no_column",
    "53200": "memory",
}
KINDS = (
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a"
    " WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
)


class PostgresEngine(Connected):
    """One connection of its own, in one read-only transaction: a context manager."""

    dialect = "postgres"

    def __enter__(self):
        given = self.described
        session = SESSION | {"statement_timeout": f"{max(1, int(given.deadline_s * 1000))}ms"}
        try:
            self.connection = psycopg.connect(
                **given.server,
                tcp_user_timeout=int(given.deadline_s * 1000) + 5000,
                options=" ".join(f"-c {name}={value}" for name, value in session.items()),
            )
        except psycopg.Error as error:
            raise Unanswered("unreachable", reason(error)) from None
        self.version = self.connection.info.parameter_status("server_version") or ""
        self.connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self.connection.read_only = True
        # Held until the end: all queries see one state. Those inside are savepoints.
        self._whole = self.connection.transaction()
        self._whole.__enter__()
        return self

    def relation(self, alias=SUBJECT):
        """How SQL writes the table of an alias."""
        table = self.table(alias)
        return ".".join(map(quoted, (table.schema or "public", table.name)))

    def fetch(self, sql, values=None, *, deadline_s=None):
        """The rows of one statement as tuples."""
        self._cancelled = False
        given = self.described
        with alarm(self.seconds(deadline_s), self._stop) as passed:
            try:
                with self.connection.transaction(), self.connection.cursor() as cursor:
                    # As a stream, which holds one statement alone; without a cursor of the server, for which
                    # it would plan a slower way.
                    rows = cursor.stream(sql, values or None, size=AT_ONCE)
                    with contextlib.closing(rows):
                        return gathered(([row] for row in rows), rows=given.rows, size=given.bytes)
            except psycopg.Error as error:
                raise self._answered(error, passed.is_set()) from None
            except MemoryError:
                raise Unanswered("memory") from None

    def _answered(self, error, passed):
        state = error.sqlstate or ""
        said = f"{state} {error}"
        if state == "57014":
            return Unanswered("cancelled" if self._cancelled and not passed else "deadline", said)
        if state in STATES:
            return Unanswered(STATES[state], said)
        if state.startswith(("08", "57")) or not state:
            return Unanswered("unreachable", said)
        return Unanswered("query", said)

    def types(self, alias=SUBJECT):
        """{column: type, as the server spells it} in the order of the table."""
        if alias not in self._types:
            found = self.fetch(KINDS, [self.relation(alias)])
            if not found:
                raise Unanswered("no_table", alias)
            self._types[alias] = dict(found)
        return self._types[alias]

    def row_names(self):
        """The primary key, or where the server keeps each row; none for a view."""
        if self.key():
            return self.key()
        found = self.fetch(
            "SELECT relkind::text FROM pg_class WHERE oid = to_regclass(%s)", [self.relation()]
        )
        return {"r": ("ctid",), "m": ("ctid",), "p": ("tableoid", "ctid")}.get(found and found[0][0], ())

    @property
    def privileged(self):
        """True for an account that may do anything: SQL that people wrote is not run as one."""
        asked = "SELECT current_setting('is_superuser') = 'on' OR r.rolsuper FROM pg_roles r WHERE r.rolname = current_user"
        return bool(self.fetch(asked)[0][0])

    def cancel(self):
        """End the query that runs; called from another thread."""
        self._cancelled = True
        self._stop()

    def _stop(self):
        with contextlib.suppress(psycopg.Error):
            self.connection.cancel_safe(timeout=2)


def reason(error):
    """In one word why a connection was not made."""
    said = str(error)
    return next((word for words, word in REFUSALS if re.search(words, said, re.IGNORECASE)), "silent")
