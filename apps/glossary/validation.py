"""Does a value belong to a value domain, or fit what a column says of its values? And is such a domain sound?

All four kinds are evaluated: lists, patterns (the whole value, by an engine that is linear in its length, so no
pattern can hang a request), ranges, and reference data through a look-up that the caller brings (errata rows C24, C25).
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from apps.dcs import regexes

LONGEST_VALUE = 100_000
# The letters of a mask: what each stands for as a pattern.
MASK = {"A": "[A-Za-z]", "9": "[0-9]", "X": "[A-Za-z0-9]", "*": "."}


@dataclass(frozen=True)
class Verdict:
    """Whether a value belongs, and a sentence that says why or why not."""

    valid: bool
    message: str


def check(domain, value: Any, *, exists: Callable[[Any], bool] | None = None) -> Verdict:
    """The verdict on one value. `domain` has the fields of a value domain; a missing value belongs to every one.

    `exists(value)` looks reference data up; what it raises is the caller's.
    """
    if value is None:
        return Verdict(True, _("A missing value is not judged."))
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        return Verdict(False, _("The value is longer than %d characters.") % LONGEST_VALUE)
    if isinstance(value, list | dict):
        return Verdict(False, _("A list or an object is no single value."))
    if domain.kind == "enum":
        return _listed(domain, value)
    if domain.kind == "pattern":
        return matches(domain.pattern, value, said=domain.pattern_description)
    if domain.kind == "range":
        return within(domain.min_value, domain.max_value, value)
    return _referenced(domain, value, exists)


def fits(column, value: Any) -> list[str]:
    """Sentences for what a column says of its values and this one is not: range, list, format."""
    if value is None:
        return []
    found = []
    if column.value_range_min is not None or column.value_range_max is not None:
        found.append(within(column.value_range_min, column.value_range_max, value))
    if column.allowed_values:
        found.append(_in_list(column.allowed_values, value))
    if column.format_pattern:
        found.append(formatted(column.format_pattern, column.format_kind, value))
    return [verdict.message for verdict in found if not verdict.valid]


# ---------- lists ----------


def codes(allowed) -> list[Any]:
    """The codes of a list of scalars, or of objects with `code` (or `value`)."""
    return [item.get("code", item.get("value")) if isinstance(item, dict) else item for item in allowed or []]


def plain(value: Any) -> str:
    """A value as lists compare it: 1, 1.0 and "1" are one code, "01" is another; true is the word."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        try:
            number = Decimal(str(value)).normalize()
        except InvalidOperation:
            return str(value)
        return format(number, "f") if number.is_finite() else str(value)
    return str(value)


def _in_list(allowed, value):
    known = [plain(code) for code in codes(allowed)]
    if plain(value) in known:
        return Verdict(True, _("“%s” is in the list.") % plain(value))
    near = [code for code in known if code.casefold() == plain(value).casefold().strip()]
    if near:
        return Verdict(
            False, _("“%(value)s” is not in the list; “%(near)s” is.") % {"value": value, "near": near[0]}
        )
    return Verdict(False, _("“%s” is not in the list.") % plain(value)[:100])


def _listed(domain, value):
    verdict = _in_list(domain.allowed_values, value)
    if not verdict.valid and domain.is_extensible:
        return Verdict(True, _("“%s” is new; the list may grow.") % plain(value)[:100])
    for item in domain.allowed_values or []:
        if isinstance(item, dict) and item.get("label") and plain(codes([item])[0]) == plain(value):
            said = {"value": plain(value), "label": item["label"]}
            return Verdict(True, _("“%(value)s” means %(label)s.") % said)
    return verdict


# ---------- patterns ----------


def compiled(pattern: str):
    """The pattern, ready to match. Raises `ValueError` with a sentence for one that the engine does not read."""
    try:
        return regexes.compiled(pattern)
    except ValueError as error:
        why = str(error)
        if re.search(r"\(\?[=!<]|\\[1-9]", pattern):
            why = _("look-ahead, look-behind and back-references are not supported")
        raise ValueError(_("The pattern cannot be read: %s.") % why) from None


def matches(pattern: str | None, value: Any, *, said: str | None = None) -> Verdict:
    """Does the whole value match the pattern?"""
    try:
        found = compiled(pattern or "").fullmatch(plain(value))
    except ValueError as error:
        return Verdict(False, str(error))
    if found:
        return Verdict(True, _("The whole value matches."))
    return Verdict(
        False, _("“%(value)s” is not %(said)s.") % {"value": plain(value)[:100], "said": said or pattern}
    )


def formatted(pattern: str, kind: str | None, value: Any) -> Verdict:
    """Does the value have the format of a column: a regular expression, a date picture (`%Y-%m-%d`), or a mask (`AA-999`)?"""
    kind = kind or guess(pattern)
    if kind == "strftime":
        try:
            datetime.datetime.strptime(plain(value), picture(pattern))  # noqa: DTZ007
        except ValueError:
            return Verdict(
                False,
                _("“%(value)s” is not written as %(said)s.") % {"value": plain(value)[:100], "said": pattern},
            )
        return Verdict(True, _("Written as %s.") % pattern)
    if kind == "mask":
        return matches(
            "".join(MASK.get(sign) or regexes.escape(sign) for sign in pattern), value, said=pattern
        )
    return matches(pattern, value)


