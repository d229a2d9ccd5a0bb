"""The engines that read data: `opened(description)`. Pure: a child process without Django imports this."""

from importlib import import_module

from .base import Unanswered
from .description import DUCKDB, FILES, POSTGRES, SPARK, SQLITE

ENGINES = {
    FILES: ("files", "FilesEngine"),
    DUCKDB: ("duckdb_file", "DuckdbFileEngine"),
    SQLITE: ("sqlite_file", "SqliteEngine"),
    POSTGRES: ("postgres", "PostgresEngine"),
    SPARK: ("spark", "SparkEngine"),
}


def opened(description):
    """The engine of a description, in this process: a context manager. Raises `Unanswered`, also from its methods."""
    if description.engine not in ENGINES:
        raise Unanswered("format", description.engine)
    module, name = ENGINES[description.engine]
    # Imported late: one engine is needed of several that take a while to load.
    return getattr(import_module(f".{module}", __package__), name)(description)
