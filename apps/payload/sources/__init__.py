"""The only way to a capsule's data: `with open_source(capsule) as source`; and to a system's: `open_system(system)`."""

from django.utils.translation import gettext as _

from apps.catalog.engines import DUCKDB, FILES, POSTGRES, engine_of

from . import roots
from .base import TableRef, Unreadable
from .duckdb_files import DatabaseFile, Files
from .postgres import PostgresSource
from .sqlite_files import SqliteFile

FILE_FORMATS = {"parquet": "read_parquet", "csv": "read_csv", "json": "read_json"}


def open_source(capsule, *, deadline_s=300, memory_mb=512):
    """The source of a capsule's rows, read-only, as a context manager.

    Its location comes first, then the connection of its source system (quality-engine.md, section 2.1). `deadline_s`
    is for each query, `memory_mb` for the engine. Raises `Unreadable`, also from the source's methods.
    """
    limits = {"deadline_s": deadline_s, "memory_mb": memory_mb}
    if capsule.storage_location and capsule.storage_format not in ("view", "table"):
        reader = FILE_FORMATS.get(capsule.storage_format or _suffix(capsule.storage_location))
        if reader is None:
            said = capsule.storage_format or _("this format")
            raise Unreadable(_("The format %s is not read here; Parquet, CSV, JSON and DuckDB are.") % said)
        return Files(roots.resolve(capsule.storage_location), reader, **limits)
    system = capsule.source_system
    if system is None or not system.connection:
        raise Unreadable(_("No source says where the data of %s lies.") % capsule)
    in_file = engine_of(system.connection, system.kind) in FILES
    schema = capsule.schema_name or ("main" if in_file else "")
    return open_system(system, TableRef(capsule.name, schema, capsule.database_name or ""), **limits)


def open_system(system, table=None, *, deadline_s=60, memory_mb=512):
    """The database that a source system names, read-only, as a context manager with `fetch(sql, values)`.

    Raises `Unreadable`, also from its methods.
    """
    connection = system.connection
    engine = engine_of(connection, system.kind)
    limits = {"deadline_s": deadline_s, "memory_mb": memory_mb}
    if engine == POSTGRES:
        return PostgresSource(connection, table, **limits)
    if engine not in FILES:
        raise Unreadable(
            _("Data in %s is not read here; PostgreSQL, DuckDB, SQLite and files are.")
            % (engine or system.kind)
        )
    kind = DatabaseFile if engine == DUCKDB else SqliteFile
    return kind(roots.resolve(connection.get("path") or ""), table, **limits)


def _suffix(location):
    return location.rpartition(".")[2].lower()
