"""The page of a profile: facts per column, what moved first, suggestions that become rules, values by clearance."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.people.reader import system
from apps.quality import profile_store
from apps.quality.models import QualityRule, QualityRun
from apps.quality.profile import ColumnFigures
from tests.factories import (
    CapsuleFactory,
    OwnerFactory,
    QualityRuleFactory,
    TeamMembershipFactory,
    UserFactory,
)
from tests.factories.quality import QualityRunFactory

pytestmark = pytest.mark.django_db
SECRET = "mallory@example.org"


@pytest.fixture
def orders():
    return CapsuleFactory(
        name="orders", owner=OwnerFactory(), columns=["order_id", "amount", "status", "email"]
    )


@pytest.fixture
def sign_in(client):
    def sign_in(role, **more):
        client.force_login(UserFactory(role=role, **more))
        return client

    return sign_in


@pytest.fixture
def producer(client, orders):
    """Somebody of the team that owns the orders."""
    client.force_login(TeamMembershipFactory(user__role="producer", owner=orders.owner).user)
    return client


def figures(name, kind="number", **more):
    plain = {"total_count": 5_000, "null_count": 0, "null_percentage": Decimal(0), "distinct_count": 5_000}
    return ColumnFigures(name, kind, **{**plain, **more})


def profiled(capsule, *found, ago=0):
    """A finished run that found these figures, `ago` days ago."""
    at = timezone.now() - timedelta(days=ago)
    run = QualityRunFactory(
        capsule=capsule,
        kind="profile",
        state="finished",
        started_at=at,
        finished_at=at + timedelta(seconds=2),
    )
    profile_store.store(capsule, found, by=system("profile_columns"), at=at)
    return run


def amount(**more):
    return figures("amount", **{"min_value": Decimal(1), "max_value": Decimal(100), "mean_value": Decimal(50), "std_dev": Decimal(10),
                   "value_distribution": {"kind": "bins", "low": 1.0, "high": 100.0, "counts": [250] * 20}, **more})  # fmt: skip


def email(**more):
    return figures(
        "email",
        "text",
        most_common_values=[{"value": SECRET, "count": 9, "percentage": 0.18}],
        min_text=SECRET,
        max_text=SECRET,
        **more,
    )


def page_of(client, run, query=""):
    return client.get(reverse("quality:profile", args=[run.number]) + query)


def text(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def test_each_column_shows_its_figures_and_a_picture_with_its_table(sign_in, orders):
    run = profiled(orders, amount(null_count=50, null_percentage=Decimal(1)), figures("order_id"))

    said = text(page_of(sign_in("policy_admin"), run))

    assert "1 – 100" in said
    assert "mean 50" in said
    assert said.count("<svg") >= 2
    assert "As a table" in said


def test_readers_below_confidential_see_counts_alone(sign_in, orders):
    run = profiled(orders, email(), amount())

    said = text(page_of(sign_in("analyst"), run))

    assert SECRET not in said
    assert "Counts only" in said
    assert "1 – 100" not in said
    assert "5,000" in said


@pytest.mark.parametrize("role", ["analyst", "policy_admin"])
@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_a_profile_without_figures_yet_has_a_page(sign_in, orders, role, state):
    run = QualityRunFactory(capsule=orders, kind="profile", state=state)

    assert page_of(sign_in(role), run).status_code == 200


def test_a_withheld_column_says_so(sign_in, orders):
    run = profiled(orders, figures("email", "text", meta={"withheld": True}))

    assert "values withheld" in text(page_of(sign_in("policy_admin"), run))


def test_a_sample_is_named_beside_every_estimate(sign_in, orders):
    run = profiled(
        orders, figures("amount", sample_size=5_000, sample_percentage=Decimal("2.5"), meta={"sampled": True})
    )

    assert "in a sample of 5,000, 2.5 %" in text(page_of(sign_in("analyst"), run))


def test_compared_with_another_the_columns_that_moved_come_first(sign_in, orders):
    before = profiled(orders, amount(), figures("order_id"), email(), ago=7)
    after = profiled(
        orders,
        figures("order_id"),
        email(null_count=2_000, null_percentage=Decimal(40)),
        amount(mean_value=Decimal(52)),
    )

    page = page_of(sign_in("policy_admin"), after, f"?against={before.number}")

    assert [row.name for row in page.context["page"]] == ["email", "amount", "order_id"]
    assert page.context["moved"] == 2
    assert "missing %: 0 → 40" in text(page)


def test_a_changed_type_is_marked(sign_in, orders):
    column = orders.columns.get(name="amount")
    column.data_type = "integer"
    column.save()
    before = profiled(orders, amount(), ago=7)
    column.data_type = "varchar"
    column.save()
    after = profiled(orders, figures("amount", "text"))

    said = text(page_of(sign_in("analyst"), after, f"?against={before.number}"))

    assert "type changed" in said
    assert "integer → varchar" in said


def test_what_moved_in_values_is_told_only_to_those_who_may_see_them(sign_in, orders):
    before = profiled(orders, amount(), ago=7)
    after = profiled(orders, amount(mean_value=Decimal(90)))

    page = page_of(sign_in("analyst"), after, f"?against={before.number}")

    assert "90" not in [move for row in page.context["page"] for move in row.moves]
    assert page.context["moved"] == 0


@pytest.mark.parametrize("against", ["999999999", "x", "", "Q-1%27"])
def test_a_profile_that_is_not_there_is_not_compared_with(sign_in, orders, against):
    run = profiled(orders, amount())

    page = page_of(sign_in("analyst"), run, f"?against={against}")

    assert (page.status_code, page.context["other"]) == (200, None)


def test_a_suggestion_names_its_reason_and_becomes_a_rule(producer, orders):
    run = profiled(orders, figures("order_id"))
    client = producer
    assert "No value was missing in 5,000 rows." in text(page_of(client, run))

    answer = client.post(
        reverse("quality:profile_rule", args=[run.number]), {"column": "order_id", "rule": "not_null"}
    )

    rule = QualityRule.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, rule.get_absolute_url())
    assert (rule.rule_type, rule.column.name, rule.name) == ("not_null", "order_id", "not_null_order_id")


def test_a_suggestion_that_is_taken_is_shown_no_more_and_cannot_be_taken_twice(producer, orders):
    run = profiled(orders, figures("order_id"))
    QualityRuleFactory(capsule=None, column=orders.columns.get(name="order_id"), rule_type="not_null")
    client = producer

    page = page_of(client, run)
    answer = client.post(
        reverse("quality:profile_rule", args=[run.number]), {"column": "order_id", "rule": "not_null"}
    )

    assert [each["key"] for row in page.context["page"] for each in row.suggestions] == ["unique"]
    assert "not suggested any more" in text(answer, 409)
    assert QualityRule.objects.count() == 1


def test_who_may_not_write_rules_gets_no_button_and_no_rule(sign_in, orders):
    run = profiled(orders, figures("order_id"))
    client = sign_in("analyst")

    assert "Add rule" not in text(page_of(client, run))
    answer = client.post(
        reverse("quality:profile_rule", args=[run.number]), {"column": "order_id", "rule": "not_null"}
    )

    assert answer.status_code in (403, 409)
    assert not QualityRule.objects.exists()


def test_a_profile_that_waits_shows_its_progress(sign_in, orders):
    run = QualityRunFactory(capsule=orders, kind="profile")

    assert "Waits for a worker." in text(page_of(sign_in("analyst"), run))


def test_a_run_of_checks_is_no_profile_and_an_id_leads_to_its_number(sign_in, orders):
    client = sign_in("analyst")
    run, checks = profiled(orders, amount()), QualityRunFactory(capsule=orders)

    assert page_of(client, checks).status_code == 404
    assert client.get(reverse("quality:profile_by_key", args=[run.pk]))["Location"] == run.get_absolute_url()


def test_a_thousand_columns_cost_no_more_queries_than_one(sign_in, orders):
    client = sign_in("policy_admin")
    one = profiled(orders, amount(), ago=3)
    wide = CapsuleFactory(name="wide", columns=[f"c{n}" for n in range(1_000)])
    before = profiled(wide, *(figures(f"c{n}") for n in range(1_000)), ago=2)
    many = profiled(wide, *(figures(f"c{n}") for n in range(1_000)))
    page_of(client, one)

    def asked(run, query=""):
        with CaptureQueriesContext(connection) as captured:
            text(page_of(client, run, query))
        return len(captured)

    alone = asked(one)
    assert asked(many) <= alone + 1  # rows are counted where there is more than a page
    assert asked(many, f"?against={before.number}") <= alone + 3
    assert alone <= 30
    assert QualityRun.objects.count() == 3


def test_a_columns_page_shows_its_latest_profile_with_its_histogram(sign_in, orders):
    profiled(orders, amount(null_count=50, null_percentage=Decimal(1)), ago=1)
    run = profiled(orders, amount(null_count=100, null_percentage=Decimal(2)))

    said = text(sign_in("policy_admin").get(reverse("catalog:column", args=[orders.urn, "amount"])))

    assert "How values of amount spread" in said
    assert run.get_absolute_url() in said or "The whole profile" not in said
    assert "2 %" in said


def test_a_columns_page_keeps_values_from_readers_without_clearance(sign_in, orders):
    profiled(orders, email())

    said = text(sign_in("analyst").get(reverse("catalog:column", args=[orders.urn, "email"])))

    assert SECRET not in said
    assert "Counts only" in said
    assert "Profile now" not in said


def test_without_a_profile_a_columns_page_offers_one_to_those_who_may(producer, orders):
    said = text(producer.get(reverse("catalog:column", args=[orders.urn, "amount"])))

    assert "nobody has counted its values" in said
    assert "Profile now" in said


def test_asking_for_a_profile_leads_to_it_and_waits_for_a_worker(producer, orders, tmp_path, settings):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    (tmp_path / "orders.parquet").write_bytes(b"PAR1")
    orders.storage_location, orders.storage_format = str(tmp_path / "orders.parquet"), "parquet"
    orders.save()

    answer = producer.post(reverse("quality:profile_now", args=[orders.urn]), {"column": "amount"})

    run = QualityRun.objects.get()
    assert (run.state, run.scope) == ("queued", {"columns": ["amount"]})
    assert answer["Location"] == run.get_absolute_url()


def test_without_data_the_page_says_why_nothing_is_profiled(producer, orders):
    answer = producer.post(
        reverse("quality:profile_now", args=[orders.urn]), {"column": "amount"}, follow=True
    )

    assert answer.redirect_chain[-1][0] == reverse("catalog:column", args=[orders.urn, "amount"])
    assert "is not read here" in text(answer) or "where the data of orders lies" in text(answer)
    assert not QualityRun.objects.exists()


@pytest.mark.parametrize(("role", "status"), [("analyst", 403), ("policy_admin", 403)])
def test_who_may_not_run_may_not_ask_for_a_profile(sign_in, orders, role, status):
    assert sign_in(role).post(reverse("quality:profile_now", args=[orders.urn])).status_code == status


def test_a_column_that_is_not_there_is_not_profiled(producer, orders):
    assert (
        producer.post(reverse("quality:profile_now", args=[orders.urn]), {"column": "nothing"}).status_code
        == 404
    )


def test_a_suggestion_is_tried_and_changed_in_the_form_before_it_is_saved(producer, orders):
    run = profiled(orders, figures("status", "text", null_count=20, null_percentage=Decimal("0.4")))
    url = reverse("quality:new_rule", args=[orders.urn])
    asked = (
        f"{url}?column=status&type=completeness_threshold&profile={run.number}&rule=completeness_threshold"
    )
    assert f"{url}?column=status&amp;type=completeness_threshold" in text(page_of(producer, run))

    shown = text(producer.get(asked))
    answer = producer.post(
        asked,
        {
            "type": "completeness_threshold",
            "column": "status",
            "severity": "error",
            "p_threshold_percent": "98",
        },
    )

    assert 'value="99.5"' in shown
    assert "20 of 5,000 rows lacked a value." in shown
    rule = QualityRule.objects.get()
    assert (answer.status_code, rule.threshold_percent, rule.severity) == (302, 98, "error")


@pytest.mark.parametrize("asked", ["profile=99999&rule=not_null", "profile=x", "profile=1&rule=nothing"])
def test_a_suggestion_that_nobody_made_leaves_an_empty_form(producer, orders, asked):
    url = reverse("quality:new_rule", args=[orders.urn])

    shown = producer.get(f"{url}?column=status&type=not_null&{asked}")

    assert shown.status_code == 200
    assert "Suggested by a profile" not in text(shown)


def test_the_quality_tab_leads_to_the_last_profile_and_to_another(producer, orders):
    run = profiled(orders, figures("order_id"))

    shown = text(producer.get(reverse("catalog:dimension", args=[orders.urn, "quality"])))

    assert run.get_absolute_url() in shown
    assert reverse("quality:profile_now", args=[orders.urn]) in shown
    assert "See what the last profile suggests" in shown
