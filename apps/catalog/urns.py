"""Addresses of capsules and columns: how they are written, read and kept to one path segment."""

import re
from urllib.parse import quote, unquote

from django.urls import register_converter

# What would end the path segment, begin a query, or not be seen (errata row E26).
UNSAFE = re.compile(r"[\s/?#\x00-\x1f\x7f]|%(?![0-9A-Fa-f]{2})")
FORM = re.compile(r"urn:dcs:[^:\s/?#]+:[^:\s/?#]+:[^\s/?#]+")
LONGEST = 500


def encoded(urn):
    """`urn` as it is stored: blanks, `/`, `?`, `#`, `%` and control characters percent-encoded.

    An address that is encoded already stays as it is.
    """
    return UNSAFE.sub(lambda found: quote(found.group(), safe=""), urn)


def spellings(urn):
    """The forms under which a client may mean one capsule: as given, and as it would be stored."""
    raw = encoded(unquote(urn))
    return list(dict.fromkeys((urn, encoded(urn), raw)))


def of_capsule(system, kind, namespace, name):
    """`urn:dcs:<system>:<kind>:<namespace>:<name>`. Raises `ValueError` beyond 500 characters."""
    urn = "urn:dcs:" + ":".join(encoded(part.replace("%", "%25")) for part in (system, kind, namespace, name))
    if len(urn) > LONGEST:
        raise ValueError(f"The URN of {name} has {len(urn)} characters; {LONGEST} is the most.")
    return urn


def of_column(capsule_urn, name):
    """The address of a column: the capsule's, a dot, the column's name."""
    return f"{capsule_urn}.{encoded(name.replace('%', '%25'))}"


class URNConverter:
    """Path converter: one segment that begins with `urn:dcs:`, or a UUID that the view redirects."""

    # Blanks too: a client that encodes a stored "%20" only once sends a blank (see `spellings`).
    regex = r"urn:dcs:[^/]+|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

    def to_python(self, value):
        return value

    def to_url(self, value):
        # reverse() encodes "%" once more, so that the stored form comes back as it is stored.
        return value


register_converter(URNConverter, "urn")
