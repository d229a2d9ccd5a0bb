import pytest

from apps.catalog.changes.change import Verdict
from apps.catalog.changes.classify import classify
from apps.catalog.changes.facts import Facts

from .documents import (
    CHECK,
    FK,
    KEYED,
    PK,
    capsule,
    column,
    default,
    keyed,
    masked,
    orders,
    policy,
    promise,
    rule,
    rules,
    sla,
    structure,
)


def codes(old, new, *facts):
    return [change.code for change in classify(old, new, *facts)]


def test_one_edit_gives_as_many_changes_as_it_is():
    old = default({"value": 0})
    new = {
        **old,
        "schema": {"columns": [column("id", "SMALLINT", constraints=[{"type": "default", "value": 1}])]},
    }

    assert codes(old, new) == ["type_narrowed", "default_changed"]


def test_a_removed_column_takes_along_what_hung_on_it_and_names_it():
    old = orders()
    new = orders()
    del new["schema"]["columns"][1], new["schema"]["indexes"][0], new["quality_rules"][3]
    del new["column_policies"]
    facts = Facts(referenced_by={"customer_id": ["urn:dcs:dbt:model:a:payments.customer_id"]})

    (change,) = classify(old, new, facts)

    assert change.code == "column_removed"
    assert change.pointer == "/schema/columns/1"
    assert change.impact == (
        "foreign key to urn:dcs:dbt:model:jaffle_shop.staging:stg_customers.customer_id",
        "referenced by urn:dcs:dbt:model:a:payments.customer_id",
        "masking of customer_id",
        "rule referential_integrity_customer_id",
    )


def test_a_removed_primary_key_column_names_the_key_and_its_critical_rule():
    old, new = orders(), orders()
    del new["schema"]["columns"][0], new["quality_rules"][0]

    (change,) = classify(old, new)

    assert change.impact == ("primary key", "critical rule unique_order_id")


def test_renames_are_followed_through_the_versions_between():
    old = capsule(
        column("a"), columns={"a": {"unit_of_measure": "EUR"}}, quality_rules=[rule("unique", column="a")]
    )
    new = capsule(
        column("c"), columns={"c": {"unit_of_measure": "EUR"}}, quality_rules=[rule("unique", column="c")]
    )

    assert codes(old, new, Facts(renames=[{"a": "b"}, {"b": "c"}])) == ["column_renamed"]
    assert "column_removed" in codes(old, new)


def test_a_spent_hint_says_nothing_and_a_name_that_still_stands_is_not_renamed():
    hinted = column("key", **{"x-renamed-from": "id"})

    assert codes(structure(column("key")), structure(hinted)) == []
    assert codes(structure(column("id")), structure(column("id"), hinted)) == ["column_added"]
    assert codes(None, structure(hinted))[0] == "capsule_created"


def test_a_stable_id_is_a_rename_without_a_hint():
    old, new = structure(column("a", meta={"id": 7})), structure(column("b", meta={"id": 7}))

    assert codes(old, new) == ["column_renamed"]


def test_nested_fields_are_renamed_with_their_parent():
    old = structure(column("a", "STRUCT", fields=[column("x"), column("y")]))
    new = structure(
        column("b", "STRUCT", fields=[column("x", "BIGINT"), column("y")], **{"x-renamed-from": "a"})
    )

    assert [(each.code, each.name) for each in classify(old, new)] == [
        ("column_renamed", "b"),
        ("type_widened", "b.x"),
    ]


