"""Rules as a suite of Great Expectations 1.x."""

import json

from django.utils.translation import gettext as _

from apps.quality.renaming import PAYLOAD, renamed
from apps.quality.rule_types import formats

from .parts import (
    ALL,
    NoEquivalent,
    against,
    bounds,
    compared,
    own_settings,
    plain,
    tolerance,
    values_of,
)

SUFFIX, MEDIA_TYPE = ".expectations.json", "application/json"
STATISTICS = {
    "mean": "mean", "std_dev": "stdev", "median": "median", "min": "min", "max": "max", "sum": "sum",
    "distinct_count": "unique_value_count",
}  # fmt: skip
SEVERITIES = {"critical": "critical", "warning": "warning", "info": "info"}
BATCH = "{batch}"


def text(entries, name):
    """The suite as JSON."""
    return json.dumps({"name": name, "expectations": entries, "meta": {}}, ensure_ascii=False, indent=2)


def entry(spec, name, _table):
    """(expectation, notes) of one rule. Raises `NoEquivalent`."""
    if spec.type not in WRITTEN:
        raise NoEquivalent(_("No expectation says the same."))
    kind, kwargs, *notes = WRITTEN[spec.type](spec)
    about = {"column": spec.column} if spec.column and "column_A" not in kwargs else {}
    made = {
        "type": kind,
        "kwargs": about | {key: value for key, value in kwargs.items() if value is not None},
        "meta": {"name": name, "severity": spec.severity},
    }
    if spec.severity in SEVERITIES:
        made["severity"] = SEVERITIES[spec.severity]
    return made, notes


def _mostly(spec):
    allowed = tolerance(spec)
    if allowed is None:
        return {}
    if allowed[0] == "count":
        raise NoEquivalent(_("There, what may fail is a share of the rows, not a number of them."))
    return {"mostly": float(allowed[1] / ALL)}


def _row_rule(kind, *known, **fixed):
    def written(spec):
        own_settings(spec, *known)
        return kind, fixed | _mostly(spec)

    return written


def _completeness(spec):
    own_settings(spec)
    notes = [] if spec.config.get("allow_empty") else [_("Blank texts count as missing here, and not there.")]
    return "expect_column_values_to_not_be_null", _mostly(spec), *notes


def _no_blanks(spec):
    own_settings(spec, "trim")
    if spec.config.get("trim") is False:
        return "expect_column_value_lengths_to_be_between", {"min_value": 1} | _mostly(spec)
    return "expect_column_values_to_match_regex", {"regex": "[^ ]"} | _mostly(spec)


def _in_set(spec):
    own_settings(spec, "allowed_values")
    return "expect_column_values_to_be_in_set", {"value_set": values_of(spec)} | _mostly(spec)


def _pattern(spec):
    own_settings(spec)
    return "expect_column_values_to_match_regex", {"regex": spec.pattern} | _mostly(spec)


def _format(spec):
    own_settings(spec, "format")
    form = spec.config.get("format")
    if form in formats.LISTS:
        return "expect_column_values_to_be_in_set", {"value_set": list(formats.LISTS[form])} | _mostly(spec)
    if form not in formats.PATTERNS or form == "iban":
        raise NoEquivalent(_("A pattern alone cannot say this format."))
    pattern = formats.whole("|".join(formats.PATTERNS[form]))
    return "expect_column_values_to_match_regex", {"regex": pattern} | _mostly(spec)


def _range(spec):
    own_settings(spec, "inclusive")
    low, high = plain(spec.range_min), plain(spec.range_max)
    if low is None and high is None:
        raise NoEquivalent(_("Its bounds are no numbers."))
    strict = True if spec.config.get("inclusive") is False else None
    kwargs = {
        "min_value": low,
        "max_value": high,
        "strict_min": strict if low is not None else None,
        "strict_max": strict if high is not None else None,
    }
    return "expect_column_values_to_be_between", kwargs | _mostly(spec)


def _length(spec):
    own_settings(spec)
    kwargs = {"min_value": plain(spec.range_min), "max_value": plain(spec.range_max)}
    return "expect_column_value_lengths_to_be_between", kwargs | _mostly(spec)


def _unique(spec):
    own_settings(spec)
    if tolerance(spec) is not None:
        raise NoEquivalent(_("There, repeated values are counted otherwise."))
    return "expect_column_values_to_be_unique", {}


def _combination(spec):
    own_settings(spec)
    if tolerance(spec) is not None:
        raise NoEquivalent(_("There, repeated values are counted otherwise."))
    kwargs = {"column_list": list(spec.config.get("columns") or ()), "ignore_row_if": "any_value_is_missing"}
    return "expect_compound_columns_to_be_unique", kwargs


def _duplicates(spec):
    own_settings(spec)
    if spec.column is None or spec.threshold_percent is None or spec.threshold_value is not None:
        raise NoEquivalent(_("There, repeated values are counted otherwise."))
    note = _("There, all rows of a repeated value count; here, those that would have to go.")
    return "expect_column_values_to_be_unique", {"mostly": float((ALL - spec.threshold_percent) / ALL)}, note


def _statistic(spec):
    own_settings(spec, "statistic")
    name = spec.config.get("statistic")
    operator, low, high = bounds(spec)
    if name not in STATISTICS or operator == "!=":
        raise NoEquivalent(_("No expectation says the same."))
    strict = {"strict_min": True} if operator == ">" else {"strict_max": True} if operator == "<" else {}
    return f"expect_column_{STATISTICS[name]}_to_be_between", {"min_value": low, "max_value": high} | strict


def _fields(spec):
    own_settings(spec, "left", "operator", "right", "check_expression")
    if tolerance(spec) is not None:
        raise NoEquivalent(_("There, a rule about rows with SQL tolerates none."))
    left, operator, right, _text = compared(spec)
    pair = {"column_A": left, "column_B": right, "ignore_row_if": "either_value_is_missing"}
    if operator in ("<", "<="):
        pair |= {"column_A": right, "column_B": left}
    if operator in (">", ">=", "<", "<="):
        return "expect_column_pair_values_a_to_be_greater_than_b", pair | {"or_equal": "=" in operator}
    if operator == "=":
        return "expect_column_pair_values_to_be_equal", pair
    return _query(f"SELECT * FROM {BATCH} WHERE {_braced(against(spec))}")  # noqa: S608 - written, not run


def _sql(spec):
    own_settings(spec, "sql")
    if tolerance(spec) is not None:
        raise NoEquivalent(_("There, a rule about rows with SQL tolerates none."))
    sql = renamed(_braced(str(spec.config.get("sql") or "")), PAYLOAD, BATCH)
    if sql is None:
        raise NoEquivalent(_("Its SQL names the table in a way that cannot be written there."))
    return _query(sql)


def _query(sql):
    return "unexpected_rows_expectation", {"unexpected_rows_query": sql}


def _braced(sql):
    if "{" in sql or "}" in sql:
        raise NoEquivalent(_("Its SQL has braces, which mean something else there."))
    return sql


def _kept(spec):
    """What came from such a file and has no equivalent here goes back as it was."""
    name = str(spec.config.get("function") or "")
    if not name.startswith("expect_"):
        raise NoEquivalent(_("It is a function of this portal."))
    kwargs = spec.config.get("args")
    return name, dict(kwargs) if isinstance(kwargs, dict) else {}


WRITTEN = {
    "not_null": _row_rule("expect_column_values_to_not_be_null"),
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
    "cross_field_validation": _fields,
    "custom_sql": _sql,
    "custom_function": _kept,
}
