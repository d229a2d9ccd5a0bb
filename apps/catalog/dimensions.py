"""The dimensions of a capsule, each contributed by the app that owns it (architecture.md, section 4).

An app joins by having a `dimension.py` that calls `register`; nothing here knows any of them.
"""

from collections.abc import Callable
from dataclasses import dataclass


def _nothing(*args):
    return {}


def _no_gaps(*args):
    return {}


def _none(*args):
    return []


@dataclass(frozen=True)
class Gap:
    """Something that is missing from a capsule: what, and the address where it can be mended."""

    dimension: str
    sentence: str
    step: str = ""
    url: str = ""


@dataclass(frozen=True)
class State:
    """How far one dimension of a capsule has come: `mark` is complete, partial, missing or alert."""

    mark: str
    sentence: str

    def __str__(self):
        return str(self.sentence)


@dataclass(frozen=True)
class Touched:
    """One kind of thing that hangs on capsules and columns, and so feels their changes.

    `pairs` are (key, id of the capsule or column that it hangs on). `told(keys)` maps keys to what a list says of them:
    {name, url, note}; the key itself may be anything hashable.
    """

    kind: str
    title: str
    pairs: list
    told: Callable


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One of the seven parts of a capsule.

    `panel(request, capsule)` is the context of the tab's `template`. The rest is set-based, so that a page
    of many capsules costs what one costs: `count(capsules, reader)`, `gaps(capsules, reader)`,
    `strip(capsules, reader)` and `state(capsules, reader)` map capsule id to a number, a list of `Gap`, a list
    of trust-strip items and a `State`; `notices(capsules, reader)` to what stands above every tab; `cells(columns, reader)` maps column id to what the structure
    table shows of this dimension below `cell_title`; `column_panel(request, column)` is the context of its
    part of the column panel, drawn by `column_template`; `snapshot(capsules)` maps capsule id to its part of
    the capsule document: {section: canonical value}, of capsules loaded with owner, domain and source system. `overview(request, capsule)` is the context of what the first page shows of it, drawn
    by `overview_template` in the text and by `rail_template` at the side.

    `write(wanted)` makes the stored rows equal to that part of each (capsule, state) in `wanted`; it writes nothing
    that is equal. `sections` names the keys of the document that the part is made of.

    `reach(capsules, columns, reader)` is a list of `Touched`: what of this dimension hangs on the capsules and columns
    with these ids (sets, to be asked by `among`); a constant number of queries.

    `past(capsule, reader, at)` is what rows, and no document, tell of an earlier moment: {section: {name: [values]}}.

    `facts(reader)` and `column_facts(reader)` name the expressions on a capsule or column that the set-based
    parts read; `facts.known` asks for those of all dimensions in one query.
    """

    slug: str
    title: str
    order: int
    icon: str
    template: str
    panel: Callable = _nothing
    count: Callable = _nothing
    gaps: Callable = _no_gaps
    strip: Callable = _nothing
    state: Callable = _nothing
    notices: Callable = _nothing
    facts: Callable = _nothing
    overview: Callable = _nothing
    overview_template: str = ""
    rail_template: str = ""
    cells: Callable = _nothing
    cell_title: str = ""
    column_facts: Callable = _nothing
    column_template: str = ""
    column_panel: Callable = _nothing
    snapshot: Callable = _nothing
    write: Callable = _nothing
    sections: tuple[str, ...] = ()
    reach: Callable = _none
    past: Callable = _nothing


_registry: dict[str, Dimension] = {}


def register(dimension):
    """Add `dimension`; a second one of the same slug takes the first one's place."""
    _registry[dimension.slug] = dimension
    return dimension


def everything():
    """All dimensions in the order of the design, 1 payload to 7 contract."""
    return sorted(_registry.values(), key=lambda dimension: dimension.order)


def get(slug):
    """The dimension called `slug`. Raises `KeyError` if no app has registered it."""
    return _registry[slug]
