"""Lineage around hubs, and how far a change reaches, against a recursive query."""

import resource
import time
import uuid

from django.db import OperationalError, connection, transaction

from apps.provenance import reach, walk

from .catalogue import READER
from .measure import clock, record, tell

PAGE_MS, COUNT_MS = 50, 15
RECURSIVE = """
WITH RECURSIVE w AS (
    SELECT %s::uuid AS id, 0 AS depth
    UNION ALL SELECT e.{there}, w.depth + 1 FROM w JOIN dcs.{table} e ON e.{here} = w.id WHERE w.depth < %s
) SELECT count(DISTINCT id) FROM w
"""


def run(small):
    patience = 3 if small else 15
    hubs, leaves = ends("capsule_lineage", "source_id"), ends("capsule_lineage", "target_id", last=True)
    columns = ends("column_lineage", "source_column_id")
    tell(
        "60 columns around a hub, three steps down",
        clock(lambda key: walk.columns(key, READER, up=0, down=3), columns),
        limit=PAGE_MS,
    )
    for kind, keys, walked in (("capsules", hubs, reach.capsules), ("columns", columns, reach.columns)):
        before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        graph = reach.graph("capsule_lineage" if kind == "capsules" else "column_lineage")
        seconds = time.perf_counter() - begun
        size = (
            sum(
                part.nbytes
                for rows in (graph.down, graph.up)
                for part in (rows.starts, rows.targets, rows.ranks)
            )
            + graph.keys.nbytes
        )
        print(f"  the whole lineage of {kind}: read in {seconds:.2f} s, {size / 1e6:.1f} MB kept,"
              f" {(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3:.0f} MB at most while reading")  # fmt: skip
        record(f"lineage of {kind} in memory", seconds=seconds, megabytes=size / 1e6)
        timing = clock(lambda key, walked=walked: walked(key, READER, depth=10), keys)
        tell(f"{kind} reached in ten steps, with their ids", timing, limit=None)
    # As pages are: the graph of capsules is read by the first of them.
    tell(
        "60 nodes around a hub, three steps down",
        clock(lambda key: walk.capsules(key, READER, up=0, down=3), hubs),
        limit=PAGE_MS,
    )
    tell(
        "60 nodes around a leaf, three steps up",
        clock(lambda key: walk.capsules(key, READER, up=3, down=0), leaves),
        limit=PAGE_MS,
    )
    counts = clock(lambda key: reach.counts(key, READER, depth=10), hubs)
    number = max(sum(reach.counts(key, READER, depth=10)) for key in hubs)
    tell(f"counts to ten steps from a hub (up to {number:,} capsules)", counts, limit=COUNT_MS)
    for depth in (3, 10):
        took = recursive(leaves[0], depth, patience, here="target_id", there="source_id")
        said = f"no answer in {patience} s" if took is None else f"{took:.0f} ms"
        mine = clock(lambda key, depth=depth: reach.counts(key, READER, way="upstream", depth=depth), leaves)
        print(f"  counts up from a leaf, {depth} steps: {mine}; recursive UNION ALL: {said}")
        record(f"counts up from a leaf, {depth} steps", p50=mine.p50, p95=mine.p95, recursive_ms=took)


def ends(table, column, *, last=False):
    """Keys with the most edges; or of the last layer, where everything comes together."""
    order = f"{column} DESC" if last else "count(*) DESC"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM dcs.{table} GROUP BY {column} ORDER BY {order} LIMIT 40")
        keys = [key for (key,) in cursor]
    visible = walk.columns if table == "column_lineage" else walk.capsules
    return [uuid.UUID(str(key)) for key in keys if visible(key, READER, up=0, down=0).distance][:20]


def recursive(key, depth, patience, **ends):
    """Milliseconds of the naive query; None if it does not answer."""
    begun = time.perf_counter()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{patience}s'")
            cursor.execute(RECURSIVE.format(table="capsule_lineage", **ends), [key, depth])
            cursor.fetchall()
    except OperationalError:
        return None
    return (time.perf_counter() - begun) * 1000
