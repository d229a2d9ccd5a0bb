"""The changes as hunks of a side-by-side view: what was on the left, what is on the right, word by word."""

from dataclasses import dataclass

from apps.workflow.diff import FieldChange, Piece
from apps.workflow.diff import changes as fields

from .change import Change
from .codes import DIMENSIONS
from .lines import Line, lines

CODE_LINES = 3  # a text of as many lines is compared line by line


@dataclass(frozen=True, slots=True)
class Hunk:
    """One change with the fields that differ between its old and its new value, long texts as lines."""

    change: Change
    fields: tuple[FieldChange, ...]
    code: tuple[Line, ...] = ()


def hunks(changes) -> dict[str, list[Hunk]]:
    """{dimension: hunks} of all seven dimensions, in the order of the changes."""
    found: dict[str, list[Hunk]] = {dimension: [] for dimension in DIMENSIONS}
    for change in changes:
        found[change.dimension].append(hunk(change))
    return found


def hunk(change) -> Hunk:
    """Objects are compared key by key, everything else as one field named like the thing that changed.

    Lists of texts are compared as sets: what left, what came, what stayed.
    """
    old, new = ({} if each is None else _fields(each, change) for each in (change.old, change.new))
    differing = [_as_set(each) for each in fields(old, new)]
    long = [each for each in differing if _is_code(each)]
    code = [line for each in long for line in lines(each.before or "", each.after or "")]
    return Hunk(change, tuple(each for each in differing if each not in long), tuple(code))


def _fields(value, change):
    return value if isinstance(value, dict) else {_last(change.pointer) or change.name or change.kind: value}


def _last(pointer):
    """The key that a pointer ends in; nothing where it ends in a position."""
    last = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    return "" if last.isdigit() else last


def _is_code(field):
    return any(
        isinstance(each, str) and each.count("\n") >= CODE_LINES for each in (field.before, field.after)
    )


def _as_set(field):
    sides = [field.before or [], field.after or []]
    if not all(isinstance(side, list) and all(isinstance(each, str) for each in side) for side in sides):
        return field
    old, new = sides
    return FieldChange(
        field.field, field.before, field.after, _members(old, new, "gone"), _members(new, old, "come")
    )


def _members(mine, others, kind):
    found: list[Piece] = []
    for member in mine:
        if found:
            found.append(Piece("same", ", "))
        found.append(Piece("same" if member in others else kind, member))
    return tuple(found)
