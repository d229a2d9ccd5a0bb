"""Contracts in the API: read, judged, and measured elsewhere."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.contracts.models import Measurement
from tests.factories import CapsuleFactory, ContractFactory, UserFactory

from .conftest import Caller


@pytest.fixture
def promised(db):
    return ContractFactory(
        capsule=CapsuleFactory(name="orders"), version="2.1.0", active=True, freshness_sla="PT6H",
        availability_sla=Decimal("99.999"), query_latency_p95=800,
    )  # fmt: skip


def test_the_contract_of_a_capsule_is_the_one_in_force(analyst, promised):
    ContractFactory(capsule=promised.capsule, version="3.0.0")
    base = f"/capsules/{promised.capsule.urn}"
    assert analyst.get(f"{base}/contract").body["contract_version"] == "2.1.0"
    assert analyst.get(f"{base}/contract?version=3.0.0").body["contract_status"] == "draft"
    assert analyst.get(f"{base}/contract?version=9").status_code == 404
    assert analyst.get(f"{base}/contracts").body["count"] == 2
    assert analyst.get(f"/contracts/{promised.pk}").body["availability_sla"] == 99.999


def test_without_a_contract_there_is_none(analyst):
    capsule = CapsuleFactory()
    assert analyst.get(f"/capsules/{capsule.urn}/contract").status_code == 404
    assert analyst.get(f"/capsules/{capsule.urn}/contracts").body["results"] == []


def test_contracts_are_filtered(analyst, promised):
    ContractFactory()
    assert analyst.get("/contracts?contract_status=active").body["count"] == 1
    assert analyst.get("/contracts?health=unknown").body["count"] == 1
    assert analyst.get("/contracts?health=fine").status_code == 400


def test_the_status_says_of_each_promise_whether_it_is_kept(analyst, promised):
    body = analyst.get(f"/contracts/{promised.pk}/status").body
    assert body["health"] == "unknown"
    told = {(one["metric"], one["aspect"]): one["outcome"] for one in body["promises"]}
    assert told["latency", "p95"] == told["freshness", ""] == "unknown"
    assert not Measurement.objects.exists()


def test_what_was_measured_elsewhere_is_kept_and_judged(steward, promised):
    url = f"/contracts/{promised.pk}/measurements"
    at = (timezone.now() - timedelta(minutes=1)).isoformat()
    made = steward.post(url, {"metric": "availability", "actual_value": 99.998, "measured_at": at})
    assert made.status_code == 201, made.body
    assert (made.body["target_value"], made.body["actual_value"], made.body["is_met"]) == (
        99.999,
        99.998,
        False,
    )
    assert (
        steward.post(url, {"metric": "availability", "actual_value": 1, "measured_at": at}).status_code == 409
    )
    status = steward.get(f"/contracts/{promised.pk}/status").body
    (one,) = [each for each in status["promises"] if each["metric"] == "availability"]
    assert (one["outcome"], one["source"], one["budget_used"]) == ("missed", "reported", 2)
    assert steward.get(f"{url}?is_met=false").body["count"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"metric": "latency", "aspect": "p99", "actual_value": 5}, "metric"),
        ({"metric": "latency", "aspect": "p95", "actual_value": -1}, "actual_value"),
        ({"metric": "speed", "actual_value": 1}, "metric"),
        ({"metric": "latency", "aspect": "p95"}, "actual_value"),
        ({"metric": "latency", "aspect": "p95", "actual_value": 1, "measured_at": "2999-01-01T00:00:00Z"}, "measured_at"),
        ({"metric": "latency", "aspect": "p95", "actual_value": 1, "is_met": True}, "is_met"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(steward, promised, body, field):
    answer = steward.post(f"/contracts/{promised.pk}/measurements", body)
    assert (answer.status_code, field in answer.body["fields"]) == (400, True), answer.body


def test_a_contract_is_evaluated_on_request(steward, analyst, promised):
    draft = ContractFactory()
    assert steward.post(f"/contracts/{promised.pk}/evaluate").body["contract_status"] == "active"
    assert steward.post(f"/contracts/{draft.pk}/evaluate").status_code == 409
    assert analyst.post(f"/contracts/{promised.pk}/evaluate").status_code == 403
    assert analyst.post(f"/contracts/{promised.pk}/measurements", {"metric": "latency", "aspect": "p95", "actual_value": 1}).status_code == 403  # fmt: skip


def test_a_secret_contract_is_not_there(analyst, promised):
    promised.capsule.visibility_rank = 5
    promised.capsule.save(update_fields=["visibility_rank"])
    for path in ("", "/status", "/measurements"):
        assert analyst.get(f"/contracts/{promised.pk}{path}").status_code == 404
    assert analyst.get("/contracts").body["count"] == 0


def test_a_contract_is_written_proposed_and_signed_over_the_api(producer):
    contract_owner = Caller(UserFactory(role="contract_owner"))
    capsule = CapsuleFactory(name="payments", owner=None, domain=None)
    base = f"/capsules/{capsule.urn}/contract"
    made = producer.post(base, {"contract_version": "1.0.0", "freshness_sla": "PT6H"})
    assert (made.status_code, made.body["contract_status"]) == (201, "draft"), made.body
    assert producer.post(base, {"contract_version": "1.0.0"}).status_code == 409
    one = f"/contracts/{made.body['id']}"
    changed = producer.patch(one, {"availability_sla": 99.999})
    assert changed.body["availability_sla"] == 99.999, changed.body
    assert producer.post(f"{one}/propose", {"reason": "Needed."}).body["contract_status"] == "proposed"
    assert producer.patch(one, {"availability_sla": 99}).status_code == 409
    assert producer.post(f"{one}/sign", {}).status_code == 403
    assert contract_owner.post(f"{one}/sign", {"content_hash": "0" * 64}).status_code == 409
    assert contract_owner.post(f"{one}/sign", {}).body["contract_status"] == "active"

    review = producer.patch(one, {"freshness_sla": "PT12H"})
    assert (review.status_code, review.body["review"]["risk"]) == (202, "high")
    assert producer.delete(one).status_code == 409
    ended = producer.post(f"{one}/deprecate", {"reason": "Old.", "deprecation_date": "2099-01-01"})
    assert (ended.status_code, ended.body["contract_status"]) == (200, "active")


def test_a_new_version_begins_as_draft_or_proposed(producer):
    capsule = CapsuleFactory(name="payments", owner=None, domain=None)
    base = f"/capsules/{capsule.urn}/contract"
    refused = producer.post(base, {"contract_version": "1.0.0", "contract_status": "active"})
    assert (refused.status_code, "contract_status" in refused.body["fields"]) == (400, True)
    made = producer.post(base, {"contract_version": "1.0.0", "contract_status": "proposed"})
    assert made.body["contract_status"] == "proposed"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("freshness_sla", "soon"),
        ("freshness_schedule", "now and then"),
        ("maintenance_windows", [{"day": "funday"}]),
        ("maintenance_windows", "sunday"),
        ("availability_sla", 101),
    ],
)
def test_a_promise_that_cannot_be_read_is_named(producer, field, value):
    capsule = CapsuleFactory(name="payments", owner=None, domain=None)
    answer = producer.post(f"/capsules/{capsule.urn}/contract", {"contract_version": "1", field: value})
    assert answer.status_code == 400, answer.body
    assert field in answer.body["fields"]
