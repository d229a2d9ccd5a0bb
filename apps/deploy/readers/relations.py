"""Documents of the tables and views of a database, from what its catalogue says of them. Pure.

The readers of single engines gather `Relation`s; addresses, keys and the lineage of views are the same for all.
"""

import re
import time
from dataclasses import dataclass, field
from typing import Any

from .found import TABLE, VIEW, Note, relation_urn
from .sql_lineage import trace

MOST_CODE = 200_000
SECONDS = 60.0  # for following the queries of all views
INDEX_TYPES = frozenset({"btree", "hash", "gin", "gist", "brin", "spgist"})
ACTIONS = frozenset({"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"})


@dataclass
class Key:
    """A key or check of a table; `to` is the (schema, name) that a foreign key refers to."""

    type: str
    columns: list[str]
    name: str = ""
    expression: str = ""
    to: tuple[str, str] | None = None
    to_columns: list[str] = field(default_factory=list)
    on_delete: str = ""
    on_update: str = ""
    enforced: bool = True
    deferrable: bool = False
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass
class Relation:
    """A table or view as its database tells of it; `columns` and `indexes` are entries of documents."""

    schema: str
    name: str
    is_view: bool = False
    columns: list[dict[str, Any]] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    indexes: list[dict[str, Any]] = field(default_factory=list)
    query: str = ""
    reads: list[tuple[str, str]] | None = None  # what a view is made of, if its database says
    description: str = ""
    more: dict[str, Any] = field(default_factory=dict)  # further keys of the document

    @property
    def place(self) -> tuple[str, str]:
        return self.schema, self.name


