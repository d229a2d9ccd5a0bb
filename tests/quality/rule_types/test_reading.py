"""A rule is read alike wherever its parts were written, and what contradicts itself is told before it is saved."""

from decimal import Decimal

import pytest

from apps.quality.rule_types.checking import check_config
from apps.quality.rule_types.reading import read, spec_of

COLUMNS = ["order_id", "amount", "status", "placed_at"]


def row(rule_type, column="amount", config=None, **more):
    return {"key": "r", "rule_type": rule_type, "column": column, "config": config or {}, **more}


def problems(*args, **more):
    return [(one.field, one.key) for one in check_config({**row(*args, **more), "columns": COLUMNS})]


# ---------- reading ----------


@pytest.mark.parametrize(
    ("rule_type", "config", "attribute", "value"),
    [
        ("pattern_match", {"pattern": "^a$"}, "pattern", "^a$"),
        ("range_check", {"min": 0.1}, "range_min", Decimal("0.1")),
        ("length_check", {"max_length": 5}, "range_max", Decimal(5)),
        ("length_check", {"min": 5}, "range_min", Decimal(5)),
        ("completeness_threshold", {"threshold_percent": 99.5}, "threshold_percent", Decimal("99.5")),
        ("not_null", {"max_failure_percent": 0.5}, "threshold_percent", Decimal("99.5")),
        ("duplicate_threshold", {"max_duplicate_percent": 0}, "threshold_percent", Decimal(0)),
        ("outlier_detection", {"max_outlier_percent": 5}, "threshold_percent", Decimal(5)),
        (
            "statistical_threshold",
            {"statistic": "mean", "operator": "<", "value": 3},
            "threshold_value",
            Decimal(3),
        ),
        (
            "statistical_threshold",
            {"statistic": "mean", "operator": "<", "value": 3},
            "threshold_operator",
            "<",
        ),
        ("freshness", {"max_age": "4 hours"}, "threshold_value", Decimal(14400)),
        ("freshness", {"threshold": "PT4H"}, "threshold_value", Decimal(14400)),
        ("not_null", {"threshold": 0}, "threshold_value", Decimal(0)),
    ],
)
def test_what_repeats_a_column_is_read_from_the_column(rule_type, config, attribute, value):
    found = read(row(rule_type, config=config))

    assert getattr(found.spec, attribute) == value
    assert found.problems == []


@pytest.mark.parametrize(
    ("rule_type", "config", "key", "value"),
    [
        ("value_in_set", {"values": ["a"]}, "allowed_values", ["a"]),
        ("referential_integrity", {"references": "customers.id"}, "reference", "customers.id"),
        ("recency_check", {"max_age": "P1D"}, "window", "P1D"),
    ],
)
def test_a_parameter_of_the_capsule_document_is_the_one_of_the_design(rule_type, config, key, value):
    assert spec_of(row(rule_type, config=config)).config[key] == value


def test_what_moved_to_a_column_is_not_stored_twice():
    found = read(row("range_check", config={"min": 0, "inclusive": False}))

    assert found.stored["config"] == {"inclusive": False}
    assert found.stored["expected_range_min"] == 0


def test_a_time_as_a_bound_stays_in_the_configuration():
    found = read(row("range_check", column="placed_at", config={"min": "2026-01-31"}))

    assert found.spec.config == {"min": "2026-01-31"}
    assert found.spec.range_min is None


def test_the_threshold_of_recency_in_seconds_is_its_window_and_no_bound():
    stored = spec_of(row("recency_check", config={"max_age": "P1D"}, threshold_value=86400))
    bare = spec_of(row("recency_check", threshold_value=3600))

    assert (stored.config["window"], stored.threshold_value) == ("P1D", None)
    assert (bare.config["window"], bare.threshold_value) == ("PT3600S", None)


def test_the_comparison_of_two_columns_may_stand_in_the_column_of_the_operator():
    found = spec_of(row("cross_field_validation", None, {"left": "a", "right": "b"}, threshold_operator="<"))

    assert found.config["operator"] == "<"


