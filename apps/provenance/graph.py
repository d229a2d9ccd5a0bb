"""The neighbourhood of a capsule or a column in the lineage: who feeds it, whom it feeds, how far away.

Walked level by level, breadth first, one query a level: a recursive query visits a node once for every path to it
and does not come back from a hub (performance.md, section 6).
"""

from dataclasses import dataclass

from django.db.models import Q

from .models import CapsuleEdge, ColumnEdge

UPSTREAM, DOWNSTREAM, BOTH = "upstream", "downstream", "both"
DEEPEST = 20
MOST = 500


@dataclass(frozen=True)
class Neighbourhood:
    """What lies around `start`: `distance` maps keys to (steps, direction), `start` itself to (0, "").

    `more` is how many nodes of the first level that did not fit are left out; what lies behind them was not counted.
    """

    start: object
    distance: dict
    more: int

    @property
    def keys(self):
        """The keys of all nodes, nearest first."""
        return list(self.distance)


def around(start, edges, *, direction=BOTH, depth=3, most=MOST):
    """The `Neighbourhood` of the row with key `start` along `edges` (a queryset), `depth` steps far.

    A node that can be reached both ways counts with the shorter one. Nodes that have been seen are not visited again,
    so circles end. At most `most` nodes are kept.
    """
    found, more = {start: (0, "")}, 0
    ways = [way for way in (UPSTREAM, DOWNSTREAM) if direction in (way, BOTH)]
    frontiers = {way: [start] for way in ways}
    seen = {way: {start} for way in ways}
    for step in range(1, depth + 1):
        for way in ways:
            level = [key for key in _beyond(edges, frontiers[way], way) if key not in seen[way]]
            seen[way].update(level)
            new = [key for key in level if key not in found]
            room = most - len(found)
            if len(new) > room:
                more += len(new) - room
                left_out = set(new[room:])
                level = [key for key in level if key not in left_out]
            for key in new[:room]:
                found[key] = (step, way)
            frontiers[way] = level
        if more or not any(frontiers.values()):
            break
    return Neighbourhood(start, found, more)


def _beyond(edges, keys, way):
    """The keys one step from `keys`, each once, in an order that does not change from one request to the next."""
    if not keys:
        return []
    here, there = ("target_id", "source_id") if way == UPSTREAM else ("source_id", "target_id")
    rows = (
        edges.filter(**{f"{here}__in": keys})
        .order_by(there.replace("_id", "_urn"))
        .values_list(there, flat=True)
    )
    return list(dict.fromkeys(rows))


def between(edges, keys):
    """The edges that both begin and end in `keys`."""
    return edges.filter(source_id__in=keys, target_id__in=keys)


def capsule_edges(reader, *, start=None):
    """The edges between capsules that the reader may know of, retired ones left out unless they are `start`."""
    return _current(CapsuleEdge.objects.visible_to(reader), "", start)


def column_edges(reader, *, start=None):
    """The edges between columns that the reader may know of, retired ones left out unless they are `start`."""
    return _current(ColumnEdge.objects.visible_to(reader), "capsule__", start)


def _current(edges, above, start):
    for end in ("source", "target"):
        current = Q(**{f"{end}__retired_at__isnull": True})
        if above:
            current &= Q(**{f"{end}__{above}retired_at__isnull": True})
        edges = edges.filter(current | Q(**{end: start}) if start else current)
    return edges
