"""Normal forms: two spellings that mean the same become equal values.

breaking-changes.md section 2: durations by parts, percentages as decimals, expressions parsed and printed again,
references as table and columns, texts without blanks at the ends of lines. What cannot be read stays as written.
"""

from decimal import Decimal, InvalidOperation
from functools import lru_cache

from apps.dcs.periods import Period

MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
DAY = 86_400_000_000


def same(left, right) -> bool:
    """Whether two JSON values are equal, true and 1 being two things, 1 and 1.0 one."""
    if left is right:
        return True
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return left == right


def alike(left: dict, right: dict) -> bool:
    """Whether two entries are equal to the letter; a quick look, so false where only `same` can tell."""
    if left is right:
        return True
    if left != right:
        return False
    for name, value in right.items():
        kind = type(value)
        if kind is str:
            continue
        # Inside lists and objects true may stand against 1, which are equal and not the same.
        if repr(left[name]) != repr(value) if kind in (list, dict) else kind is not type(left[name]):
            return False
    return True


def key(value):
    """A hashable stand-in of a JSON value, equal for equal values, so that lists become sets."""
    if isinstance(value, dict):
        return ("{", frozenset((name, key(each)) for name, each in value.items()))
    if isinstance(value, list):
        return ("[", tuple(key(each) for each in value))
    return (type(value).__name__ if isinstance(value, bool | str) or value is None else "number", value)


def same_set(left, right) -> bool:
    """Whether two lists hold the same values, in any order."""
    return {key(each) for each in left or ()} == {key(each) for each in right or ()}


def lines(text) -> str | None:
    """A text without blanks at the ends of its lines and without empty lines at its end."""
    if not isinstance(text, str):
        return text
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip("\n")


def number(value) -> Decimal | None:
    """A number or percentage (`99.9`, `"99.9%"`) as a decimal, None for what is no number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value).strip().rstrip("%").strip())
    except InvalidOperation:
        return None


@lru_cache(maxsize=2_000)
def _period(text):
    try:
        return Period.parse(text)
    except ValueError:
        return None


def period(value) -> Period | None:
    """A duration as months, days and microseconds; None for what is no duration."""
    return None if value is None else _period(str(value))


def bounds(length: Period) -> tuple[int, int]:
    """The shortest and longest that a duration can last, in microseconds: a month has 28 to 31 days."""
    fixed = length.days * DAY + length.microseconds
    # A run of months varies less than its months do: a year is 365 or 366 days, not 336 to 372.
    years, months = divmod(length.months, 12)
    return (years * 365 + months * 28) * DAY + fixed, (years * 366 + months * 31) * DAY + fixed


def longer(old: Period, new: Period) -> int | None:
    """1 if `new` is longer than `old`, -1 if shorter, 0 if equal, None if the calendar leaves it open."""
    if old == new:
        return 0
    # Parts that both share lie in the same calendar, so only what differs is estimated.
    months = min(old.months, new.months)
    (low, high), (new_low, new_high) = (
        bounds(Period(each.months - months, each.days, each.microseconds)) for each in (old, new)
    )
    if new_low > high:
        return 1
    if new_high < low:
        return -1
    return 0 if (low, high) == (new_low, new_high) and low == high else None


def notice_days(value) -> int | None:
    """Whole days of notice, from a number of days or a duration of whole days; None if not stated."""
    if value is None:
        return None
    if isinstance(value, int):
        return value
    found = period(value)
    return found.days if found and not found.months and not found.microseconds else None


def downtime(value) -> tuple[Period | None, str]:
    """A downtime as (duration, per): `1 hour per month` and {duration, per} are the same."""
    if isinstance(value, dict):
        return period(value.get("duration")), str(value.get("per") or "")
    length, _, per = str(value).partition(" per ")
    return period(length), per.strip()


def reference(value) -> tuple[str, tuple[str, ...]]:
    """What a foreign key or rule refers to, as (table or capsule URN, columns).

    A text is split at its last dot, a URN at the last dot after its last colon (rule R7).
    """
    if isinstance(value, dict):
        columns = value.get("columns") or ([value["column"]] if value.get("column") else [])
        return str(value.get("table") or ""), tuple(columns)
    text = str(value or "")
    head, colon, tail = text.rpartition(":")
    table, dot, column = tail.rpartition(".")
    return (head + colon + table, (column,)) if dot else (text, ())


@lru_cache(maxsize=20_000)
def expression(
    text: str, dialect: str | None = None, renames: frozenset[tuple[str, str]] = frozenset()
) -> str:
    """An SQL expression parsed and printed again, without redundant brackets; as written if it does not parse.

    `renames` are (old, new) names of columns, applied so that a renamed column alone is no change.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(text, dialect=dialect)
    except (SqlglotError, RecursionError):
        return " ".join(text.split())
    names = dict(renames)

    def plain(node):
        if isinstance(node, exp.Column) and not node.table and node.name in names:
            return exp.column(names[node.name], quoted=bool(node.this.args.get("quoted")))
        return node

    tree = tree.transform(plain) if names else tree
    while isinstance(tree, exp.Paren):
        tree = tree.this
    for node in list(tree.find_all(exp.Paren)):
        if _needless(node):
            node.replace(node.this)
    return tree.sql(dialect=dialect, comments=False, normalize_functions="upper")


def _needless(bracket):
    """Whether brackets go around a thing that holds together without them, or stand right inside others."""
    from sqlglot import exp

    inner, outer = bracket.this, bracket.parent
    if isinstance(inner, exp.Column | exp.Literal | exp.Paren | exp.Func | exp.Boolean | exp.Null):
        return not isinstance(inner, exp.And | exp.Or)
    if isinstance(outer, exp.Func) and not isinstance(outer, exp.And | exp.Or | exp.Case | exp.Cast):
        return True
    comparison = isinstance(inner, exp.Predicate) and not isinstance(inner, exp.Connector | exp.Not)
    # AND within AND, OR within OR; AND binds tighter than OR, a comparison tighter than AND, OR and NOT.
    if isinstance(outer, exp.And | exp.Or):
        return type(inner) is type(outer) or comparison or isinstance(inner, exp.And)
    return isinstance(outer, exp.Not) and comparison
