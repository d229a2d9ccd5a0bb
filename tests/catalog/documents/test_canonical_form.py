"""One spelling for everything: what the design resolves in sections 3 and 4 of the document format."""

import json
from pathlib import Path

import pytest

from apps.catalog import documents

HEAD = "data_capsule:\n  urn: urn:dcs:dbt:model:shop:stg_orders\n  name: stg_orders\n"
COLUMNS = "  schema:\n    columns:\n      - {name: order_id, data_type: INT}\n      - {name: total, data_type: INT}\n"
FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "dbt" / "jaffle_shop_classic"


def read(body, **options):
    reading = documents.read(HEAD + body, **options)
    assert reading.errors == [], reading.errors
    return reading.documents[0]


def said(body, **options):
    return read(body, **options).canonical


def same(one, other):
    return said(one) == said(other)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1.10", "1.10"), ("yes", "yes"), ("no", "no"), ("on", "on"), ("2024-12-01", "2024-12-01"), ("0x1F", "0x1F"),
        ("1e3", "1e3"), ("12:30:45", "12:30:45"), ("true", "true"), ("1_000", "1_000"), ("007", "007"),
        ("1e999999", "1e999999"), (".nan", ".nan"), ("!!str 1.10", "1.10"), ("! 1.10", "1.10"), ("'null'", "null"),
    ],
)  # fmt: skip
def test_a_key_that_takes_text_takes_it_as_written(written, text):
    assert said(f"  version: {written}\n")["version"] == text


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"), ("true", True), ("True", True), ("no", "no"), ("~", None), ("null", None), ("1.10", 1.1), ("1.0", 1),
        ("1e3", 1000), ("0o17", 15), ("0x1F", 31), ("017", 17), ("+7", 7), ("2024-12-01", "2024-12-01"), ("12:30", "12:30"),
        ("1_000", "1_000"), ("'1'", "1"), ("!!int '3'", 3), ("-0.0", 0), (".5", 0.5), ("0.1", 0.1),
    ],
)  # fmt: skip
def test_other_values_follow_the_core_of_yaml_1_2(written, value):
    found = said(f"  meta: {{a: {written}}}\n")["meta"]["a"]

    assert found == value
    assert type(found) is type(value)


def test_json_keeps_numbers_numbers():
    reading = documents.read(
        json.dumps({"data_capsule": {"urn": "urn:dcs:a:table:c:d", "name": "d", "version": 1.1}})
    )

    assert [problem.code for problem in reading.problems] == ["E101"]


def test_anchors_aliases_and_merge_keys_are_written_out():
    found = said(
        "  meta:\n"
        "    base: &base {owner: finance, tier: 1}\n"
        "    own: {<<: *base, tier: 2}\n"
        "    both: {<<: [{tier: 3}, *base]}\n"
        "    plain: {'<<': 1}\n"
    )["meta"]

    assert found["own"] == {"owner": "finance", "tier": 2}
    assert found["both"] == {"owner": "finance", "tier": 3}
    assert found["plain"] == {"<<": 1}


def test_one_letter_spelt_in_two_ways_is_one_key():
    twice = documents.read(HEAD + "  meta: {caf\u00e9: 1, cafe\u0301: 2}\n")
    merged = said("  meta:\n    a: &a {caf\u00e9: 1}\n    b: {<<: *a, cafe\u0301: 2}\n")

    assert [problem.code for problem in twice.problems] == ["E003"]
    assert merged["meta"]["b"] == {"cafe\u0301": 2}


def test_a_byte_order_mark_is_dropped():
    assert documents.read(b"\xef\xbb\xbf" + HEAD.encode()).valid


def test_braces_may_be_yaml():
    reading = documents.read("{data_capsule: {urn: 'urn:dcs:dbt:model:shop:a', name: a}} # flow style\n")

    assert reading.valid


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7 years", "P7Y"),
        ("1 year", "12 months"),
        ("P1W", "7 days"),
        ("4 hours", "PT240M"),
        ("90 minutes", "PT1H30M"),
    ],
)
def test_equal_durations_have_one_spelling(one, other):
    policy = "  policies:\n    sensitivity_level: internal\n    retention: {{period: {}}}\n"

    assert same(policy.format(one), policy.format(other))


@pytest.mark.parametrize(
    ("one", "other"), [("P1M", "30 days"), ("24 hours", "1 day"), ("1 year", "365 days")]
)
def test_months_days_and_hours_stay_apart(one, other):
    policy = "  policies:\n    sensitivity_level: internal\n    retention: {{period: {}}}\n"

    assert not same(policy.format(one), policy.format(other))


@pytest.mark.parametrize(
    ("written", "value"),
    [("99.9", 99.9), ('"99.9%"', 99.9), ("99.9 %", 99.9), ("95.0", 95), ("99.9999", 99.9999)],
)
def test_percentages_are_numbers_from_0_to_100(written, value):
    found = said(f"  contract:\n    version: 1\n    slas: {{completeness: {{target: {written}}}}}\n")

    assert found["contract"]["slas"]["completeness"]["target"] == value


