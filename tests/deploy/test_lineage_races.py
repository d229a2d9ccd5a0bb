"""Two senders of the same events at the same time end in one set of runs."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from apps.catalog.models import IngestionJob
from apps.deploy import events
from apps.deploy.models import LineageEvent
from apps.provenance.models import CapsuleEdge

from .openlineage_fixtures import dbt_build, receive, tables


def test_two_senders_at_once_give_one_set_of_runs(own_database):
    build = dbt_build()
    half = [build, build[::-1]]

    def send(part):
        try:
            return receive(part)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        new = list(pool.map(send, half))
    together = tables()

    assert sum(new) >= 22
    assert LineageEvent.objects.count() == 22
    assert LineageEvent.objects.filter(projected_at__isnull=True).count() == 0
    assert IngestionJob.objects.filter(source_type="openlineage").count() == 11
    assert CapsuleEdge.objects.count() == 5
    assert {edge.meta["seen"]["runs"] for edge in CapsuleEdge.objects.all()} == {1}
    events.rebuild()
    assert tables() == together
