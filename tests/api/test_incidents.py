"""Incidents in the API: reported, moved on by their state, listed; never two of one promise, never deleted."""

import pytest

from apps.contracts.models import Incident
from tests.factories import CapsuleFactory, ContractFactory, IncidentFactory


@pytest.fixture
def promised(db):
    return ContractFactory(
        capsule=CapsuleFactory(name="orders"), version="2.1.0", active=True, freshness_sla="PT6H",
        known_consumers=[{"team": "Reporting", "use_case": "Morning report", "criticality": "high"}],
    )  # fmt: skip


def reported(caller, contract, **more):
    return caller.post(
        "/sla-incidents", {"contract_id": str(contract.pk), "incident_type": "freshness", **more}
    )


def test_somebody_reports_what_the_monitor_cannot_see(steward, promised):
    made = reported(
        steward, promised, sla_target=21_600, actual_value=30_000, unit="seconds",
        downstream_impact="The morning report shows yesterday.",
    )  # fmt: skip
    assert made.status_code == 201, made.body
    assert made.headers["Location"].endswith(f"/sla-incidents/{made.body['id']}")
    assert made.body["capsule_urn"] == promised.capsule.urn
    assert (made.body["incident_status"], made.body["incident_severity"]) == ("open", "high")
    assert made.body["affected_consumers"] == promised.known_consumers
    assert made.body["meta"]["origin"] == "reported"
    promised.refresh_from_db()
    assert promised.status == "breached"


def test_a_second_report_of_one_promise_names_the_first(steward, promised):
    first = reported(steward, promised).body
    again = reported(steward, promised)
    assert again.status_code == 409
    assert f"I-{first['number']}" in again.body["detail"]
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"incident_type": "speed"}, "incident_type"),
        ({"incident_severity": "awful"}, "incident_severity"),
        ({"incident_status": "closed"}, "incident_status"),
        ({"affected_consumers": {"name": "x"}}, "affected_consumers"),
        ({"breach_started_at": "2026-11-02T00:00:00Z", "detected_at": "2026-11-01T00:00:00Z"}, "breach_started_at"),
        ({"resolved_by": "me"}, "resolved_by"),
        ({"actual_value": "many"}, "actual_value"),
    ],
)  # fmt: skip
def test_a_report_that_makes_no_sense_is_refused_by_its_field(steward, promised, body, field):
    answer = reported(steward, promised, **body)
    assert answer.status_code == 400
    assert field in answer.body["fields"]
    assert not Incident.objects.exists()


def test_a_report_of_another_capsule_contradicts_its_contract(steward, promised):
    answer = reported(steward, promised, capsule_id=str(CapsuleFactory().pk))
    assert (answer.status_code, list(answer.body["fields"])) == (400, ["capsule_id"])
    assert reported(steward, promised, capsule_id=str(promised.capsule_id)).status_code == 201


def test_a_draft_promises_nothing_that_could_break(steward, promised):
    draft = ContractFactory(capsule=promised.capsule, version="3.0.0")
    answer = reported(steward, draft)
    assert (answer.status_code, answer.body["code"]) == (409, "not_in_force")


def test_the_state_moves_by_its_steps_alone(steward, promised):
    url = f"/sla-incidents/{reported(steward, promised).body['id']}"
    assert steward.patch(url, {"incident_status": "investigating"}).body["incident_status"] == "investigating"
    without = steward.patch(url, {"incident_status": "resolved", "resolution": "Loaded again."})
    assert (without.status_code, list(without.body["fields"])) == (400, ["root_cause_category"])
    without = steward.patch(url, {"incident_status": "resolved", "root_cause_category": "dependency"})
    assert (without.status_code, list(without.body["fields"])) == (400, ["resolution"])

    done = steward.patch(
        url,
        {
            "incident_status": "resolved",
            "resolution": "Loaded again.",
            "root_cause_category": "dependency",
            "root_cause": "The shop was late.",
        },
    )

    assert done.status_code == 200, done.body
    assert all(done.body[name] for name in ("resolved_by", "resolved_at", "breach_duration"))
    assert (done.body["resolution"], done.body["root_cause"]) == ("Loaded again.", "The shop was late.")
    promised.refresh_from_db()
    assert promised.status == "active"
    back = steward.patch(url, {"incident_status": "investigating"})
    assert back.status_code == 409
    assert steward.delete(url).status_code == 405


def test_what_is_known_is_noted_without_a_step(steward, promised):
    url = f"/sla-incidents/{reported(steward, promised).body['id']}"
    tag = steward.get(url).headers["ETag"]
    told = steward.patch(url, {"downstream_impact": "Two reports wait."}, If_Match=tag)
    assert told.body["downstream_impact"] == "Two reports wait."
    stale = steward.patch(url, {"downstream_impact": "None."}, If_Match=tag)
    assert stale.status_code == 412


def test_who_does_not_run_the_data_reads_alone(analyst, steward, promised):
    assert reported(analyst, promised).status_code == 403
    one = reported(steward, promised).body
    assert analyst.patch(f"/sla-incidents/{one['id']}", {"incident_status": "closed"}).status_code == 403
    assert analyst.get(f"/sla-incidents/{one['id']}").body["number"] == one["number"]


def test_incidents_are_listed_across_and_of_one_capsule(analyst, promised):
    IncidentFactory(contract=promised)
    IncidentFactory()
    assert analyst.get("/sla-incidents?open=true").body["count"] == 2
    mine = analyst.get(f"/capsules/{promised.capsule.urn}/sla-incidents?incident_type=freshness").body
    assert [each["capsule_urn"] for each in mine["results"]] == [promised.capsule.urn]
    assert analyst.get("/sla-incidents?incident_status=awful").status_code == 400


def test_what_may_not_be_seen_is_not_there(analyst, promised):
    one = IncidentFactory(contract=promised)
    promised.capsule.visibility_rank = 5
    promised.capsule.save(update_fields=["visibility_rank"])
    assert analyst.get("/sla-incidents").body["results"] == []
    assert analyst.get(f"/sla-incidents/{one.pk}").status_code == 404


def test_a_page_of_incidents_costs_the_same_queries_for_one_and_for_many(
    analyst, promised, django_assert_max_num_queries
):
    for _each in range(12):
        IncidentFactory()
    with django_assert_max_num_queries(12):
        assert len(analyst.get("/sla-incidents").body["results"]) == 12