def test_masking_words_are_those_of_masking_rules():
    found = said(COLUMNS + "  column_policies:\n    total: {requires_masking: true, masking_method: hash}\n")

    assert found["column_policies"]["total"]["masking_method"] == "hashing"


def test_one_plain_masking_rule_has_the_short_form():
    short = "    total: {requires_masking: true, masking_method: hashing}\n"
    long = "    total: {requires_masking: true, masking_method: hash, masking_rules: [{name: total_hashing, method: hashing}]}\n"
    other = "    total: {requires_masking: true, masking_method: hash, masking_rules: [{name: total_hashing, method: hashing, priority: 1}]}\n"

    assert same(COLUMNS + "  column_policies:\n" + short, COLUMNS + "  column_policies:\n" + long)
    assert not same(COLUMNS + "  column_policies:\n" + short, COLUMNS + "  column_policies:\n" + other)


def test_environments_stand_before_roles():
    one = "  policies: {sensitivity_level: internal, masking_applies_to: [analyst, production]}\n"
    two = "  policies: {sensitivity_level: internal, masking_applies_to: [analyst], masking_conditions: {environments: [production]}}\n"

    assert said(one)["policies"]["masking_applies_to"] == ["production", "analyst"]
    assert same(one, two)


def test_frameworks_have_one_spelling():
    found = said(
        "  policies:\n    sensitivity_level: internal\n    compliance: {frameworks: [gdpr, pci, Pci-Dss, House]}\n"
    )

    assert found["policies"]["compliance"]["frameworks"] == ["GDPR", "PCI-DSS", "House"]


def test_downtime_has_one_spelling():
    contract = "  contract:\n    version: 1\n    slas: {{availability: {{max_downtime: {}}}}}\n"

    assert same(contract.format("1 hour per month"), contract.format("{duration: PT60M, per: month}"))


def test_notice_is_in_days():
    contract = "  contract:\n    version: 1\n    schema_changes: {{breaking_change_notice: {}}}\n"

    assert same(contract.format("30"), contract.format("30 days"))
    assert same(contract.format("P2W"), contract.format("14"))


def test_a_constraint_on_one_column_stands_in_that_column():
    wide = COLUMNS + "    constraints:\n      - {type: unique, columns: [total]}\n"
    narrow = COLUMNS.replace(
        "{name: total, data_type: INT}", "{name: total, data_type: INT, constraints: [{type: unique}]}"
    )

    assert same(wide, narrow)


def test_columns_that_each_say_primary_key_make_one_key():
    each = COLUMNS.replace("INT}", "INT, constraints: [{type: primary_key}]}")
    whole = COLUMNS + "    constraints:\n      - {type: primary_key, columns: [order_id, total]}\n"

    assert same(each, whole)
    assert said(whole)["schema"]["constraints"] == [{"type": "primary_key", "columns": ["order_id", "total"]}]


def test_a_primary_key_and_not_null_make_a_column_mandatory():
    found = said(
        "  schema:\n    columns:\n"
        "      - {name: a, data_type: INT, constraints: [{type: primary_key}]}\n"
        "      - {name: b, data_type: INT, constraints: [{type: not_null}]}\n"
        "      - {name: c, data_type: INT, is_nullable: true}\n"
    )

    assert [column.get("is_nullable") for column in found["schema"]["columns"]] == [False, False, None]


@pytest.mark.parametrize(
    "written",
    [
        "urn:dcs:dbt:model:shop:stg_customers.customer_id",
        "{table: 'urn:dcs:dbt:model:shop:stg_customers', column: customer_id}",
        "{table: 'urn:dcs:dbt:model:shop:stg_customers', columns: [customer_id]}",
    ],
)
def test_references_have_one_spelling(written):
    body = "  schema:\n    columns:\n      - name: a\n        data_type: INT\n        constraints:\n          - type: foreign_key\n"

    found = said(body + f"            references: {written}\n")

    constraint = found["schema"]["columns"][0]["constraints"][0]
    assert constraint["references"] == "urn:dcs:dbt:model:shop:stg_customers.customer_id"


def test_a_table_of_the_same_bundle_is_found_by_its_name():
    rule = (
        COLUMNS
        + "  quality_rules:\n    - {rule: referential_integrity, column: total, references: other.id}\n"
    )

    reading = documents.read(HEAD + rule + "---\n" + HEAD.replace("stg_orders", "other"))

    found = reading.documents[0].canonical["quality_rules"][0]
    assert found["references"] == "urn:dcs:dbt:model:shop:other.id"


