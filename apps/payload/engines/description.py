"""What is to be opened, as plain facts: how the parent tells its child. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .base import SUBJECT

FILES, DUCKDB, SQLITE, POSTGRES, SPARK = "files", "duckdb", "sqlite", "postgres", "spark"
MOST_ROWS = 1_000_000  # that one query may bring
MOST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Table:
    """A table seen as `alias`: `files` of a `format`, or `schema` and `name` of a database.

    `types` maps columns to types as DuckDB spells them: those of text files, and of the parts of a path. `key` are the
    columns of the primary key. Names of files are told from the folder `below` on.
    """

    alias: str = SUBJECT
    files: tuple[str, ...] = ()
    format: str = ""  # parquet, csv or json
    types: Mapping[str, str] = field(default_factory=dict)
    below: str = ""
    schema: str = ""
    name: str = ""
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Description:
    """One source and the tables of it that are read together, with the limits of reading.

    `path` is a database's file, `server` what its driver connects with: it may hold a secret and is never printed.
    `spill` is a folder for what exceeds `memory_mb`; empty: nothing is written.
    """

    engine: str
    tables: tuple[Table, ...] = ()
    path: str = ""
    server: Mapping[str, Any] = field(default_factory=dict, repr=False)
    deadline_s: float = 300  # of one query
    memory_mb: int = 512
    threads: int = 2
    rows: int = MOST_ROWS
    bytes: int = MOST_BYTES
    spill: str = ""
    spill_mb: int = 4096

    def as_dict(self):
        """As plain values, the secret too: for the child's pipe alone."""
        return asdict(self)

    @classmethod
    def of(cls, facts):
        """The description that `as_dict` gave."""
        tables = tuple(
            Table(**{**one, "files": tuple(one["files"]), "key": tuple(one["key"])})
            for one in facts["tables"]
        )
        return cls(**{**facts, "tables": tables})

    def table(self, alias):
        """The `Table` of an alias, None if none is open under it."""
        return next((one for one in self.tables if one.alias == alias), None)


def quoted(name):
    """A name as SQL quotes it."""
    return '"' + str(name).replace('"', '""') + '"'


def text(value):
    """A value as a text of SQL, where an engine takes no parameter."""
    return "'" + str(value).replace("'", "''") + "'"
