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
