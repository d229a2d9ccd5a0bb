import time

import pytest

from apps.deploy.readers.sql_lineage import MAX_CHARACTERS, trace

ORDERS, CUSTOMERS, PAYMENTS = ("shop", "orders"), ("shop", "customers"), ("shop", "payments")
SCHEMA = {
    ORDERS: ["id", "customer_id", "status", "placed_at"],
    CUSTOMERS: ["id", "name", "email"],
    PAYMENTS: ["id", "order_id", "amount"],
}


def traced(sql, dialect="postgres", schema=SCHEMA, **options):
    return trace(sql, dialect, schema, **options)


def sources(found, column):
    return {f"{table[-1]}.{name}" for table, name in found.columns[column].sources}


def test_a_column_passed_on_is_direct_and_keeps_its_source():
    found = traced("select o.id as order_id, o.status from shop.orders o")

    assert sources(found, "order_id") == {"orders.id"}
    assert found.columns["order_id"].kind == "direct"
    assert found.columns["order_id"].expression == ""
    assert list(found.columns) == ["order_id", "status"]
    assert found.tables == (ORDERS,)
    assert found.unresolved == ()


def test_an_expression_is_derived_and_a_sum_aggregated():
    found = traced(
        "select lower(c.email) as email, sum(p.amount) / 100 as total"
        " from shop.customers c join shop.orders o on o.customer_id = c.id"
        " join shop.payments p on p.order_id = o.id group by 1"
    )

    assert found.columns["email"].kind == "derived"
    assert found.columns["email"].expression == "LOWER(c.email)"
    assert found.columns["total"].kind == "aggregated"
    assert found.columns["total"].expression == "SUM(p.amount) / 100"
    assert sources(found, "total") == {"payments.amount"}


def test_what_was_changed_in_a_subquery_stays_changed_outside():
    found = traced("with t as (select sum(amount) as total from shop.payments) select total as kept from t")

    assert found.columns["kept"].kind == "aggregated"
    assert found.columns["kept"].expression == "SUM(amount)"


def test_columns_that_join_and_filter_are_indirect():
    found = traced(
        "select c.name from shop.customers c join shop.orders o on o.customer_id = c.id where o.status = 'paid'"
    )

    assert sources(found, "name") == {"customers.name"}
    assert set(found.indirect) == {(ORDERS, "customer_id"), (CUSTOMERS, "id"), (ORDERS, "status")}


def test_a_star_passes_through_ctes_in_the_order_of_the_schema():
    found = traced("with a as (select * from shop.orders), b as (select * from a) select * from b")

    assert list(found.columns) == ["id", "customer_id", "status", "placed_at"]
    assert sources(found, "placed_at") == {"orders.placed_at"}
    assert found.complete


def test_a_star_may_leave_out_replace_and_rename():
    found = traced(
        "select * exclude (placed_at) replace (upper(status) as status) from shop.orders", dialect="duckdb"
    )

    assert list(found.columns) == ["id", "customer_id", "status"]
    assert found.columns["status"].kind == "derived"


def test_a_union_column_comes_from_every_part():
    found = traced("select id, name from shop.customers union all select id, status from shop.orders")

    assert sources(found, "id") == {"customers.id", "orders.id"}
    assert sources(found, "name") == {"customers.name", "orders.status"}


def test_a_name_shared_by_using_appears_once():
    schema = {("a",): ["id", "x"], ("b",): ["id", "y"]}

    left = traced("select * from a left join b using (id)", schema=schema)
    full = traced("select * from a full join b using (id)", schema=schema)

    assert list(left.columns) == ["id", "x", "y"]
    assert sources(left, "id") == {"a.id"}
    assert sources(full, "id") == {"a.id", "b.id"}


def test_a_subquery_in_the_select_list_reaches_its_own_tables():
    found = traced(
        "select c.name, (select max(o.placed_at) from shop.orders o where o.customer_id = c.id) as last_order"
        " from shop.customers c"
    )

    assert sources(found, "last_order") == {"orders.placed_at"}
    assert found.columns["last_order"].kind == "aggregated"


def test_an_alias_of_the_same_select_may_be_used_again():
    found = traced("select amount / 100 as euros, euros * 2 as twice from shop.payments", dialect="snowflake")

    assert sources(found, "twice") == {"payments.amount"}


