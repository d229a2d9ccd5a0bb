"""Find capsules, columns, terms, domains, owners and data products by what people type.

Exact names come first, then names that begin with the text, then all words anywhere, then the text inside a
name, then other spellings; each hit says why it is there. Nothing that the reader may not know of is found,
counted or offered as a spelling.
"""

from .capsules import capsule_ids
from .columns import column_names
from .found import CAP, KINDS, STAGES, Found, Group, Hit
from .kinds import search, suggest

__all__ = [
    "CAP",
    "KINDS",
    "STAGES",
    "Found",
    "Group",
    "Hit",
    "capsule_ids",
    "column_names",
    "search",
    "suggest",
]
