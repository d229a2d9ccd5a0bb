"""An Iceberg table is what its newest metadata says, its columns go by numbers, and what is not surely read is refused."""

import datetime
import io
import json
import shutil
import zlib
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.payload.engines import avro, opened
from apps.payload.engines.base import Unanswered
from apps.payload.engines.description import Description, Table
from apps.payload.opening import open_engine
from apps.quality.engine.runner import run_rules
from tests.factories import CapsuleFactory
from tests.quality.engines import NOON, rules

FIXTURE = Path(__file__).parents[1] / "fixtures" / "payload" / "iceberg_orders"
SYNC = b"sixteen bytes ok"
MANIFEST = {
    "type": "record",
    "name": "manifest_entry",
    "fields": [
        {"name": "status", "type": "int"},
        {
            "name": "data_file",
            "type": {
                "type": "record",
                "name": "r2",
                "fields": [
                    {"name": "content", "type": "int"},
                    {"name": "file_path", "type": "string"},
                    {"name": "file_format", "type": "string"},
                    {"name": "key_metadata", "type": ["null", "bytes"]},
                ],
            },
        },
    ],
}
LIST = {"type": "record", "name": "manifest_file", "fields": [{"name": "manifest_path", "type": "string"}]}


def long(number):
    """A number as Avro writes it."""
    rest, found = (number << 1) ^ (number >> 63), bytearray()
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*found, rest])


def encoded(schema, value):
    """A value as Avro writes it."""
    if isinstance(schema, list):
        place = 0 if value is None else 1
        return long(place) + encoded(schema[place], value)
    if isinstance(schema, dict):
        return b"".join(encoded(one["type"], value[one["name"]]) for one in schema["fields"])
    data = value.encode() if isinstance(value, str) else value
    return {"null": lambda: b"", "int": lambda: long(value), "long": lambda: long(value)}.get(
        schema, lambda: long(len(data)) + data
    )()


def container(schema, records, codec="deflate"):
    """An Avro file."""
    block = b"".join(encoded(schema, one) for one in records)
    if codec == "deflate":
        stream = zlib.compressobj(wbits=-15)
        block = stream.compress(block) + stream.flush()
    about = {"avro.schema": json.dumps(schema), "avro.codec": codec}
    header = long(len(about)) + b"".join(
        encoded("string", key) + encoded("string", value) for key, value in about.items()
    )
    return avro.MAGIC + header + b"\0" + SYNC + long(len(records)) + long(len(block)) + block + SYNC


class Iceberg:
    """A table that is written as a writer would, at a place where it no longer lies."""

    location = "s3://lake/shop/orders"

    def __init__(self, folder, fields=(("id", "long"), ("note", "string")), **about):
        self.folder = folder
        (folder / "metadata").mkdir(parents=True)
        (folder / "data").mkdir()
        self.content = {
            "format-version": 2,
            "table-uuid": "7c291630",
            "location": self.location,
            "current-schema-id": 0,
            "schemas": [
                {
                    "schema-id": 0,
                    "fields": [
                        {"id": n, "name": name, "type": kind, "required": False}
                        for n, (name, kind) in enumerate(fields, 1)
                    ],
                }
            ],
            "current-snapshot-id": -1,
            **about,
        }
        self.save(0)

    def save(self, number):
        (self.folder / "metadata" / f"{number:05}-{number}.metadata.json").write_text(
            json.dumps(self.content)
        )

    def parquet(self, name, **columns):
        """A data file; columns are number: (name, values)."""
        fields = [
            pyarrow.field(name, kind, metadata={b"PARQUET:field_id": str(number[1:])} if number[1:] else None)
            for number, (name, kind, _values) in columns.items()
        ]
        table = pyarrow.table([values for _n, _k, values in columns.values()], schema=pyarrow.schema(fields))
        pyarrow.parquet.write_table(table, self.folder / "data" / name)
        return f"{self.location}/data/{name}"

    def commit(self, *entries, codec="deflate"):
        """A snapshot of these entries: (path, {status, content, …})."""
        told = [
            {
                "status": more.get("status", 1),
                "data_file": {
                    "content": 0,
                    "file_path": path,
                    "file_format": "PARQUET",
                    "key_metadata": None,
                    **{key: value for key, value in more.items() if key != "status"},
                },
            }
            for path, more in entries
        ]
        (self.folder / "metadata" / "m.avro").write_bytes(container(MANIFEST, told, codec))
        listed = [{"manifest_path": f"{self.location}/metadata/m.avro"}]
        (self.folder / "metadata" / "snap.avro").write_bytes(container(LIST, listed, codec))
        self.content |= {
            "current-snapshot-id": 5,
            "snapshots": [{"snapshot-id": 5, "manifest-list": f"{self.location}/metadata/snap.avro"}],
        }
        self.save(1)


