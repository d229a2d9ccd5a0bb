"""What a change did to a row, field by field, in words."""

from dataclasses import dataclass

from . import references, words


@dataclass(frozen=True)
class Difference:
    """One field of a changed row, before and after; None where there was nothing."""

    field: str
    before: str | None
    after: str | None


def of(change, called):
    """The fields of one row that `change` changed; `called` are the names that its keys stand for.

    An added or removed row tells all that it had; fields that nobody reads are left out.
    """
    old, new = change.old_values or {}, change.new_values or {}
    columns = change.changed_fields or [column for column in {**old, **new} if column not in words.TECHNICAL]
    found = [
        Difference(
            words.field(change.table_name, column),
            _shown(change.table_name, column, old.get(column), called),
            _shown(change.table_name, column, new.get(column), called),
        )
        for column in columns
    ]
    return [each for each in found if each.before is not None or each.after is not None]


def _shown(table, column, stored, called):
    return references.shown(table, column, stored, called) or words.value(stored)
