"""Quality rules over the API: what may be left out, what is refused, who may write them."""

import pytest

from apps.catalog.models import CapsuleVersion
from apps.quality.models import QualityRule
from tests.factories import (
    CapsuleFactory,
    ColumnFactory,
    DomainFactory,
    QualityCheckFactory,
    QualityRuleFactory,
)


@pytest.fixture
def orders(db):
    return CapsuleFactory(name="orders", columns=["order_id", "customer_id", "amount"])


@pytest.fixture
def add(producer, orders):
    """Adds a rule to `orders`, or to one of its columns."""

    def add(column=None, **body):
        if column:
            body["column_id"] = str(orders.columns.get(name=column).pk)
        return producer.post(f"/capsules/{orders.urn}/quality-rules", body)

    return add


def test_create_quality_rule(producer, orders):
    """The sample test of the design, section 10.4, as written there."""
    urn, col_id = orders.urn, str(orders.columns.get(name="order_id").pk)

    response = producer.post(
        f"/api/v1/capsules/{urn}/quality-rules",
        {"rule_type": "not_null", "column_id": col_id, "severity": "error"},
    )

    assert response.status_code == 201
    rule = response.body
    assert (rule["rule_name"], rule["rule_config"], rule["rule_category"]) == (
        "not_null_order_id",
        {},
        "completeness",
    )
    assert (rule["capsule_id"], rule["column_id"], rule["subject"]) == (None, col_id, "column")
    assert rule["sentence"] == "order_id is never empty"
    assert response["Location"].endswith(f"/api/v1/quality-rules/{rule['id']}")
    assert producer.get(response["Location"]).body == rule


def test_a_rule_without_a_name_is_numbered_if_the_name_is_taken(add):
    names = [add("amount", rule_type="not_null").body["rule_name"] for _again in range(3)]
    whole = add(rule_type="unique_combination", rule_config={"columns": ["order_id", "amount"]})

    assert names == ["not_null_amount", "not_null_amount_2", "not_null_amount_3"]
    assert whole.status_code == 201, whole.body
    assert whole.body["rule_name"] == "unique_combination_orders"


def test_a_name_that_the_capsule_has_is_a_conflict_until_its_rule_is_retired(add, producer):
    first = add("amount", rule_type="not_null", rule_name="filled")
    again = add("order_id", rule_type="not_null", rule_name="filled")
    assert (again.status_code, list(again.body["fields"])) == (409, ["rule_name"])

    assert producer.delete(f"/quality-rules/{first.body['id']}").status_code == 204

    assert add("order_id", rule_type="not_null", rule_name="filled").status_code == 201


