"""Ingestion over the API, as a pipeline does it."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.catalog.models import Capsule, IngestionJob
from apps.deploy.api import views
from apps.people import tokens
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
JAFFLE = Path(__file__).parent.parent / "fixtures" / "dbt" / "jaffle_shop_classic"
URL = "/api/v1/ingest/dbt"


def files(**contents):
    names = contents or {
        name: (JAFFLE / f"{name}.json").read_bytes() for name in ("manifest", "catalog", "run_results")
    }
    return {
        name: SimpleUploadedFile(f"{name}.json", content, "application/json")
        for name, content in names.items()
    }


def bearer(user, *scopes):
    _row, secret = tokens.issue(user, name="pipeline", scopes=scopes, days=1)
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}


@pytest.fixture
def pipeline(client):
    """What a producer's pipeline sends along: a token that may ingest."""
    return bearer(UserFactory(role="producer"), "ingest", "read")


def test_a_pipeline_ingests_and_reads_what_changed(client, pipeline):
    response = client.post(URL, files(), **pipeline)

    assert response.status_code == 200
    body = response.json()
    assert body["status"] == "completed"
    assert body["stats"]["counts"]["capsules"]["created"] == 8
    assert client.get(response["Location"], **pipeline).json()["number"] == body["number"]


def test_the_second_time_nothing_changes_and_the_answer_says_so(client, pipeline):
    first = client.post(URL, files(), **pipeline).json()

    second = client.post(URL, files(), **pipeline).json()

    assert second["stats"]["identical_to"] == first["number"]


def test_large_files_go_to_a_worker(client, pipeline, monkeypatch):
    monkeypatch.setattr(views, "AT_ONCE", 1000)

    response = client.post(URL, files(), **pipeline)

    assert response.status_code == 202
    assert client.get(response["Location"], **pipeline).json()["status"] == "pending"
    assert not Capsule.objects.exists()


def test_a_damaged_file_is_400_and_its_job_is_kept(client, pipeline):
    response = client.post(URL, files(manifest=b"not json"), **pipeline)

    body = response.json()
    assert response.status_code == 400
    assert body["fields"]["manifest"] == [body["detail"]]
    assert IngestionJob.objects.get(number=body["job"]["number"]).status == "failed"


def test_no_file_is_400_with_the_field(client, pipeline):
    response = client.post(URL, {}, **pipeline)

    assert response.status_code == 400
    assert "manifest" in response.json()["fields"]


def test_json_is_not_taken(client, pipeline):
    response = client.post(URL, "{}", content_type="application/json", **pipeline)

    assert response.status_code == 415


def test_a_file_over_the_limit_is_413(client, pipeline, settings):
    settings.DBT_UPLOAD_MAX_BYTES = 1000

    response = client.post(URL, files(), **pipeline)

    assert response.status_code == 413
    assert not IngestionJob.objects.exists()


@pytest.mark.parametrize(
    ("role", "scopes", "expected"),
    [
        ("producer", ["ingest"], 200),
        ("steward", ["ingest"], 200),
        ("administrator", ["ingest"], 200),
        ("producer", ["read", "write"], 403),
        ("analyst", ["read"], 403),
        ("auditor", ["read", "audit"], 403),
    ],
)
def test_it_takes_the_role_and_the_scope(client, role, scopes, expected):
    assert client.post(URL, files(), **bearer(UserFactory(role=role), *scopes)).status_code == expected


def test_without_a_token_it_is_401(client):
    assert client.post(URL, files()).status_code == 401


def test_a_finished_job_cannot_be_cancelled(client, pipeline):
    job = client.post(URL, files(), **pipeline).json()

    response = client.post(f"/api/v1/ingestion-jobs/{job['id']}/cancel", **pipeline)

    assert response.status_code == 409
    assert response.json()["code"] == "finished"


def test_jobs_are_listed_newest_first_and_filtered(client, pipeline):
    client.post(URL, files(), **pipeline)
    client.post(URL, files(manifest=b"{}"), **pipeline)

    everything = client.get("/api/v1/ingestion-jobs?source_type=dbt", **pipeline).json()
    failed = client.get("/api/v1/ingestion-jobs?status=failed", **pipeline).json()

    assert [job["status"] for job in everything["results"]] == ["failed", "completed"]
    assert failed["count"] == 1
