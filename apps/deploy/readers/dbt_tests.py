"""dbt tests as quality rules of the portal's 21 types.

Generic tests of dbt, dbt_utils and dbt_expectations that say the same as a rule type become that type; every
other one is kept as `custom_function` with its package, name and arguments. Design: interop.md section 3.
"""

import hashlib
import re

from .dbt_artifacts import mapping, sequence, text, texts
from .dbt_nodes import code_of, package_of

_SEVERITIES = {"error": "error", "warn": "warning"}
_PERIODS = {"second", "minute", "hour", "day", "week", "month", "year"}
_NUMBER = re.compile(r"^\s*-?\d+(\.\d+)?\s*$")
_BARE = ("model", "column_name", "config", "arguments", "severity")
MAX_RULE_NAME = 255


def kind_of_test(test):
    """`unique`, `dbt_utils.accepted_range`, …, or `singular` for a test that is a query of its own."""
    metadata = mapping(test.get("test_metadata"))
    name = text(metadata.get("name"))
    if not name:
        return "singular"
    namespace = text(metadata.get("namespace"))
    return f"{namespace}.{name}" if namespace and namespace != "dbt" else name


def named(tests):
    """Rule names of one capsule's tests, `{unique id: name}`, no name twice, the same on every reading."""
    taken, names = set(), {}
    for unique_id, test in tests:
        name = wanted = _short(text(test.get("name")) or unique_id)
        number = 2
        while name in taken:
            name, number = f"{wanted[:250]}_{number}", number + 1
        taken.add(name)
        names[unique_id] = name
    return names


def _short(name):
    if len(name) <= MAX_RULE_NAME:
        return name
    return name[:240] + "_" + hashlib.sha256(name.encode()).hexdigest()[:12]


def rule(project, columns, unique_id, test, name):
    """The quality rule of one test, as capsule-document.md section 3.4 has it."""
    kind = kind_of_test(test)
    arguments = _arguments(test)
    config = mapping(test.get("config"))
    stated = text(test.get("column_name")) or text(arguments.get("column_name"))
    column = (columns.name_of(stated) or columns.add_undeclared(stated)) if stated else None
    made = None
    if kind == "singular":
        made = _singular(test)
    elif kind in _RULES:
        made = _RULES[kind](arguments, column, _Surroundings(project, columns, test))
    if made is None:
        made = _foreign(test, kind, arguments)
    if made["rule"] in _COLUMN_RULES and column is None:
        made = _foreign(test, kind, arguments)
    subject = {"column": column} if column and "columns" not in made else {"capsule_level": True}
    settings = _settings(test, config)
    if stated and column is None:
        settings["column"] = stated
    settings = {**made.pop("config", {}), **settings}
    severity = _SEVERITIES.get(text(config.get("severity") or test.get("severity")).lower(), "error")
    whole = {"name": name, "rule": made.pop("rule"), **subject, "severity": severity, **made}
    description = text(test.get("description"))
    if description:
        whole["description"] = description
    if settings:
        whole["config"] = settings
    whole["meta"] = {"dbt": {"unique_id": unique_id, "test": kind}}
    return whole


def freshness(source, columns):
    """The freshness rule of a source, or None: the age of its newest row, the strictest level an error."""
    stated = mapping(source.get("freshness")) or mapping(mapping(source.get("config")).get("freshness"))
    levels = {
        level: duration
        for level in ("error_after", "warn_after")
        if (duration := _duration(mapping(stated.get(level))))
    }
    if not levels:
        return None
    made = {
        "name": freshness_name(source),
        "rule": "freshness",
        "severity": "error" if "error_after" in levels else "warning",
        "threshold": levels.get("error_after") or levels["warn_after"],
    }
    field = text(source.get("loaded_at_field")) or text(mapping(source.get("config")).get("loaded_at_field"))
    column = (columns.name_of(field) or columns.add_undeclared(field)) if field else None
    made.update({"column": column} if column else {"capsule_level": True})
    config = {}
    if field and column is None:
        config["column"] = field
    if len(levels) == 2:
        config["warn_after"] = levels["warn_after"]
    if text(stated.get("filter")):
        config["where"] = text(stated["filter"])
    if config:
        made["config"] = config
    made["meta"] = {"dbt": {"unique_id": text(source.get("unique_id")), "test": "freshness"}}
    return made


