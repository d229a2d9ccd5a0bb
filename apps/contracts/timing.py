"""The clock of contracts: schedules, maintenance windows, and time that counts. Pure but for the words of refusals.

A schedule is a cron expression in a time zone, UTC unless one is named: `0 8 * * *`, `cron:0 8 * * * Europe/Berlin`,
or one of the short words `hourly`, `daily`, `weekly`, `monthly`, `daily_8am`, `weekdays_14:30`, `monday_6pm`
(errata row B25). A maintenance window is `{"day": "sunday", "start": "02:00", "end": "04:00", "timezone": "UTC"}`;
one that ends before it begins ends on the next day. Inside of windows the clock of a promise stands still.
"""

import re
from calendar import monthrange
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from apps.dcs import cron

WORDS = {"hourly": "0 * * * *", "daily": "0 0 * * *", "weekly": "0 0 * * 1", "monthly": "0 0 1 * *"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GROUPS = {"daily": "*", "everyday": "*", "weekdays": "1-5", "weekends": "6,0"}
AT = re.compile(r"(?P<day>[a-z]+)_(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?(?P<half>am|pm)?")
LONGEST = timedelta(days=400)  # what is older than this is late, whatever the windows


@lru_cache(maxsize=4096)
def schedule(text):
    """(cron expression, zone) that a schedule's text means. Raises `ValueError` for anything else."""
    words = text.strip().removeprefix("cron:").split()
    zone = "UTC"
    if words and ("/" in words[-1] and words[-1] in available_timezones() or words[-1] == "UTC"):
        zone = words.pop()
    said = " ".join(words)
    found = said if len(words) == 5 else WORDS.get(said.lower()) or _at(said.lower())
    if found is None:
        raise ValueError(f"Not a schedule: {text}. Write daily_8am, or five fields as in cron.")
    cron.following(found, zone, after=datetime(2026, 1, 1, tzinfo=UTC))
    return found, zone


def _at(word):
    """The cron expression of `daily_8am` and its like; None for other words."""
    told = AT.fullmatch(word)
    if told is None:
        return None
    hour, minute = int(told["hour"]), int(told["minute"] or 0)
    if told["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if told["half"] == "pm" else 0)
    if hour > 23 or minute > 59:
        return None
    day = GROUPS.get(told["day"])
    if day is None:
        if told["day"] not in DAYS:
            return None
        day = str((DAYS.index(told["day"]) + 1) % 7)
    return f"{minute} {hour} * * {day}"


@lru_cache(maxsize=65536)
def slot_after(text, moment):
    """The first moment (UTC) of the schedule after `moment`, None if there is none."""
    expression, zone = schedule(text)
    return cron.following(expression, zone, after=moment)


def later(moment, period):
    """`moment` plus a `Period`: months by the calendar, the last day of a month where the day is missing. UTC."""
    months = moment.month - 1 + period.months
    year, month = moment.year + months // 12, months % 12 + 1
    if year > 9998:
        return datetime.max.replace(tzinfo=UTC)
    day = min(moment.day, monthrange(year, month)[1])
    try:
        return moment.replace(year=year, month=month, day=day) + timedelta(
            days=period.days, microseconds=period.microseconds
        )
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def closed(windows, start, end):
    """The stretches (from, until) between two moments in which windows lie, merged, oldest first. UTC.

    What is no window — another day's name, an unknown zone — closes nothing.
    """
    found = []
    for window in windows or ():
        read = _window(window.get("day"), window.get("start"), window.get("end"), window.get("timezone"))
        if read is None:
            continue
        weekdays, opens, shuts, zone = read
        day = start.astimezone(zone).date() - timedelta(days=1)
        last = end.astimezone(zone).date()
        while day <= last:
            if day.weekday() in weekdays:
                until = day + timedelta(days=1) if shuts <= opens else day
                # An hour that comes twice belongs to the window both times.
                first = datetime.combine(day, opens, tzinfo=zone).astimezone(UTC)
                over = datetime.combine(until, shuts, tzinfo=zone).replace(fold=1).astimezone(UTC)
                if over > start and first < end:
                    found.append((max(first, start), min(over, end)))
            day += timedelta(days=1)
    return _merged(found)


def is_window(window):
    """True if a maintenance window, {day, start, end, timezone}, closes anything."""
    return (
        _window(window.get("day"), window.get("start"), window.get("end"), window.get("timezone")) is not None
    )


@lru_cache(maxsize=4096)
def _window(day, start, end, zone):
    """(weekdays, start, end, zone) of a window; None if it is none."""
    try:
        opens, shuts = time.fromisoformat(start), time.fromisoformat(end)
        word = day.strip().lower()
    except (TypeError, ValueError, AttributeError):
        return None
    zone = zone or "UTC"
    if opens == shuts or zone not in available_timezones():
        return None
    groups = {"daily": range(7), "everyday": range(7), "weekdays": range(5), "weekends": (5, 6)}
    named = [number for number, name in enumerate(DAYS) if word in (name, name[:3])]
    weekdays = tuple(groups.get(word, named))
    return (weekdays, opens, shuts, ZoneInfo(zone)) if weekdays else None


def _merged(stretches):
    found = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def counted(start, end, windows):
    """How much time passed between two moments outside of maintenance windows, as a timedelta; 0 if `end` is earlier."""
    if end <= start:
        return timedelta()
    if not windows or end - start > LONGEST:
        return end - start
    return end - start - sum((b - a for a, b in closed(windows, start, end)), timedelta())


def reached(start, span, windows):
    """The moment at which `span` has passed since `start` outside of maintenance windows."""
    moment = start + span
    if not windows or span > LONGEST:
        return moment
    while True:
        missing = span - counted(start, moment, windows)
        if missing <= timedelta() or moment - start > LONGEST:
            return moment
        moment += missing


def is_closed(windows, at):
    """True if `at` lies in a maintenance window; its end does not."""
    return any(a <= at < b for a, b in closed(windows, at, at + timedelta(microseconds=1)))
