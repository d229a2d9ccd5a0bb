"""What a policy would change if it came into force as it is proposed: for the people that there are, column by column.

Counted by the code that decides for real readers, with the proposed text laid over what is stored; people who may and
see the same are asked about once.
"""

from collections import Counter, defaultdict
from copy import copy
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.catalog.models import Column
from apps.people import roles
from apps.people.models import User
from apps.people.reader import Reader
from apps.ui import words
from apps.workflow.models import Review

from . import effective_rows, simulating
from .deciding import CLEAR, CONDITIONAL, DENIED, MASKED

# From nothing to everything: whoever goes down loses, whoever goes up gains.
STEPS = (DENIED, MASKED, CONDITIONAL, CLEAR)
MOST_COLUMNS = 500
LISTED = 12


@dataclass(frozen=True)
class Move:
    """`people` who hold `roles` and a clearance would see `columns` otherwise: `before`, and `after`."""

    roles: str
    clearance: int
    people: int
    before: str
    after: str
    columns: tuple[Column, ...]

    @property
    def loses(self):
        return STEPS.index(self.after) < STEPS.index(self.before)

    @property
    def listed(self):
        return self.columns[:LISTED]

    @property
    def more(self):
        return len(self.columns) - len(self.listed)


@dataclass(frozen=True)
class Effect:
    """What would change on the day `on`: `moves`, the greatest first, among `columns` columns and `people` people.

    `is_whole` is false where the policy reaches more columns than were asked about.
    """

    on: date
    moves: tuple[Move, ...]
    columns: int
    people: int
    is_whole: bool
    losing: tuple[int, int]
    gaining: tuple[int, int]

    @property
    def sentences(self):
        """The sentence of all, and one for each of the greatest moves."""
        told = [
            _("%(roles)s: %(people)s see %(columns)s %(after)s instead of %(before)s.")
            % {
                "roles": move.roles,
                "after": words.word("access", move.after).text.lower(),
                "before": words.word("access", move.before).text.lower(),
                **_counted(move.people, len(move.columns)),
            }
            for move in self.moves[:LISTED]
        ]
        return [
            self.sentence,
            *told,
            *([] if self.is_whole else [_("It reaches more columns than were counted.")]),
        ]

    @property
    def sentence(self):
        """ "37 people lose 212 columns, 4 gain 3." """
        parts = []
        if self.losing[0]:
            parts.append(_("%(people)s lose %(columns)s") % _counted(*self.losing))
        if self.gaining[0]:
            parts.append(_("%(people)s gain %(columns)s") % _counted(*self.gaining))
        return f"{', '.join(parts)}." if parts else _("Nobody sees more or less than now.")


def _counted(people, columns):
    return {
        "people": ngettext("%(n)s person", "%(n)s people", people) % {"n": people},
        "columns": ngettext("%(n)s column", "%(n)s columns", columns) % {"n": columns},
    }


def proposed(policy, content=None):
    """The policy as `content`, or its own text if it is not in force yet, would have it; nothing is saved."""
    content = content or policy.canonical_content()
    meant = copy(policy)
    meant.take_over(content)
    meant.status = content["policy_status"]
    return meant


def waiting(policy, asker, review=None):
    """The `Effect` of the text that waits; None if none does. `review` is the proposal, if it is known."""
    meant = text_that_waits(policy, asker, review)
    return of(meant, asker) if meant else None


def text_that_waits(policy, asker, review=None):
    """The policy as a submitted proposal, or as its draft, would have it; None if nothing waits."""
    if policy.is_edited_freely:
        return proposed(policy)
    submitted = Review.objects.visible_to(asker).submitted().filter(subject_id=policy.pk)
    review = review or submitted.order_by("-number").first()
    return proposed(policy, review.proposal) if review else None


def of(meant, asker):
    """The `Effect` of a policy that is not stored like this, among columns that `asker` may know of.

    Its first day counts if that is still to come. Readers name no purpose and no region.
    """
    on = max(meant.effective_from or date.min, timezone.now().date())
    columns, is_whole = _reached(meant, asker)
    classes = _people()
    readers = [Reader(name="", roles=held, clearance=rank, via="session") for held, rank in classes]
    before = simulating.outcomes(readers, columns, on=on)
    after = simulating.outcomes(readers, columns, on=on, instead=[meant])
    moves, numbers = [], {True: (Counter(), set()), False: (Counter(), set())}
    for reader, old, new in zip(readers, before, after, strict=True):
        group = (reader.roles, reader.clearance)
        for move in _moves(group, classes[group], columns, old, new):
            people, keys = numbers[move.loses]
            people[group] = move.people
            keys.update(column.pk for column in move.columns)
            moves.append(move)
    counts = {loses: (people.total(), len(keys)) for loses, (people, keys) in numbers.items()}
    moves.sort(
        key=lambda move: (not move.loses, -move.people * len(move.columns), move.roles, move.clearance)
    )
    return Effect(
        on, tuple(moves), len(columns), sum(classes.values()), is_whole, counts[True], counts[False]
    )


def _reached(meant, asker):
    """(columns that the policy covers or hands its level to, whether these are all)."""
    covered = Q(pk=meant.column_id) if meant.column_id else Q(capsule=meant.capsule_id)
    seen = Column.objects.visible_to(asker).filter(retired_at=None, capsule__retired_at=None)
    own = list(seen.filter(covered).order_by("pk").values_list("pk", flat=True)[: MOST_COLUMNS + 1])
    keys = effective_rows.below(own, most=MOST_COLUMNS + 1)
    found = seen.filter(pk__in=keys[:MOST_COLUMNS]).select_related("capsule").defer("stats", "capsule__meta")
    return list(found.order_by("capsule__name", "ordinal_position", "name", "pk")), len(keys) <= MOST_COLUMNS


def _people():
    """{(roles, clearance): how many people who may sign in have them}; one query."""
    named = ArrayAgg("memberships__group__name", filter=Q(memberships__isnull=False), default=[])
    people = User.objects.filter(is_active=True).annotate(held=named).values_list("held", "clearance")
    found = Counter()
    for held, clearance in people:
        names = frozenset(held)
        found[names, roles.clearance_of(names) if clearance is None else clearance] += 1
    return found


def _moves(group, people, columns, old, new):
    moved = defaultdict(list)
    for column in columns:
        if old[column.pk] != new[column.pk]:
            moved[old[column.pk], new[column.pk]].append(column)
    held = roles.words(group[0]) or _("no role")
    return [
        Move(held, group[1], people, before, after, tuple(found)) for (before, after), found in moved.items()
    ]
