"""Lengths of time that keep months, days and seconds apart: a year is not 365 days, a day is not 24 hours."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

UNITS = {
    "year": ("months", 12),
    "month": ("months", 1),
    "week": ("days", 7),
    "day": ("days", 1),
    "hour": ("microseconds", 3_600_000_000),
    "minute": ("microseconds", 60_000_000),
    "second": ("microseconds", 1_000_000),
    "millisecond": ("microseconds", 1_000),
}
ISO = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d{1,6})?)S)?)?",
    re.ASCII,
)
WORDS = re.compile(
    r"(\d+)\s*(year|month|week|day|hour|minute|second|millisecond)s?", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True)
class Period:
    """A length of time as (months, days, microseconds), equal only if all three are.

    Errata row C13: `P1Y` equals `12 months` and differs from `365 days`.
    """

    months: int = 0
    days: int = 0
    microseconds: int = 0

    @classmethod
    def parse(cls, text):
        """The period that `text` names, in ISO 8601 (`P7Y`, `PT4H`) or words (`7 years`, `1 day 4 hours`).

        Raises `ValueError` for anything negative or unreadable.
        """
        text = str(text).strip()
        if found := ISO.fullmatch(text.upper()):
            years, months, weeks, days, hours, minutes, seconds = (part or "0" for part in found.groups())
            micros = int(Decimal(seconds.replace(",", ".")) * 1_000_000)
            return cls(
                int(years) * 12 + int(months),
                int(weeks) * 7 + int(days),
                (int(hours) * 60 + int(minutes)) * 60_000_000 + micros,
            )._within_bounds(text)
        parts = WORDS.findall(text)
        if not parts or WORDS.sub("", text).replace("and", "").strip(" ,"):
            raise ValueError(f"Not a duration: {text}. Write P7Y, PT4H or 7 years.")
        total = {"months": 0, "days": 0, "microseconds": 0}
        for number, unit in parts:
            part, factor = UNITS[unit.lower()]
            total[part] += int(number) * factor
        return cls(**total)._within_bounds(text)

    def _within_bounds(self, text):
        """PostgreSQL keeps months and days in 32 bits, microseconds in 64."""
        if max(self.months, self.days) > 2**31 - 1 or self.microseconds > 2**63 - 1:
            raise ValueError(f"Longer than can be stored: {text}.")
        return self

    def iso(self):
        """ISO 8601, shortest form: `P7Y`, `P1Y2M`, `P3DT4H`, `PT0S` for nothing."""
        years, months = divmod(self.months, 12)
        seconds, micros = divmod(self.microseconds, 1_000_000)
        hours, rest = divmod(seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        day = "".join(f"{n}{u}" for n, u in ((years, "Y"), (months, "M"), (self.days, "D")) if n)
        second = f"{seconds}.{micros:06}".rstrip("0") if micros else str(seconds)
        clock = "".join(f"{n}{u}" for n, u in ((hours, "H"), (minutes, "M")) if n)
        clock += f"{second}S" if seconds or micros else ""
        return f"P{day}" + (f"T{clock}" if clock else "") if day or clock else "PT0S"

    def __str__(self):
        return self.iso()

    def after(self, day: date) -> date:
        """The day that lies this long after `day`: the same day of a later month, or its last; hours do not count.

        Raises `OverflowError` beyond the year 9999.
        """
        months = day.year * 12 + day.month - 1 + self.months
        year, month = months // 12, months % 12 + 1
        if year > date.max.year:
            raise OverflowError(f"Beyond the calendar: {self} after {day}.")
        last = calendar.monthrange(year, month)[1]
        return date(year, month, min(day.day, last)) + timedelta(days=self.days)
