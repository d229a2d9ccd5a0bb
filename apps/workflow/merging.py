"""Two changes of one thing, brought together field by field: what one side left alone, the other may have."""

from dataclasses import dataclass

NOTHING = object()


@dataclass(frozen=True)
class Clash:
    """A field that both sides changed, differently; None stands for nothing."""

    field: str
    base: object
    yours: object
    theirs: object


@dataclass(frozen=True)
class Merged:
    """`content` with everything that only one side changed (theirs where they clash), and the clashes themselves."""

    content: dict
    clashes: tuple[Clash, ...]

    def chosen(self, choices):
        """The content with each clash settled by `choices`: {field: "yours" or "theirs"}.

        Raises `KeyError` for a clash without a choice.
        """
        settled = dict(self.content)
        for clash in self.clashes:
            if choices[clash.field] == "yours":
                settled[clash.field] = clash.yours
        return settled


def merge(base, yours, theirs):
    """Bring `yours` and `theirs`, two dicts that began as `base`, together as a `Merged`.

    A field that one side added, changed or removed is taken over; the same change on both sides is no clash.
    The three-way rule of diff3 (Khanna, Kunal and Pierce, 2007), with fields for lines.
    """
    content, clashes = {}, []
    for field in dict.fromkeys([*theirs, *yours, *base]):
        was, mine, other = (side.get(field, NOTHING) for side in (base, yours, theirs))
        if _same(mine, other) or _same(mine, was):
            taken = other
        elif _same(other, was):
            taken = mine
        else:
            taken = other
            clashes.append(Clash(field, *(None if side is NOTHING else side for side in (was, mine, other))))
        if taken is not NOTHING:
            content[field] = taken
    return Merged(content, tuple(clashes))


def _same(one, other):
    if one is NOTHING or other is NOTHING:
        return one is other
    # True equals 1 in Python, and not in JSON.
    return one == other and isinstance(one, bool) == isinstance(other, bool)
