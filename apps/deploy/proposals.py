"""From a form to a document and back: the rows that a form shows of a document, and the document that its rows say.

Pure. A row remembers in `was` the entry of the document that it was made from, so that what the form does not show of
an entry is kept.
"""

import copy
import json
import re
from dataclasses import dataclass, field

IDENTITY = (
    "description",
    "layer",
    "owner",
    "domain",
    "tags",
    "materialization",
    "location",
    "format",
    "compression",
)
IDENTITY += ("database_name", "schema_name")
CALLED = re.compile(r"(?P<table>.+?)\((?P<columns>[^()]*)\)")
# The key of a constraint that says what it is about, by its type.
SAYS = {"foreign_key": "references", "check": "expression"}
HINT = "x-renamed-from"


@dataclass
class Said:
    """What a form says: `about` by key, and for each table its rows as dicts in order, None for a row left empty."""

    about: dict
    columns: list = field(default_factory=list)
    keys: list = field(default_factory=list)
    indexes: list = field(default_factory=list)


@dataclass
class Proposal:
    """The content of `data_capsule`, and where each part of it was written: {pointer: (table, row or key)}."""

    capsule: dict
    places: dict

    def place(self, pointer):
        """(table, row, rest of the pointer) of the longest known beginning of `pointer`; None if nobody wrote it."""
        parts = pointer.split("/")
        for end in range(len(parts), 1, -1):
            if (found := self.places.get("/".join(parts[:end]))) is not None:
                return (*found, parts[end:])
        return None


# ---------- from a document to rows ----------


def about_of(document):
    """The values of the first parts of the form."""
    found = {key: document.get(key, "") for key in IDENTITY}
    owner = document.get("owner") or ""
    found["owner"] = owner.get("team", "") if isinstance(owner, dict) else owner
    found["tags"] = list(document.get("tags", ()))
    partitioning = document.get("partitioning", {})
    found["partition_strategy"] = partitioning.get("strategy", "")
    found["partition_key"] = ", ".join(partitioning.get("key", ()))
    found["partition_expression"] = partitioning.get("expression", "")
    return found


def columns_of(document):
    """A row for each column."""
    return [
        {
            "was": column["name"],
            "name": column["name"],
            "data_type": column["data_type"],
            "nullable": column.get("is_nullable", True),
            "description": column.get("description", ""),
        }
        for column in document.get("schema", {}).get("columns", ())
    ]


def keys_of(document):
    """A row for each constraint, those of single columns first, in the order of the columns."""
    schema = document.get("schema", {})
    found = []
    for i, column in enumerate(schema.get("columns", ())):
        for j, entry in enumerate(column.get("constraints", ())):
            found.append(_key_row(entry, [column["name"]], f"/schema/columns/{i}/constraints/{j}"))
    for i, entry in enumerate(schema.get("constraints", ())):
        found.append(_key_row(entry, entry["columns"], f"/schema/constraints/{i}"))
    return found


def _key_row(entry, columns, was):
    return {
        "was": was,
        "type": entry["type"],
        "columns": ", ".join(columns),
        "name": entry.get("name", ""),
        "says": says(entry),
        "on_delete": entry.get("on_delete", ""),
    }


def says(entry):
    """What a constraint is about in one text: what it refers to, its condition, its value (`=` begins an expression)."""
    if entry["type"] == "default":
        if entry.get("expression"):
            return f"={entry['expression']}"
        value = entry.get("value")
        return value if isinstance(value, str) else json.dumps(value)
    found = entry.get(SAYS.get(entry["type"], ""), "")
    if isinstance(found, dict):
        columns = (
            found.get("columns") or [found["column"]] if found.get("column") or found.get("columns") else []
        )
        return f"{found['table']}({', '.join(columns)})"
    return found


def indexes_of(document):
    """A row for each index."""
    return [
        {
            "was": f"/schema/indexes/{i}",
            "name": entry["name"],
            "columns": ", ".join(entry.get("columns", ())),
            "type": entry.get("type", "btree"),
            "unique": entry.get("unique", False),
            "where": entry.get("where", ""),
        }
        for i, entry in enumerate(document.get("schema", {}).get("indexes", ()))
    ]


# ---------- from rows to a document ----------


