"""Where the data of a capsule lies, as an engine is told of it: its location first, then its source system."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from apps.catalog import engines
from apps.catalog.engines import Unfit, settled
from apps.payload.engines.description import (
    DUCKDB,
    FILES,
    POSTGRES,
    SPARK,
    SQLITE,
    Description,
    Table,
)

from . import postgres, roots, spark
from .base import TableRef, Unreadable

ENDINGS = {
    "parquet": (".parquet", ".parq", ".pq"),
    "csv": (".csv", ".csv.gz", ".tsv"),
    "json": (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz"),
}
LOGS = {"delta": "_delta_log", "iceberg": "metadata"}  # folders by which tables are known


@dataclass(frozen=True)
class Place:
    """One engine and the table of it; `title` is what people call it. Places of one `source` are read together."""

    engine: str
    title: str
    table: Table | None = None
    path: Path | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def source(self):
        """What tells sources apart."""
        server = (self.facts.get(key) for key in ("host", "port", "database", "user"))
        return (self.engine, str(self.path) if self.engine in (DUCKDB, SQLITE) else "", *server)

    @property
    def folders(self):
        """Folders that nobody is told of."""
        found = {Path(file).parent for file in self.table.files} if self.table else set()
        found |= {Path(self.table.below)} if self.table and self.table.below else set()
        found |= {self.path.parent} if self.path else set()
        return sorted(map(str, found), key=len, reverse=True)

    def description(self, *tables, **limits):
        """The `Description` of these tables, or of its own. Reads the secret, looks at the host; raises `Unreadable`."""
        tables = tables or ((self.table,) if self.table else ())
        told = {POSTGRES: postgres.driver_facts, SPARK: spark.driver_facts}.get(self.engine)
        server = told(self.facts) if told else {}
        path = str(self.path) if self.engine in (DUCKDB, SQLITE) else ""
        return Description(self.engine, tables, path=path, server=server, **limits)

    def seen_as(self, alias, **values):
        """Its table under another name, with its types or its key."""
        return replace(self.table, alias=alias, **values)


def place_of(capsule):
    """The `Place` of a capsule's data. Raises `Unreadable` where there is none that is read here."""
    if capsule.storage_location and capsule.storage_format not in ("view", "table"):
        return _files(capsule.storage_location, capsule.storage_format)
    system = capsule.source_system
    if system is None or not system.connection:
        raise Unreadable(_("No source says where the data of %s lies.") % capsule)
    return place_in(system, TableRef(capsule.name, capsule.schema_name or "", capsule.database_name or ""))


def place_in(system, ref=None):
    """The `Place` that a source system names, with one table of it or with none."""
    connection = system.connection
    engine = engines.engine_of(connection, system.kind)
    if engine not in engines.CHECKED:
        raise Unreadable(
            _("Data in %s is not read here; PostgreSQL, DuckDB, SQLite, Spark and files are.")
            % (engine or system.kind)
        )
    table = Table(schema=ref.schema, name=ref.name) if ref else None
    if engine in (engines.POSTGRES, engines.SPARK):
        try:
            if engine == engines.SPARK:
                return Place(SPARK, str(system), table, facts=engines.spark_server(connection))
            return Place(POSTGRES, str(system), table, facts=settled(connection, POSTGRES))
        except Unfit as error:
            raise Unreadable(str(error)) from None
    path = roots.resolve(connection.get("path") or "")
    return Place(DUCKDB if engine == engines.DUCKDB else SQLITE, path.name, table, path)


def _files(location, said):
    form = said or next(
        (form for form, endings in ENDINGS.items() if location.lower().endswith(endings)), location
    )
    if form in LOGS:
        return _logged(roots.resolve(location), form)
    if form not in ENDINGS:
        said = said or _("this format")
        raise Unreadable(
            _("The format %s is not read here; Parquet, CSV, JSON, Delta, Iceberg and DuckDB are.") % said
        )
    path = roots.resolve(location)
    below, files = roots.files(path, ENDINGS[form])
    table = Table(files=tuple(map(str, files)), format=form, below=str(below))
    return Place(FILES, path.name, table, path)


def _logged(path, form):
    """A table whose log says which of its files count: the engine reads that, and looks at each file itself."""
    if not (path / LOGS[form]).is_dir():
        raise Unreadable(
            _("%(folder)s is no table of the format %(format)s: it has no log.")
            % {"folder": path.name, "format": form.capitalize()}
        )
    table = Table(files=(str(path),), format=form, below=str(path))
    return Place(FILES, path.name, table, path)
