"""How sensitivity flows along 30,000 edges of 10,000 columns: all of it, one column, and after one changed edge.

The graph has eight layers, as an estate has; a third of the columns have a level of their own. "One column" is what a
page asks for: only what lies above it is read, so nothing is stored that could be out of date. "One changed edge" brings
a graph that is known up to date, and is compared with working it out anew.
"""

import gc
import random
import statistics
import time
from collections import defaultdict

from apps.policy.levels import levels, relevel

from . import measure

ESTATE = False
LAYERS = 8
CHANGED = 300
FULL, EDGE = 2.0, 0.05  # seconds allowed


def run(small):
    """Time the three, in one graph: processor time."""
    # Collecting what the whole portal has loaded is no part of the work.
    gc.collect()
    gc.freeze()
    columns, edges = (500, 1_500) if small else (10_000, 30_000)
    chance = random.Random(7)
    own = {key: chance.randint(1, 5) for key in range(columns) if chance.random() < 1 / 3}
    flows = _edges(chance, columns, edges)

    begun = time.process_time()
    found = levels(own, flows)
    full = time.process_time() - begun

    above, below = defaultdict(list), defaultdict(list)
    for up, down in flows:
        above[down].append(up)
        below[up].append(down)
    one = [_one(key, own, above, found) for key in chance.sample(range(columns), CHANGED)]
    changed = [_change(edge, found, own, above, below) for edge in chance.sample(flows, CHANGED)]
    left = [(up, down) for down, ups in above.items() for up in ups]
    assert found == levels(own, left), "brought up to date is not worked out anew"

    print(f"all columns: {full * 1000:.0f} ms, {full / FULL:.0%} of the {FULL:g} s allowed")
    print(f"one column, from what lies above it: {_spread(one)}")
    print(f"one edge gone: {_spread(changed)}, {max(changed) / EDGE:.0%} of the {EDGE * 1000:g} ms allowed")
    measure.record(
        "levels", columns=columns, edges=edges, full_s=full, one_s=max(one), changed_s=max(changed)
    )


def _edges(chance, columns, number):
    size = columns // LAYERS
    found = set()
    while len(found) < number:
        layer = chance.randrange(LAYERS - 1)
        up = layer * size + chance.randrange(size)
        found.add((up, (layer + 1) * size + chance.randrange(size)))
    return sorted(found)


def _one(key, own, above, found):
    begun = time.process_time()
    seen, waiting = {key}, [key]
    while waiting:
        for up in above.get(waiting.pop(), ()):
            if up not in seen:
                seen.add(up)
                waiting.append(up)
    mine = levels(
        {one: own[one] for one in seen if one in own},
        [(up, down) for down in seen for up in above.get(down, ())],
    )
    spent = time.process_time() - begun
    assert mine.get(key) == found.get(key), "one column has another level than among all"
    return spent


def _change(edge, found, own, above, below):
    """Take an edge away and bring the levels up to date."""
    up, down = edge
    above[down].remove(up)
    below[up].remove(down)
    begun = time.process_time()
    relevel(found, own, [down], above, below)
    return time.process_time() - begun


def _spread(spent):
    return f"{statistics.median(spent) * 1000:.2f} ms (median), {max(spent) * 1000:.1f} ms (worst of {len(spent)})"