def freshness_name(source):
    """How the freshness rule of a source is called."""
    return _short(f"source_freshness_{text(source.get('source_name'))}_{text(source.get('name'))}")


def _duration(level):
    count, period = level.get("count"), text(level.get("period")).lower().rstrip("s")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1 or period not in _PERIODS:
        return None
    return f"{count} {period}{'s' if count != 1 else ''}"


def _arguments(test):
    arguments = dict(mapping(mapping(test.get("test_metadata")).get("kwargs")))
    arguments.update(mapping(arguments.pop("arguments", None)))
    return arguments


def _settings(test, config):
    """Where, limits and thresholds that differ from dbt's defaults."""
    settings = {}
    for key, default in (
        ("where", ""),
        ("warn_if", "!= 0"),
        ("error_if", "!= 0"),
        ("fail_calc", "count(*)"),
        ("limit", ""),
    ):
        value = text(config.get(key))
        if value and value != default:
            settings[key] = value
    return settings


def _singular(test):
    raw, compiled = code_of(test)
    if compiled:
        # It carries SQL: it stays off until someone with the right has read it (interop.md section 8).
        return {"rule": "custom_sql", "sql": compiled.strip(), "enabled": False, "config": {"engine": "dbt"}}
    return {
        "rule": "custom_function",
        "function": "dbt.singular",
        "config": {"engine": "dbt", "package": package_of(test), "name": text(test.get("name")), "code": raw},
    }


def _foreign(test, kind, arguments):
    name = kind.rpartition(".")[2]
    package = kind.rpartition(".")[0] or _package_of_macro(test, name)
    kwargs = {key: value for key, value in arguments.items() if key not in _BARE}
    return {
        "rule": "custom_function",
        "function": f"{package}.{name}",
        "config": {"engine": "dbt", "package": package, "name": name, "kwargs": kwargs},
    }


def _package_of_macro(test, name):
    for macro in texts(mapping(test.get("depends_on")).get("macros")):
        if macro.endswith(f".test_{name}"):
            return macro.split(".")[1]
    return package_of(test) or "dbt"


class _Surroundings:
    def __init__(self, project, columns, test):
        self.project, self.columns, self.test = project, columns, test

    def urn(self, call):
        unique_id = self.project.unique_id_of_call(call, package_of(self.test))
        return self.project.urns.get(unique_id)

    def names(self, stated):
        """Column names as the capsule spells them; None when one of them is no column."""
        names = [self.columns.name_of(name) or self.columns.add_undeclared(name) for name in texts(stated)]
        return names if names and None not in names and len(set(names)) == len(names) else None


