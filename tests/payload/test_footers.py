"""Footers and fingerprints prove what they say, and say nothing where they prove nothing."""

import datetime
import os
from decimal import Decimal

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from apps.payload.engines.base import ColumnBounds, Unanswered
from apps.payload.engines.fingerprints import fingerprint_of, together
from apps.payload.engines.footers import metadata_of

NOTHING = ColumnBounds()


def written(path, sql):
    duckdb.sql(sql).write_parquet(str(path), row_group_size=2048)
    return str(path)


def test_bounds_of_whole_numbers_decimals_and_times_are_told(tmp_path):
    orders = written(
        tmp_path / "orders.parquet",
        "SELECT range AS id, (range / 4)::DECIMAL(10,2) AS amount, DATE '2026-01-01' + range::INT AS placed,"
        " CASE WHEN range > 9 THEN range::INT END AS rating FROM range(5000)",
    )

    found = metadata_of([orders])

    assert (found.rows, found.files, found.bytes) == (5000, 1, os.path.getsize(orders))
    assert found.changed_at == os.stat(orders).st_mtime
    assert found.columns == {
        "id": ColumnBounds(0, 0, 4999),
        "amount": ColumnBounds(0, Decimal("0.00"), Decimal("1249.75")),
        "placed": ColumnBounds(0, datetime.date(2026, 1, 1), datetime.date(2039, 9, 9)),
        "rating": ColumnBounds(10, 10, 4999),
    }


def test_floats_texts_nested_values_and_what_python_cannot_hold_have_no_bounds(tmp_path):
    file = written(
        tmp_path / "x.parquet",
        "SELECT 1.5::DOUBLE AS score, 'a' AS name, 1::UBIGINT AS big, {'a': 1} AS nested, [1] AS list,"
        " TIMESTAMP_NS '2026-01-01 00:00:00.123456789' AS fine, uuid() AS key, 'a'::BLOB AS bytes",
    )

    columns = metadata_of([file]).columns

    assert all((one.lowest, one.highest) == (None, None) for one in columns.values())
    assert columns["score"].nulls == columns["name"].nulls == 0
    assert "nested" not in columns
    assert "list" not in columns


def test_a_statistic_that_one_row_group_lacks_proves_nothing(tmp_path):
    table = pyarrow.table({"id": [1, 2, 3], "note": ["a", None, "c"]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    pyarrow.parquet.write_table(table, tmp_path / "b.parquet", write_statistics=["note"])

    both = metadata_of([str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")])

    assert both.rows == 6
    assert both.columns == {"id": NOTHING, "note": ColumnBounds(2)}


def test_a_column_that_one_file_lacks_proves_nothing_and_one_without_values_needs_no_bounds(tmp_path):
    first = written(tmp_path / "a.parquet", "SELECT 1 AS id, 5 AS rating")
    second = written(tmp_path / "b.parquet", "SELECT 2 AS id")
    third = written(tmp_path / "c.parquet", "SELECT NULL::INT AS id, 7 AS rating")
    empty = written(tmp_path / "d.parquet", "SELECT 1 AS id, 5 AS rating LIMIT 0")

    found = metadata_of([first, second, third, empty])

    assert found.columns == {"id": ColumnBounds(1, 1, 2), "rating": NOTHING}
    assert metadata_of([empty]).columns["id"] == ColumnBounds(0)


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1 this is no such file")

    with pytest.raises(Unanswered, match="format"):
        metadata_of([str(tmp_path / "x.parquet")])


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_fingerprint_changes_with_the_data_and_with_nothing_else(tmp_path, form):
    path = tmp_path / f"orders.{form}"
    duckdb.sql(f"COPY (SELECT range + 10 AS id FROM range(9)) TO '{path}' (FORMAT {form})")
    before, times = fingerprint_of(path, form), os.stat(path)

    path.read_bytes()
    assert fingerprint_of(path, form) == before

    # Rewritten with as many bytes, and its time put back.
    duckdb.sql(f"COPY (SELECT range + 20 AS id FROM range(9)) TO '{path}' (FORMAT {form})")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert os.stat(path).st_size == times.st_size
    assert fingerprint_of(path, form) != before


def test_a_file_that_is_new_gone_or_called_otherwise_changes_the_whole(tmp_path):
    one = {"a.parquet": "1", "b.parquet": "2"}

    states = [one, {"a.parquet": "1"}, {**one, "c.parquet": "1"}, {"a.parquet": "2", "b.parquet": "1"}]

    assert len({together(state) for state in states}) == 4
    assert together(dict(reversed(one.items()))) == together(one)
