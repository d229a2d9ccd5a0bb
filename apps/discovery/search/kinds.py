"""The search through all kinds, for a page, for the API, and while somebody types."""

from .. import matching, wording
from ..conditions import all_of, conditions
from ..filters import Filters
from ..matching import Condition
from . import capsules, columns, named
from .found import CAP, KINDS, Found, Group

SUGGESTED = {"capsule": 4, "column": 2, "term": 2, "domain": 1, "owner": 1, "product": 1}
SCOPE = "s.capsule_id IN (SELECT f.capsule_id FROM dcs.capsule_facts f WHERE {met})"


def search(text, reader, *, kinds=None, limit=20):
    """`Found` for a typed text: up to `limit` hits of each of `kinds` (all of them without, or those that
    `kind:` in the text names).

    Takes any text of any length; at most `wording.LONGEST` characters count.
    """
    typed = wording.read(text)
    said = [kind for kind in typed.filters.get("kind", ()) if kind in KINDS]
    kinds = [kind for kind in KINDS if kind in (kinds or said or KINDS)]
    filters = Filters.parse({"q": text}).without("q")
    scope = _scope(filters, reader)
    if scope is not None:
        # A term has a domain and no layer, an owner has neither.
        fitting = (
            {"capsule", "column", "term"}
            if set(dict(filters.pairs())) == {"domain"}
            else {"capsule", "column"}
        )
        kinds = [kind for kind in kinds if kind in fitting]
    asked = matching.read(str(typed))
    if asked.is_empty:
        return Found(str(typed), [Group(kind, str(KINDS[kind]), [], 0) for kind in kinds], filters)
    first = None
    for reading in matching.readings(asked, reader):
        groups = _groups(reading, scope, reader, kinds, limit)
        if any(group.count for group in groups):
            return Found(str(typed), groups, filters, instead=reading.instead, partly=reading.partly)
        first = first or groups
    return Found(str(typed), first, filters)


def suggest(text, reader, *, limit=8):
    """Up to `limit` hits to offer while somebody types: capsules, then columns, terms, domains, owners and products."""
    found = search(text, reader, limit=limit)
    first = {group.kind: group.hits[: SUGGESTED[group.kind]] for group in found.groups}
    free = limit - sum(len(hits) for hits in first.values())
    for group in found.groups:
        extra = group.hits[SUGGESTED[group.kind] :][: max(free, 0)]
        first[group.kind] = first[group.kind] + extra
        free -= len(extra)
    return [hit for kind in first for hit in first[kind]][:limit]


def _groups(asked, scope, reader, kinds, limit):
    found = {}
    for kind, find in (("capsule", capsules.find), ("column", columns.find)):
        if kind in kinds:
            found[kind] = find(asked, scope, reader, limit)
            if asked.written and not found[kind][1]:
                found[kind] = find(asked.by_words(), scope, reader, limit)
    if wanted := [kind for kind in named.NAMED if kind in kinds]:
        found |= named.find(asked, scope, reader, wanted, limit)
    return [
        Group(kind, str(KINDS[kind]), hits, min(n, CAP), n > CAP)
        for kind in kinds
        for hits, n in [found[kind]]
    ]


def _scope(filters, reader):
    """The condition that capsules meet the filters in the text; None without any."""
    if not filters:
        return None
    met = all_of(conditions(filters, reader))
    return Condition(SCOPE.format(met=met.sql), met.params)
