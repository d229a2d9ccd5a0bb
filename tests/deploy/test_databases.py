"""Databases that are read where they lie: what PostgreSQL, DuckDB and SQLite say of themselves becomes documents and a plan."""

import re
import shutil
from pathlib import Path

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.catalog.models import Capsule, Column, Constraint, SourceSystem
from apps.dcs.models import JobProgress
from apps.dcs.refusals import Conflict
from apps.deploy import applying, databases, reading
from apps.deploy.models import Plan
from apps.deploy.readers import ddl
from apps.people.reader import reader_of
from tests.factories import SourceSystemFactory, UserFactory

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parent.parent
DDL = ROOT / "fixtures" / "ddl"
TRAPS = """
CREATE SCHEMA sales; CREATE SCHEMA closed;
CREATE DOMAIN sales.amount AS numeric(12,2) DEFAULT 0 NOT NULL CHECK (VALUE >= 0);
CREATE DOMAIN sales.price AS sales.amount CHECK (VALUE < 1000000);
CREATE TYPE sales.state AS ENUM ('open', 'paid', 'gone');
CREATE TABLE sales.customer (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text COLLATE "C" UNIQUE, gone text);
ALTER TABLE sales.customer DROP COLUMN gone;
COMMENT ON TABLE sales.customer IS 'People who buy.'; COMMENT ON COLUMN sales.customer.email IS 'Where they are reached.';
CREATE TABLE sales."Order" (
  id int, placed date NOT NULL, customer int NOT NULL, state sales.state NOT NULL DEFAULT 'open', price sales.price,
  doubled numeric GENERATED ALWAYS AS (price * 2) STORED, note text DEFAULT 'it''s VALUE', "Mixed" bool DEFAULT true, n int DEFAULT 7,
  PRIMARY KEY (id, placed), CONSTRAINT sane CHECK (n > 0 AND n < price)) PARTITION BY RANGE (placed);
CREATE TABLE sales.order_2026 PARTITION OF sales."Order" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE sales.order_rest PARTITION OF sales."Order" DEFAULT;
ALTER TABLE sales."Order" ADD CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES sales.customer ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE;
ALTER TABLE sales.customer ADD CONSTRAINT short CHECK (length(email) < 99) NOT VALID;
CREATE TABLE sales.line (order_id int, placed date, position int, FOREIGN KEY (order_id, placed) REFERENCES sales."Order" (id, placed));
CREATE INDEX by_state ON sales."Order" (state) INCLUDE (note) WHERE state <> 'gone';
CREATE INDEX by_word ON sales.customer (lower(email) DESC);
CREATE INDEX of_line ON sales.line USING brin (position);
CREATE TABLE sales.parent (a int, b int); CREATE TABLE sales.child (c int) INHERITS (sales.parent);
CREATE VIEW sales.paid AS SELECT o.id, upper(c.email) AS who, o.price + 1 AS more FROM sales."Order" o JOIN sales.customer c ON c.id = o.customer WHERE o.state = 'paid';
CREATE MATERIALIZED VIEW sales.totals AS SELECT who, count(*) AS n FROM sales.paid GROUP BY who;
CREATE TABLE closed.hidden (id int);
GRANT USAGE ON SCHEMA sales TO shop_reader
"""


def unnamed(entry):
    """Keys and checks without their names: what the file leaves open the database names itself."""
    return [
        {name: value for name, value in key.items() if name != "name"} for key in entry.get("constraints", ())
    ]


def parts(document):
    return [each["name"] for each in document.get("x-relation", {}).get("partitions", ())]


def assert_same_as_its_ddl(found, file, facts):
    """Reading a database and reading the file that made it tell of the same capsules, columns and keys."""
    told = ddl.read((DDL / file).read_bytes(), name=file, source="shop", database=facts["database"])
    written = {each["urn"]: each for each in told.documents}
    assert {each["urn"] for each in found.documents} == set(written)
    for each in found.documents:
        other = written[each["urn"]]
        for mine, theirs in zip(each["schema"]["columns"], other["schema"]["columns"], strict=True):
            assert mine["name"] == theirs["name"]
            assert theirs["data_type"] in (mine["data_type"], "unknown"), each["name"]
            assert mine.get("is_nullable") == theirs.get("is_nullable"), each["name"]
            assert unnamed(mine) == unnamed(theirs), each["name"]
        assert unnamed(each["schema"]) == unnamed(other["schema"]), each["name"]
        assert each.get("partitioning") == other.get("partitioning")
        assert parts(each) == parts(other)
        for part in ("upstream", "columns"):
            assert each.get("lineage", {}).get(part) == other.get("lineage", {}).get(part), each["name"]


def source(facts, name="shop", **more):
    return SourceSystemFactory(name=name, kind=facts["engine"], connection={**facts, **more})


def by_name(found):
    return {each["name"]: each for each in found.documents}


def columns(document):
    return {each["name"]: each for each in document["schema"]["columns"]}


@pytest.fixture
def traps(warehouse):
    facts, connection = warehouse
    connection.execute(TRAPS)
    return facts


@pytest.fixture
def producer():
    return reader_of(UserFactory(role="producer"))


def run(system, reader):
    """The job that has read a source, as a worker runs it."""
    job = databases.accept(system, reader=reader)
    return reading.run(job, at_once=True)


def plan_of(job):
    return Plan.objects.get(number=job.stats["plan"]["number"])


# ---------- PostgreSQL ----------


class TestPostgres:
    def test_partitions_belong_to_their_table_and_double_nothing(self, traps):
        found = by_name(databases.read_system(source(traps)))

        assert set(found) == {"customer", "Order", "line", "parent", "child", "paid", "totals"}
        assert found["Order"]["partitioning"] == {"strategy": "range", "key": ["placed"]}
        assert parts(found["Order"]) == ["order_2026", "order_rest"]
        assert found["Order"]["urn"].endswith(f":table:{traps['database']}.sales:Order")
        keys = columns(found["Order"])["customer"]["constraints"]
        assert keys == [
            {
                "type": "foreign_key",
                "name": "of_customer",
                "references": {"table": found["customer"]["urn"], "column": "id"},
                "on_delete": "CASCADE",
                "on_update": "SET NULL",
                "deferrable": True,
            }
        ]
        (wide,) = found["line"]["schema"]["constraints"]
        assert wide["references"] == {"table": found["Order"]["urn"], "columns": ["id", "placed"]}

    def test_columns_say_what_their_database_says(self, traps):
        found = by_name(databases.read_system(source(traps)))
        order, customer = columns(found["Order"]), columns(found["customer"])

        assert list(customer) == ["id", "email"]
        assert customer["id"]["meta"] == {"identity": "always"}
        assert customer["email"]["meta"] == {"collation": "C"}
        assert (found["customer"]["description"], customer["email"]["description"]) == (
            "People who buy.",
            "Where they are reached.",
        )
        assert order["price"]["data_type"] == "numeric(12,2)"
        assert order["price"]["is_nullable"] is False
        assert order["price"]["meta"]["domain"]["name"] == "sales.price"
        said = [each.get("expression", each.get("value")) for each in order["price"]["constraints"]]
        assert 0 in said
        assert any("price >= " in str(each) for each in said)
        assert any("price)::numeric < " in str(each) for each in said)
        assert order["state"]["meta"] == {"values": ["open", "paid", "gone"]}
        assert order["doubled"]["meta"]["generated"]["stored"] is True
        assert "constraints" not in order["doubled"]
        assert order["note"]["constraints"] == [{"type": "default", "expression": "'it''s VALUE'::text"}]
        assert [order[name]["constraints"][0]["value"] for name in ("Mixed", "n")] == [True, 7]
        assert columns(found["child"])["a"]["meta"] == {"inherited_from": "sales.parent"}
        assert found["child"]["x-relation"] == {"inherits": ["sales.parent"]}

    def test_keys_and_checks_hold_as_far_as_the_database_enforces_them(self, traps):
        found = by_name(databases.read_system(source(traps)))
        email = columns(found["customer"])["email"]["constraints"]
        wide = {each["name"]: each for each in found["Order"]["schema"]["constraints"]}

        assert [each["type"] for each in email] == ["unique", "check"]
        assert email[1]["enforced"] is False
        assert wide["Order_pkey"]["columns"] == ["id", "placed"]
        assert wide["sane"]["columns"] == ["price", "n"] or wide["sane"]["columns"] == ["n", "price"]
        assert not any(
            key["type"] == "not_null"
            for one in found.values()
            for key in one["schema"].get("constraints", ())
        )

    def test_indexes_keep_what_is_included_left_out_and_worked_out(self, traps):
        found = by_name(databases.read_system(source(traps)))
        order = {each["name"]: each for each in found["Order"]["schema"]["indexes"]}
        customer = {each["name"]: each for each in found["customer"]["schema"]["indexes"]}

        assert order["by_state"]["columns"] == ["state"]
        assert order["by_state"]["meta"] == {"include": ["note"]}
        assert "gone" in order["by_state"]["where"]
        assert order["Order_pkey"]["primary"] is True
        assert customer["by_word"]["expressions"] == ["lower(email)"]
        assert "DESC" in customer["by_word"]["meta"]["definition"]
        assert found["line"]["schema"]["indexes"][0]["type"] == "brin"

    def test_views_say_what_they_are_made_of(self, traps):
        found = by_name(databases.read_system(source(traps)))
        paid, totals = found["paid"], found["totals"]

        assert paid["urn"].split(":")[3] == "view"
        assert paid["lineage"]["upstream"] == sorted([found["Order"]["urn"], found["customer"]["urn"]])
        assert paid["lineage"]["columns"] == {
            "id": [found["Order"]["urn"] + ".id"],
            "who": [found["customer"]["urn"] + ".email"],
            "more": [found["Order"]["urn"] + ".price"],
        }
        assert "upper" in paid["lineage"]["transformation"]["code"]
        assert totals["materialization"] == "materialized_view"
        assert totals["lineage"]["columns"]["who"] == [paid["urn"] + ".who"]

    def test_schemas_that_the_account_may_not_enter_are_told_and_nothing_there_is_gone(self, traps):
        found = databases.read_system(source(traps))

        assert any("schema closed" in note.message for note in found.notes)
        assert found.is_whole
        assert not any("closed" in start for start in found.scope)

    def test_only_the_schemas_that_were_named_are_read_and_a_missing_one_is_partial(self, traps):
        found = databases.read_system(source(traps, schemas=["sales", "nowhere"]))

        assert not found.is_whole
        assert [each.text for each in found.missed] == ["nowhere"]
        assert {each["schema_name"] for each in found.documents} == {"sales"}

    def test_a_whole_database_is_one_scope_so_a_dropped_schema_is_missed(self, warehouse):
        facts, connection = warehouse
        connection.execute("CREATE TABLE orders (id int)")

        found = databases.read_system(source(facts))

        assert found.scope == tuple(f"urn:dcs:shop:{kind}:{facts['database']}." for kind in ("table", "view"))

    def test_chinook_is_read_as_its_own_words_say(self, warehouse):
        facts, connection = warehouse
        text = (DDL / "Chinook_PostgreSql.sql").read_text("utf-8").partition("\\c chinook;")[2]
        connection.execute(text.partition("INSERT INTO")[0])

        found = databases.read_system(source(facts))

        assert len(found.documents) == 11
        assert sum(len(each["schema"]["columns"]) for each in found.documents) == 64
        keys = [
            key["type"]
            for each in found.documents
            for key in [
                *each["schema"].get("constraints", ()),
                *(key for column in each["schema"]["columns"] for key in column.get("constraints", ())),
            ]
        ]
        assert (keys.count("primary_key"), keys.count("foreign_key")) == (11, 11)
        assert_same_as_its_ddl(found, "Chinook_PostgreSql.sql", facts)

    def test_pagila_is_read_with_its_partitions_types_and_views(self, warehouse):
        facts, connection = warehouse
        text = (DDL / "pagila-schema.sql").read_text("utf-8")
        if connection.info.server_version < 180_000:
            pytest.skip("the file uses what came with PostgreSQL 18, and an extension beside")
        connection.execute(re.sub(r"(?m)^\\.*$", "", text))

        found = databases.read_system(source(facts))
        documents = by_name(found)

        assert not any(name.startswith("payment_p") for name in documents)
        assert documents["payment"]["partitioning"]["strategy"] == "range"
        assert columns(documents["film"])["release_year"]["data_type"] == "integer"
        assert columns(documents["film"])["release_year"]["meta"]["domain"]["name"] == "year"
        assert columns(documents["film"])["rating"]["meta"]["values"][0] == "G"
        views = [each for each in found.documents if each["format"] == "view"]
        assert len(views) >= 7
        assert all(each["lineage"]["upstream"] for each in views)
        listed = documents["customer_list"]["lineage"]["columns"]
        assert listed["city"] == [documents["city"]["urn"] + ".city"]
        assert_same_as_its_ddl(found, "pagila-schema.sql", facts)


