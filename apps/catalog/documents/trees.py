"""A file as read: plain containers that remember where each of their entries stands."""


class Mapping(dict):
    """An object; `marks` has the offset of each key, `at` its own. `size` counts nodes, `height` levels."""

    __slots__ = ("at", "height", "marks", "size")

    def __init__(self, at):
        super().__init__()
        self.at, self.marks, self.size, self.height = at, {}, 1, 1


class Sequence(list):
    """A list; `marks` has the offset of each item, `at` its own. `size` counts nodes, `height` levels."""

    __slots__ = ("at", "height", "marks", "size")

    def __init__(self, at):
        super().__init__()
        self.at, self.marks, self.size, self.height = at, [], 1, 1


class Scalar:
    """A number, boolean or null written without quotes in YAML: its value, and the text it was written as."""

    __slots__ = ("text", "value")

    def __init__(self, value, text):
        self.value, self.text = value, text


def offset(tree, path):
    """Where the entry at `path` begins; where `path` leaves the tree, its last entry that exists."""
    at = getattr(tree, "at", 0)
    for key in path:
        try:
            at = tree.marks[key]
            tree = tree[key]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return at


def at(tree, path):
    """What stands at `path`; None if nothing does."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree
