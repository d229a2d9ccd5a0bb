"""Rules that profiles suggest, and what moved between two of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.quality import drift, patterns
from apps.quality.suggest import suggestions
from tests.factories import ColumnProfileFactory

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def profile(**figures):
    """A profile of 5,000 rows without a missing value, as far as nothing else is said."""
    plain = {
        "total_count": 5_000,
        "null_count": 0,
        "distinct_count": 900,
        "min_value": None,
        "max_value": None,
    }
    return ColumnProfileFactory.build(column=None, **{**plain, "meta": {"kind": "text"}, **figures})


def suggested(*profiles, column="status"):
    return {each.key: each for each in suggestions(column, profiles)}


def frequent(*values):
    return [{"value": value, "count": 100, "percentage": 2.0} for value in values]


def test_a_column_that_never_lacks_a_value_should_go_on_so():
    assert suggested(profile())["not_null"].evidence == {"rows": 5_000}


def test_few_rows_suggest_nothing():
    assert suggested(profile(total_count=999)) == {}
    assert suggested() == {}


@pytest.mark.parametrize(("nulls", "percent"), [(1, "99.5"), (26, "99.0"), (50, "99.0")])
def test_a_few_missing_values_suggest_a_share_rounded_down_to_half_a_point(nulls, percent):
    found = suggested(profile(null_count=nulls))

    assert found["completeness_threshold"].values == {"threshold_percent": Decimal(percent)}
    assert "not_null" not in found


def test_many_missing_values_suggest_no_completeness():
    assert not {"not_null", "completeness_threshold"} & suggested(profile(null_count=51)).keys()


def test_numbers_that_are_none_count_as_missing():
    assert "not_null" not in suggested(profile(meta={"kind": "number", "nan_count": 1}))


@pytest.mark.parametrize(
    ("column", "wanted"), [("order_id", True), ("ID", True), ("amount", False), ("paid", False)]
)
def test_different_values_are_unique_only_where_the_name_says_key(column, wanted):
    assert ("unique" in suggested(profile(distinct_count=5_000), column=column)) is wanted


def test_a_sample_proves_no_uniqueness():
    found = suggested(profile(distinct_count=5_000, meta={"kind": "text", "sampled": True}), column="id")

    assert "unique" not in found


def test_a_short_whole_list_of_values_is_suggested_and_a_part_of_one_is_not():
    whole = suggested(profile(distinct_count=2, most_common_values=frequent("shipped", "placed")))
    part = suggested(profile(distinct_count=3, most_common_values=frequent("shipped", "placed")))
    cut = suggested(profile(distinct_count=1, most_common_values=frequent("long…")))

    assert whole["value_in_set"].config == {"allowed_values": ["placed", "shipped"]}
    assert "value_in_set" not in part
    assert "value_in_set" not in cut


def test_one_shape_of_nearly_all_values_is_a_pattern_that_engines_read():
    shapes = [{"pattern": "^[A-Z]+\\-[0-9]+$", "shape": "A-9", "match_count": 4_996, "sample_size": 5_000}]

    found = suggested(profile(detected_patterns=shapes))["pattern_match"]

    patterns.check(found.values["expected_pattern"])
    assert found.evidence["matching"] == 4_996
    assert "pattern_match" not in suggested(profile(detected_patterns=[{**shapes[0], "match_count": 4_000}]))


def test_a_number_that_holds_over_three_profiles_has_a_range_a_quarter_wider():
    figures = [
        profile(
            min_value=Decimal(low), max_value=Decimal(high), mean_value=Decimal(mean), meta={"kind": "number"}
        )
        for low, high, mean in [(10, 100, 50), (20, 110, 54), (15, 90, 52)]
    ]

    found = suggested(*figures, column="amount")

    assert found["range_check"].values == {"expected_range_min": 0, "expected_range_max": Decimal("135")}
    assert found["statistical_threshold:mean"].config == {"statistic": "mean", "min": 49.0, "max": 55.0}
    assert "range_check" not in suggested(*figures[:2], column="amount")


def test_a_time_that_moves_on_is_fresh_within_twice_its_gap():
    days = [profile(latest_timestamp=DAY - timedelta(days=ago), meta={"kind": "time"}) for ago in (0, 1, 2)]

    assert suggested(*days, column="placed_at")["freshness"].config == {"max_age": "PT48H"}
    assert "freshness" not in suggested(days[0], days[0], days[0], column="placed_at")


def test_a_withheld_column_suggests_only_what_counts_say():
    found = suggested(
        profile(
            meta={"kind": "text", "withheld": True}, distinct_count=5_000, most_common_values=frequent("x")
        ),
        column="id",
    )

    assert found.keys() == {"not_null", "unique"}


# ---------- drift ----------


def moved(before, after):
    return {each.figure: each.much for each in drift.movements(before, after)}


def test_equal_profiles_have_not_moved():
    same = profile(null_percentage=Decimal(1), mean_value=Decimal(3), most_common_values=frequent("a", "b"))

    assert drift.movements(same, same) == []
    assert not drift.is_notable([])


def test_what_moved_most_comes_first():
    before = profile(
        null_percentage=Decimal(0),
        mean_value=Decimal(50),
        std_dev=Decimal(10),
        min_value=Decimal(0),
        max_value=Decimal(100),
    )
    after = profile(
        null_percentage=Decimal(40),
        mean_value=Decimal(51),
        std_dev=Decimal(10),
        min_value=Decimal(0),
        max_value=Decimal(120),
    )

    found = drift.movements(before, after)

    assert [each.figure for each in found] == ["null_percentage", "max_value", "mean_value"]
    assert [round(each.much, 3) for each in found] == [0.4, 0.2, 0.1]
    assert drift.is_notable(found)


def test_a_changed_type_has_moved_altogether():
    old, new = profile(meta={"data_type": "integer"}), profile(meta={"data_type": "text"})

    assert moved(old, new) == {"data_type": 1.0}


def test_values_that_came_and_went_are_named():
    old, new = profile(most_common_values=frequent("a", "b")), profile(most_common_values=frequent("b", "c"))

    (found,) = drift.movements(old, new)

    assert (found.before, found.after) == (["a"], ["c"])


def test_a_constant_that_changes_has_moved_altogether():
    old = profile(min_value=Decimal(7), max_value=Decimal(7), mean_value=Decimal(7), std_dev=Decimal(0))
    new = profile(min_value=Decimal(8), max_value=Decimal(8), mean_value=Decimal(8), std_dev=Decimal(0))

    assert set(moved(old, new).values()) == {1.0}


def test_usual_growth_hardly_counts():
    assert moved(profile(), profile(total_count=5_200))["total_count"] < drift.NOTABLE


def test_figures_that_one_side_lacks_are_left_out():
    assert (
        moved(profile(null_percentage=None), profile(null_percentage=Decimal(3), mean_value=Decimal(1))) == {}
    )
