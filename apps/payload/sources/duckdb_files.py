"""Files and DuckDB databases, read by an engine that can reach nothing else."""

import re
import threading

from django.utils.translation import gettext as _

from .base import MOST_ROWS, Unreadable

NEWER = re.compile(
    r"version number (\d+), but we can only read (?:storage )?versions? (?:between \d+ and )?(\d+)"
)
NAME = "payload"  # under which a database file is attached, and files are seen


class DuckSource:
    """One connection of its own: a context manager; queries after `__exit__` are errors.

    Subclasses say what may be touched and how it is read; then the door is closed for good.
    """

    dialect = "duckdb"
    threads = 2

    def __init__(self, path, *, deadline_s, memory_mb, rows=MOST_ROWS):
        self.path, self.deadline_s, self.memory_mb, self.rows = path, deadline_s, memory_mb, rows
        self.connection = self._types = None

    def __enter__(self):
        # Imported late: a process that never reads data does not pay for the engine.
        import duckdb

        self.connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{self.memory_mb}MB",
                "threads": self.threads,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        try:
            self.attach()
            self.connection.execute("SET enable_external_access = false")
            self.connection.execute("SET lock_configuration = true")
        except duckdb.Error as error:
            self.connection.close()
            raise self.unreadable(error) from None
        return self

    def __exit__(self, *_error):
        self.connection.close()

    def unreadable(self, error):
        """What the engine said, without paths: its first sentence, the file by its name alone."""
        if newer := NEWER.search(str(error)):
            words = _(
                "%(file)s was written by a newer DuckDB: its storage version is %(theirs)s, and %(ours)s is read here."
            )
            values = {"file": self.path.name, "theirs": newer[1], "ours": newer[2]}
            return Unreadable(words % values)
        said = str(error).split("\n", 1)[0].replace(str(self.path), self.path.name)
        return Unreadable(_("%(file)s cannot be read: %(why)s") % {"file": self.path.name, "why": said[:300]})

    def fetch(self, sql, values=()):
        """The rows of a query as tuples. Raises `Unreadable` when the engine fails or the deadline passes."""
        import duckdb

        alarm = threading.Timer(self.deadline_s, self.connection.interrupt)
        alarm.daemon = True
        alarm.start()
        try:
            found = self.connection.execute(sql, values).fetchmany(self.rows + 1)
        except duckdb.InterruptException:
            said = _("%(file)s took longer than %(seconds)s seconds.")
            raise Unreadable(said % {"file": self.path.name, "seconds": self.deadline_s}) from None
        except duckdb.Error as error:
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
        """{column: type, as the engine spells it} in the order of the table."""
        if self._types is None:
            described = self.fetch(f"DESCRIBE SELECT * FROM {self.relation}")  # noqa: S608 - quoted names
            self._types = {row[0]: row[1] for row in described}
        return self._types

    def held(self, column, values):
        """Those of `values`, a list of texts, that some row has in `column`, as a set.

        Raises `Unreadable` if there is no such column.
        """
        names = {name.casefold(): name for name in self.types()}
        stored = names.get(column.casefold())
        if stored is None:
            raise Unreadable(_("The data has no column %s.") % column)
        kind = self.types()[stored]
        sql = (
            f"SELECT wanted FROM unnest(?::VARCHAR[]) t(wanted) WHERE TRY_CAST(wanted AS {kind})"  # noqa: S608
            f" IN (SELECT {quoted(stored)} FROM {self.relation})"
        )
        return {wanted for (wanted,) in self.fetch(sql, [list(values)])}


class DatabaseFile(DuckSource):
    """A table of a DuckDB database file."""

    def __init__(self, path, table=None, **limits):
        super().__init__(path, **limits)
        self.relation = ".".join(map(quoted, (NAME, table.schema, table.name))) if table else ""

    def attach(self):
        self.connection.execute(f"ATTACH {text(self.path)} AS {NAME} (READ_ONLY, TYPE duckdb)")


class Files(DuckSource):
    """Files of one format: one file, all files of a folder, or those that a pattern names."""

    def __init__(self, path, reader, **limits):
        super().__init__(path, **limits)
        self.reader = reader
        self.relation = quoted(NAME)

    def attach(self):
        suffix = self.reader.removeprefix("read_")
        where = self.path / "**" / f"*.{suffix}" if self.path.is_dir() else self.path
        fixed = where
        while any(sign in fixed.name for sign in "*?["):
            fixed = fixed.parent
        allowed = "allowed_paths" if fixed == where else "allowed_directories"
        self.connection.execute(f"SET {allowed} = [{text(fixed)}]")
        # Text stays text: a leading zero is a part of a code.
        kept = ", all_varchar = true" if self.reader == "read_csv" else ""
        self.connection.execute(
            f"CREATE VIEW {self.relation} AS SELECT * FROM {self.reader}({text(where)}{kept})"  # noqa: S608
        )


def quoted(name):
    """A name as SQL quotes it."""
    return '"' + str(name).replace('"', '""') + '"'


def text(value):
    """A value as a text of SQL, where the engine takes no parameter."""
    return "'" + str(value).replace("'", "''") + "'"
