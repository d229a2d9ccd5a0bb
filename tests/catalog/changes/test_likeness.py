"""Entries that are equal are passed over; what only looks equal is not."""

from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.changes.classify import classify
from apps.catalog.changes.normal import alike, same

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.text(max_size=2), VALUES, max_size=4),
    st.dictionaries(st.text(max_size=2), VALUES, max_size=4),
)
def test_what_is_alike_is_the_same(left, right):
    assert alike(left, dict(left))
    assert not alike(left, right) or same(left, right)


def test_true_is_not_one_also_inside_lists():
    assert not alike({"a": True}, {"a": 1})
    assert not alike({"a": [True]}, {"a": [1]})
    assert not alike({"a": {"b": False}}, {"a": {"b": 0}})
    assert not alike({"a": 1}, {"a": 1.0})


def capsule(*columns, **schema):
    return {
        "urn": "urn:dcs:dbt:model:shop:orders",
        "name": "orders",
        "schema": {"columns": [*columns], **schema},
    }


def test_a_key_beside_equal_columns_makes_one_of_them_required():
    columns = [{"name": "order_id", "data_type": "INT"}, {"name": "amount", "data_type": "INT"}]
    key = {"type": "primary_key", "columns": ["order_id"]}

    before, after = capsule(*columns), capsule(*columns, constraints=[key])

    assert {change.code for change in classify(before, after)} >= {"nullability_tightened"}
    assert {change.code for change in classify(after, before)} >= {"nullability_loosened"}
    assert classify(after, capsule(*columns, constraints=[dict(key)])) == []


def test_a_default_beside_equal_columns_is_seen():
    columns = [{"name": "order_id", "data_type": "INT"}, {"name": "amount", "data_type": "INT"}]
    default = {"type": "default", "columns": ["amount"], "value": 0}

    changes = classify(capsule(*columns), capsule(*columns, constraints=[default]))

    assert [change.code for change in changes] == ["default_added"]


def test_equal_columns_in_another_order_are_reordered_and_nothing_else():
    one, two = {"name": "order_id", "data_type": "INT"}, {"name": "amount", "data_type": "INT"}
    assert [change.code for change in classify(capsule(one, two), capsule(two, one))] == ["column_reordered"]
