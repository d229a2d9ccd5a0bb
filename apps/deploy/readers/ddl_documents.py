"""Tables of DDL as documents of capsules. Pure."""

import re
import time

from apps.catalog.urns import of_column

from . import ddl_types
from .ddl_model import Column, Key, Name
from .found import TABLE, VIEW, Note, relation_urn
from .sql_lineage import trace

LISTED = 1_000  # partitions that a capsule names
SECONDS = 60.0  # for following the queries of all views
MOST_CODE = 200_000
NUMBERS = {"true": True, "false": False}


class Documents:
    """Makes the documents of what a catalog holds; `notes` and `missed` say what was doubtful on the way."""

    def __init__(self, catalog, *, source, database):
        self.catalog, self.source, self.database = catalog, source, database
        self.notes, self.missed, self.places = [], [], {}
        self._until = time.monotonic() + SECONDS
        self.tables = [table for table in catalog.tables.values() if not self._is_part(table)]
        self._schema = {}

    def made(self):
        """The documents, in the order in which the tables were made; views after what they are made of."""
        self._note_partitions()
        tables = [table for table in self.tables if not table.query]
        for table in tables:
            self._schema[self._parts(table)] = [column.name for column in table.columns]
        found = {table.name: self._document(table) for table in tables}
        waiting = [table for table in self.tables if table.query]
        while waiting:
            names = {table.name for table in waiting}
            ready = [
                table for table in waiting if not self._reads(table) & (names - {table.name})
            ] or waiting[:1]
            for table in ready:
                found[table.name] = self._view(table)
            waiting = [table for table in waiting if table not in ready]
        documents = []
        for table in self.tables:
            document = found[table.name]
            self.places[document["urn"]] = table.line
            documents.append(document)
        return documents

    # ---------- names ----------

    def urn(self, table):
        return self._urn(table.name, table.kind)

    def _urn(self, name, kind):
        schema = name.schema or self.catalog.schema
        database = name.database or self.database
        return relation_urn(self.source, VIEW if kind == "view" else TABLE, database, schema, name.name)

    def _parts(self, table):
        """The lower-case parts under which a query finds it."""
        parts = (table.name.database, table.name.schema, table.name.name)
        return tuple(part.lower() for part in parts if part)

    def _is_part(self, table):
        """True for a partition of a table that is there: it belongs to that."""
        return table.parent is not None and self.catalog.known(table.parent) is not None

    def _note_partitions(self):
        for table in self.catalog.tables.values():
            if table.parent is None:
                continue
            if not self._is_part(table):
                words = f"{table.name} is a partition of {table.parent}, which is not there."
                self.notes.append(Note("warning", "lonely_partition", words, table.line))

    # ---------- tables ----------

    def _document(self, table):
        name = table.name
        document = {
            "urn": self.urn(table),
            "name": name.name,
            "source_system": self.source[:100],
            "database_name": (name.database or self.database)[:255],
            "schema_name": name.schema[:255],
            "format": "view" if table.kind == "view" else "table",
            "description": table.description,
            "schema": self._structure(table),
        }
        document = {key: value for key, value in document.items() if value}
        if table.materialized:
            document["materialization"] = "materialized_view"
        elif table.kind == "view":
            document["materialization"] = "view"
        if table.foreign:
            document["capsule_type"] = "external_table"
        if table.partitioning:
            document["partitioning"] = table.partitioning
        if facts := self._facts(table):
            document["x-relation"] = facts
        return document

    def _facts(self, table):
        facts = {key: value for key, value in table.facts.items() if key != "comments"}
        if table.partitions:
            names = sorted(table.partitions, key=lambda each: each["name"])
            facts["partitions"] = names[:LISTED]
            facts["partition_count"] = len(names)
        if table.parents:
            facts["inherits"] = [str(each) for each in table.parents]
        return facts

    def _structure(self, table):
        own, wide = {}, []
        for key in [*table.keys, *self._of_domains(table)]:
            entry = self._key(table, key)
            if len(key.columns) == 1:
                own.setdefault(key.columns[0], []).append(entry)
            elif key.columns:
                wide.append({**entry, "columns": key.columns})
            elif names := self._named_in(table, key.expression):
                if len(names) == 1:
                    own.setdefault(names[0], []).append(entry)
                else:
                    wide.append({**entry, "columns": names})
            else:
                words = f"The check {key.name or key.expression[:60]} of {table.name} names no column; it is left out."
                self.notes.append(Note("warning", "check_without_column", words, table.line))
        structure = {"columns": [self._column(column, own.get(column.name, [])) for column in table.columns]}
        if wide:
            structure["constraints"] = wide
        if table.indexes:
            structure["indexes"] = [_index(index) for index in table.indexes]
        return structure

    @staticmethod
    def _named_in(table, expression):
        """The columns that a check speaks of, in the order of the table."""
        from .ddl_text import Statement, Unclosed

        try:
            words = Statement(expression, 1, "postgres").words()
        except Unclosed:
            return []
        said = {word.value.casefold() for word in words if word.kind in ("word", "name")}
        return [column.name for column in table.columns if column.name.casefold() in said]

    def _column(self, column, keys):
        entry = {"name": column.name, "data_type": column.type}
        if not column.nullable:
            entry["is_nullable"] = False
        if column.description:
            entry["description"] = column.description
        constraints = list(keys)
        if column.default:
            constraints.append({"type": "default", **_default(self._without_schema(column.default))})
        if constraints:
            entry["constraints"] = constraints
        meta = dict(column.meta)
        kind = self._kind(column)
        if kind is not None and kind.values:
            meta["values"] = kind.values[:LISTED]
        elif kind is not None and kind.base:
            array = column.type.removeprefix(ddl_types.base(column.type))
            meta["domain"] = {"name": ddl_types.base(column.type), "base": kind.base}
            if kind.checks:
                meta["domain"]["checks"] = kind.checks
            entry["data_type"] = kind.base + array
        if meta:
            entry["meta"] = meta
        return entry

    def _without_schema(self, text):
        """A default without the schema that needs no naming: dumps write it out, the database does not."""
        if self.catalog.dialect != "postgres":
            return text
        return re.sub(
            rf"(?<=nextval\('){re.escape(self.catalog.schema)}\.|(?<=::){re.escape(self.catalog.schema)}\.",
            "",
            text,
        )

    def _kind(self, column):
        """The domain or list of values that a column has for a type, None for a plain one."""
        return self.catalog.types.get(ddl_types.base(column.type))

    def _of_domains(self, table):
        """The checks of domains, as checks of the columns that have them for a type."""
        for column in table.columns:
            kind = self._kind(column)
            for check in kind.checks if kind is not None and not column.type.endswith("[]") else ():
                meta = {"domain": ddl_types.base(column.type)}
                yield Key("check", [column.name], expression=_about(check, column.name), meta=meta)

    def _key(self, table, key):
        entry = {"type": key.type}
        if key.name:
            entry["name"] = key.name[:255]
        if key.expression:
            entry["expression"] = key.expression
        if key.to is not None:
            entry["references"] = self._reference(table, key)
        for name in ("on_delete", "on_update"):
            if (action := getattr(key, name)) and action != "NO ACTION":
                entry[name] = action
        if not key.enforced:
            entry["enforced"] = False
        if key.deferrable:
            entry["deferrable"] = True
        if key.meta:
            entry["meta"] = key.meta
        return entry

    def _reference(self, table, key):
        other = self.catalog.known(key.to)
        if other is None:
            full = self.catalog.full(key.to)
            words = f"{table.name} refers to {key.to}, which is not in what was read."
            self.notes.append(Note("warning", "unknown_reference", words, table.line))
            return _referring(str(Name(full.name, full.schema)), key.to_columns or key.columns)
        names = [_column_called(other, name) for name in key.to_columns] or other.primary_key() or key.columns
        if len(names) != len(key.columns):
            names = key.columns
        return _referring(self.urn(other), names)

    # ---------- views ----------

    def _reads(self, table):
        """The names of the tables and views that a query names, as far as they are known."""
        from .ddl_text import Statement, Unclosed

        try:
            words = Statement(table.query, 1, self.catalog.dialect).words()
        except Unclosed:
            return set()
        said = {word.value.casefold() for word in words if word.kind in ("word", "name")}
        return {name for word in said for name in self.catalog.tables.called(word)}

    def _view(self, view):
        left = self._until - time.monotonic()
        traced = None
        if left > 0:
            default = tuple(
                part.lower()
                for part in (self.database if view.name.database else "", view.name.schema)
                if part
            )
            # Only what it names: a schema of thousands of tables would be gone through for each view.
            named = (self._parts(self.catalog.tables[name]) for name in self._reads(view))
            schema = {parts: self._schema[parts] for parts in named if parts in self._schema}
            traced = trace(view.query, self.catalog.dialect, schema, default, seconds=min(2.0, left))
        else:
            words = f"There was no time left to follow the query of {view.name}."
            self.notes.append(Note("warning", "not_resolved", words, view.line))
        upstream = self._upstream(traced.tables if traced else ())
        lineage: dict = {"upstream": sorted({urn for urn in upstream.values() if urn})}
        lineage["transformation"] = {"language": "sql", "code": view.query[:MOST_CODE]}
        columns = self._view_columns(view, traced, upstream, lineage)
        if not columns:
            words = "The columns of the view could not be worked out from its query."
            self.missed.append((view.name, view.line, words))
        view.columns = columns
        self._schema[self._parts(view)] = [column.name for column in columns]
        document = self._document(view)
        document["lineage"] = lineage
        if not columns:
            del document["schema"]
        return document

    def _upstream(self, tables):
        found = {}
        for parts in tables:
            names = ["", "", *parts][-3:]
            known = self.catalog.known(Name(names[2], names[1], names[0]))
            if known is not None and known.parent is not None:
                known = self.catalog.known(known.parent) or known
            found[parts] = self.urn(known) if known is not None else ""
        return found

    def _view_columns(self, view, traced, upstream, lineage):
        if traced is None or not traced.complete:
            for words in (traced.unresolved if traced else ())[:5]:
                self.notes.append(Note("warning", "not_resolved", f"{view.name}: {words}", view.line))
        if traced is None:
            return []
        names = list(traced.columns)
        if view.query_columns and len(view.query_columns) == len(names):
            shown = view.query_columns
        else:
            shown = names
        comments, found, origins = view.facts.get("comments", {}), [], {}
        for name, one in zip(shown, traced.columns.values(), strict=True):
            column = Column(name, "unknown", description=comments.get(name, ""))
            sources = [(self._source(table, source), upstream.get(table)) for table, source in one.sources]
            if one.kind == "direct" and len(sources) == 1 and sources[0][0] is not None:
                column.type = sources[0][0].type
            urns = [of_column(urn, source.name) for source, urn in sources if urn and source is not None]
            if urns:
                origins[name] = list(dict.fromkeys(urns))
            found.append(column)
        if origins:
            lineage["columns"] = origins
        return found if traced.complete or found else []

    def _source(self, parts, name):
        names = ["", "", *parts][-3:]
        table = self.catalog.known(Name(names[2], names[1], names[0]))
        return table.column(name) if table is not None else None


