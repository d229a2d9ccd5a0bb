"""ALTER TABLE and its relatives, one action after the other. Pure."""

from . import ddl_others, ddl_tables, ddl_types
from .ddl_words import Misread

# Actions that change nothing of what capsules are, by their first words.
IDLE = (
    "OWNER TO",
    "ENABLE",
    "DISABLE",
    "CLUSTER",
    "SET WITHOUT",
    "SET LOGGED",
    "SET UNLOGGED",
    "SET TABLESPACE",
    "SET ACCESS",
    "SET STATISTICS",
    "SET (",
    "RESET",
    "REPLICA",
    "FORCE",
    "NO FORCE",
    "VALIDATE",
    "DEPENDS",
    "NO DEPENDS",
    "CHECK CONSTRAINT",
    "WITH CHECK CHECK",
    "AUTO_INCREMENT",
    "ENGINE",
    "DEFAULT CHARSET",
    "CONVERT",
    "REBUILD",
    "SET TBLPROPERTIES",
    "SET OPTIONS",
)


def alter(catalog, walk):
    """Carry out an ALTER of a table, a view or an index. Raises `Misread`."""
    kind = walk.take("TABLE", "FOREIGN TABLE", "MATERIALIZED VIEW", "VIEW", "INDEX", "DOMAIN", "TYPE")
    if not kind:
        raise Misread(f"ALTER {walk.rest()[:40]} is nothing that is known here.")
    if kind in ("DOMAIN", "TYPE"):
        return _type(catalog, walk)
    walk.take("ALL IN TABLESPACE")
    walk.take("IF EXISTS")
    walk.take("ONLY")
    name = walk.table()
    walk.take("*")
    if kind == "INDEX":
        return _index(catalog, walk, name)
    if _is_idle(walk):
        return None  # also of a sequence: dumps call those tables too
    table = catalog.need(name)
    if walk.take("WITH CHECK", "WITH NOCHECK"):
        pass
    while not walk.done:
        _action(catalog, table, walk)
        if not walk.done:
            walk.need(",")
    return None


def _is_idle(walk):
    return any(walk.sees(phrase) for phrase in IDLE)


def _action(catalog, table, walk):
    """One action, up to a comma outside of brackets."""
    start = walk.at
    while not walk.done and walk.see() != ",":
        walk.skip()
    item = walk.between(start, walk.at)
    if _is_idle(item):
        return
    if item.take("ADD"):
        _add(catalog, table, item, walk)
    elif item.take("ALTER", "MODIFY", "CHANGE") or item.sees("ALTER COLUMN"):
        _change(catalog, table, item, walk.words[start].upper)
    elif item.take("DROP"):
        _drop(table, item)
    elif item.take("RENAME"):
        _rename(catalog, table, item)
    elif item.take("SET SCHEMA"):
        schema = item.name()
        catalog.rename(table, type(table.name)(table.name.name, schema, table.name.database))
    elif item.take("ATTACH PARTITION"):
        _attach(catalog, table, item)
    elif item.take("DETACH PARTITION"):
        _detach(catalog, table, item)
    elif item.take("INHERIT"):
        table.parents.append(catalog.need(item.table()).name)
    elif item.take("NO INHERIT"):
        parent = catalog.need(item.table()).name
        table.parents = [each for each in table.parents if each != parent]
    elif item.take("COMMENT"):
        item.take("=")
        table.description = item.string()
    elif not item.take("OF", "NOT OF", "PARTITION", "SWITCH", "SWAP"):
        raise Misread(f"{item.rest()[:60]} is no change of a table that is known here.")
    else:
        catalog.odd(f"{item.rest()[:60]} was not understood.")


def _add(catalog, table, item, walk):
    if item.see() == "(":
        for each in item.items():
            ddl_tables.part(table, each, catalog)
        return
    if not ddl_tables.is_key(item):
        item.take("COLUMN")
        item.take("IF NOT EXISTS")
    if item.see() == "PARTITION":
        return
    if item.see() in ("INDEX", "KEY") and item.dialect != "mysql":
        raise Misread(f"ADD {item.rest()[:60]} is nothing that is known here.")
    if item.sees("CONSTRAINT IF NOT EXISTS"):
        del item.words[item.at + 1 : item.at + 4]
    ddl_tables.part(table, item, catalog)


