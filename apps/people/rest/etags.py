"""Entity tags: how a caller says which state of a row it has seen."""

import re
from zlib import crc32

from .refusals import PreconditionFailed
from .rendering import encode

TAG = re.compile(r'(?:W/)?"([^"]*)"')


def tag(row):
    """The entity tag of a row as the API shows it, quotes included.

    Its first part moves with the row itself (`updated_at`, else the content) and is what `If-Match` compares;
    the second with everything that is shown, and serves `If-None-Match`.
    """
    shown = f"{crc32(encode(row)):08x}"
    moment = row.get("updated_at")
    state = f"{int(moment.timestamp() * 1_000_000):x}" if moment else shown
    return f'"{state}.{shown}"'


def tag_of(state, text):
    """The entity tag of what is shown as `text` (bytes) and whose content has the hash `state`."""
    return f'"{state}.{crc32(text):08x}"'


def matches(header, entity_tag):
    """True if an `If-None-Match` header names the tag, or anything."""
    return header.strip() == "*" or entity_tag.strip('"') in TAG.findall(header)


def require_match(request, row):
    """Raise `PreconditionFailed` unless `If-Match` is absent or names the state of the row; `row` makes what is shown."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return
    if not names_state(header, tag(row())):
        raise PreconditionFailed


def names_state(header, entity_tag):
    """True if an `If-Match` header names the state of the tag, whatever is shown of it."""
    state = entity_tag.strip('"').split(".")[0]
    return state in {found.split(".")[0] for found in TAG.findall(header)}
