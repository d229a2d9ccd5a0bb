"""What a user sees after ingesting real dbt artifacts, once, again, changed, damaged and at the same time."""

import io
import json
from collections import Counter
from pathlib import Path

import pytest

from apps.audit.context import acting
from apps.audit.models import Change
from apps.catalog import edits
from apps.catalog.models import Capsule, Column, IngestionJob
from apps.dcs.models import JobProgress
from apps.deploy import apply, ingestion
from apps.people.reader import reader_of, system
from apps.provenance.models import CapsuleEdge, ColumnEdge
from apps.quality.models import QualityCheck, QualityRule
from tests.factories import PolicyFactory, UserFactory

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parent.parent / "fixtures" / "dbt"
JAFFLE = FIXTURES / "jaffle_shop_classic"
NAMES = ("manifest.json", "catalog.json", "run_results.json")


def read(name):
    return json.loads((JAFFLE / name).read_bytes())


def ingest(*, reader=None, options=ingestion.Options(), **files):  # noqa: B008 - frozen
    """Ingest the given contents, by default the jaffle shop; returns the finished job."""
    contents = files or {name: (JAFFLE / name).read_bytes() for name in NAMES}
    pairs = [
        (name if name.endswith(".json") else f"{name}.json", io.BytesIO(as_bytes(content)))
        for name, content in contents.items()
    ]
    job = ingestion.accept(pairs, reader=reader or system("test"), options=options)
    return ingestion.run(job)


def as_bytes(content):
    return content if isinstance(content, bytes) else json.dumps(content).encode()


def written_since(moment):
    """How many rows of each table the log has seen since its entry number `moment`."""
    return Counter(Change.objects.filter(seq__gt=moment).values_list("table_name", flat=True))


def newest_entry():
    return Change.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


class TestTheJaffleShop:
    def test_the_counts_are_the_artifacts_own(self):
        nodes = read("manifest.json")["nodes"]
        relations = {
            key: node for key, node in nodes.items() if node["resource_type"] in ("model", "seed", "snapshot")
        }
        tests = [node for node in nodes.values() if node["resource_type"] == "test"]
        columns = sum(len(entry["columns"]) for entry in read("catalog.json")["nodes"].values())
        edges = {
            (parent, key)
            for key, node in relations.items()
            for parent in node.get("depends_on", {}).get("nodes", [])
            if parent in relations
        }

        job = ingest()

        assert job.status == "completed"
        assert Capsule.objects.count() == len(relations) == 8
        assert Column.objects.count() == columns == 38
        assert QualityRule.objects.count() == len(tests) == 20
        assert CapsuleEdge.objects.count() == len(edges) == 8
        assert QualityCheck.objects.count() == len(tests)

    def test_column_lineage_of_customers_and_orders_is_complete(self):
        ingest()

        for name, expected in (("customers", 7), ("orders", 9)):
            columns = Column.objects.filter(capsule__name=name)
            traced = columns.filter(pk__in=ColumnEdge.objects.values("target")).count()
            assert (columns.count(), traced) == (expected, expected)

    def test_customer_lifetime_value_is_the_sum_of_amounts(self):
        ingest()

        edge = ColumnEdge.objects.get(target__name="customer_lifetime_value")

        assert edge.source.name == "amount"
        assert edge.source.capsule.name == "stg_payments"
        assert edge.transformation_type == "aggregated"
        assert "SUM" in edge.transformation_expr.upper()

    def test_types_and_order_come_from_the_catalog_and_texts_from_the_manifest(self):
        ingest()

        found = list(
            Column.objects.filter(capsule__name="orders")
            .order_by("ordinal_position")
            .values_list("name", "data_type", "description")[:2]
        )

        catalog = read("catalog.json")["nodes"]["model.jaffle_shop.orders"]["columns"]
        manifest = read("manifest.json")["nodes"]["model.jaffle_shop.orders"]["columns"]
        first, second = sorted(catalog.values(), key=lambda column: column["index"])[:2]
        assert found == [
            (first["name"], first["type"], manifest[first["name"]]["description"]),
            (second["name"], second["type"], manifest[second["name"]]["description"]),
        ]

    def test_names_of_people_are_found_by_column_name(self):
        ingest()

        found = Column.objects.filter(capsule__name="customers", pii_type__isnull=False)

        assert set(found.values_list("name", "pii_type")) == {("first_name", "name"), ("last_name", "name")}

    def test_the_log_says_who_brought_it_and_why(self):
        producer = UserFactory(role="producer")

        job = ingest(reader=reader_of(producer))

        change = Change.objects.filter(table_name="capsules", operation="INSERT").first()
        assert change.changed_by == producer.username
        assert f"J-{job.number}" in change.change_reason
        assert change.application == "ingestion"


