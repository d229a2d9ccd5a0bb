"""A Delta table is what its log says: live files, no more, and nothing that is not known to be read rightly."""

import datetime
import json
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from apps.payload.engines import opened
from apps.payload.engines.base import Unanswered
from apps.payload.engines.description import Description, Table
from apps.payload.opening import open_engine
from tests.factories import CapsuleFactory

FIXTURE = Path(__file__).parents[1] / "fixtures" / "files" / "delta_orders"
FIELDS = {"id": "long", "day": "date", "amount": "decimal(10,2)"}


class Delta:
    """A table that is written commit by commit."""

    def __init__(self, folder, fields=FIELDS, parts=(), protocol=None, configuration=None):
        self.folder, self.version = folder, -1
        (folder / "_delta_log").mkdir(parents=True)
        schema = {
            "type": "struct",
            "fields": [{"name": n, "type": t, "nullable": True} for n, t in fields.items()],
        }
        metadata = {
            "id": "766b6c53",
            "schemaString": json.dumps(schema),
            "partitionColumns": list(parts),
            "configuration": configuration or {},
        }
        self.commit({"protocol": protocol or {"minReaderVersion": 1}}, {"metaData": metadata})

    def commit(self, *actions):
        self.version += 1
        lines = "\n".join(map(json.dumps, actions))
        (self.folder / "_delta_log" / f"{self.version:020}.json").write_text(lines + "\n")

    def write(self, name, sql, **about):
        (self.folder / name).parent.mkdir(exist_ok=True)
        duckdb.sql(sql).write_parquet(str(self.folder / name))
        return {"add": {"path": name, "partitionValues": {}, **about}}

    def checkpoint(self, *actions):
        kinds = {"add": [], "protocol": [], "metaData": []}
        for action in actions:
            for key, column in kinds.items():
                column.append(action.get(key))
        maps = pyarrow.map_(pyarrow.string(), pyarrow.string())
        add = pyarrow.struct([("path", pyarrow.string()), ("partitionValues", maps)])
        metadata = pyarrow.struct(
            [
                ("id", pyarrow.string()),
                ("schemaString", pyarrow.string()),
                ("partitionColumns", pyarrow.list_(pyarrow.string())),
                ("configuration", maps),
            ]
        )
        protocol = pyarrow.struct([("minReaderVersion", pyarrow.int32())])
        table = pyarrow.table(
            [
                pyarrow.array(kinds["add"], add),
                pyarrow.array(kinds["protocol"], protocol),
                pyarrow.array(kinds["metaData"], metadata),
            ],
            names=list(kinds),
        )
        pyarrow.parquet.write_table(
            table, self.folder / "_delta_log" / f"{self.version:020}.checkpoint.parquet"
        )


def reading(folder):
    return opened(Description("files", (Table(files=(str(folder),), format="delta", below=str(folder)),)))


def refused(folder):
    with pytest.raises(Unanswered) as why, reading(folder):
        pass
    return why.value.code


def test_a_table_of_another_program_is_read():
    with reading(FIXTURE) as engine:
        assert engine.types() == {"order_id": "BIGINT", "country": "VARCHAR", "amount": "DECIMAL(18,2)"}
        assert engine.fetch("SELECT count(*), min(order_id), max(country) FROM payload") == [(3, 1, "FR")]
        assert engine.metadata().rows == 3


def test_files_that_were_removed_or_never_committed_do_not_count(tmp_path):
    table = Delta(tmp_path)
    table.commit(
        table.write(
            "a.parquet", "SELECT 1::BIGINT AS id, DATE '2026-01-01' AS day, 1::DECIMAL(10,2) AS amount"
        )
    )
    before = _fingerprint(tmp_path)
    table.commit(
        table.write(
            "b c.parquet", "SELECT 2::BIGINT AS id, DATE '2026-01-02' AS day, 2::DECIMAL(10,2) AS amount"
        )
        | {"remove": None},
        {"remove": {"path": "a.parquet", "dataChange": True}},
    )
    table.write("stray.parquet", "SELECT 9::BIGINT AS id")

    with reading(tmp_path) as engine:
        assert engine.fetch(f"SELECT id, {', '.join(engine.row_names())} FROM payload") == [
            (2, "b c.parquet", 0)
        ]
        assert (engine.metadata().rows, engine.metadata().files) == (1, 1)
        assert engine.fingerprint() != before == "delta-766b6c53-1"


def _fingerprint(folder):
    with reading(folder) as engine:
        return engine.fingerprint()


