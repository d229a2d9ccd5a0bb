"""How long data is kept: of every subject with a policy in force, when it has to go and what stops that.

A capsule's data is as old as the portal has known the capsule, where the period begins when data came in. Where it
begins with each row's own date, or with its last change, nobody but the source knows the day: none is named.
"""

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Q

from apps.dcs.periods import Period

from . import sentences
from .conflict_rows import by_subject
from .effective import Keeping, effective
from .models import Policy

KNOWN_STARTS = (None, "ingestion")


@dataclass(frozen=True)
class Kept:
    """What holds for one subject: how long at least and at most, whether a hold stands, and the day on which it is due."""

    subject: object
    home: object
    policies: tuple
    least: Keeping | None
    most: Keeping | None
    held: bool
    holds: tuple
    due: date | None
    on: date

    @property
    def least_said(self):
        return sentences.say("retention_min", self.least)

    @property
    def most_said(self):
        return sentences.say("retention_max", self.most)

    @property
    def is_due(self):
        """True if the data had to go by today, and nothing stops it."""
        return self.due is not None and self.due <= self.on and not self.held


# Capsules of which some policy says that data goes by a day: never fewer than those that are due, often few of all.
ENDING = """
SELECT c.id FROM dcs.data_policies p LEFT JOIN dcs.columns k ON k.id = p.column_id
JOIN dcs.capsules c ON c.id = coalesce(p.capsule_id, k.capsule_id)
WHERE p.policy_status = 'active' AND p.deletion_action IN ('hard_delete', 'anonymize')
  AND CASE WHEN p.retention_period < interval '1000 years' THEN c.created_at + p.retention_period < %s::date + 2 END
"""


def kept(reader, *, on, due_by=None):
    """Every subject with a period or a legal hold that the reader may see: due ones first, then by day; one query.

    `due_by` leaves out capsules of which nothing can be due by that day.
    """
    rows = Policy.objects.visible_to(reader).in_force(on=on)
    if due_by is not None:
        with connection.cursor() as cursor:
            cursor.execute(ENDING, [due_by])
            ending = {key for (key,) in cursor}
        rows = rows.filter(Q(capsule__in=ending) | Q(column__capsule__in=ending))
    rows = list(rows.select_related("capsule", "column__capsule", "owner"))
    subjects = {(row.home.pk, row.column_id): row for row in rows}
    stored = {str(row.pk): row for row in rows}
    found = [
        each
        for key, said in by_subject(rows).items()
        if (each := _kept(subjects[key], effective(said, on=on), stored, on)) is not None
    ]
    return sorted(found, key=_order)


def _order(each):
    return (not each.is_due, each.held, each.due or date.max, each.home.name, str(each.subject.pk))


def _kept(row, found, stored, on):
    least, most, hold = (found[name] for name in ("retention_min", "retention_max", "legal_hold"))
    if not (least.stated or most.stated or hold.value):
        return None
    asked = dict.fromkeys(source.key for held in (least, most, hold) for source in held.origins)
    return Kept(
        subject=row.subject,
        home=row.home,
        policies=tuple(stored[key] for key in asked),
        least=least.value,
        most=most.value,
        held=bool(hold.value),
        holds=tuple(stored[source.key] for source in hold.origins),
        due=_due(row.home, found),
        on=on,
    )


def _due(home, found):
    """The day by which the oldest data of the capsule has to go; None if nothing says so, or only the source knows."""
    most, least = found.value("retention_max"), found.value("retention_min")
    if most is None:
        return None
    ends = (
        most
        if least is None or least.seconds <= most.seconds
        else Keeping(least.period, least.start, most.action)
    )
    if ends.start not in KNOWN_STARTS:
        return None
    return _after(ends.period, home.created_at.date())


def _after(period: Period, day):
    try:
        return period.after(day)
    except OverflowError:
        return None
