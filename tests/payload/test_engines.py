"""Engines answer for the tables they were given, within their limits, and say in one word why they cannot."""

import datetime
import json
import sqlite3
import threading
from decimal import Decimal
from uuid import UUID

import duckdb
import pytest

from apps.payload.engines import opened
from apps.payload.engines.base import Repeated, Unanswered
from apps.payload.engines.description import Description, Table

ORDERS = """
SELECT * FROM (VALUES
    (1, 'ana@example.com', 10.50::DECIMAL(10,2), DATE '2026-01-31', 1.5::DOUBLE),
    (2, 'bo@example.com', 20.00, DATE '2026-02-28', 'NaN'),
    (2, 'bo@example.com', NULL, NULL, 'NaN'),
    (NULL, 'çé@example.com', 0.00, DATE '2026-03-31', -0.0),
    (NULL, NULL, 0.00, DATE '2026-03-31', 0.0)
) t(id, email, amount, placed, score)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The same five orders as a file of each format, and in a DuckDB and a SQLite database."""
    where = tmp_path_factory.mktemp("orders")
    with duckdb.connect(str(where / "shop.duckdb")) as connection:
        connection.execute(f"CREATE TABLE orders AS {ORDERS}")
        for form in ("parquet", "csv", "json"):
            connection.execute(f"COPY orders TO '{where}/orders.{form}' (FORMAT {form})")
    with sqlite3.connect(where / "shop.sqlite") as connection:
        connection.execute("CREATE TABLE orders (id int, email text, amount real, placed text, score real)")
        rows = [
            (1, "ana@example.com", 10.5, "2026-01-31", 1.5),
            (2, "bo@example.com", 20, "2026-02-28", None),
        ]
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return where


TYPES = {"id": "INTEGER", "email": "VARCHAR", "amount": "DECIMAL(10,2)", "placed": "DATE", "score": "DOUBLE"}


def files(*paths, form="parquet", **values):
    table = Table(files=tuple(map(str, paths)), format=form, types=values.pop("types", TYPES), **values)
    return Description("files", (table,), deadline_s=20)


def refused(engine, sql, **limits):
    with pytest.raises(Unanswered) as why:
        engine.fetch(sql, **limits)
    return why.value.code


# ---------- reading ----------


@pytest.mark.parametrize("form", ["parquet", "csv", "json"])
def test_the_same_rows_and_types_come_from_each_format(folder, form):
    with opened(files(folder / f"orders.{form}", form=form)) as engine:
        found = engine.fetch(
            f"SELECT id, email, amount, placed FROM {engine.relation()} ORDER BY {', '.join(engine.row_names())}"
        )

        assert engine.types() == TYPES
        assert engine.dialect == "duckdb"
        assert found[0] == (1, "ana@example.com", Decimal("10.50"), datetime.date(2026, 1, 31))
        assert found[3][1] == "çé@example.com"
        assert len(found) == 5


def test_a_text_file_keeps_its_catalogued_types_and_counts_what_does_not_read(tmp_path):
    (tmp_path / "codes.csv").write_text("code,amount,day\n007,1.5,2026-01-31\n008,much,yesterday\n009,,\n")
    types = {"Code": "VARCHAR", "amount": "DECIMAL(10,2)", "day": "DATE"}

    with opened(files(tmp_path / "codes.csv", form="csv", types=types)) as engine:
        assert engine.types() == {"code": "VARCHAR", "amount": "DECIMAL(10,2)", "day": "DATE"}
        assert engine.fetch("SELECT code, amount FROM payload WHERE amount IS NULL ORDER BY code") == [
            ("008", None),
            ("009", None),
        ]
        assert engine.unreadable() == {"amount": 1, "day": 1}


def test_nested_values_of_json_are_read_as_their_type(tmp_path):
    lines = [{"id": 1, "to": {"city": "Lyon"}, "tags": ["new"]}, {"id": "x", "to": None, "tags": "none"}]
    (tmp_path / "orders.json").write_text("\n".join(map(json.dumps, lines)))
    types = {"id": "BIGINT", "to": "STRUCT(city VARCHAR)", "tags": "VARCHAR[]"}

    with opened(files(tmp_path / "orders.json", form="json", types=types)) as engine:
        assert engine.fetch('SELECT id, "to", tags FROM payload') == [
            (1, {"city": "Lyon"}, ["new"]),
            (None, None, None),
        ]
        assert engine.unreadable() == {"id": 1, "tags": 1}


