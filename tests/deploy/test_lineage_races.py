"""What only committed transactions show: two senders at once, and what an edge seen again leaves in peace."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from apps.catalog.models import IngestionJob
from apps.deploy import events
from apps.deploy.models import LineageEvent
from apps.provenance import counters
from apps.provenance.models import CapsuleEdge

from .openlineage_fixtures import dbt_build, event, receive, tables


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


def test_an_edge_that_is_seen_again_makes_nobody_load_the_graph_anew(own_database):
    def seen(number):
        receive(event(run=number, minutes=number, reads=["shop.raw.orders"], writes=["shop.main.payments"]))
        return counters.count("capsule_lineage")

    first = seen(1)

    assert seen(2) == first
    assert CapsuleEdge.objects.get().meta["seen"]["runs"] == 2
