"""What no row of the table names: notes, keys that begin with `x-`, and whatever a later format adds (row 64)."""

from collections.abc import Collection

from .change import pointer
from .codes import found
from .normal import same

HINTS = frozenset({"x-renamed-from"})


def notes(old, new, named: Collection[str], *, dimension, kind, name, at):
    """An `other_metadata` change for each key of two objects that is not in `named` and differs."""
    for key in sorted((old.keys() | new.keys()) - HINTS.union(named)):
        before, after = old.get(key), new.get(key)
        if not same(before, after):
            where = at + pointer(key)
            yield found(
                "other_metadata",
                kind,
                f"{name}: {key}" if name else key,
                where,
                before,
                after,
                dimension=dimension,
            )
