"""A capsule's data is read where it lies, read-only, and nothing else is reached through it."""

import duckdb
import pytest

from apps.catalog.models import SourceSystem
from apps.payload.sources import Unreadable, open_source
from apps.payload.sources.roots import resolve
from tests.factories import CapsuleFactory, SourceSystemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(tmp_path, settings):
    folder = tmp_path / "data"
    folder.mkdir()
    settings.PAYLOAD_ROOTS = [str(folder)]
    return folder


def capsule(location=None, **values):
    return CapsuleFactory.build(storage_location=location, source_system=None, **values)


@pytest.mark.parametrize("form", ["parquet", "csv", "json"])
def test_values_are_found_in_files_of_each_format(root, form):
    duckdb.sql("SELECT * FROM (VALUES ('DE', 1), ('FR', 2)) t(code, n)").write_csv(str(root / "c.csv"))
    if form != "csv":
        duckdb.sql(f"COPY (SELECT * FROM '{root / 'c.csv'}') TO '{root / f'c.{form}'}' (FORMAT {form})")

    with open_source(capsule(f"c.{form}", storage_format=form)) as source:
        assert source.held("code", ["DE", "XX", "FR"]) == {"DE", "FR"}
        assert source.held("N", ["2", "3", "two"]) == {"2"}


def test_leading_zeros_of_a_csv_are_a_part_of_the_code(root):
    (root / "codes.csv").write_text("code\n007\n")

    with open_source(capsule("codes.csv", storage_format="csv")) as source:
        assert source.held("code", ["7", "007"]) == {"007"}


def test_all_files_of_a_folder_or_a_pattern_are_read(root):
    (root / "days").mkdir()
    for day in ("monday", "tuesday"):
        (root / "days" / f"{day}.csv").write_text(f"day\n{day}\n")

    for location in ("days", "days/*.csv"):
        with open_source(capsule(location, storage_format="csv")) as source:
            assert source.held("day", ["monday", "tuesday", "friday"]) == {"monday", "tuesday"}


def test_a_table_of_the_demo_s_database_is_read_through_its_source_system():
    shop = SourceSystem(
        name="shop", connection={"driver": "duckdb", "path": "jaffle_shop/jaffle_classic.duckdb"}
    )
    orders = CapsuleFactory.build(name="orders", schema_name="main", source_system=shop)

    with open_source(orders) as source:
        assert source.held("status", ["completed", "eaten"]) == {"completed"}


@pytest.mark.parametrize(
    "location",
    [
        "../secret.csv",
        "/etc/passwd",
        "nowhere.csv",
        "s3://bucket/x.csv",
        "file:///etc/passwd",
        "a\0.csv",
        "",
        "out/*.csv",
    ],
)
def test_what_lies_outside_the_roots_is_not_opened(root, location):
    (root.parent / "secret.csv").write_text("code\nx\n")
    (root / "out").symlink_to("/etc")

    with pytest.raises(Unreadable):
        resolve(location)


def test_a_link_that_leads_out_of_the_root_is_not_followed(root):
    (root.parent / "secret.csv").write_text("code\nx\n")
    (root / "link.csv").symlink_to(root.parent / "secret.csv")

    for location in ("link.csv", "*.csv"):
        with pytest.raises(Unreadable):
            resolve(location)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "ATTACH '/tmp/other.duckdb'",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM glob('/etc/*')",
    ],
)
def test_a_source_reaches_nothing_but_its_own_file(root, sql):
    (root / "c.csv").write_text("code\nDE\n")

    with open_source(capsule("c.csv", storage_format="csv")) as source:
        assert source.fetch(f"SELECT count(*) FROM {source.relation}") == [(1,)]
        with pytest.raises(Unreadable):
            source.fetch(sql)


def test_a_query_ends_at_its_deadline_and_says_so(root):
    (root / "c.csv").write_text("code\nDE\n")

    with (
        open_source(capsule("c.csv", storage_format="csv"), deadline_s=0.2) as source,
        pytest.raises(Unreadable, match="took longer than"),
    ):
        source.fetch("SELECT count(*) FROM range(100000000000) a")


def test_a_damaged_file_is_named_without_its_folder(root):
    (root / "c.parquet").write_bytes(b"PAR1 this is no such file")

    with pytest.raises(Unreadable) as refused, open_source(capsule("c.parquet", storage_format="parquet")):
        pass

    assert "c.parquet" in refused.value.detail
    assert str(root) not in refused.value.detail


def test_what_has_no_source_or_one_that_is_not_read_here_says_so():
    with pytest.raises(Unreadable, match="No source says where"):
        open_source(capsule())
    with pytest.raises(Unreadable, match="snowflake"):
        open_source(
            CapsuleFactory.build(source_system=SourceSystemFactory.build(connection={"driver": "snowflake"}))
        )
    with pytest.raises(Unreadable, match="avro"):
        open_source(capsule("c.avro", storage_format="avro"))
