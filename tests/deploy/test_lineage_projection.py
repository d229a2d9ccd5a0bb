"""What each part of an event becomes: the table of interop.md, section 4, row by row."""

import datetime

import pytest

from apps.catalog.models import Capsule, CapsuleAlias, CapsuleVersion, Column, IngestionJob
from apps.contracts.models import Incident
from apps.deploy.models import LineageEvent
from apps.provenance.models import CapsuleEdge, ColumnEdge, RunCapsule, TransformationCode
from apps.quality.models import ColumnProfile, QualityCheck, QualityRule
from tests.factories import CapsuleFactory, ColumnFactory, ContractFactory, QualityRuleFactory

from .openlineage_fixtures import FOLDER, NOON, dbt_build, event, receive, recorded, run_id, schema, table
from .test_ingestion import ingest

pytestmark = pytest.mark.django_db


def the_run():
    return IngestionJob.objects.get(config__run_id=run_id(1))


def minutes(number):
    return NOON + datetime.timedelta(minutes=number)


# --- runs ---------------------------------------------------------------------------------------------------


def test_a_run_says_when_it_ran_how_it_ended_and_what_it_moved():
    told = {"outputStatistics": {"rowCount": 2000, "size": 4096}}
    receive([event("START"), event(minutes=2, writes=[table("shop.main.orders", outputs=told)])])

    run = the_run()
    assert (run.source_type, run.source_name, run.status) == ("openlineage", "load_orders", "completed")
    assert (run.started_at, run.completed_at, run.duration_ms) == (NOON, minutes(2), 120_000)
    assert (run.records_processed, run.bytes_processed) == (2000, 4096)


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (["START"], "running"),
        (["RUNNING", "START"], "running"),
        ([None], "pending"),
        (["OTHER", "COMPLETE"], "completed"),
        (["COMPLETE", "START"], "completed"),
        (["START", "FAIL"], "failed"),
        (["ABORT", "RUNNING"], "cancelled"),
    ],
)
def test_the_state_of_a_run_follows_by_precedence(kinds, status):
    receive([event(kind, minutes=place) for place, kind in enumerate(kinds)])

    assert the_run().status == status


def test_a_failed_run_keeps_its_inputs_and_its_error_but_no_statistics():
    told = {"outputStatistics": {"rowCount": 3}}
    receive(
        event(
            "FAIL",
            reads=["shop.raw.orders"],
            writes=[table("shop.main.orders", schema=schema(id="bigint"), outputs=told)],
            errorMessage={"message": "disk full", "programmingLanguage": "JAVA", "stackTrace": "at line 1"},
        )
    )

    run = the_run()
    assert (run.status, run.error_message) == ("failed", "disk full")
    assert run.error_details == {"language": "JAVA", "stack": "at line 1"}
    assert run.records_processed is None
    assert set(run.run_capsules.values_list("role", "rows")) == {("input", None), ("output", None)}
    written = Capsule.objects.get(name="orders", schema_name="main")
    assert written.row_count is None
    assert not written.columns.exists()


def test_nanoseconds_and_times_without_a_zone_are_understood():
    receive(
        [
            event("START", at="2026-11-23T12:00:00.123456789"),
            event("COMPLETE", at="2026-11-23T14:00:01.123456790+02:00"),
        ]
    )

    run = the_run()
    assert run.started_at == NOON + datetime.timedelta(microseconds=123_456)
    assert run.duration_ms == 1000


def test_a_later_facet_wins_by_time_down_to_the_nanosecond():
    receive(
        [
            event(
                "RUNNING",
                at="2026-11-23T12:00:00.000000002Z",
                processing_engine={"name": "spark", "version": "4"},
            ),
            event(
                "RUNNING",
                at="2026-11-23T12:00:00.000000001Z",
                processing_engine={"name": "spark", "version": "3"},
            ),
        ]
    )

    assert the_run().environment["version"] == "4"


def test_a_deleted_facet_is_gone_until_it_is_told_again():
    engine = {"name": "spark", "version": "3.5"}
    receive(
        [event("START", processing_engine=engine), event(minutes=2, processing_engine={"_deleted": True})]
    )

    assert the_run().environment is None

    receive(event("OTHER", minutes=3, processing_engine=engine))

    assert the_run().environment["engine"] == "spark"


