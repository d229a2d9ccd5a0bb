"""The page that brings rules of other tools: a plan, or a word about why there is none."""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.deploy.models import Plan
from apps.quality.models import QualityRule
from tests.factories import CapsuleFactory, ColumnFactory, UserFactory

FILES = Path(__file__).parents[1] / "fixtures" / "quality"
UNIQUE = {"expectations": [{"type": "expect_column_values_to_be_unique", "kwargs": {"column": "order_id"}}]}
pytestmark = pytest.mark.django_db


@pytest.fixture
def orders():
    capsule = CapsuleFactory(name="orders", columns=[])
    for name in ("order_id", "status"):
        ColumnFactory(capsule=capsule, name=name, data_type="varchar")
    return capsule


@pytest.fixture
def bring(client, orders):
    client.force_login(UserFactory(role="producer"))
    return lambda **sent: client.post(reverse("deploy:import_rules", args=[orders.urn]), sent)


def test_a_file_becomes_a_plan_that_names_what_has_no_equivalent(client, bring):
    content = (FILES / "gx_suite_orders.json").read_bytes()

    response = bring(file=SimpleUploadedFile("orders.json", content))

    plan = Plan.objects.get()
    assert response.url == plan.get_absolute_url()
    shown = client.get(response.url).content.decode()
    assert "expect_table_columns_to_match_set" in shown
    assert "of orders.json were not understood" in shown
    assert not QualityRule.objects.exists()


def test_pasted_text_that_says_what_is_there_already_changes_nothing(bring, orders):
    QualityRule.objects.create(
        column=orders.columns.get(name="order_id"), name="key", rule_type="unique", severity="error"
    )

    response = bring(text=json.dumps(UNIQUE))

    assert response.status_code == 200
    assert "No changes" in response.content.decode()
    assert not Plan.objects.exists()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Choose a file or paste its text"),
        ({"text": "checks for customers: []\nchecks for products: []"}, "none for orders"),
        ({"text": "{"}, "neither JSON nor YAML"),
        ({"text": "a: &x [1]\nb: *x"}, "refers to parts of itself"),
    ],
)
def test_what_is_no_file_of_rules_is_refused_beside_its_field(bring, sent, said):
    response = bring(**sent)

    assert response.status_code == 422
    assert said in response.content.decode()


def test_a_file_in_another_encoding_is_refused_or_read_and_breaks_nothing(bring):
    response = bring(file=SimpleUploadedFile("orders.yml", b"\xff\xfe\x00checks for orders:\x80"))

    assert response.status_code == 422


def test_the_quality_tab_leads_to_the_import(client, bring, orders):
    shown = client.get(reverse("catalog:dimension", args=[orders.urn, "quality"])).content.decode()

    assert reverse("deploy:import_rules", args=[orders.urn]) in shown
