import orjson
import pytest

from apps.deploy.readers import dbt, dbt_lineage
from benchmarks import dbt_manifest
from tests.deploy.dbt_fixtures import by_name, catalog, classic, codes, manifest, model, raw, source


def origins(document):
    """`{column: {"table.column", …}}` of a document's traced columns."""
    return {
        column: {one["urn"].rpartition(":")[2] for one in sources}
        for column, sources in document["lineage"].get("columns", {}).items()
    }


@pytest.mark.parametrize("with_catalog", [True, False])
def test_all_27_columns_of_the_jaffle_shop_are_traced(with_catalog):
    described = orjson.loads(classic("catalog")[0])["nodes"]
    expected = {
        key.rpartition(".")[2]: set(entry["columns"])
        for key, entry in described.items()
        if key.startswith("model.")
    }

    reading = dbt_lineage.with_column_lineage(
        dbt.read(*classic("manifest", *(["catalog"] if with_catalog else []))), processes=1
    )

    found = {document["name"]: set(origins(document)) for document in reading.documents if origins(document)}
    assert found == expected
    assert {name: len(columns) for name, columns in found.items()} == {
        "customers": 7,
        "orders": 9,
        "stg_customers": 3,
        "stg_orders": 4,
        "stg_payments": 4,
    }
    assert "columns_not_resolved" not in codes(reading)


def test_each_source_names_its_column_and_how_it_was_changed():
    reading = dbt_lineage.with_column_lineage(dbt.read(*classic("manifest", "catalog")), processes=1)

    customers = by_name(reading)["customers"]
    assert customers["lineage"]["columns"]["customer_lifetime_value"] == [
        {
            "urn": "urn:dcs:dbt:model:jaffle_shop.main:stg_payments.amount",
            "transformation_type": "aggregated",
            "transformation_expression": "SUM(amount)",
        }
    ]
    assert customers["lineage"]["columns"]["first_name"] == [
        {
            "urn": "urn:dcs:dbt:model:jaffle_shop.main:stg_customers.first_name",
            "transformation_type": "direct",
        }
    ]
    assert (
        "urn:dcs:dbt:model:jaffle_shop.main:stg_orders.customer_id"
        in customers["lineage"]["meta"]["dbt"]["indirect"]
    )


def test_columns_that_only_the_code_names_are_added_and_marked():
    raw_orders = source("raw_orders")
    staged = model(
        "stg_orders",
        columns={"id": {"name": "id", "description": "The order."}},
        parents=[raw_orders["unique_id"]],
        code="select status, id, upper(country) as country from db.raw.raw_orders",
    )
    end = model("orders", parents=["model.shop.stg_orders"], code="select * from db.main.stg_orders")

    documents = by_name(
        dbt_lineage.with_column_lineage(dbt.read(manifest(raw_orders, staged, end)), processes=1)
    )

    assert [column["name"] for column in documents["stg_orders"]["schema"]["columns"]] == [
        "status",
        "id",
        "country",
    ]
    assert documents["stg_orders"]["schema"]["columns"][0]["meta"] == {
        "declared": False,
        "inferred_from": "sql",
    }
    assert "meta" not in documents["stg_orders"]["schema"]["columns"][1]
    assert origins(documents["orders"]) == {
        "status": {"stg_orders.status"},
        "id": {"stg_orders.id"},
        "country": {"stg_orders.country"},
    }


def test_columns_of_the_catalog_are_never_added_to():
    node = model("orders", code="select 1 as id, 2 as more")
    described = catalog(model__shop__orders=[("id", "INTEGER")])

    document = dbt_lineage.with_column_lineage(dbt.read(manifest(node), described), processes=1).documents[0]

    assert [column["name"] for column in document["schema"]["columns"]] == ["id"]


