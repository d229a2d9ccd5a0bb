import pytest

from apps.deploy.readers import dbt
from tests.deploy.dbt_fixtures import by_name, catalog, codes, generic, manifest, metadata, model, source


def rules_of(reading, name):
    return {rule["rule"]: rule for rule in by_name(reading)[name]["quality_rules"]}


# Addresses


def test_versioned_models_carry_their_version_in_the_name():
    first = model("orders", unique_id="model.shop.orders.v1", version=1, latest_version=2)
    second = model("orders", unique_id="model.shop.orders.v2", version=2, latest_version=2, alias="orders_v2")
    reader = model("board", parents=["model.shop.orders.v2"])

    reading = dbt.read(manifest(first, second, reader))

    assert reading.all_urns[:2] == [
        "urn:dcs:dbt:model:shop.main:orders.v1",
        "urn:dcs:dbt:model:shop.main:orders.v2",
    ]
    assert by_name(reading)["orders.v2"]["contract"]["version"] == "2"
    assert by_name(reading)["board"]["lineage"]["upstream"] == ["urn:dcs:dbt:model:shop.main:orders.v2"]


def test_blanks_and_marks_are_encoded_inside_an_address():
    odd = source("Kunden / Käufer 50%?", source_name="crm: west#1")

    reading = dbt.read(manifest(odd))

    assert reading.all_urns == ["urn:dcs:dbt:source:shop.crm%3A%20west%231:Kunden%20%2F%20Käufer%2050%25%3F"]
    assert reading.documents[0]["name"] == "Kunden / Käufer 50%?"


def test_an_address_that_is_too_long_is_left_out_and_the_reading_is_not_complete():
    reading = dbt.read(manifest(model("a" * 300), model("orders")))

    assert set(by_name(reading)) == {"orders"}
    assert "bad_address" in codes(reading)
    assert not reading.complete


def test_two_nodes_with_one_relation_are_told():
    reading = dbt.read(manifest(model("a", alias="same"), model("b", alias="SAME")))

    assert len(reading.documents) == 2
    assert "relation_twice" in codes(reading)


def test_a_package_keeps_its_own_namespace():
    theirs = model("runs", unique_id="model.audit.runs", package_name="audit", schema="audit")

    reading = dbt.read(manifest(model("orders"), theirs))

    assert reading.project == "shop"
    assert reading.packages == ("audit", "shop")
    assert "urn:dcs:dbt:model:audit.audit:runs" in reading.all_urns


# Columns and constraints


def test_catalog_names_match_documented_ones_in_any_case():
    node = model("orders", columns={"order_id": {"name": "order_id", "description": "The order."}})
    described = catalog(model__shop__orders=[("ORDER_ID", "NUMBER"), ("PLACED_AT", "TIMESTAMP_NTZ")])

    document = dbt.read(manifest(node, adapter="snowflake"), described).documents[0]

    assert document["schema"]["columns"] == [
        {
            "name": "order_id",
            "data_type": "NUMBER",
            "is_nullable": True,
            "meta": {"physical_name": "ORDER_ID"},
        },
        {
            "name": "placed_at",
            "data_type": "TIMESTAMP_NTZ",
            "is_nullable": True,
            "meta": {"physical_name": "PLACED_AT"},
        },
    ]
    assert document["columns"]["order_id"]["description"] == "The order."


@pytest.mark.parametrize(
    ("adapter", "enforced", "not_null", "primary_key", "foreign_key"),
    [
        ("postgres", True, True, True, True),
        ("duckdb", True, True, True, True),
        ("snowflake", True, True, False, False),
        ("bigquery", True, True, False, False),
        ("redshift", True, True, False, False),
        ("databricks", True, True, False, False),
        ("spark", True, False, False, False),
        ("unheard_of", True, False, False, False),
        ("postgres", False, False, False, False),
    ],
)
def test_a_constraint_is_enforced_only_by_contract_and_adapter(
    adapter, enforced, not_null, primary_key, foreign_key
):
    node = model(
        "lines",
        columns={
            "order_id": {"name": "order_id", "constraints": [{"type": "not_null"}]},
            "line": {"name": "line"},
        },
        contract={"enforced": enforced},
        constraints=[
            {"type": "primary_key", "columns": ["order_id", "line"]},
            {"type": "foreign_key", "columns": ["order_id"], "expression": "main.orders (id)"},
        ],
    )

    document = by_name(dbt.read(manifest(node, model("orders"), adapter=adapter)))["lines"]

    assert document["schema"]["columns"][0]["constraints"] == [{"type": "not_null", "enforced": not_null}]
    found = {one["type"]: one["enforced"] for one in document["schema"]["constraints"]}
    assert found == {"primary_key": primary_key, "foreign_key": foreign_key}