def test_a_window_keeps_what_it_is_partitioned_by():
    found = traced(
        "select row_number() over (partition by customer_id order by placed_at) as n from shop.orders"
    )

    assert sources(found, "n") == {"orders.customer_id", "orders.placed_at"}


def test_constants_have_no_sources():
    found = traced("select 1 as one, current_timestamp as now from shop.orders")

    assert found.columns["one"].sources == ()
    assert found.unresolved == ()


def test_values_and_alias_columns_are_known():
    found = traced("select v.code, o.id from (values (1, 'a')) as v(code, label) join shop.orders o on true")

    assert found.columns["code"].sources == ()
    assert sources(found, "id") == {"orders.id"}


def test_a_set_of_rows_made_from_a_column_comes_from_that_column():
    found = traced("select o.id, item from shop.orders o, unnest(o.status) as item", dialect="bigquery")

    assert sources(found, "item") == {"orders.status"}


def test_names_are_matched_in_any_case_and_kept_as_the_schema_spells_them():
    found = traced('SELECT "ID" AS Key FROM SHOP.ORDERS', dialect="snowflake")

    assert sources(found, "Key") == {"orders.id"}


def test_shorter_names_are_completed_by_the_default():
    found = traced("select id from orders", schema={("db", "shop", "orders"): ["id"]}, default=("db", "shop"))

    assert found.columns["id"].sources == ((("db", "shop", "orders"), "id"),)


def test_a_table_without_known_columns_still_gives_the_columns_named():
    found = traced("with s as (select * from raw.events) select id, upper(kind) as kind from s", schema={})

    assert sources(found, "id") == {"events.id"}
    assert sources(found, "kind") == {"events.kind"}
    assert found.complete
    assert found.unresolved == ()


def test_a_star_of_a_table_without_known_columns_is_named():
    found = traced("select * from raw.events", schema={})

    assert not found.complete
    assert found.unresolved == ("SELECT * of raw.events: its columns are not known",)


def test_a_recursive_query_is_followed_in_its_first_part_and_told():
    found = traced(
        "with recursive t as (select id, customer_id as up from shop.orders"
        " union all select o.id, t.up from shop.orders o join t on t.id = o.customer_id) select id, up from t"
    )

    assert sources(found, "up") == {"orders.customer_id"}
    assert found.unresolved == ("CTE t is recursive: only its first part is followed",)


def test_an_inlined_ephemeral_model_is_a_source_of_its_own():
    found = traced(
        "with __dbt__cte__recent as (select id from shop.orders) select id as order_id from __dbt__cte__recent"
    )

    assert found.columns["order_id"].sources == ((("__dbt__cte__recent",), "id"),)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select missing from shop.orders", "column missing is in no table of its query"),
        ("select o.missing from shop.orders o", "column o.missing is not among the columns of shop.orders"),
        ("select x.* from shop.orders o", "x.* names no table of the query"),
        ("drop table shop.orders", "the statement is not a query"),
        ("select from where", None),
        ("select 'open", None),
        ("", None),
        ("{{ config() }} select 1", None),
    ],
)
def test_what_cannot_be_told_is_named_and_never_raised(sql, reason):
    found = traced(sql)

    assert found.unresolved
    if reason:
        assert reason in found.unresolved


def test_statements_beyond_the_limits_are_refused_at_once():
    start = time.perf_counter()

    too_long = traced("select " + "1," * MAX_CHARACTERS + "1")
    too_many_words = traced("select " + "1, " * 100_000 + "1")
    too_deep = traced("select " + "(" * 5_000 + "1" + ")" * 5_000)
    too_slow = traced("select id, id as b, id as c from shop.orders", seconds=0)

    assert time.perf_counter() - start < 2
    assert "characters" in too_long.unresolved[0]
    assert "words" in too_many_words.unresolved[0]
    assert "brackets" in too_deep.unresolved[0]
    assert "too long" in too_slow.unresolved[0]


def test_deep_nesting_without_brackets_does_not_raise():
    found = traced("select " + "not " * 3_000 + "true as x from shop.orders")

    assert found.unresolved or found.columns
