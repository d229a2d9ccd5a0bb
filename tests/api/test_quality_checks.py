"""Quality checks and the score over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import CapsuleFactory, QualityCheckFactory, QualityRuleFactory


@pytest.fixture
def orders(db):
    return CapsuleFactory(name="orders", columns=["order_id", "amount"])


def rule(orders, column="amount", **parts):
    return QualityRuleFactory(capsule=None, column=orders.columns.get(name=column), **parts)


def days_ago(n):
    return timezone.now() - timedelta(days=n)


def test_checks_are_listed_newest_first_and_narrow(analyst, orders):
    filled, unique = rule(orders, name="filled"), rule(orders, "order_id", name="unique")
    QualityCheckFactory(rule=filled, status="failed", checked_at=days_ago(2), failure_count=3)
    QualityCheckFactory(rule=filled, status="passed", checked_at=days_ago(1))
    QualityCheckFactory(rule=unique, status="warning", checked_at=days_ago(3))
    QualityCheckFactory()

    def told(query):
        body = analyst.get(f"/quality-checks?capsule_urn={orders.urn}{query}").body
        return [(row["rule_name"], row["check_status"]) for row in body["results"]]

    assert told("") == [("filled", "passed"), ("filled", "failed"), ("unique", "warning")]
    assert told("&latest=true") == [("filled", "passed"), ("unique", "warning")]
    assert told("&check_status=failed") == [("filled", "failed")]
    assert told(f"&quality_rule_id={unique.pk}") == [("unique", "warning")]
    assert told(f"&column_urn={orders.columns.get(name='order_id').urn}") == [("unique", "warning")]
    assert told(f"&check_timestamp__gte={days_ago(1.5).isoformat().replace('+', '%2B')}") == [
        ("filled", "passed")
    ]


def test_failing_values_are_absent_below_confidential(analyst, producer, orders):
    check = QualityCheckFactory(
        rule=rule(orders), status="failed", actual_value="-4.20", sample_failures=[{"amount": -4.2}]
    )

    hidden = analyst.get(f"/quality-checks/{check.pk}").body
    shown = producer.get(f"/quality-checks/{check.pk}").body

    assert {"sample_failures", "actual_value"}.isdisjoint(hidden)
    assert shown["sample_failures"] == [{"amount": -4.2}]


def test_the_score_says_what_it_is_made_of(analyst, orders):
    heavy = rule(orders, name="heavy", meta={"weight": 3}, category="validity")
    light, waits = rule(orders, "order_id", name="light"), rule(orders, "order_id", name="never ran")
    QualityCheckFactory(rule=heavy, status="failed", checked_at=days_ago(3))
    QualityCheckFactory(rule=heavy, status="passed", checked_at=days_ago(1))
    QualityCheckFactory(rule=light, status="failed", checked_at=days_ago(2))
    QualityCheckFactory(rule=rule(orders, name="off", is_enabled=False), status="failed")

    body = analyst.get(f"/capsules/{orders.urn}/quality-score").body

    assert waits.pk
    assert (body["score"], body["weight_passed"], body["weight_counted"], body["left_out"]) == (75, 3, 4, 1)
    assert body["by_status"] == {"passed": 1, "failed": 1, "not_run": 1}
    assert [(part["category"], part["score"]) for part in body["parts"]] == [
        ("completeness", 0),
        ("validity", 100),
    ]
    assert len(body["trend"]) == 30
    assert [day["score"] for day in body["trend"][-5:]] == [None, 0, 0, 75, 75]


def test_a_capsule_that_was_never_checked_has_no_score(analyst, orders):
    rule(orders)

    body = analyst.get(f"/capsules/{orders.urn}/quality-score").body

    assert (body["score"], body["left_out"]) == (None, 1)


def test_the_score_costs_the_same_however_many_rules_and_checks(
    analyst, orders, django_assert_max_num_queries
):
    for n in range(10):
        each = rule(orders, name=f"rule {n}")
        for day in range(5):
            QualityCheckFactory(rule=each, checked_at=days_ago(day))

    with django_assert_max_num_queries(15):
        assert analyst.get(f"/capsules/{orders.urn}/quality-score").body["score"] == 100
