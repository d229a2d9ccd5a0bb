"""Every row and code of the table of changes, each with a pair of documents and the verdicts of both sides."""

import pytest

from apps.catalog.changes.change import Verdict
from apps.catalog.changes.classify import classify
from apps.catalog.changes.codes import CODES
from apps.catalog.changes.facts import Facts, ValueDomain

from .documents import (
    CHECK,
    FK,
    INDEX,
    KEYED,
    LATENCY,
    PK,
    PK2,
    REQUIRED,
    UNIQUE,
    capsule,
    column,
    default,
    keyed,
    lineage,
    masked,
    means,
    policy,
    promise,
    rule,
    rules,
    sla,
    structure,
)

LETTERS = {"B": Verdict.BREAKING, "N": Verdict.NOTICE, "C": Verdict.COMPATIBLE, "M": Verdict.METADATA}
EXTENSIBLE = Facts(
    domains={"states": ValueDomain(("a", "b"), extensible=True), "more": ValueDomain(("a", "b", "c"))}
)
ADDS, DROPS = ({}, {"min": 0}), ({"min": 0}, {})
FIELD = {"fields": [column("a")]}

ROWS = [
    # row, code, verdicts, old, new[, facts]
    (1, "column_added", "CN", structure(column("id")), structure(column("id"), column("note"))),
    (1, "column_added", "CN", structure(column("id")), structure(
        column("id"), column("n", is_nullable=False, constraints=[{"type": "default", "value": 0}]))),
    (2, "column_added_required", "CB", structure(column("id")), structure(column("id"), column("n", **REQUIRED))),
    (3, "column_removed", "BC", structure(*KEYED), structure(column("id"))),
    (4, "column_renamed", "BN", structure(column("id")), structure(column("key", **{"x-renamed-from": "id"}))),
    (4, "column_renamed", "BB", structure(column("id", **REQUIRED)), structure(
        column("key", **REQUIRED, **{"x-renamed-from": "id"}))),
    (5, "column_case", "NN", {**structure(column("ID")), "urn": "urn:dcs:dbt:model:a:b"},
     {**structure(column("id")), "urn": "urn:dcs:dbt:model:a:b"}),
    (5, "column_case", "BN", {**structure(column("ID")), "source_system": "clickhouse"},
     {**structure(column("id")), "source_system": "clickhouse"}),
    (6, "column_reordered", "NC", structure(*KEYED), structure(*reversed(KEYED))),
    (7, "type_widened", "NC", structure(column("id", "INT")), structure(column("id", "BIGINT"))),
    (7, "type_widened", "CC", structure(column("id", "VARCHAR(4)")), structure(column("id", "VARCHAR(8)"))),
    (7, "type_widened", "NC", structure(column("id", "VARCHAR(4)")), structure(column("id", "TEXT"))),
    (8, "type_narrowed", "NB", structure(column("id", "BIGINT")), structure(column("id", "INT"))),
    (9, "type_changed", "BB", structure(column("id", "INT")), structure(column("id", "STRING"))),
    (9, "type_changed", "BB", structure(column("id", "TIMESTAMP")), structure(column("id", "TIMESTAMPTZ"))),
    (10, "type_undetermined", "NN", structure(column("id", "INT")), structure(column("id", "geohash"))),
    (10, "type_undetermined", "NN", structure(column("id", "INT")), structure(column("id", "unknown"))),
    (10, "type_declared", "MM", structure(column("id", "unknown")), structure(column("id", "INT"))),
    (11, "nullability_tightened", "CB", structure(column("id")), structure(column("id", **REQUIRED))),
    (12, "nullability_loosened", "BC", structure(column("id", **REQUIRED)), structure(column("id"))),
    (12, "nullability_loosened", "BC", structure(column("id", **REQUIRED)), structure(column("id", "Nullable(INT)"))),
    (13, "pk_added", "CB", keyed(), keyed(PK)),
    (13, "pk_removed", "BC", keyed(PK), keyed()),
    (14, "pk_changed", "BB", keyed(PK), keyed(PK2)),
    (14, "pk_reordered", "NC", keyed(PK2), keyed({**PK2, "columns": ["other", "id"]})),
    (15, "unique_added", "CB", keyed(), keyed(UNIQUE)),
    (15, "unique_removed", "BC", keyed(UNIQUE), keyed()),
    (16, "fk_added", "CB", keyed(), keyed(FK)),
    (16, "fk_removed", "NC", keyed(FK), keyed()),
    (17, "fk_target", "BB", keyed(FK), keyed({**FK, "references": "urn:dcs:files:table:shop:users.id"})),
    (17, "fk_action", "NN", keyed(FK), keyed({**FK, "on_delete": "CASCADE"})),
    (18, "check_added", "CB", keyed(), keyed(CHECK)),
    (18, "check_removed", "NC", keyed(CHECK), keyed()),
    (19, "check_changed", "NN", keyed(CHECK), keyed({**CHECK, "expression": "id >= 0"})),
    (20, "enforcement_off", "NC", keyed(PK), keyed({**PK, "enforced": False})),
    (20, "enforcement_on", "CN", keyed({**CHECK, "enforced": False}), keyed(CHECK)),
    (21, "default_added", "MC", default(None), default({"value": 0})),
    (21, "default_changed", "NC", default({"value": 0}), default({"value": 1})),
    (21, "default_changed", "NC", default({"value": 1}), default({"value": True})),
    (21, "default_removed", "NC", default({"expression": "now()"}), default(None)),
    (21, "default_removed", "NB", default({"value": 0}, **REQUIRED), default(None, **REQUIRED)),
    (22, "column_added", "CN", structure(column("id", "STRUCT", **FIELD)),
     structure(column("id", "STRUCT", fields=[column("a"), column("b")]))),
    (22, "column_added_required", "CB", structure(column("id", "STRUCT<a INT>")),
     structure(column("id", "STRUCT<a INT, b INT NOT NULL>"))),
    (22, "column_removed", "BC", structure(column("id", "ARRAY<STRUCT<a INT, b INT>>")),
     structure(column("id", "ARRAY<STRUCT<a INT>>"))),
    (23, "index_added", "MM", capsule(), capsule(indexes=[INDEX])),
    (23, "index_removed", "MM", capsule(indexes=[INDEX]), capsule()),
    (23, "index_removed", "NM", capsule(indexes=[INDEX], contract=LATENCY), capsule(contract=LATENCY)),
    (23, "index_changed", "MM", capsule(indexes=[INDEX]), capsule(indexes=[{**INDEX, "unique": True}])),
    (23, "index_changed", "NM", capsule(indexes=[INDEX], contract=LATENCY),
     capsule(indexes=[{**INDEX, "where": "id > 0"}], contract=LATENCY)),
    (24, "partitioning_changed", "NN", capsule(partitioning={"strategy": "range", "key": ["id"]}),
     capsule(partitioning={"strategy": "hash", "key": ["id"]})),
    (25, "location_changed", "BN", capsule(format="parquet", location="s3://a"), capsule(format="parquet", location="s3://b")),
    (25, "location_changed", "NN", capsule(format="view", location="a"), capsule(format="view", location="b")),
    (25, "format_changed", "BN", capsule(format="delta"), capsule(format="iceberg")),
    (25, "format_changed", "NN", capsule(format="view"), capsule(format="table")),
    (26, "compression_changed", "CC", capsule(compression="gzip"), capsule(compression="zstd")),
    (27, "unit_changed", "BB", means(unit_of_measure="USD"), means(unit_of_measure="EUR")),
    (27, "unit_changed", "BB", means(unit_of_measure="USD"), means()),
    (27, "unit_added", "MM", means(), means(unit_of_measure="USD")),
    (28, "enum_extended", "BC", means(allowed_values=["a"]), means(allowed_values=["b", "a"])),
    (28, "enum_extended", "NC", means(allowed_values=["a"], value_domain="states"),
     means(allowed_values=["a", "b"], value_domain="states"), EXTENSIBLE),
    (28, "enum_extended", "BC", structure(column("id", "ENUM('a')")), structure(column("id", "ENUM('a','b')"))),
    (29, "enum_narrowed", "CB", means(allowed_values=["a", "b"]), means(allowed_values=["a"])),
    (29, "enum_narrowed", "CB", means(), means(allowed_values=["a"])),
    (29, "enum_narrowed", "CB", means(allowed_values=[1, True]), means(allowed_values=[1])),
    (30, "enum_dropped", "BC", means(allowed_values=["a"]), means()),
    (30, "enum_dropped", "NC", means(allowed_values=["a"], value_domain="states"), means(value_domain="states"), EXTENSIBLE),
    (30, "enum_dropped", "BC", structure(column("id", "ENUM('a')")), structure(column("id", "TEXT"))),
    (31, "value_domain_changed", "NN", means(value_domain="x"), means(value_domain="y")),
    (31, "value_domain_changed", "NC", means(value_domain="states"), means(value_domain="more"), EXTENSIBLE),
    (31, "value_domain_changed", "CB", means(value_domain="more"), means(value_domain="states"), EXTENSIBLE),
    (32, "range_loosened", "NC", means(range={"min": 0}), means(range={"min": -1})),
    (32, "range_loosened", "NC", means(range={"max": 9}), means()),
    (32, "range_loosened", "BC", {**means(range={"max": 9}), "quality_rules": [rule(max=9, severity="error")]},
     {**means(), "quality_rules": [rule(max=9, severity="error")]}),
    (32, "range_tightened", "CB", means(range={"max": 9}), means(range={"max": 5})),
    (32, "range_tightened", "CB", means(), means(range={"max": 5})),
    (33, "pattern_changed", "NN", means(format_pattern="[a-z]+"), means(format_pattern="[a-z]*")),
    (33, "pattern_changed", "NN", means(format_pattern="[a-z]+", example_values=["ab"]), means(example_values=["ab"])),
    (33, "pattern_changed", "BN", means(format_pattern="[a-z]+", example_values=["ab"]),
     means(format_pattern="[0-9]+", example_values=["ab"])),
    (33, "pattern_added", "CB", means(), means(format_pattern="[a-z]+")),
    (34, "meaning_changed", "NM", means(business_definition="Net."), means(business_definition="Gross.")),
    (34, "meaning_changed", "NM", means(semantic_type="metric"), means(semantic_type="measure")),
    (35, "docs_changed", "MM", capsule(description="a"), capsule(description="b")),
    (35, "docs_changed", "MM", capsule(tags=["a"]), capsule(tags=["a", "b"])),
    (35, "docs_changed", "MM", capsule(business_terms=["a"]), capsule(business_terms=[{"term": "a", "relationship": "related_to"}])),
    (35, "docs_changed", "MM", means(business_name="a"), means(business_name="b")),
    (35, "docs_changed", "MM", means(example_values=[1]), means(example_values=[2])),
    (35, "docs_changed", "MM", structure(column("id", description="a")), structure(column("id", description="b"))),
    (36, "rule_added", "CN", rules(), rules(rule(min=0))),
    (36, "rule_added", "CB", rules(), rules(rule(min=0, blocking=True))),
    (36, "rule_added", "CB", rules(rule(min=0, severity="error", enabled=False)), rules(rule(min=0, severity="error"))),
    (37, "rule_removed", "NC", rules(rule(min=0)), rules()),
    (37, "rule_removed", "BC", rules(rule(min=0), critical=["range_check_id"]), rules(critical=["range_check_id"])),
    (37, "rule_removed", "NC", rules(rule(min=0)), rules(rule(min=0, enabled=False))),
    (38, "rule_loosened", "NC", rules(rule(min=0)), rules(rule(min=-1))),
    (38, "rule_loosened", "NC", rules(rule(min=0, severity="error")), rules(rule(min=0))),
    (38, "rule_loosened", "NC", rules(rule(min=0, blocking=True)), rules(rule(min=0))),
    (38, "rule_loosened", "BC", rules(rule("freshness", name="fresh", threshold="PT4H"), critical=["fresh"]),
     rules(rule("freshness", name="fresh", threshold="PT6H"), critical=["fresh"])),
    (38, "rule_loosened", "NC", rules(rule("value_in_set", values=["a"])), rules(rule("value_in_set", values=["a", "b"]))),
    (38, "rule_loosened", "NC", rules(rule("completeness_threshold", threshold_percent=99)),
     rules(rule("completeness_threshold", threshold_percent=95))),
    (39, "rule_tightened", "CN", rules(rule(min=0)), rules(rule(min=1))),
    (39, "rule_tightened", "CB", rules(rule(min=0, severity="error")), rules(rule(min=1, severity="error"))),
    (39, "rule_tightened", "CB", rules(rule(min=0)), rules(rule(min=0, blocking=True))),
    (39, "rule_tightened", "CN", rules(rule("duplicate_threshold", threshold_percent=5)),
     rules(rule("duplicate_threshold", threshold_percent=1))),
    (40, "rule_changed", "NN", rules(rule("custom_sql", sql="select 1")), rules(rule("custom_sql", sql="select 2"))),
    (40, "rule_changed", "NN", rules(rule("custom_function", function="a")), rules(rule("custom_function", function="b"))),
    (40, "rule_changed", "NN", rules(rule(min=0, config={"a": 1})), rules(rule(min=0, config={"a": 2}))),
    (41, "sensitivity_raised", "NN", policy(), policy(sensitivity_level="restricted")),
    (41, "sensitivity_raised", "BN", policy(), policy(sensitivity_level="restricted"), Facts(clearances={"analyst": "internal"})),
    (41, "sensitivity_lowered", "NN+", policy(), policy(sensitivity_level="public")),
    (42, "access_narrowed", "BC", policy(access={"allowed_roles": ["a", "b"]}), policy(access={"allowed_roles": ["a"]})),
    (42, "access_narrowed", "BC", policy(), policy(access={"denied_roles": ["a"]})),
    (42, "access_narrowed", "BC", policy(), policy(purposes={"prohibited": ["ads"]})),
    (42, "access_narrowed", "BC", policy(), policy(access={"min_access_level": "admin"})),
    (43, "access_widened", "CC+", policy(access={"allowed_roles": ["a"]}), policy(access={"allowed_roles": ["a", "b"]})),
    (43, "access_widened", "CC+", policy(purposes={"approved": ["a"]}), policy()),
    (43, "access_widened", "CC+", policy(access={"min_access_level": "admin"}), policy(access={"min_access_level": "privileged"})),
    (44, "masking_added", "BN", capsule(), masked()),
    (44, "masking_added", "BN", masked(masking_applies_to=["a"]), masked(masking_applies_to=["a", "b"])),
    (44, "masking_changed", "BN", masked(), masked(masking_method="redaction")),
    (44, "masking_removed", "NN+", masked(), capsule()),
    (44, "masking_removed", "NN+", masked(), masked(masking_exempt=["auditor"])),
    (45, "region_narrowed", "BB", policy(geographic={"allowed_regions": ["US", "CA"]}), policy(geographic={"allowed_regions": ["US"]})),
    (45, "region_narrowed", "BB", policy(), policy(geographic={"cross_border_transfer": False})),
    (45, "region_narrowed", "BB", policy(geographic={"data_residency": "US"}), policy(geographic={"data_residency": "DE"})),
    (46, "region_widened", "CC+", policy(geographic={"restricted_regions": ["RU"]}), policy()),
    (46, "region_widened", "CC+", policy(geographic={"cross_border_transfer": False}), policy()),
    (47, "retention_shorter", "BN", policy(retention={"period": "P7Y"}), policy(retention={"period": "P1Y"})),
    (47, "retention_shorter", "BN", policy(retention={"action": "archive"}), policy(retention={"action": "hard_delete"})),
    (47, "retention_longer", "NN+", policy(retention={"period": "P1Y"}), policy(retention={"period": "P13M"})),
    (48, "safeguard_added", "NN", policy(), policy(retention={"legal_hold": True})),
    (48, "safeguard_added", "NN", policy(), policy(compliance={"frameworks": ["pci"]})),
    (48, "safeguard_added", "NN", policy(), policy(encryption={"at_rest": True})),
    (48, "safeguard_removed", "NC+", policy(), policy(encryption={"in_transit": False})),
    (48, "safeguard_removed", "NC+", policy(compliance={"consent_required": True}), policy()),
    (48, "safeguard_removed", "NC+", policy(compliance={"audit_retention": "P10Y"}), policy(compliance={"audit_retention": "P5Y"})),
    (49, "lineage_changed", "MM", lineage(), lineage(upstream=["urn:a"])),
    (49, "lineage_changed", "NM", lineage(), lineage(upstream=["urn:a"]), Facts(sensitivities={"urn:a": "secret"})),
    (49, "lineage_changed", "MM", lineage(columns={"id": ["a"]}), lineage(columns={"id": ["b"]})),
    (50, "code_changed", "MM", lineage(transformation={"code": "select 1"}), lineage(transformation={"code": "select 2"})),
    (51, "sla_weaker", "BC", sla("freshness", target="PT4H"), sla("freshness", target="PT6H")),
    (51, "sla_weaker", "BC", sla("latency", p95_ms=10), promise()),
    (51, "sla_weaker", "BC", sla("availability", max_downtime="PT1H per month"),
     sla("availability", max_downtime={"duration": "PT2H", "per": "month"})),
    (51, "sla_stronger", "CB", sla("freshness", target="PT4H"), sla("freshness", target="PT3H")),
    (52, "sla_weaker", "BC", sla("completeness", target=99.9), sla("completeness", target=99.5)),
    (52, "sla_weaker", "BC", sla("quality", min_score=95), promise()),
    (52, "sla_stronger", "CB", promise(), sla("availability", target="99.9%")),
    (53, "sla_weaker", "NC", sla("completeness", min_rows=10), sla("completeness", min_rows=5)),
    (53, "sla_weaker", "NC", sla("completeness", max_rows=10), promise()),
    (53, "sla_stronger", "CB", sla("completeness", max_rows=10), sla("completeness", max_rows=5)),
    (54, "schedule_changed", "NN", sla("freshness", schedule="hourly"), sla("freshness", schedule="daily")),
    (55, "support_lowered", "NC", promise(support={"level": "24x7"}), promise()),
    (55, "support_raised", "CC", promise(), promise(support={"level": "24x7"})),
    (55, "support_contact_removed", "NC", promise(support={"slack": "#a"}), promise()),
    (55, "support_contact_changed", "MC", promise(support={"slack": "#a"}), promise(support={"slack": "#b"})),
    (55, "support_window_added", "NC", promise(),
     promise(maintenance_windows=[{"day": "Sunday", "start": "01:00", "end": "02:00"}])),
    (55, "support_window_added", "NC", promise(maintenance_windows=[{"day": "Sunday", "start": "23:00", "end": "00:00"}]),
     promise(maintenance_windows=[{"day": "Sunday", "start": "23:00", "end": "01:00"}])),
    (55, "support_window_removed", "CC", promise(maintenance_windows=[{"day": "Sunday", "start": "01:00", "end": "02:00"}]),
     promise()),
    (56, "contract_weakened", "BC", promise(), promise(schema_changes={"policy": "flexible"})),
    (56, "contract_weakened", "BC", promise(), promise(schema_changes={"breaking_change_notice": "P2W"})),
    (56, "contract_weakened", "BC", promise(), promise(deprecation={"notice_required": False})),
    (56, "contract_weakened", "BC", sla("quality", critical_rules=["a", "b"]), sla("quality", critical_rules=["a"])),
    (57, "contract_strengthened", "CN", promise(), promise(schema_changes={"policy": "strict"})),
    (57, "contract_strengthened", "CN", promise(), promise(schema_changes={"breaking_change_notice": 60})),
    (58, "deprecation_set", "NM", promise(), promise(deprecation={"date": "2030-01-01"})),
    (58, "deprecation_earlier", "BM", promise(deprecation={"date": "2030-01-01"}), promise(deprecation={"date": "2029-01-01"})),
    (58, "deprecation_later", "CM", promise(deprecation={"date": "2030-01-01"}), promise(deprecation={"date": "2031-01-01"})),
    (58, "deprecation_removed", "CM", promise(deprecation={"date": "2030-01-01"}), promise()),
    (58, "deprecation_policy_shorter", "NM", promise(deprecation={"policy": "90_days"}), promise(deprecation={"policy": "30_days"})),
    (58, "deprecation_policy_longer", "CM", promise(deprecation={"policy": "90_days"}), promise(deprecation={"policy": "never"})),
    (59, "consumer_added", "MM", promise(), promise(known_consumers=[{"team": "a"}])),
    (59, "consumer_removed", "NM", promise(known_consumers=[{"team": "a"}]), promise()),
    (59, "consumer_changed", "MM", promise(known_consumers=[{"team": "a"}]), promise(known_consumers=[{"team": "a", "contact": "b"}])),
    (60, "contract_withdrawn", "BC", promise(), capsule()),
    (60, "contract_withdrawn", "BC", promise(status="active"), promise()),
    (61, "contract_activated", "CN", promise(status="proposed"), promise(status="active")),
    (62, "capsule_retired", "BB", capsule(), None),
    (62, "capsule_retired", "BB", capsule(), {**capsule(), "urn": "urn:dcs:files:table:shop:sales"}),
    (62, "capsule_created", "MM", None, capsule()),
    (63, "identity_changed", "NM", capsule(capsule_type="table"), capsule(capsule_type="view")),
    (63, "identity_changed", "NM", capsule(owner="a"), capsule(owner={"team": "b"})),
    (63, "identity_changed", "MM", capsule(layer="raw"), capsule(layer="gold")),
    (63, "identity_changed", "MM", capsule(domain="a"), capsule(domain="b")),
    (63, "identity_changed", "MM", capsule(owner={"team": "a"}), capsule(owner={"team": "a", "email": "a@b"})),
    (64, "other_metadata", "MM", capsule(meta={"a": 1}), capsule(meta={"a": 2})),
    (64, "other_metadata", "MM", capsule(**{"x-a": 1}), capsule(**{"x-a": True})),
    (64, "other_metadata", "MM", promise(), promise(performance={"target_row_count": 1})),
    (64, "other_metadata", "MM", promise(cost={"cost_center": "a"}), promise(cost={"cost_center": "b"})),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
def test_every_row_of_the_table(row):
    number, code, verdicts, old, new, *facts = row

    found = [change for change in classify(old, new, *facts) if change.code == code]

    assert len(found) == 1, [change.code for change in classify(old, new, *facts)]
    change = found[0]
    assert (change.consumer, change.producer) == tuple(LETTERS[letter] for letter in verdicts[:2])
    assert change.needs_approval is ("+" in verdicts)
    assert CODES[code].row == number or number in (22, 28, 30, 52, 53)


def test_the_table_holds_every_code():
    assert {row[1] for row in ROWS} == set(CODES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
def test_every_change_says_why_and_where(row):
    *_, old, new = row[:5]
    for change in classify(old, new, *row[5:]):
        assert str(change.why_consumer).endswith((".", "]")) or ":" in str(change.why_consumer)
        assert "%(" not in f"{change.why_consumer} {change.why_producer}"
        assert change.undetermined is ("ndetermined" in str(change.why_consumer)) or not change.undetermined
        assert change.item()["consumer"] in ("breaking", "notice", "compatible", "metadata")
        assert _points(new if change.new is not None else old, change.pointer) or change.action != "create"


def _points(document, pointer):
    value = document
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True