def test_a_view_enforces_nothing():
    node = model(
        "orders",
        columns={"id": {"name": "id", "constraints": [{"type": "not_null"}]}},
        contract={"enforced": True},
        config={"materialized": "view"},
    )

    column = dbt.read(manifest(node)).documents[0]["schema"]["columns"][0]

    assert column["constraints"] == [{"type": "not_null", "enforced": False}]


def test_a_composite_key_keeps_the_order_of_its_own_list():
    node = model(
        "lines",
        columns=["a", "b", "c"],
        constraints=[{"type": "primary_key", "columns": ["c", "A"]}],
        primary_key=["a", "c"],
    )

    document = dbt.read(manifest(node)).documents[0]

    assert document["schema"]["constraints"] == [
        {"type": "primary_key", "columns": ["c", "a"], "enforced": False}
    ]
    assert [column["is_nullable"] for column in document["schema"]["columns"]] == [False, True, False]


@pytest.mark.parametrize(
    ("stated", "references"),
    [
        (
            {"to": "ref('customers')", "to_columns": ["id"]},
            {"table": "urn:dcs:dbt:model:shop.main:customers", "column": "id"},
        ),
        (
            {"to": '"db"."main"."customers"', "to_columns": ["id", "country"]},
            {"table": "urn:dcs:dbt:model:shop.main:customers", "columns": ["id", "country"]},
        ),
        (
            {"expression": "main.customers (id)"},
            {"table": "urn:dcs:dbt:model:shop.main:customers", "column": "id"},
        ),
        ({"expression": "legacy.people (pid)"}, {"table": "legacy.people", "column": "pid"}),
    ],
)
def test_a_foreign_key_finds_its_table_however_it_is_written(stated, references):
    node = model("orders", columns=["customer_id"])
    node["columns"]["customer_id"]["constraints"] = [{"type": "foreign_key", **stated}]

    document = by_name(dbt.read(manifest(node, model("customers"))))["orders"]

    assert document["schema"]["columns"][0]["constraints"][0]["references"] == references
    assert document["columns"]["customer_id"]["semantic_type"] == "foreign_key"


def test_a_foreign_key_is_no_lineage_unless_the_code_reads_the_table():
    key = [
        {"type": "foreign_key", "columns": ["customer_id"], "to": "ref('customers')", "to_columns": ["id"]}
    ]
    parents = ["model.shop.raw", "model.shop.customers"]
    apart = model(
        "a",
        columns=["customer_id"],
        constraints=key,
        parents=parents,
        raw_code="select * from {{ ref('raw') }}",
    )
    joined = model(
        "b",
        columns=["customer_id"],
        constraints=key,
        parents=parents,
        raw_code="select * from {{ ref('raw') }} join {{ ref('customers') }} using (id)",
    )

    documents = by_name(dbt.read(manifest(apart, joined, model("raw"), model("customers"))))

    assert documents["a"]["lineage"]["upstream"] == ["urn:dcs:dbt:model:shop.main:raw"]
    assert len(documents["b"]["lineage"]["upstream"]) == 2


def test_checks_need_an_expression_and_custom_constraints_are_kept_as_text():
    node = model(
        "orders",
        columns=["amount"],
        constraints=[
            {"type": "check", "expression": "amount > 0", "name": "positive"},
            {"type": "check"},
            {"type": "custom", "expression": "tag x", "columns": ["amount"]},
        ],
    )

    reading = dbt.read(manifest(node))

    document = reading.documents[0]
    assert document["schema"]["constraints"] == [
        {
            "type": "check",
            "columns": ["amount"],
            "enforced": False,
            "name": "positive",
            "expression": "amount > 0",
        }
    ]
    assert len(document["meta"]["dbt"]["constraints"]) == 2
    assert "constraint_kept_as_text" in codes(reading)


