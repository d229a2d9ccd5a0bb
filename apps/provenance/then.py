"""The lineage as it was at an earlier moment, and what has changed since.

An edge was there if it is there now and was stored before that moment, or if the change log tells that it was removed
after it and stored before. A capsule or column was there from the day it was stored until the day it was retired; what
was deleted for good is gone from its past as well. Names, owners and clearances are those of today: whoever may not
know of something now does not find it in the past either.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection
from django.db.models import Min, Q

from apps.audit.models import Change
from apps.catalog.models import Capsule, Column

from . import walk
from .models import CapsuleEdge, ColumnEdge

REMOVED, ADDED = "removed", "added"
MOST_REMOVED = 50_000  # edges that were removed since, as far as they are read
GONE = """
SELECT record_id, old_values ->> %(source)s, old_values ->> %(target)s, old_values ->> 'source_urn',
    old_values ->> 'target_urn', old_values ->> %(how)s
FROM dcs.metadata_audit_log
WHERE table_name = %(table)s AND operation = 'DELETE' AND changed_at > %(at)s
  AND (old_values ->> 'created_at')::timestamptz <= %(at)s AND visibility_rank <= %(clearance)s
ORDER BY changed_at, seq LIMIT %(most)s
"""


@dataclass(frozen=True)
class Kind:
    """Lineage of capsules or of columns: its edges, its nodes, what an edge says of how data flows."""

    edges: type
    nodes: type
    source: str
    target: str
    how: str
    above: str = ""
    order: tuple = ("name", "urn")


CAPSULES = Kind(CapsuleEdge, Capsule, "source_id", "target_id", "transformation")
COLUMNS = Kind(
    ColumnEdge,
    Column,
    "source_column_id",
    "target_column_id",
    "transformation_type",
    "capsule__",
    ("capsule__name", "name", "urn"),
)


@dataclass(frozen=True)
class Edge:
    """An edge of the past: `how` data flowed; `since` says whether it was removed or added after the moment."""

    pk: UUID
    source_id: UUID
    target_id: UUID
    source_urn: str
    target_urn: str
    how: str
    since: str = ""

    @property
    def transformation(self):
        return self.how


@dataclass(frozen=True)
class Neighbourhood:
    """What lay around `start`: {way: {key: steps}}, how many did not fit a way, every edge between them.

    `cut` is true if more edges were removed since than are read: some may be missing.
    """

    start: UUID
    steps: dict
    more: dict
    edges: list
    cut: bool


def known_from():
    """The moment at which the change log begins: what was removed before is not known. None for an empty log."""
    return Change.objects.aggregate(first=Min("changed_at"))["first"]


def around(kind, start, reader, at, *, up, down, most, compare=False):
    """The `Neighbourhood` of `start` at the moment `at`; two queries a level. `compare` adds what came since."""
    past = _Past(kind, reader, at, compare)
    steps, more = {}, {}
    for way, depth in ((walk.UPSTREAM, up), (walk.DOWNSTREAM, down)):
        steps[way], more[way] = past.walked(start, way, depth, most)
    keys = [start, *{**steps[walk.UPSTREAM], **steps[walk.DOWNSTREAM]}]
    return Neighbourhood(start, steps, more, past.between(keys), past.cut)


def neighbours(kind, start, reader, at):
    """{way: the edges by which `start` had direct neighbours at the moment}; four queries."""
    past = _Past(kind, reader, at, compare=False)
    found = {way: past.beyond([start], way) for way in (walk.UPSTREAM, walk.DOWNSTREAM)}
    there = set(past.there({far_end(edge, way) for way, edges in found.items() for edge in edges}))
    return {way: [edge for edge in edges if far_end(edge, way) in there] for way, edges in found.items()}


class _Past:
    """Edges and nodes of one kind at one moment, for one reader."""

    def __init__(self, kind, reader, at, compare):
        self.kind, self.reader, self.at, self.compare = kind, reader, at, compare
        gone = self._gone()
        self.cut = len(gone) >= MOST_REMOVED
        self.gone = {(edge.source_id, edge.target_id): edge for edge in gone}
        self.from_here, self.to_here = defaultdict(list), defaultdict(list)
        for edge in self.gone.values():
            self.from_here[edge.source_id].append(edge)
            self.to_here[edge.target_id].append(edge)
        self.retired = set()

    def _gone(self):
        kind = self.kind
        params = {
            "source": kind.source,
            "target": kind.target,
            "how": kind.how,
            "table": kind.edges._meta.db_table,
            "at": self.at,
            "clearance": self.reader.clearance,
            "most": MOST_REMOVED,
        }
        with connection.cursor() as cursor:
            cursor.execute(GONE, params)
            return [
                Edge(key, UUID(source), UUID(target), up, down, how or "", REMOVED)
                for key, source, target, up, down, how in cursor
            ]

    def walked(self, start, way, depth, most):
        """({key: steps}, how many of the level that did not fit are left out)."""
        found, frontier = {}, [start]
        for step in range(1, depth + 1):
            ends = [far_end(edge, way) for edge in self.beyond(frontier, way)]
            level = self.there({end for end in ends if end != start and end not in found})
            room = most - len(found)
            found.update(dict.fromkeys(level[:room], step))
            if len(level) > room:
                return found, len(level) - room
            frontier = level
            if not frontier:
                break
        return found, 0

    def beyond(self, keys, way):
        """The edges that leave `keys` in a direction, those of then and, to compare, those of now."""
        here = "target_id" if way == walk.UPSTREAM else "source_id"
        gone = self.to_here if way == walk.UPSTREAM else self.from_here
        edges = self._stored(Q(**{f"{here}__in": keys}))
        known = {(edge.source_id, edge.target_id) for edge in edges}
        return edges + [
            edge for key in keys for edge in gone[key] if (edge.source_id, edge.target_id) not in known
        ]

    def between(self, keys):
        """Every edge of which both ends are among `keys`, the names of the ends in order."""
        inside = set(keys)
        edges = self._stored(Q(source_id__in=keys, target_id__in=keys))
        known = {(edge.source_id, edge.target_id) for edge in edges}
        edges += [edge for pair, edge in self.gone.items() if pair not in known and inside.issuperset(pair)]
        edges = [
            replace(edge, since=REMOVED)
            if not edge.since and not self.retired.isdisjoint((edge.source_id, edge.target_id))
            else edge
            for edge in edges
        ]
        return sorted(edges, key=lambda edge: (edge.source_urn, edge.target_urn, str(edge.pk)))

    def _stored(self, which):
        """Edges that are stored now, told as of then."""
        rows = (
            self.kind.edges.objects.visible_to(self.reader)
            .filter(which)
            .order_by("source_urn", "target_urn", "pk")
        )
        told = rows.values_list(
            "pk", "source_id", "target_id", "source_urn", "target_urn", self.kind.how, "created_at"
        )
        found = {}
        for key, source, target, up, down, how, stored in told:
            existed = stored <= self.at or (source, target) in self.gone
            if (source, target) not in found and (existed or self.compare):
                since = "" if existed else ADDED
                found[source, target] = Edge(key, source, target, up, down, how or "", since)
        return list(found.values())

    def there(self, keys):
        """Those of `keys` that were there and that the reader may know of, by name."""
        above = self.kind.above
        rows = self.kind.nodes.objects.visible_to(self.reader).filter(pk__in=keys)
        for path in {"", above}:
            rows = rows.filter(
                Q(**{f"{path}retired_at__isnull": True}) | Q(**{f"{path}retired_at__gt": self.at})
            )
            if not self.compare:
                rows = rows.filter(**{f"{path}created_at__lte": self.at})
        fields = ("pk", "retired_at", *([f"{above}retired_at"] if above else []))
        found = list(rows.order_by(*self.kind.order).values_list(*fields))
        self.retired.update(key for key, *ends in found if any(ends))
        return [key for key, *_ends in found]


def far_end(edge, way):
    """The far end of an edge, seen in the direction of the walk."""
    return edge.source_id if way == walk.UPSTREAM else edge.target_id


def was_there(record, at):
    """True if the capsule or column was stored, and not retired, at the moment."""
    return record.created_at <= at and (record.retired_at is None or record.retired_at > at)
