"""A PostgreSQL database as documents, from rows of its catalogue (interop.md, section 6). Pure."""

import re
from typing import Any

from .found import TABLE, VIEW, Found, Missed, Note, ReaderError, scope_of
from .postgres_queries import ALL
from .relations import Documents, Key, Relation, column

ORIGIN = "postgres"
STRATEGIES = {"r": "range", "l": "list", "h": "hash"}
KINDS = {"p": "primary_key", "u": "unique", "f": "foreign_key", "c": "check"}
ACTIONS = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT", "r": "RESTRICT", "a": "NO ACTION"}
LISTED = 1_000  # partitions that a table names
IDENTITY = {"a": "always", "d": "by default"}
# Parts of an index's definition that columns, expressions and predicate do not say.
BEYOND = re.compile(r"\b(DESC|NULLS|COLLATE|\w+_ops|NULLS NOT DISTINCT)\b")


def read(rows, *, source, database, schemas=(), say=None):
    """The `Found` of a database: `rows` are those of each query of `postgres_queries.ALL`, by its name.

    `schemas` are those that were asked for, empty for all. Raises `ReaderError` if none of them is there.
    """
    open_schemas = [name for name, enters in rows["schemas"] if enters]
    notes, missed = _closed(rows["schemas"], schemas)
    if not open_schemas:
        raise ReaderError(
            "no_schema",
            "There is no schema that the account may enter.",
            "Grant it USAGE on the schemas to read, or name others.",
        )
    gathered = Gathered(rows, notes)
    documents = Documents(
        gathered.relations.values(),
        source=source,
        database=database,
        dialect="postgres",
        roots=gathered.roots,
    )
    try:
        made = documents.made(say)
        scope = _scope(source, database, open_schemas, everything=not schemas and not notes)
    except ValueError as error:
        raise ReaderError("too_long", str(error), "Shorten the name of the source.") from None
    return Found(
        made,
        origin=ORIGIN,
        source=source,
        scope=scope,
        complete=True,
        notes=(*notes, *documents.notes),
        missed=tuple(missed),
        name=source,
    )


def _closed(found, asked):
    """(notes about schemas that the account may not enter, asked ones that are not there as missed)."""
    names = {name for name, _enters in found}
    notes = [
        Note("warning", "closed_schema", f"The account may not enter the schema {name}; it was not read.")
        for name, enters in found
        if not enters
    ]
    missed = [Missed(name, "There is no such schema.") for name in asked if name not in names]
    return notes, missed


def _scope(source, database, schemas, *, everything):
    """What a whole reading lists: the database, or those of its schemas that were read."""
    if everything:
        return tuple(scope_of(source, kind, database, "x").rpartition("x:")[0] for kind in (TABLE, VIEW))
    return tuple(scope_of(source, kind, database, name) for name in schemas for kind in (TABLE, VIEW))


