"""Where the nodes of a lineage graph stand and how its edges run: left to right, in layers.

The four phases of Sugiyama, Tagawa and Toda (1981): break cycles, put nodes in columns by longest path,
order each column by barycentre so that few edges cross, then give coordinates and route the edges as
orthogonal lines with rounded corners. Pure: names and pairs in, numbers out. Units are CSS pixels.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from apps.provenance.routing import ACROSS, AROUND, DOWN, HEIGHT, WIDTH, lowest, route

MARGIN, HEAD = 4, 34  # around the drawing; room for the titles of the columns
SWEEPS = 8


@dataclass(frozen=True)
class Node:
    """A placed node: its upper left corner, its column counted from the left, its row in that column."""

    name: object
    x: float
    y: float
    column: int
    row: int

    @property
    def middle(self):
        return self.y + HEIGHT / 2


@dataclass(frozen=True)
class Layout:
    """A drawing of `width` × `height`: nodes by name, edges as given, columns by their left side."""

    nodes: dict
    edges: list
    width: float
    height: float
    columns: list = field(default_factory=list)


def drawn(nodes, edges):
    """A `Layout` of the named `nodes` and the (upstream, downstream) pairs in `edges`.

    Edges between unknown nodes are left out, and so are loops of a node to itself. The same input always
    gives the same drawing.
    """
    names = list(dict.fromkeys(nodes))
    known = set(names)
    pairs = [pair for pair in dict.fromkeys(edges) if set(pair) <= known and pair[0] != pair[1]]
    back = closing(names, pairs)
    forward = [pair for pair in pairs if pair not in back]
    column = ranks(names, forward)
    lanes, chains = with_bends(names, forward, column)
    ordered = untangled(lanes, chains)
    heights = levelled(ordered, chains)
    left = MARGIN + (AROUND if back else 0)
    placed = {}
    for rank, lane in enumerate(ordered):
        here = [point for point in lane if point in known]
        for row, point in enumerate(here):
            placed[point] = Node(point, left + rank * ACROSS, HEAD + heights[point], rank, row)
    middle = {point: HEAD + y + HEIGHT / 2 for point, y in heights.items()}
    routed = route(pairs, back, placed, chains, middle)
    columns = [left + rank * ACROSS for rank in range(len(ordered))]
    bottom = lowest(placed, middle)
    return Layout(
        nodes=placed,
        edges=routed,
        width=columns[-1] + WIDTH + left if columns else 2 * MARGIN,
        height=bottom + 16 + (DOWN / 4 + 6 * len(back) if back else 0),
        columns=columns,
    )


def closing(names, pairs):
    """The edges that close a cycle, as few as a greedy choice finds.

    Sources go to the left end of a sequence, sinks to the right, and in a knot the node with most more
    children than parents next; edges against the sequence that do close a cycle turn round.
    Eades, Lin and Smyth (1993).
    """
    above, below = neighbours(pairs)
    left, right, waiting = [], [], dict.fromkeys(names)
    while waiting:
        parents = {name: sum(other in waiting for other in above[name]) for name in waiting}
        children = {name: sum(other in waiting for other in below[name]) for name in waiting}
        sinks = [name for name in waiting if not children[name]]
        sources = [name for name in waiting if not parents[name] and children[name]]
        chosen = sinks or sources or [max(waiting, key=lambda name: children[name] - parents[name])]
        for name in chosen:
            (right if sinks else left).append(name)
            del waiting[name]
    place = {name: number for number, name in enumerate([*left, *reversed(right)])}
    against = [pair for pair in pairs if place[pair[0]] > place[pair[1]]]
    forward = neighbours([pair for pair in pairs if pair not in against])[1]
    back = set()
    for up, down in against:
        if reaches(forward, down, up):
            back.add((up, down))
        else:
            forward[up].append(down)
    return back


def reaches(below, start, goal):
    seen, ahead = {start}, [start]
    while ahead:
        here = ahead.pop()
        if here == goal:
            return True
        fresh = [name for name in below[here] if name not in seen]
        seen.update(fresh)
        ahead += fresh
    return False


def ranks(names, forward):
    """Column of every node: one more than its furthest parent, and as near to its children as it can be.

    `forward` must be free of cycles. A source stands right before its first child instead of at the far
    left, which shortens its edges.
    """
    above, below = neighbours(forward)
    column, waiting = {}, {name: len(above[name]) for name in names}
    ready = [name for name in names if not waiting[name]]
    order = []
    while ready:
        name = ready.pop(0)
        order.append(name)
        column[name] = 1 + max((column[parent] for parent in above[name]), default=-1)
        for child in below[name]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    for name in reversed(order):
        if below[name] and not above[name]:
            column[name] = min(column[child] for child in below[name]) - 1
    return column


def links(chains):
    """The steps between neighbouring columns that all edges are made of."""
    return [step for chain in chains.values() for step in zip(chain, chain[1:], strict=False)]


def neighbours(pairs):
    above, below = defaultdict(list), defaultdict(list)
    for up, down in pairs:
        above[down].append(up)
        below[up].append(down)
    return above, below


def with_bends(names, forward, column):
    """The nodes by column, with a bend in every column that a long edge passes.

    Answers (lanes, chains): lanes are lists of points, chains map an edge to the points it runs through.
    A bend is the pair of its edge and its column.
    """
    lanes = [[] for _ in range(1 + max(column.values(), default=-1))]
    for name in names:
        lanes[column[name]].append(name)
    chains = {}
    for pair in forward:
        up, down = pair
        bends = [(pair, rank) for rank in range(column[up] + 1, column[down])]
        for bend in bends:
            lanes[bend[1]].append(bend)
        chains[pair] = [up, *bends, down]
    return lanes, chains


def untangled(lanes, chains):
    """The lanes reordered so that few edges cross: the best of some sweeps to the right and to the left."""
    above, below = neighbours(links(chains))
    best, fewest = lanes, crossings(lanes, below)
    lanes = [list(lane) for lane in lanes]
    for sweep in range(SWEEPS):
        if not fewest:
            break
        rightwards = sweep % 2 == 0
        order = range(1, len(lanes)) if rightwards else range(len(lanes) - 2, -1, -1)
        for rank in order:
            fixed = lanes[rank - 1 if rightwards else rank + 1]
            place = {point: at for at, point in enumerate(fixed)}
            beside = above if rightwards else below
            lanes[rank] = by_barycentre(lanes[rank], beside, place)
        now = crossings(lanes, below)
        if now < fewest:
            best, fewest = [list(lane) for lane in lanes], now
    return best


def by_barycentre(lane, beside, place):
    """The points of a lane in the order of the middle of their neighbours; those without keep their place."""
    middle = {
        point: sum(place[other] for other in beside[point]) / len(beside[point]) if beside[point] else at
        for at, point in enumerate(lane)
    }
    return sorted(lane, key=middle.__getitem__)


def crossings(lanes, below):
    """How many pairs of edges cross between neighbouring lanes."""
    found = 0
    for left, right in zip(lanes, lanes[1:], strict=False):
        place = {point: at for at, point in enumerate(right)}
        ends = [place[child] for point in left for child in sorted(below[point], key=place.__getitem__)]
        found += sum(1 for at, end in enumerate(ends) for later in ends[at + 1 :] if later < end)
    return found


def levelled(lanes, chains):
    """The upper edge of every point: near its neighbours, in order, never overlapping, from zero on."""
    above, below = neighbours(links(chains))
    height = {point: float(at * DOWN) for lane in lanes for at, point in enumerate(lane)}
    tallest = max((len(lane) for lane in lanes), default=0)
    for lane in lanes:
        for point in lane:
            height[point] += (tallest - len(lane)) * DOWN / 2
    for sweep in range(SWEEPS):
        # The last sweep leans on both sides, so that a node ends between what it joins.
        for lane in lanes if sweep % 2 == 0 else reversed(lanes):
            wanted = []
            for point in lane:
                beside = above[point] + below[point]
                wanted.append(
                    sum(height[other] for other in beside) / len(beside) if beside else height[point]
                )
            for point, y in zip(lane, spaced(wanted, lane), strict=True):
                height[point] = y
    if not height:
        return {}
    top = min(height.values())
    # Whole half steps keep neighbours in different columns on a common line.
    return {point: round((y - top) / (DOWN / 2)) * DOWN / 2 for point, y in stepped(lanes, height).items()}


def stepped(lanes, height):
    """Heights rounded to half steps, pushed apart where rounding would let two points touch."""
    half = DOWN / 2
    found = {}
    for lane in lanes:
        last = None
        for point in lane:
            y = round(height[point] / half) * half
            if last is not None:
                y = max(y, found[last] + gap(last, point))
            found[point], last = y, point
    return found


def gap(one, other):
    """The least distance of two points of a lane: a bend is a line and needs less room than a node."""
    return DOWN if not (is_bend(one) and is_bend(other)) else DOWN / 2


def is_bend(point):
    return isinstance(point, tuple) and len(point) == 2 and isinstance(point[0], tuple)


def spaced(wanted, lane):
    """Heights as near to the `wanted` ones as the order and the gaps allow: blocks that would overlap merge.

    Pool adjacent violators, the exact answer to this least squares question.
    """
    blocks = []
    offset = 0.0
    offsets = []
    for at, point in enumerate(lane):
        offset += gap(lane[at - 1], point) if at else 0
        offsets.append(offset)
    for value, shift in zip(wanted, offsets, strict=True):
        blocks.append([value - shift, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, size = blocks.pop()
            blocks[-1][0] = (blocks[-1][0] * blocks[-1][1] + mean * size) / (blocks[-1][1] + size)
            blocks[-1][1] += size
    flat = [mean for mean, size in blocks for _ in range(size)]
    return [mean + shift for mean, shift in zip(flat, offsets, strict=True)]
