"""Columns in a capsule document: their declaration in `schema`, their meaning in `columns` (sections 3.2 and 3.3)."""

from collections import defaultdict

from .documents.keys import COLUMN, MEANING, RANGE
from .models import Column
from .remainder import entry_of, noted, number, told_of

UNKNOWN = "unknown"
READ = (
    "capsule_id name data_type is_nullable description meta semantic_type pii_type unit_of_measure value_domain_name"
    " value_domain__name value_range_min value_range_max allowed_values format_pattern example_values tags"
).split()


class StoredColumn:
    """One stored column as the document says it: declared in `schema` or not, and what it means."""

    __slots__ = ("_doc", "_row", "declared", "leaf", "name", "parent")

    def __init__(self, row):
        self._row = row
        meta = row["meta"]
        self._doc = noted(meta)
        self.name = row["name"]
        self.declared = meta.get("declared") is not False
        parent = meta.get("parent")
        self.parent = parent if isinstance(parent, str) and self.name.startswith(f"{parent}.") else ""
        self.leaf = self.name[len(self.parent) + 1 :] if self.parent else self.name

    def declaration(self, constraints, fields, in_key=False):
        """The entry of `schema.columns`; `constraints` are its own, `fields` the columns inside of it.

        A column of the primary key (`in_key`: one over several columns) may not be null, whatever its row says.
        """
        row = self._row
        told = {
            "name": self.leaf,
            "data_type": self._doc.get("data_type") or row["data_type"] or UNKNOWN,
            "is_nullable": row["is_nullable"]
            and not in_key
            and not any(one["type"] in ("primary_key", "not_null") for one in constraints),
            **told_of(description=self._described(), constraints=constraints, fields=fields),
        }
        return entry_of(told, {"doc": {"rest": self._doc.get("schema")}}, COLUMN)

    def meaning(self):
        """The entry of `columns`; {} for a column of which nothing is known but its declaration."""
        row, meta = self._row, self._row["meta"]
        told = told_of(
            description=None if self.declared else self._described(),
            business_definition=self._defined(),
            business_name=_text(meta.get("business_name")),
            semantic_type=row["semantic_type"],
            pii_type=row["pii_type"],
            unit_of_measure=row["unit_of_measure"],
            value_domain=row["value_domain__name"] or row["value_domain_name"],
            range=told_of(min=number(row["value_range_min"]), max=number(row["value_range_max"])),
            allowed_values=row["allowed_values"],
            format_pattern=row["format_pattern"],
            example_values=row["example_values"],
            tags=row["tags"],
        )
        return entry_of(told, {"doc": {"rest": self._doc.get("columns")}}, MEANING, range=RANGE)

    def _described(self):
        return None if self._doc.get("definition") else self._row["description"]

    def _defined(self):
        """The meaning in business words: beside a description in `meta`, alone in the description's place."""
        if self._doc.get("definition"):
            return self._row["description"]
        return _text(self._row["meta"].get("business_definition"))


def _text(value):
    return value if isinstance(value, str) else None


def stored(capsules):
    """{capsule id: [StoredColumn] in their order} of the columns in use; one query."""
    rows = (
        Column._base_manager.filter(capsule__in=capsules, retired_at__isnull=True)
        .order_by("capsule_id", "ordinal_position", "name")
        .values(*READ)
    )
    found = defaultdict(list)
    for row in rows:
        found[row["capsule_id"]].append(StoredColumn(row))
    return found


def declarations(columns, constraints, in_key):
    """The entries of `schema.columns`, fields inside of their columns.

    `constraints` is {column name: entries}, `in_key` the names of a primary key over several columns.
    """
    inside = defaultdict(list)
    declared = [column for column in columns if column.declared]
    names = {column.name for column in declared}
    tops = []
    for column in declared:
        (inside[column.parent] if column.parent in names else tops).append(column)

    def entry(column):
        fields = [entry(field) for field in inside.get(column.name, ())]
        return column.declaration(constraints.get(column.name, []), fields, column.name in in_key)

    return [entry(column) for column in tops]


def meanings(columns):
    """The section `columns`: those of which something is said, and those that are only named there (R8)."""
    found = {column.name: column.meaning() for column in columns}
    undeclared = {column.name for column in columns if not column.declared}
    return {name: entry for name, entry in found.items() if entry or name in undeclared}
