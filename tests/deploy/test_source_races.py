"""What only committed transactions show: two schedulers use each time once, and no transaction waits for a server."""

import threading
from datetime import timedelta

from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.audit.context import acting
from apps.catalog.models import IngestionJob
from apps.deploy import schedules
from apps.deploy.models import SourceRead, SourceSchedule
from apps.payload import trials
from apps.people.reader import system
from tests.factories import SourceSystemFactory, UserFactory

from .test_source_schedules import scheduled


def test_two_schedulers_use_each_time_once(own_database, settings, tmp_path):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    with acting(system("test")):
        producer = UserFactory(role="producer")
        facts = {"engine": "sqlite", "path": "till.sqlite"}
        sources = [SourceSystemFactory(name=f"till {n}", kind="sqlite", connection=facts) for n in range(10)]
        for source in sources:
            scheduled(source, producer)
    due = timezone.now() - timedelta(minutes=1)
    SourceSchedule.objects.update(next_due=due)
    barrier, counts = threading.Barrier(2), []

    def look():
        barrier.wait(10)
        counts.append(schedules.enqueue_due())
        connections.close_all()

    threads = [threading.Thread(target=look) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sum(counts) == 10
    assert SourceRead.objects.count() == IngestionJob.objects.count() == 10
    assert ProcrastinateJob.objects.filter(task_name="deploy.ingest").count() == 10


def test_a_trial_waits_for_the_server_outside_of_any_transaction(own_database, monkeypatch):
    with acting(system("test")):
        producer = UserFactory(role="producer")
        source = SourceSystemFactory(kind="sqlite", connection={"engine": "sqlite", "path": "till.sqlite"})
    within = []

    def look(tried):
        within.append(connection.in_atomic_block)
        return trials.Trial(True, "It answers.")

    monkeypatch.setattr(trials, "attempt", look)
    client = Client()
    client.force_login(producer)

    page = client.post(reverse("deploy:test_source", args=[source.name]))
    answer = client.post(f"/api/v1/source-systems/{source.pk}/test")

    assert (page.status_code, answer.status_code) == (302, 200)
    assert within == [False, False]
