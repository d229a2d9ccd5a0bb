"""Whoever runs what people wrote opens a capsule once: its own table, those it refers to, and nothing else."""

import stat
from pathlib import Path

import duckdb
import pytest

from apps.catalog.models import SourceSystem
from apps.payload.opening import open_engine
from apps.payload.sources import Unreadable
from apps.payload.types import as_read
from tests.factories import CapsuleFactory, ColumnFactory, ConstraintFactory

pytestmark = pytest.mark.django_db
MARKER = "hunter2-Zx81-never-shown"


@pytest.fixture
def root(tmp_path, settings):
    settings.PAYLOAD_ROOTS, settings.PAYLOAD_WORK = [str(tmp_path / "data")], str(tmp_path / "work")
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def filed(location, **values):
    return CapsuleFactory(storage_location=location, source_system=None, **values)


def test_a_text_file_is_read_with_the_types_of_the_catalogue(root):
    (root / "orders.csv").write_text("id;code;amount\n1;007;1.5\ntwo;008;\n2.5;009;3\n")
    orders = filed("orders.csv", storage_format="csv")
    for name, kind in (("id", "int"), ("code", "varchar(10)"), ("amount", "numeric(10,2)"), ("gone", "date")):
        ColumnFactory(capsule=orders, name=name, data_type=kind)

    with open_engine(orders) as engine:
        assert engine.types() == {"id": "INTEGER", "code": "VARCHAR", "amount": "DECIMAL(10,2)"}
        assert engine.fetch("SELECT id, code FROM payload ORDER BY code") == [
            (1, "007"),
            (None, "008"),
            (None, "009"),
        ]
        assert engine.unreadable() == {"id": 2}


def test_names_in_the_first_line_are_names_even_if_all_values_are_texts(root):
    (root / "codes.csv").write_text("code,title\nDE,Germany\nFR,France\n")
    codes = filed("codes.csv", storage_format="csv")
    for name in ("code", "title"):
        ColumnFactory(capsule=codes, name=name, data_type="text")

    with open_engine(codes) as engine:
        assert engine.types() == {"code": "VARCHAR", "title": "VARCHAR"}
        assert engine.fetch("SELECT count(*) FROM payload") == [(2,)]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("int8", "BIGINT"),
        ("NUMERIC", "DECIMAL(38, 10)"),
        ("decimal(12,4)", "DECIMAL(12, 4)"),
        ("character varying(20)", "VARCHAR"),
        ("timestamp with time zone", "TIMESTAMPTZ"),
        ("STRUCT(city VARCHAR)", "STRUCT(city TEXT)"),
        ("order_status", None),
        ("INTEGER); DROP TABLE x --", None),
        ("", None),
    ],
)
def test_a_catalogued_type_is_read_as_the_engine_spells_it_or_stays_text(said, read):
    assert as_read(said) == read


def test_the_tables_that_it_refers_to_are_open_beside_it_and_those_elsewhere_are_told_of(root):
    for name in ("orders", "customers"):
        duckdb.sql(f"SELECT 1 AS id, '{name}' AS name").write_parquet(str(root / f"{name}.parquet"))
    shop = SourceSystem(
        name="shop", connection={"driver": "duckdb", "path": "jaffle_shop/jaffle_classic.duckdb"}
    )
    elsewhere = CapsuleFactory.build(name="orders", source_system=shop)
    references = [
        ("customers", filed("customers.parquet")),
        ("shop", elsewhere),
        ("gone", filed("gone.parquet")),
    ]

    with open_engine(filed("orders.parquet"), references=references) as engine:
        assert engine.fetch("SELECT customers.name FROM payload JOIN customers USING (id)") == [
            ("customers",)
        ]
        assert set(engine.left_out) == {"shop", "gone"}
        assert "No file of this name" in engine.left_out["gone"]


def test_what_a_reading_writes_aside_lies_where_nobody_else_looks_and_is_gone_afterwards(root, settings):
    (root / "orders.json").write_text('{"id": 1}\n')
    work = Path(settings.PAYLOAD_WORK)

    with open_engine(filed("orders.json"), memory_mb=128) as engine:
        (mine,) = (work / "spill").iterdir()
        assert stat.S_IMODE(mine.stat().st_mode) == stat.S_IMODE((work / "spill").stat().st_mode) == 0o700
        assert engine.fetch("SELECT id FROM payload") == [(1,)]
        # More than fits: hashes of so many numbers.
        found = engine.fetch("SELECT count(*) FROM (SELECT DISTINCT range * 3 FROM range(4000000))")
        assert found == [(4_000_000,)]

    assert list((work / "spill").iterdir()) == []


def test_a_table_of_a_server_is_read_by_its_primary_key_with_a_secret_that_nobody_sees(
    warehouse, root, monkeypatch
):
    facts, owner = warehouse
    owner.execute(
        "CREATE TABLE orders (id int PRIMARY KEY, status text); INSERT INTO orders VALUES (1, 'completed');"
        " GRANT SELECT ON orders TO shop_reader"
    )
    monkeypatch.setenv("SHOP_PASSWORD", MARKER)
    shop = SourceSystem(name="shop", connection={**facts, "password": "env:SHOP_PASSWORD"})
    orders = CapsuleFactory(name="orders", schema_name="public", storage_location=None)
    orders.source_system = shop
    ConstraintFactory(column=ColumnFactory(capsule=orders, name="ID"), kind="primary_key")

    with open_engine(orders) as engine:
        seen = Path(f"/proc/{engine.process.pid}")

        assert (engine.dialect, engine.row_names()) == ("postgres", ('"id"',))
        assert engine.fetch(f"SELECT status FROM {engine.relation()}") == [("completed",)]
        assert not engine.privileged
        assert MARKER.encode() not in (seen / "environ").read_bytes() + (seen / "cmdline").read_bytes()


def test_what_cannot_be_opened_is_told_in_a_sentence(root):
    (root / "broken.parquet").write_bytes(b"PAR1 this is no such file")

    for capsule, words in (
        (filed(None), "No source says where"),
        (filed("broken.parquet"), r"^broken\.parquet cannot be read"),
        (filed("x.avro", storage_format="avro"), "avro is not read here"),
    ):
        with pytest.raises(Unreadable, match=words) as refused, open_engine(capsule):
            pass
        assert str(root) not in refused.value.detail


def test_a_folder_is_read_without_what_other_programs_keep_in_it_and_no_link_leads_out(root):
    (root / "orders" / "_delta_log").mkdir(parents=True)
    for name in (
        "orders/a.parquet",
        "orders/b.parquet",
        "orders/_delta_log/x.parquet",
        "orders/.tmp.parquet",
    ):
        duckdb.sql("SELECT 1 AS id").write_parquet(str(root / name))

    with open_engine(filed("orders", storage_format="parquet")) as engine:
        assert engine.fetch("SELECT count(*) FROM payload") == [(2,)]
        assert list(engine.fingerprints()) == ["a.parquet", "b.parquet"]

    duckdb.sql("SELECT 1 AS id").write_parquet(str(root.parent / "secret.parquet"))
    (root / "orders" / "c.parquet").symlink_to(root.parent / "secret.parquet")
    with (
        pytest.raises(Unreadable, match="leads out"),
        open_engine(filed("orders", storage_format="parquet")),
    ):
        pass
