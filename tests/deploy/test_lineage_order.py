"""Events come twice, late and in any order: the tables are those of the events, not of their coming."""

import random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalog.models import Capsule, IngestionJob
from apps.deploy import events, projection
from apps.deploy.models import LineageEvent
from apps.provenance.models import CapsuleEdge

from .openlineage_fixtures import dbt_build, event, receive, recorded, schema, table, tables

pytestmark = pytest.mark.django_db


class Undone(Exception):
    pass


def tables_after(*posts):
    """What the tables hold when `posts` were received and projected one after the other; then all is undone."""
    try:
        with transaction.atomic():
            for post in posts:
                receive(post)
            found = tables()
            raise Undone
    except Undone:
        return found


def test_a_recorded_dbt_build_gives_its_runs_and_edges():
    receive(dbt_build())

    assert IngestionJob.objects.filter(source_type="openlineage").count() == 11
    assert set(IngestionJob.objects.values_list("status", flat=True)) == {"completed"}
    root = IngestionJob.objects.get(source_name="dbt-run-jaffle_shop")
    assert root.children.count() == 10
    assert root.duration_ms == 12_785
    edges = CapsuleEdge.objects.values_list("source__name", "target__name")
    assert sorted(edges) == [
        ("stg_customers", "customers"),
        ("stg_orders", "customers"),
        ("stg_orders", "orders"),
        ("stg_payments", "customers"),
        ("stg_payments", "orders"),
    ]
    assert {edge.meta["seen"]["runs"] for edge in CapsuleEdge.objects.all()} == {1}
    assert Capsule.objects.count() == 5


def test_a_build_that_is_shuffled_and_sent_twice_gives_the_same_tables():
    build = dbt_build()
    wanted = tables_after(build)
    shuffled = build * 2
    random.Random(7).shuffle(shuffled)

    one_by_one = tables_after(*[[one] for one in shuffled])
    backwards = tables_after(build[::-1])

    assert one_by_one == wanted
    assert backwards == wanted


def test_the_recorded_client_gives_the_same_tables_in_any_order():
    six = recorded("python_client_1.54_six_events.ndjson")
    wanted = tables_after(six)

    assert tables_after(*[[one] for one in six[::-1]]) == wanted
    assert tables_after(six[3:], six[:4]) == wanted


SESSION = [
    event("START", reads=["shop.raw.orders"], writes=[table("shop.main.orders", schema=schema(id=None))]),
    event(
        "RUNNING",
        minutes=1,
        reads=["shop.raw.payments"],
        processing_engine={"name": "spark", "version": "3.5"},
    ),
    event(
        "COMPLETE",
        minutes=2,
        reads=["shop.raw.orders"],
        writes=[
            table(
                "shop.main.orders", schema=schema(id="bigint"), outputs={"outputStatistics": {"rowCount": 7}}
            )
        ],
        told={"sql": {"query": "select * from raw.orders"}},
    ),
    event(
        "RUNNING",
        minutes=1,
        reads=[
            table(
                "shop.raw.orders",
                dataQualityMetrics={
                    "rowCount": 9,
                    "columnMetrics": {"id": {"nullCount": 0, "distinctCount": 9}},
                },
            )
        ],
    ),
    event(None, minutes=3, tags={"_deleted": True}),
    event("START", run=2, minutes=5, writes=["shop.main.orders"], reads=["shop.raw.orders"]),
    event("FAIL", run=2, minutes=6, reads=["shop.raw.orders"], errorMessage={"message": "disk full"}),
    event(
        "COMPLETE",
        run=3,
        minutes=7,
        job="report",
        reads=[table("shop.main.orders", schema=schema(id="int8", total="numeric"))],
        writes=["shop.main.report"],
        parent={
            "run": {"runId": "0190aaaa-0000-7000-8000-000000000009"},
            "job": {"namespace": "shop", "name": "dag"},
        },
    ),
]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(range(len(SESSION))), cut=st.integers(0, len(SESSION)), again=st.booleans())
def test_any_order_any_cut_and_any_repetition_give_the_same_tables(order, cut, again):
    wanted = tables_after(SESSION)
    found = [SESSION[place] for place in order]

    posts = [post for post in (found[:cut], found[cut:], found if again else []) if post]

    assert tables_after(*posts) == wanted


def test_an_event_that_was_received_is_not_kept_twice():
    assert receive(dbt_build()) == 22

    assert receive(dbt_build()) == 0

    assert LineageEvent.objects.count() == 22


def test_everything_that_was_projected_can_be_worked_out_anew():
    receive(dbt_build())
    receive(recorded("python_client_1.54_six_events.ndjson"))
    receive(SESSION)
    before = tables()

    assert events.rebuild() == 22 + 6 + len(SESSION)

    assert tables() == before


def test_an_event_whose_projection_fails_is_kept_and_the_others_go_on(monkeypatch):
    project = projection.project

    def fail(rows):
        if any(row.content["job"]["name"] == "load_customers" for row in rows):
            raise RuntimeError("no such luck")
        return project(rows)

    with monkeypatch.context() as failing:
        failing.setattr(projection, "project", fail)
        receive([event(), event(run=2, job="load_customers"), event(run=3, job="load_payments")])

    left = LineageEvent.objects.get(projected_at__isnull=True)
    assert left.error == "RuntimeError: no such luck"
    assert IngestionJob.objects.count() == 2

    assert events.retry() == 1
    events.project_waiting()

    assert IngestionJob.objects.count() == 3
    assert not LineageEvent.objects.filter(projected_at__isnull=True).exists()


def test_projecting_many_runs_costs_no_more_queries_than_one(django_assert_max_num_queries):
    receive([event(run=number, reads=["a.raw.orders"], writes=["a.main.orders"]) for number in range(1, 3)])
    many = [
        event(run=number, reads=["a.raw.orders"], writes=[f"a.main.orders_{number}"])
        for number in range(10, 210)
    ]
    receive(many, project=False)

    with django_assert_max_num_queries(70):
        events.project_waiting()

    assert CapsuleEdge.objects.count() == 201
