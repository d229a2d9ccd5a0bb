"""Schemas that are read become plans: what a reader owns, what stays, what vanished, and what is only partly understood."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.audit.models import Change
from apps.catalog.models import Capsule, Column, Constraint, IngestionJob
from apps.dcs.models import JobProgress
from apps.dcs.refusals import Conflict
from apps.deploy import applying, ingestion, plan, reading, tasks
from apps.deploy.models import Plan
from apps.people.reader import reader_of
from apps.provenance.models import CapsuleEdge
from tests.factories.catalog import DomainFactory
from tests.factories.people import UserFactory

from .reading_fixtures import job_of, read, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def producer():
    return reader_of(UserFactory(role="producer"))


@pytest.fixture
def steward():
    return reader_of(UserFactory(role="steward"))


def plan_of(job):
    return Plan.objects.get(number=job.stats["plan"]["number"])


def applied(*documents, reader, **said):
    """Read, and apply the plan."""
    return applying.apply(plan_of(read(*documents, reader=reader, **said)), reader=reader)


def capsule(name):
    return Capsule.objects.get(name=name)


def described(name, column):
    return Column.objects.get(capsule__name=name, name=column).description


class TestAReading:
    def test_it_makes_a_plan_and_writes_nothing_else(self, producer):
        job = read(table("orders", "id", "amount"), reader=producer)

        made = plan_of(job)
        assert job.status == "completed"
        assert made.answer["capsules"][0]["action"] == "create"
        assert made.author_id == producer.user.pk
        assert made.reading["job"] == job.number
        assert not Capsule.objects.exists()

    def test_its_rows_say_who_brought_them(self, producer):
        applied(table("orders", "id", "amount"), reader=producer)

        assert capsule("orders").meta["origin"] == "told"
        assert set(Column.objects.values_list("meta__origin", flat=True)) == {"told"}

    def test_reading_it_again_is_no_change_and_no_plan(self, producer):
        applied(table("orders", "id", "amount"), reader=producer)
        before = Change.objects.exclude(table_name="ingestion_jobs").count()

        job = read(table("orders", "id", "amount"), reader=producer)

        assert job.status == "completed"
        assert job.stats["plan"] is None
        assert job.stats["planned"] == {"create": 0, "change": 0, "no_change": 1, "vanished": 0}
        assert Change.objects.exclude(table_name="ingestion_jobs").count() == before

    def test_a_worker_runs_it_and_a_second_worker_does_nothing(self, producer):
        job = job_of(table("orders"), reader=producer)

        tasks.ingest(job_id=str(job.pk))
        tasks.ingest(job_id=str(job.pk))

        assert IngestionJob.objects.get().status == "completed"
        assert Plan.objects.count() == 1

    def test_a_file_that_cannot_be_read_ends_in_a_sentence(self, producer):
        job = read(error="The file is cut off.", reader=producer)

        assert (job.status, job.error_details["code"]) == ("failed", "damaged")
        assert job.error_message == "The file is cut off. Send it again."
        assert not Plan.objects.exists()

    def test_it_stops_between_steps_when_somebody_asks(self, producer):
        job = job_of(table("orders"), reader=producer)
        JobProgress.objects.of(job).update(cancel_requested=True)

        reading.run(job, at_once=True)

        assert job.status == "cancelled"
        assert not Plan.objects.exists()

    def test_its_files_are_gone_when_it_is_over(self, producer):
        job = job_of(table("orders"), reader=producer)
        folder = ingestion.folder_of(job)
        assert folder.exists()

        reading.run(job, at_once=True)

        assert not folder.exists()

    def test_who_may_register_nothing_is_told_so_by_the_job(self):
        analyst = reader_of(UserFactory(role="analyst"))

        job = read(table("orders"), reader=analyst)

        assert (job.status, job.error_details["code"]) == ("failed", "forbidden")
        assert not Plan.objects.exists()

    def test_a_document_that_the_format_refuses_counts_as_missed(self, producer):
        twice = table("orders", "id", "id")

        made = plan_of(read(table("customers"), twice, reader=producer))

        assert [each["urn"].rpartition(":")[2] for each in made.result["capsules"]] == ["customers"]
        assert made.is_partial
        assert made.reading["missed"][0]["text"] == "orders"
        assert "declared twice" in made.reading["missed"][0]["why"]
        assert made.reading["missed"][0]["line"] == 2

    def test_a_plan_that_moved_is_made_anew_with_what_was_missed(self, producer):
        made = plan_of(read(table("orders"), reader=producer, missed=[(3, "CREATE TABLE broken (")]))
        applied(table("orders", "id", "note"), reader=producer)
        applying.decide(made, reader=producer, accept_partial="shop.sql")

        with pytest.raises(applying.PlanStale) as stale:
            applying.apply(made, reader=producer)

        assert stale.value.plan.is_partial
        assert "accepted" not in stale.value.plan.reading


class TestWhatStays:
    def test_a_description_that_somebody_wrote_wins_over_the_source(self, producer, steward):
        applied(table("orders", ("id", "The key.")), reader=producer)
        written = table("orders", ("id", "The number on the invoice."))
        applying.apply_directly(plan.documents.write(written), reader=steward)

        made = plan_of(read(table("orders", ("id", "The primary key."), "amount"), reader=producer))
        applying.apply(made, reader=producer)

        assert described("orders", "id") == "The number on the invoice."
        (kept,) = made.result["capsules"][0]["kept"]
        assert (kept["kept"], kept["document"]) == ("The number on the invoice.", "The primary key.")

    def test_a_description_of_the_source_follows_the_source(self, producer):
        applied(table("orders", ("id", "The key.")), reader=producer)
        applied(table("orders", ("id", "The primary key.")), reader=producer)

        assert described("orders", "id") == "The primary key."

    def test_a_description_that_the_source_does_not_give_stays(self, producer, steward):
        applied(table("orders", "id"), reader=producer)
        applying.apply_directly(plan.documents.write(table("orders", ("id", "The key."))), reader=steward)

        job = read(table("orders", "id"), reader=producer)

        assert job.stats["plan"] is None
        assert described("orders", "id") == "The key."

    def test_columns_and_keys_of_others_stay(self, producer, steward):
        by_hand = table("orders", "id", "margin")
        by_hand["schema"]["constraints"] = [{"type": "unique", "columns": ["id"], "name": "orders_id_key"}]
        applying.apply_directly(plan.documents.write(by_hand), reader=steward)

        applied(table("orders", "id", "amount"), reader=producer)

        current = Column.objects.filter(retired_at=None)
        assert set(current.values_list("name", flat=True)) == {"id", "amount", "margin"}
        assert Constraint.objects.get().kind == "unique"

    def test_columns_that_the_reader_brought_go_with_the_source(self, producer):
        applied(table("orders", "id", "amount"), reader=producer)
        applied(table("orders", "id"), reader=producer)

        assert list(Column.objects.filter(retired_at=None).values_list("name", flat=True)) == ["id"]

    def test_terms_rules_and_tags_are_not_touched(self, producer, steward):
        applied(table("orders"), reader=producer)
        rules = [{"rule": "not_null", "column": "id"}]
        more = {**table("orders"), "quality_rules": rules, "tags": ["finance"], "layer": "gold"}
        applying.apply_directly(plan.documents.write(more), reader=steward)

        assert read(table("orders"), reader=producer).stats["plan"] is None
        assert capsule("orders").tags == ["finance"]

    def test_what_somebody_declared_to_flow_in_stays(self, producer, steward):
        orders, returns = table("orders")["urn"], table("returns")["urn"]
        view = table("shown", lineage={"upstream": [orders]})
        applied(table("orders"), table("returns"), view, reader=producer)
        more = table("shown", lineage={"upstream": [orders, returns]})
        applying.apply_directly(plan.documents.write(more), reader=steward)

        assert read(view, reader=producer).stats["plan"] is None
        applied(table("shown", lineage={"upstream": [table("targets")["urn"]]}), reader=producer)

        edges = CapsuleEdge.objects.filter(target_urn=view["urn"])
        assert set(edges.values_list("source_urn", flat=True)) == {returns, table("targets")["urn"]}


class TestWhatVanished:
    def test_it_is_listed_and_marked_and_stays_in_use(self, producer):
        applied(table("orders"), table("returns"), reader=producer)

        made = plan_of(read(table("orders"), reader=producer, complete=True))
        applying.apply(made, reader=producer)

        assert [each["name"] for each in made.reading["vanished"]] == ["returns"]
        assert capsule("returns").retired_at is None
        assert "missing_since" in capsule("returns").meta
        assert read(table("orders"), reader=producer, complete=True).stats["plan"] is None

    def test_a_reading_that_may_not_be_whole_finds_nothing_vanished(self, producer):
        applied(table("orders"), table("returns"), reader=producer)

        assert read(table("orders"), reader=producer).stats["plan"] is None
        missing = read(table("orders"), reader=producer, complete=True, missed=[(9, "CREATE TABLE x")])
        assert missing.stats["plan"] is None

    def test_a_steward_may_choose_to_retire_it(self, steward):
        applied(table("orders"), table("returns"), reader=steward)
        made = plan_of(read(table("orders"), reader=steward, complete=True))

        applying.decide(made, reader=steward, retire=[capsule("returns").urn])
        applying.apply(made, reader=steward)

        assert capsule("returns").retired_at is not None
        assert capsule("orders").retired_at is None

    def test_who_may_not_retire_retires_nothing(self, producer):
        applied(table("orders"), table("returns", domain=DomainFactory(name="sales").name), reader=producer)
        found = capsule("returns")
        Capsule.objects.update(domain=None)
        made = plan_of(read(table("orders"), reader=producer, complete=True))
        applying.decide(made, reader=producer, retire=[found.urn])

        with pytest.raises(PermissionDenied):
            applying.apply(made, reader=producer)

        assert capsule("returns").retired_at is None
        assert Plan.objects.get(pk=made.pk).applied_at is None

    def test_only_what_the_plan_lists_can_be_retired(self, steward):
        applied(table("orders"), table("returns"), reader=steward)
        made = plan_of(read(table("orders"), reader=steward, complete=True))

        with pytest.raises(Conflict) as refused:
            applying.decide(made, reader=steward, retire=[capsule("orders").urn])

        assert refused.value.code == "no_such_capsule"

    def test_capsules_of_another_origin_have_not_vanished(self, producer, steward):
        applying.apply_directly(plan.documents.write(table("targets")), reader=steward)
        applied(table("orders"), reader=producer)

        assert read(table("orders"), reader=producer, complete=True).stats["plan"] is None

    def test_what_is_back_is_no_longer_missing(self, producer):
        applied(table("orders"), table("returns"), reader=producer)
        applied(table("orders"), reader=producer, complete=True)

        applied(table("orders"), table("returns"), reader=producer, complete=True)

        assert "missing_since" not in capsule("returns").meta


class TestAPartialPlan:
    MISSED = ((7, "CREATE TABLE broken ("),)

    def test_it_is_not_applied_before_somebody_accepts_it_by_name(self, producer):
        made = plan_of(read(table("orders"), reader=producer, missed=self.MISSED))

        with pytest.raises(Conflict) as refused:
            applying.apply(made, reader=producer)
        with pytest.raises(Conflict):
            applying.decide(made, reader=producer, accept_partial="another.sql")

        assert refused.value.code == "plan_partial"
        assert "line 7: CREATE TABLE broken (" in refused.value.fields["accept_partial"][0]
        assert not Capsule.objects.exists()

    def test_accepted_by_name_it_is_applied_and_says_who_did(self, producer):
        made = plan_of(read(table("orders"), reader=producer, missed=self.MISSED))

        applying.decide(made, reader=producer, accept_partial="shop.sql")
        done = applying.apply(made, reader=producer)

        assert done.reading["accepted"]["by"] == producer.name
        assert capsule("orders")

    def test_it_cannot_be_scheduled_either(self, producer):
        made = plan_of(read(table("orders"), reader=producer, missed=self.MISSED))

        with pytest.raises(Conflict) as refused:
            applying.schedule(made, plan.timezone.now() + plan.LASTS, reader=producer)

        assert refused.value.code == "plan_partial"
