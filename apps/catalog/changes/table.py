"""The structure that one document states: its columns, nested ones included, and the keys and checks on them."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from . import types
from .normal import alike

KEYS = ("primary_key", "unique", "foreign_key")


@dataclass(frozen=True, slots=True)
class Constraint:
    """One key or check, whichever form the document used; `spec` is the first of its entries."""

    type: str
    columns: tuple[str, ...]
    spec: dict[str, Any]
    pointer: str


@dataclass(slots=True)
class Column:
    """A column or nested field; `path` is its full dotted name, `siblings` those it stands in order with."""

    path: str
    name: str
    parent: str
    position: int
    pointer: str
    text: str
    reading: types.Reading
    spec: dict[str, Any]
    required: bool = False

    @property
    def kind(self):
        return "field" if self.parent else "column"

    @property
    def bare(self):
        return types.bare(self.reading.type)


@dataclass
class Table:
    """The columns of one document in order, by full path, and its constraints."""

    dialect: str | None
    columns: dict[str, Column] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)

    @classmethod
    def of(cls, document, dialect=None, like: "Table | None" = None) -> "Table":
        """The structure of a canonical document, types read in `dialect`.

        Columns that are in the same place and alike in `like`, a table in the same dialect, are that table's own.
        """
        table = cls(dialect)
        schema = document.get("schema") or {}
        known = like.plain if like is not None else {}
        for place, spec in enumerate(schema.get("columns") or ()):
            twin = known.get(spec["name"])
            if twin is not None and twin.position == place and alike(twin.spec, spec):
                table.columns[twin.path] = twin
            else:
                table._add(spec, "", place, f"/schema/columns/{place}")
        for place, spec in enumerate(schema.get("constraints") or ()):
            table.constraints.append(
                Constraint(spec["type"], tuple(spec["columns"]), spec, f"/schema/constraints/{place}")
            )
        table._join_primary()
        for constraint in table.constraints:
            if constraint.type in ("primary_key", "not_null"):
                for path in constraint.columns:
                    if path in table.columns and not table.columns[path].required:
                        table.columns[path] = replace(table.columns[path], required=True)
        return table

    @cached_property
    def plain(self) -> dict[str, Column]:
        """The columns that stand for themselves, by name: without fields, keys or checks of their own.

        Their entry alone tells everything about them.
        """
        return {
            column.name: column
            for column in self.children.get("", ())
            if not column.spec.get("constraints")
            and column.path not in self.children
            and column.path not in self._bound
        }

    @cached_property
    def _bound(self):
        bound = (each for each in self.constraints if each.type in ("primary_key", "not_null"))
        return {path for each in bound for path in each.columns}

    def _add(self, spec, parent, place, at):
        path = f"{parent}.{spec['name']}" if parent else spec["name"]
        text = spec.get("data_type", "unknown")
        reading = types.read(text, self.dialect)
        required = spec.get("is_nullable", True) is False and not reading.nullable
        column = Column(path, spec["name"], parent, place, at, text, reading, spec, required)
        self.columns[path] = column
        for number, constraint in enumerate(spec.get("constraints") or ()):
            columns = tuple(constraint.get("columns") or (path,))
            where = f"{at}/constraints/{number}"
            self.constraints.append(Constraint(constraint["type"], columns, constraint, where))
        if spec.get("fields"):
            for number, inner in enumerate(spec["fields"]):
                self._add(inner, path, number, f"{at}/fields/{number}")
        else:
            self._add_fields(types.fields(reading.type), path, at)

    def _add_fields(self, fields, parent, at):
        """Fields that only the type's text names; they have no place of their own in the document."""
        for place, (name, kind, required) in enumerate(fields):
            path = f"{parent}.{name}"
            spoken = kind.family
            self.columns[path] = Column(
                path,
                name,
                parent,
                place,
                f"{at}/data_type",
                spoken,
                types.Reading(kind),
                {"name": name},
                required,
            )
            self._add_fields(types.fields(kind), path, at)

    def _join_primary(self):
        """Several column-level entries are one composite key, in the order of the columns (rule S3)."""
        parts = [each for each in self.constraints if each.type == "primary_key"]
        if len(parts) > 1:
            columns = tuple(path for part in parts for path in part.columns)
            joined = Constraint("primary_key", columns, parts[0].spec, parts[0].pointer)
            self.constraints = [each for each in self.constraints if each.type != "primary_key"] + [joined]

    def of_type(self, *kinds) -> list[Constraint]:
        """The constraints of these types, in document order."""
        return [each for each in self.constraints if each.type in kinds]

    @cached_property
    def defaults(self) -> dict[str, Constraint]:
        """The default of each column that has one, by path."""
        return {each.columns[0]: each for each in self.of_type("default")}

    @cached_property
    def children(self) -> dict[str, list[Column]]:
        """The columns directly below each path, in order; below the empty path those of the capsule."""
        found: dict[str, list[Column]] = {}
        for column in self.columns.values():
            found.setdefault(column.parent, []).append(column)
        return found
