"""A DuckDB database as documents, from the rows of its catalogue (interop.md, section 6). Pure."""

import re

from .found import TABLE, VIEW, Found, Missed, ReaderError, scope_of
from .relations import Documents, Key, Relation, column

ORIGIN = "duckdb"
DATABASE = "payload"  # the name under which the file is attached
KINDS = {"PRIMARY KEY": "primary_key", "UNIQUE": "unique", "FOREIGN KEY": "foreign_key", "CHECK": "check"}
BODY = re.compile(r"^\s*CREATE\b.*?\bVIEW\b.*?\bAS\s+(.*?);?\s*$", re.I | re.S)
_HERE = f"database_name = '{DATABASE}' AND NOT internal"
QUERIES = {
    "tables": f"SELECT schema_name, table_name, comment, estimated_size FROM duckdb_tables() WHERE {_HERE} ORDER BY ALL",  # noqa: S608 - texts of this file
    "views": f"SELECT schema_name, view_name, comment, sql FROM duckdb_views() WHERE {_HERE} ORDER BY ALL",  # noqa: S608
    "columns": "SELECT schema_name, table_name, column_name, data_type, is_nullable, column_default, comment"  # noqa: S608
    f" FROM duckdb_columns() WHERE {_HERE} ORDER BY schema_name, table_name, column_index",
    "constraints": "SELECT schema_name, table_name, constraint_type, constraint_name, expression, constraint_column_names,"  # noqa: S608
    f" referenced_table, referenced_column_names FROM duckdb_constraints() WHERE database_name = '{DATABASE}'"
    " ORDER BY schema_name, table_name, constraint_index",
    "indexes": "SELECT schema_name, table_name, index_name, is_unique, is_primary, expressions FROM duckdb_indexes()"  # noqa: S608
    f" WHERE database_name = '{DATABASE}' ORDER BY ALL",
    "schemas": f"SELECT schema_name FROM duckdb_schemas() WHERE {_HERE} ORDER BY ALL",  # noqa: S608
}


def gather(fetch, *, say=None):
    """The rows of all queries, by name; `fetch(sql)` asks the database, `say` may raise to stop."""
    found = {}
    for number, (name, sql) in enumerate(QUERIES.items()):
        if say is not None:
            say("Catalogue", number, len(QUERIES))
        found[name] = fetch(sql)
    return found


def read(rows, *, source, database, schemas=(), say=None):
    """The `Found` of a database file; `rows` are those of `QUERIES`, `schemas` those to read, empty for all."""
    wanted = set(schemas)
    names = [name for (name,) in rows["schemas"]] + ["main"]
    missed = [Missed(name, "There is no such schema.") for name in schemas if name not in names]
    relations = _relations(rows, wanted)
    documents = Documents(relations.values(), source=source, database=database, dialect="duckdb")
    try:
        made = documents.made(say)
        scope = [
            scope_of(source, kind, database, name)
            for name in dict.fromkeys(names)
            if not wanted or name in wanted
            for kind in (TABLE, VIEW)
        ]
    except ValueError as error:
        raise ReaderError("too_long", str(error), "Shorten the name of the source.") from None
    return Found(
        made,
        origin=ORIGIN,
        source=source,
        scope=tuple(scope),
        complete=True,
        notes=tuple(documents.notes),
        missed=tuple(missed),
        name=source,
    )


def _relations(rows, wanted):
    found = {}
    for schema, name, comment, count in rows["tables"]:
        more = {"statistics": {"row_count": count}} if count is not None else {}
        found[schema, name] = Relation(schema, name, description=comment or "", more=more)
    for schema, name, comment, sql in rows["views"]:
        body = BODY.match(sql or "")
        found[schema, name] = Relation(
            schema, name, True, query=body[1] if body else sql or "", description=comment or ""
        )
    found = {place: one for place, one in found.items() if not wanted or place[0] in wanted}
    for schema, table, name, kind, nullable, default, comment in rows["columns"]:
        if (relation := found.get((schema, table))) is not None:
            relation.columns.append(
                column(
                    name, kind, nullable=nullable or relation.is_view, default=default, description=comment
                )
            )
    for row in rows["constraints"]:
        _add_key(found, row)
    for schema, table, name, unique, primary, expressions in rows["indexes"]:
        if (relation := found.get((schema, table))) is not None:
            relation.indexes.append(_index(relation, name, unique, primary, expressions))
    return found


def _add_key(found, row):
    schema, table, kind, name, expression, columns, other, to_columns = row
    relation = found.get((schema, table))
    if relation is None or kind not in KINDS:
        return
    key = Key(KINDS[kind], list(columns or ()), name or "")
    if kind == "CHECK":
        key.expression = expression or ""
    if kind == "FOREIGN KEY":
        key.to, key.to_columns = (schema, other), list(to_columns or ())
    relation.keys.append(key)


def _index(relation, name, unique, primary, expressions):
    """The entry of an index; what it is over comes as a text such as `['"name"', lower(code)]`."""
    inside = (expressions or "").strip().removeprefix("[").removesuffix("]")
    parts = [
        part.strip().strip("'").strip('"') for part in re.split(r",\s*(?![^(]*\))", inside) if part.strip()
    ]
    known = {entry["name"] for entry in relation.columns}
    entry = {
        "name": name,
        "unique": unique,
        "primary": primary,
        "columns": [part for part in parts if part in known],
        "expressions": [part for part in parts if part not in known],
    }
    return {key: value for key, value in entry.items() if value or key == "unique"}
