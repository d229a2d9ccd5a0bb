"""Secrets that must not stand in a document: a portal shows and keeps every version of it (S14)."""

import re

from apps.catalog.connections import IN_ADDRESS, KNOWN_FORMS, problems

HINT = (
    "Remove it, and change it where it is used: it has been in a file. Name an environment variable instead."
)


def check_text(text, place):
    """A problem if an address holds a password or a text is a token of a known form."""
    if IN_ADDRESS.search(text) or KNOWN_FORMS.search(text):
        place.say("E316", f"{place.path[-1]} holds a password, key or token.", HINT)


def check_everywhere(value, place):
    """A problem for each secret below any `meta`, `config` or key of one's own (`x-…`) of `value`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("meta", "config") or key.startswith("x-"):
                _check({key: inner}, place)
            elif isinstance(inner, dict | list):
                check_everywhere(inner, place / key)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            if isinstance(inner, dict | list):
                check_everywhere(inner, place / position)


def _check(value, place):
    for name in problems(value):
        at = place
        for key in _path(value, name):
            at = at / key
        said = ".".join(str(key) for key in at.path[1:])
        at.say("E316", f"{said} looks like a password, key or token.", HINT)


def _path(value, name):
    """The keys that the dotted `name` stands for; a key may hold dots itself."""
    while name:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        key, value = next(
            ((k, v) for k, v in pairs if name == str(k) or name.startswith(f"{k}.")), (None, None)
        )
        if key is None:
            return
        yield key
        name = re.sub(r"^\.", "", name[len(str(key)) :])
        if not isinstance(value, dict | list):
            return
