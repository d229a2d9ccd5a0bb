"""Keys and checks as people think of them: one thing each, however many rows store it (errata row C2)."""

from dataclasses import dataclass

from .models import Constraint

Kind = Constraint.Kind
ORDER = [Kind.PRIMARY_KEY, Kind.FOREIGN_KEY, Kind.UNIQUE, Kind.CHECK, Kind.NOT_NULL, Kind.DEFAULT]
SHORT = {Kind.PRIMARY_KEY: "PK", Kind.FOREIGN_KEY: "FK", Kind.UNIQUE: "UQ"}


@dataclass(frozen=True)
class Key:
    """One constraint: its kind, its columns in order, and the rows that store it, at least one."""

    kind: str
    name: str
    columns: tuple
    rows: tuple

    @property
    def title(self):
        return Kind(self.kind).label

    @property
    def first(self):
        return self.rows[0]

    @property
    def table_urn(self):
        """The capsule that a foreign key points to, empty if it has no address."""
        return self.first.referenced_table_urn or ""

    @property
    def referenced(self):
        """Names of the columns that a foreign key points to, as far as they are known."""
        start = len(self.table_urn) + 1
        return [row.referenced_column_urn[start:] for row in self.rows if row.referenced_column_urn]

    @property
    def unresolved(self):
        """What the source wrote for a table that has no address."""
        return self.first.meta.get("unresolved_ref", "")

    @property
    def expression(self):
        """What is checked, or the value that a default gives."""
        row = self.first
        return row.check_expression or row.default_expression or row.default_value or ""


def keys(constraints):
    """The `Key`s that the rows of `constraints` (with their columns) make, the strongest kinds first."""
    groups = {}
    for row in constraints:
        mark = row.name or row.meta.get("group") or row.pk
        # A check or a composite key has one name on every column; a nameless one stands alone.
        alone = row.kind in (Kind.NOT_NULL, Kind.DEFAULT)
        groups.setdefault((row.kind, row.pk if alone else mark), []).append(row)
    found = []
    for (kind, _mark), rows in groups.items():
        rows.sort(key=lambda row: (row.ordinal or 0, row.column.ordinal_position or 0, row.column.name))
        found.append(Key(kind, rows[0].name or "", tuple(row.column for row in rows), tuple(rows)))
    return sorted(
        found, key=lambda key: (ORDER.index(key.kind), key.columns[0].ordinal_position or 0, key.name)
    )
