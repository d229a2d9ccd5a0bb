"""What differs between two texts, word by word, and between two versions of a thing, field by field."""

import json
import re
from dataclasses import dataclass
from difflib import SequenceMatcher

WORD = re.compile(r"\s+|\w+|[^\w\s]")
# Beyond this many words a text is shown as removed and added whole: comparing would take longer than reading.
MOST_WORDS = 4000


@dataclass(frozen=True)
class Piece:
    """A run of text that is in both (`same`), only before (`gone`) or only after (`come`)."""

    kind: str
    text: str


@dataclass(frozen=True)
class FieldChange:
    """One field before and after; `was` and `now` are its pieces, empty where there was nothing."""

    field: str
    before: object
    after: object
    was: tuple[Piece, ...]
    now: tuple[Piece, ...]


def words(before, after):
    """The `Piece`s that turn `before` into `after`: same and gone make the one, same and come the other."""
    old, new = WORD.findall(before), WORD.findall(after)
    if len(old) + len(new) > MOST_WORDS:
        whole = [Piece("same", before)] if before == after else [Piece("gone", before), Piece("come", after)]
        return [piece for piece in whole if piece.text]
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Piece("same", "".join(old[a:b])))
            continue
        if b > a:
            found.append(Piece("gone", "".join(old[a:b])))
        if d > c:
            found.append(Piece("come", "".join(new[c:d])))
    return found


def changes(before, after):
    """The `FieldChange`s between two dicts, in the order of `after`; fields that are equal are left out."""
    found = []
    for field in dict.fromkeys([*after, *before]):
        old, new = before.get(field), after.get(field)
        if old == new and isinstance(old, bool) == isinstance(new, bool):
            continue
        pieces = words(text(old), text(new))
        found.append(
            FieldChange(
                field,
                old,
                new,
                tuple(piece for piece in pieces if piece.kind != "come"),
                tuple(piece for piece in pieces if piece.kind != "gone"),
            )
        )
    return found


def text(value):
    """A value as it is read: lists with commas, objects as JSON, nothing as an empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