class TestAgain:
    def test_the_same_files_write_nothing_but_the_job(self):
        ingest()
        before = newest_entry()

        again = ingest()

        assert again.stats["identical_to"] == again.number - 1 or again.stats["identical_to"] < again.number
        assert set(written_since(before)) == {"ingestion_jobs"}

    def test_a_new_run_of_the_same_project_writes_nothing_either(self):
        ingest()
        manifest = read("manifest.json")
        manifest["metadata"]["invocation_id"] = "0d6f2c1e-5f3a-4c58-9d6b-2f7a8f0f5a11"
        manifest["metadata"]["generated_at"] = "2026-11-20T06:00:00Z"
        before = newest_entry()

        again = ingest(manifest=manifest, catalog=read("catalog.json"))

        assert again.stats["counts"]["capsules"] == {"created": 0, "changed": 0, "retired": 0, "unchanged": 8}
        assert set(written_since(before)) == {"ingestion_jobs"}

    def test_one_changed_description_writes_one_row(self):
        ingest()
        manifest = read("manifest.json")
        manifest["nodes"]["model.jaffle_shop.orders"]["columns"]["status"]["description"] = (
            "Where the order stands."
        )
        before = newest_entry()

        ingest(manifest=manifest, catalog=read("catalog.json"))

        written = written_since(before)
        assert written["columns"] == 1
        assert (
            Column.objects.get(capsule__name="orders", name="status").description == "Where the order stands."
        )
        assert set(written) <= {"columns", "capsules", "ingestion_jobs", "capsule_versions"}
        assert written["capsule_versions"] == 2  # the new one, and the former that is current no more

    def test_results_that_were_loaded_are_not_loaded_again(self):
        ingest()
        manifest = read("manifest.json")
        manifest["metadata"]["generated_at"] = "2026-11-20T06:00:00Z"

        again = ingest(manifest=manifest, run_results=read("run_results.json"))

        assert again.stats["counts"]["checks"]["created"] == 0
        assert QualityCheck.objects.count() == 20

    def test_a_manifest_without_catalog_keeps_what_the_catalog_told(self):
        ingest()

        ingest(manifest=(JAFFLE / "manifest.json").read_bytes())

        assert Column.objects.current().count() == 38
        assert not Column.objects.filter(data_type="unknown").exists()


class TestPeoplesEdits:
    def test_a_persons_description_survives_and_is_reported(self):
        ingest()
        steward = UserFactory(role="steward")
        orders = Capsule.objects.get(name="orders")
        with acting(steward, reason="The grain was missing"):
            edits.revise(orders, by=steward, description="One row for each order, cancelled ones too.")
        manifest = read("manifest.json")
        manifest["nodes"]["model.jaffle_shop.orders"]["description"] = "Orders, as dbt sees them."

        job = ingest(manifest=manifest, catalog=read("catalog.json"))

        orders.refresh_from_db()
        assert orders.description == "One row for each order, cancelled ones too."
        (kept,) = job.stats["kept"]
        assert (kept["field"], kept["by"], kept["theirs"]) == (
            "description",
            steward.username,
            "Orders, as dbt sees them.",
        )

    def test_a_persons_owner_and_column_edits_survive(self):
        ingest()
        steward = UserFactory(role="steward")
        status = Column.objects.get(capsule__name="orders", name="status")
        with acting(steward, reason="It names no person"):
            edits.revise(status, by=steward, description="Placed, shipped, returned.")
            name = Column.objects.get(capsule__name="customers", name="first_name")
            edits.revise(name, by=steward, pii_type=None)
        manifest = read("manifest.json")
        for node in ("orders", "customers"):
            manifest["nodes"][f"model.jaffle_shop.{node}"]["description"] = f"{node}, once more"

        ingest(manifest=manifest, catalog=read("catalog.json"))

        status.refresh_from_db()
        name.refresh_from_db()
        assert status.description == "Placed, shipped, returned."
        assert name.pii_type is None


