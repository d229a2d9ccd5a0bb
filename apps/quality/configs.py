"""What `rule_config` may say for each type, and where it is kept: what repeats a column of the rule is in that column alone.

Errata rows A25, B13, C8, C14 and C15.
"""

from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from apps.catalog import documents
from apps.dcs.periods import Period

from .models import Operator

# Keys of a configuration and the column that each repeats.
LIFTED = {
    "pattern": "expected_pattern",
    "min": "expected_range_min",
    "max": "expected_range_max",
    "threshold": "threshold_value",
    "threshold_value": "threshold_value",
    "threshold_operator": "threshold_operator",
    "operator": "threshold_operator",
    "threshold_percent": "threshold_percent",
    "expected_pattern": "expected_pattern",
    "expected_range_min": "expected_range_min",
    "expected_range_max": "expected_range_max",
    "expected_value": "expected_value",
    "rule_type": "rule_type",
    "severity": "severity",
}
BY_TYPE = {
    "duplicate_threshold": {"max_duplicate_percent": "threshold_percent"},
    "outlier_detection": {"max_outlier_percent": "threshold_percent"},
}
COLUMNS = frozenset(LIFTED.values())
NUMBERS = frozenset({"threshold_value", "threshold_percent", "expected_range_min", "expected_range_max"})
AGED = ("freshness", "recency_check")
DAY = 86_400


class Misconfigured(Exception):
    """A rule says what its type does not take; `fields` maps names of the API to sentences."""

    def __init__(self, **fields):
        super().__init__(fields)
        self.fields = {name.replace("__", "."): [str(said)] for name, said in fields.items()}


def settle(rule, given):
    """Bring a rule into the form in which it is stored; `given` are the names that its author wrote.

    What the configuration repeats moves to its column, the category follows from the type. Raises `Misconfigured`.
    """
    config = dict(rule.config)
    for key, column in {**LIFTED, **BY_TYPE.get(rule.rule_type, {})}.items():
        if key in config and not _is_own(rule.rule_type, key, config[key]):
            _lift(rule, key, config.pop(key), column, given)
    _age(rule, config, given)
    rule.config = config
    rule.category = rule.category or documents.category({"rule": rule.rule_type})


def _is_own(rule_type, key, value):
    """True for a key that means something else to this type than the column of its name."""
    lengths = rule_type == "statistical_threshold" and key in ("min", "max", "operator")
    return lengths or (key in ("min", "max") and isinstance(value, str))


def _lift(rule, key, value, column, given):
    value = _number(key, value) if column in NUMBERS and value is not None else value
    if column == "threshold_operator" and value not in Operator.values:
        raise Misconfigured(**{f"rule_config__{key}": _("Choose from %s.") % ", ".join(Operator.values)})
    if column == "expected_pattern" and not isinstance(value, str):
        raise Misconfigured(**{f"rule_config__{key}": _("Write a text.")})
    stored = getattr(rule, column)
    told = column in given or column in ("rule_type", "severity")
    if told and stored is not None and stored != value:
        said = _("This repeats %(column)s with another value. Keep one of the two.")
        raise Misconfigured(**{f"rule_config__{key}": said % {"column": column}})
    setattr(rule, column, value)


def _number(key, value):
    try:
        found = Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        found = None
    if found is None or isinstance(value, bool) or not found.is_finite():
        raise Misconfigured(**{f"rule_config__{key}": _("Write a number.")})
    return found


def _age(rule, config, given):
    """The age that a rule allows, in words or ISO 8601, is its threshold in seconds as well (errata row C14)."""
    if rule.rule_type not in AGED or "max_age" not in config:
        return
    try:
        period = Period.parse(config["max_age"])
    except (ValueError, TypeError, AttributeError):
        said = _("Not a duration: %s. Write one such as PT4H or 4 hours.") % str(config["max_age"])[:50]
        raise Misconfigured(rule_config__max_age=said) from None
    age = Decimal(seconds(period))
    if "threshold_value" in given and rule.threshold_value not in (None, age):
        if "config" in given:
            said = _("This is %(age)s seconds, and threshold_value says otherwise. Keep one of the two.")
            raise Misconfigured(rule_config__max_age=said % {"age": age})
        del config["max_age"]
        return
    config["max_age"] = period.iso()
    rule.threshold_value = age


def seconds(period):
    """How many seconds a period has; a month counts 30 days here."""
    return (period.days + 30 * period.months) * DAY + period.microseconds // 1_000_000