def test_a_nested_text_type_and_its_fields_spelled_out_are_the_same():
    old = structure(column("a", "STRUCT<x INT, y STRUCT<z TEXT>>"))
    new = structure(
        column("a", "STRUCT", fields=[column("x"), column("y", "STRUCT", fields=[column("z", "STRING")])])
    )

    assert codes(old, new) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (structure(column("id", "int4")), structure(column("id", "INTEGER"))),
        (keyed(CHECK), keyed({**CHECK, "expression": "((ID>0))".lower()})),
        (keyed({**CHECK, "expression": "id <> 1"}), keyed({**CHECK, "expression": "id != 1"})),
        (keyed(PK), capsule(column("id", constraints=[{"type": "primary_key"}]), column("other"))),
        (sla("freshness", target="4 hours"), sla("freshness", target="PT240M")),
        (sla("availability", target=99.9), sla("availability", target="99.90%")),
        (sla("availability", max_downtime="1 hour per month"),
         sla("availability", max_downtime={"duration": "PT1H", "per": "month"})),
        (policy(retention={"period": "1 year"}), policy(retention={"period": "P12M"})),
        (policy(compliance={"frameworks": ["pci"]}), policy(compliance={"frameworks": ["PCI-DSS"]})),
        (capsule(description="a  \nb\n"), capsule(description="a\nb")),
        (capsule(owner="a"), capsule(owner={"team": "a"})),
        (capsule(business_terms=["a"]), capsule(business_terms=[{"term": "a"}])),
        (promise(), promise(schema_changes={"breaking_change_notice": "P30D"})),
        (rules(rule(), rule("unique")), rules(rule("unique"), rule())),
        (keyed(FK), keyed({**FK, "references": {"table": "urn:dcs:files:table:shop:people", "column": "id"}})),
        (masked(), capsule(column_policies={"id": {"requires_masking": True, "masking_rules": [{"name": "id_hashing", "method": "hashing"}]}})),
        (capsule(format="delta_lake"), capsule(format="delta")),
    ],
)  # fmt: skip
def test_equal_normal_forms_are_no_change(old, new):
    assert codes(old, new) == codes(new, old) == []


def test_consumers_that_were_stored_without_a_team_are_compared_too():
    promised = {"name": "orders", "contract": {"known_consumers": [{"use_case": "Report"}]}}

    assert codes(promised, promised) == []
    assert codes(promised, {"name": "orders", "contract": {"known_consumers": [{}]}}) == ["consumer_changed"]


def test_a_duration_that_the_calendar_leaves_open_is_undetermined():
    (change,) = classify(policy(retention={"period": "P1M"}), policy(retention={"period": "P30D"}))

    assert (change.code, change.undetermined, change.consumer) == ("retention_shorter", True, Verdict.NOTICE)


def test_a_policy_that_moves_from_the_column_to_the_capsule_without_effect_is_no_change():
    own = {"requires_masking": True, "masking_method": "hashing", "access": {"allowed_roles": ["a"]}}
    old = capsule(policies={"sensitivity_level": "internal"}, column_policies={"id": own})
    new = capsule(policies={"sensitivity_level": "internal", **own})

    assert codes(old, new) == codes(new, old) == []


def test_a_setting_without_effect_is_a_note():
    access = {"allowed_roles": ["a"]}

    (change,) = classify(policy(access=access), policy(access={**access, "denied_roles": ["b"]}))

    assert (change.code, change.pointer) == ("other_metadata", "/policies/access/denied_roles")


def test_masking_the_capsule_masks_the_columns_that_had_no_policy():
    own = {"requires_masking": True, "masking_method": "hashing"}
    old = capsule(*KEYED, policies={"sensitivity_level": "internal"}, column_policies={"id": own})
    new = capsule(*KEYED, policies={"sensitivity_level": "internal", **own}, column_policies={"id": own})

    (change,) = classify(old, new)

    assert (change.code, change.name) == ("masking_added", "capsule")


def test_allow_lists_without_anything_in_common_let_nobody_in():
    old = capsule(policies={"sensitivity_level": "internal", "access": {"allowed_roles": ["a"]}},
                  column_policies={"id": {"access": {"allowed_roles": ["a", "b"]}}})  # fmt: skip
    new = capsule(policies={"sensitivity_level": "internal", "access": {"allowed_roles": ["a"]}},
                  column_policies={"id": {"access": {"allowed_roles": ["b"]}}})  # fmt: skip

    (change,) = classify(old, new)

    assert (change.code, change.impact) == ("access_narrowed", ("role a",))


def test_a_new_capsule_breaks_nobody():
    changes = classify(None, orders())

    assert {change.action for change in changes} == {"create"}
    assert (
        {change.consumer for change in changes}
        == {change.producer for change in changes}
        == {Verdict.METADATA}
    )
    assert len({change.dimension for change in changes}) == 7
