"""The changes as hunks of a side-by-side view: what was on the left, what is on the right, word by word."""

from dataclasses import dataclass

from apps.workflow.diff import FieldChange
from apps.workflow.diff import changes as fields

from .change import Change
from .codes import DIMENSIONS


@dataclass(frozen=True, slots=True)
class Hunk:
    """One change with the fields that differ between its old and its new value."""

    change: Change
    fields: tuple[FieldChange, ...]


def hunks(changes) -> dict[str, list[Hunk]]:
    """{dimension: hunks} of all seven dimensions, in the order of the changes.

    Objects are compared key by key, everything else as one field named like the thing that changed.
    """
    found: dict[str, list[Hunk]] = {dimension: [] for dimension in DIMENSIONS}
    for change in changes:
        sides = [each if isinstance(each, dict) else {} for each in (change.old, change.new)]
        if not any(sides):
            sides = [
                {} if each is None else {change.name or change.kind: each}
                for each in (change.old, change.new)
            ]
        found[change.dimension].append(Hunk(change, tuple(fields(*sides))))
    return found