def test_an_unknown_parent_is_held_a_place_until_its_own_events_come():
    parent = {"run": {"runId": run_id(9)}, "job": {"namespace": "shop", "name": "nightly"}}
    receive(event(parent=parent))

    held = the_run().parent
    assert (held.source_name, held.status, held.config["heard_of"]) == ("nightly", "pending", True)
    assert the_run().triggered_by == "nightly"

    receive(event("COMPLETE", run=9, job="nightly", minutes=5))

    held.refresh_from_db()
    assert (held.status, "heard_of" in held.config) == ("completed", False)


def test_runs_that_name_each_other_as_parents_do_no_harm():
    def named(number):
        return {"run": {"runId": run_id(number)}, "job": {"namespace": "shop", "name": "dag"}}

    receive([event(run=1, parent=named(2)), event(run=2, parent=named(1)), event(run=3, parent=named(3))])

    assert IngestionJob.objects.filter(parent__isnull=False).count() == 2


def test_the_address_of_a_log_is_taken_only_if_it_is_a_web_address():
    receive(
        [
            event(run=1, airflow={"taskInstance": {"log_url": "https://airflow.example/log/1"}}),
            event(run=2, airflow={"taskInstance": {"log_url": "javascript:alert(1)"}}),
        ]
    )

    assert the_run().logs_url == "https://airflow.example/log/1"
    assert IngestionJob.objects.get(config__run_id=run_id(2)).logs_url is None


# --- datasets -----------------------------------------------------------------------------------------------


def test_events_of_dbt_meet_the_capsules_that_its_artifacts_brought():
    ingest()
    known = Capsule.objects.count()

    receive(dbt_build())

    assert Capsule.objects.count() == known
    orders = Capsule.objects.get(name="orders", meta__origin="dbt")
    assert orders.upstream_edges.count() == 2
    assert orders.upstream_edges.first().meta["seen"]["runs"] == 1
    assert orders.upstream_edges.first().meta["origin"] == "dbt"
    assert CapsuleAlias.objects.filter(
        capsule=orders,
        urn="urn:dcs:openlineage:dataset:duckdb-jaffle_classic.duckdb:jaffle_classic.main.orders",
    ).exists()


def test_results_of_dbt_tests_hang_on_the_rules_that_its_artifacts_brought():
    ingest()
    rules, checks = QualityRule.objects.count(), QualityCheck.objects.count()

    receive(dbt_build())

    assert QualityRule.objects.count() == rules
    assert QualityCheck.objects.count() == checks + 20


def test_an_unknown_dataset_becomes_a_placeholder_in_the_system_of_its_namespace():
    receive(event(reads=["shop.raw.orders"], writes=[table("/data/orders.parquet", "s3://lake")]))

    orders = Capsule.objects.get(name="orders")
    assert orders.urn == "urn:dcs:openlineage:dataset:postgres-db-5432:shop.raw.orders"
    assert (orders.database_name, orders.schema_name) == ("shop", "raw")
    assert (orders.source_system.name, orders.source_system.kind) == ("postgres://db:5432", "postgres")
    assert orders.meta["placeholder"] is True
    assert Capsule.objects.get(name="orders.parquet").schema_name is None


def test_two_capsules_that_a_name_may_mean_are_not_guessed_between():
    for number in (1, 2):
        CapsuleFactory(
            urn=f"urn:dcs:dbt:model:shop{number}:orders",
            name="orders",
            database_name="shop",
            schema_name="main",
        )

    receive(event(writes=["shop.main.orders"]))

    assert Capsule.objects.filter(urn__startswith="urn:dcs:openlineage").count() == 1
    assert not CapsuleAlias.objects.exists()


