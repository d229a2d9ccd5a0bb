"""Rules that try to read files, write, wait, allocate or escape: refused with a sentence, and the portal goes on."""

import time

import pytest

from apps.people.reader import reader_of
from apps.quality import running
from apps.quality.models import QualityRule
from tests.factories import QualityRuleFactory, UserFactory
from tests.quality import shop
from tests.quality.test_stopping import ENDLESS

pytestmark = pytest.mark.django_db
DEADLINE_S = 4
NOT_A_PATTERN = ["(a+)+\\1", "(?=a)a", "(?<!a)b", "(?P<n>a)(?P=n)", "a{1,100000}", "(" * 500, "[" + "a" * 5000, "a++b", "(?i:é)", "\\p{L}"]  # fmt: skip
SQL = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "ATTACH '/tmp/x.db'",
    "COPY payload TO '/tmp/x'",
    "SELECT pg_sleep(100)",
    "SELECT sleep(100) FROM payload",
    "SELECT repeat('x', 2000000000) FROM payload",
    "SELECT len(range(500000000)) FROM payload",
    "SET memory_limit = '1TB'",
    "INSTALL httpfs",
    "SELECT getenv('DCS_DATABASE') FROM payload",
    "SELECT 1; DROP TABLE payload",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT * FROM payload\x00",
]
EXPRESSIONS = [
    "(SELECT max(a) FROM read_csv('/etc/passwd')) > 1",
    "amount > 0); DROP TABLE payload; --",
    "getenv('HOME') = 'x'",
    "regexp_matches(email, '(a+)+\\1')",
    "amount > (SELECT 1)",
    "sleep(10) = 1",
    "__import__('os').system('id')",
    "NOT " * 5000 + "true",
]
OF_COLUMN = [
    *({"rule_type": "pattern_match", "column": "email", "expected_pattern": each} for each in NOT_A_PATTERN),
    {"rule_type": "custom_function", "column": "email", "rule_config": {"function": "os.system"}},
    {"rule_type": "custom_function", "column": "email", "rule_config": {"function": "../benford", "args": {}}},
    {"rule_type": "referential_integrity", "column": "email", "rule_config": {"reference": "/etc/passwd"}, "later": True},
    {"rule_type": "referential_integrity", "column": "email", "rule_config": {"reference_table": "read_csv('/etc/passwd')", "reference_column": "x"}, "later": True},
    {"rule_type": "range_check", "column": "amount", "expected_range_min": "1e999999999"},
    {"rule_type": "range_check", "column": "amount", "rule_config": {"min": "0 OR 1=1"}},
    {"rule_type": "statistical_threshold", "column": "amount", "rule_config": {"statistic": "__class__", "max": 1}},
    {"rule_type": "value_in_set", "column": "email", "rule_config": {"allowed_values": [{"$ne": 1}]}},
    {"rule_type": "freshness", "column": "order_id", "rule_config": {"max_age": "P" + "9" * 4000 + "D"}},
    {"rule_type": "not_null", "column": "email", "rule_config": {"schedule": "* * * * * * *; rm -rf /"}},
]  # fmt: skip
OF_CAPSULE = [
    *({"rule_type": "custom_sql", "rule_config": {"sql": each}} for each in SQL),
    *({"rule_type": "cross_field_validation", "rule_config": {"check_expression": each}} for each in EXPRESSIONS),
    *({"rule_type": "not_null", "column": "email", "rule_config": {"apply_condition": each}} for each in EXPRESSIONS),
]  # fmt: skip


@pytest.fixture
def asked(producer, orders):
    """Posts a rule about `orders`."""

    def post(column=None, **body):
        if column:
            body["column_id"] = str(orders.columns.get(name=column).pk)
        return producer.post(f"/capsules/{orders.urn}/quality-rules", body)

    return post


def test_what_cannot_be_meant_is_refused_when_it_is_saved_with_a_sentence(asked, producer, orders):
    began = time.monotonic()

    for body in OF_COLUMN + OF_CAPSULE:
        told = dict(body)
        later = told.pop("later", False)
        answer = asked(**told)
        assert answer.status_code == (201 if later else 400), (body, answer.body)
        if not later:
            assert answer.body["detail"], body

    assert time.monotonic() - began < 30
    assert producer.get(f"/capsules/{orders.urn}/quality-score").status_code == 200


def test_what_was_stored_past_the_door_is_an_error_of_its_own_and_others_keep_their_result(
    producer, orders, settings
):
    settings.QUALITY_DEADLINE_S = 30
    good = shop.rule(orders, "status")
    stored = [*({"rule_type": "custom_sql", "config": {"sql": each}} for each in SQL if "\x00" not in each)]
    stored += [{"rule_type": "cross_field_validation", "config": {"check_expression": each}} for each in EXPRESSIONS]  # fmt: skip
    for body in stored:
        QualityRuleFactory(capsule=orders, severity="error", **body)
    for pattern in NOT_A_PATTERN:
        shop.rule(orders, "email", "pattern_match", expected_pattern=pattern, name=f"p {pattern[:20]}")
    run = running.accept(orders, reader=reader_of(UserFactory(role="producer")))

    running.carry_out(run.pk)

    run.refresh_from_db()
    checks = {check.rule_id: check for check in run.checks.select_related("rule")}
    assert run.state == "finished", run.error
    assert len(checks) == QualityRule.objects.count()
    assert checks.pop(good.pk).status == "failed"
    assert {check.status for check in checks.values()} == {"error"}
    page = producer.client.get(run.get_absolute_url())
    assert page.status_code == 200
    assert "/etc/passwd:" not in page.content.decode()


def test_what_only_costs_ends_at_the_deadline_and_leaves_the_others_their_results(producer, orders, settings):
    settings.QUALITY_DEADLINE_S = DEADLINE_S
    good = shop.rule(orders, "status")
    slow = QualityRuleFactory(
        capsule=orders, rule_type="custom_sql", config={"sql": ENDLESS}, severity="error", blocking=True
    )
    run = running.accept(orders, reader=reader_of(UserFactory(role="producer")))
    began = time.monotonic()

    running.carry_out(run.pk)

    assert time.monotonic() - began < DEADLINE_S + 10
    run.refresh_from_db()
    checks = {check.rule_id: check for check in run.checks.all()}
    assert (run.state, run.gate_passed) == ("partly", False)
    assert (checks[good.pk].status, checks[slow.pk].status) == ("failed", "error"), checks[good.pk].meta
    assert "deadline" in str(checks[slow.pk].meta) + str(checks[slow.pk].context)
    assert producer.get(f"/capsules/{orders.urn}/gate").body["passed"] is False


def test_a_pattern_that_would_cost_elsewhere_is_decided_at_once(producer, orders, settings):
    settings.QUALITY_DEADLINE_S = DEADLINE_S
    shop.rule(orders, "email", "pattern_match", expected_pattern="^(a+)+$")
    run = running.accept(orders, reader=reader_of(UserFactory(role="producer")))

    running.carry_out(run.pk)

    run.refresh_from_db()
    assert (run.state, run.counts) == ("finished", {"failed": 1})