def test_an_ephemeral_model_stands_between_its_parents_and_its_readers():
    first = model("a", columns=["id"], code="select 1 as id")
    middle = model(
        "middle",
        parents=["model.shop.a"],
        config={"materialized": "ephemeral"},
        code="select id as key from db.main.a",
    )
    end = model(
        "z",
        parents=["model.shop.middle"],
        code="with __dbt__cte__middle as (select id as key from db.main.a) select key from __dbt__cte__middle",
    )

    documents = by_name(dbt_lineage.with_column_lineage(dbt.read(manifest(first, middle, end)), processes=1))

    assert origins(documents["z"]) == {"key": {"middle.key"}}
    assert origins(documents["middle"]) == {"key": {"a.id"}}


def test_a_snapshot_has_the_columns_dbt_adds():
    snapshot = model(
        "orders_snapshot",
        unique_id="snapshot.shop.orders_snapshot",
        resource_type="snapshot",
        parents=["model.shop.orders"],
        code="select id from db.main.orders",
    )

    documents = by_name(
        dbt_lineage.with_column_lineage(
            dbt.read(manifest(model("orders", columns=["id"]), snapshot)), processes=1
        )
    )

    names = [column["name"] for column in documents["orders_snapshot"]["schema"]["columns"]]
    assert names == ["id", "dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to"]


def test_what_could_not_be_traced_is_named():
    node = model("orders", code="select id from legacy.somewhere")

    reading = dbt_lineage.with_column_lineage(dbt.read(manifest(node)), processes=1)

    assert "columns_not_resolved" in codes(reading)
    assert reading.documents[0]["lineage"]["meta"]["dbt"]["unresolved"] == [
        "table db.legacy.somewhere is no capsule of this project"
    ]


def test_without_compiled_code_the_reading_says_so():
    reading = dbt.read(raw("parser_v4_manifest.json"))

    assert dbt_lineage.column_lineage(reading) == {}
    assert "not resolved: no compiled code" in next(
        note.message for note in reading.notes if note.code == "no_compiled_code"
    )


def test_only_the_capsules_asked_for_are_traced_with_parents_that_are_unchanged():
    first = dbt.read(*classic("manifest"))
    known = {document["urn"]: document["node_hash"] for document in first.documents}
    known.pop("urn:dcs:dbt:model:jaffle_shop.main:customers")

    again = dbt.read(*classic("manifest"), known=known)
    found = dbt_lineage.column_lineage(again, processes=1)

    assert set(found) == {"urn:dcs:dbt:model:jaffle_shop.main:customers"}
    assert len(found["urn:dcs:dbt:model:jaffle_shop.main:customers"].columns) == 7


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    return dbt_manifest.generate(tmp_path_factory.mktemp("dbt"), models=120, columns=8)


def test_the_generated_project_resolves_in_every_column(generated):
    manifest_file, catalog_file = generated
    reading = dbt.read(manifest_file.read_bytes(), catalog_file.read_bytes())

    found = dbt_lineage.column_lineage(reading, processes=1)

    assert (len(reading.documents), len(found)) == (132, 120)
    assert reading.complete
    assert reading.notes == []
    assert all(lineage.columns and not lineage.unresolved for lineage in found.values())


def test_one_process_and_many_trace_the_same(generated, monkeypatch):
    monkeypatch.setattr(dbt_lineage, "WORTH_A_POOL", 1)
    reading = dbt.read(*(file.read_bytes() for file in generated))

    assert dbt_lineage.column_lineage(reading, processes=2) == dbt_lineage.column_lineage(
        reading, processes=1
    )


def test_a_changed_share_of_a_generated_project_is_all_that_is_built_again(generated, tmp_path):
    for file in generated:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    known = {
        document["urn"]: document["node_hash"]
        for document in dbt.read(*(file.read_bytes() for file in generated)).documents
    }

    altered = dbt_manifest.change(tmp_path, share=0.1)
    again = dbt.read(*((tmp_path / file.name).read_bytes() for file in generated), known=known)

    assert len(altered) == 12
    assert {document["meta"]["dbt"]["unique_id"] for document in again.documents} == set(altered)
