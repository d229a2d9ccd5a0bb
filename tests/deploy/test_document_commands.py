"""The commands for data repositories: plan, apply, export, diff, and how they end."""

import io
import json

import pytest
from django.core.management import call_command

from apps.catalog import documents
from apps.catalog.models import Capsule
from apps.contracts.models import Contract
from tests.factories.approvals import approved

URN = "urn:dcs:dbt:model:shop:orders"
COLUMNS = [{"name": "order_id", "data_type": "INT"}, {"name": "amount", "data_type": "INT"}]
ORDERS = {"urn": URN, "name": "orders", "schema": {"columns": COLUMNS}}
pytestmark = pytest.mark.django_db


def ended(*arguments):
    """(exit code, what was printed) of a command."""
    out = io.StringIO()
    try:
        call_command(*map(str, arguments), stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def file(tmp_path):
    def write(capsule, name="orders.yaml"):
        path = tmp_path / name
        path.write_text(documents.write(documents.canonical(capsule)), encoding="utf-8")
        return path

    return write


def test_a_pipeline_plans_applies_and_has_nothing_more_to_do(file, tmp_path):
    path, kept = file(ORDERS), tmp_path / "plan.json"

    planned, said = ended("plan", path, "--out", kept, "--json")
    applied, _said = ended("apply", kept)
    again, _said = ended("plan", path)
    twice, _said = ended("apply", kept)

    assert (planned, applied, again, twice) == (2, 0, 0, 3)
    assert json.loads(said)["capsules"][0]["action"] == "create"
    assert Capsule.objects.get().urn == URN


def test_a_faulty_file_and_a_block_end_with_three(file, tmp_path):
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("data_capsule:\n  urn: nothing\n")
    ended(
        "apply",
        "--direct",
        file({**ORDERS, "contract": {"version": "1", "known_consumers": [{"team": "bi"}]}}),
    )
    approved(list(Contract.objects.all()), status="active")
    fewer = file({**ORDERS, "schema": {"columns": COLUMNS[:1]}}, "fewer.yaml")

    invalid, said = ended("plan", faulty)
    blocked, why = ended("plan", fewer)

    assert (invalid, blocked) == (3, 3)
    assert "E104" in said
    assert "column_removed" in why


def test_what_is_exported_is_no_change_and_the_same_in_an_empty_portal(file, tmp_path):
    rich = {
        **ORDERS,
        "owner": {"team": "data", "email": "data@example.org"},
        "tags": ["daily", "finance"],
        "business_terms": ["unheard of"],
        "lineage": {"upstream": ["urn:dcs:dbt:source:raw:orders"]},
    }
    ended("apply", "--direct", file(rich))
    first = tmp_path / "first.yaml"
    ended("export", "--out", first)
    planned, _said = ended("plan", first)
    Capsule.objects.all().delete()

    ended("apply", "--direct", first)

    assert planned == 0
    assert ended("export")[1] == first.read_text()


def test_two_files_and_what_is_stored_are_compared(file):
    one, other = file(ORDERS), file({**ORDERS, "schema": {"columns": COLUMNS[:1]}}, "fewer.yaml")
    ended("apply", "--direct", one)

    files, said = ended("diff", one, other)
    stored, _said = ended("diff", URN, one)
    version, _said = ended("diff", f"{URN}@1", other)

    assert (files, stored, version) == (2, 0, 2)
    assert "column_removed amount" in said
