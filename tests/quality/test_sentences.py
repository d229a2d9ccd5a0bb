"""Rules as sentences that need no SQL."""

from decimal import Decimal

import pytest

from apps.quality.models import RuleType
from apps.quality.sentences import sentence
from tests.factories import QualityRuleFactory


def said(subject="amount", **rule):
    return sentence(QualityRuleFactory.build(column=None, **rule), subject)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"rule_type": "not_null"}, "amount is never empty"),
        ({"rule_type": "unique"}, "No two rows share the same amount"),
        ({"rule_type": "value_in_set", "config": {"values": ["a", "b"]}}, "amount is one of a, b"),
        ({"rule_type": "value_in_set", "config": {"values": list("abcdefgh")}}, "amount is one of a, b, c, d, e, f and 2 more"),
        ({"rule_type": "range_check", "expected_range_min": Decimal(0), "expected_range_max": Decimal("99.50")}, "amount lies between 0 and 99.5"),
        ({"rule_type": "range_check", "expected_range_min": Decimal(0)}, "amount is at least 0"),
        ({"rule_type": "length_check", "expected_range_max": Decimal(5)}, "amount has at most 5 characters"),
        ({"rule_type": "completeness_threshold", "threshold_percent": Decimal("99.5")}, "amount is filled in at least 99.5 % of rows"),
        ({"rule_type": "unique_combination", "config": {"columns": ["a", "b", "c"]}}, "No two rows share the same a, b and c"),
        (
            {"rule_type": "referential_integrity", "config": {"references": {"table": "urn:dcs:dbt:model:x:customers", "column": "id"}}},
            "Every amount exists in customers.id",
        ),
        ({"rule_type": "freshness", "config": {"max_age": "4 hours"}}, "The newest amount is at most 4 hours old"),
        ({"rule_type": "pattern_match", "expected_pattern": r"\d%"}, r"amount matches \d%"),
        ({"rule_type": "range_check", "config": {"min": "2026-01-31"}}, "amount is at least 2026-01-31"),
        ({"rule_type": "length_check", "config": {"min_length": 2}}, "amount has at least 2 characters"),
        ({"rule_type": "referential_integrity", "config": {"reference_table": "customers", "reference_column": "id"}}, "Every amount exists in customers.id"),
        ({"rule_type": "format_valid", "config": {"format": "iban"}}, "Every amount is an IBAN"),
        ({"rule_type": "type_valid", "config": {"type": "decimal(10,2)"}}, "Every amount can be read as decimal(10,2)"),
        ({"rule_type": "cross_field_validation", "config": {"left": "shipped", "operator": ">=", "right": "placed"}}, "In every row, shipped ≥ placed"),
        ({"rule_type": "cross_field_validation", "config": {"check_expression": "net <= 100%_"}}, "In every row, net <= 100%_"),
        ({"rule_type": "recency_check", "config": {"window": "7 days", "min_rows": 3}}, "At least 3 rows of amount are at most 7 days old"),
        ({"rule_type": "recency_check", "config": {"max_age": "P1D"}, "threshold_percent": Decimal(10)}, "At least 10 % of rows of amount are at most P1D old"),
        ({"rule_type": "distribution_check", "config": {"mean": 100, "std_dev": 15}}, "amount has a mean near 100 and a standard deviation near 15"),
        ({"rule_type": "outlier_detection", "threshold_percent": Decimal("0.5")}, "At most 0.5 % of amount are outliers"),
        ({"rule_type": "statistical_threshold", "config": {"statistic": "mean"}, "expected_range_min": Decimal(10)}, "The mean of amount is at least 10"),
        ({"rule_type": "statistical_threshold", "config": {"statistic": "p95"}, "threshold_value": Decimal(5), "threshold_operator": "<"}, "p95 of amount is < 5"),
        ({"rule_type": "custom_function", "config": {"function": "is_iban"}}, "amount passes is_iban"),
        ({"rule_type": "custom_sql", "description": "Totals add up."}, "Totals add up."),
        ({"rule_type": "custom_sql"}, "A query of its own finds nothing wrong with amount"),
    ],
)  # fmt: skip
def test_a_rule_reads_as_a_sentence(rule, expected):
    assert said(**rule) == expected


@pytest.mark.parametrize("kind", RuleType.values)
def test_every_kind_of_rule_has_a_sentence_even_without_its_settings(kind):
    assert said(rule_type=kind)


def test_a_name_with_signs_of_its_own_stays_as_it_is():
    assert said("100%_{it}", rule_type="not_null") == "100%_{it} is never empty"
