"""A capsule as the statement that would make its table."""

from .keys import Kind


def create_table(capsule, columns, keys, known=()):
    """`CREATE TABLE …` of the capsule's columns and keys.

    Foreign keys are written only towards the capsules in `known` ({urn: capsule}): an address that the reader
    may not see is not told.
    """
    lines = [_column(column) for column in columns]
    lines += filter(None, (_key(key, known) for key in keys))
    body = ",\n".join(f"    {line}" for line in lines)
    return f"CREATE TABLE {_table(capsule)} (\n{body}\n);\n"


def _table(capsule):
    parts = [capsule.database_name, capsule.schema_name, capsule.name]
    return ".".join(quoted(part) for part in parts if part)


def _column(column):
    data_type = "" if column.data_type in (None, "", "unknown") else f" {column.data_type}"
    return f"{quoted(column.name)}{data_type}{'' if column.is_nullable else ' NOT NULL'}"


def _key(key, known):
    names = ", ".join(quoted(column.name) for column in key.columns)
    named = f"CONSTRAINT {quoted(key.name)} " if key.name else ""
    if key.kind == Kind.PRIMARY_KEY:
        return f"{named}PRIMARY KEY ({names})"
    if key.kind == Kind.UNIQUE:
        return f"{named}UNIQUE ({names})"
    if key.kind == Kind.CHECK and key.expression:
        return f"{named}CHECK ({key.expression})"
    if key.kind == Kind.FOREIGN_KEY and key.table_urn in known:
        columns = ", ".join(quoted(name) for name in key.referenced)
        target = f"{_table(known[key.table_urn])}{f' ({columns})' if columns else ''}"
        return f"{named}FOREIGN KEY ({names}) REFERENCES {target}"
    return None


def quoted(name):
    """The name as an SQL identifier, in quotes where it needs them."""
    if name.isidentifier() and name.isascii() and name == name.lower():
        return name
    return '"' + name.replace('"', '""') + '"'