def test_personal_data_stated_by_the_artifact_wins_over_the_name():
    node = model(
        "people",
        columns={
            "handle": {"name": "handle", "meta": {"pii": True}},
            "contact": {"name": "contact", "config": {"meta": {"pii": "email"}, "tags": []}},
            "tagged": {"name": "tagged", "tags": ["pii:phone"]},
            "email": {"name": "email", "meta": {"pii": False}},
            "first_name": {"name": "first_name"},
        },
    )

    columns = dbt.read(manifest(node)).documents[0]["columns"]

    found = {
        name: (facts.get("pii_type"), facts.get("meta", {}).get("pii_detected_by"))
        for name, facts in columns.items()
    }
    assert found == {
        "handle": ("direct_identifier", "artifact"),
        "contact": ("email", "artifact"),
        "tagged": ("phone", "artifact"),
        "email": (None, None),
        "first_name": ("name", "name"),
    }


# Tests and rules


def test_tests_of_packages_become_the_matching_rule_types():
    on = "model.shop.orders"
    expect = "dbt_expectations"
    tests = [
        generic(
            "unique_combination_of_columns",
            on=on,
            namespace="dbt_utils",
            combination_of_columns=["id", "line"],
        ),
        generic(
            "accepted_range",
            "amount",
            on=on,
            namespace="dbt_utils",
            min_value=0,
            max_value="9.5",
            inclusive=False,
        ),
        generic("not_empty_string", "status", on=on, namespace="dbt_utils"),
        generic("not_null_proportion", "status", on=on, namespace="dbt_utils", at_least=0.95),
        generic("recency", on=on, namespace="dbt_utils", datepart="day", field="placed_at", interval=3),
        generic("expect_column_values_to_match_regex", "status", on=on, namespace=expect, regex="^[a-z]+$"),
        generic("expect_column_value_lengths_to_equal", "status", on=on, namespace=expect, value=4),
        generic(
            "expect_column_values_to_be_of_type", "amount", on=on, namespace=expect, column_type="numeric"
        ),
        generic("accepted_values", "status", on=on, values=["new", 1]),
        generic("expression_is_true", on=on, namespace="dbt_utils", expression="amount >= 0"),
    ]
    node = model("orders", columns=["id", "line", "amount", "status", "placed_at"])

    rules = rules_of(dbt.read(manifest(node, *tests)), "orders")

    assert rules["unique_combination"]["columns"] == ["id", "line"]
    assert rules["unique_combination"]["capsule_level"] is True
    assert (rules["range_check"]["min"], rules["range_check"]["max"]) == (0, 9.5)
    assert rules["range_check"]["config"] == {"inclusive": False}
    assert rules["no_empty_strings"]["column"] == "status"
    assert rules["completeness_threshold"]["threshold_percent"] == 95
    assert (rules["freshness"]["threshold"], rules["freshness"]["config"]) == (
        "3 days",
        {"column": "placed_at"},
    )
    assert rules["pattern_match"]["pattern"] == "^[a-z]+$"
    assert (rules["length_check"]["min"], rules["length_check"]["max"]) == (4, 4)
    assert rules["type_valid"]["config"] == {"type": "numeric"}
    assert rules["value_in_set"]["values"] == ["new", 1]
    assert rules["custom_function"]["function"] == "dbt_utils.expression_is_true"
    assert rules["custom_function"]["config"] == {
        "engine": "dbt",
        "package": "dbt_utils",
        "name": "expression_is_true",
        "kwargs": {"expression": "amount >= 0"},
    }


def test_severity_and_conditions_are_kept():
    config = {"severity": "warn", "where": "placed_at > '2026-01-01'", "warn_if": ">10", "error_if": ">100"}
    test = generic("not_null", "id", on="model.shop.orders", config=config)

    rule = rules_of(dbt.read(manifest(model("orders", columns=["id"]), test)), "orders")["not_null"]

    assert rule["severity"] == "warning"
    assert rule["config"] == {"where": "placed_at > '2026-01-01'", "warn_if": ">10", "error_if": ">100"}


def test_a_test_of_an_expression_is_kept_whole_at_capsule_level():
    test = generic("unique", "lower(email) || id", on="model.shop.people")
    described = catalog(model__shop__people=[("id", "INTEGER"), ("email", "VARCHAR")])

    rule = rules_of(dbt.read(manifest(model("people"), test), described), "people")["custom_function"]

    assert rule["capsule_level"] is True
    assert rule["config"]["column"] == "lower(email) || id"


