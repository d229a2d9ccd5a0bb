"""Data files come in by page, by command and over the API, and can be opened where they lie."""

import io
import shutil
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from apps.catalog.models import Capsule, Column, IngestionJob
from apps.deploy import applying, reading
from apps.deploy.models import Plan
from apps.deploy.tasks import ingest
from apps.payload.sources import open_source
from apps.people.reader import reader_of, system
from tests.api.conftest import Caller
from tests.factories.people import UserFactory

FOLDER = Path(__file__).parent.parent / "fixtures" / "files"
pytestmark = pytest.mark.django_db


def file(name):
    return SimpleUploadedFile(name, (FOLDER / name).read_bytes())


@pytest.fixture
def producer():
    return UserFactory(role="producer")


@pytest.fixture
def lake(settings, tmp_path):
    """A folder that the portal may read, with the fixtures in `lake`."""
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    shutil.copytree(FOLDER, tmp_path / "lake")
    return tmp_path / "lake"


def read(location, reader, source="lake"):
    job = reading.accept("files", reader=reader, choices={"source": source, "location": location})
    return reading.run(job, at_once=True)


def applied(location, reader):
    made = Plan.objects.get(pk=read(location, reader).stats["plan"]["id"])
    return applying.apply(made, reader=reader)


def test_uploads_become_capsules_by_page(client, producer):
    client.force_login(producer)

    response = client.post(
        reverse("deploy:read", args=["files"]),
        {"files": [file("raw_customers.csv"), file("orders.avsc")], "source": "lake"},
    )
    ingest(job_id=str(IngestionJob.objects.get().pk))

    assert response.status_code == 302
    assert sorted(each["urn"] for each in Plan.objects.get().result["capsules"]) == [
        "urn:dcs:lake:file:files:orders",
        "urn:dcs:lake:file:files:raw_customers",
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"source": "lake"}, "Choose files, or name a place"),
        ({"location": "lake"}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_on_the_page(client, producer, fields, said):
    client.force_login(producer)

    response = client.post(reverse("deploy:read", args=["files"]), fields)

    assert response.status_code == 422
    assert said in response.content.decode()


def test_what_was_read_below_the_roots_can_be_opened(lake, producer):
    applied("lake", reader_of(producer))

    orders = Capsule.objects.get(urn="urn:dcs:lake:file:lake:jaffle_classic_orders")
    assert (orders.storage_format, orders.storage_location) == (
        "parquet",
        "lake/jaffle_classic_orders.parquet",
    )
    with open_source(orders) as source:
        stored = Column.objects.filter(capsule=orders).order_by("ordinal_position")
        assert source.types() == dict(stored.values_list("name", "data_type"))
    assert Capsule.objects.get(name="delta_orders").storage_format == "delta"
    assert read("lake", reader_of(producer)).stats["plan"] is None


def test_a_file_that_is_gone_is_listed_as_vanished(lake, producer):
    reader = reader_of(producer)
    applied("lake", reader)
    (lake / "raw_customers.csv").unlink()

    made = Plan.objects.get(pk=read("lake", reader).stats["plan"]["id"])

    assert [each["name"] for each in made.reading["vanished"]] == ["raw_customers"]


def test_a_column_that_was_renamed_by_its_id_stays_the_same_column(lake, producer):
    reader = reader_of(producer)
    applied("lake", reader)
    before = Column.objects.get(capsule__name="iceberg_orders", name="amount").pk
    path = lake / "iceberg_orders.metadata.json"
    path.write_text(path.read_text("utf-8").replace('"name":"amount"', '"name":"net_amount"'), "utf-8")

    applied("lake", reader)

    assert Column.objects.get(capsule__name="iceberg_orders", name="net_amount").pk == before
    assert read("lake", reader).stats["plan"] is None


@pytest.mark.parametrize("location", ["../etc", "/etc", "lake/*.csv", "s3://bucket/x", "lake/gone"])
def test_nothing_outside_of_the_roots_is_read(lake, location):
    job = read(location, system("test"))

    assert job.status == "failed"
    assert not Plan.objects.exists()


def test_the_api_takes_files_and_places(lake, producer):
    caller = Caller(producer)

    sent = caller.client.post(
        "/api/v1/ingest/files", {"files": [file("raw_customers.csv")], "source": "seeds"}
    )
    named = caller.post("/ingest/files", {"location": "lake/delta_orders", "source": "lake"})
    neither = caller.post("/ingest/files", {"source": "lake"})
    ingest(job_id=named.body["id"])

    assert sent.status_code == 201
    assert sent.json()["capsules"][0]["urn"] == "urn:dcs:seeds:file:files:raw_customers"
    assert (named.status_code, neither.status_code) == (202, 400)
    assert IngestionJob.objects.get(pk=named.body["id"]).status == "completed"


def test_the_command_reads_a_place(lake):
    out = io.StringIO()

    with pytest.raises(SystemExit) as end:
        call_command("ingest", "files", "--location", "lake", "--source", "lake", stdout=out)

    assert end.value.code == 2
    assert "8 create" in out.getvalue()
