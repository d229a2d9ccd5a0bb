"""The design's own example, as it is printed there."""

from pathlib import Path

import pytest

from apps.catalog import documents

EXAMPLE = (Path(__file__).parent / "appendix_a.yaml").read_bytes()
URN = "urn:dcs:dbt:model:jaffle_shop.staging:stg_orders"


@pytest.fixture(scope="module")
def example():
    return documents.read(EXAMPLE)


def warned(reading):
    return [
        (problem.code, problem.pointer.removeprefix("/data_capsule"), problem.line)
        for problem in reading.problems
    ]


def test_the_example_is_accepted_with_the_warnings_that_the_design_names(example):
    assert example.valid
    assert warned(example) == [
        ("W206", "/schema/indexes/1/columns/0", 45),
        ("W205", "/columns/order_status", 61),
        ("W201", "/policies/classification", 91),
        ("W207", "/contract/slas/quality/critical_rules/1", 162),
    ]


def test_an_empty_portal_adds_what_it_does_not_know():
    nothing = documents.Known(
        capsule=lambda urn: False,
        tables=lambda table, near: [],
        term=lambda name: False,
        value_domain=lambda name: None,
        domain=lambda name: False,
        columns=lambda urn: None,
        versions=lambda urn: [],
        contract=lambda urn, version: None,
        owner_email=lambda team: None,
        upstream=lambda urn: [],
    )

    reading = documents.read(EXAMPLE, known=nothing)

    assert reading.valid
    assert [code for code, *_ in warned(reading)] == [
        "W206", "W210", "W210", "W210", "W211", "W205", "W211", "W204", "W201", "W208", "W208", "W207", "W213",
    ]  # fmt: skip


def test_strict_turns_every_warning_into_an_error():
    reading = documents.read(EXAMPLE, strict=True)

    assert not reading.valid
    assert {problem.severity for problem in reading.problems} == {"error"}


def test_the_example_says_what_the_design_means(example):
    found = example.documents[0].canonical

    assert found["urn"] == URN
    assert found["version"] == "2.1.0"
    assert found["format"] == "delta"
    assert found["quality_rules"][2] == {
        "rule": "freshness",
        "capsule_level": True,
        "severity": "error",
        "threshold": "PT4H",
    }
    assert found["policies"]["retention"] == {"period": "P7Y", "start": "business_date", "action": "archive"}
    assert found["column_policies"]["customer_id"] == {
        "requires_masking": True,
        "masking_method": "tokenization",
        "masking_applies_to": ["non_production", "analytics_readonly"],
    }
    assert found["contract"]["slas"]["availability"] == {"target": 99.9, "max_downtime": "PT1H per month"}
    assert found["contract"]["schema_changes"] == {"breaking_change_notice": 30}
    assert documents.rule_names(found["quality_rules"]) == [
        "unique_order_id",
        "range_check_order_total",
        "freshness_capsule",
        "referential_integrity_customer_id",
    ]


def test_the_example_speaks_of_these_sections(example):
    document = example.documents[0]

    assert document.sections == {
        "schema", "columns", "business_terms", "quality_rules", "policies", "column_policies", "lineage.upstream",
        "lineage.transformation", "contract", "tags", "version", "format", "location", "description", "domain", "owner",
    }  # fmt: skip
    assert document.emptied == frozenset()


def test_every_entry_keeps_its_place(example):
    document = example.documents[0]

    assert document.position("/data_capsule/urn") == (4, 3)
    assert document.position("/data_capsule/schema/columns/2/data_type") == (32, 9)
    assert document.position("/data_capsule/contract/slas/completeness/target") == (152, 9)


def test_yaml_and_json_of_the_example_are_one_document(example):
    document = example.documents[0]

    for form in ("yaml", "json"):
        again = documents.read(documents.write(document, form))
        assert again.documents[0].canonical == document.canonical
        assert again.documents[0].hash == document.hash