def test_a_column_known_only_by_its_test_is_marked_as_undeclared():
    test = generic("not_null", "id", on="model.shop.orders")

    document = dbt.read(manifest(model("orders"), test)).documents[0]

    assert document["schema"]["columns"] == [
        {"name": "id", "data_type": "unknown", "is_nullable": True, "meta": {"declared": False}}
    ]
    assert document["quality_rules"][0]["column"] == "id"


def test_a_singular_test_is_a_query_that_stays_off():
    test = {
        "unique_id": "test.shop.no_negative_orders",
        "name": "no_negative_orders",
        "resource_type": "test",
        "package_name": "shop",
        "depends_on": {"nodes": ["model.shop.orders"], "macros": []},
        "compiled_code": "select * from main.orders where amount < 0",
        "config": {"severity": "error"},
    }

    rule = rules_of(dbt.read(manifest(model("orders"), test)), "orders")["custom_sql"]

    assert rule["sql"] == "select * from main.orders where amount < 0"
    assert rule["enabled"] is False
    assert rule["capsule_level"] is True


def test_a_test_finds_its_model_without_an_attached_node():
    test = generic("relationships", "customer_id", on="model.shop.orders", to="ref('customers')", field="id")
    del test["attached_node"]
    test["depends_on"]["nodes"] = ["model.shop.orders", "model.shop.customers"]

    reading = dbt.read(
        manifest(model("orders", columns=["customer_id"]), model("customers", columns=["id"]), test)
    )

    assert rules_of(reading, "orders")["referential_integrity"]["references"] == {
        "table": "urn:dcs:dbt:model:shop.main:customers",
        "column": "id",
    }
    assert by_name(reading)["customers"]["quality_rules"] == []


def test_rule_names_of_a_capsule_are_unique_and_not_too_long():
    tests = [generic("not_null", name, on="model.shop.orders") for name in ("id", "line")]
    for test in tests:
        test["name"] = "n" * 300
    run = {
        "metadata": metadata("run-results", 6),
        "results": [{"unique_id": test["unique_id"], "status": "fail", "failures": 2} for test in tests],
    }

    reading = dbt.read(manifest(model("orders", columns=["id", "line"]), *tests), run_results=run)

    names = [rule["name"] for rule in reading.documents[0]["quality_rules"]]
    assert len(set(names)) == 2
    assert all(len(name) <= 255 for name in names)
    assert [check.rule for check in reading.checks] == names


# Owners, groups, consumers, freshness


def test_a_group_gives_domain_and_owner():
    group = {"name": "finance", "owner": {"name": "Finance", "email": "finance@shop.example"}}
    nodes = [
        model("orders", group="finance"),
        model("costs", group="finance", meta={"owner": "ana@shop.example", "domain": "controlling"}),
    ]

    documents = by_name(dbt.read(manifest(*nodes, groups={"group.shop.finance": group})))

    assert documents["orders"]["owner"] == {"team": "Finance", "email": "finance@shop.example"}
    assert documents["orders"]["domain"] == "finance"
    assert documents["costs"]["owner"] == {"team": "ana@shop.example", "email": "ana@shop.example"}
    assert documents["costs"]["domain"] == "controlling"


def test_exposures_are_consumers_also_through_metrics():
    exposures = {
        "exposure.shop.board": {
            "name": "board",
            "label": "Board pack",
            "owner": {"name": "Board", "email": "board@shop.example"},
            "depends_on": {"nodes": ["metric.shop.revenue"]},
        }
    }
    metrics = {"metric.shop.revenue": {"depends_on": {"nodes": ["model.shop.orders"]}}}

    reading = dbt.read(manifest(model("orders"), exposures=exposures, metrics=metrics))

    (consumer,) = reading.documents[0]["contract"]["known_consumers"]
    assert (consumer["team"], consumer["contact"], consumer["use_case"]) == (
        "Board",
        "board@shop.example",
        "Board pack",
    )


