"""Keys, checks, defaults and indexes in a capsule document (section 3.2; rule R7)."""

import json
from collections import defaultdict
from urllib.parse import unquote

from django.db.models import Q

from . import urns
from .documents.keys import CONSTRAINT, INDEX
from .documents.references import joined, split
from .models import Constraint, Index
from .remainder import entry_of, noted, told_of

LAST = 1_000_000  # rows that no document has put in an order follow those of one
WIDE = ("primary_key", "foreign_key", "unique", "check")  # kinds that may be on several columns


def constraints(capsules, but_of=""):
    """{capsule id: ({column name: entries}, entries of several columns)}; one query.

    Without those that a reader of the origin `but_of` has brought.
    """
    found = Constraint._base_manager.filter(column__capsule__in=capsules, column__retired_at__isnull=True)
    if but_of:
        found = found.filter(~Q(meta__origin=but_of) | Q(meta__origin__isnull=True))
    rows = (
        found.select_related("column")
        .defer("column__stats", "column__meta")
        .order_by("column__ordinal_position", "column__name", "kind", "name", "created_at", "id")
    )
    groups = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[row.column.capsule_id][_group(row)].append(row)
    return {capsule_id: _placed(list(found.values())) for capsule_id, found in groups.items()}


def _group(row):
    """Rows of one key over several columns share this; every other row is alone."""
    if row.ordinal is None:
        return row.pk
    return row.kind, row.name, str(row.meta.get("group", "")), noted(row.meta).get("position")


def _placed(groups):
    own, wide, primary = defaultdict(list), [], []
    for rows in sorted(groups, key=lambda rows: _position(rows[0])):
        rows.sort(key=lambda row: row.ordinal or 0)
        first = rows[0]
        columns = [row.column.name for row in rows]
        if first.kind == Constraint.Kind.CHECK and isinstance(first.meta.get("columns"), list):
            columns = first.meta["columns"]
        if first.kind == Constraint.Kind.PRIMARY_KEY and len(columns) == 1:
            primary.append(rows)
        elif len(columns) > 1:
            wide.append(entry(rows, columns, several=True))
        else:
            own[columns[0]].append(entry(rows, columns))
    if len(primary) == 1:
        name = primary[0][0].column.name
        own[name].insert(0, entry(primary[0], [name]))
    elif primary:  # columns that were each marked by hand are one key together (S3)
        rows = [rows[0] for rows in primary]
        wide.insert(0, entry(rows, [row.column.name for row in rows], several=True))
    return own, wide


def _position(row):
    found = noted(row.meta).get("position")
    return found if isinstance(found, int) else LAST


def entry(rows, columns, several=False):
    """The canonical entry of one key; `rows` are its rows in order, `columns` the names that it is on."""
    first = rows[0]
    told = {
        "type": first.kind,
        "enforced": first.is_enforced,
        "deferrable": first.is_deferrable,
        **told_of(
            name=first.name,
            references=_reference(rows, columns),
            on_delete=first.on_delete_action,
            on_update=first.on_update_action,
            expression=first.check_expression or first.default_expression,
        ),
    }
    if several:
        told["columns"] = columns
    if "value_type" in first.meta or first.default_value is not None:
        told["value"] = value_of(first.default_value, first.meta.get("value_type"))
    return entry_of(told, first.meta, CONSTRAINT)


def value_of(text, kind):
    """The literal that a default was written as; its JSON type is kept beside the text."""
    if kind == "null":
        return None
    return text if kind in (None, "string") else json.loads(text)


def _reference(rows, columns):
    """What the rows refer to in canonical form, None for nothing; a name that no capsule has is kept as written."""
    own = noted(rows[0].meta).get("reference") or {}
    unresolved = rows[0].meta.get("unresolved_ref")
    if unresolved:
        return _unresolved(unresolved, columns)
    table = rows[0].referenced_table_urn
    if not table:
        return None
    named = [row.referenced_column_urn for row in rows if row.referenced_column_urn]
    names = [unquote(urn.removeprefix(f"{table}.")) for urn in named]
    return joined(table, names or columns, own)


def _unresolved(said, columns):
    if not isinstance(said, str):
        return said
    head, bracket, tail = said.partition("(")
    if bracket and tail.endswith(")"):
        return joined(head, [name.strip() for name in tail[:-1].split(",")])
    # Whoever names no column means one that is called like the referring one.
    return said if "." in said.rpartition(":")[2] else joined(said, columns)


def referred(reference):
    """(table URN or None, names of columns, what stays unresolved) of a canonical reference."""
    table, names = split(reference)
    if not table.startswith("urn:"):
        return None, [], reference
    return table, [urns.of_column(table, name) for name in names], None


def indexes(capsules):
    """{capsule id: entries of `schema.indexes`}; one query."""
    rows = Index._base_manager.filter(capsule__in=capsules).order_by("capsule_id", "name")
    found = defaultdict(list)
    for row in rows:
        found[row.capsule_id].append(row)
    return {
        capsule_id: [index_entry(row) for row in sorted(rows, key=_position)]
        for capsule_id, rows in found.items()
    }


def index_entry(row):
    told = {
        "name": row.name,
        "type": row.kind,
        "unique": row.is_unique,
        "primary": row.is_primary,
        **told_of(
            columns=row.column_names,
            expressions=row.expressions,
            where=row.partial_predicate,
            tablespace=row.tablespace,
            fill_factor=row.fill_factor,
        ),
    }
    return entry_of(told, row.meta, INDEX)