def test_parts_come_from_the_log_and_columns_that_a_file_lacks_are_null(tmp_path):
    table = Delta(tmp_path, parts=["day"])
    table.commit(
        table.write("day=x/a.parquet", "SELECT 1::BIGINT AS id", partitionValues={"day": "2026-01-31"}),
        table.write(
            "b%20c.parquet".replace("%20", " "),
            "SELECT 2::BIGINT AS id, 5::DECIMAL(10,2) AS amount",
            partitionValues={"day": None},
        ),
    )

    with reading(tmp_path) as engine:
        assert engine.types() == {"id": "BIGINT", "day": "DATE", "amount": "DECIMAL(10,2)"}
        assert engine.fetch("SELECT id, day, amount FROM payload ORDER BY id") == [
            (1, datetime.date(2026, 1, 31), None),
            (2, None, 5),
        ]
        assert "day" not in engine.metadata().columns


def test_a_checkpoint_stands_for_the_commits_before_it(tmp_path):
    table = Delta(tmp_path)
    first = table.write("a.parquet", "SELECT 1::BIGINT AS id")
    table.commit(first)
    log = [json.loads(line) for line in (tmp_path / "_delta_log" / f"{0:020}.json").read_text().splitlines()]
    table.checkpoint(*log, first)
    table.commit(table.write("b.parquet", "SELECT 2::BIGINT AS id"))
    for number in (0, 1):
        (tmp_path / "_delta_log" / f"{number:020}.json").unlink()

    with reading(tmp_path) as engine:
        assert engine.fetch("SELECT count(*), sum(id)::INT FROM payload") == [(2, 3)]


def test_a_table_without_rows_has_its_columns(tmp_path):
    Delta(tmp_path)

    with reading(tmp_path) as engine:
        assert engine.types() == {"id": "BIGINT", "day": "DATE", "amount": "DECIMAL(10,2)"}
        assert engine.fetch("SELECT count(*) FROM payload") == [(0,)]
        assert engine.metadata().rows == 0


@pytest.mark.parametrize(
    "given",
    [
        {"protocol": {"minReaderVersion": 9}},
        {"protocol": {"minReaderVersion": 3, "readerFeatures": ["timeTravelling"]}},
        {"protocol": {"minReaderVersion": 3, "readerFeatures": ["columnMapping"]}},
        {"protocol": {"minReaderVersion": 2}, "configuration": {"delta.columnMapping.mode": "name"}},
    ],
)
def test_what_is_not_known_to_be_read_rightly_is_refused(tmp_path, given):
    Delta(tmp_path, **given)

    assert refused(tmp_path) == "format"


def test_rows_that_vectors_delete_are_never_counted_as_there(tmp_path):
    table = Delta(tmp_path, protocol={"minReaderVersion": 3, "readerFeatures": ["deletionVectors"]})
    table.commit(table.write("a.parquet", "SELECT 1::BIGINT AS id"))
    with reading(tmp_path) as engine:
        assert engine.fetch("SELECT count(*) FROM payload") == [(1,)]

    table.commit(table.write("a.parquet", "SELECT 1::BIGINT AS id", deletionVector={"storageType": "u"}))
    assert refused(tmp_path) == "format"


@pytest.mark.parametrize(
    "path", ["../secret.parquet", "/etc/passwd", "s3://bucket/a.parquet", "link.parquet"]
)
def test_no_file_outside_of_the_table_is_read(tmp_path, path):
    table = Delta(tmp_path / "table")
    duckdb.sql("SELECT 1::BIGINT AS id").write_parquet(str(tmp_path / "secret.parquet"))
    (tmp_path / "table" / "link.parquet").symlink_to(tmp_path / "secret.parquet")
    table.commit({"add": {"path": path, "partitionValues": {}}})

    assert refused(tmp_path / "table") == "format"


def test_a_log_with_gaps_or_damage_and_a_file_that_is_gone_are_told_apart(tmp_path):
    table = Delta(tmp_path / "gone")
    table.commit({"add": {"path": "a.parquet", "partitionValues": {}}})
    assert refused(tmp_path / "gone") == "changed"

    table = Delta(tmp_path / "gap")
    table.version += 1
    table.commit(table.write("a.parquet", "SELECT 1::BIGINT AS id"))
    assert refused(tmp_path / "gap") == "format"

    table = Delta(tmp_path / "damaged")
    (tmp_path / "damaged" / "_delta_log" / f"{1:020}.json").write_text("{]\n")
    assert refused(tmp_path / "damaged") == "format"


@pytest.mark.django_db
def test_a_capsule_of_the_format_delta_is_opened_in_the_child(tmp_path, settings):
    settings.PAYLOAD_ROOTS, settings.PAYLOAD_WORK = [str(tmp_path)], str(tmp_path / "work")
    table = Delta(tmp_path / "orders")
    table.commit(table.write("a.parquet", "SELECT range AS id FROM range(7)"))
    capsule = CapsuleFactory(storage_location="orders", storage_format="delta", source_system=None)

    with open_engine(capsule) as engine:
        assert engine.fetch("SELECT count(*) FROM payload") == [(7,)]
        assert engine.fingerprint() == "delta-766b6c53-1"