# ---------- files ----------


@pytest.fixture
def root(tmp_path, settings):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    return tmp_path


def test_a_duckdb_database_is_read(root):
    shutil.copy(ROOT.parent / "apps" / "demo" / "jaffle_shop" / "jaffle_classic.duckdb", root)

    found = databases.read_system(source({"engine": "duckdb", "path": "jaffle_classic.duckdb"}))
    documents = by_name(found)

    assert {"customers", "orders", "raw_orders"} <= set(documents)
    assert documents["orders"]["urn"] == "urn:dcs:shop:table:jaffle_classic.main:orders"
    assert columns(documents["orders"])["order_date"]["data_type"] == "DATE"
    assert documents["orders"]["statistics"]["row_count"] == 99
    staged = documents["stg_orders"]
    assert staged["lineage"]["upstream"] == [documents["raw_orders"]["urn"]]
    assert staged["lineage"]["columns"]["order_id"] == [documents["raw_orders"]["urn"] + ".id"]
    assert found.is_whole


def test_keys_checks_and_indexes_of_a_duckdb_database_are_read(root):
    import duckdb

    with duckdb.connect(str(root / "till.duckdb")) as made:
        made.execute(
            "CREATE TABLE item (id INTEGER PRIMARY KEY, code VARCHAR UNIQUE, n INTEGER DEFAULT 7 CHECK (n > 0))"
        )
        made.execute(
            "CREATE TABLE sale (item INTEGER NOT NULL REFERENCES item (id), day DATE, PRIMARY KEY (item, day))"
        )
        made.execute("CREATE INDEX by_day ON sale (day)")
        made.execute("CREATE INDEX by_word ON item (lower(code))")
        made.execute("COMMENT ON COLUMN item.code IS 'As printed.'")

    documents = by_name(databases.read_system(source({"engine": "duckdb", "path": "till.duckdb"})))
    item, sale = columns(documents["item"]), columns(documents["sale"])

    assert [key["type"] for key in item["id"]["constraints"]] == ["primary_key"]
    assert item["code"]["description"] == "As printed."
    assert {key["type"] for key in item["n"]["constraints"]} == {"default", "check"}
    assert sale["item"]["constraints"][0]["references"] == {"table": documents["item"]["urn"], "column": "id"}
    assert documents["sale"]["schema"]["constraints"][0]["columns"] == ["item", "day"]
    indexes = {each["name"]: each for one in documents.values() for each in one["schema"].get("indexes", ())}
    assert indexes["by_day"]["columns"] == ["day"]
    assert "lower" in indexes["by_word"]["expressions"][0]


def test_chinook_as_a_sqlite_file_is_read(root):
    shutil.copy(DDL / "Chinook_Sqlite.sqlite", root)

    found = databases.read_system(
        source({"engine": "sqlite", "path": "Chinook_Sqlite.sqlite"}, name="Chinook Shop")
    )
    documents = by_name(found)

    assert len(documents) == 11
    assert sum(len(each["schema"]["columns"]) for each in found.documents) == 64
    assert documents["Track"]["urn"] == "urn:dcs:chinook_shop:table:Chinook_Sqlite.main:Track"
    assert columns(documents["Track"])["Name"]["data_type"] == "NVARCHAR(200)"
    (key,) = columns(documents["Track"])["AlbumId"]["constraints"]
    assert key["references"] == {"table": documents["Album"]["urn"], "column": "AlbumId"}
    pair = documents["PlaylistTrack"]["schema"]["constraints"][0]
    assert (pair["type"], pair["columns"]) == ("primary_key", ["PlaylistId", "TrackId"])


