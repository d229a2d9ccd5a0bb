"""Rules for other tools: what maps is written and comes back the same, what does not is said."""

import json
from io import StringIO

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.deploy import rule_imports
from apps.people.reader import reader_of
from apps.quality import exports, writing
from apps.quality.models import QualityRule
from tests.factories import CapsuleFactory, ColumnFactory, QualityRuleFactory, UserFactory

pytestmark = pytest.mark.django_db
BOTH = [
    ("not_null", "order_id", {}),
    ("value_in_set", "status", {"config": {"allowed_values": ["placed", "lost"]}, "threshold_percent": 95, "severity": "warning"}),
    ("completeness_threshold", "email", {"threshold_percent": 99.5}),
    ("value_in_set", "status", {"config": {"allowed_values": ["placed", "shipped"]}}),
    ("pattern_match", "email", {"expected_pattern": "^[a-z]+@"}),
    ("range_check", "amount", {"expected_range_min": 0, "expected_range_max": 99.5}),
    ("length_check", "status", {"expected_range_max": 12}),
    ("unique", "order_id", {"blocking": True}),
    ("unique_combination", None, {"config": {"columns": ["order_id", "status"]}}),
    ("duplicate_threshold", "email", {"threshold_percent": 2.5}),
    ("statistical_threshold", "amount", {"config": {"statistic": "mean", "min": 1, "max": 20}}),
    ("statistical_threshold", "amount", {"config": {"statistic": "std_dev"}, "threshold_value": 3, "threshold_operator": ">"}),
    ("custom_sql", None, {"config": {"sql": "SELECT order_id FROM payload AS p WHERE p.amount < 0"}}),
]  # fmt: skip
ONLY = {
    "great_expectations": [
        ("range_check", "amount", {"expected_range_min": 0, "config": {"inclusive": False}}),
        ("cross_field_validation", None, {"config": {"left": "paid", "operator": ">=", "right": "amount"}}),
    ],
    "soda": [
        ("not_null", "amount", {"threshold_value": 5, "severity": "warning"}),
        ("format_valid", "email", {"config": {"format": "email"}}),
        ("freshness", "placed_at", {"config": {"max_age": "P1DT6H"}, "severity": "warning"}),
        ("referential_integrity", "customer_id", {"config": {"reference_table": "customers", "reference_column": "id"}}),
        ("statistical_threshold", "amount", {"config": {"statistic": "mean", "max": 20}, "severity": "warning"}),
    ],
}  # fmt: skip
KINDS = {"order_id": "bigint", "customer_id": "bigint", "amount": "double", "paid": "double", "placed_at": "timestamp", "status": "varchar", "email": "varchar"}  # fmt: skip


@pytest.fixture
def orders():
    capsule = CapsuleFactory(name="orders", columns=[])
    for name, kind in KINDS.items():
        ColumnFactory(capsule=capsule, name=name, data_type=kind)
    return capsule


@pytest.fixture
def chen():
    return reader_of(UserFactory(role="producer"))


def make(capsule, by, rules):
    for kind, column, values in rules:
        subject = {"column": capsule.columns.get(name=column)} if column else {"capsule": capsule}
        writing.create({"severity": "error", **values, "rule_type": kind, **subject}, by=by)


@pytest.mark.parametrize("tool", list(exports.TOOLS))
def test_what_is_exported_and_brought_back_changes_nothing(orders, chen, tool):
    make(orders, chen, BOTH + ONLY[tool])

    made = exports.of(orders, chen, tool)
    plan, found = rule_imports.planned(orders, made.text, chen)

    assert (made.written, made.left_out) == (len(BOTH + ONLY[tool]), [])
    assert found.documents, found.missed
    added = {rule["name"] for rule in found.documents[0]["quality_rules"]} - set(
        QualityRule.objects.values_list("name", flat=True)
    )
    # What carries SQL comes switched off, so it is no other rule than the one that runs.
    assert (plan, added) == (None, set())


@pytest.mark.parametrize(
    ("kind", "column", "values", "said"),
    [
        ("not_null", "order_id", {"threshold_value": 5}, "a share of the rows"),
        ("value_in_set", "status", {"config": {"allowed_values": ["a"], "case_sensitive": False}}, "case_sensitive"),
        ("range_check", "amount", {"expected_range_min": 0, "config": {"apply_condition": "paid > 0"}}, "apply_condition"),
        ("format_valid", "email", {"config": {"format": "iban"}}, "pattern alone"),
        ("outlier_detection", "amount", {}, "No expectation"),
        ("custom_sql", None, {"config": {"sql": "SELECT payload.order_id FROM payload"}}, "names the table"),
        ("custom_sql", None, {"config": {"sql": "SELECT order_id FROM payload WHERE status = '{x}'"}}, "braces"),
        ("not_null", "order_id", {"is_enabled": False}, "switched off"),
    ],
)  # fmt: skip
def test_a_rule_that_a_suite_cannot_say_is_left_out_with_a_reason(orders, chen, kind, column, values, said):
    make(orders, chen, [(kind, column, values)])

    made = exports.of(orders, chen, "great_expectations")

    assert (made.written, json.loads(made.text)["expectations"]) == (0, [])
    assert said in made.left_out[0].why


