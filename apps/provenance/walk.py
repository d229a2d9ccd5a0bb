"""The neighbourhood of a capsule or column in the lineage, in three queries whatever its size.

around = walk.capsules(capsule.pk, request.reader, up=1, down=3)
around.distance      # {key: (steps, "upstream" | "downstream" | "")}, nearest first
around.left_out      # {"downstream": 1937}: "and 1,937 more"
"""

from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from . import reach
from .sparse import DOWNSTREAM, UPSTREAM

__all__ = ["DEEPEST", "DOWNSTREAM", "MOST", "UPSTREAM", "Edge", "Neighbourhood", "capsules", "columns"]

MOST = 60  # nodes that a picture can hold
DEEPEST = 20


class Edge(NamedTuple):
    """An edge of which both ends are among the nodes."""

    id: UUID
    source: UUID
    target: UUID


@dataclass(frozen=True)
class Neighbourhood:
    """What lies around `start`.

    `distance` maps keys to (steps, way), nearest first on each way, `start` itself to (0, ""); it is empty if
    the reader may not know of the start. `left_out` counts, a way, the nodes of the level that did not fit; what
    lies behind them was not counted. `beyond` counts, for (key, way), neighbours that are not among the nodes.
    """

    start: UUID
    distance: dict = field(default_factory=dict)
    edges: list = field(default_factory=list)
    left_out: dict = field(default_factory=dict)
    beyond: dict = field(default_factory=dict)

    @property
    def keys(self):
        """The keys of all nodes, the start first."""
        return list(self.distance)


@dataclass(frozen=True)
class Lineage:
    """Where edges of a kind are stored, and what makes one of their ends visible."""

    walk: str
    edges: str
    source: str
    target: str
    visible: str


CAPSULES = Lineage(
    "dcs.walk_capsules",
    "dcs.capsule_lineage",
    "source_id",
    "target_id",
    "EXISTS (SELECT FROM dcs.capsules n WHERE n.id = e.{end} AND n.visibility_rank <= %(clearance)s AND n.retired_at IS NULL)",
)
COLUMNS = Lineage(
    "dcs.walk_columns",
    "dcs.column_lineage",
    "source_column_id",
    "target_column_id",
    "EXISTS (SELECT FROM dcs.columns n JOIN dcs.capsules c ON c.id = n.capsule_id WHERE n.id = e.{end}"
    " AND n.visibility_rank <= %(clearance)s AND n.retired_at IS NULL"
    " AND c.visibility_rank <= %(clearance)s AND c.retired_at IS NULL)",
)
NODES = "SELECT id, distance, way, left_out FROM {walk}(%(start)s, %(clearance)s, %(up)s, %(down)s, %(most)s)"
EDGES = """
SELECT DISTINCT ON (e.{source}, e.{target}) e.id, e.{source}, e.{target} FROM {edges} e
WHERE e.{source} = ANY (%(keys)s) AND e.{target} = ANY (%(keys)s) AND e.visibility_rank <= %(clearance)s
ORDER BY e.{source}, e.{target}, e.id
"""
BEYOND = """
SELECT e.{target}, 'upstream', count(DISTINCT e.{source}) FROM {edges} e
WHERE e.{target} = ANY (%(keys)s) AND NOT e.{source} = ANY (%(keys)s) AND e.visibility_rank <= %(clearance)s AND {source_visible}
GROUP BY 1
UNION ALL
SELECT e.{source}, 'downstream', count(DISTINCT e.{target}) FROM {edges} e
WHERE e.{source} = ANY (%(keys)s) AND NOT e.{target} = ANY (%(keys)s) AND e.visibility_rank <= %(clearance)s AND {target_visible}
GROUP BY 1
"""


def capsules(start, reader, *, up=3, down=3, most=MOST, edges=True):
    """The `Neighbourhood` of a capsule, `up` and `down` steps far, at most `most` nodes besides it.

    Without `edges` these are not read.
    """
    return _around(CAPSULES, start, reader, up, down, most, edges)


def columns(start, reader, *, up=3, down=3, most=MOST, edges=True):
    """The `Neighbourhood` of a column."""
    return _around(COLUMNS, start, reader, up, down, most, edges)


def _around(lineage, start, reader, up, down, most, with_edges):
    names = {"edges": lineage.edges, "source": lineage.source, "target": lineage.target}
    names["source_visible"] = lineage.visible.format(end=lineage.source)
    names["target_visible"] = lineage.visible.format(end=lineage.target)
    params = {
        "start": start,
        "clearance": reader.clearance,
        "up": min(up, DEEPEST),
        "down": min(down, DEEPEST),
        "most": most,
    }
    distance, left_out = {}, {}
    with connection.cursor() as cursor:
        cursor.execute(NODES.format(walk=lineage.walk), params)
        for key, steps, way, number in cursor:
            if key is None:
                left_out[way] = number
            elif key not in distance or steps < distance[key][0]:
                distance[key] = (steps, way)
        if not distance:
            return Neighbourhood(start)
        params["keys"] = list(distance)
        edges = []
        if with_edges:
            cursor.execute(EDGES.format(**names), params)
            edges = [Edge(*found) for found in cursor]
        beyond = _beyond(lineage, list(distance), reader)
        if beyond is None:
            cursor.execute(BEYOND.format(**names), params)
            beyond = {(key, way): number for key, way, number in cursor}
    return Neighbourhood(start, distance, edges, left_out, beyond)


def _beyond(lineage, keys, reader):
    """What `BEYOND` counts, from the graph in memory if it is at hand: a hub's thousand neighbours are not asked for one by one."""
    known = reach.known(lineage.edges.removeprefix("dcs."))
    return None if known is None else known.beyond(keys, reader.clearance)
