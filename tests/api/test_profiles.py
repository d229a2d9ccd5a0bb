"""Profiles over the API: now, with figures from elsewhere, in the background, by clearance."""

import pytest

from apps.payload.engines.base import Unanswered
from apps.quality import profiling, running
from apps.quality.models import ColumnProfile, QualityRun
from tests.factories import CapsuleFactory

from .conftest import caller


@pytest.fixture
def policy_admin():
    """Somebody cleared for confidential values."""
    return caller("policy_admin")


def of(orders, name="amount", what="profiles"):
    return f"/columns/{orders.columns.get(name=name).urn}/{what}"


def test_a_column_is_profiled_while_the_caller_waits(producer, policy_admin, orders):
    answer = producer.post(of(orders), {})

    assert answer.status_code == 201, answer.body
    assert (answer.body["total_count"], answer.body["null_percentage"]) == (100, 0)
    latest = policy_admin.get(of(orders, what="profile")).body
    assert (latest["id"], latest["min_value"], latest["max_value"]) == (answer.body["id"], -5, 1000)
    assert sum(latest["value_distribution"]["counts"]) == 100
    run = QualityRun.objects.get()
    assert (run.kind, run.state, run.counts) == ("profile", "finished", {"columns": 1})
    assert orders.columns.get(name="amount").stats["max_value"] == 1000


def test_a_personal_column_is_counted_and_no_more(producer, policy_admin, orders):
    orders.columns.filter(name="email").update(pii_type="email")

    producer.post(of(orders, "email"), {})

    found = policy_admin.get(of(orders, "email", "profile")).body
    assert (found["distinct_count"], found["meta"]["withheld"]) == (100, True)
    assert found["min_text"] is found["most_common_values"] is found["value_distribution"] is None
    assert "example.org" not in str(ColumnProfile.objects.values())
    assert "example.org" not in str(orders.columns.values("stats"))


def test_figures_from_elsewhere_are_kept_with_what_follows_from_them(producer, orders):
    answer = producer.post(
        of(orders), {"total_count": 200, "null_count": 50, "distinct_count": 75, "null_percentage": 25}
    )

    assert answer.status_code == 201, answer.body
    assert (answer.body["null_percentage"], answer.body["unique_percentage"]) == (25, 50)
    assert answer.body["meta"]["origin"] == "api"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"total_count": 200, "null_count": 50, "null_percentage": 20}, "null_percentage"),
        ({"total_count": 200, "null_count": 201}, "null_count"),
        ({"total_count": 200, "null_count": 50, "distinct_count": 151}, "distinct_count"),
        ({"total_count": -1}, "total_count"),
        ({"null_count": 1}, "total_count"),
        ({"total_count": 0, "null_count": 0, "null_percentage": 0}, "null_percentage"),
        ({"total_count": 1, "min_value": 3, "max_value": 2}, "min_value"),
        ({"total_count": 1, "median": 2}, "median"),
        ({"total_count": 1, "validity_score": 100}, "validity_score"),
    ],
)
def test_figures_that_contradict_each_other_are_refused(producer, orders, body, field):
    answer = producer.post(of(orders), body)

    assert answer.status_code == 400
    assert field in str(answer.body)
    assert not ColumnProfile.objects.exists()


def test_values_sent_for_a_withheld_column_are_not_kept(producer, orders):
    orders.columns.filter(name="email").update(pii_type="email")

    answer = producer.post(
        of(orders, "email"), {"total_count": 9, "null_count": 0, "min_text": "ada@example.org"}
    )

    assert answer.status_code == 201
    assert ColumnProfile.objects.get().min_text is None


def test_values_are_absent_below_confidential(producer, analyst, orders):
    producer.post(of(orders), {})

    found = analyst.get(of(orders, what="profile")).body

    assert found["total_count"] == 100
    assert not {"min_value", "mean_value", "most_common_values", "value_distribution"} & found.keys()


def test_history_is_listed_newest_first_and_nothing_is_404(producer, analyst, orders):
    assert analyst.get(of(orders, what="profile")).status_code == 404
    for total in (10, 20):
        producer.post(of(orders), {"total_count": total})

    assert [each["total_count"] for each in analyst.get(of(orders)).body["results"]] == [20, 10]
    assert analyst.get(of(orders, what="profile")).body["total_count"] == 20


def test_without_a_data_source_nothing_can_be_profiled(producer):
    nowhere = CapsuleFactory(name="nowhere", columns=["id"])

    answer = producer.post(of(nowhere, "id"), {})

    assert (answer.status_code, answer.body["code"]) == (409, "no_data_source")


def test_who_may_not_run_may_not_profile(analyst, orders):
    assert analyst.post(of(orders), {}).status_code == 403
    assert analyst.post(of(orders), {"total_count": 1}).status_code == 403


def test_what_takes_longer_is_left_to_a_worker(producer, orders, monkeypatch):
    def late(*_given, **_more):
        raise Unanswered("deadline")

    with monkeypatch.context() as patched:
        patched.setattr(profiling, "measure", late)
        answer = producer.post(of(orders), {})

    assert (answer.status_code, answer.body["state"]) == (202, "queued")
    running.carry_out(answer.body["id"])
    run = QualityRun.objects.get()
    assert (run.state, run.counts) == ("finished", {"columns": 1})
    assert ColumnProfile.objects.get().profiled_at == run.started_at
    assert producer.get(answer["Location"]).body["state"] == "finished"


def test_all_columns_are_profiled_by_a_worker_and_asking_twice_queues_once(producer, orders):
    reader = _reader(producer)

    first, second = (profiling.accept(orders, reader=reader) for _ in range(2))
    running.carry_out(first.pk)

    first.refresh_from_db()
    assert first == second
    assert (first.state, first.counts) == ("finished", {"columns": 4})
    assert "duckdb" in first.engine
    assert {each.profiled_at for each in ColumnProfile.objects.all()} == {first.started_at}


def test_data_that_is_gone_ends_the_run_with_a_reason(producer, orders):
    run = profiling.accept(orders, reader=_reader(producer))
    orders.storage_location = orders.storage_location.replace("orders.parquet", "gone.parquet")
    orders.save()

    running.carry_out(run.pk)

    run.refresh_from_db()
    assert run.state == "failed"
    assert run.error
    assert not ColumnProfile.objects.exists()


def test_a_cancelled_profile_keeps_nothing(producer, orders):
    reader = _reader(producer)
    run = profiling.accept(orders, reader=reader)

    assert running.cancel(run, by=reader)
    running.carry_out(run.pk)

    run.refresh_from_db()
    assert run.state == "cancelled"
    assert not ColumnProfile.objects.exists()


def _reader(caller):
    from apps.people.reader import reader_of

    return reader_of(caller.user)
