"""Rules of other tools: what becomes what, nothing lost in silence, nothing twice, nothing in force without a plan."""

import json
from pathlib import Path

import pytest

from apps.deploy.models import Plan
from apps.deploy.readers import great_expectations, sodacl
from apps.deploy.readers.found import ReaderError
from apps.quality.models import QualityRule
from tests.factories import CapsuleFactory, ColumnFactory

FILES = Path(__file__).parents[1] / "fixtures" / "quality"
SUITE, CHECKS = (FILES / "gx_suite_orders.json").read_text(), (FILES / "sodacl_orders.yml").read_text()
PATH = "/import/quality-rules"


def expected(kind, version="type", **kwargs):
    found = great_expectations.read(
        {"expectations": [{version: f"expect_{kind}", "kwargs": {"column": "a", **kwargs}}]}
    )
    return found.rules, found.missed


def checked(check, **config):
    found = sodacl.read({"checks for orders": [{check: config} if config else check]}, "orders")
    return found.rules, found.missed


def told(rule):
    return {key: value for key, value in rule.items() if key not in ("name", "column", "severity")}


@pytest.mark.parametrize("version", ["type", "expectation_type"])
@pytest.mark.parametrize(
    ("kind", "kwargs", "rule"),
    [
        ("column_values_to_not_be_null", {}, {"rule": "not_null"}),
        ("column_values_to_not_be_null", {"mostly": 0.95}, {"rule": "completeness_threshold", "threshold_percent": 95.0}),
        ("column_values_to_be_unique", {}, {"rule": "unique"}),
        ("column_values_to_be_in_set", {"value_set": [1, 2]}, {"rule": "value_in_set", "values": [1, 2]}),
        ("column_values_to_match_regex", {"regex": "^a"}, {"rule": "pattern_match", "pattern": "^a"}),
        ("column_values_to_be_between", {"min_value": 0}, {"rule": "range_check", "min": 0}),
        ("column_values_to_be_between", {"min_value": 0, "max_value": 9, "strict_min": True, "strict_max": True}, {"rule": "range_check", "min": 0, "max": 9, "config": {"inclusive": False}}),
        ("column_value_lengths_to_be_between", {"max_value": 5}, {"rule": "length_check", "max": 5}),
        ("column_value_lengths_to_equal", {"value": 5}, {"rule": "length_check", "min": 5, "max": 5}),
        ("column_values_to_be_of_type", {"type_": "DECIMAL(10, 2)"}, {"rule": "type_valid", "config": {"type": "decimal(10,2)"}}),
        ("column_mean_to_be_between", {"min_value": 1, "max_value": 2}, {"rule": "statistical_threshold", "min": 1, "max": 2, "config": {"statistic": "mean"}}),
    ],
)  # fmt: skip
def test_expectations_of_either_version_become_rules(version, kind, kwargs, rule):
    (found,), missed = expected(kind, version, **kwargs)

    assert (told(found), found["column"], missed) == (rule, "a", [])


@pytest.mark.parametrize(
    ("kind", "kwargs"),
    [
        ("column_kl_divergence_to_be_less_than", {"threshold": 0.1}),
        ("column_values_to_be_between", {"min_value": "2026-01-01"}),
        ("column_values_to_be_between", {"min_value": 0, "max_value": 1, "strict_min": True}),
        (
            "column_values_to_not_be_null",
            {"row_condition": 'col("b") > 1', "condition_parser": "great_expectations"},
        ),
        ("column_values_to_be_of_type", {"type_": "VARCHAR"}),
        ("_class__", {}),
        ("read", {}),
    ],
)
def test_an_expectation_without_equivalent_is_kept_switched_off_and_said(kind, kwargs):
    (found,), (missed,) = expected(kind, **kwargs)

    assert (found["rule"], found["enabled"]) == ("custom_function", False)
    assert missed.text.endswith(kind)
    assert missed.why


