"""Tables of a DuckDB database file. Pure."""

from .base import SUBJECT
from .description import quoted, text
from .duck import DuckEngine


class DuckdbFileEngine(DuckEngine):
    """A database file, attached to be read; each alias is a view of one of its tables."""

    def attach(self):
        self.connection.execute(f"ATTACH {text(self.described.path)} AS {SUBJECT} (READ_ONLY, TYPE duckdb)")

    def relation(self, alias=SUBJECT):
        """The table by its full name: the names in the file stay free."""
        table = self.table(alias)
        return ".".join(map(quoted, (SUBJECT, table.schema or "main", table.name)))

    def row_names(self):
        """The primary key, or the number that the database gives each row; none for a view."""
        if self.key():
            return super().row_names()
        table = self.table()
        asked = "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? AND table_name = ?"
        ((found,),) = self.fetch(asked, [SUBJECT, table.schema or "main", table.name])
        return ("rowid",) if found else ()
