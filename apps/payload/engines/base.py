"""What a data engine is asked for. Pure: the child process that reads data speaks this, and so does its parent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

SUBJECT = "payload"  # under which the capsule's own table is seen; tables that it refers to are named by who opens it


class Unanswered(Exception):
    """The engine could not answer: `code` says why in one word, `detail` what it said, for the worker's log alone.

    Codes: `unreachable`, `forbidden`, `locked`, `no_table`, `no_column`, `deadline`, `cancelled`, `memory`, `too_much`,
    `changed`, `format`, `query` (the statement itself is at fault) and `died`.
    """

    def __init__(self, code, detail=""):
        super().__init__(code, detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Repeated:
    """How often keys occur: `rows` without a NULL in the key, `distinct` keys, and the keys that occur again.

    `groups` keys occur more than once, in `involved` rows; rows − distinct is the surplus. `worst` are as many of these
    keys as were asked for, [(occurrences, value, …)], the most frequent first.
    """

    rows: int
    distinct: int
    groups: int
    involved: int
    worst: tuple[tuple, ...] = ()


@dataclass(frozen=True)
class ColumnBounds:
    """What the metadata proves of one column: `nulls` and `lowest`, `highest`; None where it proves nothing.

    Bounds of floats and texts are never given (quality-engine.md, section 4.2).
    """

    nulls: int | None = None
    lowest: object = None
    highest: object = None


@dataclass(frozen=True)
class TableMetadata:
    """Rows, files and bounds as footers or manifests tell them, without reading a row."""

    rows: int
    files: int
    bytes: int
    columns: dict[str, ColumnBounds] = field(default_factory=dict)
    changed_at: float | None = None  # seconds since 1970


class Engine(Protocol):
    """Tables that are open to be read: `payload`, the subject, and those that it refers to.

    Names in SQL are these aliases; `relation` says how an alias is written. Every method raises `Unanswered`.
    """

    dialect: str  # as sqlglot and Ibis name it
    version: str

    def relation(self, alias: str = SUBJECT) -> str: ...

    def types(self, alias: str = SUBJECT) -> dict[str, str]: ...  # {column: type, as the engine spells it}

    def fetch(self, sql: str, *, deadline_s: float | None = None) -> list[tuple]: ...

    def repeated(
        self, columns: Sequence[str], *, where: str = "", worst: int = 0
    ) -> Repeated | None: ...  # None: group instead

    def metadata(self, alias: str = SUBJECT) -> TableMetadata | None: ...

    def fingerprint(
        self, alias: str = SUBJECT
    ) -> str | None: ...  # changes whenever the data does; None: nobody knows

    def fingerprints(self, alias: str = SUBJECT) -> dict[str, str]: ...  # {file: its own}; none for databases

    def unreadable(
        self, alias: str = SUBJECT
    ) -> dict[str, int]: ...  # {column: values that are not of its type}

    @property
    def privileged(self) -> bool: ...  # the account may do anything: no SQL of people is run as it

    def row_names(
        self,
    ) -> tuple[str, ...]: ...  # SQL expressions that tell rows of `payload` apart, in reading order

    def cancel(self) -> None: ...
