"""When something is to be done again: cron expressions in a time zone. Pure but for gettext.

`CronSim` has the rules of Debian's cron at a change of the clock: what falls into the lost hour is done right after it, a time
that comes twice is used once, and something done each hour or more often goes by the hours that pass.
"""

from datetime import UTC, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

SHORTEST = timedelta(minutes=5)
LOOKED_AT = 50  # slots, to find two that are too near each other


def slots(expression, zone, *, after):
    """The moments (UTC) to come after `after`, an aware time; endless. Raises `ValueError` for what is no expression or zone."""
    from cronsim import CronSim, CronSimError

    if zone not in available_timezones():
        raise ValueError(_("There is no time zone of this name. Write one such as Europe/Berlin."))
    if len(expression.split()) != 5:
        raise ValueError(_("Write five fields: minute, hour, day of month, month, day of week."))
    try:
        found = CronSim(expression, after.astimezone(ZoneInfo(zone)))
    except CronSimError as error:
        raise ValueError(_("This is no cron expression: %s.") % str(error)[:100]) from None
    return (moment.astimezone(UTC) for moment in found)


def following(expression, zone, *, after):
    """The next moment (UTC) after `after`, None if there is none within fifty years. Raises `ValueError`."""
    return next(slots(expression, zone, after=after), None)


def problem(expression, zone, *, after):
    """Why nothing can be done at these times, a sentence; empty if it can."""
    try:
        found = list(islice(slots(expression, zone, after=after), LOOKED_AT))
    except ValueError as error:
        return str(error)
    if not found:
        return _("These times never come.")
    if any(later - sooner < SHORTEST for sooner, later in pairwise(found)):
        return _("These times lie less than %(minutes)d minutes apart.") % {
            "minutes": SHORTEST.total_seconds() // 60
        }
    return ""