def test_sql_of_a_suite_comes_switched_off():
    suite = {
        "expectations": [
            {
                "type": "unexpected_rows_expectation",
                "kwargs": {"unexpected_rows_query": "SELECT * FROM {batch}"},
            }
        ]
    }

    found = great_expectations.read(suite)

    assert told(found.rules[0]) == {
        "rule": "custom_sql",
        "capsule_level": True,
        "sql": "SELECT * FROM payload",
        "enabled": False,
    }
    assert len(found.missed) == 1


@pytest.mark.parametrize(
    ("check", "config", "rule"),
    [
        ("missing_count(a) = 0", {}, {"rule": "not_null"}),
        ("missing_count(a) < 5", {}, {"rule": "not_null", "threshold": 5, "operator": "<"}),
        ("missing_percent(a) <= 5", {}, {"rule": "completeness_threshold", "threshold_percent": 95}),
        ("duplicate_count(a) = 0", {}, {"rule": "unique"}),
        ("duplicate_percent(a) <= 2.5 %", {}, {"rule": "duplicate_threshold", "threshold_percent": 2.5}),
        ("invalid_count(a) = 0", {"valid regex": "^x"}, {"rule": "pattern_match", "pattern": "^x"}),
        ("invalid_count(a) = 0", {"valid format": "email"}, {"rule": "format_valid", "config": {"format": "email"}}),
        ("invalid_percent(a) <= 1", {"valid min": 0, "valid max": 9}, {"rule": "range_check", "min": 0, "max": 9, "threshold_percent": 99}),
        ("invalid_count(a) = 0", {"valid length": 3}, {"rule": "length_check", "min": 3, "max": 3}),
        ("avg(a) between 1 and 2.5", {}, {"rule": "statistical_threshold", "min": 1, "max": 2.5, "config": {"statistic": "mean"}}),
        ("stddev(a) > 3", {}, {"rule": "statistical_threshold", "threshold": 3, "operator": ">", "config": {"statistic": "std_dev"}}),
        ("freshness(a) < 4h", {}, {"rule": "freshness", "threshold": "PT4H"}),
        ("freshness(a) < 1d6h", {}, {"rule": "freshness", "threshold": "P1DT6H"}),
        ("values in (a) must exist in customers (id)", {}, {"rule": "referential_integrity", "references": "customers.id"}),
    ],
)  # fmt: skip
def test_checks_become_rules(check, config, rule):
    (found,), missed = checked(check, **config)

    assert (told(found), found["column"], missed) == (rule, "a", [])


def test_repeated_pairs_are_one_rule_and_levels_expect_the_opposite_of_what_they_warn_of():
    (pair,), _missed = checked("duplicate_count(a, b) = 0")
    two, _missed = checked("missing_count(a)", warn="when > 1", fail="when >= 9")
    low, _missed = checked("missing_count(a)", fail="when < 10")
    band, _missed = checked("avg(a)", warn="when not between 1 and 2")
    odd, _missed = checked("avg(a)", warn="when between 1 and 2")

    assert told(pair) == {"rule": "unique_combination", "capsule_level": True, "columns": ["a", "b"]}
    assert [(rule["severity"], rule["operator"], rule["threshold"]) for rule in two] == [
        ("error", "<", 9),
        ("warning", "<=", 1),
    ]
    assert [(rule["severity"], rule["min"], rule["max"]) for rule in band] == [("warning", 1, 2)]
    assert [rule["rule"] for rule in low + odd] == ["custom_function", "custom_function"]


@pytest.mark.parametrize(
    "check", ["anomaly detection for row_count", "missing_count(a) > ${limit}", "change for row_count < 50", "missing_count(a) = x", "distribution_difference(a) > 0.05", "%%%"]
)  # fmt: skip
def test_a_check_without_equivalent_is_kept_switched_off_and_said(check):
    (found,), (missed,) = checked(check)

    assert (found["rule"], found["enabled"]) == ("custom_function", False)
    assert missed.why


def test_checks_of_another_table_are_not_taken_for_this_ones():
    with pytest.raises(ReaderError, match="customers"):
        sodacl.read({"checks for customers": [], "checks for products": []}, "orders")


