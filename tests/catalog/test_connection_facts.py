"""What a source system's connection is stored as: one spelling, no address with more in it than is used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.engines import Unfit, engine_of, settled


def test_an_address_is_taken_apart():
    found = settled({"url": "postgresql://reader@warehouse.example:6432/shop?sslmode=require"}, "postgres")

    assert found == {
        "engine": "postgres",
        "host": "warehouse.example",
        "port": 6432,
        "database": "shop",
        "user": "reader",
        "sslmode": "require",
    }


def test_facts_beside_an_address_win_and_other_spellings_are_one():
    found = settled(
        {"driver": "postgresql", "dsn": "host=a dbname=b user=c", "host": "d", "schemas": ["public"]}
    )

    assert (found["engine"], found["host"], found["database"], found["port"]) == ("postgres", "d", "b", 5432)
    assert found["schemas"] == ["public"]


def test_a_password_in_an_address_is_refused_without_repeating_it():
    with pytest.raises(Unfit) as refused:
        settled({"url": "postgresql://reader:hunter2@warehouse.example/shop"}, "postgres")

    assert "url" in refused.value.problems
    assert "hunter2" not in str(refused.value)


def test_what_is_missing_is_named_field_by_field():
    with pytest.raises(Unfit) as refused:
        settled({"engine": "postgres", "port": 0})
    assert set(refused.value.problems) == {"host", "port", "database", "user"}

    with pytest.raises(Unfit) as refused:
        settled({"engine": "duckdb"})
    assert set(refused.value.problems) == {"path"}


@pytest.mark.parametrize("connection", [{}, {"engine": "snowflake", "account": "x", "options": {"a": 1}}])
def test_what_the_portal_does_not_open_itself_stays_as_it_is(connection):
    assert settled(connection, "dbt") == connection


def test_the_engine_is_said_by_the_connection_or_by_the_kind_of_the_source():
    assert engine_of({"driver": "PostgreSQL"}, "dbt") == "postgres"
    assert engine_of({"host": "h"}, "postgres") == "postgres"
    assert engine_of({}, "") == ""


@given(
    st.dictionaries(
        st.sampled_from(
            ["url", "dsn", "host", "port", "database", "user", "options", "service", "sslmode", "path"]
        ),
        st.one_of(
            st.none(), st.integers(), st.booleans(), st.text("az:/@=?&.% 09,-", max_size=30), st.just({})
        ),
    ),
    st.sampled_from(["postgres", "duckdb", "sqlite", "dbt"]),
)
def test_any_facts_are_settled_or_refused_and_settling_twice_changes_nothing(connection, kind):
    try:
        found = settled(connection, kind)
    except Unfit:
        return

    assert settled(found, kind) == found
    assert kind == "dbt" or not {"service", "url", "dsn"} & set(found)
    assert kind == "dbt" or not isinstance(found.get("options"), str)