def _about(check, name):
    """The check of a domain, about a column instead of VALUE."""
    quoted = name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'
    pieces = re.split(r"('(?:[^']|'')*')", check)
    said = [
        piece if at % 2 else re.sub(r"\bVALUE\b", lambda _found: quoted, piece, flags=re.I)
        for at, piece in enumerate(pieces)
    ]
    return "".join(said)


def _column_called(table, name):
    column = table.column(name)
    return column.name if column is not None else name


def _referring(table, names):
    return (
        {"table": table, "column": names[0]} if len(names) == 1 else {"table": table, "columns": list(names)}
    )


def _default(text):
    """A default as documents say it: a literal as a value, anything else as an expression."""
    lower = text.lower()
    if lower in NUMBERS:
        return {"value": NUMBERS[lower]}
    if text.removeprefix("-").isdecimal() and len(text) < 18:
        return {"value": int(text)}
    return {"expression": text}


def _index(index):
    entry = {"name": index.name[:255], "type": index.method, "unique": index.unique}
    for key, value in (
        ("columns", index.columns),
        ("expressions", index.expressions),
        ("where", index.where),
        ("tablespace", index.tablespace),
        ("fill_factor", index.fill_factor),
        ("meta", index.meta),
    ):
        if value:
            entry[key] = value
    return entry
