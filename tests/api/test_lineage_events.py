"""OpenLineage events over HTTP, as standard clients and hostile ones send them."""

import gzip
import json
import time

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.catalog.models import IngestionJob
from apps.deploy import events
from apps.deploy.models import LineageEvent
from tests.deploy.openlineage_fixtures import FOLDER, dbt_build, event, table
from tests.factories import UserFactory

ROUTES = ("/lineage", "/ingest/openlineage", "/lineage/batch")


@pytest.fixture
def pipeline(as_user):
    return as_user(UserFactory(role="producer"), scopes=["ingest"])


@pytest.mark.parametrize("route", ["/lineage", "/lineage/", "/ingest/openlineage"])
def test_an_event_is_kept_and_a_worker_is_asked_to_project_it(pipeline, route):
    answer = pipeline.post(route, event())

    assert (answer.status_code, answer.raw) == (201, b"")
    kept = LineageEvent.objects.get()
    assert kept.content["job"] == {"namespace": "shop", "name": "load_orders", "facets": {}}
    assert kept.received_from == pipeline.user.username
    assert kept.projected_at is None
    assert ProcrastinateJob.objects.filter(task_name="deploy.project_events").count() == 1


def test_a_recorded_session_over_http_gives_its_runs(pipeline):
    for one in dbt_build():
        assert pipeline.post("/lineage", one).status_code == 201
    assert pipeline.post("/lineage", dbt_build()).status_code == 201

    events.project_waiting()

    assert IngestionJob.objects.filter(status="completed").count() == 11
    assert LineageEvent.objects.count() == 22


def test_a_compressed_body_is_understood(pipeline):
    body = gzip.compress(json.dumps(dbt_build()).encode())

    assert pipeline.post("/lineage", body, Content_Encoding="gzip").status_code == 201

    assert LineageEvent.objects.count() == 22


def test_one_malformed_event_of_a_list_stores_nothing_and_is_pointed_at(pipeline):
    broken = event()
    broken["run"]["runId"] = "not-a-uuid"
    broken["inputs"] = [{"namespace": "x"}]

    answer = pipeline.post("/lineage", [event(), broken])

    assert answer.status_code == 400
    assert set(answer.body["fields"]) == {"/1/run/runId", "/1/inputs/0/name"}
    assert not LineageEvent.objects.exists()


def test_a_batch_takes_what_holds_together_and_says_what_does_not(pipeline):
    broken = event() | {"eventType": "DONE"}

    answer = pipeline.post("/lineage/batch", [event(), broken])

    assert answer.status_code == 200
    assert answer.body["summary"] == {"received": 2, "successful": 1, "failed": 1}
    assert list(answer.body["results"][1]["fields"]) == ["/1/eventType"]
    assert LineageEvent.objects.count() == 1


def test_a_batch_that_is_taken_whole_is_204(pipeline):
    assert pipeline.post("/lineage/batch", dbt_build()).status_code == 204
    assert pipeline.post("/lineage/batch", b"[]").status_code == 204
    assert pipeline.post("/lineage/batch", event()).status_code == 400


@pytest.mark.parametrize("name", sorted(path.name for path in (FOLDER / "partial").glob("*.json")))
def test_fragments_without_a_run_are_refused(pipeline, name):
    answer = pipeline.post("/lineage", (FOLDER / "partial" / name).read_bytes())

    assert answer.status_code == 400
    assert not LineageEvent.objects.exists()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"eventTime": "yesterday"}, "/eventTime"),
        ({"eventTime": "9999-12-31T23:59:59-14:00"}, "/eventTime"),
        ({"eventTime": None}, "/eventTime"),
        ({"producer": ""}, "/producer"),
        ({"run": {"runId": 7}}, "/run/runId"),
        ({"run": []}, "/run/runId"),
        ({"job": {"namespace": "x", "name": " "}}, "/job/name"),
        ({"job": None}, "/job"),
        ({"inputs": {}}, "/inputs"),
        ({"outputs": [7]}, "/outputs/0"),
        ({"outputs": [{"namespace": "x", "name": "y" * 3000}]}, "/outputs/0/name"),
        ({"inputs": [{"namespace": "x", "name": "y", "facets": {"schema": 5}}]}, "/inputs/0/facets/schema"),
        ({"job": {"namespace": "x", "name": "a\x00b"}}, "/job/name"),
    ],
)
def test_what_is_wrong_is_pointed_at(pipeline, change, pointer):
    answer = pipeline.post("/lineage", event() | change)

    assert answer.status_code == 400
    assert pointer in answer.body["fields"]


@pytest.mark.parametrize("body", [b"", b"[", b"7", b'"event"', b"null", b"\xff\xfe", b'{"a": NaN}'])
def test_what_is_no_event_is_400(pipeline, body):
    for route in ROUTES:
        assert pipeline.post(route, body).status_code == 400


def deep(levels):
    return b'{"eventTime":' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"


def many(inputs, outputs):
    side = [
        [{"namespace": "x", "name": f"{name}{n}"} for n in range(count)]
        for name, count in (("i", inputs), ("o", outputs))
    ]
    return json.dumps(event() | {"inputs": side[0], "outputs": side[1]}).encode()


def wide():
    return json.dumps(
        event(writes=[table("a.b", schema={"fields": [{"name": f"c{n}"} for n in range(6000)]})])
    ).encode()


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (deep(900), {}, 400),
        (deep(100_000), {}, 400),
        (many(2_000, 1), {}, 400),
        (many(900, 900), {}, 400),
        (wide(), {}, 400),
        (b"[" + b"{}," * 20_000 + b"{}]", {}, 400),
        (b'{"job": "' + b"x" * 10_100_000 + b'"}', {}, 413),
        (gzip.compress(b" " * 1_000_000_000, 1), {"Content_Encoding": "gzip"}, 413),
        (gzip.compress(b"") * 100_000, {"Content_Encoding": "gzip"}, 400),
        (gzip.compress(b"{}")[:-4], {"Content_Encoding": "gzip"}, 400),
        (b"{}", {"Content_Encoding": "gzip"}, 400),
        (b"{}", {"Content_Encoding": "br"}, 415),
    ],
    ids=[
        "deep",
        "deeper",
        "inputs",
        "edges",
        "columns",
        "events",
        "large",
        "bomb",
        "members",
        "cut",
        "plain",
        "brotli",
    ],
)
def test_a_hostile_body_is_refused_soon(pipeline, body, headers, status):
    began = time.monotonic()

    answer = pipeline.post("/lineage", body, **headers)

    assert answer.status_code == status
    assert time.monotonic() - began < 5
    assert not LineageEvent.objects.exists()


def test_other_types_are_415(pipeline):
    answer = pipeline.client.generic(
        "POST", "/api/v1/lineage", "<x/>", content_type="application/xml", headers=pipeline.headers
    )

    assert answer.status_code == 415


def test_who_may_not_ingest_may_not_send(as_user, anonymous):
    producer = UserFactory(role="producer")

    for route in ROUTES:
        assert anonymous.post(route, event()).status_code == 401
        assert as_user(producer, scopes=["read", "write"]).post(route, event()).status_code == 403
        assert as_user(UserFactory(role="analyst")).post(route, event()).status_code == 403
    assert not LineageEvent.objects.exists()


def test_receiving_many_events_costs_no_more_queries_than_one(pipeline, django_assert_max_num_queries):
    with django_assert_max_num_queries(30):
        assert pipeline.post("/lineage", [event(run=n) for n in range(500)]).status_code == 201