def test_what_a_sqlite_file_leaves_open_is_marked(root):
    import sqlite3

    with sqlite3.connect(root / "odd.sqlite") as made:
        made.execute("CREATE TABLE p (id INTEGER PRIMARY KEY, x)")
        made.execute("CREATE TABLE c (a REFERENCES p, b TEXT AS (upper(a)) STORED, UNIQUE (b))")
        made.execute("CREATE INDEX low ON c (lower(b)) WHERE a > 3")
        made.execute("CREATE VIEW v AS SELECT id AS one FROM p")
    made.close()

    documents = by_name(databases.read_system(source({"engine": "sqlite", "path": "odd.sqlite"})))

    assert columns(documents["p"])["x"]["meta"] == {"type_guessed": True}
    assert columns(documents["c"])["a"]["constraints"][0]["references"]["column"] == "id"
    assert columns(documents["c"])["b"]["meta"]["generated"]["stored"] is True
    assert columns(documents["c"])["b"]["constraints"][0]["type"] == "unique"
    (index,) = documents["c"]["schema"]["indexes"]
    assert (index["expressions"], index["where"]) == (["lower(b)"], "a > 3")
    assert documents["v"]["lineage"]["columns"] == {"one": [documents["p"]["urn"] + ".id"]}


# ---------- jobs and plans ----------


def test_what_was_read_becomes_a_plan_and_read_again_there_is_none(traps, producer):
    system = source(traps)
    first = run(system, producer)
    made = plan_of(first)
    assert first.status == "completed", first.error_message
    assert made.answer["summary"]["create"] == 7
    assert not made.reading["missed"]
    applying.apply(made, reader=producer)

    again = run(system, producer)

    assert again.stats["plan"] is None, plan_of(again).result
    assert Capsule.objects.get(name="Order").source_system == system
    assert Column.objects.get(capsule__name="Order", name="placed").is_nullable is False
    assert Constraint.objects.filter(column__capsule__name="line", kind="foreign_key").count() == 2


def test_a_table_that_was_dropped_is_missing_since_and_not_retired(traps, warehouse, producer):
    system = source(traps)
    applying.apply(plan_of(run(system, producer)), reader=producer)
    warehouse[1].execute("DROP TABLE sales.line")

    job = run(system, producer)
    made = plan_of(job)
    assert [each["name"] for each in made.reading["vanished"]] == ["line"]
    applying.apply(made, reader=producer)

    line = Capsule.objects.get(name="line")
    assert line.retired_at is None
    assert "missing_since" in line.meta


def test_a_source_that_is_closed_fails_its_job_in_our_words(traps, producer, settings):
    settings.CONNECT_INTERNAL = []

    job = run(source(traps), producer)

    assert job.status == "failed"
    assert "does not call" in job.error_message
    assert "127.0.0.1" not in job.error_message
    assert not Plan.objects.exists()


def test_a_reading_asked_for_twice_is_one_job(traps, producer):
    system = source(traps)

    first, second = (databases.accept(system, reader=producer) for _each in range(2))

    assert first.pk == second.pk
    assert (
        ProcrastinateJob.objects.filter(task_name="deploy.ingest", args={"job_id": str(first.pk)}).count()
        == 1
    )


def test_a_reading_stops_when_somebody_asks(traps, producer):
    job = databases.accept(source(traps), reader=producer)
    JobProgress.objects.of(job).update(cancel_requested=True)

    reading.run(job, at_once=True)

    job.refresh_from_db()
    assert job.status == "cancelled"
    assert not Plan.objects.exists()


def test_a_source_without_a_database_is_not_read(producer):
    with pytest.raises(Conflict, match="names no database"):
        databases.accept(SourceSystem(name="files", kind="files"), reader=producer)