# ---------- as a plan ----------


@pytest.fixture
def orders(producer):
    capsule = CapsuleFactory(name="orders", columns=[])
    for name in ("order_id", "status"):
        ColumnFactory(capsule=capsule, name=name, data_type="varchar")
    return capsule


def applied(producer, name):
    """The newest plan applied; the first look at a new capsule makes its version, after which it is planned again."""
    for _time in range(2):
        newest = Plan.objects.order_by("-number").first()
        done = producer.post(f"/plans/{newest.pk}/apply", {"accept_partial": name})
        if done.status_code == 200:
            break
    return done


@pytest.mark.parametrize(("content", "rules"), [(SUITE, 6), (CHECKS, 5)])
def test_a_file_becomes_a_plan_whose_gaps_are_accepted_by_name(producer, orders, content, rules):
    answer = producer.post(PATH, {"capsule_urn": orders.urn, "content": content, "name": "orders.file"})

    assert answer.status_code == 201, answer.body
    assert answer.body["partial"] is True
    assert answer.body["reading"]["missed"]
    assert not QualityRule.objects.exists()
    assert producer.post(f"/plans/{answer.body['plan_id']}/apply", {}).body["code"] == "plan_partial"
    done = applied(producer, "orders.file")
    assert done.status_code == 200, done.body
    assert QualityRule.objects.count() == rules
    assert not QualityRule.objects.filter(rule_type__startswith="custom", is_enabled=True).exists()
    assert orders.columns.count() == 2

    again = producer.post(PATH, {"capsule_urn": orders.urn, "content": content})
    assert (again.status_code, again.body["result"]) == (200, "no_change")


def test_rules_about_unknown_columns_are_missed_and_those_of_people_stay(producer, orders):
    column = orders.columns.get(name="status")
    QualityRule.objects.create(column=column, name="ours", rule_type="not_null", severity="warning")
    suite = {"expectations": [
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "ORDER_ID"}, "meta": {"name": "ours"}},
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "nowhere"}},
    ]}  # fmt: skip

    answer = producer.post(PATH, {"capsule_urn": orders.urn, "content": json.dumps(suite), "name": "f"})
    assert applied(producer, "f").status_code == 200

    assert [each["why"] for each in answer.body["reading"]["missed"]] == [
        "The capsule has no column “nowhere”."
    ]
    assert QualityRule.objects.get(name="ours").rule_type == "not_null"
    assert QualityRule.objects.get(rule_type="unique").column.name == "order_id"


@pytest.mark.parametrize("content", ["", "{", "[1]", "a: &x [1]\nb: *x", "checks: {}", "null", "[" * 100_000])
def test_a_file_that_is_neither_is_refused(producer, orders, content):
    assert producer.post(PATH, {"capsule_urn": orders.urn, "content": content}).status_code == 400


def test_who_may_not_change_the_capsule_may_not_plan_its_rules(analyst, orders):
    assert analyst.post(PATH, {"capsule_urn": orders.urn, "content": SUITE}).status_code == 403


def test_the_rules_of_a_capsule_are_given_to_other_tools(producer, orders):
    QualityRule.objects.create(
        column=orders.columns.get(name="status"), name="filled", rule_type="not_null", severity="error"
    )
    QualityRule.objects.create(
        column=orders.columns.get(name="status"), name="odd", rule_type="outlier_detection", severity="error"
    )
    path = f"/capsules/{orders.urn}/quality-rules/export"

    answer = producer.get(f"{path}?tool=great_expectations")

    assert answer.status_code == 200, answer.body
    assert [each["type"] for each in json.loads(answer.body["content"])["expectations"]] == [
        "expect_column_values_to_not_be_null"
    ]
    assert [(each["rule_name"], each["written"]) for each in answer.body["unmapped"]] == [("odd", False)]
    assert producer.get(path).status_code == 400
    assert producer.get(f"{path}?tool=excel").status_code == 400
