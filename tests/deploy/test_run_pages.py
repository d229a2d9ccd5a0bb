"""Runs of pipelines on pages: beside ingestions without drowning them, one by one, and where capsules tell of them."""

import pytest
from django.urls import reverse

from apps.catalog.models import Capsule, IngestionJob
from tests.factories import CapsuleFactory, IngestionJobFactory, UserFactory

from .openlineage_fixtures import dbt_build, event, receive, run_id, table

pytestmark = pytest.mark.django_db
LIST = reverse("deploy:ingestion")


@pytest.fixture
def analyst(client):
    user = UserFactory(role="analyst")
    client.force_login(user)
    return user


def text(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode().replace("<wbr>", "")


def the_run(number=1):
    return IngestionJob.objects.get(config__run_id=run_id(number))


def a_full_run():
    receive(
        event(
            "FAIL",
            minutes=2,
            reads=["shop.raw.orders"],
            writes=[table("shop.main.orders")],
            told={
                "sql": {"query": "select 1 as <b>"},
                "jobType": {"integration": "SPARK", "jobType": "TASK"},
            },
            errorMessage={"message": "disk <full>", "stackTrace": "at line 7"},
            airflow={"log_url": "https://airflow.example/log/1"},
            parent={"run": {"runId": run_id(9)}, "job": {"namespace": "shop", "name": "nightly"}},
            environment={"name": "production"},
            nominalTime={"nominalStartTime": "2026-11-23T06:00:00Z"},
        )
    )
    receive(event("START"))


def test_ingestions_are_not_drowned_in_runs(client, analyst):
    job = IngestionJobFactory()
    receive(dbt_build())

    ingestions = text(client, LIST)
    runs = text(client, f"{LIST}?source_type=openlineage")

    assert f"J-{job.number}<" in ingestions
    assert "dbt-run-jaffle_shop" not in ingestions
    assert "dbt-run-jaffle_shop" in runs
    assert f"J-{job.number}<" not in runs


def test_runs_are_narrowed_by_state(client, analyst):
    receive([event("START"), event("COMPLETE", run=2, job="load_payments")])

    running = text(client, f"{LIST}?source_type=openlineage&status=running")
    failed = text(client, f"{LIST}?source_type=openlineage&status=failed")

    assert "load_orders" in running
    assert "load_payments" not in running
    assert "No run is in this state" in failed


def test_whoever_has_no_runs_is_told_how_a_pipeline_sends_them(client, analyst):
    assert "OPENLINEAGE_URL" in text(client, f"{LIST}?source_type=openlineage")


def test_the_page_of_a_run_tells_what_its_events_say(client, analyst):
    a_full_run()
    run, parent = the_run(), the_run(9)

    page = text(client, run.get_absolute_url())

    assert "disk &lt;full&gt;" in page
    assert "at line 7" in page
    assert 'href="https://airflow.example/log/1"' in page
    assert f'href="{parent.get_absolute_url()}"' in page
    for capsule in Capsule.objects.all():
        assert f'href="{capsule.get_absolute_url()}"' in page
    assert "select 1 as &lt;b&gt;" in page
    assert "production" in page
    assert "shop.raw" in page
    assert "2026-11-23T06:00" in page
    assert run.get_absolute_url() in text(client, parent.get_absolute_url())


def test_code_and_facets_are_for_those_who_may_read_code(client):
    a_full_run()
    client.force_login(UserFactory(role="analyst", clearance=1))
    IngestionJob.objects.update(visibility_rank=1)

    page = text(client, the_run().get_absolute_url())

    assert "select 1" not in page
    assert "production" not in page


def test_a_run_that_touched_a_hidden_capsule_is_hidden(client, analyst):
    CapsuleFactory(name="salaries", database_name="shop", schema_name="raw", visibility_rank=4)
    receive(event(reads=["shop.raw.salaries"], writes=["shop.main.costs"], job="load_salaries"))

    assert client.get(the_run().get_absolute_url()).status_code == 404
    assert "load_salaries" not in text(client, f"{LIST}?source_type=openlineage")


def test_a_capsule_that_was_hidden_since_is_not_named(client, analyst):
    receive(event(reads=["shop.raw.salaries"], writes=["shop.main.costs"]))
    Capsule.objects.filter(name="salaries").update(visibility_rank=4)

    page = text(client, the_run().get_absolute_url())

    assert "costs" in page
    assert "salaries" not in page


def test_a_run_of_another_tool_cannot_be_cancelled_here(client):
    client.force_login(UserFactory(role="producer"))
    receive(event("START"))

    answer = client.post(reverse("deploy:cancel", args=[the_run().number]))

    assert answer.status_code == 403
    assert the_run().status == "running"
    assert "Cancel run" not in text(client, the_run().get_absolute_url())


def test_the_provenance_tab_says_how_often_an_edge_was_seen_and_which_runs_wrote(client, analyst):
    for number in (1, 2, 3):
        receive(event(run=number, minutes=number, reads=["shop.raw.orders"], writes=["shop.main.payments"]))
    payments = Capsule.objects.get(name="payments")

    page = text(client, reverse("catalog:dimension", args=[payments.urn, "provenance"]))

    assert "3 times, last" in page
    assert "Runs of pipelines that wrote it" in page
    assert page.count("load_orders") == 3


def test_the_panel_of_an_edge_says_where_it_is_known_from(client, analyst):
    receive(event(reads=["shop.raw.orders"], writes=["shop.main.payments"]))
    payments = Capsule.objects.get(name="payments")
    edge = payments.upstream_edges.get()

    page = text(client, f"{reverse('provenance:lineage')}?focus={payments.urn}&edge={edge.pk}")

    assert "runs of pipelines" in page
    assert "1 time, last" in page


def test_the_pages_ask_as_much_for_many_runs_as_for_few(client, analyst, django_assert_max_num_queries):
    receive([event(run=number, reads=["a.b.x"], writes=[f"a.b.y{number}"]) for number in range(1, 60)])
    client.get(LIST)

    with django_assert_max_num_queries(14):
        client.get(f"{LIST}?source_type=openlineage")
    with django_assert_max_num_queries(18):
        client.get(the_run().get_absolute_url())