def _number(value):
    """A bound as a number, also when written as text; None for expressions."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _NUMBER.match(value):
        return float(value) if "." in value else int(value)
    return None


def _scalars(values):
    return [one if isinstance(one, str | int | float | bool) else str(one) for one in sequence(values)]


def _simple(rule_type):
    return lambda arguments, column, around: {"rule": rule_type, **_scoped(arguments)}


def _scoped(arguments):
    condition = text(arguments.get("row_condition"))
    return {"config": {"where": condition}} if condition else {}


def _in_set(key):
    def made(arguments, column, around):
        values = _scalars(arguments.get(key))
        if not values:
            return None
        quoted = {"config": {"quote": False}} if arguments.get("quote") is False else _scoped(arguments)
        return {"rule": "value_in_set", "values": values, **quoted}

    return made


def _relationships(arguments, column, around):
    field, to = text(arguments.get("field")), text(arguments.get("to"))
    if not field or not to:
        return None
    made = {
        "rule": "referential_integrity",
        "references": {"table": around.urn(to) or to, "column": field.strip('"`')},
    }
    conditions = {
        key: text(arguments[key]) for key in ("from_condition", "to_condition") if text(arguments.get(key))
    }
    return {**made, "config": conditions} if conditions else made


def _range(arguments, column, around):
    low, high = _number(arguments.get("min_value")), _number(arguments.get("max_value"))
    stated = [arguments.get(key) for key in ("min_value", "max_value")]
    if (low is None and high is None) or any(one is not None and _number(one) is None for one in stated):
        return None
    made = {"rule": "range_check"}
    if low is not None:
        made["min"] = low
    if high is not None:
        made["max"] = high
    config = dict(_scoped(arguments).get("config", {}))
    if arguments.get("inclusive") is False or arguments.get("strictly") is True:
        config["inclusive"] = False
    return {**made, "config": config} if config else made


def _length(arguments, column, around):
    exact = arguments.get("value")
    low, high = _number(arguments.get("min_value", exact)), _number(arguments.get("max_value", exact))
    if low is None and high is None:
        return None
    bounds = {key: value for key, value in (("min", low), ("max", high)) if value is not None}
    return {"rule": "length_check", **bounds, **_scoped(arguments)}


def _pattern(arguments, column, around):
    pattern = text(arguments.get("regex"))
    return {"rule": "pattern_match", "pattern": pattern, **_scoped(arguments)} if pattern else None


def _type(arguments, column, around):
    wanted = text(arguments.get("column_type"))
    return {"rule": "type_valid", "config": {"type": wanted}} if wanted else None


def _proportion(arguments, column, around):
    share = _number(arguments.get("at_least"))
    if share is None or not 0 <= share <= 1 or _number(arguments.get("at_most")) not in (None, 1):
        return None
    return {"rule": "completeness_threshold", "threshold_percent": round(share * 100, 4)}


def _combination(key):
    def made(arguments, column, around):
        names = around.names(arguments.get(key))
        if not names or len(names) < 2:
            return None
        return {"rule": "unique_combination", "columns": names, **_scoped(arguments)}

    return made


def _recency(arguments, column, around):
    count, unit = _number(arguments.get("interval")), text(arguments.get("datepart")).lower()
    names = around.names(arguments.get("field"))
    age = _duration({"count": count, "period": unit})
    if age is None:
        return None
    subject = (
        {"config": {"column": names[0]}} if names else {"config": {"column": text(arguments.get("field"))}}
    )
    return {"rule": "freshness", "threshold": age, **subject}


_EXPECT = "dbt_expectations.expect_"
_RULES = {
    "unique": _simple("unique"),
    "not_null": _simple("not_null"),
    "accepted_values": _in_set("values"),
    "relationships": _relationships,
    "dbt_utils.relationships_where": _relationships,
    "dbt_utils.accepted_range": _range,
    "dbt_utils.unique_combination_of_columns": _combination("combination_of_columns"),
    "dbt_utils.not_empty_string": _simple("no_empty_strings"),
    "dbt_utils.not_null_proportion": _proportion,
    "dbt_utils.recency": _recency,
    f"{_EXPECT}column_values_to_not_be_null": _simple("not_null"),
    f"{_EXPECT}column_values_to_be_unique": _simple("unique"),
    f"{_EXPECT}column_values_to_be_in_set": _in_set("value_set"),
    f"{_EXPECT}column_values_to_be_between": _range,
    f"{_EXPECT}column_values_to_match_regex": _pattern,
    f"{_EXPECT}column_values_to_be_of_type": _type,
    f"{_EXPECT}column_value_lengths_to_be_between": _length,
    f"{_EXPECT}column_value_lengths_to_equal": _length,
    f"{_EXPECT}compound_columns_to_be_unique": _combination("column_list"),
}
_COLUMN_RULES = frozenset(
    [
        "unique",
        "not_null",
        "value_in_set",
        "referential_integrity",
        "range_check",
        "length_check",
        "pattern_match",
        "type_valid",
        "no_empty_strings",
        "completeness_threshold",
    ]
)
