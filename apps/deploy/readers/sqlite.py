"""A SQLite database as documents, from what its pragmas say (interop.md, section 6). Pure."""

import re
from itertools import groupby
from operator import itemgetter
from typing import Any

from .found import TABLE, VIEW, Found, ReaderError, scope_of
from .relations import Documents, Key, Relation, column

ORIGIN = "sqlite"
SCHEMA = "main"
UNTYPED = "blob"  # what a column without a type holds as it is
BODY = re.compile(r"^\s*CREATE\b.*?\bVIEW\b.*?\bAS\s+(.*?);?\s*$", re.I | re.S)
OBJECTS = (
    "SELECT type, name, tbl_name, sql FROM sqlite_schema"
    " WHERE type IN ('table', 'view', 'index') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name"
)


def gather(fetch, *, say=None):
    """What the file says of itself: `fetch(sql)` asks it, `say` may raise to stop.

    {"objects": rows, "columns": {table: rows}, "keys": …, "indexes": {table: [(row, rows of its parts)]}}.
    """
    objects = fetch(OBJECTS)
    found = {"objects": objects, "columns": {}, "keys": {}, "indexes": {}}
    tables = [name for kind, name, _table, _sql in objects if kind != "index"]
    for number, name in enumerate(tables):
        if say is not None and number % 50 == 0:
            say("Catalogue", number, len(tables))
        found["columns"][name] = fetch(f"PRAGMA table_xinfo({quoted(name)})")
        found["keys"][name] = fetch(f"PRAGMA foreign_key_list({quoted(name)})")
        indexes = fetch(f"PRAGMA index_list({quoted(name)})")
        found["indexes"][name] = [(row, fetch(f"PRAGMA index_xinfo({quoted(row[1])})")) for row in indexes]
    return found


def read(rows, *, source, database, say=None):
    """The `Found` of a database file; `rows` are those of `gather`."""
    relations = {}
    for kind, name, _table, sql in rows["objects"]:
        if kind != "index":
            relations[name] = _relation(kind, name, sql or "", rows["columns"][name])
    texts = {name: sql or "" for kind, name, _table, sql in rows["objects"] if kind == "index"}
    for name, relation in relations.items():
        _add_keys(relation, rows["columns"][name], rows["keys"][name], rows["columns"])
        _add_indexes(relation, rows["indexes"][name], texts)
    documents = Documents(relations.values(), source=source, database=database, dialect="sqlite")
    try:
        made = documents.made(say)
        scope = tuple(scope_of(source, kind, database, SCHEMA) for kind in (TABLE, VIEW))
    except ValueError as error:
        raise ReaderError("too_long", str(error), "Shorten the name of the source.") from None
    return Found(
        made,
        origin=ORIGIN,
        source=source,
        scope=scope,
        complete=True,
        notes=tuple(documents.notes),
        name=source,
    )


def _relation(kind, name, sql, columns):
    body = BODY.match(sql) if kind == "view" else None
    relation = Relation(
        SCHEMA, name, kind == "view", query=(body[1] if body else sql) if kind == "view" else ""
    )
    for _number, column_name, data_type, not_null, default, _key, hidden in columns:
        if hidden == 1:  # of a virtual table, and not to be seen
            continue
        meta: dict[str, Any] = {}
        if hidden in (2, 3):
            meta["generated"] = {"expression": "", "stored": hidden == 3}
        if not data_type:
            meta["type_guessed"] = True
        relation.columns.append(
            column(column_name, data_type or UNTYPED, nullable=not not_null, default=default, meta=meta)
        )
    return relation


def _add_keys(relation, columns, keys, columns_of):
    if primary := [row[1] for row in sorted(columns, key=itemgetter(5)) if row[5]]:
        relation.keys.append(Key("primary_key", primary))
    by_id = sorted(keys, key=itemgetter(0, 1))
    for _number, together in groupby(by_id, key=itemgetter(0)):
        parts = list(together)
        other = parts[0][2]
        # A key that names no columns means the other table's primary key.
        theirs = [row[1] for row in sorted(columns_of.get(other, ()), key=itemgetter(5)) if row[5]]
        to = [part[4] for part in parts] if all(part[4] for part in parts) else theirs
        if len(to) != len(parts):
            to = [part[3] for part in parts]
        relation.keys.append(
            Key(
                "foreign_key",
                [part[3] for part in parts],
                to=(SCHEMA, other),
                to_columns=to,
                on_update=parts[0][5],
                on_delete=parts[0][6],
            )
        )


def _add_indexes(relation, indexes, texts):
    """Indexes that people made; those that the engine made for a unique key are that key."""
    for (_number, name, unique, origin, partial), parts in sorted(indexes, key=lambda each: each[0][1]):
        inside = [part for part in parts if part[5]]
        named = [part[2] for part in inside if part[1] >= 0]
        if origin == "u":
            relation.keys.append(Key("unique", named))
        if origin != "c":
            continue
        entry = {"name": name, "unique": bool(unique), "columns": named}
        sql = texts.get(name, "")
        if len(named) < len(inside):
            entry["expressions"] = [
                re.sub(r"^.*?\bON\b[^(]*\((.*)\).*$", r"\1", sql, flags=re.I | re.S)[:1000]
            ]
        if partial:
            entry["where"] = re.split(r"\bWHERE\b", sql, maxsplit=1, flags=re.I)[-1].strip().rstrip(";")
        if any(part[3] for part in inside):
            entry["meta"] = {"definition": sql}
        relation.indexes.append({key: value for key, value in entry.items() if value or key == "unique"})


def quoted(name):
    """A name as SQL quotes it."""
    return '"' + str(name).replace('"', '""') + '"'
