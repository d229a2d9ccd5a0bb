"""SQL that people write for rules: what passes means the same, everything else is refused with a sentence."""

import ast
from pathlib import Path

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from apps.quality import patterns, refusals, safenodes, saferows, safesql
from apps.quality.safesql import Refused

from .probes import HONEST, HOSTILE

TABLES = {"payload": '"payload"', "customers": '"shop"."customers"'}
PROBES = [
    (dialect, sql)
    for group, probes in HOSTILE.items()
    for sql in probes
    for dialect in (safesql.DIALECTS if group == "*" else [group])
]


@pytest.fixture(scope="module")
def shop():
    """Five orders and three customers."""
    with duckdb.connect() as shop:
        shop.execute("CREATE SCHEMA shop")
        shop.execute(
            "CREATE TABLE shop.customers AS SELECT * FROM (VALUES (1, 'Ada'), (2, 'Bo'), (9, 'Cy')) t(id, name)"
        )
        shop.execute("CREATE VIEW customers AS SELECT * FROM shop.customers")
        shop.execute(
            """CREATE TABLE payload AS SELECT * FROM (VALUES
            (1, 12, 3.25, 'placed', 'ada@example.com', TIMESTAMP '2026-01-01 10:00:00', DATE '2026-01-01'),
            (2, 4, 0.5, 'shipped', 'a_b@example.com', TIMESTAMP '2026-01-02 11:30:00', DATE '2026-01-02'),
            (2, 7, 9.99, 'shipped', NULL, NULL, DATE '2026-02-03'),
            (3, -3, 1.0, 'it''s', 'nobody', TIMESTAMP '2026-01-04 00:00:00', NULL),
            (4, NULL, NULL, NULL, 'Abe@example.org', TIMESTAMP '2026-01-05 23:59:59', DATE '2026-01-05')
            ) t(id, amount, price, status, email, placed_at, day)"""
        )
        yield shop


@pytest.mark.parametrize(("dialect", "sql"), PROBES)
def test_hostile_sql_is_refused_with_a_sentence(dialect, sql):
    with pytest.raises(Refused) as refused:
        safesql.select(sql, TABLES, dialect)

    assert refusals.sentence(refused.value).count(".") >= 1


def test_the_corpus_is_as_large_as_promised():
    assert sum(map(len, HOSTILE.values())) >= 150
    assert len(HONEST) >= 40


@pytest.mark.parametrize("sql", HONEST)
def test_honest_sql_means_the_same_when_written_again(shop, sql):
    written = safesql.select(sql, TABLES, "duckdb")

    assert sorted(shop.execute(written).fetchall(), key=repr) == sorted(
        shop.execute(sql).fetchall(), key=repr
    )


@pytest.mark.parametrize("dialect", ["postgres", "databricks"])
def test_honest_sql_passes_in_other_dialects(dialect):
    foreign = (
        "QUALIFY",
        "//",
        "**",
        "median",
        "quantile_cont",
        "regexp_matches",
        "date_diff",
        "INTERVAL 1",
        "::",
        "TRY_",
        '"',
    )
    portable = [sql for sql in HONEST if not any(word in sql for word in foreign)]

    written = [safesql.select(sql, TABLES, dialect) for sql in portable]

    assert len(written) > 30
    assert all(sqlglot.parse_one(text, read=dialect) for text in written)


def test_tables_are_read_where_the_engine_says_whatever_the_rule_calls_them():
    tables = {"payload": "read_parquet(['/data/orders.parquet'])"}

    written = safesql.select("SELECT o.id FROM PAYLOAD o", tables, "duckdb")

    assert written == 'SELECT "o"."id" FROM read_parquet([\'/data/orders.parquet\']) AS "o"'


def test_postgresql_reads_names_without_quotes_in_lower_case():
    assert safesql.select('SELECT Amount, "Amount" FROM Payload', TABLES, "postgres") == (
        'SELECT "amount", "Amount" FROM "payload" AS "payload"'
    )


def test_comments_do_not_get_through():
    written = safesql.select("SELECT id /* ; */ FROM payload -- x", TABLES, "duckdb")

    assert "/*" not in written
    assert "--" not in written


def test_a_common_table_hides_no_table_of_the_server():
    sql = 'WITH "Shadow" AS (SELECT 1 AS a) SELECT shadow.a FROM shadow'

    assert safesql.select(sql, {}, "postgres").endswith('SELECT "shadow"."a" FROM "Shadow" AS "shadow"')


