"""The gate that pipelines ask before data goes on."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.quality.models import QualityCheck
from tests.factories import CapsuleFactory, ColumnFactory, QualityCheckFactory, QualityRuleFactory

PASSED, FAILED, ERROR, WARNING = (
    QualityCheck.Status.PASSED,
    QualityCheck.Status.FAILED,
    QualityCheck.Status.ERROR,
    QualityCheck.Status.WARNING,
)


@pytest.fixture
def orders(db):
    return CapsuleFactory(name="orders", columns=["order_id", "amount"])


def rule(orders, column="amount", **parts):
    parts = {"blocking": True, "is_enabled": True, "severity": "error", **parts}
    return QualityRuleFactory(capsule=None, column=orders.columns.get(name=column), **parts)


def asked(caller, orders):
    answer = caller.get(f"/capsules/{orders.urn}/gate")
    assert answer.status_code == 200, answer.body
    return answer.body


def test_without_blocking_rules_the_gate_is_open(analyst, orders):
    rule(orders, blocking=False)
    body = asked(analyst, orders)
    assert (body["passed"], body["blocking_rules"], body["failing"]) == (True, 0, [])


@pytest.mark.parametrize(
    ("status", "passed"), [(PASSED, True), (WARNING, True), (FAILED, False), (ERROR, False)]
)
def test_the_latest_check_of_a_blocking_rule_decides(analyst, orders, status, passed):
    filled = rule(orders, name="amount is filled")
    QualityCheckFactory(rule=filled, status=FAILED if passed else PASSED)
    QualityCheckFactory(rule=filled, status=status, failure_count=3)

    body = asked(analyst, orders)

    assert body["passed"] is passed
    named = [(one["rule_name"], one["column"], one["check_status"]) for one in body["failing"]]
    assert named == ([] if passed else [("amount is filled", "amount", status)])


def test_a_disabled_rule_and_a_retired_column_stop_nothing(analyst, orders):
    QualityCheckFactory(rule=rule(orders, is_enabled=False), status=FAILED)
    gone = ColumnFactory(capsule=orders, name="gone")
    QualityCheckFactory(rule=rule(orders, column="gone"), status=FAILED)
    gone.retired_at = gone.created_at
    gone.save(update_fields=["retired_at"])

    assert asked(analyst, orders)["passed"] is True


def test_a_rule_that_never_ran_stops_only_where_the_portal_is_set_to(analyst, orders, settings):
    rule(orders, name="never looked at")
    body = asked(analyst, orders)
    assert body["passed"] is True
    assert [one["rule_name"] for one in body["not_run"]] == ["never looked at"]

    settings.GATE_NEEDS_RESULT = True
    assert asked(analyst, orders)["passed"] is False


def test_a_rule_on_a_hidden_column_stops_everybody_and_is_named_to_those_who_may_see_it(
    analyst, auditor, orders
):
    secret = rule(orders, column="order_id", name="about a secret")
    QualityCheckFactory(rule=secret, status=FAILED)
    orders.columns.filter(name="order_id").update(visibility_rank=5)

    assert asked(analyst, orders) | {"id": ""} == {
        "id": "",
        "capsule_urn": orders.urn,
        "passed": False,
        "blocking_rules": 0,
        "failing": [],
        "not_run": [],
    }
    assert [one["rule_name"] for one in asked(auditor, orders)["failing"]] == ["about a secret"]


def test_the_gate_asks_the_same_number_of_queries_however_many_rules(analyst, orders):
    def queries(rules):
        for number in range(rules):
            QualityCheckFactory(rule=rule(orders, name=f"rule {number}"), status=FAILED)
        with CaptureQueriesContext(connection) as found:
            assert asked(analyst, orders)["failing"]
        return len(found)

    asked(analyst, orders)  # who signs in for the first time is looked up
    assert queries(2) == queries(20)
