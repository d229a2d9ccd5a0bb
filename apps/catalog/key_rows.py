"""Rows of keys and indexes that a capsule document wants (section 3.2)."""

import json
from collections import Counter

from .column_rows import origin_of
from .key_entries import entry as entry_of_rows
from .key_entries import index_entry, referred
from .models import Constraint, Index
from .remainder import meta_with, noted, remainder
from .rewriting import rewrite

CHECK = Constraint.Kind.CHECK
LAST = 1_000_000


def write(wanted, columns):
    """Make keys, checks, defaults and indexes of each (capsule, state) equal to it; those left over are deleted.

    `columns` is {(capsule id, name): column} of those in use.
    """
    capsules = [capsule for capsule, _state in wanted]
    stored = _stored(capsules)
    values, brought, counted = {}, {}, Counter()
    for capsule, state in wanted:
        for position, (entry, names) in enumerate(_said(state.get("schema", {}))):
            rows = _rows(capsule, entry, names, position, columns)
            for row in rows:
                key = _key(row["column_id"], row["kind"], row["name"], row["ordinal"], counted)
                values[key], brought[key] = row, origin_of(capsule)
    for key, row in values.items():
        kept = stored[key].meta if key in stored else brought[key]
        ours = ("unresolved_ref", "value_type", "columns", "group", "doc")
        row["meta"] = {**{name: value for name, value in kept.items() if name not in ours}, **row["meta"]}
    left = rewrite(Constraint, stored, values)
    Constraint._base_manager.filter(pk__in=[row.pk for row in left]).delete()
    _write_indexes(wanted, capsules)


def _stored(capsules):
    rows = Constraint._base_manager.filter(column__capsule__in=capsules)
    counted = Counter()
    return {
        _key(row.column_id, row.kind, row.name, row.ordinal, counted): row
        for row in sorted(rows, key=lambda row: (_position(row), row.created_at, row.pk))
    }


def _position(row):
    found = noted(row.meta).get("position")
    return LAST if found is None else found


def _key(column_id, kind, name, ordinal, counted):
    """Rows have no name of their own: the n-th of its kind, name and place on its column."""
    key = (column_id, kind, name, ordinal)
    counted[key] += 1
    return (*key, counted[key])


def _said(schema):
    """(entry, names of columns) of every key of a canonical `schema`: those in columns, then those of several."""
    stack = [("", column) for column in reversed(schema.get("columns", ()))]
    while stack:
        parent, column = stack.pop()
        name = f"{parent}{column['name']}"
        for one in column.get("constraints", ()):
            yield one, [name]
        stack += [(f"{name}.", field) for field in reversed(column.get("fields", ()))]
    for one in schema.get("constraints", ()):
        yield one, one["columns"]


def _rows(capsule, entry, names, position, columns):
    several = "columns" in entry
    table, urns, unresolved = referred(entry["references"]) if "references" in entry else (None, [], None)
    meta = _meta(entry, unresolved)
    on = names
    if entry["type"] == CHECK and several:
        # One expression has one row, on its first column.
        on, meta = names[:1], {**meta, "columns": names}
    elif several and "name" not in entry:
        meta["group"] = ",".join(names)
    value, has_value = entry.get("value"), "value" in entry
    rows = [
        {
            "column_id": columns[capsule.pk, name].pk,
            "kind": entry["type"],
            "name": entry.get("name"),
            "ordinal": i + 1 if several and len(on) > 1 else None,
            "referenced_table_urn": table,
            "referenced_column_urn": urns[i] if i < len(urns) else None,
            "on_delete_action": entry.get("on_delete"),
            "on_update_action": entry.get("on_update"),
            "check_expression": entry.get("expression") if entry["type"] == CHECK else None,
            "default_expression": None if entry["type"] == CHECK else entry.get("expression"),
            "default_value": _text(value) if has_value else None,
            "is_enforced": entry.get("enforced", True),
            "is_deferrable": entry.get("deferrable", False),
            "meta": meta,
        }
        for i, name in enumerate(on)
    ]
    told = entry_of_rows([Constraint(**row) for row in rows], names, several=several)
    noted_meta = meta_with(meta, position=position, reference=_own(entry), rest=remainder(entry, told))
    return [{**row, "meta": noted_meta} for row in rows]


def _meta(entry, unresolved):
    meta = {}
    if unresolved is not None:
        meta["unresolved_ref"] = unresolved
    if "value" in entry:
        meta["value_type"] = _kind(entry["value"])
    return meta


def _own(entry):
    """What a reference says besides table and columns."""
    said = entry.get("references")
    if not isinstance(said, dict):
        return None
    return {key: value for key, value in said.items() if key == "meta" or key.startswith("x-")}


def _kind(value):
    if value is None:
        return "null"
    return "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"


def _text(value):
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _write_indexes(wanted, capsules):
    stored = {(row.capsule_id, row.name): row for row in Index._base_manager.filter(capsule__in=capsules)}
    values = {
        (capsule.pk, entry["name"]): _index(capsule, entry, position, stored.get((capsule.pk, entry["name"])))
        for capsule, state in wanted
        for position, entry in enumerate(state.get("schema", {}).get("indexes", ()))
    }
    left = rewrite(Index, stored, values)
    Index._base_manager.filter(pk__in=[row.pk for row in left]).delete()


def _index(capsule, entry, position, row):
    values = {
        "capsule_id": capsule.pk,
        "name": entry["name"],
        "kind": entry.get("type", Index.Kind.BTREE),
        "is_unique": entry.get("unique", False),
        "is_primary": entry.get("primary", False),
        "column_names": entry.get("columns", []),
        "expressions": entry.get("expressions"),
        "is_partial": "where" in entry,
        "partial_predicate": entry.get("where"),
        "tablespace": entry.get("tablespace"),
        "fill_factor": entry.get("fill_factor"),
    }
    rest = remainder(entry, index_entry(Index(**values)))
    return {
        **values,
        "meta": meta_with(row.meta if row else origin_of(capsule), position=position, rest=rest),
    }
