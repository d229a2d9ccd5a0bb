"""What writers of other tools' files share: tolerances, settings, names and SQL."""

from decimal import Decimal

from django.utils.translation import gettext as _

# Settings that decide nothing, and those that say what holds anyway.
QUIET = frozenset({"schedule", "pattern_description", "columns", "meta"})
USUAL = {
    "nan_is_null": True,
    "trim": True,
    "case_sensitive": True,
    "inclusive": True,
    "allow_empty": False,
    "max_rows": 0,
}
NULLS = {"value_in_set": True, "completeness_threshold": False}  # what `allow_null` is unless it is said
ALL = Decimal(100)


class NoEquivalent(Exception):
    """The other tool cannot say this; the text says why."""


def own_settings(spec, *known):
    """Raise `NoEquivalent` for a setting besides `known` that changes what the rule says."""
    for name, value in spec.config.items():
        usual = NULLS.get(spec.type) if name == "allow_null" else USUAL.get(name)
        if name in known or name in QUIET or value is None or (usual is not None and value == usual):
            continue
        if name == "max_failure_percent":
            continue  # `threshold_percent` says the same
        raise NoEquivalent(_("Its setting %(name)s has no equivalent.") % {"name": name})


def tolerance(spec):
    """How many rows may fail: None for none, ("count", operator, number) or ("percent", least share that passes)."""
    value, percent = spec.threshold_value, spec.threshold_percent
    if value is not None and percent is not None:
        raise NoEquivalent(_("It has two thresholds."))
    if value is not None:
        operator = spec.threshold_operator or "<="
        if operator not in ("<=", "<", "="):
            raise NoEquivalent(_("It asks for failing rows."))
        return None if value == 0 and operator != "<" else ("count", operator, value)
    return None if percent is None or percent == ALL else ("percent", percent)


def bounds(spec):
    """(operator, least, most) of a statistic; the operator is "between" if the rule has a range."""
    low, high = plain(spec.range_min), plain(spec.range_max)
    if spec.threshold_value is None:
        if low is not None and high is not None:
            return "between", low, high
        return (">=", low, None) if low is not None else ("<=", None, high)
    if low is not None or high is not None:
        raise NoEquivalent(_("It has two thresholds."))
    value, operator = plain(spec.threshold_value), spec.threshold_operator or "="
    least = value if operator in (">", ">=", "=", "!=") else None
    return operator, least, value if operator in ("<", "<=", "=", "!=") else None


def plain(number):
    """A number as JSON and YAML have it."""
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def values_of(spec):
    """The list of allowed values."""
    values = spec.config.get("allowed_values")
    if not isinstance(values, list) or not values:
        raise NoEquivalent(_("Its values stand in a value domain."))
    return values


def compared(spec):
    """(left column, operator, right column) of a rule about two columns, or its expression alone."""
    config = spec.config
    if text := config.get("check_expression"):
        return None, None, None, text
    return config.get("left"), config.get("operator"), config.get("right"), ""


def against(spec):
    """The condition for rows that a rule about several columns refuses; unknown is no failure."""
    left, operator, right, text = compared(spec)
    return f"NOT ({text})" if text else f'NOT ("{left}" {operator} "{right}")'
