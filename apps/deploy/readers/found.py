"""What a reader of schemas finds, whatever it reads: files with SQL, data files, or a database. Pure."""

import re
from dataclasses import dataclass
from typing import Any

from apps.catalog import urns

TABLE, VIEW, FILE = "table", "view", "file"  # the kinds of address that readers of schemas make
# What the meta of a column may say in a reader's words; other keys there are people's, and stay.
COLUMN_META = frozenset(
    """type_guessed generated identity collation domain values field_id default_collation encoding precision
    inherited_from unit aliases logical_type read_as comment_of""".split()
)


class ReaderError(ValueError):
    """Something cannot be read: `code`, a `message` that says why, a `hint` for the next step, where (`pointer`)."""

    def __init__(self, code: str, message: str, hint: str = "", pointer: str = ""):
        super().__init__(f"{message} {hint}".strip())
        self.code, self.message, self.hint, self.pointer = code, message, hint, pointer


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing of what was read: `severity` is info, warning or error, `line` counts from 1."""

    severity: str
    code: str
    message: str
    line: int | None = None
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that was understood in part or not at all: its text in short, why, and where it stands."""

    text: str
    why: str
    line: int | None = None
    file: str = ""


@dataclass(frozen=True)
class Found:
    """What one reading gives.

    `documents` are contents of `data_capsule`, one for each table, view or file. `origin` says which kind of reader
    this was ("ddl", "postgres", "parquet", ...): it is authoritative over what it brought itself and nothing else.
    `source` is the name of the system that was read. `scope` are the beginnings of URNs that a complete reading would
    list: if `complete`, capsules of the same origin below them that are not in `documents` have vanished. A reading
    that has `missed` something is never complete, and its plan is partial. `name` is what people call the thing that
    was read (a file's name): who accepts a partial plan writes it. `places` maps URNs to the lines they came from.
    """

    documents: tuple[dict[str, Any], ...]
    origin: str
    source: str
    scope: tuple[str, ...] = ()
    complete: bool = False
    notes: tuple[Note, ...] = ()
    missed: tuple[Missed, ...] = ()
    name: str = ""
    places: dict[str, int] | None = None

    @property
    def is_whole(self) -> bool:
        """True if what is not among the documents is not there."""
        return self.complete and not self.missed and bool(self.scope)


def relation_urn(source: str, kind: str, database: str, schema: str, name: str) -> str:
    """The address of a table or view: the same however it is read (decision 009).

    `urn:dcs:<source>:<table|view>:<database>.<schema>:<name>`; a database or schema that there is not is left out.
    Names keep their case. Raises `ValueError` beyond 500 characters.
    """
    namespace = ".".join(part for part in (database, schema) if part) or "main"
    return urns.of_capsule(slug(source), kind, _segment(namespace), name)


def scope_of(source: str, kind: str, database: str, schema: str) -> str:
    """The beginning of all addresses of one kind in a schema."""
    return relation_urn(source, kind, database, schema, "")


def slug(source: str) -> str:
    """The name of a source as it stands in addresses, which know small letters, digits, `_` and `-` there."""
    return re.sub(r"[^a-z0-9_-]+", "_", source.strip().lower()) or "files"


def _segment(text: str) -> str:
    return text.replace(":", "_")
