"""Programs that are not ours send their events: OpenLineage's own client, and curl."""

import datetime
import json
import shutil
import subprocess
import uuid

import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
)
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    error_message_run,
    output_statistics_output_dataset,
    schema_dataset,
    sql_job,
)
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpCompression, HttpConfig, HttpTransport

from apps.audit.context import acting
from apps.catalog.models import IngestionJob
from apps.deploy import events
from apps.deploy.models import LineageEvent
from apps.people import tokens
from apps.people.reader import system
from apps.provenance.models import CapsuleEdge, ColumnEdge
from tests.factories.people import UserFactory

from .openlineage_fixtures import dbt_build, event

PRODUCER = "https://example.org/pipeline"


@pytest.fixture
def secret(address):
    """The token of a pipeline."""
    with acting(system("test")):
        return tokens.issue(UserFactory(role="producer"), name="pipeline", scopes=["ingest"], days=1)[1]


@pytest.fixture
def connect(address, secret):
    """Makes OpenLineage's client, as its documentation says."""

    def connect(**options):
        provider = ApiKeyTokenProvider({"apiKey": options.pop("token", secret)})
        return OpenLineageClient(
            transport=HttpTransport(HttpConfig(url=address, auth=provider, retry={"total": 0}, **options))
        )

    return connect


def load_orders(client, state, run, *, inputs=(), outputs=(), facets=None, minutes=0):
    at = datetime.datetime(2026, 11, 23, 12, minutes, tzinfo=datetime.UTC).isoformat()
    told = {"sql": sql_job.SQLJobFacet(query="insert into main.orders select id as order_id from raw.orders")}
    client.emit(
        RunEvent(
            eventTime=at,
            eventType=state,
            run=Run(runId=str(run), facets=facets or {}),
            job=Job(namespace="shop", name="load_orders", facets=told),
            inputs=list(inputs),
            outputs=list(outputs),
            producer=PRODUCER,
        )
    )


def schema(**types):
    fields = [schema_dataset.SchemaDatasetFacetFields(name=name, type=kind) for name, kind in types.items()]
    return schema_dataset.SchemaDatasetFacet(fields=fields)


@pytest.mark.parametrize("options", [{}, {"compression": HttpCompression.GZIP}], ids=["plain", "gzip"])
def test_the_client_of_openlineage_tells_of_a_run(connect, options):
    client, run = connect(**options), uuid.uuid4()
    origin = column_lineage_dataset.InputField(
        namespace="postgres://db:5432", name="shop.raw.orders", field="id"
    )
    raw = InputDataset("postgres://db:5432", "shop.raw.orders", facets={"schema": schema(id="bigint")})
    written = OutputDataset(
        "postgres://db:5432",
        "shop.main.orders",
        facets={
            "schema": schema(order_id="bigint"),
            "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(
                fields={"order_id": column_lineage_dataset.Fields(inputFields=[origin])}
            ),
        },
        outputFacets={
            "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
                rowCount=42, size=1000
            )
        },
    )

    load_orders(client, RunState.START, run, inputs=[raw])
    load_orders(client, RunState.COMPLETE, run, inputs=[raw], outputs=[written], minutes=2)
    client.emit(
        JobEvent(
            eventTime="2026-11-23T12:05:00+00:00",
            job=Job(namespace="shop", name="load_orders"),
            inputs=[raw],
            outputs=[written],
            producer=PRODUCER,
        )
    )
    events.project_waiting()

    job = IngestionJob.objects.get(source_type="openlineage")
    assert (job.status, job.duration_ms, job.records_processed) == ("completed", 120_000, 42)
    assert CapsuleEdge.objects.get().meta["seen"]["runs"] == 1
    assert (ColumnEdge.objects.get().source.name, ColumnEdge.objects.get().target.name) == ("id", "order_id")


def test_the_client_of_openlineage_tells_of_a_failure(connect):
    facet = error_message_run.ErrorMessageRunFacet(message="disk full", programmingLanguage="PYTHON")

    load_orders(connect(), RunState.FAIL, uuid.uuid4(), facets={"errorMessage": facet})
    events.project_waiting()

    job = IngestionJob.objects.get(source_type="openlineage")
    assert (job.status, job.error_message) == ("failed", "disk full")


def test_the_client_of_openlineage_hears_of_a_wrong_token(connect):
    with pytest.raises(Exception, match="401"):
        load_orders(connect(token="dcs_nobody"), RunState.START, uuid.uuid4())

    assert not LineageEvent.objects.exists()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_sends_a_recorded_session_and_hears_what_is_wrong(address, secret, tmp_path):
    session, broken = tmp_path / "session.json", tmp_path / "broken.json"
    session.write_text(json.dumps(dbt_build()))
    broken.write_text(json.dumps(event() | {"run": {"runId": "7"}}))

    def curl(path, route):
        command = ["curl", "-s", "-w", "\n%{http_code}", "-H", f"Authorization: Bearer {secret}"]
        command += [
            "-H",
            "Content-Type: application/json",
            "--data-binary",
            f"@{path}",
            f"{address}/api/v1/{route}",
        ]
        body, _newline, code = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=True
        ).stdout.rpartition("\n")
        return int(code), body

    assert curl(session, "lineage") == (201, "")
    assert curl(session, "lineage/batch") == (204, "")
    assert curl(session, "ingest/openlineage/")[0] == 201
    code, body = curl(broken, "lineage")
    events.project_waiting()

    assert (code, list(json.loads(body)["fields"])) == (400, ["/run/runId"])
    assert LineageEvent.objects.count() == 22
    assert IngestionJob.objects.filter(status="completed").count() == 11
    assert CapsuleEdge.objects.count() == 5