def test_files_of_several_days_are_one_table_and_the_day_in_their_path_is_a_column(tmp_path):
    for day in ("2026-01-01", "2026-01-02"):
        (tmp_path / f"day={day}").mkdir()
        duckdb.sql("SELECT 1 AS id").write_parquet(str(tmp_path / f"day={day}" / "orders.parquet"))
    paths = sorted(tmp_path.rglob("*.parquet"))

    with opened(files(*paths, types={"day": "DATE"}, below=str(tmp_path))) as engine:
        asked = f"SELECT day, {', '.join(engine.row_names())} FROM payload ORDER BY ALL"

        assert engine.types() == {"id": "INTEGER", "day": "DATE"}
        assert engine.fetch(asked) == [
            (datetime.date(2026, 1, 1), "day=2026-01-01/orders.parquet", 0),
            (datetime.date(2026, 1, 2), "day=2026-01-02/orders.parquet", 0),
        ]


def test_a_name_of_a_file_is_no_pattern(tmp_path):
    for name in ("orders[1]*.csv", "orders1.csv", "orders[1]b.csv"):
        (tmp_path / name).write_text(f"name\n{name}\n")

    with opened(files(tmp_path / "orders[1]*.csv", form="csv", types={"name": "VARCHAR"})) as engine:
        assert engine.fetch("SELECT name, _payload_row FROM payload") == [("orders[1]*.csv", 0)]


def test_tables_that_a_rule_refers_to_are_seen_under_their_alias(folder):
    both = (
        Table(files=(str(folder / "orders.parquet"),), format="parquet"),
        Table("customers", files=(str(folder / "orders.csv"),), format="csv", types={"id": "INTEGER"}),
    )

    with opened(Description("files", both)) as engine:
        assert engine.types("customers")["id"] == "INTEGER"
        assert engine.fetch("SELECT count(*) FROM payload JOIN customers USING (id)") == [(5,)]
        with pytest.raises(Unanswered, match="no_table"):
            engine.relation("suppliers")


def test_times_with_a_zone_values_of_each_kind_and_numbers_beyond_any_bound_are_read(folder):
    asked = (
        "SELECT TIMESTAMPTZ '2026-01-31 12:00+02', 1::HUGEINT << 100, 'ab'::BLOB, [1, 2], {'a': NULL},"
        " '7c0b6d7e-0000-4000-8000-000000000000'::UUID, 'inf'::DOUBLE"
    )

    with opened(files(folder / "orders.parquet")) as engine:
        (row,) = engine.fetch(asked)

    assert row[0] == datetime.datetime(2026, 1, 31, 10, tzinfo=datetime.UTC)
    assert row[1:5] == (2**100, b"ab", [1, 2], {"a": None})
    assert row[6:] == (float("inf"),)
    assert UUID(str(row[5])) == UUID("7c0b6d7e-0000-4000-8000-000000000000")


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_a_table_of_a_database_file_is_read(folder, kind):
    description = Description(kind, (Table(name="orders"),), path=str(folder / f"shop.{kind}"))

    with opened(description) as engine:
        assert list(engine.types()) == list(TYPES)
        assert engine.fetch(f"SELECT email FROM {engine.relation()} WHERE id = 1") == [("ana@example.com",)]
        assert engine.row_names() == ("rowid",)
        assert engine.metadata() is None
        assert engine.fingerprint() is None


# ---------- limits ----------


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT nothing FROM payload", "no_column"),
        ("SELECT * FROM elsewhere", "no_table"),
        ("SELEC 1", "query"),
        ("SELECT 'x'::INT", "query"),
        ("SELECT 1; SELECT 2", "query"),
        ("COPY (SELECT 1) TO '{file}' (FORMAT parquet, USE_TMP_FILE false)", "query"),
        ("SELECT * FROM range(2000000)", "too_much"),
        ("SELECT repeat('x', 1000000) FROM range(100)", "too_much"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_in_one_word(folder, sql, code):
    file = folder / "orders.parquet"
    before = file.read_bytes()

    with opened(files(file)) as engine:
        assert refused(engine, sql.format(file=file)) == code
        assert engine.fetch("SELECT count(*) FROM payload") == [(5,)]
    assert file.read_bytes() == before


def test_a_query_ends_at_its_deadline_or_when_it_is_cancelled_and_the_next_is_answered(folder):
    endless = "SELECT count(*) FROM range(100000000000)"
    with opened(files(folder / "orders.parquet")) as engine:
        assert refused(engine, endless, deadline_s=0.2) == "deadline"
        threading.Timer(0.2, engine.cancel).start()
        assert refused(engine, endless) == "cancelled"
        assert engine.fetch("SELECT 1") == [(1,)]


def test_a_query_beyond_its_memory_is_told_apart(folder):
    description = files(folder / "orders.parquet")

    with opened(Description(**{**vars(description), "memory_mb": 64})) as engine:
        assert refused(engine, "SELECT count(DISTINCT hash(range)) FROM range(20000000)") == "memory"


def test_what_is_missing_or_damaged_is_said_on_opening(tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 this is no such file")

    for name, code in (("gone.parquet", "unreachable"), ("broken.parquet", "format")):
        with pytest.raises(Unanswered) as why, opened(files(tmp_path / name)):
            pass
        assert why.value.code == code


# ---------- keys that occur again ----------


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["id"], Repeated(3, 2, 1, 2)),
        (["EMAIL"], Repeated(4, 3, 1, 2)),
        (["score"], Repeated(5, 3, 2, 4)),
        (["id", "email"], Repeated(3, 2, 1, 2)),
        (["id", "placed"], Repeated(2, 2, 0, 0)),
    ],
)
@pytest.mark.parametrize("small", [True, False])
def test_repeated_keys_are_counted_by_what_they_really_hold(folder, monkeypatch, columns, expected, small):
    monkeypatch.setattr("apps.payload.engines.keys.SMALL", 1000 if small else 0)

    with opened(files(folder / "orders.parquet")) as engine:
        assert engine.repeated(columns) == expected
        assert engine.repeated(columns, where="id = 1 AND amount > 0").rows == 1


