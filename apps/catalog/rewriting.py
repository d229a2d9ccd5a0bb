"""Make stored rows equal to what a document says: set by set, and only those that differ are touched."""

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault
from psycopg import sql

BATCH = 500
FEW = 100  # rows that one INSERT takes as quickly


class Pen:
    """Writes rows that differ; another pen may only note what would be written."""

    def insert(self, model, rows):
        insert(model, rows)

    def change(self, model, rows, names):
        """Store the attributes `names` of some rows."""
        model._base_manager.bulk_update(rows, sorted(names), batch_size=BATCH)


PEN = Pen()


def rewrite(model: type[Model], stored, wanted, pen=PEN):
    """Create and change rows so that each key of `wanted` has a row with its values; returns those left over.

    `stored` is {key: row}, `wanted` {key: {attribute: value}}. A row whose values are equal is not written. The
    rows of `stored` that nobody wants are returned, for the caller to retire.
    """
    new, changed, names = [], [], set()
    for key, values in wanted.items():
        row = stored.get(key)
        if row is None:
            new.append(model(**values))
            continue
        differing = [name for name, value in values.items() if differs(getattr(row, name), value)]
        if differing:
            for name in differing:
                setattr(row, name, values[name])
            names.update(differing)
            changed.append(row)
    if new:
        pen.insert(model, new)
    if changed:
        pen.change(model, changed, names)
    return [row for key, row in stored.items() if key not in wanted]


def insert(model, rows):
    """Insert new rows; many of them by COPY, which costs a third of INSERT."""
    if len(rows) <= FEW:
        model._base_manager.bulk_create(rows)
        return
    fields = [
        field
        for field in model._meta.concrete_fields
        if not isinstance(getattr(rows[0], field.attname), DatabaseDefault)
    ]
    names = sql.SQL(", ").join(sql.Identifier(field.column) for field in fields)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(
                [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
            )
    for row in rows:
        row._state.adding = False


def differs(one, other):
    """True if two values are stored differently; `1` and `True` are two values, and so are lists in another order."""
    return one != other or _kinds(one) != _kinds(other)


def _kinds(value):
    if isinstance(value, dict):
        return {key: _kinds(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_kinds(inner) for inner in value]
    return isinstance(value, bool)
