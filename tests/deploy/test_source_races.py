"""Two schedulers look at the same moment, and each time of a source is used once."""

import threading
from datetime import timedelta

from django.db import connections
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.audit.context import acting
from apps.catalog.models import IngestionJob
from apps.deploy import schedules
from apps.deploy.models import SourceRead, SourceSchedule
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
