"""Folders of data files: which files are one table, what is followed, and what one damaged file does to the others."""

import os

import pytest

from apps.catalog import documents
from apps.deploy.readers.found import ReaderError

from .file_fixtures import FOLDER, PROTOCOL, delta, named, parquet, read, schema_of, types


def lake(root):
    for number in range(3):
        parquet(root / "orders" / f"part-{number}.parquet", f"SELECT {number} AS id, 'x' AS note")
    for day in ("2026-01-01", "2026-01-02"):
        parquet(root / "events" / f"day={day}" / "a.parquet", "SELECT 1 AS id")
    parquet(root / "single" / "people.parquet", "SELECT 1 AS id")
    delta(root / "shop" / "returns", [PROTOCOL, schema_of(named("id"))])
    (root / "shop" / "seeds").mkdir()
    (root / "shop" / "seeds" / "a.csv").write_text("x,y\na,b\n", "utf-8")
    (root / "shop" / "seeds" / "b.csv").write_text("z\nc\n", "utf-8")
    (root / "notes.txt").write_text("nothing", "utf-8")
    return root


def test_a_folder_of_one_tables_files_is_one_capsule_and_one_of_folders_is_many(tmp_path):
    found = read(lake(tmp_path / "lake"), location="lake")

    assert sorted((each["urn"], each["location"]) for each in found.documents) == [
        ("urn:dcs:lake:file:lake.shop.seeds:a", "lake/shop/seeds/a.csv"),
        ("urn:dcs:lake:file:lake.shop.seeds:b", "lake/shop/seeds/b.csv"),
        ("urn:dcs:lake:file:lake.single:people", "lake/single/people.parquet"),
        ("urn:dcs:lake:file:lake:events", "lake/events"),
        ("urn:dcs:lake:file:lake:orders", "lake/orders"),
        ("urn:dcs:lake:table:lake.shop:returns", "lake/shop/returns"),
    ]
    assert not found.missed
    assert found.is_whole


def test_keys_in_the_names_of_folders_are_columns(tmp_path):
    found = read(lake(tmp_path / "lake"), location="lake")

    events = next(each for each in found.documents if each["name"] == "events")
    assert list(types(events)) == ["id", "day"]
    assert events["partitioning"] == {"strategy": "list", "key": ["day"]}


def test_the_numbers_of_a_tables_files_are_added_up(tmp_path):
    found = read(lake(tmp_path / "lake"), location="lake")

    orders = next(each for each in found.documents if each["name"] == "orders")
    assert orders["statistics"]["row_count"] == 3
    assert orders["x-file"]["files"] == 3


def test_links_that_lead_out_are_not_followed(tmp_path):
    root = lake(tmp_path / "lake")
    parquet(tmp_path / "secret" / "salaries.parquet", "SELECT 1 AS salary")
    os.symlink(tmp_path / "secret", root / "stolen")
    os.symlink(tmp_path / "secret" / "salaries.parquet", root / "orders" / "part-9.parquet")
    os.symlink(root, root / "shop" / "circle")

    found = read(root, location="lake")

    assert sorted(each.text for each in found.missed if "leads out" in each.why) == [
        "orders/part-9.parquet",
        "stolen",
    ]
    assert "salary" not in str(found.documents)


def test_one_damaged_file_does_not_hide_the_others(tmp_path):
    root = lake(tmp_path / "lake")
    (root / "single" / "broken.parquet").write_bytes(b"PAR1 no")

    found = read(root, location="lake")

    assert [each.text for each in found.missed] == ["single/broken.parquet"]
    assert len(found.documents) == 6
    assert not found.is_whole


def test_an_empty_folder_says_what_is_read(tmp_path):
    with pytest.raises(ReaderError, match="Parquet, CSV, Avro, Delta and Iceberg"):
        read(tmp_path)


def test_every_document_is_valid(tmp_path):
    for path in (FOLDER, lake(tmp_path / "lake")):
        for each in read(path).documents:
            assert documents.canonical(each)["urn"] == each["urn"]
