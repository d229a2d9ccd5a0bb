"""The state of a list lives in its URL: the same state always gives the same URL."""

from urllib.parse import urlencode

PAGING = ("after", "before")


def pairs(current, **changes):
    """The (key, value) pairs of `current` with `changes` made: sorted, without empty values.

    `current` is a QueryDict or a dict; a change to None, "" or an empty list removes its key, a list gives
    several values. A change other than of the page itself goes back to the first page.
    """
    if not any(key in PAGING for key in changes):
        changes = {**changes, "after": None, "before": None}
    several = getattr(current, "getlist", None)
    values = {key: several(key) if several else listed(current[key]) for key in current}
    values.update({key: listed(value) for key, value in changes.items()})
    return [(key, str(value)) for key in sorted(values) for value in values[key] if value not in (None, "")]


def listed(value):
    return list(value) if isinstance(value, list | tuple | set) else [value]


def url(path, current, **changes):
    """`path` with that query, or `path` alone if nothing is left."""
    found = urlencode(pairs(current, **changes))
    return f"{path}?{found}" if found else path
