"""What differs between two texts of several lines: the lines that moved, with some around them."""

from dataclasses import dataclass
from difflib import SequenceMatcher

AROUND = 3  # unchanged lines shown beside a change
MOST = 3000  # lines on both sides; beyond, the texts are told as one gone and one come


@dataclass(frozen=True, slots=True)
class Line:
    """One line, `kind` being same, was, now or fold; numbers from 1, None on the side where it is not.

    A fold stands for `folded` unchanged lines.
    """

    kind: str
    text: str = ""
    old: int | None = None
    new: int | None = None
    folded: int = 0


def lines(before: str, after: str) -> list[Line]:
    """The `Line`s that turn `before` into `after`, long runs of unchanged ones folded."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > MOST:
        gone = [Line("was", text, old=n) for n, text in enumerate(old, 1)]
        return gone + [Line("now", text, new=n) for n, text in enumerate(new, 1)]
    found: list[Line] = []
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for position, (kind, a, b, c, d) in enumerate(codes):
        if kind == "equal":
            same = [Line("same", old[a + i], a + i + 1, c + i + 1) for i in range(b - a)]
            found += _folded(same, first=position == 0, last=position == len(codes) - 1)
            continue
        found += [Line("was", text, old=a + i) for i, text in enumerate(old[a:b], 1)]
        found += [Line("now", text, new=c + i) for i, text in enumerate(new[c:d], 1)]
    return found


def _folded(same, *, first, last):
    head = 0 if first else AROUND
    tail = 0 if last else AROUND
    middle = len(same) - head - tail
    if middle < 2:
        return same
    return [*same[:head], Line("fold", folded=middle), *same[len(same) - tail :]]
