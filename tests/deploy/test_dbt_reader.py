from collections import Counter

import orjson
import pytest

from apps.deploy.readers import dbt
from tests.deploy.dbt_fixtures import by_name, classic, codes, parsed, raw

RULE_TYPES = {
    *(
        "not_null",
        "no_empty_strings",
        "completeness_threshold",
        "value_in_set",
        "pattern_match",
        "format_valid",
    ),
    *("type_valid", "range_check", "length_check", "unique", "unique_combination", "duplicate_threshold"),
    *("referential_integrity", "cross_field_validation", "freshness", "recency_check", "distribution_check"),
    *("outlier_detection", "statistical_threshold", "custom_sql", "custom_function"),
}
# file: capsules, columns, tests that became rules, edges
MANIFESTS = {
    "jaffle_shop_classic/manifest.json": (8, 21, 20, 8),
    "dccli_manifest_jaffle_duckdb.json": (8, 27, 20, 8),
    "ol_alias_manifest.json": (2, 1, 0, 1),
    "ol_duckdb_manifest.json": (5, 16, 5, 0),
    "ol_snapshot_manifest.json": (3, 3, 3, 2),
    "ol_test_manifest.json": (6, 6, 14, 4),
    "parser_v4_manifest.json": (8, 14, 18, 5),
    "parser_v7_manifest.json": (8, 21, 20, 8),
    "parser_v10_manifest.json": (9, 36, 20, 8),
    "parser_v12_manifest_1.9.json": (39, 191, 20, 39),
    "parser_v12_manifest_1.11.json": (26, 25, 27, 17),
}


@pytest.fixture(scope="module")
def jaffle():
    return dbt.read(*classic("manifest", "catalog", "run_results"))


def count(documents, *path):
    total = 0
    for document in documents:
        found = document
        for key in path:
            found = found.get(key, ())
        total += len(found)
    return total


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_manifest_gives_what_the_artifact_holds(name):
    stated = parsed(name)
    nodes = {**stated["nodes"], **stated["sources"]}
    capsules = {key for key in nodes if key.split(".")[0] in ("model", "seed", "snapshot", "source")}
    columns = {(key, column.lower()) for key in capsules for column in nodes[key]["columns"]}
    rules = 0
    for key, test in nodes.items():
        subject = test.get("attached_node") or (test.get("depends_on", {}).get("nodes") or [""])[-1]
        if key.startswith("test.") and subject in capsules:
            rules += 1
            columns.add(
                (subject, test["column_name"].lower()) if test["column_name"] else next(iter(columns))
            )
    edges = {
        (parent, key)
        for key in capsules
        for parent in (nodes[key].get("depends_on") or {}).get("nodes", [])
        if parent in capsules
    }

    reading = dbt.read(raw(name))

    found = (
        len(reading.documents),
        count(reading.documents, "schema", "columns"),
        count(reading.documents, "quality_rules"),
        count(reading.documents, "lineage", "upstream"),
    )
    assert found == MANIFESTS[name]
    assert {document["meta"]["dbt"]["unique_id"] for document in reading.documents} == capsules
    assert found == (len(capsules), len(columns), rules, len(edges))
    assert {
        rule["rule"] for document in reading.documents for rule in document["quality_rules"]
    } <= RULE_TYPES
    assert [note for note in reading.notes if note.severity == "error"] == []


def test_the_catalog_says_which_columns_exist(jaffle):
    described = orjson.loads(classic("catalog")[0])["nodes"]

    documents = by_name(jaffle)

    assert len(documents) == 8
    assert count(jaffle.documents, "schema", "columns") == 38
    assert sum(len(entry["columns"]) for entry in described.values()) == 38
    for unique_id, entry in described.items():
        columns = documents[unique_id.rpartition(".")[2]]["schema"]["columns"]
        stated = sorted(entry["columns"].values(), key=lambda column: column["index"])
        assert [(one["name"], one["data_type"]) for one in columns] == [
            (one["name"], one["type"]) for one in stated
        ]


def test_a_documented_column_that_does_not_exist_is_left_out_and_told(jaffle):
    customers = by_name(jaffle)["customers"]

    names = [column["name"] for column in customers["schema"]["columns"]]

    assert "total_order_amount" not in names
    assert names[-1] == "customer_lifetime_value"
    assert "total_order_amount" in next(
        note.message for note in jaffle.notes if note.code == "column_not_in_catalog"
    )


