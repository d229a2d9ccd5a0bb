"""SQLite databases, opened to be read: no other file, no extension, nothing that writes. Pure."""

import sqlite3
from urllib.parse import quote

from .base import SUBJECT, Unanswered
from .connected import Connected
from .description import quoted
from .limits import alarm, batches_of, gathered

# What a statement may do; everything else, ATTACH and writing above all, is refused by the engine itself.
ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
PRAGMAS = {
    "table_list",
    "table_xinfo",
    "index_list",
    "index_xinfo",
    "foreign_key_list",
    "table_info",
    "user_version",
}
DANGEROUS = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
LONGEST = 50_000_000  # bytes of one value


def _permit(action, first, second, _database, _trigger):
    if action == sqlite3.SQLITE_PRAGMA:
        # With a value it would set something; those listed take the name of a table.
        return sqlite3.SQLITE_OK if first in PRAGMAS else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and second in DANGEROUS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY


class SqliteEngine(Connected):
    """A SQLite database file: a context manager; queries after it are errors."""

    dialect = "sqlite"
    version = sqlite3.sqlite_version

    def __enter__(self):
        try:
            self.connection = sqlite3.connect(
                f"file:{quote(self.described.path)}?mode=ro", uri=True, timeout=2, check_same_thread=False
            )
            self.connection.execute("PRAGMA trusted_schema = OFF")
            self.connection.execute("PRAGMA query_only = ON")
            self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
            self.connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            self.connection.set_authorizer(_permit)
            # The file is looked at only now: something else would be told later, by another query.
            self.connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
        except sqlite3.Error as error:
            self.close()
            raise Unanswered("format", str(error)) from None
        return self

    def relation(self, alias=SUBJECT):
        """How SQL writes the table of an alias."""
        table = self.table(alias)
        return quoted(table.name)

    def fetch(self, sql, values=(), *, deadline_s=None):
        """The rows of one statement as tuples."""
        given = self.described
        self._cancelled = False
        with alarm(self.seconds(deadline_s), self.connection.interrupt) as passed:
            try:
                asked = self.connection.execute(sql, values)
                return gathered(batches_of(asked), rows=given.rows, size=given.bytes)
            except sqlite3.Error as error:
                raise self._answered(error, passed.is_set()) from None
            except MemoryError:
                raise Unanswered("memory") from None

    def _answered(self, error, passed):
        said = str(error)
        if passed or self._cancelled:
            return Unanswered("deadline" if passed else "cancelled", said)
        for start, code in (("no such table", "no_table"), ("no such column", "no_column")):
            if said.startswith(start):
                return Unanswered(code, said)
        return Unanswered("query", said)

    def types(self, alias=SUBJECT):
        """{column: type as the table was written with, often free text} in the order of the table."""
        if alias not in self._types:
            # As a statement: the function of this name would have to be allowed to write to the schema.
            found = self.fetch(f"PRAGMA table_xinfo({self.relation(alias)})")
            shown = {name: kind for _n, name, kind, _not_null, _default, _key, hidden in found if hidden != 1}
            if not shown:
                raise Unanswered("no_table", alias)
            self._types[alias] = shown
        return self._types[alias]

    def row_names(self):
        """The primary key, or the number that the database gives each row of a table; none for a view."""
        if self.key():
            return self.key()
        found = self.fetch("PRAGMA table_list")
        plain = any(
            name == self.table().name and kind == "table" and not keyed
            for _schema, name, kind, _n, keyed, *_more in found
        )
        return ("rowid",) if plain else ()

    def cancel(self):
        """End the query that runs; called from another thread."""
        self._cancelled = True
        self.connection.interrupt()