def test_a_pattern_goes_on_as_the_dialect_reads_it():
    sql = "SELECT id FROM payload WHERE email ~ '^\\d+$'"

    assert "'^[0-9]+$'" in safesql.select(sql, TABLES, "postgres")


@pytest.mark.parametrize(
    "text",
    ["amount > 3", "Amount >= price AND status <> 'x'", "coalesce(amount, 0) = 0 OR day < DATE '2026-01-03'", "status IN ('placed')", "email LIKE '%@%'", "NOT (amount IS NULL)"],
)  # fmt: skip
def test_a_condition_over_the_columns_means_the_same(shop, text):
    written = safesql.condition(text, ["amount", "price", "status", "day", "email"], "duckdb")

    assert shop.execute(f"SELECT id FROM payload WHERE {written}").fetchall() == (
        shop.execute(f"SELECT id FROM payload WHERE {text}").fetchall()
    )


def test_columns_with_signs_in_their_names_are_quoted():
    assert (
        safesql.expression('"net ""amount"" 🎉" * 2', ['net "amount" 🎉'], "duckdb")
        == '"net ""amount"" 🎉" * 2'
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(SELECT 1) > 0", "query_inside"),
        ("amount IN (SELECT amount FROM payload)", "query_inside"),
        ("EXISTS (SELECT 1)", "query_inside"),
        ("sum(amount) > 3", "over_rows"),
        ("row_number() OVER () > 1", "over_rows"),
        ("payload.amount > 3", "qualified_column"),
        ("secret > 3", "column"),
        ("amount > 3; DROP TABLE payload", "unreadable"),
        ("amount > 3; amount > 4", "several"),
        ("amount > 3 FROM payload", "unreadable"),
        ("amount > 3) OR (1 = 1", "unreadable"),
        ("getenv('HOME') = 'x'", "function"),
        ("amount + 1", "no_condition"),
        ("'yes'", "no_condition"),
        ("", "empty"),
    ],
)
def test_a_condition_looks_at_one_row_of_the_capsule(text, code):
    with pytest.raises(Refused) as refused:
        safesql.condition(text, ["amount"], "duckdb")

    assert refused.value.code == code


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(
    "SELECT FROM payload customers secrets amount , ( ) * 1 'x' WHERE AND OR NOT = < || :: int regclass json sum getenv "
    "read_csv UNION ALL WITH x AS ; -- [ ] -> . $1 ? :a CASE WHEN THEN END OVER LATERAL UNNEST INTO FOR UPDATE \" ` "
    "INTERVAL DAY LIMIT EXISTS IN PIVOT".split()), max_size=14), st.sampled_from(sorted(safesql.DIALECTS)))  # fmt: skip
def test_whatever_passes_is_made_of_listed_nodes_and_given_tables(words, dialect):
    sql = "SELECT " + " ".join(words)
    try:
        written = safesql.select(sql, {"payload": '"payload"', "customers": '"customers"'}, dialect)
    except Refused:
        return

    tree = sqlglot.parse_one(
        written.replace('"', "`") if dialect in ("databricks", "spark") else written,
        read=safesql.DIALECTS[dialect],
    )
    common = {common.alias for common in tree.find_all(exp.CTE)}
    assert all(type(node) in safenodes.ALLOWED or type(node) is exp.Anonymous for node in tree.walk())
    assert {table.name for table in tree.find_all(exp.Table)} <= {"payload", "customers"} | common
    assert all(name.args["quoted"] for name in tree.find_all(exp.Identifier))


@pytest.mark.parametrize("names", [safenodes.AGGREGATES, safenodes.WINDOWED, safenodes.SCALARS])
def test_every_listed_function_is_one_that_the_parser_knows(names):
    assert [name for name in names.split() if not hasattr(exp, name)] == []


def test_everything_that_is_refused_has_its_sentence():
    trees = [ast.parse(Path(module.__file__).read_text()) for module in (safesql, saferows, patterns)]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    codes = {
        node.value
        for call in calls
        if getattr(call.func, "id", "") == "Refused"
        for node in ast.walk(call.args[0])
        if isinstance(node, ast.Constant)
    }

    assert codes == set(refusals.SAID)
