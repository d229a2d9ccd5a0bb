"""A name after a point is a column, never a function of whole rows, as PostgreSQL would have it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.quality import refusals, safesql
from apps.quality.safesql import Refused

TABLES = {"payload": '"shop"."orders"', "customers": '"shop"."customers"'}
COLUMNS = {"payload": ("id", "amount", "Mixed"), "customers": ("id", "name")}
COLUMN, ROW = "column", "whole_row"
REFUSED = [
    ("SELECT payload.leak FROM payload", COLUMN),
    ("SELECT p.leak FROM payload p", COLUMN),
    ("SELECT q.leak FROM (SELECT id FROM payload) q", COLUMN),
    ("SELECT q.id FROM (SELECT id FROM payload) q(x)", COLUMN),
    ("SELECT p.id FROM payload p(x)", COLUMN),
    ("WITH c AS (SELECT * FROM payload) SELECT c.leak FROM c", COLUMN),
    ("WITH c(a) AS (SELECT id FROM payload) SELECT c.id FROM c", COLUMN),
    ("SELECT * FROM payload p WHERE EXISTS (SELECT 1 FROM customers WHERE p.leak > 0)", COLUMN),
    ("SELECT * FROM payload p WHERE EXISTS (SELECT p.leak)", COLUMN),
    ("SELECT id FROM payload UNION SELECT c.leak FROM customers c", COLUMN),
    ("SELECT x.leak FROM (SELECT id FROM payload UNION ALL SELECT id FROM customers) x", COLUMN),
    ("SELECT v.leak FROM (VALUES (1)) v(a)", COLUMN),
    ("SELECT id FROM payload ORDER BY payload.leak", COLUMN),
    ("SELECT count(*) FROM payload GROUP BY payload.leak", COLUMN),
    ("SELECT sum(p.amount) OVER (PARTITION BY p.leak) FROM payload p", COLUMN),
    ("SELECT a.id FROM payload a JOIN payload b ON a.id = b.leak", COLUMN),
    ("SELECT a.name FROM payload a JOIN customers b ON a.id = b.id", COLUMN),
    ("SELECT p.mixed FROM payload p", COLUMN),
    ("SELECT length(p.*) FROM payload p", ROW),
    ("SELECT count(p.*) FROM payload p", ROW),
    ("SELECT p FROM payload p", ROW),
    ("SELECT payload::text FROM payload", ROW),
    ("SELECT id FROM payload WHERE payload IS NULL", ROW),
    ("SELECT * FROM payload p WHERE EXISTS (SELECT 1 FROM customers c WHERE p IS NULL)", ROW),
    ("SELECT leak(p) FROM payload p", "function"),
    ("SELECT (p).leak FROM payload p", "part"),
    ("SELECT (SELECT p FROM payload p).leak", "part"),
]
ALLOWED = [
    "SELECT p.id FROM payload p JOIN customers c ON p.id = c.id WHERE NOT EXISTS (SELECT 1 FROM customers k WHERE k.id = p.id)",
    "SELECT q.x FROM (SELECT id FROM payload) q(x)",
    "SELECT p.x FROM payload p(x)",
    "WITH c AS (SELECT * FROM payload) SELECT c.amount FROM c",
    "WITH c AS (SELECT p.*, p.amount * 2 AS twice FROM payload p) SELECT c.twice, c.id FROM c",
    "SELECT p.* FROM payload p",
    'SELECT p."Mixed" FROM payload p',
    "SELECT v.a FROM (VALUES (1)) v(a)",
    "SELECT x.id FROM (SELECT id FROM payload UNION ALL SELECT id FROM customers) x",
    "SELECT a.id FROM payload a LEFT JOIN customers USING (id) ORDER BY customers.name",
    "SELECT count(*) FROM payload",
    "SELECT amount AS total FROM payload ORDER BY total",
]


@pytest.mark.parametrize(("sql", "code"), REFUSED)
def test_a_name_that_would_call_a_function_is_refused(sql, code):
    with pytest.raises(Refused) as refused:
        safesql.select(sql, TABLES, "postgres", COLUMNS)

    assert refused.value.code == code
    assert refusals.sentence(refused.value)


@pytest.mark.parametrize("sql", ALLOWED)
def test_columns_by_their_names_pass(sql):
    assert safesql.select(sql, TABLES, "postgres", COLUMNS).startswith(("SELECT", "WITH"))


@given(st.sampled_from(ALLOWED), st.sampled_from(["p", "q", "c", "k", "v", "x", "a", "customers", "payload"]))
def test_wherever_a_qualified_name_stands_it_is_judged(sql, alias):
    with pytest.raises(Refused):
        safesql.select(f"{sql.replace(' FROM', f', {alias}.leak FROM', 1)}", TABLES, "postgres", COLUMNS)


def test_a_column_named_like_its_table_is_a_column():
    columns = {"payload": ("payload", "id")}

    assert safesql.select("SELECT payload FROM payload", TABLES, "postgres", columns)


def test_a_function_on_the_server_is_never_reached(warehouse, settings):
    facts, owner = warehouse
    owner.execute("CREATE TABLE orders (id int); INSERT INTO orders VALUES (1)")
    owner.execute("CREATE TABLE told (word text)")
    owner.execute(
        "CREATE FUNCTION leak(orders) RETURNS int LANGUAGE sql AS $$ INSERT INTO told VALUES ('x'); SELECT 1 $$"
    )
    assert owner.execute("SELECT orders.leak FROM orders").fetchone() == (1,)  # so it would have been

    with pytest.raises(Refused):
        safesql.select(
            "SELECT orders.leak FROM orders", {"orders": "orders"}, "postgres", {"orders": ("id",)}
        )
