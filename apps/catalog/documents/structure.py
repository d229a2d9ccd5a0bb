"""Columns, constraints and indexes (document format, section 3.2; rules R7 to R9, S2 to S4, S11, S17, S18)."""

from dataclasses import dataclass

from apps.catalog import urns

from . import references, sql
from .keys import COLUMN, CONSTRAINT, INDEX, SCHEMA, arranged
from .places import Place

COMPOSITE = ("primary_key", "foreign_key", "unique", "check")  # others are one row a column


@dataclass
class Declared:
    """A column of `schema`, nested ones too, under its dotted name."""

    name: str
    entry: dict  # as written
    place: Place
    found: dict  # in canonical form, constraints and nullability still open


@dataclass
class Constraint:
    """A constraint wherever it was written; `column` is the one it was written in, if any."""

    entry: dict
    place: Place
    columns: list
    column: str = ""

    @property
    def type(self):
        return self.entry["type"]


def declared_names(section):
    """The dotted names of every column in `section`, in order."""
    stack = [("", column) for column in reversed(section.get("columns", []))]
    names = []
    while stack:
        parent, column = stack.pop()
        name = f"{parent}{column['name']}"
        names.append(name)
        stack += [(f"{name}.", field) for field in reversed(column.get("fields", []))]
    return names


def normal(section, place):
    """`schema` in canonical form.

    A constraint on one column stands in that column, one on several in `constraints`; a column that may not be
    null says so, whatever makes it so.
    """
    columns = {}
    tops = [
        _column(column, "", place / "columns" / i, columns)
        for i, column in enumerate(section.get("columns", []))
    ]
    if len(columns) > place.desk.limits.columns:
        message = f"A capsule has at most {place.desk.limits.columns:,} columns, nested ones counted."
        (place / "columns").say("E016", message, "Split the capsule.")
        return {}
    _names_differ_by_more_than_case(columns)
    wide = _constraints(section, columns, place)
    names = {}
    indexes = [
        _index(entry, place / "indexes" / i, names) for i, entry in enumerate(section.get("indexes", []))
    ]
    for column in columns.values():
        column.found = arranged(column.found, COLUMN)
    return arranged(
        {
            **section,
            "columns": [_assembled(name, columns) for name in tops],
            "constraints": wide,
            "indexes": indexes,
        },
        SCHEMA,
    )


def _assembled(name, columns):
    column = columns[name].found
    if "fields" in column:
        column["fields"] = [_assembled(inner, columns) for inner in column["fields"]]
    return column


def _column(entry, parent, place, columns):
    name = f"{parent}{entry['name']}"
    if name in columns:
        message = f"The column {name} is declared twice."
        (place / "name").say("E301", message, "Rename or remove one of the two.")
        name = f"{name}\x00{len(columns)}"  # keeps its place in the list; the document is refused anyway
    own = len(urns.of_column(place.desk.urn, name))
    if own > urns.LONGEST or len(name) > 255:
        message = f"The address of the column {name[:40]}… is too long to be stored."
        (place / "name").say("E105", message, "Allowed: at most 500 characters, the capsule's URN included.")
    if not sql.is_type(entry["data_type"], place.desk.dialect):
        message = f"The data type {entry['data_type'][:60]!r} cannot be read; it is kept."
        (place / "data_type").say("W219", message, "Write it as the source system does, such as VARCHAR(36).")
    found = {key: value for key, value in entry.items() if key != "constraints"}
    columns[name] = Declared(name, entry, place, found)
    if "fields" in entry:
        found["fields"] = [
            _column(field, f"{name}.", place / "fields" / i, columns)
            for i, field in enumerate(entry["fields"])
        ]
    return name


def _names_differ_by_more_than_case(columns):
    seen = {}
    for name, column in columns.items():
        other = seen.setdefault(name.casefold(), name)
        if other != name and other.casefold() == name.casefold():
            message = f"The columns {other} and {name} differ by case alone."
            (column.place / "name").say("W215", message, "Rename one; many systems take them for the same.")