PICTURES = (
    ("YYYY", "%Y"),
    ("MM", "%m"),
    ("DD", "%d"),
    ("HH24", "%H"),
    ("HH", "%H"),
    ("MI", "%M"),
    ("SS", "%S"),
)


def picture(pattern: str) -> str:
    """A date picture in the words of `strptime`: `YYYY-MM-DD` is `%Y-%m-%d`."""
    if "%" not in pattern:
        for word, sign in PICTURES:
            pattern = pattern.replace(word, sign)
    return pattern


def guess(pattern: str) -> str:
    """What kind of format a text is, when nobody says: a date picture, a mask, else a regular expression."""
    if re.search(r"%[YmdHMSyjbBaA]", pattern) or "YYYY" in pattern:
        return "strftime"
    if re.fullmatch(r"[A9X\- ./]+", pattern):
        return "mask"
    return "regex"


# ---------- ranges and reference data ----------


def number(value: Any) -> Decimal | None:
    """The number that a value is or spells; None if it is none."""
    if isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def within(least: Decimal | None, most: Decimal | None, value: Any) -> Verdict:
    """Does the number lie between the bounds, both included?"""
    found = number(value)
    if found is None:
        return Verdict(False, _("“%s” is no number.") % plain(value)[:100])
    if least is not None and found < least:
        return Verdict(
            False, _("%(value)s is below %(least)s.") % {"value": plain(found), "least": plain(least)}
        )
    if most is not None and found > most:
        return Verdict(
            False, _("%(value)s is above %(most)s.") % {"value": plain(found), "most": plain(most)}
        )
    return Verdict(True, _("%s lies in the range.") % plain(found))


def _referenced(domain, value, exists):
    if exists is None:
        raise LookupError(_("Nobody can look the reference data up."))
    said = {"value": plain(value)[:100], "column": domain.reference_column_urn}
    if exists(value):
        return Verdict(True, _("“%(value)s” is in %(column)s.") % said)
    return Verdict(False, _("“%(value)s” is not in %(column)s.") % said)


# ---------- is the domain itself sound? ----------

FIELDS = {
    "enum": ("allowed_values",),
    "pattern": ("pattern_regex", "pattern_description"),
    "range": ("min_value", "max_value"),
    "reference_data": ("reference_table_urn", "reference_column_urn"),
}


def problems(domain) -> dict[str, str]:
    """What is missing or contradicts itself, by the names of the reference schema: {"pattern_regex": sentence}."""
    found = {"enum": _list_problems, "pattern": _pattern_problems, "range": _range_problems}.get(
        domain.kind, _reference_problems
    )(domain)
    values = {
        "allowed_values": domain.allowed_values,
        "pattern_regex": domain.pattern,
        "pattern_description": domain.pattern_description,
        "min_value": domain.min_value,
        "max_value": domain.max_value,
        "reference_table_urn": domain.reference_table_urn,
        "reference_column_urn": domain.reference_column_urn,
    }
    for kind, names in FIELDS.items():
        if kind != domain.kind:
            for name in names:
                if values[name] not in (None, "", []):
                    found.setdefault(name, _("This belongs to another kind of value domain; leave it empty."))
    return found


def _list_problems(domain):
    allowed = domain.allowed_values
    if not isinstance(allowed, list) or not allowed:
        return {"allowed_values": _("A list of values names at least one.")}
    known = []
    for item in allowed:
        code = codes([item])[0]
        if code is None or isinstance(code, list | dict) or str(code).strip() == "":
            return {"allowed_values": _("Each value is a text or a number, or an object with a “code”.")}
        if isinstance(item, dict) and not all(
            isinstance(item.get(word, ""), str) for word in ("label", "description")
        ):
            return {"allowed_values": _("Label and description of “%s” are texts.") % code}
        known.append(plain(code))
    if twice := sorted({code for code in known if known.count(code) > 1}):
        return {"allowed_values": _("Stands there twice: %s.") % ", ".join(twice[:5])}
    return {}


def _pattern_problems(domain):
    if not domain.pattern:
        return {"pattern_regex": _("A pattern needs its regular expression.")}
    try:
        compiled(domain.pattern)
    except ValueError as error:
        return {"pattern_regex": str(error)}
    return {}


def _range_problems(domain):
    if domain.min_value is None and domain.max_value is None:
        return {"min_value": _("A range needs a smallest or a largest value.")}
    if None not in (domain.min_value, domain.max_value) and domain.min_value > domain.max_value:
        return {"max_value": _("The largest value is below the smallest.")}
    return {}


def _reference_problems(domain):
    if not domain.reference_column_urn:
        return {"reference_column_urn": _("Reference data needs the column that holds the values.")}
    return {}