def test_a_model_tells_where_it_lies_and_what_it_means(jaffle):
    orders = by_name(jaffle)["orders"]

    assert orders["urn"] == "urn:dcs:dbt:model:jaffle_shop.main:orders"
    assert orders["capsule_type"] == "model"
    assert orders["materialization"] == "table"
    assert orders["location"] == '"jaffle_classic"."main"."orders"'
    assert (orders["database_name"], orders["schema_name"]) == ("jaffle_classic", "main")
    assert orders["description"].startswith("This table has basic information about orders")
    assert orders["columns"]["order_id"]["description"] == "This is a unique identifier for an order"
    assert orders["meta"]["origin"] == "dbt"
    assert orders["meta"]["dbt"]["original_file_path"] == "models/orders.sql"


def test_layers_follow_folders_and_what_lies_outside_of_staging_is_gold(jaffle):
    layers = Counter(document["layer"] for document in jaffle.documents)

    assert layers == {"bronze": 3, "silver": 3, "gold": 2}
    assert by_name(jaffle)["stg_orders"]["layer"] == "silver"
    assert by_name(jaffle)["customers"]["layer"] == "gold"


def test_personal_data_is_told_by_name_where_the_artifact_is_silent(jaffle):
    pii = {
        (document["name"], name): facts["pii_type"]
        for document in jaffle.documents
        for name, facts in document["columns"].items()
        if "pii_type" in facts
    }

    assert pii == {
        (table, name): "name"
        for table in ("raw_customers", "stg_customers", "customers")
        for name in ("first_name", "last_name")
    }


def test_keys_are_told_by_tests_alone(jaffle):
    orders = by_name(jaffle)["orders"]["columns"]

    assert orders["order_id"]["semantic_type"] == "surrogate_key"
    assert orders["customer_id"]["semantic_type"] == "foreign_key"
    assert orders["status"]["allowed_values"] == [
        "placed",
        "shipped",
        "completed",
        "return_pending",
        "returned",
    ]


def test_tests_become_rules_with_their_subject(jaffle):
    rules = {rule["name"]: rule for document in jaffle.documents for rule in document["quality_rules"]}

    assert Counter(rule["rule"] for rule in rules.values()) == {
        "not_null": 11,
        "unique": 5,
        "value_in_set": 3,
        "referential_integrity": 1,
    }
    reference = rules["relationships_orders_customer_id__customer_id__ref_customers_"]
    assert reference["column"] == "customer_id"
    assert reference["severity"] == "error"
    assert reference["references"] == {
        "table": "urn:dcs:dbt:model:jaffle_shop.main:customers",
        "column": "customer_id",
    }


def test_code_is_kept_as_written_and_as_compiled(jaffle):
    stated = orjson.loads(classic("manifest")[0])["nodes"]["model.jaffle_shop.customers"]

    written, compiled = by_name(jaffle)["customers"]["lineage"]["transformation"]

    assert (written["language"], written["code"]) == ("dbt", stated["raw_code"])
    assert (compiled["language"], compiled["code"]) == ("sql", stated["compiled_code"])
    assert compiled["function_calls"] == ["min", "max", "count", "sum"]
    assert compiled["upstream_references"] == by_name(jaffle)["customers"]["lineage"]["upstream"]


def test_results_of_a_build_become_checks_and_a_run(jaffle):
    stated = orjson.loads(classic("run_results")[0])
    tests = [one for one in stated["results"] if one["unique_id"].startswith("test.")]
    names = {rule["name"] for document in jaffle.documents for rule in document["quality_rules"]}

    assert len(jaffle.checks) == len(tests) == 20
    assert {check.status for check in jaffle.checks} == {"passed"}
    assert {check.rule for check in jaffle.checks} == names
    assert {check.invocation_id for check in jaffle.checks} == {stated["metadata"]["invocation_id"]}
    assert all(check.failure_count == 0 and check.duration_ms >= 0 for check in jaffle.checks)
    (run,) = jaffle.runs
    assert (run["command"], run["status"], len(run["nodes"])) == ("build", "completed", 8)
    assert run["duration_ms"] == 1318


def test_results_of_docs_generate_are_no_checks():
    reading = dbt.read(*classic("manifest", "catalog", "run_results_docs_generate"))

    assert reading.checks == []
    assert reading.runs[0]["nodes"] == []
    assert "not_tested" in codes(reading)