def test_a_schema_fills_what_is_unknown_and_changes_no_declared_type():
    orders = CapsuleFactory(name="orders", database_name="shop", schema_name="main")
    declared = ColumnFactory(capsule=orders, name="amount", data_type="numeric(10,2)", description="")
    unknown = ColumnFactory(capsule=orders, name="status", data_type="unknown")
    fields = [
        {"name": "AMOUNT", "type": "double", "description": "What was paid."},
        {"name": "status", "type": "text"},
        {"name": "address", "type": "struct", "fields": [{"name": "street", "type": "text"}]},
        {"name": "tags", "type": "array", "fields": [{"name": "label", "type": "text"}]},
    ]

    receive(event(writes=[table("shop.main.orders", schema={"fields": fields})]))

    declared.refresh_from_db()
    unknown.refresh_from_db()
    assert (declared.data_type, declared.meta["seen_type"]) == ("numeric(10,2)", "double")
    assert declared.description == "What was paid."
    assert unknown.data_type == "text"
    assert set(orders.columns.values_list("name", flat=True)) == {
        "amount", "status", "address", "address.street", "tags", "tags[].label",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "severity"),
    [("text", "high"), ("smallint", "high"), ("int8", None), ("BIGINT", None), ("numeric(38,0)", "medium")],
)
def test_a_type_that_breaks_a_contract_is_one_incident(seen, severity):
    orders = CapsuleFactory(name="orders", database_name="shop", schema_name="main")
    ColumnFactory(capsule=orders, name="order_id", data_type="bigint")
    contract = ContractFactory(capsule=orders, active=True)

    for number in (1, 2):
        written = [table("shop.main.orders", schema=schema(order_id=seen))]
        receive(event(run=number, minutes=number, writes=written))

    found = list(Incident.objects.filter(contract=contract, kind="schema_change"))
    assert [incident.severity for incident in found] == ([severity] if severity else [])
    if found:
        assert found[0].meta["types"] == [{"column": "order_id", "declared": "bigint", "seen": seen}]
    assert orders.columns.get().data_type == "bigint"


def test_a_person_s_words_about_a_capsule_stay():
    orders = CapsuleFactory(name="orders", database_name="shop", schema_name="main", description="Ours.")

    receive(event(writes=[table("shop.main.orders", documentation={"description": "Theirs."})]))
    receive(event(writes=[table("shop.main.payments", documentation={"description": "Theirs."})]))

    orders.refresh_from_db()
    assert orders.description == "Ours."
    assert Capsule.objects.get(name="payments").description == "Theirs."


def test_statistics_of_the_latest_completed_run_are_the_capsule_s():
    def written(rows):
        return [
            table("shop.main.orders", outputs={"outputStatistics": {"rowCount": rows, "size": rows * 10}})
        ]

    receive([event(run=2, minutes=9, writes=written(20)), event(run=1, minutes=3, writes=written(10))])

    orders = Capsule.objects.get(name="orders")
    assert (orders.row_count, orders.table_size_bytes, orders.last_analyzed_at) == (20, 200, minutes(9))


def test_numbers_that_no_table_holds_are_left_out():
    told = {"outputStatistics": {"rowCount": 1e300, "size": "many"}}

    receive(event(writes=[table("shop.main.orders", outputs=told)]))

    assert the_run().records_processed is None
    assert the_run().bytes_processed is None


def test_a_dropped_table_is_missing_since_then_and_back_when_it_is_created():
    def changed(word):
        return [table("shop.main.orders", lifecycleStateChange={"lifecycleStateChange": word})]

    receive(event(writes=changed("DROP")))
    orders = Capsule.objects.get(name="orders")
    assert orders.meta["missing_since"] == NOON.isoformat()
    assert orders.retired_at is None

    receive(event(run=2, minutes=5, writes=changed("CREATE")))

    orders.refresh_from_db()
    assert "missing_since" not in orders.meta


def test_the_name_before_a_rename_leads_to_the_capsule():
    facet = {
        "lifecycleStateChange": "RENAME",
        "previousIdentifier": {"namespace": "postgres://db:5432", "name": "shop.main.old_orders"},
    }

    receive(event(writes=[table("shop.main.orders", lifecycleStateChange=facet)]))
    receive(event(run=2, minutes=2, reads=["shop.main.old_orders"]))

    assert Capsule.objects.count() == 1
    assert CapsuleAlias.objects.get().urn.endswith("shop.main.old_orders")


# --- lineage ------------------------------------------------------------------------------------------------


