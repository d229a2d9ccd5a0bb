"""What files make besides tables: views, indexes, lists of values and domains. Pure."""

import re

from . import ddl_indexes, ddl_tables, ddl_types
from .ddl_model import Enumeration, Index, Table
from .ddl_words import Misread, unwrapped

METHODS = ("btree", "hash", "gin", "gist", "brin", "spgist")  # of indexes that documents know


def before_view(walk):
    """True behind VIEW; what MySQL and others write before it is passed."""
    start = walk.at
    while walk.take("RECURSIVE", "SQL SECURITY DEFINER", "SQL SECURITY INVOKER") or walk.see() in (
        "ALGORITHM",
        "DEFINER",
    ):
        if walk.take("ALGORITHM", "DEFINER"):
            walk.take("=")
            walk.next()
            while walk.take("@"):
                walk.next()
            if walk.words[walk.at].value.startswith("@"):
                walk.next()
    if walk.take("VIEW"):
        return True
    walk.at = start
    return False


def view(catalog, statement, walk):
    """CREATE VIEW behind its first words; returns the view."""
    walk.take("IF NOT EXISTS")
    view = Table(catalog.full(walk.table()), statement.line, kind="view")
    if walk.see() == "(":
        view.query_columns = [item.name() for item in walk.items()]
    while not walk.done and not walk.take("AS"):
        if walk.take("COMMENT"):
            walk.take("=")
            view.description = walk.string()
        elif walk.take("WITH", "USING", "BUILD", "TABLESPACE", "REFRESH", "TO"):
            continue
        else:
            walk.skip()
    if walk.done:
        raise Misread("The query of the view is missing.")
    view.query = re.sub(r"\bWITH\s+(?:NO\s+)?DATA\s*\Z", "", walk.raw(walk.at), flags=re.I).strip()
    catalog.tables[view.name] = view
    return view


def index(catalog, walk):
    """CREATE INDEX behind its first word."""
    unique = bool(walk.take("UNIQUE"))
    kind = walk.take("CLUSTERED COLUMNSTORE", "NONCLUSTERED COLUMNSTORE", "CLUSTERED", "NONCLUSTERED", "BITMAP", "FULLTEXT", "SPATIAL", "COLUMNSTORE")  # fmt: skip
    walk.need("INDEX")
    walk.take("CONCURRENTLY")
    walk.take("IF NOT EXISTS")
    name = walk.qualified()[-1] if walk.see() != "ON" else ""
    walk.need("ON")
    walk.take("ONLY")
    table = catalog.need(walk.table())
    method = walk.name().lower() if walk.take("USING") else ""
    columns, expressions = ddl_indexes.index_parts(table, walk) if walk.see() == "(" else ([], [])
    index = Index(name or "_".join([table.name.name, *columns, "idx"]), columns, expressions, unique=unique)
    index.method = method if method in METHODS else "btree"
    if method and method not in METHODS or kind:
        index.meta["method"] = method or kind.lower()
    _options(index, walk)
    if not (columns or expressions):
        raise Misread("The index names no columns.")
    table.indexes.append(index)


def _options(index, walk):
    while not walk.done:
        if walk.take("INCLUDE"):
            index.meta["include"] = walk.names()
        elif walk.take("WHERE"):
            index.where = unwrapped(walk.rest())
        elif walk.take("TABLESPACE"):
            index.tablespace = walk.name()
        elif walk.take("WITH") and walk.see() == "(":
            found = re.search(r"fillfactor\s*=\s*'?(\d+)", walk.bracket().said(), re.I)
            index.fill_factor = int(found[1]) if found and 10 <= int(found[1]) <= 100 else None
        elif not walk.done:
            walk.skip()


def enumeration(catalog, walk):
    """CREATE TYPE: only lists of values matter; other types are names."""
    name = ddl_types.spelled(type_name(walk), catalog.dialect, catalog.schema)
    found = Enumeration()
    if walk.take("AS ENUM"):
        found.values = [item.string() for item in walk.items()]
    catalog.types[name] = found


def domain(catalog, walk):
    """CREATE DOMAIN: another type with checks."""
    name = ddl_types.spelled(type_name(walk), catalog.dialect, catalog.schema)
    walk.take("AS")
    start = walk.at
    walk.until(ddl_tables.ends_type)
    found = Enumeration(base=ddl_types.spelled(walk.said(start, walk.at), catalog.dialect, catalog.schema))
    while not walk.done:
        if walk.take("CHECK"):
            found.checks.append(unwrapped(walk.bracket().said()))
        elif walk.take("NOT NULL"):
            found.checks.append("VALUE IS NOT NULL")
        else:
            walk.skip()
    catalog.types[name] = found


def type_name(walk):
    """Pass the name of a type; returns it as it was written."""
    start = walk.at
    walk.qualified()
    return walk.said(start, walk.at)