class TestVanished:
    def without(self, *names):
        manifest = read("manifest.json")
        for name in names:
            del manifest["nodes"][f"model.jaffle_shop.{name}"]
        for key in ("parent_map", "child_map"):
            manifest[key] = {
                node: [other for other in others if other.split(".")[-1] not in names]
                for node, others in manifest[key].items()
                if node.split(".")[-1] not in names
            }
        manifest["nodes"] = {
            key: node
            for key, node in manifest["nodes"].items()
            if not any(
                f"model.jaffle_shop.{name}" in node.get("depends_on", {}).get("nodes", []) for name in names
            )
        }
        manifest["parent_map"] = {
            key: value for key, value in manifest["parent_map"].items() if key in manifest["nodes"]
        }
        return manifest

    def test_a_model_that_disappears_is_retired_and_keeps_its_history(self):
        ingest()

        job = ingest(manifest=self.without("orders"), catalog=read("catalog.json"))

        orders = Capsule.objects.get(name="orders")
        assert job.stats["counts"]["capsules"]["retired"] == 1
        assert orders.retired_at is not None
        assert QualityCheck.objects.filter(rule__column__capsule=orders).exists()
        assert Capsule.objects.current().count() == 7

    def test_a_model_that_comes_back_is_itself_again(self):
        ingest()
        was = Capsule.objects.get(name="orders").pk
        ingest(manifest=self.without("orders"), catalog=read("catalog.json"))

        ingest(manifest=read("manifest.json"), catalog=read("catalog.json"))

        orders = Capsule.objects.get(name="orders")
        assert (orders.pk, orders.retired_at) == (was, None)

    def test_a_third_of_the_project_goes_only_when_somebody_says_so(self):
        ingest()
        manifest = self.without("orders", "customers", "stg_orders")

        refused = ingest(manifest=manifest)
        accepted = ingest(manifest=manifest, options=ingestion.Options(accept_vanished=True))

        assert refused.status == "failed"
        assert "3 of 8" in refused.error_message
        assert accepted.stats["counts"]["capsules"]["retired"] == 3

    def test_a_vanished_model_under_a_legal_hold_stays_in_use_and_is_told(self):
        ingest()
        PolicyFactory(active=True, capsule=Capsule.objects.get(name="orders"), legal_hold=True)

        job = ingest(manifest=self.without("orders", "customers"), catalog=read("catalog.json"))

        assert job.stats["counts"]["capsules"]["retired"] == 1
        assert Capsule.objects.get(name="orders").retired_at is None
        assert Capsule.objects.get(name="customers").retired_at is not None
        (kept,) = [each for each in job.stats["kept"] if each["by"] == "legal hold"]
        assert kept["urn"].endswith(":orders")

    def test_a_column_that_disappears_keeps_its_rules(self):
        ingest()
        catalog, manifest = read("catalog.json"), read("manifest.json")
        del catalog["nodes"]["model.jaffle_shop.orders"]["columns"]["status"]
        del manifest["nodes"]["model.jaffle_shop.orders"]["columns"]["status"]

        ingest(manifest=manifest, catalog=catalog)

        status = Column.objects.get(capsule__name="orders", name="status")
        assert status.retired_at is not None
        assert QualityRule.objects.filter(column=status).exists()