def test_failures_of_an_old_run_are_counted():
    stated = parsed("ol_test_run_results.json")["results"]

    reading = dbt.read(raw("ol_test_manifest.json"), run_results=raw("ol_test_run_results.json"))

    assert Counter(check.status for check in reading.checks) == {"passed": 10, "failed": 4}
    assert len(reading.checks) == len(stated) == 14
    assert sum(check.failure_count or 0 for check in reading.checks) == sum(
        one["failures"] or 0 for one in stated
    )
    assert reading.runs[0]["status"] == "failed"


def test_a_second_reading_of_the_same_files_builds_nothing(jaffle):
    known = {document["urn"]: document["node_hash"] for document in jaffle.documents}

    again = dbt.read(*classic("manifest", "catalog", "run_results"), known=known)

    assert again.documents == []
    assert again.unchanged == again.all_urns == jaffle.all_urns
    assert [check.key for check in again.checks] == [check.key for check in jaffle.checks]


def test_a_new_run_without_changes_builds_nothing(jaffle):
    known = {document["urn"]: document["node_hash"] for document in jaffle.documents}
    manifest = orjson.loads(classic("manifest")[0])
    manifest["metadata"].update(invocation_id="another", generated_at="2027-01-01T00:00:00Z")
    for node in manifest["nodes"].values():
        node["created_at"] += 1

    again = dbt.read(manifest, classic("catalog")[0], known=known)

    assert again.documents == []


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (lambda m, c: m["nodes"]["model.jaffle_shop.orders"].update(description="New."), {"orders"}),
        (
            lambda m, c: c["nodes"]["model.jaffle_shop.orders"]["columns"]["amount"].update(type="DECIMAL"),
            {"orders"},
        ),
        (
            lambda m, c: next(test for key, test in m["nodes"].items() if "unique_orders_order_id" in key)[
                "config"
            ].update(severity="warn"),
            {"orders"},
        ),
        (
            lambda m, c: m["nodes"]["model.jaffle_shop.stg_orders"].update(schema="st"),
            {"stg_orders", "orders", "customers"},
        ),
    ],
)
def test_a_node_is_built_again_when_something_of_it_changed(jaffle, change, changed):
    known = {document["urn"]: document["node_hash"] for document in jaffle.documents}
    manifest, described = (orjson.loads(file) for file in classic("manifest", "catalog"))
    change(manifest, described)

    again = dbt.read(manifest, described, known=known)

    assert set(by_name(again)) == changed


def test_the_reading_tells_what_it_read(jaffle):
    assert (jaffle.project, jaffle.adapter, jaffle.dbt_version, jaffle.schema_version) == (
        "jaffle_shop",
        "duckdb",
        "1.11.16",
        12,
    )
    assert jaffle.packages == ("jaffle_shop",)
    assert jaffle.complete
    assert jaffle.counts["tests.unique"] == 5
    assert jaffle.counts["models"] == 5


def test_a_trimmed_manifest_makes_nothing_vanish():
    reading = dbt.read(raw("ol_duckdb_manifest.json"))

    assert not reading.complete
    assert "trimmed" in codes(reading)


def test_disabled_models_are_listed_but_no_capsules():
    reading = dbt.read(raw("parser_v4_manifest.json"))

    assert "customers" not in by_name(reading)
    assert reading.counts["disabled"] == 1
    assert {"disabled", "test_without_node", "no_compiled_code"} <= codes(reading)
    assert reading.complete


def test_manifest_and_catalog_of_different_runs_are_told():
    reading = dbt.read(raw("parser_v12_manifest_1.11.json"), raw("parser_catalog_1.11.json"))

    assert "different_runs" in codes(reading)
    assert count(reading.documents, "schema", "columns") == 112  # 86 of models, 26 of sources


def test_metrics_and_unit_tests_are_counted_only():
    reading = dbt.read(raw("parser_v12_manifest_1.11.json"))

    counted = {
        key: reading.counts[key] for key in ("metrics", "semantic_models", "saved_queries", "unit_tests")
    }
    assert counted == {"metrics": 19, "semantic_models": 6, "saved_queries": 3, "unit_tests": 3}
    assert "relation_twice" in codes(reading)  # seeds and sources share their relations there


def test_no_path_of_a_machine_and_no_target_name_is_kept():
    for name in MANIFESTS:
        reading = dbt.read(raw(name))
        for document in reading.documents:
            facts = {key: value for key, value in document.items() if key != "lineage"}
            text = orjson.dumps(facts).decode()
            assert "/home/" not in text
            assert "root_path" not in text
            assert '"target"' not in text
