"""Projecting again what failed, by command and in the back office."""

import pytest
from django.core.management import call_command
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.catalog.models import Capsule, IngestionJob
from apps.deploy import projection
from apps.deploy.models import LineageEvent
from apps.deploy.tasks import project_events
from apps.quality.models import QualityRun
from tests.factories import UserFactory
from tests.factories.quality import QualityScheduleFactory
from tests.quality import shop

from .openlineage_fixtures import dbt_build, event, receive, tables

pytestmark = pytest.mark.django_db


def fail(rows):
    raise RuntimeError("no such luck")


@pytest.fixture
def failed(monkeypatch):
    """An event whose projection has failed."""
    with monkeypatch.context() as failing:
        failing.setattr(projection, "project", fail)
        receive(event())
    return LineageEvent.objects.get()


def test_the_worker_projects_what_waits():
    receive(event(), project=False)

    project_events()

    assert IngestionJob.objects.get().status == "completed"
    assert LineageEvent.objects.get().projected_at is not None


def test_the_command_leaves_what_failed_until_it_is_asked(failed, capsys):
    call_command("project_events")
    assert capsys.readouterr().out == "0 events projected, 1 failed.\n"

    call_command("project_events", "--failed")

    assert capsys.readouterr().out == "1 events projected, 0 failed.\n"
    assert IngestionJob.objects.count() == 1


def test_the_command_works_everything_out_anew(capsys):
    receive(dbt_build())
    before = tables()

    call_command("project_events", "--rebuild")

    assert capsys.readouterr().out == "22 events projected, 0 failed.\n"
    assert tables() == before


def test_what_failed_is_projected_again_from_the_back_office(client, failed):
    client.force_login(UserFactory(is_staff=True, is_superuser=True, clearance=5))
    asked = ProcrastinateJob.objects.filter(task_name="deploy.project_events").count()
    chosen = {"action": "project_again", "_selected_action": [str(failed.pk)]}

    answer = client.post(reverse("admin:deploy_lineageevent_changelist"), chosen, follow=True)

    assert "1 events wait for the worker" in answer.content.decode()
    failed.refresh_from_db()
    assert failed.error == ""
    assert ProcrastinateJob.objects.filter(task_name="deploy.project_events").count() == asked + 1


def test_what_an_event_says_is_read_only_by_the_cleared(client, failed):
    page = reverse("admin:deploy_lineageevent_change", args=[failed.pk])
    viewer = UserFactory(is_staff=True, clearance=2, permissions=["deploy.view_lineageevent"])
    client.force_login(viewer)

    answer = client.get(page)

    assert answer.status_code == 200
    assert "load_orders" not in answer.content.decode()

    client.force_login(UserFactory(is_staff=True, is_superuser=True, clearance=5))
    assert "load_orders" in client.get(page).content.decode()


def test_what_a_run_wrote_is_checked_once_it_has_completed_and_never_when_events_are_read_anew(
    tmp_path, settings
):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    receive(event("START", writes=["orders"]))
    orders = Capsule.objects.get(name="orders")
    place = {"storage_location": str(shop.write(tmp_path)), "storage_format": "parquet"}
    Capsule.objects.filter(pk=orders.pk).update(**place)
    QualityScheduleFactory(capsule=orders, cron="", after_ingest=True)
    assert not QualityRun.objects.exists()

    receive(event("COMPLETE", writes=["orders"], minutes=5))
    assert [run.trigger for run in QualityRun.objects.all()] == ["ingest"]

    QualityRun.objects.update(state="finished")
    receive(event("COMPLETE", writes=["orders"], minutes=6))
    call_command("project_events", "--rebuild")
    assert QualityRun.objects.count() == 1