def test_what_the_configuration_repeats_is_kept_in_the_column_alone(add):
    answer = add("amount", rule_type="range_check", rule_config={"min": 0, "max": 100})

    assert answer.status_code == 201, answer.body
    rule = answer.body
    assert rule["rule_config"] == {}
    assert (float(rule["expected_range_min"]), float(rule["expected_range_max"])) == (0, 100)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (
            {"rule_type": "range_check", "rule_config": {"min": 0}, "expected_range_min": 5},
            "rule_config.min",
        ),
        ({"rule_type": "freshness", "rule_config": {"max_age": "soon"}}, "rule_config.max_age"),
        (
            {"rule_type": "freshness", "rule_config": {"max_age": "PT4H"}, "threshold_value": 60},
            "rule_config.max_age",
        ),
        ({"rule_type": "not_null", "threshold_percent": 101}, "threshold_percent"),
        ({"rule_type": "perfection"}, "rule_type"),
        ({"rule_type": "not_null", "severity": "bad"}, "severity"),
        ({"rule_type": "not_null", "severty": "error"}, "severty"),
        ({"rule_type": "not_null", "meta": {"retired_at": "now"}}, "meta"),
        ({}, "rule_type"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_field(add, body, field):
    answer = add("amount", **body)

    assert answer.status_code == 400, answer.body
    assert field in answer.body["fields"], answer.body


def test_an_age_in_words_is_its_threshold_in_seconds(add):
    rule = add("amount", rule_type="freshness", rule_config={"max_age": "4 hours"}).body

    assert (rule["rule_config"], float(rule["threshold_value"])) == ({"max_age": "PT4H"}, 14_400)


def test_a_column_of_another_capsule_is_refused_and_one_that_nobody_knows_is_missing(producer, orders):
    foreign = ColumnFactory(capsule=CapsuleFactory(name="customers"), name="customer_id")
    path, body = f"/capsules/{orders.urn}/quality-rules", {"rule_type": "not_null"}

    other = producer.post(path, {**body, "column_id": str(foreign.pk)})
    none = producer.post(path, {**body, "column_id": "0198c0de-0000-7000-8000-00000000dead"})

    assert (other.status_code, list(other.body["fields"])) == (400, ["column_id"])
    assert (none.status_code, list(none.body["fields"])) == (404, ["column_id"])


def test_across_capsules_a_rule_names_exactly_one_subject(producer, orders):
    column = str(orders.columns.get(name="amount").pk)
    body = {"rule_type": "not_null", "rule_name": "filled"}

    both = producer.post("/quality-rules", {**body, "capsule_id": str(orders.pk), "column_id": column})
    neither = producer.post("/quality-rules", body)
    one = producer.post("/quality-rules", {**body, "column_id": column})

    assert (both.status_code, neither.status_code, one.status_code) == (400, 400, 201)
    listed = producer.get(f"/columns/{orders.columns.get(name='amount').urn}/quality-rules").body
    assert [row["id"] for row in listed["results"]] == [one.body["id"]]


def test_the_list_of_a_capsule_has_its_columns_rules_and_narrows(analyst, orders):
    amount = orders.columns.get(name="amount")
    own = QualityRuleFactory(capsule=orders, rule_type="custom_sql", name="b", severity="critical")
    filled = QualityRuleFactory(capsule=None, column=amount, name="a", severity="info")
    retired = QualityRuleFactory(capsule=None, column=amount, name="c", is_enabled=False)
    retired.meta = {"retired_at": "2026-11-01T00:00:00+00:00"}
    retired.save()
    QualityRuleFactory()
    QualityCheckFactory(rule=own, status="failed")

    def names(query=""):
        body = analyst.get(f"/capsules/{orders.urn}/quality-rules{query}").body
        assert body["count"] == len(body["results"])
        return [row["rule_name"] for row in body["results"]]

    assert names() == ["a", "b"]
    assert names("?ordering=-severity") == ["b", "a"]
    assert names("?level=capsule") == ["b"]
    assert names("?check_status=failed") == ["b"]
    assert names("?check_status=not_run") == ["a"]
    assert names("?include_retired=true") == ["a", "b", "c"]
    assert names("?blocking=true") == []
    assert filled.pk != own.pk


def test_the_list_costs_the_same_for_many_rules(analyst, orders, django_assert_max_num_queries):
    amount = orders.columns.get(name="amount")
    for _n in range(20):
        QualityCheckFactory(rule=QualityRuleFactory(capsule=None, column=amount))

    with django_assert_max_num_queries(14):
        body = analyst.get(f"/capsules/{orders.urn}/quality-rules?cursor=&limit=10").body
    assert len(body["results"]) == 10
    assert body["next"]


def test_a_change_obeys_if_match_and_keeps_the_record(producer, orders, add):
    rule = add("amount", rule_type="range_check", rule_config={"min": 0}).body
    path = f"/quality-rules/{rule['id']}"
    seen = producer.get(path)["ETag"]

    moved = producer.patch(path, {"expected_range_max": 500, "blocking": True}, If_Match=seen)
    late = producer.patch(path, {"severity": "critical"}, If_Match=seen)

    assert moved.status_code == 200, moved.body
    assert (moved.body["blocking"], float(moved.body["expected_range_max"])) == (True, 500)
    assert late.status_code == 412
    again = producer.put(path, moved.body)
    assert again.status_code == 200, again.body


def test_the_subject_of_a_rule_stays(producer, orders, add):
    rule = add("amount", rule_type="not_null").body
    other = str(orders.columns.get(name="order_id").pk)

    answer = producer.patch(f"/quality-rules/{rule['id']}", {"column_id": other})

    assert (answer.status_code, list(answer.body["fields"])) == (400, ["column_id"])


def test_retiring_a_rule_keeps_its_checks(producer, orders, add):
    rule = QualityRule.objects.get(pk=add("amount", rule_type="not_null").body["id"])
    check = QualityCheckFactory(rule=rule)

    assert producer.delete(f"/quality-rules/{rule.pk}").status_code == 204

    rule.refresh_from_db()
    assert (rule.is_retired, rule.is_enabled) == (True, False)
    assert producer.get(f"/quality-checks/{check.pk}").status_code == 200
    assert producer.delete(f"/quality-rules/{rule.pk}").status_code == 409


def test_who_may_not_change_the_capsule_writes_no_rule(analyst, auditor, producer):
    theirs = CapsuleFactory(name="orders", domain=DomainFactory(), columns=["order_id"])
    body, path = {"rule_type": "not_null"}, f"/columns/{theirs.columns.get().urn}/quality-rules"

    assert [who.post(path, body).status_code for who in (analyst, auditor, producer)] == [403] * 3
    assert not QualityRule.objects.exists()


def test_rules_of_a_secret_capsule_do_not_exist_for_analysts(analyst):
    secret = CapsuleFactory(name="salaries", visibility_rank=5)
    rule = QualityRuleFactory(capsule=secret)
    check = QualityCheckFactory(rule=rule)

    assert analyst.get("/quality-rules").body["count"] == 0
    assert analyst.get(f"/quality-rules/{rule.pk}").status_code == 404
    assert analyst.get(f"/quality-checks/{check.pk}").status_code == 404
    assert analyst.get(f"/quality-checks?capsule_urn={secret.urn}").status_code == 400


def test_a_new_rule_becomes_part_of_the_next_version_of_its_capsule(producer, orders, add):
    before = CapsuleVersion.objects.filter(capsule=orders).count()

    add("amount", rule_type="not_null", rule_name="amount is there")

    assert CapsuleVersion.objects.filter(capsule=orders).count() == before + 1