class Documents:
    """Makes the documents of `relations`; `notes` say what was doubtful on the way.

    `roots` maps what is no capsule of its own, a partition, to the relation it belongs to.
    """

    def __init__(self, relations, *, source, database, dialect, roots=None):
        self.relations, self.roots = {each.place: each for each in relations}, roots or {}
        self.source, self.database, self.dialect = source, database, dialect
        self.notes: list[Note] = []
        self._until = time.monotonic() + SECONDS
        self._columns = {
            _lowered(place): [column["name"] for column in each.columns]
            for place, each in self.relations.items()
        }
        self._spelled = {_lowered(place): place for place in self.relations}

    def made(self, say=None):
        """The documents in the order of the relations; `say` may raise to stop. Raises `ValueError` for too long names."""
        found = []
        for number, relation in enumerate(self.relations.values()):
            if say is not None and number % 100 == 0:
                say("Tables", number, len(self.relations))
            found.append(self._document(relation))
        return tuple(found)

    def urn(self, place):
        """The address of a relation; of one that is not among those read, as a table."""
        known = self.relations.get(self.roots.get(place, place))
        schema, name = known.place if known else place
        kind = VIEW if known is not None and known.is_view else TABLE
        return relation_urn(self.source, kind, self.database, schema, name)

    def _document(self, relation):
        document = {
            "urn": self.urn(relation.place),
            "name": relation.name,
            "source_system": self.source[:100],
            "database_name": self.database[:255],
            "schema_name": relation.schema[:255],
            "format": "view" if relation.is_view else "table",
            "description": relation.description,
            "materialization": "view" if relation.is_view else "",
            **relation.more,
            "schema": self._structure(relation),
        }
        if relation.query:
            document["lineage"] = self._lineage(relation)
        return {key: value for key, value in document.items() if value}

    def _structure(self, relation):
        columns = {column["name"]: {**column} for column in relation.columns}
        wide = []
        for key in relation.keys:
            entry = self._key(key)
            if len(key.columns) == 1 and key.columns[0] in columns:
                column = columns[key.columns[0]]
                # A default comes last, as in documents that were read from DDL.
                said = sorted(
                    [*column.get("constraints", ()), entry], key=lambda one: one["type"] == "default"
                )
                column["constraints"] = said
            elif key.columns:
                wide.append({**entry, "columns": list(key.columns)})
            else:
                words = f"The check {key.name} of {relation.name} names no column; it is left out."
                self.notes.append(Note("info", "check_without_column", words))
            if key.type == "primary_key":
                for name in key.columns:
                    columns[name]["is_nullable"] = False
        structure = {"columns": list(columns.values())}
        if wide:
            structure["constraints"] = wide
        if relation.indexes:
            structure["indexes"] = [_index(index) for index in relation.indexes]
        return structure

    def _key(self, key):
        entry: dict[str, Any] = {"type": key.type}
        if key.name:
            entry["name"] = key.name[:255]
        if key.expression:
            entry["expression"] = key.expression
        if key.to is not None:
            table = self.urn(key.to)
            many = {"column": key.to_columns[0]} if len(key.to_columns) == 1 else {"columns": key.to_columns}
            entry["references"] = {"table": table, **many}
        for name in ("on_delete", "on_update"):
            if getattr(key, name) in ACTIONS:
                entry[name] = getattr(key, name)
        if not key.enforced:
            entry["enforced"] = False
        if key.deferrable:
            entry["deferrable"] = True
        if key.meta:
            entry["meta"] = key.meta
        return entry

    # ---------- views ----------

    def _lineage(self, view):
        lineage: dict[str, Any] = {}
        traced = self._traced(view)
        reads = view.reads if view.reads is not None else self._tables(traced)
        upstream = {self.urn(place) for place in reads} - {self.urn(view.place)}
        if upstream:
            lineage["upstream"] = sorted(upstream)
        if traced is not None and (columns := self._origins(view, traced)):
            lineage["columns"] = columns
        lineage["transformation"] = {"language": "sql", "code": view.query[:MOST_CODE]}
        return lineage

    def _traced(self, view):
        left = self._until - time.monotonic()
        if left <= 0:
            self._open(view, "there was no time left to follow its query")
            return None
        found = trace(view.query, self.dialect, self._columns, (view.schema.lower(),), seconds=min(2.0, left))
        if found.unresolved:
            self._open(view, found.unresolved[0])
        return found

    def _open(self, view, why):
        self.notes.append(Note("warning", "not_resolved", f"Column lineage of {view.name}: {why}."))

    def _tables(self, traced):
        found = [self._spelled.get(tuple(table[-2:])) for table in (traced.tables if traced else ())]
        return [place for place in found if place is not None]

    def _origins(self, view, traced):
        """{column of the view: addresses of the columns it is made of}, where these are known."""
        shown = {column["name"].lower(): column["name"] for column in view.columns}
        found = {}
        for name, one in traced.columns.items():
            urns = []
            for table, column in one.sources:
                place = self._spelled.get(tuple(table[-2:]))
                stored = place and self._called(place, column)
                if stored:
                    urns.append(f"{self.urn(place)}.{stored}")
            if urns and name.lower() in shown:
                found[shown[name.lower()]] = sorted(set(urns))
        return found

    def _called(self, place, name):
        names = {column["name"].lower(): column["name"] for column in self.relations[place].columns}
        return names.get(name.lower())


def _index(index):
    """The entry of an index; a type that documents do not know is told beside."""
    if index.get("type", "btree") in INDEX_TYPES:
        return index
    return {**index, "type": "btree", "meta": {**index.get("meta", {}), "method": index["type"]}}


def _lowered(place):
    return tuple(part.lower() for part in place)


def column(name, data_type, *, nullable=True, description=None, default=None, meta=None):
    """The entry of a column; `default` is an expression."""
    entry: dict[str, Any] = {"name": name, "data_type": data_type}
    if not nullable:
        entry["is_nullable"] = False
    if description:
        entry["description"] = description
    if default:
        entry["constraints"] = [{"type": "default", **literal(default)}]
    if meta:
        entry["meta"] = meta
    return entry


def literal(text):
    """A default as documents say it: a number or truth as a value, anything else as an expression."""
    lower = text.strip().lower()
    if lower in ("true", "false"):
        return {"value": lower == "true"}
    if re.fullmatch(r"-?\d{1,17}", lower):
        return {"value": int(lower)}
    return {"expression": text.strip()}