def test_hashes_are_taken_in_parts_when_they_exceed_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("apps.payload.engines.keys.SMALL", 0)
    monkeypatch.setattr("apps.payload.engines.keys.SHARE", 2**10)
    duckdb.sql("SELECT range % 299990 AS id FROM range(300000)").write_parquet(str(tmp_path / "ids.parquet"))

    with opened(files(tmp_path / "ids.parquet", types={})) as engine:
        assert engine.repeated(["id"]) == Repeated(300000, 299990, 10, 20)


# ---------- PostgreSQL ----------


@pytest.fixture
def shop(warehouse):
    facts, owner = warehouse
    owner.execute(
        "CREATE TABLE orders (id int, email text, amount numeric(10,2), placed date, score float8);"
        " CREATE VIEW latest AS SELECT * FROM orders; GRANT SELECT ON orders, latest TO shop_reader;"
        " INSERT INTO orders VALUES (1, 'ana@example.com', 10.5, '2026-01-31', 1.5), (2, '100% é', NULL, NULL, 'NaN')"
    )
    server = {
        "host": facts["host"],
        "port": facts["port"],
        "dbname": facts["database"],
        "user": facts["user"],
    }
    tables = (Table(name="orders"), Table("latest", name="latest"), Table("gone", name="gone"))
    return Description("postgres", tables, server=server, deadline_s=20), owner


def test_a_table_of_a_server_is_read_in_one_state(shop):
    description, owner = shop

    with opened(description) as engine:
        before = engine.fetch(f"SELECT email FROM {engine.relation()} WHERE email LIKE '100%'")
        owner.execute("INSERT INTO orders VALUES (3, '100%')")

        assert engine.types()["amount"] == "numeric(10,2)"
        assert engine.fetch(f"SELECT email FROM {engine.relation()} WHERE email LIKE '100%'") == before
        assert engine.row_names() == ("ctid",)
        assert engine.repeated(["id"]) is None
        assert not engine.privileged
        assert int(engine.version.partition(".")[0]) >= 15


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT nothing FROM public.orders", "no_column"),
        ("SELECT * FROM public.elsewhere", "no_table"),
        ("SELECT 1/0", "query"),
        ("SELECT 1; SELECT 2", "query"),
        ("DELETE FROM public.orders", "query"),
        ("SELECT * FROM pg_authid", "forbidden"),
        ("SELECT generate_series(1, 2000000)", "too_much"),
    ],
)
def test_a_question_that_a_server_cannot_answer_is_refused_in_one_word(shop, sql, code):
    with opened(shop[0]) as engine:
        assert refused(engine, sql) == code
        assert engine.fetch("SELECT count(*) FROM public.orders") == [(2,)]
        with pytest.raises(Unanswered, match="no_table"):
            engine.types("gone")


def test_a_query_of_a_server_ends_at_its_deadline_or_when_it_is_cancelled(shop):
    endless = "SELECT count(*) FROM generate_series(1, 100000000000)"
    with opened(shop[0]) as engine:
        assert refused(engine, endless, deadline_s=0.2) == "deadline"
        threading.Timer(0.2, engine.cancel).start()
        assert refused(engine, endless) == "cancelled"
        assert engine.fetch("SELECT 1") == [(1,)]
