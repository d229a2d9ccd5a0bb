"""What stands inside CREATE TABLE and ALTER TABLE: columns, keys, options. Pure."""

from . import ddl_indexes, ddl_types
from .ddl_model import Column, Key
from .ddl_words import Misread, unwrapped

# The words that end a type or a default, because they begin something else.
STARTERS = frozenset(
    """CONSTRAINT NULL DEFAULT PRIMARY UNIQUE REFERENCES CHECK GENERATED COLLATE IDENTITY AUTO_INCREMENT AUTOINCREMENT
    COMMENT ENCODE AS KEY STORAGE COMPRESSION OPTIONS MASKED SPARSE ROWGUIDCOL INVISIBLE VISIBLE ENABLE DISABLE
    DEFERRABLE INITIALLY CHARSET STORED VIRTUAL PERSISTED ENFORCED DISTKEY SORTKEY TTL CODEC EXCLUDE""".split()
)
CONSTRAINTS = ("PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "CHECK", "EXCLUDE")
ACTIONS = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")
# What may follow a key and says nothing that the catalogue keeps.
IDLE = (
    "NOT DEFERRABLE",
    "INITIALLY DEFERRED",
    "INITIALLY IMMEDIATE",
    "MATCH FULL",
    "MATCH PARTIAL",
    "MATCH SIMPLE",
    "NO INHERIT",
    "NULLS NOT DISTINCT",
    "NULLS DISTINCT",
    "CLUSTERED",
    "NONCLUSTERED",
    "ENABLE",
    "VALIDATE",
    "RELY",
    "NORELY",
    "NOT FOR REPLICATION",
    "ENFORCED",
    "ASC",
    "DESC",
)
UNENFORCED = ("NOT VALID", "NOT ENFORCED", "DISABLE", "NOVALIDATE")


def fill(table, items, catalog):
    """Put the columns and keys of the bracket of a CREATE TABLE into `table`; what is odd goes to `catalog.odd`."""
    for item in items:
        if not item.done:
            part(table, item, catalog)


def part(table, item, catalog):
    """One entry of that bracket, or what follows ADD in an ALTER TABLE."""
    if item.sees("LIKE"):
        catalog.copy_like(table, item)
    elif item.sees("PERIOD FOR"):
        table.facts.setdefault("periods", []).append(item.rest())
    elif is_key(item):
        key(table, item, catalog)
    else:
        column(table, item, catalog)


def is_key(item):
    """True if a key or an index comes next, and not a column of such a name."""
    if item.see() == "CONSTRAINT":
        return True
    if item.sees("UNIQUE") or item.sees("CHECK"):
        return True
    if any(item.sees(phrase) for phrase in ("PRIMARY KEY", "FOREIGN KEY")):
        return True
    if item.sees("EXCLUDE"):
        return item.see(1) in ("USING", "(")
    if item.dialect == "tsql" and item.see() == "DEFAULT":
        return True
    return item.dialect == "mysql" and _is_mysql_index(item)


def _is_mysql_index(item):
    if item.see() in ("FULLTEXT", "SPATIAL"):
        return True
    return item.see() in ("KEY", "INDEX") and (
        item.see(1) == "(" or item.see(2) == "(" or item.see(2) == "USING"
    )


# ---------- columns ----------


def column(table, item, catalog):
    """A column with what follows its type; returns it."""
    name = item.name()
    start = item.at
    item.until(ends_type)
    written = item.said(start, item.at)
    found = Column(name, ddl_types.spelled(written, item.dialect, catalog.schema) or "unknown")
    if ddl_types.is_serial(written, item.dialect):
        found.nullable = False
        found.default = f"nextval('{table.name.name}_{name}_seq'::regclass)"
        found.meta["identity"] = "serial"
    if table.column(name) is not None and table.column(name).name == name:
        inherited = table.column(name)
        if "inherited_from" not in inherited.meta:
            raise Misread(f"The column {name} is declared twice.")
        table.columns[table.columns.index(inherited)] = found
        found.meta["inherited_from"] = inherited.meta["inherited_from"]
        found.nullable = inherited.nullable
    else:
        table.columns.append(found)
    while not item.done:
        attribute(table, found, item, catalog)
    return found


def ends_type(item):
    """True at a word that ends a type or a default, because it begins something else."""
    word = item.see()
    if word == "NOT":
        return item.see(1) in ("NULL", "FOR", "ENFORCED", "VISIBLE")
    if word == "CHARACTER":
        return item.see(1) == "SET"
    if word == "ON":
        return item.see(1) == "UPDATE"
    if word == "WITH":
        return item.see(1) not in ("TIME", "LOCAL")
    return word in STARTERS


def attribute(table, column, item, catalog):
    """One thing that follows the type of a column."""
    named = item.name() if item.take("CONSTRAINT") else ""
    if item.take("NOT NULL"):
        column.nullable = False
        _settings(Key("not_null", []), item)
    elif item.take("NULL"):
        column.nullable = True
    elif item.take("DEFAULT"):
        column.default = default(item)
    elif item.take("COLLATE"):
        column.meta["collation"] = ".".join(item.qualified())
    elif item.sees("PRIMARY KEY") or item.see() in ("UNIQUE", "CHECK", "REFERENCES", "KEY"):
        _own_key(table, column, item, named)
    elif item.see() in ("GENERATED", "AS"):
        _generated(column, item)
    elif item.take("IDENTITY"):
        column.meta["identity"] = _sequence(item)
        column.nullable = False
    elif item.take("AUTO_INCREMENT", "AUTOINCREMENT"):
        column.meta["identity"] = "auto_increment"
    elif item.take("COMMENT"):
        item.take("=")
        column.description = item.string()
    elif item.take("ON UPDATE"):
        column.meta["on_update"] = item.until(ends_type)
    elif item.take("OPTIONS"):
        column.description = options(item).get("description", column.description)
    elif item.take("CHARACTER SET", "CHARSET"):
        column.meta["encoding"] = item.name()
    elif item.take("ENCODE", "STORAGE", "COMPRESSION", "CODEC", "TTL"):
        item.skip()
    elif not item.take(
        *IDLE, "DEFERRABLE", "SPARSE", "ROWGUIDCOL", "INVISIBLE", "VISIBLE", "DISTKEY", "SORTKEY"
    ):
        odd = item.rest()
        catalog.odd(f"column {column.name}: {odd[:80]} was not understood.")


def _own_key(table, column, item, named):
    """A key or check that is written with its column."""
    if item.take("PRIMARY KEY", "KEY"):
        found = Key("primary_key", [column.name], named)
        column.nullable = False
    elif item.take("UNIQUE"):
        item.take("KEY")
        found = Key("unique", [column.name], named)
    elif item.take("CHECK"):
        found = Key("check", [column.name], named, expression=unwrapped(item.bracket().said()))
    else:
        item.need("REFERENCES")
        found = Key("foreign_key", [column.name], named)
        _reference(found, item)
    _settings(found, item)
    table.keys.append(found)


def default(item):
    """The text of a default: at least one word, up to what begins something else."""
    start = item.at
    item.skip()
    item.until(ends_type)
    return unwrapped(item.said(start, item.at))


def _generated(column, item):
    """GENERATED ALWAYS AS (…) STORED, GENERATED … AS IDENTITY, and AS (…) of others."""
    how = ""
    if item.take("GENERATED"):
        how = item.need("ALWAYS", "BY DEFAULT ON NULL", "BY DEFAULT")
    item.need("AS")
    if item.take("IDENTITY"):
        column.meta["identity"] = how.lower() or "always"
        column.nullable = False
        if item.see() == "(":
            item.bracket()
        return
    if item.take("ROW START", "ROW END"):
        column.meta["generated"] = {"expression": "row", "stored": True}
        return
    expression = item.bracket().said() if item.see() == "(" else item.until(ends_type)
    stored = item.take("STORED", "VIRTUAL", "PERSISTED") in ("STORED", "PERSISTED")
    column.meta["generated"] = {"expression": expression, "stored": stored}
    if column.type == "unknown":
        column.meta["read_as"] = "expression"


def _sequence(item):
    if item.see() == "(":
        return f"identity({item.bracket().said()})"
    return "identity"


def options(item):
    """OPTIONS(description="…") of BigQuery: {name: text}."""
    found = {}
    for option in item.items():
        name = option.name().lower()
        if option.take("=") and not option.done and option.words[option.at].kind in ("string", "name"):
            found[name] = option.next().value
    return found


# ---------- keys ----------


def key(table, item, catalog):
    """A key that is written apart from columns, or an index of MySQL."""
    named = item.name() if item.take("CONSTRAINT") and not _begins_key(item) else ""
    if item.take("PRIMARY KEY"):
        found = Key("primary_key", [], named)
        _columns_of(found, table, item)
    elif item.take("UNIQUE"):
        item.take("KEY", "INDEX")
        found = Key("unique", [], named)
        _columns_of(found, table, item)
    elif item.take("FOREIGN KEY"):
        if item.see() != "(":
            named = named or item.name()
        found = Key("foreign_key", item.names(), named)
        item.need("REFERENCES")
        _reference(found, item)
    elif item.take("CHECK"):
        found = Key("check", [], named, expression=unwrapped(item.bracket().said()))
    elif item.take("NOT NULL"):
        found = Key("not_null", [item.name()], named)
    elif item.dialect == "tsql" and item.take("DEFAULT"):
        text = unwrapped(item.until(lambda walk: walk.see() == "FOR"))
        item.need("FOR")
        named_column(table, item.name()).default = text
        return
    elif item.take("EXCLUDE"):
        table.facts.setdefault("exclusions", []).append({"name": named, "expression": item.rest()})
        return
    elif item.dialect == "mysql":
        ddl_indexes.of_mysql(table, item)
        return
    else:
        raise Misread(f"{item.rest()[:60] or 'Nothing'} is no key that is known here.")
    _settings(found, item)
    if not item.done:
        catalog.odd(f"key {found.name or found.type}: {item.rest()[:80]} was not understood.")
    add(table, found)


def _begins_key(item):
    return any(item.sees(phrase) for phrase in CONSTRAINTS) and item.see(1) in (
        "KEY",
        "(",
        "USING",
        "CLUSTERED",
    )


def add(table, found):
    """Put a key into a table: its columns must be there. Raises `Misread`."""
    named = []
    for name in found.columns:
        column = named_column(table, name)
        named.append(column.name)
        if found.type in ("primary_key", "not_null"):
            column.nullable = False
    found.columns = named
    if found.type == "not_null":
        return
    if found.type == "primary_key" and table.primary_key():
        raise Misread(f"The table {table.name} has a primary key already.")
    table.keys.append(found)


def named_column(table, name):
    """The column of this name. Raises `Misread` if there is none."""
    found = table.column(name)
    if found is None:
        raise Misread(f"The table {table.name} has no column {name}.")
    return found


def _columns_of(found, table, item):
    item.take("CLUSTERED", "NONCLUSTERED")
    item.take("NULLS NOT DISTINCT", "NULLS DISTINCT")
    if item.take("USING INDEX"):
        name = item.name()
        index = next((each for each in table.indexes if each.name == name), None)
        if index is None:
            raise Misread(f"The table {table.name} has no index {name}.")
        table.indexes.remove(index)
        found.columns, found.name = list(index.columns), found.name or name
        return
    if item.see() != "(":
        if item.take("USING"):
            item.name()
        else:
            found.name = found.name or item.name()
    found.columns = item.names()


def _reference(found, item):
    found.to = item.table()
    if item.see() == "(":
        found.to_columns = item.names()


def _settings(found, item):
    """What follows a key: its actions, whether it is enforced."""
    while not item.done:
        if item.take("ON DELETE"):
            found.on_delete = item.need(*ACTIONS)
            _some_columns(found, item)
        elif item.take("ON UPDATE"):
            found.on_update = item.need(*ACTIONS)
            _some_columns(found, item)
        elif item.take(*UNENFORCED):
            found.enforced = False
        elif item.take("DEFERRABLE"):
            found.deferrable = True
        elif item.take("USING INDEX TABLESPACE", "TABLESPACE"):
            item.name()
        elif item.take("INCLUDE"):
            found.meta["include"] = item.names()
        elif item.sees("WITH (") or item.sees("USING INDEX"):
            item.skip()
            item.take("INDEX")
            if item.see() == "(":
                item.skip()
        elif item.dialect == "tsql" and item.take("ON") or item.dialect == "mysql" and item.take("USING"):
            item.name()
        elif not item.take(*IDLE):
            return


def _some_columns(found, item):
    """ON DELETE SET NULL (column, …)."""
    if item.see() == "(":
        found.meta["set_columns"] = item.names()
