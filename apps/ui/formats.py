"""How numbers, sizes, times and names are written, everywhere the same. Experience design, section 5.

Every function is a template filter of the same name. An unknown value is a dash with a hidden word, never
an empty cell.
"""

import datetime
from datetime import UTC
from functools import lru_cache

from django.utils import dateformat, timezone
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

NBSP = "\u00a0"


def none(value, hidden=None):
    """{{ value|none }}: the value, or a dash for the eye and the word "none" for the screen reader."""
    if value not in (None, "", [], ()):
        return value
    return format_html(
        '<span class="quiet-text"><span aria-hidden="true">—</span>'
        '<span class="visually-hidden">{}</span></span>',
        hidden or _("none"),
    )  # fmt: skip


def grouped(value, decimals=0):
    # Django cuts the digits it does not show; people expect them rounded.
    return number_format(round(value, decimals), decimals, use_l10n=True, force_grouping=True)


def exact(value):
    """{{ rows|exact }}: every digit, grouped: 1,204,881."""
    return none(None) if value is None else grouped(value)


def count(value, cap=None):
    """{{ rows|count }}: exact to 99,999, then 1.2 M with the exact number in the title.

    {{ found|count:10000 }} says "10,000+" above the cap.
    """
    if value is None:
        return none(None)
    if cap is not None and value > int(cap):
        return f"{grouped(int(cap))}+"
    if abs(value) < 100_000:
        return grouped(value)
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if abs(value) >= size * 0.9995:
            short = value / size
            decimals = 1 if abs(short) < 99.95 and size > 10**3 else 0
            shown = f"{grouped(short, decimals)}{NBSP}{unit}"
            return format_html('<span title="{}">{}</span>', grouped(value), shown)
    return grouped(value)


def share(value, decimals=1):
    """{{ percent|share }}: "99.5 %"; 100 % and 0 % only if exact. Percent, 0–100."""
    if value is None:
        return none(None)
    value, decimals = float(value), int(decimals)
    least = 10.0**-decimals
    if value in (0, 100):
        return f"{grouped(value)}{NBSP}%"
    if 0 < value < least:
        return f"<{NBSP}{grouped(least, decimals)}{NBSP}%"
    if 100 - least < value < 100:
        return f">{NBSP}{grouped(100 - least, decimals)}{NBSP}%"
    return f"{grouped(value, decimals)}{NBSP}%"


def points(value):
    """{{ quality|points }}: a score as it stands in a table: "96.4", "100", a dash if unknown."""
    if value is None:
        return none(None)
    value = float(value)
    return grouped(100) if value == 100 else grouped(min(value, 99.9) if value < 100 else value, 1)


def size(value):
    """{{ bytes|size }}: "512 B", "4.2 KiB", "214 MiB"."""
    if value is None:
        return none(None)
    amount, unit = float(value), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):  # noqa: B007
        if abs(amount) < 1024 or unit == "PiB":
            break
        amount /= 1024
    return f"{grouped(amount, 1 if unit != 'B' and amount < 10 else 0)}{NBSP}{unit}"


def duration(value):
    """{{ delta|duration }}: a timedelta or seconds in its two largest units: "4 h 20 min"."""
    if value in (None, ""):
        return none(None)
    seconds = value.total_seconds() if isinstance(value, datetime.timedelta) else float(value)
    sign, seconds = ("−" + NBSP if seconds < 0 else ""), abs(seconds)
    if 0 < seconds < 1:
        return f"{sign}{grouped(seconds * 1000)}{NBSP}ms"
    if seconds < 10 and seconds % 1:
        return f"{sign}{grouped(seconds, 1)}{NBSP}s"
    left, parts = int(seconds + 0.5), []
    for each, unit in ((86400, ""), (3600, "h"), (60, "min"), (1, "s")):
        amount, left = divmod(left, each)
        if amount or parts or each == 1:
            parts.append((amount, f"{amount}{NBSP}{unit}" if unit else days(amount)))
    return sign + " ".join(text for amount, text in parts[:2] if amount or len(parts) == 1)


def days(number):
    return ngettext("%(days)s day", "%(days)s days", number) % {"days": f"{number:,}"}


