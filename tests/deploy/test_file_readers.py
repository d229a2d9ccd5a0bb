"""Data files as documents: Parquet by its footer, CSV by its first rows, Delta and Iceberg by their logs, Avro by its schema."""

import gzip
import json

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalog import documents
from apps.deploy.readers import files_csv
from apps.deploy.readers.found import ReaderError

from .file_fixtures import FOLDER, PROTOCOL, column, delta, named, only, parquet, read, schema_of, types


class TestParquet:
    def test_the_footer_says_columns_types_and_numbers(self):
        document = only(read(FOLDER / "jaffle_classic_orders.parquet"))

        assert document["urn"] == "urn:dcs:lake:file:files:jaffle_classic_orders"
        assert (document["format"], document["location"]) == ("parquet", "jaffle_classic_orders.parquet")
        assert types(document)["order_date"] == "DATE"
        assert document["statistics"] == {"row_count": 99, "size_bytes": 2938}
        assert document["compression"] == "zstd"

    def test_it_says_what_duckdb_says_of_the_same_file(self, tmp_path):
        query = (
            "SELECT 1.5::DECIMAL(10,2) d, [1, NULL] l, {'x': 1, 'y': {'z': 'a'}} s, MAP{'k': 1} m, now() t, uuid() u,"
            " [{'q': 1}] n, NULL::VARCHAR e"
        )
        path = parquet(tmp_path / "kinds.parquet", query)

        document = only(read(path))

        told = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()  # noqa: S608 - our own file
        assert types(document) == {row[0]: row[1] for row in told}
        assert [each["name"] for each in column(document, "s")["fields"]] == ["x", "y"]
        assert column(document, "s")["fields"][1]["fields"][0]["name"] == "z"
        assert [each["name"] for each in column(document, "n")["fields"]] == ["q"]
        assert "fields" not in column(document, "m")

    def test_a_damaged_file_is_refused_without_its_path(self, tmp_path):
        path = tmp_path / "cut.parquet"
        path.write_bytes((FOLDER / "jaffle_classic_orders.parquet").read_bytes()[:1500])

        with pytest.raises(ReaderError) as refused:
            read(path)

        assert "cut.parquet" in str(refused.value)
        assert str(tmp_path) not in str(refused.value)


class TestCSV:
    def test_types_are_guessed_and_marked_as_such(self):
        document = only(read(FOLDER / "pointblank_small_table.csv"))

        assert types(document) == {
            "date_time": "TIMESTAMP", "date": "DATE", "a": "BIGINT", "b": "VARCHAR", "c": "BIGINT", "d": "DOUBLE",
            "e": "BOOLEAN", "f": "VARCHAR",
        }  # fmt: skip
        assert all(each["meta"]["type_guessed"] for each in document["schema"]["columns"])

    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            (["007", "12"], "VARCHAR"),
            (["0", "10"], "BIGINT"),
            (["0.5", "1"], "DOUBLE"),
            (["2026-01-31", ""], "DATE"),
            (["31/01/2026"], "VARCHAR"),
            (["2026-01-31T10:00:00Z"], "TIMESTAMP WITH TIME ZONE"),
            (["+4930"], "VARCHAR"),
            (["12345678901234567890"], "DOUBLE"),
            (["true", "FALSE"], "BOOLEAN"),
            ([], "VARCHAR"),
        ],
    )
    def test_what_might_be_a_code_or_another_day_stays_text(self, values, kind):
        assert files_csv.guessed([value for value in values if value])[0] == kind

    def test_days_and_months_that_cannot_be_told_apart_are_noted(self, tmp_path):
        path = tmp_path / "days.csv"
        path.write_text("day,n\n01/02/2026,1\n03/04/2026,2\n", "utf-8")

        assert [note.code for note in read(path).notes] == ["ambiguous_dates"]

    @pytest.mark.parametrize(
        ("data", "encoding", "delimiter"),
        [
            ("naïve;zwei\n1;2\n".encode("cp1252"), "cp1252", ";"),
            ("\ufeffnaïve,zwei\n1,2\n".encode(), "utf-8", ","),
            ("naïve\tzwei\n1\t2\n".encode("utf-16"), "utf-16", "\t"),
        ],
    )
    def test_encoding_and_delimiter_are_told_by_the_content(self, tmp_path, data, encoding, delimiter):
        path = tmp_path / "some.csv"
        path.write_bytes(data)

        document = only(read(path))

        assert list(types(document)) == ["naïve", "zwei"]
        assert document["x-file"] == {"delimiter": delimiter, "encoding": encoding}

    def test_a_packed_file_is_read_and_a_bomb_costs_nothing(self, tmp_path):
        path = tmp_path / "big.csv.gz"
        path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 10_000_000, 9))

        document = only(read(path))

        assert types(document) == {"a": "BIGINT", "b": "BIGINT"}
        assert document["compression"] == "gzip"

    def test_a_file_without_header_has_numbered_columns(self, tmp_path):
        path = tmp_path / "bare.csv"
        path.write_text("1,2\n3,4\n", "utf-8")

        found = read(path)

        assert list(types(only(found))) == ["column1", "column2"]
        assert found.notes[0].code == "no_header"

    def test_columns_of_one_name_are_told_apart(self, tmp_path):
        path = tmp_path / "same.csv"
        path.write_text("a,a\nx,y\n", "utf-8")

        assert list(types(only(read(path)))) == ["a", "a_2"]


