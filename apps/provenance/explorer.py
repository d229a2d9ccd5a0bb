"""What the lineage page shows around one capsule or column: who is near, what is drawn, what is only listed."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from apps.catalog.comparison import moment
from apps.catalog.models import Capsule, Column

from . import graph, hiding, nodes, then, walk
from .models import CapsuleEdge, ColumnEdge

DRAWN = 60
LISTED = 1000
DEEPEST = 10
OVERLAYS = ("sensitivity", "quality", "freshness", "owner")
VIEWS = ("graph", "list")
WAYS = ((walk.UPSTREAM, "target_id", "source_id"), (walk.DOWNSTREAM, "source_id", "target_id"))


@dataclass(frozen=True)
class State:
    """What the address asks for; `errors` are sentences about values that were no such thing."""

    focus: str = ""
    column: str = ""
    up: int = 1
    down: int = 1
    overlay: str = ""
    view: str = "graph"
    opened: tuple = ()
    hide: tuple = ()
    edge: str = ""
    as_of: str = ""
    compare: str = ""
    up_after: str = ""
    down_after: str = ""
    errors: tuple = ()

    @property
    def at(self):
        """The earlier moment that is asked for; None for now."""
        return moment(self.as_of)


def state(asked):
    """The `State` in a query: unknown keys are ignored, wrong values reported and replaced."""
    errors, depth = [], {}
    for name, title in (("up", _("Steps up")), ("down", _("Steps down"))):
        text = asked.get(name, "")
        depth[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 1
        if text and (depth[name] > DEEPEST or not text.isdigit()):
            errors.append(_("%(field)s: choose 0 to %(most)s.") % {"field": title, "most": DEEPEST})
            depth[name] = min(depth[name], DEEPEST)
    chosen = {}
    for name, allowed, title in (("overlay", OVERLAYS, _("Mark by")), ("view", VIEWS, _("View"))):
        text = asked.get(name, "")
        if text and text not in allowed:
            errors.append(
                _("%(field)s: choose one of %(words)s.") % {"field": title, "words": ", ".join(allowed)}
            )
        chosen[name] = text if text in allowed else ""
    as_of = asked.get("as_of", "").strip()
    if as_of and moment(as_of) is None:
        errors.append(_("As of: write a day, such as 2026-03-01."))
        as_of = ""
    return State(
        focus=asked.get("focus", "").strip(),
        column=asked.get("column", "").strip(),
        **depth,
        overlay=chosen["overlay"],
        view=chosen["view"] or "graph",
        opened=tuple(asked.getlist("open")[:DRAWN]),
        hide=tuple(sorted({kind for kind in asked.getlist("hide") if kind})[: hiding.MOST]),
        edge=uuid_of(asked.get("edge", "")),
        as_of=as_of,
        up_after=asked.get("up_after", ""),
        down_after=asked.get("down_after", ""),
        compare="today" if as_of and asked.get("compare") == "today" else "",
        errors=tuple(errors),
    )


def uuid_of(text):
    """The id that `text` spells, or an empty text."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""


@dataclass(frozen=True)
class Side:
    """One direction: {key: steps}, nearest first, and how many more there are beyond what is kept."""

    way: str
    steps: dict = field(default_factory=dict)
    more: int = 0

    def ends(self, edge):
        """(far, near) of an edge, as seen from the focus."""
        return (
            (edge.source_id, edge.target_id)
            if self.way == walk.UPSTREAM
            else (edge.target_id, edge.source_id)
        )


@dataclass(frozen=True)
class Around:
    """What lies around `start`: both sides, the keys that are drawn, the edges between all that is listed.

    `beyond` counts, for (key, way), neighbours of a drawn node that are not drawn. `types` are {key: type} of what would be
    listed if no type was hidden; empty if none is.
    """

    start: object
    up: Side
    down: Side
    drawn: list
    listed_edges: list
    beyond: dict
    types: dict = field(default_factory=dict)

    @property
    def edges(self):
        """The edges that are drawn."""
        inside = set(self.drawn)
        return [edge for edge in self.listed_edges if edge.source_id in inside and edge.target_id in inside]

    @property
    def left_out(self):
        """How many nodes are known and not drawn."""
        known = {self.start, *self.up.steps, *self.down.steps}
        return len(known) - len(self.drawn) + self.up.more + self.down.more


