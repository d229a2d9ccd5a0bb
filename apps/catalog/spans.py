"""Lengths of time as people say them: `P7Y` is 7 years, `PT4H` is 4 hours."""

from django.utils.translation import ngettext


def in_words(period):
    """A `Period` in words, largest unit first: "7 years", "1 month 2 days", "4 hours 30 minutes"."""
    years, months = divmod(period.months, 12)
    seconds, rest = divmod(period.microseconds, 1_000_000)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    said = [
        years and ngettext("%(n)s year", "%(n)s years", years) % {"n": years},
        months and ngettext("%(n)s month", "%(n)s months", months) % {"n": months},
        period.days and ngettext("%(n)s day", "%(n)s days", period.days) % {"n": period.days},
        hours and ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours},
        minutes and ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes},
        seconds and ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds},
    ]
    return " ".join(filter(None, said)) or (
        period.iso() if rest else ngettext("%(n)s second", "%(n)s seconds", 0) % {"n": 0}
    )
