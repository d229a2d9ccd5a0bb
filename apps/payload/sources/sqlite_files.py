"""SQLite databases, opened to be read: no other file, no extension, nothing that writes."""

import sqlite3
import threading
from urllib.parse import quote

from django.utils.translation import gettext as _

from .base import MOST_ROWS, Unreadable

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


class SqliteFile:
    """A SQLite database file, and perhaps one table of it: a context manager; queries after `__exit__` are errors."""

    dialect = "sqlite"

    def __init__(self, path, table=None, *, deadline_s, rows=MOST_ROWS, **_limits):
        self.path, self.deadline_s, self.rows = path, deadline_s, rows
        self.table = table.name if table else ""
        self.relation = quoted(self.table)
        self.connection = self._types = None

    def __enter__(self):
        try:
            self.connection = sqlite3.connect(
                f"file:{quote(str(self.path))}?mode=ro", uri=True, timeout=2, check_same_thread=False
            )
            self.connection.execute("PRAGMA trusted_schema = OFF")
            self.connection.execute("PRAGMA query_only = ON")
            self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
            self.connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            self.connection.set_authorizer(_permit)
            # The file is looked at only now: something else would be told later, by another query.
            self.connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
        except sqlite3.Error as error:
            self.__exit__()
            raise self.unreadable(error) from None
        return self

    def __exit__(self, *_error):
        if self.connection is not None:
            self.connection.close()

    def unreadable(self, error):
        """What the engine said, the file by its name alone."""
        said = str(error).replace(str(self.path), self.path.name)[:300]
        return Unreadable(_("%(file)s cannot be read: %(why)s") % {"file": self.path.name, "why": said})

    def fetch(self, sql, values=()):
        """The rows of a query as tuples. Raises `Unreadable` when it fails, passes its deadline or brings too many."""
        passed = threading.Event()

        def ring():
            passed.set()
            self.connection.interrupt()

        alarm = threading.Timer(self.deadline_s, ring)
        alarm.daemon = True
        alarm.start()
        try:
            found = self.connection.execute(sql, values).fetchmany(self.rows + 1)
        except sqlite3.Error as error:
            if passed.is_set():
                said = _("%(file)s took longer than %(seconds)s seconds.")
                raise Unreadable(said % {"file": self.path.name, "seconds": self.deadline_s}) from None
            raise self.unreadable(error) from None
        finally:
            alarm.cancel()
        if len(found) > self.rows:
            raise Unreadable(
                _("%(file)s has more than %(rows)d rows to tell of; the portal reads no further.")
                % {"file": self.path.name, "rows": self.rows}
            )
        return found

    def types(self):
        """{column: type as the table was written with, often free text} in the order of the table."""
        if self._types is None:
            # As a statement: the function of this name would have to be allowed to write to the schema.
            found = [
                (name, kind)
                for _n, name, kind, _not_null, _default, _key, hidden in self.fetch(
                    f"PRAGMA table_xinfo({quoted(self.table)})"
                )
                if hidden != 1
            ]
            if not found:
                raise Unreadable(_("The source has no such table."))
            self._types = dict(found)
        return self._types

    def held(self, column, values):
        """Those of `values`, a list of texts, that some row has in `column`, as a set; they compare as texts.

        Raises `Unreadable` if there is no such column.
        """
        stored = {name.casefold(): name for name in self.types()}.get(column.casefold())
        if stored is None:
            raise Unreadable(_("The data has no column %s.") % column)
        found = set()
        for start in range(0, len(values), 500):
            some = list(values)[start : start + 500]
            marks = ", ".join("?" * len(some))
            sql = f"SELECT DISTINCT CAST({quoted(stored)} AS TEXT) FROM {self.relation}"  # noqa: S608 - quoted names
            found |= {
                one for (one,) in self.fetch(f"{sql} WHERE CAST({quoted(stored)} AS TEXT) IN ({marks})", some)
            }
        return found


def quoted(name):
    """A name as SQL quotes it."""
    return '"' + str(name).replace('"', '""') + '"'