class CapsuleLine(NamedTuple):
    """An edge between two capsules that are listed."""

    pk: UUID
    source_id: UUID
    target_id: UUID
    transformation: str | None


class ColumnLine(NamedTuple):
    """An edge between two columns that are listed."""

    pk: UUID
    source_id: UUID
    target_id: UUID
    transformation_type: str | None


@dataclass(frozen=True)
class Kind:
    """Lineage of capsules or of columns: how it is walked, the edges that a reader may know of, what is read of each."""

    walk: Callable
    edges: Callable
    stored: type
    nodes: type
    line: type
    then: then.Kind


CAPSULES = Kind(walk.capsules, graph.capsule_edges, CapsuleEdge, Capsule, CapsuleLine, then.CAPSULES)
COLUMNS = Kind(walk.columns, graph.column_edges, ColumnEdge, Column, ColumnLine, then.COLUMNS)


def around(kind, start, asked, reader, opened=()):
    """The `Around` of the row `start`; the nodes with the keys `opened` show one step more."""
    walked = kind.walk(start, reader, up=asked.up, down=asked.down, most=LISTED, edges=False)
    edges = kind.edges(reader, start=start)
    ways = {key: way for key, (_step, way) in walked.distance.items()}
    opened = _open(edges, set(opened), ways)
    keys = list(ways)
    fresh = [key for key in keys if key not in walked.distance]
    listed = _lines(kind, keys, reader)
    up, down = (
        Side(way, _steps(Side(way), start, listed, depth, opened), walked.left_out.get(way, 0))
        for way, depth in ((walk.UPSTREAM, asked.up), (walk.DOWNSTREAM, asked.down))
    )
    types, up, down, listed = _shown(kind, start, asked, reader, up, down, listed)
    drawn = _nearest(start, keys, up, down)
    recount = [*opened, *fresh]
    outside = {pair: number for pair, number in walked.beyond.items() if pair[0] not in recount}
    outside |= _outside(edges, recount, keys)
    return Around(start, up, down, drawn, listed, _beyond(start, drawn, listed, (up, down), outside), types)


def _shown(kind, start, asked, reader, up, down, listed):
    """({key: type} if some are hidden, then `up`, `down` and `listed` without the types that are)."""
    if not asked.hide:
        return {}, up, down, listed
    types = hiding.types({start, *up.steps, *down.steps}, kind.nodes, reader)
    gone = {key for key, found in types.items() if found in asked.hide and key != start}
    return types, *hiding.without(gone, up, down, listed)


def _lines(kind, keys, reader):
    """The edges between nodes that the reader is known to see, as plain rows: a hub has thousands of them."""
    ends = {"source__id__among": set(keys), "target__id__among": set(keys)}
    found = kind.stored.objects.visible_within(reader).filter(**ends).order_by("source_urn", "target_urn")
    return [kind.line(*row) for row in found.values_list(*kind.line._fields)]


def _nearest(start, keys, up, down):
    """The keys that are drawn: `start` and what is nearest to it, in the order of `keys`."""
    place = {key: position for position, key in enumerate(keys)}
    nearest = sorted({**down.steps, **up.steps}.items(), key=lambda pair: (pair[1], place[pair[0]]))
    return [start, *(key for key, _steps_away in nearest)][:DRAWN]


def around_then(kind, start, asked, reader):
    """(the `Around` of the row `start` at the moment that is asked for, whether some of the past may be missing)."""
    past = then.around(
        kind.then,
        start,
        reader,
        asked.at,
        up=asked.up,
        down=asked.down,
        most=LISTED,
        compare=bool(asked.compare),
    )
    up, down = (Side(way, past.steps[way], past.more[way]) for way in (walk.UPSTREAM, walk.DOWNSTREAM))
    types, up, down, listed = _shown(kind, start, asked, reader, up, down, past.edges)
    keys = [start, *up.steps, *down.steps]
    return Around(start, up, down, _nearest(start, keys, up, down), listed, {}, types), past.cut


