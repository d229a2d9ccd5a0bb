"""Equal content has one hash, and different content another."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.dcs.canonical import canonical, digest, digest_of_json, plain

texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20)
numbers = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False, width=32)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcde"), inner, max_size=4),
    max_leaves=12,
)


def test_the_order_of_keys_does_not_matter():
    assert canonical({"b": 1, "a": 2}) == b'{"a":2,"b":1}'


def test_the_order_of_a_list_does():
    assert digest(["net", "gross"]) != digest(["gross", "net"])


def test_two_spellings_of_one_letter_are_one():
    assert digest("Caf\u00e9") == digest("Cafe\u0301")


@pytest.mark.parametrize(
    "same", [[1, 1.0], [Decimal("1.50"), Decimal("1.5")], [Decimal("-0"), Decimal("0.00")]]
)
def test_one_number_has_one_spelling(same):
    assert digest(same[0]) == digest(same[1])


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (1, "1"), (None, ""), ([], {}), (0, False), ({"a": None}, {})]
)
def test_what_differs_has_another_hash(one, other):
    assert digest(one) != digest(other)


def test_keys_times_and_decimals_are_texts():
    content = {
        "id": UUID(int=1),
        "at": datetime(2026, 11, 23, tzinfo=UTC),
        "on": date(2026, 11, 23),
        "max": Decimal("2.50"),
    }

    assert plain(content) == {
        "id": "00000000-0000-0000-0000-000000000001",
        "at": "2026-11-23T00:00:00+00:00",
        "on": "2026-11-23",
        "max": "2.5",
    }


@pytest.mark.parametrize(
    "bad", ["a\x00b", "\ud800", float("nan"), Decimal("Infinity"), {"e\u0301": 1, "\u00e9": 2}]
)
def test_what_cannot_be_stored_is_refused(bad):
    with pytest.raises(ValueError):
        canonical(bad)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(json_values)
def test_normalising_twice_changes_nothing(content):
    assert plain(plain(content)) == plain(content)
    assert digest(plain(content)) == digest(content)


@given(json_values | st.sampled_from([0.0, [1.5], ["a,1.5"], {"a": "caf\u00e9"}, ["\x7f\x01"]]))
def test_the_quick_way_gives_the_same_hash(content):
    assert digest_of_json(content) == digest(content)