def test_a_description_said_twice_is_kept_once_and_the_meaning_wins():
    found = said(
        "  schema:\n    columns:\n      - {name: a, data_type: INT, description: Old}\n"
        "  columns:\n    a: {description: New, unit_of_measure: USD}\n"
    )

    assert found["schema"]["columns"][0]["description"] == "New"
    assert found["columns"] == {"a": {"unit_of_measure": "USD"}}


def test_default_names_of_rules_are_left_out_and_come_back():
    bare = COLUMNS + (
        "  quality_rules:\n    - {rule: unique, column: total}\n    - {rule: unique, column: total, severity: error}\n"
    )
    named = COLUMNS + (
        "  quality_rules:\n    - {rule: unique, column: total, name: unique_total}\n"
        "    - {rule: unique, column: total, severity: error, name: unique_total_2}\n"
    )
    swapped = COLUMNS + (
        "  quality_rules:\n    - {rule: unique, column: total, name: unique_total_2}\n"
        "    - {rule: unique, column: total, severity: error, name: unique_total}\n"
    )

    assert same(bare, named)
    assert documents.rule_names(said(bare)["quality_rules"]) == ["unique_total", "unique_total_2"]
    assert documents.rule_names(said(swapped)["quality_rules"]) == ["unique_total_2", "unique_total"]


def test_what_config_repeats_is_taken_out():
    config = "  quality_rules:\n    - {rule: range_check, column: total, config: {min: 0, weight: 2}}\n"
    plain = "  quality_rules:\n    - {rule: range_check, column: total, min: 0, config: {weight: 2}}\n"

    assert same(COLUMNS + config, COLUMNS + plain)


def test_what_config_contradicts_is_refused():
    body = "  quality_rules:\n    - {rule: range_check, column: total, min: 1, config: {min: 0}}\n"

    reading = documents.read(HEAD + COLUMNS + body)

    assert [problem.code for problem in reading.problems] == ["E106"]


def test_urns_are_stored_as_one_path_segment():
    reading = documents.read(
        "data_capsule:\n  urn: 'urn:dcs:files:file:lake:daily orders/2024'\n  name: daily orders/2024\n"
    )

    assert reading.problems == []
    assert reading.documents[0].urn == "urn:dcs:files:file:lake:daily%20orders%2F2024"


def test_approvals_are_never_taken_from_a_file():
    found = said("  contract: {version: 1, approved_by: ada, approved_at: 2024-01-01}\n")

    assert found["contract"] == {"version": "1"}


def test_strict_reading_gives_no_document_that_was_warned_about():
    body = HEAD + "  format: papyrus\n"

    assert len(documents.read(body).documents) == 1
    assert documents.read(body, strict=True).documents == []


def test_only_what_is_said_is_kept():
    found = said(
        "  capsule_type: model\n  tags: []\n  description: ''\n  meta: {}\n  policies: {sensitivity_level: internal, status: draft}\n"
        "  contract: {version: 1, support: {level: best_effort}, schema_changes: {policy: backwards_compatible}}\n"
    )

    assert found == {
        "urn": "urn:dcs:dbt:model:shop:stg_orders",
        "name": "stg_orders",
        "policies": {"sensitivity_level": "internal"},
        "contract": {"version": "1"},
    }


def test_keys_stand_in_the_order_of_the_format():
    found = said(
        "  contract: {version: 1}\n  x-team: a\n  tags: [a]\n  meta: {b: 1, a: 2}\n  description: d\n"
        + COLUMNS
    )

    assert list(found) == ["urn", "name", "description", "tags", "meta", "x-team", "schema", "contract"]
    assert list(found["meta"]) == ["a", "b"]


def test_real_models_are_written_and_read_back():
    manifest = json.loads((FIXTURES / "manifest.json").read_bytes())
    catalog = json.loads((FIXTURES / "catalog.json").read_bytes())
    capsules = []
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] not in ("model", "seed"):
            continue
        stored = catalog["nodes"][unique_id]["columns"]
        capsules.append(
            documents.canonical(
                {
                    "urn": f"urn:dcs:dbt:{node['resource_type']}:{node['database']}.{node['schema']}:{node['name']}",
                    "name": node["name"],
                    "description": node["description"],
                    "materialization": node["config"]["materialized"],
                    "tags": node["tags"],
                    "schema": {
                        "columns": [{"name": c["name"], "data_type": c["type"]} for c in stored.values()]
                    },
                    "columns": {
                        name: {"description": column["description"]}
                        for name, column in node["columns"].items()
                        if name in stored
                    },
                    "lineage": {
                        "transformation": {
                            "language": "sql",
                            "code": node.get("raw_code") or "",
                            "file": node["original_file_path"],
                        }
                    },
                }
            )
        )
    assert len(capsules) > 5

    for form in ("yaml", "json"):
        reading = documents.read(documents.write_bundle(capsules, form))
        assert reading.errors == []
        assert [document.canonical for document in reading.documents] == capsules
