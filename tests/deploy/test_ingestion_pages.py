"""Uploading artifacts and following the run, by page."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import escape
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.catalog.models import Capsule, IngestionJob
from apps.deploy import ingestion
from apps.deploy.tasks import ingest
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
JAFFLE = Path(__file__).parent.parent / "fixtures" / "dbt" / "jaffle_shop_classic"


def artifact(name, content=None):
    return SimpleUploadedFile(
        name, content if content is not None else (JAFFLE / name).read_bytes(), "application/json"
    )


@pytest.fixture
def producer(client):
    """A producer who is signed in with `client`."""
    user = UserFactory(role="producer")
    client.force_login(user)
    return user


def upload(client, *files, **fields):
    return client.post(reverse("deploy:upload"), {"files": list(files), **fields})


def test_an_upload_becomes_a_job_that_a_worker_runs(client, producer):
    response = upload(client, artifact("manifest.json"), artifact("catalog.json"))

    job = IngestionJob.objects.get(source_type="dbt")
    assert response.status_code == 302
    assert response.url == reverse("deploy:job", args=[job.number])
    assert job.status == "pending"
    assert ProcrastinateJob.objects.filter(task_name="deploy.ingest", args={"job_id": str(job.pk)}).exists()

    ingest(job_id=str(job.pk))

    page = client.get(response.url).content.decode()
    assert "Completed" in page
    assert Capsule.objects.count() == 8


def test_the_page_of_a_waiting_job_asks_again_and_that_of_a_finished_one_does_not(client, producer):
    url = upload(client, artifact("manifest.json")).url

    waiting = client.get(url).content.decode()
    ingest(job_id=str(IngestionJob.objects.get().pk))
    finished = client.get(url).content.decode()

    assert 'hx-trigger="every 2s"' in waiting
    assert "every 2s" not in finished


def test_the_end_of_a_job_takes_the_button_that_cancels_it_along(client, producer):
    url = upload(client, artifact("manifest.json")).url
    headers = {"HX-Request": "true"}

    waiting = client.get(url, headers=headers).content.decode()
    ingest(job_id=str(IngestionJob.objects.get().pk))
    finished = client.get(url, headers=headers).content.decode()

    # The whole region is replaced, once: what asks again lies within it.
    assert (waiting.count('id="progress"'), 'hx-target="#progress"' in waiting) == (1, True)
    assert "Cancel run" in waiting
    assert "Cancel run" not in finished


def test_a_job_that_failed_says_why_on_its_page(client, producer):
    url = upload(client, artifact("manifest.json", b"<html>no</html>")).url
    ingest(job_id=str(IngestionJob.objects.get().pk))

    page = client.get(url).content.decode()

    assert "Nothing was changed" in page
    assert escape(IngestionJob.objects.get().error_message) in page


def test_no_file_is_an_error_beside_the_field(client, producer):
    response = client.post(reverse("deploy:upload"), {})

    assert response.status_code == 422
    assert "Choose manifest.json" in response.content.decode()
    assert not IngestionJob.objects.exists()


def test_a_file_over_the_limit_is_an_error_beside_the_field(client, producer, settings):
    settings.DBT_UPLOAD_MAX_BYTES = 1000

    response = upload(client, artifact("manifest.json"))

    assert response.status_code == 422
    assert "larger than" in response.content.decode()


def test_a_file_name_cannot_leave_its_folder(client, producer):
    upload(client, artifact("../../../etc/cron.d/manifest.json", b"{}"))

    job = IngestionJob.objects.get()
    assert list(job.config["files"]) == ["manifest.json"]
    assert [path.parent for path in ingestion.folder_of(job).iterdir()] == [ingestion.folder_of(job)]


@pytest.mark.parametrize("role", ["analyst", "auditor", "policy_admin", "contract_owner"])
def test_who_may_not_ingest_is_told_who_may(client, role):
    client.force_login(UserFactory(role=role))

    response = upload(client, artifact("manifest.json"))
    page = client.get(reverse("deploy:ingestion")).content.decode()

    assert response.status_code == 403
    assert "producers, stewards and administrators" in response.content.decode()
    assert "Ingest a dbt project" not in page
    assert not IngestionJob.objects.exists()


def test_a_waiting_job_can_be_cancelled(client, producer):
    upload(client, artifact("manifest.json"))
    job = IngestionJob.objects.get()

    client.post(reverse("deploy:cancel", args=[job.number]))
    ingest(job_id=str(job.pk))

    job.refresh_from_db()
    assert job.status == "cancelled"
    assert not Capsule.objects.exists()


def test_strangers_are_sent_to_the_door(client):
    assert client.get(reverse("deploy:ingestion")).status_code == 302
    assert upload(client, artifact("manifest.json")).status_code == 302


def test_the_list_costs_the_same_for_one_run_and_for_many(client, producer):
    def queries():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("deploy:ingestion")).status_code == 200
        return len(captured)

    IngestionJob.objects.create(source_type="dbt", status="completed")
    queries()
    few = queries()
    for _number in range(30):
        IngestionJob.objects.create(
            source_type="dbt", status="completed", stats={"counts": {"capsules": {"created": 1}}}
        )

    assert queries() == few
