"""Make stored rows equal to what a document says: set by set, and only those that differ are touched."""

from django.db.models import Model

BATCH = 500
LONGEST = 255


def rewrite(model: type[Model], stored, wanted):
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
        model._base_manager.bulk_create(new, batch_size=BATCH)
    if changed:
        model._base_manager.bulk_update(changed, sorted(names), batch_size=BATCH)
    return [row for key, row in stored.items() if key not in wanted]


def differs(one, other):
    """True if two values are stored differently; `1` and `True` are two values, and so are lists in another order."""
    return one != other or _kinds(one) != _kinds(other)


def _kinds(value):
    if isinstance(value, dict):
        return {key: _kinds(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_kinds(inner) for inner in value]
    return isinstance(value, bool)
