"""What a change would touch: all that is made of it, and everybody who has to know.

One verb for the page of a capsule or column, the page of a plan, the explorer's summary, exports and the API:

    found = impact.of_capsules([capsule.pk], request.reader)
    for part in found.parts:
        part.total, part.rows(part.keys[:20])

Nothing is counted that the reader may not know of, and nothing behind it either. The number of queries does not depend
on how much is found: the walk is over the graph in memory (`reach`), what hangs on it is asked of every dimension at once.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.catalog import dimensions
from apps.catalog.addresses import page_of
from apps.catalog.models import Capsule, Column, Owner

from . import nodes, reach

DEEPEST = 10


@dataclass(frozen=True)
class Spread:
    """What lies downstream: {id: steps} of capsules and of columns, nearest first, then by name; the changed ones at 0.

    `before` maps either kind of id to the one by which it was reached. `owners` maps capsules to the id of their owner.
    """

    capsules: dict
    columns: dict
    before: dict = field(repr=False)
    owners: dict = field(repr=False)

    @property
    def steps(self):
        return self.capsules | self.columns

    def path(self, key):
        """The ids between the change and `key`, the nearest to the change first."""
        return reach.path(key, self.before)


def spread(capsules, columns, reader, *, depth=DEEPEST):
    """The `Spread` of a change of the capsules and columns with these ids; four queries while the graph stays as it is."""
    far = reach.reached(reach.CAPSULES, capsules, reader, depth=depth)
    deep = reach.reached(reach.COLUMNS, columns, reader, depth=depth)
    steps = {**dict.fromkeys(columns, 0), **deep.steps}
    rows = Column.objects.visible_to(reader).filter(pk__among=steps).order_by("capsule__name", "name", "pk")
    holders = dict(rows.values_list("pk", "capsule_id"))
    near, before = {**far.steps, **dict.fromkeys(capsules, 0)}, far.before | deep.before
    for column in sorted(holders, key=steps.get):
        # A capsule that only a column leads to counts with that column; the column itself is on the way to it.
        if holders[column] not in near:
            near[holders[column]] = steps[column]
            if column in deep.before:
                before[holders[column]] = column
    found = Capsule.objects.visible_to(reader).filter(pk__among=near).order_by("name", "urn")
    owners = dict(found.values_list("pk", "owner_id"))
    return Spread(_nearest(owners, near), _nearest(holders, steps), before, owners)


def _nearest(keys, steps):
    return {key: steps[key] for key in sorted(keys, key=steps.get)}


def _columns_of(capsules, reader):
    found = Column.objects.visible_to(reader).current().filter(capsule__id__among=capsules)
    return list(found.order_by().values_list("pk", flat=True))


def of_capsules(capsules, reader, *, depth=DEEPEST):
    """The `Impact` of a change of the capsules with these ids, and so of any of their columns."""
    capsules = list(capsules)
    columns = _columns_of(capsules, reader)
    return Impact(spread(capsules, columns, reader, depth=depth), reader, frozenset([*capsules, *columns]))


def of_column(column, reader, *, depth=DEEPEST):
    """The `Impact` of a change of one column."""
    found = spread([], [column.pk], reader, depth=depth)
    return Impact(found, reader, frozenset([column.pk, column.capsule_id]))


def reaches(capsule, reader, *, depth=DEEPEST):
    """How many capsules a change of `capsule` touches: what the list of its impact has rows for capsules.

    None while a large lineage of columns is being read: too long for a line of a page.
    """
    if reach.at_once(reach.COLUMNS) is None:
        return None
    near = reach.holders(reach.CAPSULES, [capsule.pk], reader, depth=depth)
    columns = _columns_of([capsule.pk], reader)
    deep = reach.holders(reach.COLUMNS, columns, reader, depth=depth) if columns else near[:0]
    found = np.union1d(near, deep)
    return int(np.count_nonzero(found != np.array(capsule.pk.bytes, found.dtype)))


@dataclass(frozen=True)
class Row:
    """One thing that is touched: how far away, `at` what it hangs, by way of what it is reached (names, nearest first)."""

    key: object
    name: str
    url: str
    note: str
    steps: int
    at: str
    via: list
    urn: str = ""


@dataclass(frozen=True)
class Part:
    """What of one kind is touched: its keys nearest first, and how the rows of some of them are made."""

    kind: str
    title: str
    steps: dict
    on: dict
    told: Callable
    names: Callable

    @property
    def keys(self):
        return list(self.steps)

    @property
    def total(self):
        return len(self.steps)

    def rows(self, keys):
        """The `Row`s of `keys`; three queries at most, however many they are."""
        told = self.told(keys)
        known = [key for key in keys if key in told]
        paths, names = self.names({key: self.on.get(key) for key in known})
        return [
            Row(
                key,
                steps=self.steps[key],
                at=names.get(self.on.get(key), ""),
                via=[names[one] for one in paths[key] if one in names],
                **told[key],
            )
            for key in known
        ]


@dataclass(frozen=True)
class Impact:
    """What a change touches, kind by kind; `start` are the ids of what changes."""

    spread: Spread
    reader: object = field(repr=False)
    start: frozenset = field(repr=False)

    @cached_property
    def parts(self):
        """Capsules, columns, what the dimensions know to hang on them, and the owners to tell."""
        touched = list(self._touched())
        return [self._reached("capsules", _("Capsules"), self.spread.capsules, self._capsules)] + [
            self._reached("columns", _("Columns"), self.spread.columns, self._columns),
            *touched,
            self._owners(),
        ]

    def part(self, kind):
        """The part called `kind`, or None."""
        return next((part for part in self.parts if part.kind == kind), None)

    @cached_property
    def totals(self):
        return {part.kind: part.total for part in self.parts}

    def _reached(self, kind, title, found, told):
        steps = {key: number for key, number in found.items() if key not in self.start}
        return Part(kind, title, steps, {}, told, self._ways)

    def _touched(self):
        capsules, columns = frozenset(self.spread.capsules), frozenset(self.spread.columns)
        for dimension in dimensions.everything():
            for found in dimension.reach(capsules, columns, self.reader):
                yield self._hanging(found)

    def _hanging(self, found):
        """Things that hang on capsules and columns stand at the nearest of these."""
        away, steps, on = self.spread.steps, {}, {}
        for key, subject in found.pairs:
            if key not in steps or away[subject] < steps[key]:
                steps[key], on[key] = away[subject], subject
        return Part(found.kind, found.title, _nearest(steps, steps), on, found.told, self._ways)

    def _owners(self):
        owned = [(owner, key) for key, owner in self.spread.owners.items() if owner is not None]
        number = Counter(owner for owner, _key in owned)
        visible = Owner.objects.visible_to(self.reader)
        known = set(visible.filter(pk__among=set(number)).values_list("pk", flat=True))

        def told(keys):
            return {
                owner.pk: {
                    "name": owner.name,
                    "url": page_of("discovery:team", owner.name),
                    "note": ngettext("%(n)s capsule", "%(n)s capsules", number[owner.pk])
                    % {"n": f"{number[owner.pk]:,}"},
                }
                for owner in visible.filter(pk__among=keys)
            }

        pairs = [(owner, key) for owner, key in owned if owner in known]
        return self._hanging(dimensions.Touched("owners", _("Owners to tell"), pairs, told))

    # ---------- what rows say ----------

    def _capsules(self, keys):
        found = Capsule.objects.visible_to(self.reader).filter(pk__among=keys).select_related("owner")
        return {
            one.pk: {
                "name": one.name,
                "urn": one.urn,
                "url": one.get_absolute_url(),
                "note": nodes.kind_of(one),
            }
            for one in found
        }

    def _columns(self, keys):
        found = Column.objects.visible_to(self.reader).filter(pk__among=keys).select_related("capsule")
        return {
            one.pk: {
                "name": f"{one.capsule.name}.{one.name}",
                "urn": one.urn,
                "url": one.get_absolute_url(),
                "note": one.data_type or "",
            }
            for one in found
        }

    def _ways(self, wanted):
        """({key: ids between the change and what it hangs on}, {id: name}) for `wanted`, {key: what it hangs on}."""
        paths = {key: self.spread.path(on or key) for key, on in wanted.items()}
        ids = {one for path in paths.values() for one in path} | {on for on in wanted.values() if on}
        columns = [one for one in ids if one in self.spread.columns]
        capsules = [one for one in ids if one in self.spread.capsules]
        names = {}
        if columns:
            rows = Column.objects.visible_to(self.reader).filter(pk__among=columns)
            names |= {
                key: f"{capsule}.{name}"
                for key, capsule, name in rows.values_list("pk", "capsule__name", "name")
            }
        if capsules:
            rows = Capsule.objects.visible_to(self.reader).filter(pk__among=capsules)
            names |= dict(rows.values_list("pk", "name"))
        return paths, names