def test_freshness_is_a_rule_with_its_check_and_the_time_of_the_newest_row():
    orders = source(
        "orders",
        loaded_at_field="loaded_at",
        freshness={
            "warn_after": {"count": 12, "period": "hour"},
            "error_after": {"count": 1, "period": "day"},
        },
    )
    failed = {"unique_id": "source.shop.erp.gone", "error": "no such table", "status": "runtime error"}
    found = {
        "unique_id": "source.shop.erp.orders",
        "status": "warn",
        "max_loaded_at": "2026-05-01T00:00:00Z",
        "snapshotted_at": "2026-05-01T13:00:00Z",
        "max_loaded_at_time_ago_in_s": 46800.0,
    }
    results = {"metadata": metadata("sources", 3), "results": [found, failed], "elapsed_time": 1.0}

    reading = dbt.read(manifest(orders, source("gone", freshness={})), sources=results)

    (rule,) = by_name(reading)["orders"]["quality_rules"]
    assert (rule["rule"], rule["column"], rule["threshold"]) == ("freshness", "loaded_at", "1 day")
    assert (rule["severity"], rule["config"]) == ("error", {"warn_after": "12 hours"})
    assert [(check.rule, check.status, check.measured) for check in reading.checks] == [
        ("source_freshness_erp_orders", "warning", 46800.0),
        ("source_freshness_erp_gone", "error", None),
    ]
    assert reading.last_updated == {"urn:dcs:dbt:source:shop.erp:orders": "2026-05-01T00:00:00+00:00"}


def test_an_ephemeral_model_is_a_capsule_without_a_relation():
    middle = model("middle", parents=["model.shop.a"], config={"materialized": "ephemeral"})
    end = model("z", parents=["model.shop.middle"])

    documents = by_name(dbt.read(manifest(model("a"), middle, end)))

    assert "location" not in documents["middle"]
    assert "database_name" not in documents["middle"]
    assert documents["middle"]["lineage"]["upstream"] == [documents["a"]["urn"]]
    assert documents["z"]["lineage"]["upstream"] == [documents["middle"]["urn"]]


def test_statistics_come_from_the_catalog_of_each_database():
    described = catalog(model__shop__orders=[("id", "INT64")])
    described["nodes"]["model.shop.orders"]["stats"] = {
        "num_rows": {"id": "num_rows", "value": 1200.0},
        "num_bytes": {"id": "num_bytes", "value": "4096"},
        "has_stats": {"id": "has_stats", "value": True},
    }

    document = dbt.read(manifest(model("orders")), described).documents[0]

    assert document["statistics"] == {
        "row_count": 1200,
        "size_bytes": 4096,
        "analyzed_at": "2026-05-01T06:00:00Z",
    }


@pytest.mark.parametrize(
    ("facts", "layer"),
    [
        ({"meta": {"layer": "Platinum"}}, "platinum"),
        ({"fqn": ["shop", "marts", "core", "orders"]}, "gold"),
        ({"fqn": ["shop", "intermediate", "orders"]}, "silver"),
        ({"name": "stg_orders"}, "silver"),
        ({"name": "fct_orders"}, "gold"),
        ({"schema": "prod_raw"}, "bronze"),
        ({"name": "orders"}, None),
    ],
)
def test_the_layer_is_told_by_meta_folder_name_or_schema(facts, layer):
    document = dbt.read(manifest({**model("orders"), **facts})).documents[0]

    assert document.get("layer") == layer


def test_a_secret_in_meta_is_left_out_and_told():
    reading = dbt.read(manifest(model("orders", meta={"team": "a", "api_key": "abc123"})))

    assert "api_key" not in reading.documents[0]["meta"]
    assert "secret_left_out" in codes(reading)
    assert "abc123" not in str(reading.notes)


def test_paths_of_a_machine_are_dropped():
    node = model("orders", original_file_path="/home/ana/shop/models/orders.sql", raw_code="select 1")

    document = dbt.read(manifest(node)).documents[0]

    assert "original_file_path" not in document["meta"]["dbt"]
    assert "file" not in document["lineage"]["transformation"][0]


def test_python_models_are_python():
    node = model("orders", language="python", raw_code="def model(dbt, session): ...")

    document = dbt.read(manifest(node)).documents[0]

    assert document["lineage"]["transformation"][0]["language"] == "python"


def test_disabled_nodes_are_read_as_list_and_as_map():
    old = dbt.read(manifest(model("a"), version=2, disabled=[{"unique_id": "model.shop.off"}]))
    new = dbt.read(manifest(model("a"), disabled={"model.shop.off": [{"unique_id": "model.shop.off"}]}))

    assert old.counts["disabled"] == new.counts["disabled"] == 1
    assert {"disabled"} <= codes(old) & codes(new)