BAD = {
    "no JSON at all": b"<html><body>Not found</body></html>",
    "cut in the middle": (JAFFLE / "manifest.json").read_bytes()[:200_000],
    "nothing": b"",
    "a list": b"[1, 2, 3]",
    "another tool's JSON": b'{"name": "left-pad", "version": "1.0.0"}',
    "a catalog": (JAFFLE / "catalog.json").read_bytes(),
    "nodes that are no object": json.dumps({**read("manifest.json"), "nodes": [1]}).encode(),
    "binary": bytes(range(256)) * 40,
    "absurdly deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
}


class TestBadFiles:
    @pytest.mark.parametrize("name", BAD)
    def test_the_job_says_what_is_wrong_and_nothing_is_written(self, name):
        before = newest_entry()

        job = ingest(manifest=BAD[name])

        assert job.status == "failed"
        assert len(job.error_message) > 20
        assert "Traceback" not in job.error_message
        assert set(written_since(before)) == {"ingestion_jobs"}
        assert not Capsule.objects.exists()

    def test_a_version_of_the_future_is_read_with_a_warning(self):
        manifest = read("manifest.json")
        manifest["metadata"]["dbt_schema_version"] = "https://schemas.getdbt.com/dbt/manifest/v99.json"

        job = ingest(manifest=manifest)

        assert job.status == "completed"
        assert any("99" in note["message"] for note in job.stats["notes"])

    def test_an_upload_over_the_limit_is_refused_while_it_is_read(self, settings):
        settings.DBT_UPLOAD_MAX_BYTES = 1000

        with pytest.raises(ingestion.TooLarge, match="larger than"):
            ingest()

        assert not IngestionJob.objects.exists()

    def test_hostile_names_stay_text(self):
        manifest = read("manifest.json")
        node = manifest["nodes"]["model.jaffle_shop.orders"]
        node["description"] = "<script>alert(1)</script> '; DROP TABLE dcs.capsules; --"
        node["tags"] = ["'; DROP TABLE", "<b>"]

        ingest(manifest=manifest)

        orders = Capsule.objects.get(name="orders")
        assert orders.description == node["description"]
        assert sorted(orders.tags) == sorted(node["tags"])

    @pytest.mark.parametrize("path", sorted(FIXTURES.glob("*manifest*.json")), ids=lambda path: path.stem)
    def test_every_manifest_ingests_or_says_exactly_why_not(self, path):
        job = ingest(manifest=path.read_bytes())

        assert job.status == "completed", job.error_message
        relations = [
            node
            for section in ("nodes", "sources")
            for node in json.loads(path.read_bytes()).get(section, {}).values()
            if node.get("resource_type") in ("model", "seed", "snapshot", "source")
        ]
        named = Capsule.objects.exclude(meta__has_key="placeholder").count()
        assert named == len(relations)


class TestAllOrNothing:
    def test_a_failure_in_the_middle_leaves_nothing(self, monkeypatch):
        def break_off(self):
            raise RuntimeError("the disk is full")

        monkeypatch.setattr(apply.Merge, "rules", break_off)

        job = ingest()

        assert job.status == "failed"
        assert "Nothing was changed" in job.error_message
        assert "disk is full" not in job.error_message
        assert not Capsule.objects.exists()

    def test_a_cancelled_run_leaves_nothing(self):
        pairs = [(name, io.BytesIO((JAFFLE / name).read_bytes())) for name in NAMES]
        job = ingestion.accept(pairs, reader=system("test"))

        def ask(phase, done, total):
            if phase == "Columns":
                JobProgress.objects.of(job).update(cancel_requested=True)

        ingestion.run(job, say=ask)

        assert job.status == "cancelled"
        assert not Capsule.objects.exists()

    def test_a_job_whose_worker_died_runs_again_and_a_finished_one_does_not(self):
        pairs = [(name, io.BytesIO((JAFFLE / name).read_bytes())) for name in NAMES]
        job = ingestion.accept(pairs, reader=system("test"))
        IngestionJob.objects.filter(pk=job.pk).update(status="running")
        job.refresh_from_db()

        ingestion.run(job)
        before = newest_entry()
        ingestion.run(job)

        assert job.status == "completed"
        assert not written_since(before)

    def test_the_uploaded_files_are_gone_afterwards(self):
        job = ingest()

        assert not ingestion.folder_of(job).exists()
