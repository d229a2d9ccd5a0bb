"""What the lineage page shows around one capsule or column: who is near, what is drawn, what is only listed."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from apps.catalog.models import Capsule, Column

from . import graph

DRAWN = 60
LISTED = 500
DEEPEST = 10
OVERLAYS = ("sensitivity", "quality", "freshness", "owner")
VIEWS = ("graph", "list")


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
    edge: str = ""
    errors: tuple = ()


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
    return State(
        focus=asked.get("focus", "").strip(),
        column=asked.get("column", "").strip(),
        **depth,
        overlay=chosen["overlay"],
        view=chosen["view"] or "graph",
        opened=tuple(asked.getlist("open")[:DRAWN]),
        edge=uuid_of(asked.get("edge", "")),
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


@dataclass(frozen=True)
class Around:
    """What lies around `start`: both sides, the keys that are drawn, and the edges between them."""

    start: object
    up: Side
    down: Side
    drawn: list
    edges: list
    listed_edges: list
    beyond: dict

    @property
    def left_out(self):
        """How many nodes are known and not drawn."""
        known = {self.start, *self.up.steps, *self.down.steps}
        return len(known) - len(self.drawn) + self.up.more + self.down.more


def around(start, edges, asked, opened=()):
    """The `Around` of the row `start` along `edges`; the nodes with the keys `opened` show one step more."""
    up = _side(start, edges, graph.UPSTREAM, asked.up)
    down = _side(start, edges, graph.DOWNSTREAM, asked.down)
    for side in (up, down):
        for key in opened:
            if key in side.steps:
                further = graph.around(key, edges, direction=side.way, depth=1, most=LISTED)
                for other, (step, _way) in further.distance.items():
                    if step and other != start:
                        side.steps.setdefault(other, side.steps[key] + 1)
    nearest = sorted({**down.steps, **up.steps}.items(), key=lambda pair: pair[1])
    drawn = [start, *(key for key, _steps in nearest)][:DRAWN]
    listed = list(graph.between(edges, [start, *up.steps, *down.steps]).select_related(None))
    inside = set(drawn)
    shown = [edge for edge in listed if edge.source_id in inside and edge.target_id in inside]
    return Around(start, up, down, drawn, shown, listed, _beyond(edges, drawn, listed, up, down, start))


def _side(start, edges, way, depth):
    if not depth:
        return Side(way)
    found = graph.around(start, edges, direction=way, depth=depth, most=LISTED)
    return Side(way, {key: step for key, (step, _way) in found.distance.items() if step}, found.more)


def _beyond(edges, drawn, listed, up, down, start):
    """{(key, way): number} of neighbours of drawn nodes that are not drawn, on the side that leads away."""
    found, inside = {}, set(drawn)
    for side, here, there in ((up, "target_id", "source_id"), (down, "source_id", "target_id")):
        away = [key for key in drawn if key == start or key in side.steps]
        total = dict(
            edges.filter(**{f"{here}__in": away}).order_by().values_list(here).annotate(n=Count("pk"))
        )
        near = Counter(getattr(edge, here) for edge in listed if getattr(edge, there) in inside)
        for key in away:
            if total.get(key, 0) > near[key]:
                found[key, side.way] = total[key] - near[key]
    return found


def capsules(keys, reader):
    """{key: capsule} of the nodes, with what rows and overlays say of them."""
    return Capsule.objects.visible_to(reader).select_related("owner", "domain").in_bulk(list(keys))


def columns(keys, reader):
    """{key: column} of the nodes of a column's lineage."""
    return (
        Column.objects.visible_to(reader)
        .select_related("capsule__owner", "capsule__domain")
        .in_bulk(list(keys))
    )


def paths(side, listed):
    """{key: keys between it and the focus, nearest to it first} along the edges that were listed."""
    nearer = defaultdict(list)
    for edge in listed:
        far, near = (
            (edge.source_id, edge.target_id)
            if side.way == graph.UPSTREAM
            else (edge.target_id, edge.source_id)
        )
        if side.steps.get(far, 0) - side.steps.get(near, 0) == 1:
            nearer[far].append(near)
    found = {}
    for key, _steps in sorted(side.steps.items(), key=lambda pair: pair[1]):
        between = [other for other in nearer[key] if other in found]
        step = min(between, key=lambda other: (len(found[other]), str(other)), default=None)
        found[key] = [] if step is None else [step, *found[step]]
    return found
