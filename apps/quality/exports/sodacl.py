"""Rules as checks of Soda (SodaCL)."""

import re

import yaml
from django.utils.translation import gettext as _

from apps.quality.engine.plan import CannotCheck
from apps.quality.renaming import PAYLOAD, renamed
from apps.quality.rule_types import formats
from apps.quality.rule_types.periods import seconds

from .parts import (
    ALL,
    NoEquivalent,
    against,
    bounds,
    own_settings,
    plain,
    tolerance,
    values_of,
)

SUFFIX, MEDIA_TYPE = ".checks.yml", "application/yaml"
STATISTICS = {
    "mean": "avg",
    "min": "min",
    "max": "max",
    "sum": "sum",
    "std_dev": "stddev",
    "variance": "variance",
}
NAMED = {"email": "email", "uuid": "uuid", "ipv4": "ipv4 address", "ipv6": "ipv6 address"}
OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
WARNS = ("warning", "info")
NAME = re.compile(r"\w+", re.ASCII)
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def text(entries, name):
    """The checks as YAML."""
    return yaml.safe_dump({f"checks for {name}": entries}, allow_unicode=True, sort_keys=False, width=120)


def entry(spec, name, table):
    """(check, notes) of one rule. Raises `NoEquivalent`."""
    if spec.type not in WRITTEN:
        raise NoEquivalent(_("No check says the same."))
    check = WRITTEN[spec.type](spec, table)
    return check.told(spec, name), check.notes


class _Check:
    """A metric with a bound, or a check that has none (`operator` is empty)."""

    def __init__(self, metric, operator="", *values, settings=None, notes=()):
        self.metric, self.operator, self.values = metric, operator, values
        self.settings, self.notes = settings or {}, list(notes)

    def told(self, spec, name):
        settings = {"name": name, **self.settings}
        if spec.severity == "info":
            self.notes.append(_("There it warns; here it only informs."))
        if not self.operator:
            if spec.severity == "warning":
                self.notes.append(_("There it fails; here it warns."))
            return {self.metric: settings}
        bound = " and ".join(str(value) for value in self.values)
        if spec.severity in WARNS:
            when = "not between" if self.operator == "between" else OPPOSITES[self.operator]
            return {self.metric: {**settings, "warn": f"when {when} {bound}"}}
        return {f"{self.metric} {self.operator} {bound}": settings}


def _column(name):
    """A column as checks spell it."""
    if NAME.fullmatch(name):
        return name
    if set('"(),') & set(name):
        raise NoEquivalent(_("The name of its column cannot be written there."))
    return f'"{name}"'


def _rows(kind, spec, settings=None, notes=()):
    """A check of how many rows fail, or which share of them."""
    allowed, column = tolerance(spec), _column(spec.column)
    if allowed is None:
        return _Check(f"{kind}_count({column})", "=", 0, settings=settings, notes=notes)
    if allowed[0] == "count":
        _count, operator, value = allowed
        return _Check(f"{kind}_count({column})", operator, plain(value), settings=settings, notes=notes)
    most = plain(ALL - allowed[1])
    return _Check(f"{kind}_percent({column})", "<=", most, settings=settings, notes=notes)


def _not_null(spec, _table):
    own_settings(spec)
    return _rows("missing", spec)


def _completeness(spec, _table):
    own_settings(spec)
    if spec.threshold_value is not None or spec.threshold_percent is None:
        raise NoEquivalent(_("It has two thresholds."))
    blank = _("Blank texts count as missing here, and not there.")
    notes = [] if spec.config.get("allow_empty") else [blank]
    most = plain(ALL - spec.threshold_percent)
    return _Check(f"missing_percent({_column(spec.column)})", "<=", most, notes=notes)


def _no_blanks(spec, _table):
    own_settings(spec, "trim")
    if spec.config.get("trim") is False:
        return _rows("invalid", spec, {"valid min length": 1})
    return _rows("invalid", spec, {"valid regex": "[^ ]"})


def _in_set(spec, _table):
    own_settings(spec, "allowed_values")
    return _rows("invalid", spec, {"valid values": values_of(spec)})


def _pattern(spec, _table):
    own_settings(spec)
    return _rows("invalid", spec, {"valid regex": spec.pattern})


def _format(spec, _table):
    own_settings(spec, "format")
    form = spec.config.get("format")
    if form in NAMED:
        return _rows("invalid", spec, {"valid format": NAMED[form]})
    if form in formats.LISTS:
        return _rows("invalid", spec, {"valid values": list(formats.LISTS[form])})
    if form not in formats.PATTERNS or form == "iban":
        raise NoEquivalent(_("A pattern alone cannot say this format."))
    return _rows("invalid", spec, {"valid regex": formats.whole("|".join(formats.PATTERNS[form]))})


def _range(spec, _table):
    own_settings(spec)
    return _rows("invalid", spec, _within(spec, "valid min", "valid max"))


def _length(spec, _table):
    own_settings(spec)
    return _rows("invalid", spec, _within(spec, "valid min length", "valid max length"))