def test_an_edge_counts_the_runs_in_which_it_was_seen():
    for number in (1, 2, 3):
        receive(
            [
                event(
                    "START",
                    run=number,
                    minutes=number,
                    reads=["shop.raw.orders"],
                    writes=["shop.main.orders"],
                ),
                event(
                    run=number, minutes=number + 10, reads=["shop.raw.orders"], writes=["shop.main.orders"]
                ),
            ]
        )

    edge = CapsuleEdge.objects.get()
    assert edge.meta["seen"] == {
        "first": "2026-11-23T12:01:00.000000Z",
        "last": "2026-11-23T12:13:00.000000Z",
        "runs": 3,
    }
    assert RunCapsule.objects.filter(role="output").count() == 3


def test_inputs_and_outputs_of_one_run_may_come_in_different_events():
    receive(event("START", reads=["shop.raw.orders"]))
    receive(event("COMPLETE", minutes=1, writes=["shop.main.orders"]))

    assert CapsuleEdge.objects.get().meta["seen"]["runs"] == 1


def test_lineage_in_a_circle_and_onto_itself_does_no_harm():
    receive(event(reads=["a.b.x"], writes=["a.b.y", "a.b.x"]))
    receive(event(run=2, reads=["a.b.y"], writes=["a.b.x"]))

    assert CapsuleEdge.objects.count() == 2


def test_a_job_without_runs_gives_edges_that_no_run_has_seen():
    described = event(reads=["shop.raw.orders"], writes=["shop.main.orders"])
    del described["run"], described["eventType"]

    receive(described)

    assert CapsuleEdge.objects.get().meta["seen"]["runs"] == 0
    assert not IngestionJob.objects.exists()


def test_columns_know_where_their_values_come_from_and_whether_all_ways_mask_them():
    def origin(field, kind="DIRECT", subtype="IDENTITY", masking=False):
        how = {"type": kind, "subtype": subtype, "masking": masking}
        return {
            "namespace": "postgres://db:5432",
            "name": "shop.raw.people",
            "field": field,
            "transformations": [how],
        }

    facet = {
        "fields": {
            "mail": {"inputFields": [origin("email", subtype="TRANSFORMATION", masking=True)]},
            "city": {"inputFields": [origin("city"), origin("active", "INDIRECT", "CONDITIONAL")]},
        },
        "dataset": [origin("id", "INDIRECT", "FILTER")],
    }

    receive(event(reads=["shop.raw.people"], writes=[table("shop.main.people", columnLineage=facet)]))

    edges = {(edge.source.name, edge.target.name): edge for edge in ColumnEdge.objects.all()}
    assert edges["email", "mail"].meta == {
        "origin": "openlineage",
        "kinds": ["DIRECT:TRANSFORMATION"],
        "masking": True,
    }
    assert edges["city", "city"].transformation_type == "DERIVED_FROM"
    assert edges["city", "city"].meta["masking"] is False
    assert edges["active", "city"].transformation_type == "INDIRECT"
    assert edges["id", "mail"].meta["kinds"] == ["INDIRECT:FILTER"]
    assert len(edges) == 5


def test_the_code_of_a_job_is_kept_at_what_it_writes_and_follows_the_job():
    def told(query):
        return {
            "sql": {"query": query},
            "sourceCodeLocation": {
                "repoUrl": "https://git.example/shop",
                "path": "load.sql",
                "version": "abc123",
            },
        }

    receive(event(writes=["shop.main.orders"], told=told("select 1")))
    receive(event(run=2, minutes=5, writes=["shop.main.orders"], told=told("drop table x; select 2")))

    code = TransformationCode.objects.get()
    assert (code.code_text, code.language) == ("drop table x; select 2", "sql")
    assert (code.git_repository, code.file_path, code.git_commit_sha) == (
        "https://git.example/shop",
        "load.sql",
        "abc123",
    )


# --- quality ------------------------------------------------------------------------------------------------


