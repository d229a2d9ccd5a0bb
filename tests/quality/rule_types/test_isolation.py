"""An isolation forest of one column: what stands alone is an outlier, the same each time, whatever numbers there are."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.quality.engine.runner import run_rules
from apps.quality.rule_types import isolation
from tests.quality.engines import NOON, files_engine, parquet, rules


def far(values, limit=isolation.LIMIT):
    ranges = isolation.outlying(values, limit)
    return [
        one
        for one in values
        if any((low is None or one > low) and (high is None or one < high) for low, high in ranges)
    ]


def test_a_price_far_above_the_others_is_an_outlier_and_one_in_a_gap_as_well():
    prices = [9.5, 9.9, 10.0, 10.1, 10.2, 10.4, 10.5, 10.8] * 4

    assert far([*prices, 480.0]) == [480.0]
    assert 55.0 in far([*prices, *(price + 90 for price in prices), 55.0])


def test_a_number_a_third_of_all_have_does_not_stand_alone():
    assert far([10.0] * 20 + [500.0] * 10) == []


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 900.0], [7.0] * 40])
def test_of_few_values_or_equal_ones_none_stands_out(values):
    assert isolation.outlying(values) == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=60))
def test_any_numbers_are_scored_the_same_twice_and_within_their_bounds(values):
    found = isolation.outlying(values)

    assert found == isolation.outlying(list(reversed(values)))
    assert isolation.outlying(values, limit=1) == []
    for low, high in found:
        assert low is None or high is None or low <= high
        assert low is not None or high is not None or len(values) >= isolation.LEAST


def test_all_rows_are_counted_by_what_a_sample_of_all_ranks_has_taught(tmp_path):
    path = parquet(
        tmp_path / "orders.parquet",
        "SELECT CASE WHEN n % 1000 = 7 THEN -5000.0 - n WHEN n % 1000 = 9 THEN NULL ELSE 100 + n % 90 END::DOUBLE AS amount"
        " FROM range(20000) t(n)",
    )
    asked = rules(
        ("outlier_detection", "amount", {"config": {"method": "isolation_forest", "sensitivity": 0.65}}),
        (
            "outlier_detection",
            "amount",
            {"config": {"method": "isolation_forest", "max_outlier_percent": 99}},
        ),
    )

    with files_engine(path) as engine:
        strict, lenient = run_rules(engine, asked, now=NOON)

    assert strict.status == "failed"
    # The sample has the least amount, far below the next of its values; the limit is half way.
    half = duckdb.sql(f"SELECT (min(amount) + 100) / 2 FROM '{path}'").fetchall()[0][0]
    below = duckdb.sql(f"SELECT count(*) FROM '{path}' WHERE amount < {half}").fetchall()[0][0]
    assert strict.outcome.failures == below == 13
    assert strict.outcome.total == 19980
    assert strict.outcome.meta["sampled"] in (256, 257)
    assert {row["values"]["amount"] < 100 for row in strict.samples} == {True}
    assert lenient.status == "passed"
    assert lenient.outcome.failures >= strict.outcome.failures