class TestDelta:
    def test_the_log_says_columns_and_description(self):
        document = only(read(FOLDER / "delta_orders"))

        assert document["urn"] == "urn:dcs:lake:table:delta_orders:delta_orders"
        assert (document["format"], document["description"]) == ("delta", "orders table")
        assert types(document) == {"order_id": "bigint", "country": "string", "amount": "decimal(18,2)"}

    def test_the_newest_schema_counts_with_keys_checks_and_mapping(self, tmp_path):
        struct = {"type": "struct", "fields": [named("street", "string")]}
        mapped = {"delta.columnMapping.id": 7, "comment": "Net."}
        folder = delta(
            tmp_path / "orders",
            [PROTOCOL, schema_of(named("id"))],
            [
                schema_of(
                    named("id", nullable=False),
                    named("net", "decimal(10,2)", metadata=mapped),
                    named("day", "date"),
                    named("to", {"type": "array", "elementType": struct, "containsNull": True}),
                    partitionColumns=["day"],
                    configuration={
                        "delta.constraints.positive": "net > 0",
                        "delta.columnMapping.mode": "name",
                    },
                )
            ],
        )

        document = only(read(folder))

        assert column(document, "id")["is_nullable"] is False
        assert column(document, "net")["meta"] == {"field_id": 7}
        assert column(document, "net")["description"] == "Net."
        assert column(document, "to")["fields"][0]["name"] == "street"
        assert document["partitioning"] == {"strategy": "list", "key": ["day"]}
        assert document["schema"]["constraints"] == [
            {"type": "check", "name": "positive", "expression": "net > 0", "columns": ["net"]}
        ]

    def test_a_checkpoint_stands_for_the_commits_before_it(self, tmp_path):
        folder = delta(tmp_path / "orders", [PROTOCOL, schema_of(named("old"))])
        metadata = json.dumps(schema_of(named("id"), named("new"))["metaData"]["schemaString"])
        parquet(
            folder / "_delta_log" / f"{5:020}.checkpoint.parquet",
            "SELECT {'minReaderVersion': 1} AS protocol, {'schemaString': '"
            + json.loads(metadata).replace("'", "''")
            + "', 'partitionColumns': ['id'], 'configuration': MAP{'delta.appendOnly': 'true'}} AS \"metaData\"",
        )

        document = only(read(folder))

        assert list(types(document)) == ["id", "new"]
        assert document["x-file"]["version"] == 5

    def test_features_that_are_not_known_are_refused_by_name(self, tmp_path):
        protocol = {
            "protocol": {"minReaderVersion": 3, "readerFeatures": ["columnMapping", "timeTravelling"]}
        }

        with pytest.raises(ReaderError, match="timeTravelling"):
            read(delta(tmp_path / "orders", [protocol, schema_of(named("id"))]))

    def test_a_log_with_gaps_is_refused(self, tmp_path):
        folder = delta(tmp_path / "orders", [PROTOCOL, schema_of(named("id"))], [], [])
        (folder / "_delta_log" / f"{1:020}.json").unlink()

        with pytest.raises(ReaderError, match="gaps"):
            read(folder)


class TestIceberg:
    def test_the_metadata_says_columns_key_and_ids(self):
        document = only(read(FOLDER / "iceberg_orders.metadata.json"))

        assert document["urn"] == "urn:dcs:lake:table:files:iceberg_orders"
        assert types(document) == {
            "order_id": "long", "amount": "decimal(18,2)", "ordered_at": "timestamptz", "addr": "struct",
        }  # fmt: skip
        assert column(document, "addr")["fields"][0]["meta"] == {"field_id": 5}
        assert document["schema"]["constraints"] == [
            {"type": "primary_key", "columns": ["order_id"], "enforced": False}
        ]
        assert column(document, "order_id")["description"] == "key"

    def test_partitions_order_and_snapshots_of_a_tables_folder(self, tmp_path):
        content = json.loads((FOLDER / "iceberg_orders.metadata.json").read_text("utf-8"))
        content["partition-specs"] = [
            {"spec-id": 0, "fields": [{"source-id": 3, "field-id": 1000, "name": "day", "transform": "day"}]}
        ]
        content["sort-orders"] = [
            {"order-id": 0, "fields": [{"source-id": 1, "transform": "identity", "direction": "asc"}]}
        ]
        content |= {"current-snapshot-id": 9}
        content["snapshots"] = [{"snapshot-id": 9, "timestamp-ms": 1, "summary": {"total-records": "42"}}]
        folder = tmp_path / "orders" / "metadata"
        folder.mkdir(parents=True)
        (folder / "v1.metadata.json").write_text("{}", "utf-8")
        (folder / "v2.metadata.json").write_text(json.dumps(content), "utf-8")

        document = only(read(tmp_path / "orders"))

        assert document["partitioning"] == {
            "strategy": "range", "key": ["ordered_at"], "expression": "day(ordered_at)",
        }  # fmt: skip
        assert document["x-file"]["sorted_by"] == ["order_id asc"]
        assert document["x-file"]["snapshot_count"] == 1
        assert document["statistics"] == {"row_count": 42}

    def test_a_version_that_is_not_known_is_refused(self, tmp_path):
        path = tmp_path / "v1.metadata.json"
        path.write_text('{"format-version": 9}', "utf-8")

        with pytest.raises(ReaderError, match="format version 9"):
            read(path)