def test_assertions_become_results_once_wherever_they_are_said():
    facet = {
        "assertions": [
            {"assertion": "not_null", "column": "id", "success": True},
            {
                "assertion": "sum_is_even",
                "success": False,
                "severity": "warn",
                "actual": "3",
                "expected": "4",
            },
        ]
    }
    both = table("shop.main.orders", inputs={"dataQualityAssertions": facet}, dataQualityAssertions=facet)

    receive([event("START", reads=[both]), event(minutes=1, reads=[both])])

    rules = {rule.name: rule for rule in QualityRule.objects.all()}
    assert rules["not_null_id"].rule_type == "not_null"
    assert rules["not_null_id"].column.name == "id"
    assert rules["sum_is_even"].rule_type == "custom_function"
    checks = {check.rule.name: check for check in QualityCheck.objects.all()}
    assert (checks["not_null_id"].status, checks["not_null_id"].checked_at) == ("passed", minutes(1))
    assert (checks["sum_is_even"].status, checks["sum_is_even"].actual_value) == ("warning", "3")


def test_an_assertion_meets_the_one_rule_of_its_kind_on_the_column():
    orders = CapsuleFactory(name="orders", database_name="shop", schema_name="main")
    column = ColumnFactory(capsule=orders, name="id")
    rule = QualityRuleFactory(column=column, capsule=None, rule_type="not_null", name="orders have an id")
    facet = {"assertions": [{"assertion": "not_null", "column": "ID", "success": True}]}

    receive(event(reads=[table("shop.main.orders", inputs={"dataQualityAssertions": facet})]))

    assert QualityCheck.objects.get().rule == rule


def test_what_a_run_has_counted_becomes_figures_but_no_values():
    facet = {
        "rowCount": 10,
        "bytes": 640,
        "columnMetrics": {"amount": {"count": 10, "nullCount": 1, "distinctCount": 7, "min": 3, "max": 1500}},
    }

    receive([event("START", reads=[table("shop.raw.orders", dataQualityMetrics=facet)]), event(minutes=1)])
    receive(event("OTHER", minutes=2, reads=[table("shop.raw.orders", inputs={"dataQualityMetrics": facet})]))

    orders = Capsule.objects.get(name="orders")
    profile = ColumnProfile.objects.get()
    assert (orders.row_count, orders.table_size_bytes, orders.last_analyzed_at) == (10, 640, minutes(2))
    assert (profile.column.name, profile.profiled_at) == ("amount", minutes(2))
    assert (profile.total_count, profile.null_count, profile.distinct_count) == (10, 1, 7)
    assert profile.max_value is None


# --- the whole ----------------------------------------------------------------------------------------------


def test_capsules_that_events_change_get_versions_and_repeats_make_none():
    receive(event(writes=[table("shop.main.orders", schema=schema(id="bigint"))]))
    receive(event(run=2, minutes=5, writes=[table("shop.main.orders", schema=schema(id="bigint"))]))
    assert CapsuleVersion.objects.count() == 1

    receive(event(run=3, minutes=9, writes=[table("shop.main.orders", schema=schema(id="text"))]))

    newest = CapsuleVersion.objects.get(is_current=True)
    assert (newest.number, newest.change_type) == (2, "schema_change")
    assert newest.deployed_by == "system:openlineage"


WHOLE = sorted(
    path.name
    for path in FOLDER.glob("*.json")
    if not path.name.startswith("facet_") or "full_event" in path.name
)


@pytest.mark.parametrize("name", WHOLE)
def test_events_of_other_producers_are_taken_and_projected(name):
    (told,) = recorded(name)
    # Flink's own tests leave out, or to a template, what differs from run to run.
    usual = event()
    told |= {key: usual[key] for key in ("eventTime", "producer") if "${" in told.get(key, "${")}
    if "${" in told.get("run", {}).get("runId", "") or (told.get("run") == {}):
        told["run"] = told["run"] | usual["run"]

    receive(told)

    assert not LineageEvent.objects.exclude(error="").exists()
    assert not LineageEvent.objects.filter(projected_at__isnull=True).exists()


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("facet_*__*.json")))
def test_each_facet_of_the_specification_is_taken_wherever_it_stands(name):
    (facets,) = recorded(name)
    dataset = table("shop.main.orders", inputs=facets, outputs=facets, **facets)

    receive(event(reads=["shop.raw.orders"], writes=[dataset], told=facets, **facets))

    assert not LineageEvent.objects.exclude(error="").exists()
    assert the_run().status == "completed"


def test_columns_that_differ_only_in_case_are_one():
    receive(event(writes=[table("shop.main.orders", schema=schema(ID="int", id="bigint"))]))

    assert Column.objects.count() == 1
