"""What people do on pages of quality: write a rule, try it, run it, mute it, retire it. And who may not."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.quality import running
from apps.quality.models import QualityCheck, QualityRule, QualityRun
from tests.factories import DomainFactory, StewardshipFactory, UserFactory
from tests.factories.quality import QualityRunFactory, QualityScheduleFactory
from tests.quality import shop

pytestmark = pytest.mark.django_db
ROLES = ("analyst", "steward", "producer", "policy_admin", "contract_owner", "auditor", "administrator")
EVERYBODY = (200,) * 7
# Pages that change something of a capsule that belongs to nobody: stewards and producers may, nobody else.
MATRIX = [
    ("quality:dashboard", "", "get", EVERYBODY),
    ("quality:rules", "", "get", EVERYBODY),
    ("quality:runs", "", "get", EVERYBODY),
    ("quality:rule", "rule", "get", EVERYBODY),
    ("quality:rule_by_key", "rule key", "get", (301,) * 7),
    ("quality:run", "run", "get", EVERYBODY),
    ("quality:run_by_key", "run key", "get", (301,) * 7),
    ("quality:new_rule", "urn", "get", (403, 200, 200, 403, 403, 403, 403)),
    ("quality:export_rules", "urn", "get", EVERYBODY),
    ("quality:edit_rule", "rule", "get", (403, 200, 200, 403, 403, 403, 403)),
    ("quality:retire_rule", "rule", "get", (403, 200, 200, 403, 403, 403, 403)),
    ("quality:retire_rule", "rule", "post", (403, 302, 302, 403, 403, 403, 403)),
    ("quality:mute_rule", "rule", "post", (422, 422, 422, 422, 422, 422, 422)),
    ("quality:check_rule", "rule", "post", (403, 302, 302, 403, 403, 403, 403)),
    ("quality:check_capsule", "urn", "post", (403, 302, 302, 403, 403, 403, 403)),
    ("quality:schedule", "urn", "get", (403, 200, 200, 403, 403, 403, 403)),
    ("quality:cancel_run", "run", "post", (403, 302, 302, 403, 403, 403, 403)),
    ("quality:run_again", "run", "post", (403, 302, 302, 403, 403, 403, 403)),
]
CASES = [
    (name, named, method, role, code)
    for name, named, method, codes in MATRIX
    for role, code in zip(ROLES, codes, strict=True)
]


@pytest.fixture
def made(orders):
    """A rule and a run of `orders`, by what addresses call them."""
    rule, run = shop.rule(orders, "status"), QualityRunFactory(capsule=orders)
    rule.refresh_from_db()
    run.refresh_from_db()
    named = {
        "rule": rule.number,
        "rule key": rule.pk,
        "run": run.number,
        "run key": run.pk,
        "urn": orders.urn,
    }
    return rule, run, named


@pytest.fixture
def producer(client):
    client.force_login(UserFactory(role="producer"))
    return client


@pytest.mark.parametrize(("name", "named", "method", "role", "code"), CASES)
def test_who_reaches_which_page(client, made, name, named, method, role, code):
    client.force_login(UserFactory(role=role))
    url = reverse(name, args=[made[2][named]] if named else [])

    assert getattr(client, method)(url).status_code == code


@pytest.mark.parametrize(("name", "named", "method"), sorted({case[:3] for case in CASES}))
def test_nobody_reaches_a_page_without_signing_in(client, made, name, named, method):
    url = reverse(name, args=[made[2][named]] if named else [])

    answer = getattr(client, method)(url)

    assert (answer.status_code, "sign-in" in answer.url or "login" in answer.url) == (302, True)


def test_rules_of_another_teams_capsule_are_theirs_to_write(client, folder, settings):
    settings.PAYLOAD_ROOTS = [str(folder)]
    domain = DomainFactory()
    theirs = shop.capsule(folder / "orders.parquet", domain=domain)
    rule = shop.rule(theirs, "status")
    rule.refresh_from_db()
    client.force_login(UserFactory(role="producer"))
    assert client.post(reverse("quality:check_rule", args=[rule.number])).status_code == 403

    client.force_login(StewardshipFactory(domain=domain, user__role="steward").user)
    assert client.post(reverse("quality:check_rule", args=[rule.number])).status_code == 302


def test_a_rule_is_written_from_what_its_type_needs(producer, orders):
    url = reverse("quality:new_rule", args=[orders.urn])
    types = producer.get(url, {"column": "amount"}).content.decode()
    assert "type=range_check" in types
    assert "type=unique_combination" not in types

    form = producer.get(url, {"column": "amount", "type": "range_check"}).content.decode()
    assert 'name="p_min"' in form

    body = {
        "column": "amount",
        "type": "range_check",
        "p_min": "0",
        "p_inclusive": "on",
        "severity": "error",
        "is_enabled": "on",
    }
    answer = producer.post(url, body)

    rule = QualityRule.objects.get()
    assert (answer.status_code, answer.url) == (302, rule.get_absolute_url())
    assert (rule.name, rule.expected_range_min, rule.config) == ("range_check_amount", 0, {})


def test_what_few_rules_need_is_folded_until_it_says_something(producer, orders):
    url = reverse("quality:new_rule", args=[orders.urn])

    form = producer.get(url, {"column": "amount", "type": "range_check"})
    body = {"column": "amount", "type": "range_check", "p_min": "0", "severity": "error", "schedule": "soon"}
    wrong = producer.post(url, body)

    assert [field.name for field in form.context["form"].seldom][-2:] == ["p_apply_condition", "schedule"]
    assert '<details class="seldom" >' in form.content.decode()
    assert '<details class="seldom" open>' in wrong.content.decode()
    assert form.content.decode().count('name="schedule"') == 1


def test_the_other_column_of_a_comparison_is_chosen_and_not_typed(producer, orders):
    url = reverse("quality:new_rule", args=[orders.urn])

    form = producer.get(url, {"type": "cross_field_validation"}).context["form"]

    assert ("amount", "amount") in form.fields["p_right"].choices


def test_times_of_a_rule_are_judged_in_the_zone_in_which_they_are_read(producer, orders):
    QualityScheduleFactory(capsule=orders, zone="Europe/Berlin")
    rule = shop.rule(orders, "status", config={"schedule": "30 2 * * *"})

    form = producer.get(reverse("quality:edit_rule", args=[rule.number])).context["form"]

    assert form.zone == "Europe/Berlin"
    assert "Europe/Berlin" in form.fields["schedule"].help_text


def test_what_cannot_be_saved_is_said_at_its_field(producer, orders):
    url = reverse("quality:new_rule", args=[orders.urn])

    answer = producer.post(
        url, {"column": "amount", "type": "range_check", "p_min": "9", "p_max": "1", "severity": "error"}
    )

    assert answer.status_code == 422
    assert "smallest value is above the largest" in answer.content.decode()
    assert not QualityRule.objects.exists()


def test_trying_a_rule_shows_what_it_finds_and_keeps_nothing(producer, orders):
    url = reverse("quality:new_rule", args=[orders.urn])
    body = {
        "column": "amount",
        "type": "range_check",
        "p_min": "0",
        "p_inclusive": "on",
        "severity": "error",
        "try": "1",
    }

    page = producer.post(url, body)
    part = producer.post(url, body, headers={"HX-Request": "true", "HX-Target": "trial"})

    assert page.context["trial"]["check"].failure_count == 1
    assert "-5" in page.content.decode()
    assert b"<html" not in part.content
    assert not QualityRule.objects.exists()
    assert not QualityCheck.objects.exists()


def test_a_list_of_values_is_written_one_on_each_line_and_comes_back_so(producer, orders):
    url = reverse("quality:new_rule", args=[orders.urn])
    body = {"column": "status", "type": "value_in_set", "p_allowed_values": "placed\nshipped", "p_case_sensitive": "on",
            "p_allow_null": "on", "severity": "warning", "is_enabled": "on"}  # fmt: skip
    producer.post(url, body)
    rule = QualityRule.objects.get()
    assert rule.config == {"allowed_values": ["placed", "shipped"]}

    edit = producer.get(reverse("quality:edit_rule", args=[rule.number]))

    assert "placed\nshipped" in edit.content.decode()


def test_an_edit_over_a_newer_one_is_refused(producer, made):
    rule, _run, _named = made
    url = reverse("quality:edit_rule", args=[rule.number])
    body = {"severity": "critical", "is_enabled": "on", "p_nan_is_null": "on", "name": rule.name}

    late = producer.post(url, {**body, "seen": (rule.updated_at - timedelta(hours=1)).isoformat()})
    rule.refresh_from_db()
    assert (late.status_code, rule.severity) == (422, "error")

    now = producer.post(url, {**body, "seen": rule.updated_at.isoformat()})
    rule.refresh_from_db()
    assert (now.status_code, rule.severity) == (302, "critical")


def test_a_rule_run_now_has_its_result_on_its_page(producer, made):
    rule, _run, _named = made

    answer = producer.post(reverse("quality:check_rule", args=[rule.number]), follow=True)

    assert rule.checks.get().status == "failed"
    assert "1 of 100" in answer.content.decode()


def test_a_capsule_run_now_is_followed_on_the_page_of_its_run(producer, made, orders):
    QualityRun.objects.update(state="finished")
    answer = producer.post(reverse("quality:check_capsule", args=[orders.urn]))
    run = QualityRun.objects.exclude(pk=made[1].pk).get()
    assert answer.url == run.get_absolute_url()

    running.carry_out(run.pk)

    page = producer.get(answer.url)
    assert [check.status for check in page.context["page"]] == ["failed"]
    again = producer.post(reverse("quality:run_again", args=[run.number]))
    assert QualityRun.objects.first().scope == {"rules": [str(made[0].pk)]}
    assert again.status_code == 302


def test_a_rule_is_muted_until_a_date_and_taken_up_again(producer, made):
    rule, _run, _named = made
    url = reverse("quality:mute_rule", args=[rule.number])

    assert producer.post(url, {"until": "2020-01-01"}).status_code == 422
    producer.post(url, {"until": (timezone.now() + timedelta(days=5)).date().isoformat()})
    rule.refresh_from_db()
    assert rule.is_muted(at=timezone.now())

    producer.post(url, {"unmute": "1"})
    rule.refresh_from_db()
    assert rule.muted_until is None


def test_the_quality_tab_runs_and_adds_for_whom_may_only(client, orders, made):
    url = reverse("catalog:dimension", args=[orders.urn, "quality"])

    client.force_login(UserFactory(role="producer"))
    assert "Run now" in client.get(url).content.decode()
    client.force_login(UserFactory(role="analyst"))
    page = client.get(url).content.decode()
    assert "Run now" not in page
    assert "New rule" not in page


def test_times_are_set_on_a_page_and_those_that_cannot_be_meant_are_said(producer, orders):
    url = reverse("quality:schedule", args=[orders.urn])

    wrong = producer.post(url, {"cron": "soon", "zone": "UTC", "is_on": "on"})
    right = producer.post(
        url, {"cron": "0 6 * * *", "zone": "Europe/Berlin", "is_on": "on", "after_ingest": "on"}
    )

    assert (wrong.status_code, right.status_code) == (422, 302)
    stored = orders.quality_schedule
    assert (stored.cron, stored.zone, stored.after_ingest, stored.next_due.minute) == (
        "0 6 * * *",
        "Europe/Berlin",
        True,
        0,
    )


@pytest.mark.parametrize("number", ["1e999999999", "-1e999999999", "sNaN", "9" * 5000])
def test_a_number_that_would_be_written_out_for_hours_is_refused_on_the_page(producer, orders, number):
    url = reverse("quality:new_rule", args=[orders.urn])
    told = {"type": "range_check", "column": "amount", "severity": "error", "p_min": number}

    assert producer.post(url, told).status_code == 422
    assert producer.post(url, {**told, "p_min": "1", "p_threshold_value": number}).status_code == 422