def _constraints(section, columns, place):
    """Put one-column constraints into their columns; return those of several columns."""
    found = []
    for column in columns.values():
        for i, entry in enumerate(column.entry.get("constraints", [])):
            at = column.place / "constraints" / i
            found.append(Constraint(entry, at, entry.get("columns") or [column.name], column.name))
    for i, entry in enumerate(section.get("constraints", [])):
        found.append(Constraint(entry, place / "constraints" / i, entry["columns"]))
    found = [one for one in found if _known_columns(one, columns)]
    _one_primary_key(found)
    _names_unique(found)
    wide, primary = [], []
    for one in found:
        _nullability(one, columns)
        entry = _entry(one)
        if one.type == "primary_key" and len(one.columns) == 1:
            primary.append((one, entry))
        elif len(one.columns) == 1 or one.type not in COMPOSITE:
            for name in one.columns:
                _place(entry, columns[name])
        else:
            wide.append(arranged({**entry, "columns": one.columns}, CONSTRAINT))
    return _primary(primary, columns) + wide


def _place(entry, column):
    mine = column.found.setdefault("constraints", [])
    if entry not in mine:
        mine.append(entry)


def _primary(primary, columns):
    """Several columns that each say they are the key make one key together, in their order (S3)."""
    names = list(dict.fromkeys(one.columns[0] for one, _ in primary))
    if len(names) > 1:
        entry = next((entry for _, entry in primary if "name" in entry), primary[0][1])
        return [arranged({**entry, "columns": [name for name in columns if name in names]}, CONSTRAINT)]
    if names:
        mine = columns[names[0]].found
        mine["constraints"] = [primary[0][1], *mine.get("constraints", [])]
    return []


def _known_columns(one, columns):
    missing = [(i, name) for i, name in enumerate(one.columns) if name not in columns]
    for i, name in missing:
        where = one.place / "columns" / i if "columns" in one.entry else one.place
        where.say(
            "E310", f"The column {name} is not declared in schema.columns.", f"Declare {name}, or correct it."
        )
    return not missing


def _one_primary_key(found):
    keys = [one for one in found if one.type == "primary_key"]
    whole = [one for one in keys if not one.column or len(one.columns) > 1]
    single = [one for one in keys if one not in whole]
    for extra in whole[1:]:
        message = "There is a second primary key."
        extra.place.say("E302", message, "Keep one; a key over several columns lists them all.")
    if whole and single:
        message = "The primary key is written both at a column and for the whole capsule."
        whole[0].place.say("E302", message, "Keep one of the two forms.")


def _names_unique(found):
    seen = set()
    for one in found:
        name = one.entry.get("name")
        key = (one.type, frozenset(one.columns), name)
        if name and key in seen:
            message = f"The constraint {name} is there twice on the same columns."
            (one.place / "name").say("E301", message, "Rename or remove one of the two.")
        seen.add(key)


def _nullability(one, columns):
    if one.type not in ("primary_key", "not_null"):
        return
    for name in one.columns:
        column = columns[name]
        if column.entry.get("is_nullable") is True:
            said = "belongs to the primary key" if one.type == "primary_key" else "has a not_null constraint"
            message = f"{name} {said} and says is_nullable: true."
            (column.place / "is_nullable").say(
                "E311", message, "Write is_nullable: false, or remove the constraint."
            )
        column.found["is_nullable"] = False


def _entry(one):
    entry = {key: value for key, value in one.entry.items() if key != "columns"}
    if one.type == "foreign_key":
        entry["references"] = references.normal(
            entry["references"], one.place / "references", len(one.columns)
        )
    elif "references" in entry:
        entry["references"] = references.normal(entry["references"], one.place / "references")
    if entry.get("expression") and not one.place.is_expression(entry["expression"]):
        message = "The expression cannot be read as SQL; it is kept."
        (one.place / "expression").say("W218", message, "Check its brackets and quotes.")
    return arranged(entry, CONSTRAINT)


def _index(entry, place, names):
    name = entry["name"]
    others = names.setdefault(name.casefold(), set())
    if name in others:
        (place / "name").say("E301", f"The index {name} is there twice.", "Rename or remove one of the two.")
    elif others:
        (place / "name").say("W215", f"The index {name} differs from another by case alone.", "Rename one.")
    others.add(name)
    for i, column in enumerate(entry.get("columns", [])):
        if column not in place.desk.columns:
            message = f"The column {column} is not declared in schema; it is kept as a name."
            (place / "columns" / i).say("W206", message, f"Add {column} to schema.columns.")
    for i, expression in enumerate(entry.get("expressions", [])):
        if not place.is_expression(expression):
            message = "The expression cannot be read as SQL; it is kept."
            (place / "expressions" / i).say("W218", message, "Check its brackets and quotes.")
    if entry.get("where") and not place.is_expression(entry["where"]):
        message = "The condition cannot be read as SQL; it is kept."
        (place / "where").say("W218", message, "Check its brackets and quotes.")
    return arranged(entry, INDEX)
