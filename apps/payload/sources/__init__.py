"""The only way to a capsule's data: `with open_source(capsule) as source`."""

from django.utils.translation import gettext as _

from . import roots
from .base import TableRef, Unreadable
from .duckdb_files import DatabaseFile, Files

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
    connection = system.connection if system is not None else {}
    driver = connection.get("driver") or connection.get("engine")
    if driver is None:
        raise Unreadable(_("No source says where the data of %s lies.") % capsule)
    if driver != "duckdb":
        raise Unreadable(_("Data in %s is not read here; files and DuckDB databases are.") % driver)
    table = TableRef(capsule.name, capsule.schema_name or "main", capsule.database_name or "")
    return DatabaseFile(roots.resolve(connection.get("path") or ""), table, **limits)


def _suffix(location):
    return location.rpartition(".")[2].lower()