class TestAvro:
    def test_a_schema_says_columns_nullability_and_texts(self):
        document = only(read(FOLDER / "orders.avsc"))

        assert column(document, "ordertime") == {
            "name": "ordertime", "data_type": "long", "is_nullable": False, "description": "My Field",
        }  # fmt: skip
        assert "is_nullable" not in column(document, "material")
        assert types(document)["emailaddresses"] == "array<string>"
        assert [each["name"] for each in column(document, "address")["fields"]] == [
            "city",
            "state",
            "zipcode",
        ]

    def test_logical_types_and_defaults(self):
        document = only(read(FOLDER / "logical_types.avsc"))

        assert types(document)["some_bytes_decimal"] == "decimal(25,2)"
        assert column(document, "is_processed")["constraints"] == [{"type": "default", "value": False}]

    def test_the_header_of_a_container_holds_the_schema(self, tmp_path):
        schema = (FOLDER / "orders.avsc").read_bytes()

        def long(number):
            number, out = (number << 1) ^ (number >> 63), b""
            while number > 0x7F:
                out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
            return out + bytes([number])

        pairs = {b"avro.schema": schema, b"avro.codec": b"snappy"}
        body = b"".join(long(len(part)) + part for pair in pairs.items() for part in pair)
        path = tmp_path / "orders.avro"
        path.write_bytes(b"Obj\x01" + long(2) + body + long(0) + b"0" * 16)

        document = only(read(path))

        assert types(document) == types(only(read(FOLDER / "orders.avsc")))
        assert document["compression"] == "snappy"

    def test_a_record_within_itself_is_not_unfolded_for_ever(self, tmp_path):
        node = {
            "type": "record", "name": "Node",
            "fields": [{"name": "id", "type": "long"}, {"name": "next", "type": ["null", "Node"]}],
        }  # fmt: skip
        path = tmp_path / "node.avsc"
        path.write_text(json.dumps(node), "utf-8")

        found = read(path)

        assert types(only(found)) == {"id": "long", "next": "Node"}
        assert found.notes[0].code == "recursive"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(
        [
            "jaffle_classic_orders.parquet",
            "orders.avsc",
            "iceberg_orders.metadata.json",
            "pointblank_small_table.csv",
        ]
    ),
    cut=st.integers(0, 4_000),
    at=st.integers(0, 4_000),
    noise=st.binary(max_size=8),
)
def test_damaged_files_are_read_or_refused(tmp_path, name, cut, at, noise):
    data = (FOLDER / name).read_bytes()[: cut or None]
    path = tmp_path / name
    path.write_bytes(data[:at] + noise + data[at + len(noise) :])

    try:
        found = read(path)
    except ReaderError as error:
        found = error

    assert str(tmp_path) not in str(found)
    assert isinstance(found, ReaderError) or found.documents


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.just({"type": "struct", "fields": [{}]}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "name", "fields", "id"]), inner)
    ),
    max_leaves=5,
)


def places(value, path=()):
    """The path of everything inside of a JSON value."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from places(each, (*path, key))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["orders.avsc", "iceberg_orders.metadata.json"]), data=st.data())
def test_whatever_stands_where_something_else_should_is_read_or_refused(tmp_path, name, data):
    content = json.loads((FOLDER / name).read_bytes())
    *path, last = data.draw(st.sampled_from([path for path in places(content) if path]))
    target = content
    for key in path:
        target = target[key]
    target[last] = data.draw(JUNK)
    path = tmp_path / name
    path.write_text(json.dumps(content), "utf-8")

    try:
        found = read(path)
    except ReaderError as error:
        found = error

    assert isinstance(found, ReaderError) or documents.canonical(only(found))


@pytest.mark.parametrize("name", ["orders.avsc", "iceberg_orders.metadata.json"])
def test_a_field_without_a_name_gets_one_and_is_noted(tmp_path, name):
    content = json.loads((FOLDER / name).read_bytes())
    fields = (content if "fields" in content else content["schemas"][-1])["fields"]
    fields[0]["name"] = ""
    path = tmp_path / name
    path.write_text(json.dumps(content), "utf-8")

    found = read(path)

    assert documents.canonical(only(found))["schema"]["columns"][0]["name"] == "column"
    assert "no_name" in [note.code for note in found.notes]
