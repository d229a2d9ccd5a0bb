"""Rows of columns that a capsule document wants: created, renamed in place, changed, retired (section 3.2, rule S2b)."""

from decimal import Decimal

from django.utils import timezone

from . import urns
from .column_entries import UNKNOWN, StoredColumn
from .documents.renames import HINT
from .models import Column, ValueDomain
from .remainder import meta_with, remainder
from .rewriting import BATCH, rewrite

LONGEST_TYPE = 100
PLAIN = "semantic_type pii_type unit_of_measure format_pattern".split()


def write(wanted):
    """Make the columns of each (capsule, state) equal to it; returns {(capsule id, name): column} of those in use.

    A column that the document does not name is retired, one that it names again is back; a hint renames the row.
    """
    capsules = [capsule for capsule, _state in wanted]
    stored = {
        (column.capsule_id, column.name): column
        for column in Column._base_manager.filter(capsule__in=capsules).defer("stats")
    }
    for capsule, state in wanted:
        _rename(capsule, state, stored)
    named = {
        entry["value_domain"]
        for _capsule, state in wanted
        for entry in state.get("columns", {}).values()
        if "value_domain" in entry
    }
    domains = dict(ValueDomain._base_manager.filter(name__in=named).values_list("name", "pk"))
    values = {
        (capsule.pk, name): _values(capsule, name, entry, meaning, position, stored, domains)
        for capsule, state in wanted
        for position, (name, entry, meaning) in enumerate(_named(state), 1)
    }
    left = [column for column in rewrite(Column, stored, values) if column.retired_at is None]
    for column in left:
        column.retired_at = timezone.now()
    if left:
        Column._base_manager.bulk_update(left, ["retired_at"], batch_size=BATCH)
    found = Column._base_manager.filter(capsule__in=capsules, retired_at__isnull=True).only(
        "capsule_id", "name", "urn"
    )
    return {(column.capsule_id, column.name): column for column in found}


def origin_of(capsule):
    """The `meta` of a new row: who brought it, if that is a reader."""
    origin = capsule.noting.get("origin")
    return {"origin": origin} if origin else {}


def _named(state):
    """(name, entry of `schema` with its `parent` or None, entry of `columns`) of every column, in order."""
    meaning = state.get("columns", {})
    declared = list(_declared(state.get("schema", {}).get("columns", ())))
    for name, entry in declared:
        yield name, entry, meaning.get(name, {})
    known = {name for name, _entry in declared}
    for name in sorted(meaning.keys() - known):
        yield name, None, meaning[name]


def _declared(columns, parent=""):
    for column in columns:
        name = f"{parent}.{column['name']}" if parent else column["name"]
        yield name, {**column, "parent": parent}
        yield from _declared(column.get("fields", ()), name)


def _rename(capsule, state, stored):
    """Give rows the new names of their hints, fields inside of them too; a retired row makes room."""
    moved = {}
    for name, entry, _meaning in list(_named(state)):
        parent = (entry or {}).get("parent", "")
        leaf = name[len(parent) + 1 :] if parent else name
        before = (entry or {}).get(HINT) or (f"{moved[parent]}.{leaf}" if parent in moved else None)
        row = stored.get((capsule.pk, before))
        taken = stored.get((capsule.pk, name))
        if row is None or row.retired_at or (taken and not taken.retired_at):
            continue
        moved[name] = before
        if taken:
            _set_aside(taken, stored)
        del stored[capsule.pk, before]
        stored[capsule.pk, name] = row


def _set_aside(column, stored):
    """Free the name of a retired column for one that takes it; its own row keeps it with the day it went."""
    del stored[column.capsule_id, column.name]
    column.name = f"{column.name[:200]} (until {column.retired_at:%Y-%m-%d %H:%M:%S.%f})"
    column.urn = f"{column.urn[:440]}~{column.pk}"
    column.save(update_fields=["name", "urn"])
    stored[column.capsule_id, column.name] = column


def _values(capsule, name, entry, meaning, position, stored, domains):
    row = stored.get((capsule.pk, name))
    meta = dict(row.meta) if row else origin_of(capsule)
    declared = entry is not None
    text, definition = (entry or meaning).get("description"), meaning.get("business_definition")
    alone = definition is not None and text is None
    data_type = entry["data_type"] if declared else UNKNOWN
    domain = meaning.get("value_domain")
    span = meaning.get("range", {})
    values = {
        "capsule_id": capsule.pk,
        "name": name,
        "urn": urns.of_column(capsule.urn, name),
        "data_type": data_type[:LONGEST_TYPE],
        "ordinal_position": position,
        "is_nullable": entry.get("is_nullable", True) if declared else True,
        "description": definition if alone else text,
        **{key: meaning.get(key) for key in PLAIN},
        "pii_detected_by": _detected(row, meaning),
        "value_domain_name": domain,
        "value_domain_id": domains.get(domain),
        "value_range_min": _decimal(span.get("min")),
        "value_range_max": _decimal(span.get("max")),
        "allowed_values": meaning.get("allowed_values"),
        "example_values": meaning.get("example_values", []),
        "tags": meaning.get("tags", []),
        "retired_at": None,
    }
    meta = {key: value for key, value in meta.items() if key not in ("declared", "parent")}
    if not declared:
        meta["declared"] = False
    elif entry["parent"]:
        meta["parent"] = entry["parent"]
    for key, value in (
        ("business_name", meaning.get("business_name")),
        ("business_definition", None if alone else definition),
    ):
        meta.pop(key, None)
        if value is not None:
            meta[key] = value
    values["meta"] = _noted(values, meta, entry, meaning, alone, data_type)
    return values


def _noted(values, meta, entry, meaning, alone, data_type):
    """The row's `meta` with what its columns cannot say."""
    notes = {
        "definition": alone or None,
        "data_type": data_type if len(data_type) > LONGEST_TYPE else None,
        "schema": None,
        "columns": None,
    }
    plain = StoredColumn({**values, "meta": meta_with(meta, **notes), "value_domain__name": None})
    if entry is not None:
        own = {key: value for key, value in entry.items() if key not in (HINT, "parent")}
        told = plain.declaration(entry.get("constraints", []), entry.get("fields", []))
        notes["schema"] = remainder(own, {**told, "is_nullable": None})
    own = {key: value for key, value in meaning.items() if key != "business_terms"}
    notes["columns"] = remainder(own, plain.meaning())
    return meta_with(meta, **notes)


def _detected(row, meaning):
    """Who says that a column is personal: kept while the kind stays, else the person behind the document."""
    kind = meaning.get("pii_type")
    if kind is None:
        return None
    return row.pii_detected_by if row is not None and row.pii_type == kind else "manual"


def _decimal(value):
    return None if value is None else Decimal(repr(value))
