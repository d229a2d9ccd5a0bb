"""What comes: contracts that end, and announced changes whose notice ends; days past for a week, days to come for a year."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from .models import Announcement, Contract

BACK, AHEAD = timedelta(days=7), timedelta(days=366)
MOST = 500


@dataclass(frozen=True)
class Coming:
    """One thing on one day: what it is called, what happens, and where it stands."""

    day: date
    name: str
    says: str
    url: str
    icon: str


def coming(reader, *, today):
    """[(first day of a month, its `Coming`s by day)], as far as the reader may know; two queries, the first 500 of each."""
    between = (today - BACK, today + AHEAD)
    ends = (
        Contract.objects.visible_to(reader)
        .in_force()
        .filter(deprecation_date__range=between, capsule__retired_at=None)
        .select_related("capsule")
        .order_by("deprecation_date", "capsule__name")
    )
    changes = (
        Announcement.objects.visible_to(reader)
        .filter(effective_on__range=between, capsule__retired_at=None)
        .select_related("capsule")
        .order_by("effective_on", "number")
    )
    found = [
        Coming(each.deprecation_date, each.capsule.name, _ended(each), each.get_absolute_url(), "archive")
        for each in ends[:MOST]
    ]
    found += [
        Coming(each.effective_on, each.capsule.name, each.text, each.get_absolute_url(), "megaphone")
        for each in changes[:MOST]
    ]
    months = {}
    for each in sorted(found, key=lambda one: (one.day, one.name)):
        months.setdefault(each.day.replace(day=1), []).append(each)
    return list(months.items())


def _ended(contract):
    if contract.replacement_capsule_urn:
        said = _("Contract %(version)s ends; use %(urn)s instead.")
        return said % {"version": contract.version, "urn": contract.replacement_capsule_urn}
    return _("Contract %(version)s ends.") % {"version": contract.version}