def _within(spec, least, most):
    told = {least: plain(spec.range_min), most: plain(spec.range_max)}
    told = {name: value for name, value in told.items() if value is not None}
    if not told:
        raise NoEquivalent(_("Its bounds are no numbers."))
    return told


def _unique(spec, _table):
    own_settings(spec)
    if tolerance(spec) is not None:
        raise NoEquivalent(_("There, repeated values are counted otherwise."))
    return _Check(f"duplicate_count({_column(spec.column)})", "=", 0)


def _combination(spec, _table):
    own_settings(spec)
    if tolerance(spec) is not None:
        raise NoEquivalent(_("There, repeated values are counted otherwise."))
    names = ", ".join(_column(name) for name in spec.config.get("columns") or ())
    return _Check(f"duplicate_count({names})", "=", 0)


def _duplicates(spec, _table):
    own_settings(spec)
    if spec.column is None or spec.threshold_percent is None or spec.threshold_value is not None:
        raise NoEquivalent(_("There, repeated values are counted otherwise."))
    note = _("There, repeated values are counted; here, the rows that would have to go.")
    metric = f"duplicate_percent({_column(spec.column)})"
    return _Check(metric, "<=", plain(spec.threshold_percent), notes=[note])


def _statistic(spec, _table):
    own_settings(spec, "statistic")
    name = spec.config.get("statistic")
    if name not in STATISTICS:
        raise NoEquivalent(_("No check says the same."))
    operator, low, high = bounds(spec)
    metric = f"{STATISTICS[name]}({_column(spec.column)})"
    if operator == "between":
        return _Check(metric, "between", low, high)
    return _Check(metric, operator, low if low is not None else high)


def _freshness(spec, _table):
    own_settings(spec, "max_age", "column")
    column = spec.column or spec.config.get("column")
    if not column or spec.threshold_operator not in (None, "<=", "<"):
        raise NoEquivalent(_("It names no column."))
    try:
        age = seconds(spec.config["max_age"]) if spec.config.get("max_age") else spec.threshold_value
    except CannotCheck:
        age = None
    if age is None or age <= 0 or age % MINUTE:
        raise NoEquivalent(_("There, an age is in days, hours and minutes."))
    left, parts = int(age), []
    for unit, sign in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if left >= unit:
            parts.append(f"{left // unit}{sign}")
            left %= unit
    return _Check(f"freshness({_column(column)})", "<", "".join(parts))


def _reference(spec, _table):
    own_settings(spec, "reference", "reference_table", "reference_column")
    if tolerance(spec) is not None:
        raise NoEquivalent(_("There, a reference tolerates no orphan."))
    table, column = _target(spec.config)
    if not all(map(NAME.fullmatch, (spec.column, column))) or not re.fullmatch(r"[\w.]+", table):
        raise NoEquivalent(_("What it refers to cannot be written there."))
    return _Check(f"values in ({spec.column}) must exist in {table} ({column})")


def _target(config):
    """(table, column) that a rule refers to."""
    stated = config.get("reference")
    if isinstance(stated, dict):
        table, column = stated.get("table"), stated.get("column")
    elif isinstance(stated, str) and stated:
        table, _dot, column = stated.rpartition(".")
    else:
        table, column = config.get("reference_table"), config.get("reference_column")
    # Of an address of ours, the name of the table.
    return str(table or "").rpartition(":")[2], str(column or "")


def _fields(spec, _table):
    own_settings(spec, "left", "operator", "right", "check_expression")
    if tolerance(spec) is not None:
        raise NoEquivalent(_("There, a rule about rows with SQL tolerates none."))
    return _Check("failed rows", settings={"fail condition": against(spec)})


def _sql(spec, table):
    own_settings(spec, "sql")
    if tolerance(spec) is not None:
        raise NoEquivalent(_("There, a rule about rows with SQL tolerates none."))
    spelled = table if NAME.fullmatch(table) else '"' + table.replace('"', '""') + '"'
    sql = renamed(str(spec.config.get("sql") or ""), PAYLOAD, spelled)
    if sql is None:
        raise NoEquivalent(_("Its SQL names the table in a way that cannot be written there."))
    return _Check("failed rows", settings={"fail query": sql})


def _kept(spec, _table):
    """What came from such a file and has no equivalent here goes back as it was."""
    told = spec.config.get("args")
    if spec.config.get("function") != "soda" or not isinstance(told, dict) or "check" not in told:
        raise NoEquivalent(_("It is a function of this portal."))
    settings = {key: value for key, value in told.items() if key not in ("check", "name")}
    return _Check(str(told["check"]), settings=settings)


WRITTEN = {
    "not_null": _not_null,
    "completeness_threshold": _completeness,
    "no_empty_strings": _no_blanks,
    "value_in_set": _in_set,
    "pattern_match": _pattern,
    "format_valid": _format,
    "range_check": _range,
    "length_check": _length,
    "unique": _unique,
    "unique_combination": _combination,
    "duplicate_threshold": _duplicates,
    "statistical_threshold": _statistic,
    "freshness": _freshness,
    "referential_integrity": _reference,
    "cross_field_validation": _fields,
    "custom_sql": _sql,
    "custom_function": _kept,
}
