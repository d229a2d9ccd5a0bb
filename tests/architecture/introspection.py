"""A schema as PostgreSQL itself describes it, spelled so that two of them can be compared.

Names of constraints and indexes are left out: the ORM limits them, and meaning counts (errata row C30).
"""

import re
from dataclasses import dataclass, field

TABLES = """
    SELECT c.oid, c.relname FROM pg_class c
    WHERE c.relnamespace = 'dcs'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
COLUMNS = """
    SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid)
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped
"""
# From version 18 on, NOT NULL is a constraint of its own; here it is a fact about the column.
CONSTRAINTS = """
    SELECT conrelid, contype::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE conrelid = ANY(%s) AND contype IN ('c', 'f', 'p')
"""
INDEXES = """
    SELECT i.indrelid, c.relname, pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = ANY(%s) AND NOT i.indisprimary
"""


@dataclass
class Table:
    """What the database says of one table: `{column: (type, not null, default)}` and sets of definitions."""

    columns: dict = field(default_factory=dict)
    primary_key: str = ""
    checks: dict = field(default_factory=dict)  # definition: name
    foreign_keys: dict = field(default_factory=dict)
    indexes: dict = field(default_factory=dict)


def read_tables(connection):
    """`{name: Table}` of the schema `dcs`, as the psycopg `connection` sees it."""
    names = dict(connection.execute(TABLES).fetchall())
    tables = {name: Table() for name in names.values()}
    oids = list(names)
    for oid, column, data_type, not_null, default in connection.execute(COLUMNS, [oids]):
        tables[names[oid]].columns[column] = (data_type, not_null, default and plain(default))
    for oid, kind, name, definition in connection.execute(CONSTRAINTS, [oids]):
        table = tables[names[oid]]
        if kind == "p":
            table.primary_key = definition
        elif kind == "c":
            table.checks[plain(definition)] = name
        else:
            table.foreign_keys[plain(definition)] = name
    for oid, name, definition in connection.execute(INDEXES, [oids]):
        tables[names[oid]].indexes[plain(nameless(definition))] = name
    return tables


def read_view(connection, name):
    """Columns, definition and indexes of a materialised view."""
    (oid,) = connection.execute("SELECT %s::regclass::oid", [f"dcs.{name}"]).fetchone()
    columns = {row[1]: row[2] for row in connection.execute(COLUMNS, [[oid]])}
    (definition,) = connection.execute("SELECT pg_get_viewdef(%s)", [oid]).fetchone()
    indexes = {nameless(row[2]) for row in connection.execute(INDEXES, [[oid]])}
    return columns, definition, indexes


def nameless(index):
    """`CREATE [UNIQUE] USING method (…)`, without the names of index and table; a partitioned one alike."""
    return re.sub(r" INDEX \S+ ON (?:ONLY )?\S+ USING ", " USING ", index)


def plain(definition):
    """One spelling for conditions that mean the same.

    The schema's name, casts of constants and brackets around single words go; `NOT a = b` becomes `a <> b`,
    `flag = true` becomes `flag`.
    """
    text = re.sub(r"\bdcs\.", "", definition)
    text = re.sub(r"::(character varying|text|numeric|bpchar|regclass|jsonb)(\(\d+\))?(\[\])?", "", text)
    text = re.sub(r"(?<![\w\"])\((-?\d+(?:\.\d+)?|'[^']*'|\w+)\)", r"\1", text)
    text = re.sub(r"'(-?\d+)'", r"\1", text)
    text = re.sub(r"\bNOT \(?(\w+) = (\w+)\)?", r"\1 <> \2", text)
    text = re.sub(r"\b(\w+) = true\b", r"\1", text)
    return re.sub(r"(?<![\w\"])\((\w+)\)", r"\1", text)