# ---------- checking ----------


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (("not_null", "amount"), []),
        (("nothing", "amount"), [("rule_type", "unknown_type")]),
        (("not_null", None), [("column", "needs_column")]),
        (("unique_combination", "amount", {"columns": ["a", "b"]}), [("column", "needs_capsule"), ("columns", "no_column"), ("columns", "no_column")]),
        (("unique_combination", None, {"columns": ["order_id"]}), [("columns", "too_few")]),
        (("value_in_set", "status"), [("allowed_values", "required")]),
        (("pattern_match", "status"), [("pattern", "required")]),
        (("pattern_match", "status", {"pattern": "(?=a)"}), [("pattern", "pattern_lookaround")]),
        (("format_valid", "status", {"format": "zip"}), [("format", "not_one_of")]),
        (("type_valid", "status", {"type": "decimal(2,5)"}), [("type", "decimal_size")]),
        (("type_valid", "status", {"type": "blob"}), [("type", "not_readable")]),
        (("range_check", "amount"), [("min", "required")]),
        (("range_check", "amount", {"min": 5, "max": 1}), [("min", "reversed")]),
        (("range_check", "placed_at", {"min": "yesterday"}), [("min", "not_a_time")]),
        (("length_check", "status", {"min_length": -1}), [("min_length", "at_least")]),
        (("completeness_threshold", "amount"), [("threshold_percent", "required")]),
        (("completeness_threshold", "amount", {"threshold_percent": 0}), []),
        (("completeness_threshold", "amount", {"threshold_percent": 101}), [("threshold_percent", "at_most")]),
        (("duplicate_threshold", None, {"max_duplicate_percent": 1}), [("columns", "required")]),
        (("freshness", "placed_at"), [("max_age", "required")]),
        (("freshness", "placed_at", {"max_age": "soon"}), [("max_age", "not_a_duration")]),
        (("recency_check", None, {"window": "P1D"}), [("column", "required")]),
        (("distribution_check", "amount", {"mean": 1, "std_dev": 0}), [("std_dev", "more_than")]),
        (("statistical_threshold", "amount", {"statistic": "mean"}), [("min", "required")]),
        (("statistical_threshold", "amount", {"statistic": "mode", "min": 1}), [("statistic", "not_one_of")]),
        (("statistical_threshold", "amount", {"statistic": "mean", "value": 1}), [("threshold_operator", "required")]),
        (("cross_field_validation", None, {"left": "amount"}), [("operator", "required"), ("right", "required")]),
        (("cross_field_validation", None, {"check_expression": "amount > (SELECT 1)", "columns": ["amount"]}), [("check_expression", "query_inside")]),
        (("custom_sql", None, {"sql": "DROP TABLE orders"}), [("sql", "statement")]),
        (("custom_function", "amount", {"function": "os.system"}), [("function", "no_function")]),
        (("not_null", "amount", {"treshold": 1}), [("treshold", "unknown_parameter")]),
        (("not_null", "amount", {"apply_condition": "nowhere = 1"}), [("apply_condition", "column")]),
        (("not_null", "amount", {"x-note": "kept"}), []),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rule_is_told_before_it_is_saved(rule, said):
    assert problems(*rule) == said


@pytest.mark.parametrize(
    "rule",
    [
        row("range_check", config={"min": 1}, expected_range_min=2),
        row("not_null", config={"threshold_percent": 90}, threshold_percent=91),
        row("not_null", config={"max_failure_percent": 10}, threshold_percent=91),
        row("pattern_match", "status", config={"pattern": "a"}, expected_pattern="b"),
        row("freshness", "placed_at", config={"max_age": "PT1H"}, threshold_value=60),
    ],
)
def test_a_repeated_parameter_must_say_the_same(rule):
    assert [one.key for one in check_config(rule)] == ["differs"]


def test_a_repeated_parameter_that_says_the_same_is_taken():
    assert check_config(row("not_null", config={"max_failure_percent": 10}, threshold_percent=90)) == []
    assert check_config(row("range_check", config={"min": 1.0}, expected_range_min=1)) == []


def test_a_rule_for_numbers_is_refused_for_texts():
    assert [one.key for one in check_config(row("outlier_detection", "status", kind="text"))] == [
        "wrong_kind"
    ]
