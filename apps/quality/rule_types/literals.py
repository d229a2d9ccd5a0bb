"""Values that people wrote, as exact literals of a column's type. Pure.

A bound between two values of the type is moved to the next of them, so that no engine rounds it: an integer is below
0.5 if it is below 1.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation

from apps.quality.engine.plan import CannotCheck

from .expressions import kind_of

UP, DOWN = ROUND_CEILING, ROUND_FLOOR
MOST_DIGITS = 400  # of a number that people write; no type has more before or behind its point
EXACTLY = Context(prec=3 * MOST_DIGITS)  # Python's own rounds to 28
WORDS = {"true": True, "false": False}


def below(column, bound, *, inclusive):
    """Rows under the lower bound; under or at it unless the bound itself is allowed."""
    return _beyond(column, bound, UP if inclusive else DOWN, low=True, strict=inclusive)


def above(column, bound, *, inclusive):
    """Rows over the upper bound; over or at it unless the bound itself is allowed."""
    return _beyond(column, bound, DOWN if inclusive else UP, low=False, strict=inclusive)


def _beyond(column, bound, rounding, *, low, strict):
    kind = column.type()
    value = at_precision(kind, bound, rounding) if kind_of(kind) == "time" else _number(kind, bound, rounding)
    least, most = _limits(kind)
    if least is not None:
        always = value > most if low else value < least
        never = value < least if low else value > most
        if always or never:
            return column.notnull() if always else None
    written = literal(kind, value)
    if low:
        return column < written if strict else column <= written
    return column > written if strict else column >= written


def literal(kind, value):
    """`value` as an expression of the type."""
    import ibis

    if kind.is_timestamp():
        return ibis.literal(value, "timestamp('UTC')" if kind.timezone else "timestamp")
    if kind.is_decimal():
        return ibis.literal(f"{value:f}").cast(kind)  # as a number of SQL it might be read as a double first
    return ibis.literal(value, kind.copy(nullable=True))


def _number(kind, bound, rounding):
    value = number(bound)
    if kind.is_floating():
        return float(value)
    if kind.is_integer():
        return int(value.to_integral_value(rounding))
    if kind.scale is None:
        return value
    return _at_scale(value, kind.scale, rounding)


def _at_scale(value, scale, rounding):
    """Exact, however long the number is."""
    return value.quantize(Decimal((0, (1,), -scale)), rounding, EXACTLY)


def number(value):
    """A number that people wrote, as a Decimal. Raises `CannotCheck`."""
    try:
        found = Decimal(str(value)) if not isinstance(value, bool) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or abs(found.adjusted()) > MOST_DIGITS:
        raise CannotCheck("not_a_number", value=str(value))
    return found


def _limits(kind):
    if kind.is_integer():
        return kind.bounds.lower, kind.bounds.upper
    if kind.is_decimal() and kind.precision is not None and kind.scale is not None:
        most = "9" * kind.precision + f"E-{kind.scale}"
        return Decimal("-" + most), Decimal(most)
    return None, None


def moment(text):
    """A date or a time that people wrote, as a datetime in UTC. Raises `CannotCheck`."""
    if isinstance(text, datetime):
        found = text
    elif isinstance(text, date):
        found = datetime.combine(text, time())
    else:
        try:
            found = datetime.fromisoformat(str(text).strip())
        except ValueError:
            raise CannotCheck("not_a_time", value=str(text)) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def at_precision(kind, bound, rounding):
    """A moment as the type holds it: a date rounds to a day."""
    value = moment(bound)
    if kind.is_date():
        midnight = value.time() == time()
        day = value.date()
        return day if midnight or rounding == DOWN else day + timedelta(days=1)
    return value if kind.timezone else value.replace(tzinfo=None)


def members(column, values):
    """The values of a set that the column's type can hold, as literals without repetition; others match no row."""
    import ibis

    kind = column.type()
    found = {}
    for value in values:
        read = member(kind, value)
        if read is not None:
            found[read] = literal(kind, read) if kind_of(kind) in ("number", "time") else ibis.literal(read)
    return list(found.values())


def member(kind, value):
    """One value of a set as Python has it, None if no value of the type equals it."""
    what = kind_of(kind)
    if value is None:
        return None
    if what == "number":
        return _fitting(kind, number(value))
    if what == "time":
        read = moment(value)
        if kind.is_date():
            return read.date() if read.time() == time() else None
        return read if kind.timezone else read.replace(tzinfo=None)
    if what == "boolean":
        return WORDS.get(str(value).lower())
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{number(value):f}"


def _fitting(kind, value):
    if kind.is_floating():
        return float(value)
    if _number(kind, value, DOWN) != value:
        return None
    least, most = _limits(kind)
    if least is not None and not least <= value <= most:
        return None
    return int(value) if kind.is_integer() else value
