"""How sensitivity flows along lineage: of every column the strictest level of itself and what it is made of.

Pure. A column has its own rank (1 to 5; 0 or absent: no policy) and hands on what holds for it, edge by edge, so a
level reaches everything that is made of the data. Edges that mask hand on nothing, and are not among `edges`.
"""

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

HIGHEST = 5


@dataclass(frozen=True)
class Level:
    """What holds for a column: the rank, the column whose policy states it, and how many edges away that is."""

    rank: int
    origin: Hashable
    steps: int = 0


def levels(own: Mapping, edges: Iterable[tuple]) -> dict:
    """{column: `Level`} of all columns that a level reaches; `edges` are (upstream, downstream), loops allowed.

    Of several with one rank the nearest is named, then the first by key.
    """
    below = defaultdict(list)
    for up, down in edges:
        below[up].append(down)
    found: dict = {}
    _spread(found, _by_rank(own), below)
    return found


def relevel(found: dict, own: Mapping, changed: Iterable, above: Mapping, below: Mapping) -> set:
    """Bring `found` up to date after the own rank of, or an edge into, each of the `changed` columns has changed.

    `above` and `below` are {column: columns} of the edges as they are now. Only what lies downstream is looked at.
    Returns the columns whose level is another than before.
    """
    stale, waiting = set(), list(changed)
    while waiting:
        column = waiting.pop()
        if column not in stale:
            stale.add(column)
            waiting.extend(below.get(column, ()))
    before = {column: found.pop(column, None) for column in stale}
    entering = defaultdict(list)
    for column in stale:
        if own.get(column):
            entering[own[column]].append((0, _key(column), column, column))
        for up in above.get(column, ()):
            if up not in stale and (level := found.get(up)):
                entering[level.rank].append((level.steps + 1, _key(level.origin), level.origin, column))
    _spread(found, entering, below, stale)
    return {column for column in stale if found.get(column) != before[column]}


def _key(column):
    return str(column)


def _by_rank(own):
    entering = defaultdict(list)
    for column, rank in own.items():
        if rank:
            entering[rank].append((0, _key(column), column, column))
    return entering


def _spread(found, entering, below, within=None):
    """Give every column the highest rank that reaches it, from the highest down, each by the nearest origin."""
    for rank in range(HIGHEST, 0, -1):
        waiting = sorted(entering.get(rank, ()), key=lambda each: each[:2])
        starts, ring, steps = deque(waiting), [], 0
        while starts or ring:
            if not ring:
                steps = max(steps, starts[0][0])
            while starts and starts[0][0] <= steps:
                _steps, key, origin, column = starts.popleft()
                ring.append((key, origin, column))
            reached = []
            for key, origin, column in sorted(ring, key=lambda each: each[0]):
                if column in found:
                    continue
                found[column] = Level(rank, origin, steps)
                reached += [
                    (key, origin, down)
                    for down in below.get(column, ())
                    if down not in found and (within is None or down in within)
                ]
            ring, steps = reached, steps + 1
