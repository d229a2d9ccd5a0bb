"""Masking: what stands in place of a value, in Python and as SQL of the engines (trust.md, section 4). Pure.

`masked(values, rule, keys)` works on distinct values; `expression(rule, keys, to, value)` is the same as SQL. What the two
say is alike for every value, which tests prove on hostile ones.
"""

import unicodedata
from dataclasses import dataclass

from .dialects import WRITERS, NotHere, Writer
from .kinds import TEXT, Kind, kind_of
from .methods import METHODS, failed
from .rules import Keys, Problem, Redacted, Rule, Unmaskable
from .texts import RUN, constant_of, constant_sql

__all__ = [
    "METHODS",
    "RUN",
    "WRITERS",
    "Keys",
    "Kind",
    "Masked",
    "NotHere",
    "Problem",
    "Redacted",
    "Rule",
    "Unmaskable",
    "Writer",
    "expression",
    "kind_of",
    "masked",
]


@dataclass(frozen=True)
class Masked:
    """What became of some values, in their order, and how many of them the method could not mask."""

    values: list
    failed: int = 0


def masked(values, rule, keys):
    """The `Masked` of values. Raises `NoKey` if the method needs a key that is not there.

    A value that cannot be masked becomes NULL, or marks where it is too short for its method; it is never shown.
    """
    method = METHODS[rule.method]
    distinct, order = {}, []
    for value in values:
        value = _taken(value, rule)
        place = _identity(value)
        order.append(place)
        distinct.setdefault(place, value)
    found = {place: _simple(value, rule) for place, value in distinct.items()}
    waiting = {place: distinct[place] for place, known in found.items() if known is ASKED}
    if waiting:
        found |= dict(zip(waiting, _carried_out(list(waiting.values()), rule, method, keys), strict=True))
    lost = {place: one for place, one in found.items() if isinstance(one, Exception)}
    shown = {place: failed(one, rule) if place in lost else one for place, one in found.items()}
    return Masked([shown[place] for place in order], sum(place in lost for place in order))


ASKED = object()


def _identity(value):
    try:
        return type(value), value, str(value) if isinstance(value, float) else ""
    except TypeError:
        return type(value), repr(value)


def _taken(value, rule):
    """A value as the method takes it: texts in NFC, as lengths and hashes count them."""
    if value is None or rule.kind.name != TEXT:
        return value
    return unicodedata.normalize("NFC", value if isinstance(value, str) else str(value))


def _simple(value, rule):
    """What stands for NULL and for the empty text, which methods are not asked about."""
    if value is None:
        return None if rule.preserve_null else constant_of(rule)
    if value == "" and not _tells_nothing(rule):
        return ""
    return ASKED


def _tells_nothing(rule):
    return rule.method == "redaction" and (
        rule.config.get("constant") is not None or not rule.preserve_length
    )


def _carried_out(values, rule, method, keys):
    if method.many is not None:
        return method.many(rule, keys)(values)
    one = method.one(rule, keys)
    return [_tried(one, value) for value in values]


def _tried(one, value):
    try:
        return one(value)
    except (ValueError, TypeError, ArithmeticError, AttributeError) as error:
        return error if isinstance(error, Redacted | Unmaskable) else Unmaskable(type(error).__name__)


def expression(rule, keys, to: Writer, value):
    """The SQL of a rule over `value`, an expression of the column. Raises `NotHere` if only Python can carry it out."""
    method = METHODS[rule.method]
    if method.sql is None:
        raise NotHere(f"{rule.method} is carried out by the portal alone")
    is_text = rule.kind.name == TEXT
    taken = to.normal(value) if is_text else value
    told = method.sql(rule, keys, to, taken)
    cases = [f"WHEN {value} IS NULL THEN {'NULL' if rule.preserve_null else constant_sql(rule, to)}"]
    if is_text and not _tells_nothing(rule):
        cases.append(f"WHEN {value} = '' THEN ''")
    if not is_text and method.name != "redaction":
        cases.append(f"WHEN NOT {to.usable(value, rule.kind)} THEN NULL")
    return f"CASE {' '.join(cases)} ELSE {told} END"