class Gathered:
    """The relations of a database, put together from the rows of many queries; `roots` tells partitions' tables."""

    def __init__(self, rows, notes):
        self.notes = notes
        self.relations, self._query_rows = {}, rows
        for row in rows["relations"]:
            self.relations[row[0]] = _relation(row)
        self.roots = self._roots()
        self._types = {
            oid: (
                _short(name),
                _short(base),
                not_null,
                _short(default),
                [_unwrapped(each) for each in checks or ()],
            )
            for oid, name, base, not_null, default, checks in rows["domains"]
        }
        self._values = dict(rows["enums"])
        unproven = {
            (table, name)
            for table, _n, kind, valid, _d, columns, *_rest in rows["constraints"]
            if kind == "n" and not valid
            for name in columns or ()
        }
        for row in rows["columns"]:
            self._add_column(row, unproven)
        for row in rows["constraints"]:
            self._add_key(row)
        for row in rows["indexes"]:
            self._add_index(row)
        for view, used, schema, name in rows["dependencies"]:
            if (relation := self.relations.get(view)) is not None:
                known = self.relations.get(self._root_of.get(used, used))
                relation.reads.append(known.place if known else (schema, name))
        self._add_parents()

    def _roots(self):
        self._root_of, found = {}, {}
        for oid, root, schema, name, direct, bound in self._query_rows["partitions"]:
            self._root_of[oid] = root
            if (table := self.relations.get(root)) is not None:
                found[schema, name] = table.place
                if direct:
                    facts = table.more.setdefault("x-relation", {"partitions": [], "partition_count": 0})
                    facts["partition_count"] += 1
                    if len(facts["partitions"]) < LISTED:
                        facts["partitions"].append({"name": name, "bound": bound})
        return found

    def _add_column(self, row, unproven):
        table, name, kind, not_null, comment, default, generated, identity, collation, oid, inherited = row
        if (relation := self.relations.get(table)) is None:
            return
        meta: dict[str, Any] = {}
        kind, default = _short(kind), _short(default)
        if generated:
            meta["generated"] = {"expression": default, "stored": generated == "s"}
            default = None
        if identity:
            meta["identity"] = IDENTITY.get(identity, identity)
        if collation:
            meta["collation"] = collation
        if inherited:
            meta["inherited_from"] = True
        checks = []
        if oid in self._types:
            domain, kind, forbids, otherwise, checks = self._types[oid]
            meta["domain"] = {"name": domain, "base": kind, **({"checks": checks} if checks else {})}
            not_null, default = not_null or forbids, default or otherwise
        if oid in self._values:
            meta["values"] = self._values[oid]
        nullable = not not_null or (table, name) in unproven
        relation.columns.append(
            column(name, kind, nullable=nullable, description=comment, default=default, meta=meta)
        )
        for check in checks:
            relation.keys.append(
                Key("check", [name], expression=_about(check, name), meta={"domain": domain})
            )

    def _add_key(self, row):
        (
            table,
            name,
            kind,
            valid,
            deferrable,
            columns,
            schema,
            other,
            to_columns,
            gone,
            moved,
            expression,
            text,
        ) = row
        relation = self.relations.get(table)
        if relation is None or kind == "n":
            return
        if kind == "x":
            words = f"The exclusion {name} of {relation.name} is not catalogued: {text[:200]}"
            self.notes.append(Note("info", "exclusion", words))
            return
        key = Key(KINDS[kind], list(columns or ()), name, deferrable=deferrable)
        key.enforced = valid and "NOT ENFORCED" not in text
        if kind == "c":
            key.expression = _short(_plain(expression or text))
        if kind == "f":
            key.to, key.to_columns = (schema, other), list(to_columns or ())
            key.on_delete, key.on_update = ACTIONS.get(gone, ""), ACTIONS.get(moved, "")
        relation.keys.append(key)

    def _add_index(self, row):
        (
            table, name, method, unique, primary, valid, keys, columns, parts, predicate, tablespace, options, text,
        ) = row  # fmt: skip
        if (relation := self.relations.get(table)) is None:
            return
        named = [one for one in columns[:keys] if one]
        expressions = [_short(part) for one, part in zip(columns, parts or (), strict=False) if not one]
        meta: dict[str, Any] = {}
        if included := columns[keys:]:
            meta["include"] = included
        if BEYOND.search(text):
            meta["definition"] = text
        if not valid:
            meta["valid"] = False
        fill = next((one.partition("=")[2] for one in options or () if one.startswith("fillfactor=")), "")
        entry = {
            "name": name,
            "type": method,
            "unique": unique,
            "primary": primary,
            "columns": named,
            "expressions": expressions,
            "where": _short(predicate),
            "tablespace": tablespace,
            "fill_factor": int(fill) if fill.isdigit() else None,
            "meta": meta,
        }
        relation.indexes.append({key: value for key, value in entry.items() if value or key == "unique"})

    def _add_parents(self):
        """Where the columns of an inheriting table come from, and from which tables it inherits."""
        for row in self._query_rows["relations"]:
            parents = [self.relations[oid] for oid in row[12] or () if oid in self.relations]
            if not parents:
                continue
            relation = self.relations[row[0]]
            facts = relation.more.setdefault("x-relation", {})
            facts["inherits"] = [f"{one.schema}.{one.name}" for one in parents]
            for entry in relation.columns:
                if "inherited_from" in entry.get("meta", {}):
                    owners = [one for one in parents if any(c["name"] == entry["name"] for c in one.columns)]
                    entry["meta"]["inherited_from"] = ", ".join(f"{one.schema}.{one.name}" for one in owners)


def _relation(row):
    (
        _oid,
        schema,
        name,
        kind,
        comment,
        count,
        size,
        analyzed,
        strategy,
        key_text,
        key_columns,
        query,
        _parents,
    ) = row
    more: dict[str, Any] = {}
    statistics = {"row_count": count, "size_bytes": size, "analyzed_at": analyzed and analyzed.isoformat()}
    if statistics := {key: value for key, value in statistics.items() if value is not None}:
        more["statistics"] = statistics
    if strategy:
        more["partitioning"] = _partitioning(strategy, key_text, key_columns or [])
    if kind == "m":
        more["materialization"] = "materialized_view"
    if kind == "f":
        more["capsule_type"] = "external_table"
    return Relation(
        schema, name, kind in "vm", query=query or "", reads=[], description=comment or "", more=more
    )


def _partitioning(strategy, text, columns):
    found: dict[str, Any] = {"strategy": STRATEGIES.get(strategy, "none")}
    if columns and all(columns):
        found["key"] = list(columns)
    else:
        found["expression"] = text.partition("(")[2].rpartition(")")[0]
    return found


def _short(text):
    """A type or expression without the schema that every name has anyway."""
    return text and re.sub(r"(^|::|\(\s*|nextval\(')public\.", r"\1", text)


def _unwrapped(check):
    """What the definition of a check says: `CHECK ((VALUE > 0))` is `VALUE > 0`."""
    return _plain(re.sub(r"^CHECK \((.*)\)( NOT VALID)?$", r"\1", check, flags=re.S))


def _plain(text):
    """An expression without brackets around all of it."""
    while text.startswith("(") and text.endswith(")"):
        depth, bare = 0, re.sub(r"'(?:[^']|'')*'", lambda found: "x" * len(found[0]), text)
        for at, sign in enumerate(bare):
            depth += (sign == "(") - (sign == ")")
            if depth == 0 and at < len(bare) - 1:
                return text
        text = text[1:-1]
    return text


def _about(check, name):
    """The check of a domain, about a column instead of VALUE."""
    quoted = name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'
    pieces = re.split(r"('(?:[^']|'')*')", check)
    said = [
        piece if at % 2 else re.sub(r"\bVALUE\b", lambda _m: quoted, piece) for at, piece in enumerate(pieces)
    ]
    return "".join(said)


def gather(fetch, *, schemas=(), say=None):
    """The rows of all queries, by name; `fetch(sql, values)` asks the database, `say` may raise to stop."""
    found = {}
    for number, (name, sql) in enumerate(ALL.items()):
        if say is not None:
            say("Catalogue", number, len(ALL))
        found[name] = fetch(sql, {"schemas": list(schemas)})
    return found
