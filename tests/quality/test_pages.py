"""Pages of quality: what is wrong stands first, every number opens its list, values need clearance."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.people.reader import system
from apps.quality import writing
from tests.factories import (
    CapsuleFactory,
    DomainFactory,
    QualityCheckFactory,
    QualityRuleFactory,
    UserFactory,
)
from tests.factories.quality import QualityRunFactory

pytestmark = pytest.mark.django_db
SECRET = "mallory@example.org"


@pytest.fixture
def sales():
    return DomainFactory(name="sales")


@pytest.fixture
def orders(sales):
    return CapsuleFactory(name="orders", domain=sales, layer="gold", columns=["order_id", "email"])


@pytest.fixture
def sign_in(client):
    def sign_in(role):
        client.force_login(UserFactory(role=role))
        return client

    return sign_in


def rule(orders, column="order_id", **parts):
    return QualityRuleFactory(capsule=None, column=orders.columns.get(name=column), **parts)


def checked(rule, *statuses, **parts):
    """Checks of the rule, oldest first, one a day until now."""
    for age, status in enumerate(reversed(statuses)):
        QualityCheckFactory(
            rule=rule, status=status, checked_at=timezone.now() - timedelta(days=age, minutes=1), **parts
        )
    return rule


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def test_without_rules_the_dashboard_says_how_to_begin(sign_in):
    assert "No rules yet" in text(sign_in("analyst").get(reverse("quality:dashboard")))


def test_the_dashboard_shows_what_fails_blocking_first_and_since_when(sign_in, orders):
    checked(rule(orders, name="many", severity="error"), "passed", "failed", failure_count=900)
    blocking = checked(
        rule(orders, name="few", blocking=True, severity="error"),
        "passed",
        "failed",
        "failed",
        failure_count=2,
    )
    checked(rule(orders, "email", name="fine"), "passed")

    page = sign_in("analyst").get(reverse("quality:dashboard"))

    failing = page.context["failing"]
    assert [one.name for one in failing] == ["few", "many"]
    assert (timezone.now() - failing[0].since).days == 1
    assert f"R-{blocking.number}" in text(page)
    assert [(row.name, round(row.whole.value, 1), row.rules) for row in page.context["grid"]] == [
        ("sales", 33.3, 3)
    ]


@pytest.mark.parametrize(
    "query", ["checked_today=true", "check_status=failed", "check_status=not_run", "late=true"]
)
def test_every_number_of_the_dashboard_opens_a_list_of_that_length(sign_in, orders, query):
    checked(rule(orders, name="failing"), "failed")
    checked(rule(orders, name="fine"), "passed")
    rule(orders, name="never")
    QualityCheckFactory(rule=rule(orders, name="old"), checked_at=timezone.now() - timedelta(days=20))
    client = sign_in("analyst")
    counted = client.get(reverse("quality:dashboard")).context["counted"]
    expected = {
        "checked_today=true": counted["day"],
        "check_status=failed": counted["failing"],
        "check_status=not_run": counted["never"],
        "late=true": counted["late"],
    }

    page = client.get(f"{reverse('quality:rules')}?{query}&is_enabled=true").context["page"]

    assert len(page.rows) == page.total == expected[query] > 0


def test_the_dashboard_costs_the_same_for_many_rules(sign_in, orders, django_assert_max_num_queries):
    for n in range(12):
        checked(
            rule(orders, name=f"rule {n}", severity="error"), "passed", "failed", "passed", "failed", "passed"
        )
    client = sign_in("analyst")
    client.get(reverse("quality:dashboard"))

    with django_assert_max_num_queries(22):
        page = client.get(reverse("quality:dashboard"))

    assert len(page.context["flapping"]) == 8
    assert page.context["flapping"][0][1] == 4


def test_a_rule_that_nobody_may_see_is_in_no_count(sign_in, orders):
    secret = CapsuleFactory(name="salaries", visibility_rank=5)
    checked(QualityRuleFactory(capsule=secret, name="hidden"), "failed")
    client = sign_in("analyst")

    page = client.get(reverse("quality:dashboard"))

    assert page.context["counted"]["rules"] == 0
    hidden = secret.quality_rules.get()
    assert client.get(reverse("quality:rule", args=[hidden.number])).status_code == 404
    assert "salaries" not in text(client.get(reverse("quality:rules")))


def test_the_page_of_a_rule_shows_failing_rows_to_whom_may_see_values(sign_in, orders):
    failing = rule(orders, "email", name="format", rule_type="format_valid", severity="error")
    checked(
        failing,
        "passed",
        "failed",
        sample_failures=[{"at": {"row_number": 7}, "values": {"email": SECRET}}],
        measured_value=1,
    )
    url = reverse("quality:rule", args=[failing.number])

    analyst, steward = text(sign_in("analyst").get(url)), text(sign_in("steward").get(url))

    assert "mallory" not in analyst
    assert "clearance" in analyst
    assert "mallory" in steward
    assert "email has a valid format" in analyst


def test_the_page_of_a_rule_draws_its_numbers_with_a_table_beside_them(
    sign_in, orders, django_assert_max_num_queries
):
    moved = rule(orders, name="moved", threshold_value=10)
    for n in range(1, 6):
        QualityCheckFactory(rule=moved, measured_value=n, checked_at=timezone.now() - timedelta(days=n))
    client = sign_in("analyst")

    with django_assert_max_num_queries(24):
        page = client.get(reverse("quality:rule", args=[moved.number]))

    chart = page.context["chart"]
    assert [value for _day, value in chart.rows] == [5, 4, 3, 2, 1]
    assert "As a table" in text(page)


def test_a_rule_that_was_never_run_says_so(sign_in, orders):
    assert "Never run" in text(sign_in("analyst").get(reverse("quality:rule", args=[_number(rule(orders))])))


def test_addresses_by_id_lead_to_those_by_number(sign_in, orders):
    made, run = rule(orders), QualityRunFactory(capsule=orders)
    run.refresh_from_db()
    client = sign_in("analyst")

    assert (
        client.get(reverse("quality:rule_by_key", args=[made.pk])).url == f"/quality/rules/{_number(made)}/"
    )
    assert client.get(reverse("quality:run_by_key", args=[run.pk])).url == f"/quality/runs/{run.number}/"


@pytest.mark.parametrize("state", ["queued", "running", "finished", "partly", "failed", "cancelled"])
def test_a_run_says_where_it_stands(sign_in, orders, state):
    over = timezone.now() if state not in ("queued", "running") else None
    run = QualityRunFactory(
        capsule=orders, state=state, started_at=over, finished_at=over, error="The source did not answer."
    )
    run.refresh_from_db()

    page = text(sign_in("analyst").get(reverse("quality:run", args=[run.number])))

    assert ('hx-trigger="every 2s"' in page) == (over is None)
    assert ("The source did not answer." in page) == (state in ("failed", "cancelled"))


def test_results_of_a_run_stand_worst_first_and_go_into_a_sheet(
    sign_in, orders, django_assert_max_num_queries
):
    run = QualityRunFactory(capsule=orders, state="finished", counts={"passed": 1, "failed": 1, "error": 1})
    run.refresh_from_db()
    for status in ("passed", "error", "failed"):
        QualityCheckFactory(
            rule=rule(orders, name=status),
            run=run,
            status=status,
            failure_count=3,
            meta={"reason": "Why not."},
        )
    client = sign_in("analyst")

    with django_assert_max_num_queries(22):
        page = client.get(reverse("quality:run", args=[run.number]))
    sheet = b"".join(client.get(reverse("quality:run", args=[run.number]) + "?format=csv").streaming_content)

    assert [check.status for check in page.context["page"]] == ["failed", "error", "passed"]
    assert sheet.decode().count("\r\n") == 4


def _number(rule):
    rule.refresh_from_db()
    return rule.number


def test_a_change_of_the_rule_is_marked_between_its_checks_in_picture_and_table(sign_in, orders):
    bounded = rule(orders, rule_type="range_check", expected_range_min=0)
    now = timezone.now()
    for days, measured in ((-2, 1), (-1, 4), (1, 9)):
        QualityCheckFactory(rule=bounded, checked_at=now + timedelta(days=days), measured_value=measured)
    bounded.refresh_from_db()
    writing.change(bounded, {"expected_range_min": 5}, by=system("test"))
    writing.mute(bounded, now + timedelta(days=9), by=system("test"))

    page = sign_in("steward").get(reverse("quality:rule", args=[bounded.number]))

    rows = page.context["chart"].rows
    assert [row[1] for row in rows] == [1, 4, None, 9]
    assert rows[2][0].endswith(": expected_range_min")
    assert page.content.decode().count("<title>Rule changed") == 1
