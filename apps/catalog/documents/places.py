"""A place in a document: what stands there, and the problems that are found there."""

import datetime
import re
from decimal import Decimal
from typing import Any

from apps.dcs.periods import Period

from . import sql, trees
from .known import Known
from .limits import Limits

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
WHOLE = 2**63 - 1  # BIGINT
SHORT = 2**31 - 1  # INTEGER
EXPRESSIONS = 100_000  # characters of a document; later ones are not looked at, which only loses warnings
QUERIES = 200_000  # characters of a document; more are refused
PATTERNS = 2_000_000  # compiled instructions of a document; more are refused
PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?) ?%", re.ASCII)


class Desk:
    """What every place of one document shares."""

    def __init__(self, number, tree, problems, known=None, limits=None):
        self.number, self.tree, self.problems = number, tree, problems
        self.known, self.limits = known or Known(), limits or Limits()
        self.urn = ""
        self.dialect = None
        self.bundled: Any = None  # the other capsules of the file
        self.columns = None  # names declared, None if nobody knows
        self.rules = None  # names of the quality rules, None if nobody knows
        # What parsing may still cost; the parsers take seconds for a megabyte.
        self.expressions, self.queries, self.patterns = EXPRESSIONS, QUERIES, PATTERNS


class Place:
    """A path below `data_capsule`; `place / "schema" / "columns" / 2` goes deeper."""

    __slots__ = ("desk", "path")

    def __init__(self, desk, path=("data_capsule",)):
        self.desk, self.path = desk, path

    def __truediv__(self, key):
        return Place(self.desk, (*self.path, key))

    def say(self, code, message, hint=""):
        """Note a problem here: an error, or with a code that begins with W a warning."""
        at = trees.offset(self.desk.tree, self.path)
        self.desk.problems.add(code, self.desk.number, self.path, at, message, hint)

    @property
    def known(self):
        return self.desk.known

    def duration(self, text, *, zero=False):
        """`text` in ISO 8601; a problem, and the text as it is, if it is no length of time."""
        try:
            period = Period.parse(text)
        except ValueError as error:
            self.say("E104", str(error), "Write 4 hours or PT4H.")
            return text
        if period == Period() and not zero:
            self.say("E104", "A duration of nothing says nothing.", "Write a longer one, such as 4 hours.")
        return period.iso()

    def date(self, text):
        """`text` if it is a day of the calendar; a problem otherwise."""
        try:
            if DATE.fullmatch(text):
                return datetime.date.fromisoformat(text).isoformat()
        except ValueError:
            pass
        self.say("E104", f"{text!r} is no day of the calendar.", "Write a date such as 2024-12-01.")
        return text

    def moment(self, text):
        """`text` if it is a time in ISO 8601; a problem otherwise."""
        try:
            datetime.datetime.fromisoformat(text)
        except ValueError:
            self.say("E104", f"{text[:60]!r} is no time.", "Write a time such as 2024-12-01T08:00:00Z.")
        return text

    def percent(self, value):
        """`value` as a number from 0 to 100 with at most four decimals; more are refused, never rounded (R6)."""
        if isinstance(value, str):
            found = PERCENT.fullmatch(value)
            if not found:
                self.say("E104", f"{value!r} is no percentage.", 'Write 99.9 or "99.9%".')
                return value
            number = float(found.group(1))
            digits = found.group(1)
        else:
            number, digits = value, format(Decimal(repr(value)), "f")
        if len(digits.partition(".")[2].rstrip("0")) > 4:
            self.say("E104", f"{digits} has more than four decimals.", "Write at most four, such as 99.9999.")
        return int(number) if number == int(number) else number

    def target(self, value):
        """A percentage that is promised; below 1 it is probably a ratio (R6)."""
        found = self.percent(value)
        if isinstance(found, int | float) and found < 1:
            hint = f"Write {found * 100:g} if {found:g} is a ratio."
            self.say("W202", f"The target is {found:g} percent.", hint)
        return found

    def bounded(self, entry, *names, most=WHOLE):
        """A problem for each named number of `entry` that the database could not hold."""
        for name in names:
            value = entry.get(name)
            if isinstance(value, int) and abs(value) > most:
                (self / name).say(
                    "E105", f"{name} is larger than can be stored.", f"Allowed: at most {most}."
                )

    def is_expression(self, text):
        """True if `text` is one SQL expression, or if this document has had its share of parsing."""
        self.desk.expressions -= len(text)
        return self.desk.expressions < 0 or sql.is_expression(text, self.desk.dialect)

    def ordered(self, entry, low, high, what):
        """A problem unless the one is at most the other, where both are given (S5)."""
        if low in entry and high in entry and entry[low] > entry[high]:
            message = f"{low} is {entry[low]}, which is more than {high}, {entry[high]}."
            (self / high).say("E304", message, f"Swap the two bounds of the {what}.")
