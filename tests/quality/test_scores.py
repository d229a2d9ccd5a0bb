"""The quality score and its arithmetic."""

import pytest

from apps.quality.scores import score, weight


def test_the_score_is_the_share_of_rules_that_passed():
    found = score([("passed", 1), ("passed", 1), ("failed", 1), ("warning", 1)])

    assert (found.value, found.rules_passed, found.rules_counted) == (50, 2, 4)


def test_a_heavy_rule_counts_for_more():
    assert score([("passed", 3), ("failed", 1)]).value == 75


def test_what_could_not_run_does_not_pass():
    assert score([("error", 1)]).value == 0


def test_rules_that_were_skipped_or_never_ran_are_left_out():
    found = score([("passed", 1), ("skipped", 1), (None, 1)])

    assert (found.value, found.left_out) == (100, 2)


@pytest.mark.parametrize("results", [[], [(None, 1)], [("skipped", 1)]])
def test_without_a_check_there_is_no_score_rather_than_zero(results):
    assert score(results).value is None


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({}, 1),
        (None, 1),
        ({"weight": 2.5}, 2.5),
        ({"weight": "3"}, 1),
        ({"weight": -1}, 1),
        ({"weight": True}, 1),
    ],
)
def test_a_rule_weighs_one_unless_it_says_a_positive_number(meta, expected):
    assert weight(meta) == expected