def whole(table, name="a.parquet"):
    return table.parquet(
        name,
        n1=("id", pyarrow.int64(), [1, 2]),
        n2=("note", pyarrow.string(), ["fragile", None]),
    )


def reading(folder):
    return opened(Description("files", (Table(files=(str(folder),), format="iceberg", below=str(folder)),)))


def refused(folder):
    with pytest.raises(Unanswered) as why, reading(folder):
        pass
    return why.value.code


def test_a_table_that_another_program_wrote_elsewhere_is_read_by_the_numbers_of_its_columns():
    # Five rows in three appends and a deletion; `customer` became `buyer`, another `customer` came, a number grew.
    with reading(FIXTURE) as engine:
        assert engine.types() == {
            "order_id": "BIGINT",
            "buyer": "VARCHAR",
            "amount": "DECIMAL(10,2)",
            "day": "DATE",
            "seen": "TIMESTAMP WITH TIME ZONE",
            "customer": "VARCHAR",
            "lines": "STRUCT(sku VARCHAR, pieces INTEGER)[]",
        }
        assert engine.fetch("SELECT order_id, buyer, customer, day FROM payload ORDER BY 1") == [
            *((n, f"customer {n}", None, datetime.date(2026, 1, n)) for n in (1, 3, 4, 5)),
            (6, "customer 6", "C-6", datetime.date(2026, 1, 6)),
        ]
        assert engine.fetch("SELECT lines[1].pieces FROM payload WHERE order_id = 6") == [(2,)]
        assert engine.fingerprint() == "iceberg-7c291630-c58d-40de-a286-fd9e1406b015-3966234511895789948-2"


def test_footers_prove_nothing_of_a_name_that_meant_another_column():
    asked = rules(
        ("not_null", "order_id", {}),
        ("not_null", "buyer", {}),
        ("not_null", "customer", {}),
        ("unique", "order_id", {}),
    )
    with reading(FIXTURE) as engine:
        metadata = engine.metadata()
        found = run_rules(engine, asked, now=NOON)

    assert (metadata.rows, metadata.files) == (5, 3)
    assert "order_id" in metadata.columns
    assert not {"customer", "buyer"} & set(metadata.columns)
    assert [(one.status, one.outcome.failures) for one in found] == [
        ("passed", 0),
        ("passed", 0),
        ("failed", 4),
        ("passed", 0),
    ]
    files = {str(path.relative_to(FIXTURE)) for path in FIXTURE.glob("data/*")}
    assert len(found[2].samples) == 4
    assert {sample["at"]["file"] for sample in found[2].samples} < files


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_files_that_were_removed_or_never_committed_do_not_count(tmp_path, codec):
    table = Iceberg(tmp_path)
    whole(table, "stray.parquet")
    table.commit((whole(table), {}), (whole(table, "old.parquet"), {"status": 2}), codec=codec)

    with reading(tmp_path) as engine:
        assert engine.fetch("SELECT id, note, _payload_file, _payload_row FROM payload ORDER BY id") == [
            (1, "fragile", "data/a.parquet", 0),
            (2, None, "data/a.parquet", 1),
        ]


def test_a_table_without_rows_has_its_columns(tmp_path):
    Iceberg(tmp_path)

    with reading(tmp_path) as engine:
        assert engine.types() == {"id": "BIGINT", "note": "VARCHAR"}
        assert engine.fetch("SELECT count(*) FROM payload") == [(0,)]


@pytest.mark.parametrize(
    "more",
    [
        {"content": 1},
        {"content": 2},
        {"file_format": "orc"},
        {"key_metadata": b"secret"},
        {"file_path": "s3://lake/shop/customers/a.parquet"},
        {"file_path": "s3://lake/shop/orders/../secret.parquet"},
        {"file_path": "/etc/passwd"},
        {"file_path": "s3://lake/shop/orders/data/link.parquet"},
    ],
)
def test_deleted_rows_other_formats_and_files_elsewhere_are_refused(tmp_path, more):
    table = Iceberg(tmp_path / "orders")
    duckdb.sql("SELECT 1::BIGINT AS id").write_parquet(str(tmp_path / "secret.parquet"))
    (tmp_path / "orders" / "data" / "link.parquet").symlink_to(tmp_path / "secret.parquet")
    table.commit((whole(table), more))

    assert refused(tmp_path / "orders") == "format"


