"""Lineage without some types of capsule: what lies behind a hidden one stays, joined by an edge that leads through it."""

from collections import Counter
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import ngettext

from apps.catalog import vocabularies
from apps.catalog.models import Column

from .sparse import UPSTREAM

MOST = 20  # types that are hidden at a time


@dataclass(frozen=True)
class Type:
    """A type of capsule around the focus: what the address calls it, what people do, how many there are."""

    value: str
    title: str
    count: int
    hidden: bool


@dataclass(frozen=True)
class Through:
    """Stands for the edges between two listed nodes that lead through `hidden` others."""

    source_id: UUID
    target_id: UUID
    hidden: int
    since: str = ""
    pk: None = None

    @property
    def transformation(self):
        """How data flows, in words."""
        text = ngettext("through %(n)s hidden", "through %(n)s hidden", self.hidden)
        return text % {"n": self.hidden}


def types(keys, model, reader):
    """{key: type of the capsule that a node is or lies in} of `keys`, rows of `model`."""
    path = "capsule__capsule_type" if model is Column else "capsule_type"
    found = model.objects.visible_to(reader).filter(pk__among=set(keys)).order_by()
    return dict(found.values_list("pk", path))


def offered(found, start, hidden):
    """A `Type` for each type of the nodes `found` ({key: type}) besides `start`, and for each that is hidden."""
    counts = Counter(kind for key, kind in found.items() if key != start)
    known = vocabularies.CAPSULE_TYPES
    return [
        Type(kind, str(known[kind].title) if kind in known else kind, counts[kind], kind in hidden)
        for kind in sorted({*counts, *hidden})
    ]


def without(gone, up, down, listed):
    """(`up`, `down`, `listed`) less the nodes `gone`; edges that led to one lead to what lies nearer to the focus."""
    edges = [edge for edge in listed if edge.source_id not in gone and edge.target_id not in gone]
    for side in (up, down):
        edges += _joined(side, gone, listed)
    up, down = (
        replace(side, steps={key: steps for key, steps in side.steps.items() if key not in gone})
        for side in (up, down)
    )
    return up, down, list({(edge.source_id, edge.target_id): edge for edge in reversed(edges)}.values())[::-1]


def _joined(side, gone, listed):
    """An edge for each node of a side whose way to the focus leads into `gone`: to the first node that is shown."""
    nearer = {}
    for edge in listed:
        far, near = side.ends(edge)
        if side.steps.get(far, 0) - side.steps.get(near, 0) == 1:
            nearer.setdefault(far, []).append((near, getattr(edge, "since", "")))
    found = []
    for far, ways in nearer.items():
        for at, since in ways if far not in gone else ():
            passed = 0
            while at in gone and at in nearer:
                passed += 1
                at, further = nearer[at][0]
                since = since or further
            if passed and at not in gone:
                ends = (far, at) if side.way == UPSTREAM else (at, far)
                found.append(Through(*ends, passed, since))
    return found