@pytest.mark.parametrize(
    ("kind", "column", "values", "said"),
    [
        ("range_check", "amount", {"expected_range_min": 0, "config": {"inclusive": False}}, "inclusive"),
        ("statistical_threshold", "amount", {"config": {"statistic": "median", "max": 3}}, "No check"),
        ("freshness", "placed_at", {"config": {"max_age": "PT90S"}}, "minutes"),
        ("unique", "email", {"threshold_value": 3}, "counted otherwise"),
        ("recency_check", "placed_at", {"config": {"window": "P1D"}}, "No check"),
    ],
)  # fmt: skip
def test_a_rule_that_checks_cannot_say_is_left_out_with_a_reason(orders, chen, kind, column, values, said):
    make(orders, chen, [(kind, column, values)])

    made = exports.of(orders, chen, "soda")

    assert yaml.safe_load(made.text) == {"checks for orders": []}
    assert said in made.left_out[0].why


@pytest.mark.parametrize(
    "reference", ["urn:dcs:dbt:model:shop.main:customers.id", {"table": "urn:dcs:dbt:model:shop.main:customers", "column": "id"}]
)  # fmt: skip
def test_a_reference_by_address_names_its_table_in_checks(orders, chen, reference):
    QualityRuleFactory(
        column=orders.columns.get(name="customer_id"), rule_type="referential_integrity", config={"references": reference}, severity="error"
    )  # fmt: skip

    made = exports.of(orders, chen, "soda")

    assert "values in (customer_id) must exist in customers (id)" in made.text


def test_what_was_kept_from_a_suite_goes_back_as_it_was(orders, chen):
    kept = {"function": "expect_column_values_to_be_dateutil_parseable", "args": {"mostly": 0.9}}
    QualityRuleFactory(
        capsule=None, column=orders.columns.get(name="placed_at"), rule_type="custom_function", config=kept, is_enabled=False
    )  # fmt: skip

    made = exports.of(orders, chen, "great_expectations")

    (told,) = json.loads(made.text)["expectations"]
    assert (told["type"], told["kwargs"]) == (
        "expect_column_values_to_be_dateutil_parseable",
        {"column": "placed_at", "mostly": 0.9},
    )


def test_the_page_lists_what_is_left_out_and_leads_to_the_files(client, orders, chen):
    make(orders, chen, [*BOTH, ("outlier_detection", "amount", {})])
    client.force_login(UserFactory(role="analyst"))

    shown = client.get(reverse("quality:export_rules", args=[orders.urn])).content.decode()
    file = client.get(reverse("quality:download_rules", args=[orders.urn, "soda"]))
    none = client.get(reverse("quality:download_rules", args=[orders.urn, "excel"]))

    assert shown.count("left out") >= 2
    assert reverse("quality:download_rules", args=[orders.urn, "soda"]) in shown
    assert file["Content-Disposition"] == 'attachment; filename="orders.checks.yml"'
    assert len(yaml.safe_load(file.content)["checks for orders"]) == len(BOTH)
    assert none.status_code == 404


def test_a_capsule_without_rules_has_nothing_to_give(client, orders):
    client.force_login(UserFactory(role="analyst"))

    shown = client.get(reverse("quality:export_rules", args=[orders.urn])).content.decode()

    assert shown.count("No rule of this capsule can be said there.") == 2


def test_the_command_writes_a_file_and_says_what_it_lacks(orders, chen, tmp_path):
    make(orders, chen, [*BOTH[:2], ("outlier_detection", "amount", {})])
    told = StringIO()

    call_command("export_rules", orders.urn, "--to=soda", out=tmp_path / "orders.yml", stdout=told)

    assert len(yaml.safe_load((tmp_path / "orders.yml").read_text())["checks for orders"]) == 2
    assert "2 rules written, 1 left out." in told.getvalue()
    with pytest.raises(CommandError, match="no capsule"):
        call_command("export_rules", "urn:dcs:dbt:model:shop:nowhere", "--to=soda")