@pytest.mark.parametrize(
    "about",
    [
        {"format-version": 4},
        {"schemas": [{"schema-id": 0, "fields": [{"id": 1, "name": "id", "type": "geography"}]}]},
        {
            "schemas": [
                {
                    "schema-id": 0,
                    "fields": [{"id": 1, "name": "id", "type": "long", "initial-default": 7}],
                }
            ]
        },
        {"snapshots": [], "current-snapshot-id": 8},
        {"current-snapshot-id": 8, "snapshots": [{"snapshot-id": 8, "manifests": []}]},
        {"schemas": None},
    ],
)
def test_what_is_not_known_to_be_read_rightly_is_refused(tmp_path, about):
    Iceberg(tmp_path, **about)

    assert refused(tmp_path) == "format"


def test_files_whose_columns_cannot_be_told_are_refused(tmp_path):
    unnumbered = Iceberg(tmp_path / "unnumbered")
    unnumbered.commit((unnumbered.parquet("a.parquet", n=("id", pyarrow.int64(), [1])), {}))
    assert refused(tmp_path / "unnumbered") == "format"

    parts = {
        "partition-specs": [{"spec-id": 0, "fields": [{"source-id": 2, "transform": "identity"}]}],
    }
    parted = Iceberg(tmp_path / "parted", **parts)
    parted.commit((parted.parquet("a.parquet", n1=("id", pyarrow.int64(), [1])), {}))
    assert refused(tmp_path / "parted") == "format"

    inner = {"type": "struct", "fields": [{"id": 9, "name": "city", "type": "string"}]}
    nested = Iceberg(tmp_path / "nested", fields=(("place", inner),))
    town = pyarrow.struct([pyarrow.field("town", pyarrow.string(), metadata={b"PARQUET:field_id": b"9"})])
    nested.commit((nested.parquet("a.parquet", n1=("place", town, [{"town": "Ulm"}])), {}))
    assert refused(tmp_path / "nested") == "format"


def test_two_writers_a_lost_file_and_damage_are_told_apart(tmp_path):
    two = Iceberg(tmp_path / "two")
    shutil.copy(
        two.folder / "metadata" / "00000-0.metadata.json", two.folder / "metadata" / "00000-9.metadata.json"
    )
    assert refused(two.folder) == "format"

    lost = Iceberg(tmp_path / "lost")
    lost.commit((f"{lost.location}/data/a.parquet", {}))
    assert refused(lost.folder) == "changed"

    torn = Iceberg(tmp_path / "torn")
    torn.commit((whole(torn), {}))
    manifest = torn.folder / "metadata" / "m.avro"
    manifest.write_bytes(manifest.read_bytes()[:-40])
    assert refused(torn.folder) == "format"


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({"n": st.integers(-(2**63), 2**63 - 1), "t": st.none() | st.text()}), max_size=5
    ),
    st.sampled_from(["null", "deflate"]),
    st.data(),
)
def test_containers_are_read_back_and_damaged_ones_end_in_a_refusal(written, codec, data):
    schema = {
        "type": "record",
        "name": "row",
        "fields": [{"name": "n", "type": "long"}, {"name": "t", "type": ["null", "string"]}],
    }
    whole_file = container(schema, written, codec)

    assert avro.records(whole_file) == written
    damaged = io.BytesIO(whole_file)
    damaged.seek(data.draw(st.integers(0, len(whole_file) - 1)))
    damaged.write(data.draw(st.binary(min_size=1, max_size=8)))
    try:
        avro.records(damaged.getvalue())
    except avro.Damaged:
        pass
    except Exception as error:  # anything else would end the reading without a word
        pytest.fail(f"{type(error).__name__}: {error}")


def test_a_container_that_counts_without_end_is_refused():
    schema = {"type": "record", "name": "row", "fields": []}
    endless = container(schema, [{}], "null").replace(
        SYNC + long(1) + long(0), SYNC + long(2**60) + long(0), 1
    )

    with pytest.raises(avro.Damaged, match="more than a manifest may"):
        avro.records(endless)


@pytest.mark.django_db
def test_a_capsule_of_the_format_iceberg_is_opened_in_the_child(tmp_path, settings):
    settings.PAYLOAD_ROOTS, settings.PAYLOAD_WORK = [str(tmp_path)], str(tmp_path / "work")
    shutil.copytree(FIXTURE, tmp_path / "orders")
    capsule = CapsuleFactory(storage_location="orders", storage_format="iceberg", source_system=None)

    with open_engine(capsule) as engine:
        assert engine.fetch("SELECT count(*), sum(amount) FROM payload") == [
            (5, pytest.approx(19.5)),
        ]
