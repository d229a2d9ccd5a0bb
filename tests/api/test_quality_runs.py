"""Checking rules over the API: one at once, many as a run, results from elsewhere, trials."""

import pytest

from apps.quality import running
from apps.quality.models import QualityCheck, QualityRun
from tests.factories import CapsuleFactory, DomainFactory
from tests.quality import shop

BASE = "/quality-checks"


def test_one_rule_is_checked_while_the_caller_waits(producer, orders):
    rule = shop.rule(orders, "status")

    answer = producer.post(BASE, {"quality_rule_id": str(rule.pk)})

    assert answer.status_code == 201, answer.body
    assert (answer.body["check_status"], answer.body["failure_count"]) == ("failed", 1)
    assert answer.body["sample_failures"][0]["values"] == {"status": None}
    assert producer.get(answer["Location"]).body == answer.body
    assert QualityRun.objects.get().trigger == "api"


def test_several_rules_become_a_run_that_can_be_followed_and_cancelled(producer, orders):
    rules = [shop.rule(orders, "status"), shop.rule(orders, "amount", "range_check", expected_range_min=0)]

    whole = producer.post(BASE, {"capsule_urn": orders.urn})
    some = producer.post(BASE, {"rule_ids": [str(rule.pk) for rule in rules[:1]]})

    assert (whole.status_code, some.status_code) == (202, 202), whole.body
    assert whole.body["state"] == "queued"
    running.carry_out(whole.body["id"])
    over = producer.get(whole["Location"]).body
    assert (over["state"], over["counts"]) == ("finished", {"failed": 2})
    assert producer.get(f"{BASE}?run_id={over['id']}").body["count"] == 2
    stopped = producer.post(f"/quality-runs/{some.body['id']}/cancel")
    assert (stopped.status_code, stopped.body["state"]) == (200, "cancelled")
    assert producer.get("/quality-runs?state=cancelled").body["count"] == 1


def test_a_trial_says_what_would_be_found_and_keeps_nothing(producer, orders):
    rule = shop.rule(orders, "status")

    one = producer.post(BASE, {"quality_rule_id": str(rule.pk), "dry_run": True})
    whole = producer.post(BASE, {"capsule_urn": orders.urn, "dry_run": True})

    assert (one.status_code, one.body["check_status"]) == (200, "failed")
    assert [row["rule_name"] for row in whole.body["results"]] == [rule.name]
    assert not QualityCheck.objects.exists()
    assert not QualityRun.objects.exists()


def test_a_result_that_was_found_elsewhere_is_kept_as_it_came(producer, orders):
    rule = shop.rule(orders, "status")

    answer = producer.post(
        BASE,
        {
            "quality_rule_id": str(rule.pk),
            "check_status": "failed",
            "failure_count": 4,
            "measured_value": 4,
            "check_timestamp": "2026-11-20T09:00:00Z",
            "execution_context": {"tool": "dbt"},
        },
    )

    assert answer.status_code == 201, answer.body
    assert (answer.body["check_status"], answer.body["failure_count"], answer.body["run_id"]) == (
        "failed",
        4,
        None,
    )
    assert answer.body["execution_context"]["tool"] == "dbt"
    assert answer.body["check_timestamp"].startswith("2026-11-20T09:00:00")
    gate = producer.get(f"/capsules/{orders.urn}/gate").body
    assert gate["passed"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "quality_rule_id"),
        ({"capsule_urn": "x", "rule_ids": ["0198c0de-0000-7000-8000-00000000dead"]}, "rule_ids"),
        ({"capsule_urn": "x", "check_status": "passed"}, "capsule_urn"),
        ({"capsule_urn": "x", "failure_count": 3}, "failure_count"),
        ({"quality_rule_id": "x"}, "quality_rule_id"),
        ({"host": "localhost", "capsule_urn": "x"}, "host"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_field(producer, body, field):
    answer = producer.post(BASE, body)

    assert (answer.status_code, field in answer.body["fields"]) == (400, True), answer.body


def test_a_rule_that_nobody_knows_is_missing_and_a_capsule_without_data_a_conflict(producer, orders):
    nowhere = CapsuleFactory(name="nowhere", columns=["id"])

    missing = producer.post(BASE, {"quality_rule_id": "0198c0de-0000-7000-8000-00000000dead"})
    conflict = producer.post(BASE, {"capsule_urn": nowhere.urn})

    assert (missing.status_code, list(missing.body["fields"])) == (404, ["quality_rule_id"])
    assert (conflict.status_code, conflict.body["code"]) == (409, "no_data_source")


def test_who_may_not_change_the_capsule_checks_nothing(analyst, auditor, producer, folder, settings):
    settings.PAYLOAD_ROOTS = [str(folder)]
    theirs = shop.capsule(folder / "orders.parquet", domain=DomainFactory())
    rule = shop.rule(theirs, "status")
    body = {"quality_rule_id": str(rule.pk)}

    assert [who.post(BASE, body).status_code for who in (analyst, auditor, producer)] == [403] * 3
    assert not QualityCheck.objects.exists()


def test_a_token_needs_the_scope_to_execute(as_user, producer, orders):
    rule = shop.rule(orders, "order_id")
    body = {"quality_rule_id": str(rule.pk)}

    assert as_user(producer.user, scopes=["read", "write"]).post(BASE, body).status_code == 403
    assert as_user(producer.user, scopes=["read", "execute"]).post(BASE, body).status_code == 201


def test_the_types_come_with_the_schema_of_their_parameters(analyst):
    types = {one["rule_type"]: one for one in analyst.get("/quality-rules/types").body["results"]}

    assert len(types) == 21
    assert types["range_check"]["subjects"] == ["column"]
    assert types["range_check"]["config_schema"]["properties"]["min"]["x-column"] == "expected_range_min"