def _open(edges, asked, ways):
    """Add to `ways` ({key: way}) what lies one step beyond the nodes `asked`; the keys of those that were there.

    What one opened node shows may be opened in its turn.
    """
    opened = set()
    while now := {key: ways[key] for key in asked - opened if key in ways}:
        for way, here, there in WAYS:
            keys = [key for key, its_way in now.items() if its_way == way]
            if keys:
                rows = edges.filter(**{f"{here}__in": keys}).order_by(there.replace("_id", "_urn"))
                for key in rows.values_list(there, flat=True)[:LISTED]:
                    ways.setdefault(key, way)
        opened.update(now)
    return opened


def _steps(side, start, listed, depth, opened):
    """{key: steps} along the listed edges: `depth` far, and one further from the nodes that are opened."""
    further = defaultdict(list)
    for edge in listed:
        far, near = side.ends(edge)
        further[near].append(far)
    found, frontier, step = {start: 0}, [start], 0
    while frontier:
        step += 1
        level = [
            far
            for near in frontier
            if step <= depth or near in opened
            for far in further[near]
            if far not in found
        ]
        frontier = list(dict.fromkeys(level))
        found.update(dict.fromkeys(frontier, step))
    del found[start]
    return found


def _outside(edges, keys, inside):
    """{(key, way): number} of neighbours of `keys` that are not `inside`."""
    found = {}
    for way, here, there in WAYS if keys else ():
        rows = edges.filter(**{f"{here}__in": keys}).exclude(**{f"{there}__in": inside}).order_by()
        counts = rows.values_list(here).annotate(n=Count(there, distinct=True))
        found.update({(key, way): number for key, number in counts})
    return found


def _beyond(start, drawn, listed, sides, outside):
    """{(key, way): number} of neighbours of drawn nodes that are not drawn, on the side that leads away."""
    found, inside = Counter(), set(drawn)
    for side in sides:
        away = {key for key in drawn if key == start or key in side.steps}
        for edge in listed:
            far, near = side.ends(edge)
            if near in away and far not in inside:
                found[near, side.way] += 1
        for (key, way), number in outside.items():
            if way == side.way and key in away:
                found[key, way] += number
    return dict(found)


def capsules(keys, reader):
    """{key: capsule} of the nodes, with what rows and overlays say of them."""
    return Capsule.objects.visible_to(reader).select_related("owner", "domain").in_bulk(list(keys))


def named(keys, reader):
    """{key: what the lists say of a capsule}: plain rows, of which a hub has a thousand."""
    found = Capsule.objects.visible_to(reader).filter(pk__among=set(keys)).order_by()
    return {row[0]: nodes.Named(*row) for row in found.values_list(*nodes.Named._fields)}


def columns(keys, reader):
    """{key: column} of the nodes of a column's lineage."""
    return (
        Column.objects.visible_to(reader)
        .select_related("capsule__owner", "capsule__domain")
        .in_bulk(list(keys))
    )


def towards(side, start, listed):
    """{key: [(the key one step nearer to the focus `start`, the edge by which)]} of a side, through what is hidden or not."""
    steps, up = {**side.steps, start: 0}, side.way == walk.UPSTREAM
    found = defaultdict(list)
    for edge in listed:  # thousands around a hub
        far, near = (edge.source_id, edge.target_id) if up else (edge.target_id, edge.source_id)
        if far in steps and near in steps:
            nearer = steps[far] - steps[near]
            if nearer == 1 or nearer > 1 and nearer == 1 + getattr(edge, "hidden", 0):
                found[far].append((near, edge))
    return found


def paths(side, nearer):
    """{key: keys between it and the focus, nearest to it first} by what `towards` found."""
    found = {}
    for key, _steps_away in sorted(side.steps.items(), key=lambda pair: pair[1]):
        between = [other for other, _edge in nearer[key] if other in found]
        step = min(between, key=lambda other: (len(found[other]), other.int), default=None)
        found[key] = [] if step is None else [step, *found[step]]
    return found
