"""Contradictions among stored policies: of all that a reader may see, and of what a plan wants.

All policies in force are read in one query. Levels along lineage contradict nobody, so lineage is not asked.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.context import acting
from apps.people.reader import system

from . import document, sentences
from .conflicts import HOLD, PURPOSES, REGIONS, RESIDENCY, RETENTION, ROLES, Contradiction, contradictions
from .effective import CAPSULE, COLUMN, Stated, effective
from .effective_rows import FIELDS
from .models import Policy

KINDS = {
    RETENTION: gettext_lazy("Kept longer than it may be"),
    HOLD: gettext_lazy("Deletion against a legal hold"),
    RESIDENCY: gettext_lazy("Residency against regions"),
    REGIONS: gettext_lazy("Nowhere allowed"),
    ROLES: gettext_lazy("Nobody let in"),
    PURPOSES: gettext_lazy("No purpose left"),
}
ADVICE = {
    RETENTION: gettext_lazy("Give both the same period, or take the deletion out of one."),
    HOLD: gettext_lazy(
        "Nothing is deleted until the hold is lifted; say so in the other policy, or archive instead."
    ),
    RESIDENCY: gettext_lazy("Let the regions contain the residency, or change the residency."),
    REGIONS: gettext_lazy("Name a region that all of them allow and none forbids."),
    ROLES: gettext_lazy("Name a role that all of them let in and none keeps out."),
    PURPOSES: gettext_lazy("Name a purpose that all of them approve and none forbids."),
}


@dataclass(frozen=True)
class Found:
    """A contradiction between stored policies: `subject` is the capsule or column it is about, `since` its first day."""

    kind: str
    subject: object
    sides: tuple
    holds: str
    since: date
    owner: str

    @property
    def title(self):
        return KINDS[self.kind]

    @property
    def advice(self):
        return ADVICE[self.kind]


def visible(reader, *, on, capsule=None):
    """The contradictions between policies that the reader may see, the oldest first; of one `capsule`, or of all."""
    rows = Policy.objects.visible_to(reader).in_force(on=on)
    rows = rows.about(capsule) if capsule is not None else rows
    rows = list(rows.select_related("capsule__owner", "column__capsule__owner", "owner"))
    stored = {str(row.pk): row for row in rows}
    found = [_found(each, stored, on) for said in by_subject(rows).values() for each in _own(said, on)]
    return sorted(found, key=lambda each: (each.since, each.kind, str(each.subject.pk)))


def by_subject(rows):
    """{subject: policies that hold there}: a column has those of its capsule as well."""
    general, own = defaultdict(list), defaultdict(list)
    for row in rows:
        if row.column_id:
            own[row.column.capsule_id, row.column_id].append(stated(row))
        else:
            general[row.capsule_id].append(stated(row))
    found = {(capsule, None): said for capsule, said in general.items()}
    return found | {key: [*general.get(key[0], ()), *said] for key, said in own.items()}


def _own(said, on):
    """The contradictions of a subject; those among policies of the capsule alone are told once, on the capsule."""
    columns = {policy.key for policy in said if policy.place == COLUMN}
    return [each for each in contradictions(effective(said, on=on)) if not columns or each.keys & columns]


def stated(row):
    return Stated(
        key=str(row.pk),
        label=row.label,
        place=COLUMN if row.column_id else CAPSULE,
        subject=row.subject.name,
        values={name: getattr(row, name) for name in FIELDS},
        starts=row.effective_from,
        ends=row.effective_to,
    )


def _found(contradiction, stored, on):
    rows = [stored[source.key] for source in contradiction.sides]
    subject = next((row.subject for row in rows if row.column_id), rows[0].subject)
    days = [
        day for row in rows for day in (row.effective_from, row.approved_at and row.approved_at.date()) if day
    ]
    owners = dict.fromkeys(row.owner.name for row in rows if row.owner_id)
    if not owners and rows[0].home.owner_id:
        owners = [rows[0].home.owner.name]
    sides = tuple(
        {"policy": stored[source.key], "origin": sentences.origin(source), "value": side_in_words(source)}
        for source in contradiction.sides
    )
    holds = (
        f"{sentences.TITLES[contradiction.facet]}: {sentences.say(contradiction.facet, contradiction.holds)}"
    )
    return Found(contradiction.kind, subject, sides, holds, max(days, default=on), ", ".join(owners))


def side_in_words(source):
    """What one side states; a flag has the word of what it asks for."""
    if isinstance(source.value, bool):
        return _("legal hold")
    value = source.value
    if isinstance(value, str):
        return value
    return sentences.say("", value)


def wanted(states, capsules, *, on):
    """{capsule id: [contradictions]} that documents would bring: among what they want and what is in force beside it.

    `states` is {capsule id: state of its document}. What contradicts already is not told again. Two queries.
    """
    with acting(system("policy_conflicts")):
        about = Q(capsule__in=capsules) | Q(column__capsule__in=capsules)
        rows = Policy._base_manager.filter(about, status=Policy.Status.ACTIVE).select_related(
            "capsule", "column"
        )
        meant = {str(row.pk): key for key, row in document.stored(capsules).items()}
        mine = defaultdict(list)
        for row in rows:
            mine[row.column.capsule_id if row.column_id else row.capsule_id].append(row)
    found = {}
    for key, state in states.items():
        before = {_mark(each) for said in by_subject(mine[key]).values() for each in _own(said, on)}
        kept = [row for row in mine[key] if str(row.pk) not in meant]
        after = _laid_over(kept, document.stated(state))
        brought = [each for said in after for each in _own(said, on)]
        found[key] = [each for each in dict.fromkeys(brought) if _mark(each) not in before]
    return found


def _laid_over(kept, said):
    """What holds for the capsule, and for each column, once the document's policies take the place of their own."""
    general = [stated(row) for row in kept if not row.column_id] + [
        each for column, each in said if column is None
    ]
    columns = defaultdict(list)
    for row in kept:
        if row.column_id:
            columns[row.column.name].append(stated(row))
    for column, each in said:
        if column is not None:
            columns[column].append(each)
    return [general, *([*general, *own] for own in columns.values())]


def _mark(contradiction: Contradiction):
    sides = sorted((source.place, source.subject, repr(source.value)) for source in contradiction.sides)
    return (contradiction.kind, *sides)


def sentence(contradiction):
    """A contradiction of a plan as a sentence."""
    sides = [
        _("%(who)s says %(value)s")
        % {"who": source.label or sentences.origin(source), "value": side_in_words(source)}
        for source in contradiction.sides
    ]
    return f"{KINDS[contradiction.kind]}: {'; '.join(sides)}. {ADVICE[contradiction.kind]}"
