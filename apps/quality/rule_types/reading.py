"""A stored or proposed rule as a `RuleSpec`: one name for each parameter, wherever it was written. Pure.

What repeats a column of `quality_rules` is in that column alone (errata row A25): in the configuration it is taken out,
and must be equal. Lists and references are called as the capsule document or as the design's table calls them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from apps.quality.engine.plan import CannotCheck, RuleSpec

from . import FIELDS, TYPES
from .periods import seconds

SYNONYMS = {"values": "allowed_values", "references": "reference"}
COMMON = {
    "threshold_percent": "threshold_percent",
    "threshold": "threshold_value",
    "threshold_value": "threshold_value",
}
SIGNED = {"operator": "threshold_operator", "threshold_operator": "threshold_operator"}
RANGE = {"min": "expected_range_min", "max": "expected_range_max"}
MOVED = {
    "pattern_match": {"pattern": "expected_pattern"},
    "range_check": RANGE,
    "statistical_threshold": RANGE | {"value": "threshold_value"},
    "length_check": RANGE | {"min_length": "expected_range_min", "max_length": "expected_range_max"},
    "duplicate_threshold": {"max_duplicate_percent": "threshold_percent"},
    "outlier_detection": {"max_outlier_percent": "threshold_percent"},
}
COMPARING = "cross_field_validation"  # its `operator` compares columns
AGED = {"freshness": "max_age", "recency_check": "window"}
WORDS = ("threshold_operator", "expected_pattern")
ALL = Decimal(100)
MOST_PLACES = 400  # before or after the point of a number; the largest double has 309


class Problem(NamedTuple):
    """What is wrong with a rule: the parameter, a word for the sentence, and what fills it."""

    field: str
    key: str
    values: Mapping[str, Any] = {}


@dataclass
class Reading:
    """A rule as read: `spec` to run, `stored` to save ({column: value}, the configuration without repetitions)."""

    spec: RuleSpec
    stored: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)


def read(row):
    """The `Reading` of a mapping with the columns of `quality_rules`.

    `column` is the column's name or None, `config` may repeat columns; `key`, `severity`, `references` are optional.
    """
    kind, problems = row.get("rule_type", ""), []
    config = dict(row.get("config") or {})
    columns = {name: row.get(name) for name in FIELDS}
    for name in columns:
        if columns[name] is not None and name not in WORDS:
            columns[name] = as_number(columns[name])
    _take_out(kind, config, columns, problems)
    stored = {**columns, "config": dict(config)}
    told = {SYNONYMS.get(key, key): value for key, value in config.items()}
    _complement(kind, told, columns, problems)
    _durations(kind, told, columns, problems)
    if kind == COMPARING and "operator" not in told and columns["threshold_operator"]:
        told["operator"] = columns["threshold_operator"]
    if kind in AGED and stored["threshold_value"] is None and kind == "freshness":
        stored["threshold_value"] = columns["threshold_value"]
    spec = RuleSpec(
        key=str(row.get("key", "")),
        type=kind,
        column=row.get("column"),
        config=told,
        severity=row.get("severity") or "error",
        references=row.get("references") or {},
        **{FIELDS[name]: value for name, value in columns.items()},
    )
    return Reading(spec, stored, problems)


def spec_of(row):
    """The `RuleSpec` of a row; whatever is wrong with it shows when it runs."""
    return read(row).spec


def _take_out(kind, config, columns, problems):
    moved = COMMON | MOVED.get(kind, {}) | ({} if kind == COMPARING else SIGNED)
    for key in [key for key in config if key in moved]:
        name, value = moved[key], config[key]
        if value is None:
            del config[key]
            continue
        if name not in WORDS:
            value = as_number(value)
            if value is None:  # a time as a bound, or a duration as a threshold
                if kind in AGED and name == "threshold_value":
                    config.setdefault("max_age", config.pop(key))
                continue
        if columns[name] is not None and columns[name] != value:
            problems.append(Problem(key, "differs", {"column": name}))
        else:
            columns[name] = value
        del config[key]


def as_number(value):
    """A number exactly as written, None for what is none."""
    if isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    # “1e999999999” is a short text, and a number that would be written out for hours.
    return found if found.is_finite() and abs(found.adjusted()) <= MOST_PLACES else None


def _complement(kind, told, columns, problems):
    """`max_failure_percent` is what is left of the share that must pass."""
    if told.get("max_failure_percent") is None:
        return
    if kind in TYPES and TYPES[kind].share != "least":
        return
    least = as_number(told["max_failure_percent"])
    if least is None or not 0 <= least <= ALL:
        return
    if columns["threshold_percent"] not in (None, ALL - least):
        problems.append(Problem("max_failure_percent", "differs", {"column": "threshold_percent"}))
    columns["threshold_percent"] = ALL - least


def _durations(kind, told, columns, problems):
    """A duration and the same in seconds are one (errata row C14)."""
    key = AGED.get(kind)
    if key is None:
        return
    if key == "window" and told.get("max_age") and not told.get("window"):
        told["window"] = told.pop("max_age")
    value = columns["threshold_value"]
    if not told.get(key):
        if key == "window" and value is not None:
            told["window"], columns["threshold_value"] = f"PT{int(value)}S", None
        return
    try:
        length = seconds(told[key])
    except CannotCheck:
        return
    if key == "window":
        if value is not None and int(value) == int(length):
            columns["threshold_value"] = None
    elif value is None:
        columns["threshold_value"] = length
    elif int(value) != int(length):
        problems.append(Problem(key, "differs", {"column": "threshold_value"}))
    elif columns["threshold_operator"] in (None, "<="):
        columns["threshold_value"] = length
