"""What the portal holds, however it came in, is exported, planned without a change, and the same elsewhere."""

import json

import pytest

from apps.audit.context import acting
from apps.catalog.models import Capsule
from apps.deploy import applying, exporting, plan
from apps.people.reader import reader_of, system
from tests.factories import UserFactory
from tests.factories.catalog import CapsuleFactory, ColumnFactory

from .test_ingestion import ingest

READER = system("test")
pytestmark = pytest.mark.django_db


def everything(form="yaml"):
    return exporting.export(exporting.capsules(READER), READER).text(form)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_the_ingested_jaffle_shop_is_no_change_and_the_same_in_an_empty_portal(form):
    ingest()
    exported = everything(form)

    planned = plan.make(exported, READER)
    Capsule.objects.all().delete()
    applying.apply_directly(exported, reader=READER)

    assert [
        capsule["urn"] for capsule in planned.result["capsules"] if capsule["action"] != "no_change"
    ] == []
    assert everything(form) == exported


def test_what_is_only_seen_is_exported_on_request_alone():
    ingest()
    found = exporting.capsules(READER).filter(name="stg_orders")

    plain = exporting.export(found, READER).documents[0]
    observed = exporting.export(found, READER, observed=True).documents[0]

    assert "upstream" not in plain.get("lineage", {})
    assert observed["lineage"]["upstream"]


def test_a_hidden_column_is_left_out_and_the_export_says_so():
    capsule = CapsuleFactory(columns=["order_id"])
    ColumnFactory(capsule=capsule, name="salary")
    capsule.columns.filter(name="salary").update(visibility_rank=5)
    analyst = reader_of(UserFactory(role="analyst"))

    with acting(analyst):
        exported = exporting.export(exporting.capsules(analyst), analyst)

    assert not exported.complete
    assert "salary" not in exported.text()
    assert exported.text().startswith("# Incomplete")


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_bundle_is_sent_in_pieces_and_reads_as_the_whole(form, monkeypatch):
    ingest()
    monkeypatch.setattr(exporting, "PART", 3)
    whole = everything(form)

    pieces = list(exporting.stream(exporting.capsules(READER), READER, form))

    assert len(pieces) > 8
    assert "".join(pieces) == whole
    none = "".join(exporting.stream(exporting.capsules(READER).none(), READER, form))
    assert none == ("[\n]\n" if form == "json" else "")


def test_a_line_separator_inside_a_text_survives_a_bundle_in_json():
    for name in ("orders", "customers"):
        CapsuleFactory(name=name, description="One\u2028two\nthree")
    text = "".join(exporting.stream(exporting.capsules(READER), READER, "json"))
    assert [one["data_capsule"]["description"] for one in json.loads(text)] == ["One\u2028two\nthree"] * 2