def proposal(base, said, *, urn, name):
    """The `Proposal` that the form makes of the document `base`, {} for a new capsule.

    Only what differs from `base` is in it, so that what nobody touched stays as others have made it meanwhile.
    """
    capsule, places = {"urn": urn, "name": name}, {"/urn": ("about", "name"), "/name": ("about", "name")}
    _say_about(capsule, places, base, said.about)
    schema = _schema(base, said, places)
    if schema != base.get("schema", {}):
        capsule["schema"] = schema
    return Proposal(capsule, {f"/data_capsule{pointer}": place for pointer, place in places.items()})


def _say_about(capsule, places, base, about):
    before = about_of(base)
    for key in IDENTITY:
        places[f"/{key}"] = ("about", key)
        if key in about and typed(about[key] or "", before[key] or "") != (before[key] or ""):
            capsule[key] = typed(about[key], before[key])
    names = {"strategy": "partition_strategy", "key": "partition_key", "expression": "partition_expression"}
    for key, name in names.items():
        places[f"/partitioning/{key}"] = ("about", name)
    partitions = {key: typed(about.get(name, ""), before[name]) for key, name in names.items()}
    if any(partitions[key] != before[name] for key, name in names.items()):
        said = partitions
        said["key"] = split(said["key"])
        kept = {key: value for key, value in base.get("partitioning", {}).items() if key not in names}
        capsule["partitioning"] = kept | {key: value for key, value in said.items() if value}


def _schema(base, said, places):
    before = base.get("schema", {})
    by_name = {column["name"]: column for column in before.get("columns", ())}
    gone = {row["was"] for row in said.columns if row and row.get("gone") and row["was"]}
    renames = {
        row["was"]: row["name"]
        for row in said.columns
        if row and row["was"] and not row.get("gone") and row["was"] != typed(row["name"], row["was"])
    }
    columns = []
    for number, row in enumerate(said.columns):
        if row and not row.get("gone"):
            places[f"/schema/columns/{len(columns)}"] = ("columns", number)
            columns.append(_column(row, by_name.get(row["was"], {})))
    wide = _keys(said.keys, base, columns, gone, renames, places)
    indexes = _indexes(said.indexes, base, renames, places)
    found = {key: value for key, value in before.items() if key not in ("columns", "constraints", "indexes")}
    parts = {"columns": columns, "constraints": wide, "indexes": indexes}
    return found | {key: value for key, value in parts.items() if value}


def _column(row, before):
    entry = {key: copy.deepcopy(value) for key, value in before.items() if key != "constraints"}
    name = typed(row["name"], row["was"])
    entry |= {"name": name, "data_type": typed(row["data_type"], before.get("data_type", ""))}
    if row["was"] and row["was"] != name:
        entry[HINT] = row["was"]
    _put(entry, "description", typed(row["description"], before.get("description", "")))
    _put(entry, "is_nullable", None if row["nullable"] else False)
    return entry


def _keys(rows, base, columns, gone, renames, places):
    """Put constraints of one column into it; returns those of several."""
    position = {column["name"]: i for i, column in enumerate(columns)}
    columns_before = columns_by_pointer(base)
    wide = []
    for number, row in enumerate(rows):
        if not row or row.get("gone"):
            continue
        before = at(base, row["was"])
        names = _columns_of(row, columns_before.get(row["was"]))
        if before and names and gone.issuperset(names):
            continue  # it goes with its column
        names = [renames.get(name, name) for name in names]
        entry = _key(row, before)
        if len(names) == 1 and names[0] in position:
            column = columns[position[names[0]]]
            mine = column.setdefault("constraints", [])
            places[f"/schema/columns/{position[names[0]]}/constraints/{len(mine)}"] = ("keys", number)
            mine.append(entry)
        else:
            places[f"/schema/constraints/{len(wide)}"] = ("keys", number)
            wide.append({**entry, "columns": names})
    return wide


def _key(row, before):
    entry = {key: value for key, value in before.items() if key != "columns"}
    if before and before["type"] != row["type"]:
        entry = {}
    same = bool(entry) and typed(row["says"], says(before)) == says(before)
    entry["type"] = row["type"]
    _put(entry, "name", typed(row["name"], before.get("name", "")))
    _put(entry, "on_delete", row["on_delete"])
    if not same:
        for key in ("references", "expression", "value"):
            entry.pop(key, None)
        if row["says"] or row["type"] == "default":
            entry |= _about(row["type"], row["says"])
    return entry


