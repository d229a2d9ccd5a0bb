"""Is a rule one that its type takes, and how is it stored: what `rule_types` says, as columns and sentences.

Errata rows A25, B13, C8, C14 and C15: what repeats a column of the rule is in that column alone.
"""

from datetime import UTC, datetime

from django.utils.translation import gettext as _

from apps.catalog import documents
from apps.catalog.models import Column
from apps.dcs import cron

from . import refusals, rule_types
from .models import Operator, QualitySchedule
from .refused import Refused
from .rule_types.checking import check_config
from .rule_types.reading import read

NUMBERS = ("threshold_value", "threshold_percent", "expected_range_min", "expected_range_max")
COLUMNS = frozenset(rule_types.FIELDS)
OWN = ("rule_type", "severity")  # which the design's examples repeat in the configuration


class Misconfigured(Exception):
    """A rule says what its type does not take; `fields` maps names of the API to lists of sentences."""

    def __init__(self, fields):
        super().__init__(fields)
        self.fields = fields


def settle(rule):
    """Bring a rule into the form in which it is stored and give it its category. Raises `Misconfigured`."""
    problems = {}
    rule.config = dict(rule.config or {})
    for key in OWN:
        if key in rule.config and rule.config.pop(key) != getattr(rule, key):
            problems[f"rule_config.{key}"] = [said("differs", {"column": key})]
    if rule.threshold_operator not in (None, *Operator.values):
        problems["threshold_operator"] = [said("not_one_of", {"allowed": ", ".join(Operator.values)})]
    row = row_of(rule)
    for problem in check_config({**row, "columns": _columns(rule)}):
        problems.setdefault(_field(problem.field), []).append(said(problem.key, problem.values))
    if wrong := _schedule(rule):
        problems["rule_config.schedule"] = [wrong]
    if problems:
        raise Misconfigured(problems)
    for name, value in read(row).stored.items():
        setattr(rule, name, value)
    if isinstance(rule.config.get("max_age"), str) and rule.rule_type == "freshness":
        rule.config["max_age"] = _iso(rule.config["max_age"])
    rule.category = rule.category or documents.category({"rule": rule.rule_type})


def row_of(rule, references=None):
    """A rule as `rule_types` reads it."""
    return {
        "key": str(rule.pk),
        "rule_type": rule.rule_type,
        "column": rule.column.name if rule.column_id else None,
        "config": {
            key: value for key, value in (rule.config or {}).items() if key not in ("schedule", "meta")
        },
        "severity": rule.severity,
        "references": references or {},
        **{name: getattr(rule, name) for name in rule_types.FIELDS},
    }


def _iso(text):
    from apps.dcs.periods import Period

    return Period.parse(text).iso()


def _columns(rule):
    """The names of the columns that the rule may speak of."""
    found = Column._base_manager.filter(capsule=rule.home.pk, retired_at=None)
    return list(found.values_list("name", flat=True))


def _schedule(rule):
    """Why the rule cannot be checked at the times it names; empty if it can."""
    if "schedule" not in rule.config:
        return ""
    stated = rule.config["schedule"]
    return (
        cron.problem(stated, QualitySchedule.objects.zone_of(rule.home), after=datetime.now(UTC))
        if isinstance(stated, str)
        else _("Write a text.")
    )


def _field(name):
    """The name that the API has for a parameter."""
    if name in COLUMNS or name in ("rule_type", "config"):
        return "rule_config" if name == "config" else name
    return "column_id" if name == "column" else f"rule_config.{name}"


def said(key, values=None):
    """The sentence of a problem; what people's SQL or pattern is refused for has its own."""
    values = dict(values or {})
    if key in SAID:
        try:
            return SAID[key]() % values
        except (KeyError, ValueError):
            return SAID[key]().split("%(")[0].strip()
    if key in refusals.SAID:
        return refusals.sentence(Refused(key, **values))
    return _("This cannot be used here (%(key)s).") % {"key": key}


SAID = {
    "differs": lambda: _("This repeats %(column)s with another value. Keep one of the two."),
    "unknown_type": lambda: _("There is no type %(type)s."),
    "wrong_kind": lambda: _("%(column)s holds %(kind)s; this type of rule needs %(wanted)s."),
    "no_column": lambda: _("The capsule has no column %(column)s."),
    "needs_column": lambda: _("A rule %(type)s is about one column. Name it."),
    "needs_capsule": lambda: _("A rule %(type)s is about the whole capsule. Leave the column out."),
    "required": lambda: _("This is needed."),
    "unknown_parameter": lambda: _("There is no parameter %(name)s for this type of rule."),
    "not_one_of": lambda: _("Choose from %(allowed)s."),
    "at_least": lambda: _("Write at least %(least)s."),
    "more_than": lambda: _("Write more than %(least)s."),
    "at_most": lambda: _("Write at most %(most)s."),
    "too_few": lambda: _("Name at least %(least)s."),
    "too_many": lambda: _("Name at most %(most)s."),
    "too_long": lambda: _("Write at most %(most)s characters."),
    "repeated": lambda: _("Something stands here twice."),
    "wrong_type": lambda: _("This has to be %(wanted)s."),
    "not_readable": lambda: _("This cannot be read."),
    "reversed": lambda: _("The smallest value is above the largest."),
    "not_a_duration": lambda: _("Not a duration: %(value)s. Write one such as PT4H or 4 hours."),
    "not_a_number": lambda: _("This is not a number: %(value)s."),
    "not_a_time": lambda: _("This is not a time: %(value)s."),
    "decimal_size": lambda: _("Write the size of the decimal, such as decimal(10,2)."),
    "no_bound": lambda: _("Name the least, the most, or both."),
    "no_operator": lambda: _("Say how the number is compared."),
    "no_function": lambda: _("No function %(function)s is registered here."),
}
