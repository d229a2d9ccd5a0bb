"""Verdicts are decided on integers and decimals, and a percentage never hides a failure."""

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from apps.quality.engine.plan import CheckResult, Outcome, RuleSpec
from apps.quality.verdicts import (
    compared,
    exact,
    failure_percentage,
    figures,
    plain,
    rows_hold,
    share,
    status_of,
)


def spec(**values):
    return RuleSpec("r", "not_null", "amount", **values)


@pytest.mark.parametrize(
    ("severity", "status"),
    [("info", "warning"), ("warning", "warning"), ("error", "failed"), ("critical", "failed")],
)
def test_a_violation_is_as_bad_as_the_rule_says(severity, status):
    assert status_of(severity, False) == status
    assert status_of(severity, True) == "passed"


@pytest.mark.parametrize(
    ("failures", "rows", "percent"),
    [
        (0, 10, "0.0000"),
        (10, 10, "100.0000"),
        (3, 1_864_458, "0.0002"),
        (1, 10**9, "0.0001"),
        (10**9 - 1, 10**9, "99.9999"),
        (1, 3, "33.3333"),
        (1, 1_600_000, "0.0001"),
        (3, 2_000_000, "0.0002"),
        (5, 2_000_000, "0.0002"),
        (0, 0, "0.0000"),
    ],
)
def test_a_share_is_rounded_to_even_and_neither_to_nothing_nor_to_all(failures, rows, percent):
    assert str(failure_percentage(failures, rows)) == percent


def test_without_a_count_there_is_no_share():
    assert failure_percentage(None, 10) is None
    assert failure_percentage(3, None) is None


@settings(max_examples=25)
@given(some.integers(0, 10**12), some.integers(1, 10**12))
def test_only_no_failure_reads_0_and_only_nothing_else_100(failures, rows):
    failures = min(failures, rows)
    found = failure_percentage(failures, rows)

    assert (found == 0) == (failures == 0)
    assert (found == 100) == (failures == rows)


def test_one_row_too_many_of_many_is_seen():
    rows = 10**15

    assert rows_hold(spec(threshold_percent=Decimal("99.9999")), rows // 10**6, rows)
    assert not rows_hold(spec(threshold_percent=Decimal("99.9999")), rows // 10**6 + 1, rows)


def test_0_is_a_threshold_and_all_thresholds_must_hold():
    assert rows_hold(spec(threshold_percent=Decimal(0)), 10, 10)
    assert not rows_hold(spec(threshold_value=Decimal(0)), 1, 10)
    assert not rows_hold(spec(threshold_percent=Decimal(0), threshold_value=Decimal(9)), 10, 10)
    assert not rows_hold(spec(), 1, 10)


def test_floats_are_compared_as_floats_and_decimals_exactly():
    assert compared(0.1, "<=", Decimal("0.1"))
    assert not compared(0.1 + 0.2, "=", Decimal("0.3"))
    assert compared(Decimal("0.30"), "=", Decimal("0.3"))


def test_the_numbers_of_a_result_are_those_that_are_stored():
    outcome = Outcome(False, share(1, 3), 2, 3)

    found = figures(CheckResult(spec(threshold_percent=Decimal("99.5")), "failed", outcome))

    assert found == {
        "actual_value": "33.3333333333",
        "measured_value": Decimal("33.3333333333"),
        "threshold_value": Decimal("99.5"),
        "total": 3,
        "failures": 2,
        "failure_percentage": Decimal("66.6667"),
    }


def test_without_an_outcome_nothing_is_stored():
    assert set(figures(CheckResult(spec(), "error")).values()) == {None}


@pytest.mark.parametrize(
    ("number", "text", "stored"),
    [
        (None, None, None),
        (7, "7", Decimal(7)),
        (Decimal("62.5000000000"), "62.5", Decimal("62.5")),
        (Decimal("999999999999999999999999999999999999.99"),) * 3,
        (0.1, "0.1", Decimal("0.1")),
        (math.inf, "inf", None),
    ],
)
def test_a_number_is_told_as_it_was_measured(number, text, stored):
    assert plain(number) == (text if text is None else str(text))
    assert exact(number) == stored
