"""How the edges of a lineage graph run: orthogonal lines with rounded corners, each on a track of its own.

Pure, like `layout`, which says where the nodes stand. Units are CSS pixels.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

WIDTH, HEIGHT = 176, 40  # of a node
ACROSS, DOWN = 224, 62  # from one column, or row, to the next
TIP = 6
RADIUS = 6
MANY = 12  # edges on one side of a node that no longer get ports and tracks of their own
AROUND = 24  # beside the drawing, for edges that lead back


@dataclass(frozen=True)
class Edge:
    """A routed edge: the `d` of its line and of its arrow head. `back` closes a cycle."""

    up: object
    down: object
    path: str
    tip: str
    back: bool = False


def route(pairs, back, placed, chains, middle):
    """The edges as rounded orthogonal lines, each with ports and tracks of its own."""
    leave = ports(pairs, back, placed, chains, middle, side=0)
    arrive = ports(pairs, back, placed, chains, middle, side=1)
    steps = {pair: levels(chains[pair], leave[pair], arrive[pair], middle) for pair in chains}
    turn = turns(steps, placed)
    floor = lowest(placed, middle) + DOWN / 4
    routed = []
    for pair in pairs:
        up, down = placed[pair[0]], placed[pair[1]]
        start, end = (up.x + WIDTH, leave[pair]), (down.x - TIP, arrive[pair])
        if pair in back:
            routed.append(Edge(pair[0], pair[1], around(start, end, floor), tip(*end), back=True))
            floor += RADIUS
            continue
        points = [start]
        for at, (before, after) in enumerate(steps[pair]):
            x = turn[pair, at]
            points += [(x, before), (x, after)]
        routed.append(Edge(pair[0], pair[1], rounded([*points, end]), tip(*end)))
    return routed


def lowest(placed, middle):
    """The bottom of everything: of the nodes, and of the long edges that pass below them."""
    return max([*(node.y + HEIGHT for node in placed.values()), *middle.values()], default=0)


def ports(pairs, back, placed, chains, middle, side):
    """The height at which each edge leaves (side 0) or enters (side 1) its node.

    Spread over the side in the order of the other ends, so that the edges of one node do not cross there.
    """
    at_node = defaultdict(list)
    for pair in pairs:
        chain = chains.get(pair)
        towards_ = float("inf") if chain is None else middle[chain[1] if side == 0 else chain[-2]]
        at_node[pair[side]].append((towards_, len(at_node[pair[side]]), pair))
    found = {}
    for name, edges in at_node.items():
        step = 0 if len(edges) > MANY else min(8, (HEIGHT - 12) / max(len(edges) - 1, 1))
        first = placed[name].middle - step * (len(edges) - 1) / 2
        found.update({pair: first + step * at for at, (*_, pair) in enumerate(sorted(edges))})
    return found


def levels(chain, leave, arrive, middle):
    """For each gap between columns that an edge passes: its height before and after."""
    heights = [leave, *(middle[bend] for bend in chain[1:-1]), arrive]
    return list(zip(heights, heights[1:], strict=False))


def turns(steps, placed):
    """The x at which each step of each edge turns: {(edge, step): x}.

    Falling edges turn the later the higher they start, climbing ones the later the lower: then edges that
    run beside each other do not cross. Two that would lie on each other get tracks of their own.
    """
    side = {node.column: node.x for node in placed.values()}
    gaps = defaultdict(list)
    for pair, heights in steps.items():
        for at, (before, after) in enumerate(heights):
            gaps[placed[pair[0]].column + at].append(((pair, at), before, after))
    found, bundle = {}, bundles(steps)
    for column, here in gaps.items():
        track = tracks_of_bundles(here, bundle)
        left = side[column] + WIDTH + RADIUS + 2
        room = ACROSS - WIDTH - TIP - 2 * RADIUS - 6
        number = 1 + max(track.values(), default=0)
        each = min(7, room / max(number - 1, 1))
        first = left + (room - each * (number - 1)) / 2
        found.update({step: first + each * track.get(step, 0) for step, *_ in here})
    return found


def bundles(steps):
    """{(edge, step): node} of the steps that share one track: those at a node with more edges than can be told apart."""
    leave, arrive = Counter(pair[0] for pair in steps), Counter(pair[1] for pair in steps)
    found = {}
    for pair, heights in steps.items():
        if arrive[pair[1]] > MANY:
            found[pair, len(heights) - 1] = pair[1]
        if leave[pair[0]] > MANY:
            found[pair, 0] = pair[0]
    return found


def tracks_of_bundles(steps, bundle):
    """The track of every step that bends; the steps of one bundle run on one, as if they were a single line."""
    together, alone = defaultdict(list), []
    for step in steps:
        if step[0] in bundle:
            together[bundle[step[0]]].append(step)
        else:
            alone.append(step)
    whole = [
        (node, min(min(s[1:]) for s in members), max(max(s[1:]) for s in members))
        for node, members in together.items()
    ]
    track = tracks(alone + whole)
    for node, members in together.items():
        track |= {step: track.get(node, 0) for step, *_heights in members}
    return track


def tracks(steps):
    """The track of every step that bends, counted from the left: {step: number}."""
    taken = []
    found = {}
    falling = sorted((s for s in steps if s[2] - s[1] >= 0.5), key=lambda s: (-s[1], -s[2]))
    climbing = sorted((s for s in steps if s[1] - s[2] >= 0.5), key=lambda s: (s[1], s[2]))
    for group in (falling, climbing):
        own = []
        for step, before, after in group:
            top, bottom = min(before, after) - RADIUS, max(before, after) + RADIUS
            number = 1 + max((n for n, a, b in own if a < bottom and b > top), default=-1)
            while any(n == number and a < bottom and b > top for n, a, b in taken):
                number += 1
            own.append((number, top, bottom))
            found[step] = number
        taken += own
    return found


def around(start, end, floor):
    """An edge that goes back: out to the right, below everything, and in from the left."""
    right, left = start[0] + 14, end[0] - 14
    return rounded([start, (right, start[1]), (right, floor), (left, floor), (left, end[1]), end])


def rounded(points):
    """The `d` of a line through `points`, its corners rounded; points on one straight line leave no mark."""
    kept = [points[0]]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        upright = before[0] == here[0] == after[0]
        level = abs(before[1] - here[1]) < 0.5 and abs(here[1] - after[1]) < 0.5
        if not (upright or level):
            kept.append(here)
    kept.append(points[-1])
    path = f"M{at(kept[0])}"
    for before, here, after in zip(kept, kept[1:], kept[2:], strict=False):
        radius = min(RADIUS, distance(before, here) / 2, distance(here, after) / 2)
        a, b = towards(here, before, radius), towards(here, after, radius)
        path += f"L{at(a)}Q{at(here)} {at(b)}"
    return path + f"L{at(kept[-1])}"


def distance(one, other):
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def towards(here, there, by):
    """The point `by` pixels from `here` towards `there`, along the axis they share."""
    whole = distance(here, there) or 1
    return (here[0] + (there[0] - here[0]) * by / whole, here[1] + (there[1] - here[1]) * by / whole)


def tip(x, y):
    return f"M{at((x, y - 4))}l{TIP} 4l-{TIP} 4z"


def at(point):
    return f"{short(point[0])} {short(point[1])}"


def short(value):
    return f"{value:.1f}".removesuffix(".0")