def _change(catalog, table, item, verb):
    """ALTER [COLUMN], and MODIFY and CHANGE of MySQL and Oracle, which write the column anew."""
    item.take("COLUMN")
    if item.take("CONSTRAINT"):
        return
    if verb in ("MODIFY", "CHANGE"):
        for each in item.items() if item.see() == "(" else [item]:
            _rewrite(catalog, table, each, verb)
        return
    column = ddl_tables.named_column(table, item.name())
    if item.take("SET DEFAULT", "ADD DEFAULT"):
        column.default = ddl_tables.default(item)
    elif item.take("DROP DEFAULT"):
        column.default = ""
    elif item.take("SET NOT NULL"):
        column.nullable = False
    elif item.take("DROP NOT NULL"):
        column.nullable = True
    elif item.take("SET DATA TYPE", "TYPE"):
        column.type = _written_type(catalog, item)
    elif item.take("ADD GENERATED"):
        column.meta["identity"] = item.need("ALWAYS", "BY DEFAULT").lower()
        column.nullable = False
    elif item.take("DROP IDENTITY"):
        column.meta.pop("identity", None)
    elif item.take("DROP EXPRESSION"):
        column.meta.pop("generated", None)
    elif item.see() in ("SET", "RESET"):
        item.rest()  # statistics, storage, compression
    else:
        # T-SQL writes the type at once.
        column.type = _written_type(catalog, item)
        column.nullable = not item.take("NOT NULL")


def _rewrite(catalog, table, item, verb):
    before = ddl_tables.named_column(table, item.name())
    name = item.name() if verb == "CHANGE" else before.name
    type_ = _written_type(catalog, item) or before.type
    if name != before.name:
        _rename_column(table, before, name)
    before.type = type_
    while not item.done:
        if item.take("FIRST"):
            continue
        if item.take("AFTER"):
            item.name()
            continue
        ddl_tables.attribute(table, before, item, catalog)


def _written_type(catalog, item):
    start = item.at
    item.until(lambda walk: ddl_tables.ends_type(walk) or walk.see() in ("USING", "AFTER", "FIRST"))
    found = ddl_types.spelled(item.said(start, item.at), item.dialect, catalog.schema)
    if item.take("COLLATE"):
        item.qualified()
    if item.take("USING"):
        item.rest()
    return found


def _drop(table, item):
    if item.take("CONSTRAINT", "INDEX", "KEY", "FOREIGN KEY"):
        item.take("IF EXISTS")
        name = item.name()
        table.keys = [key for key in table.keys if key.name != name]
        table.indexes = [index for index in table.indexes if index.name != name]
    elif item.take("PRIMARY KEY"):
        table.keys = [key for key in table.keys if key.type != "primary_key"]
    else:
        item.take("COLUMN")
        item.take("IF EXISTS")
        column = ddl_tables.named_column(table, item.name())
        table.columns.remove(column)
        table.keys = [key for key in table.keys if column.name not in key.columns]
        table.indexes = [index for index in table.indexes if column.name not in index.columns]


def _rename(catalog, table, item):
    if item.take("CONSTRAINT", "INDEX"):
        before = item.name()
        item.need("TO")
        after = item.name()
        for each in [*table.keys, *table.indexes]:
            if each.name == before:
                each.name = after
    elif item.take("TO", "AS"):
        catalog.rename(table, item.table())
    else:
        item.take("COLUMN")
        column = ddl_tables.named_column(table, item.name())
        item.need("TO")
        _rename_column(table, column, item.name())


def _rename_column(table, column, name):
    if table.column(name) not in (None, column):
        raise Misread(f"The table {table.name} has a column {name} already.")
    for each in [*table.keys, *table.indexes]:
        each.columns = [name if one == column.name else one for one in each.columns]
    column.name = name


def _attach(catalog, table, item):
    child = catalog.need(item.table())
    child.parent, child.bound = table.name, item.rest()
    table.partitions.append({"name": child.name.name, "bound": child.bound})


def _detach(catalog, table, item):
    child = catalog.need(item.table())
    child.parent, child.bound = None, ""
    table.partitions = [each for each in table.partitions if each["name"] != child.name.name]


def _index(catalog, walk, name):
    """ALTER INDEX: only a new name matters; a partition's index has none in the catalogue."""
    if walk.take("RENAME TO"):
        after = walk.name()
        for table in catalog.tables.values():
            for each in [*table.indexes, *table.keys]:
                if each.name == name.name:
                    each.name = after


def _type(catalog, walk):
    """ALTER TYPE … ADD VALUE, ALTER DOMAIN … ADD CHECK; owners and the like are passed over."""
    name = ddl_types.spelled(ddl_others.type_name(walk), catalog.dialect, catalog.schema)
    found = catalog.types.get(name)
    if found is None:
        return
    if walk.take("ADD VALUE"):
        walk.take("IF NOT EXISTS")
        value = walk.string()
        at = len(found.values)
        if place := walk.take("BEFORE", "AFTER"):
            other = walk.string()
            at = found.values.index(other) + (place == "AFTER") if other in found.values else at
        found.values.insert(at, value)
    elif walk.take("ADD"):
        if walk.take("CONSTRAINT"):
            walk.name()
        if walk.take("CHECK"):
            found.checks.append(ddl_tables.unwrapped(walk.bracket().said()))