def moment(value):
    """A date or time as an aware datetime; a bare date is its midnight, UTC. None for anything else."""
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime.datetime):
        return value if timezone.is_aware(value) else value.replace(tzinfo=UTC)
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None


def day_of(at):
    return _day(at.year, at.month, at.day, "j M Y", get_language())


@lru_cache(maxsize=4096)
def _day(year, month, day, words, language):
    """A day in words; kept, because finding its words takes longer than all else of a table's cell."""
    return dateformat.format(datetime.date(year, month, day), words)


def in_full(at):
    """The moment in UTC, and in the reader's own time where that differs."""
    utc = at.astimezone(UTC)
    utc = f"{_day(utc.year, utc.month, utc.day, 'D j M Y', get_language())}, {utc:%H:%M} UTC"
    here = timezone.localtime(at)
    if not here.utcoffset():
        return utc
    return f"{dateformat.format(here, 'D j M Y, H:i T')} · {utc}"


def when(value):
    """{{ change.changed_at|when }}: "3 minutes ago" up to seven days, then "24 Dec 2026"; full on hover."""
    at = moment(value)
    if at is None:
        return none(None)
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), day_of(value))
    text = ago(timezone.now() - at) or day_of(timezone.localtime(at))
    # Fifty rows of a list have one each: digits and names of months need no more than the plain way to escape them.
    return SafeString(
        f'<time datetime="{at.isoformat(timespec="seconds")}" title="{escape(in_full(at))}">{escape(text)}</time>'
    )


def ago(passed):
    """ "3 minutes ago", or nothing if it is in the future or more than seven days away."""
    seconds = passed.total_seconds()
    if seconds < -60 or seconds > 7 * 86400:
        return ""
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        number = int(seconds // 60)
        return ngettext("%(number)s minute ago", "%(number)s minutes ago", number) % {"number": number}
    if seconds < 86400:
        number = int(seconds // 3600)
        return ngettext("%(number)s hour ago", "%(number)s hours ago", number) % {"number": number}
    number = int(seconds // 86400)
    return ngettext("%(number)s day ago", "%(number)s days ago", number) % {"number": number}


def moment_of(value):
    """{{ run.started_at|moment_of }}: date and time, always absolute: "24 Dec 2026, 14:02 UTC"."""
    at = moment(value)
    if at is None:
        return none(None)
    utc = at.astimezone(UTC)
    shown = dateformat.format(utc, "j M Y, H:i") + " UTC"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(timespec="seconds"), in_full(at), shown
    )  # fmt: skip


def deadline(value, shown="all"):
    """{{ review.due|deadline }}: "24 Dec 2026, in 31 days"; {{ due|deadline:"left" }}: "in 31 days" alone."""
    at = moment(value)
    if at is None:
        return none(None)
    day = at.astimezone(UTC).date()
    left = (day - timezone.now().astimezone(UTC).date()).days
    if left > 0:
        left_in_words = ngettext("in %(days)s day", "in %(days)s days", left) % {"days": left}
    elif left == 0:
        left_in_words = _("today")
    else:
        left_in_words = ngettext("%(days)s day late", "%(days)s days late", -left) % {"days": -left}
    text = left_in_words if shown == "left" else f"{day_of(day)}, {left_in_words}"
    late = SafeString(' class="late"') if left < 0 else ""
    return format_html('<time datetime="{}"{}>{}</time>', day.isoformat(), late, text)


def wbr(value):
    """{{ capsule.urn|wbr }}: a long name may break after _ . : /."""
    if value in (None, ""):
        return ""
    text = escape(str(value))
    for sign in ("_", ".", ":", "/"):
        text = text.replace(sign, f"{sign}<wbr>")
    return SafeString(text)


def initials(user):
    """{{ user|initials }}: "AR" for Ana Ruiz, the first two letters of a user name otherwise."""
    full = user.get_full_name() if hasattr(user, "get_full_name") else ""
    parts = full.split()
    if len(parts) > 1:
        return (parts[0][0] + parts[-1][0]).upper()
    return str(full or user)[:2].upper()


def person(user):
    """{{ change.author|person }}: the full name, or the user name if there is none."""
    if user is None:
        return none(None)
    full = user.get_full_name() if hasattr(user, "get_full_name") else ""
    return full or str(user)