def _about(kind, text):
    if kind == "foreign_key":
        called = CALLED.fullmatch(text.strip())
        if called is None:
            return {"references": text}
        return {"references": {"table": called["table"].strip(), "columns": split(called["columns"])}}
    if kind == "check":
        return {"expression": text}
    if kind == "default":
        return {"expression": text[1:].strip()} if text.startswith("=") else {"value": _literal(text)}
    return {}


def _literal(text):
    """A number, true, false or null as such; everything else as text."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(found, dict | list | str) else found


def _indexes(rows, base, renames, places):
    found = []
    for number, row in enumerate(rows):
        if not row or row.get("gone"):
            continue
        before = at(base, row["was"])
        entry = dict(before)
        entry["name"] = typed(row["name"], before.get("name", ""))
        names = _columns_of(row, before.get("columns"))
        _put(entry, "columns", [renames.get(name, name) for name in names])
        _put(entry, "type", "" if row["type"] == "btree" else row["type"])
        _put(entry, "unique", row["unique"] or None)
        _put(entry, "where", typed(row["where"], before.get("where", "")))
        places[f"/schema/indexes/{len(found)}"] = ("indexes", number)
        found.append(entry)
    return found


# ---------- others have changed it meanwhile ----------


def merged(base, mine, now):
    """The part `schema` of three: what I changed of `base`, over what others have made of it (`now`).

    Columns are told apart by name; where both changed the same one, mine is taken.
    """
    if base == now:
        return mine
    found = {**now, **{key: value for key, value in mine.items() if key not in base or base[key] != value}}
    columns = {key: {c["name"]: c for c in each.get("columns", ())} for key, each in
               (("base", base), ("mine", mine), ("now", now))}  # fmt: skip
    kept = []
    for name, column in columns["mine"].items():
        was = column.get(HINT) or name
        if column == columns["base"].get(name):
            if name in columns["now"]:
                kept.append(columns["now"][name])
        elif was in columns["now"] or was not in columns["base"]:
            kept.append(column)
    known = columns["base"].keys() | {column["name"] for column in kept}
    found["columns"] = kept + [column for name, column in columns["now"].items() if name not in known]
    for key in ("constraints", "indexes"):
        found[key] = _merged_list(base.get(key, []), mine.get(key, []), now.get(key, []))
    return {key: value for key, value in found.items() if value}


def _merged_list(base, mine, now):
    dropped = [entry for entry in base if entry not in mine]
    added = [entry for entry in mine if entry not in base and entry not in now]
    return [entry for entry in now if entry not in dropped] + added


def typed(text, before):
    """What was typed; what stood there before where the two differ by blanks and ends of lines alone.

    Browsers send other ends of lines than they were given, and blanks at the edges are lost in a form.
    """
    if isinstance(text, str) and isinstance(before, str) and _bare(text) == _bare(before):
        return before
    return text.replace("\r\n", "\n") if isinstance(text, str) else text


def _bare(text):
    return text.replace("\r\n", "\n").strip()


def _columns_of(row, before):
    """The names of a row's columns; those of before, which may hold commas, where nobody has touched them."""
    if before and _bare(row["columns"]) == _bare(", ".join(before)):
        return list(before)
    return split(row["columns"])


def columns_by_pointer(document):
    """{pointer of a constraint: names of its columns}."""
    schema = document.get("schema", {})
    found = {
        f"/schema/constraints/{i}": entry["columns"] for i, entry in enumerate(schema.get("constraints", ()))
    }
    for i, column in enumerate(schema.get("columns", ())):
        for j in range(len(column.get("constraints", ()))):
            found[f"/schema/columns/{i}/constraints/{j}"] = [column["name"]]
    return found


def split(text):
    """Names parted by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def at(document, pointer):
    """The entry at a pointer that a row remembers; {} for a new row, or where there is none."""
    found = document
    for part in pointer.split("/")[1:]:
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, ValueError):
            return {}
    return found if pointer and isinstance(found, dict) else {}


def _put(entry, key, value):
    if value in ("", None, []):
        entry.pop(key, None)
    else:
        entry[key] = value
