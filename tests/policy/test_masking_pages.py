"""A column's masking rules on pages: listed, tried before they are proposed, switched by reviews."""

import pytest
from django.urls import reverse

from apps.policy.models import MaskingRule
from apps.workflow.models import Review
from tests.factories import CapsuleFactory, ColumnFactory, UserFactory
from tests.factories.policy import MaskingRuleFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def email(db):
    return ColumnFactory(capsule=CapsuleFactory(name="customers"), name="email", data_type="VARCHAR")


def listed(column):
    return reverse("policy:masking", args=[column.capsule.urn, column.name])


def form(column, method="partial_redaction"):
    return reverse("policy:masking-new", args=[column.capsule.urn, column.name]) + f"?method={method}"


def test_the_column_leads_to_its_rules_and_they_say_whom_they_mask(client, email):
    MaskingRuleFactory(column=email, name="hide_email", applies_to_roles=["analyst"])
    client.force_login(UserFactory(role="analyst"))

    column = client.get(email.get_absolute_url()).content.decode()
    page = client.get(listed(email)).content.decode().replace("<wbr>", "")

    assert listed(email) in column
    assert "hide_email" in page
    assert "analyst" in page
    assert "New rule" not in page


def test_a_policy_admin_tries_a_rule_on_values_and_nothing_is_kept(client, email):
    client.force_login(UserFactory(role="policy_admin"))
    given = {
        "priority": 100,
        "p_preserve_prefix": 2,
        "p_preserve_domain": "on",
        "samples": "ann@example.com\nx",
        "role": "analyst",
        "preserve_type": "on",
        "preserve_null": "on",
        "p_min_masked": 1,
        "p_redaction_char": "*",
        "p_preserve_suffix": 0,
        "try": "1",
    }

    assert "Propose" in client.get(form(email)).content.decode()
    part = client.post(form(email), given, headers={"HX-Request": "true", "HX-Target": "trial"})

    assert part.status_code == 200
    assert "an*@example.com" in part.content.decode().replace("<wbr>", "")
    assert "<html" not in part.content.decode()
    assert not MaskingRule.objects.exists()


def test_the_form_asks_for_what_fits_the_column_and_no_more(client, email):
    client.force_login(UserFactory(role="policy_admin"))

    page = client.get(form(email, "generalization")).content.decode()

    assert "p_keep_prefix" in page
    assert "p_step" not in page
    assert client.get(form(email, "noise_addition")).url == listed(email)


def test_proposing_opens_the_review_and_shows_it(client, email):
    client.force_login(UserFactory(role="policy_admin"))

    answer = client.post(
        form(email, "redaction"),
        {
            "priority": 10,
            "exempt": ["steward"],
            "p_redaction_char": "*",
            "p_full_redaction": "on",
            "preserve_type": "on",
            "preserve_null": "on",
        },
        follow=True,
    )

    rule = MaskingRule.objects.get()
    review = Review.objects.get(subject_id=rule.pk)
    assert answer.redirect_chain[-1][0] == review.get_absolute_url()
    assert answer.status_code == 200
    assert (rule.exempt_roles, rule.is_enabled, rule.config) == (["steward"], False, {})
    assert review.label in client.get(rule.get_absolute_url()).content.decode()


def test_a_rule_that_could_not_mask_comes_back_with_its_field(client, email):
    client.force_login(UserFactory(role="policy_admin"))

    answer = client.post(
        form(email, "redaction"), {"priority": 10, "condition": "nobody = 1", "p_redaction_char": "*"}
    )

    assert answer.status_code == 422
    assert "nobody is no column" in answer.content.decode()


def test_a_rule_is_switched_off_by_a_review_alone(client, email):
    rule = MaskingRuleFactory(column=email)
    client.force_login(UserFactory(role="policy_admin"))

    answer = client.post(reverse("policy:masking-switch", args=[rule.pk]), {"reason": "Legal has agreed."})

    review = Review.objects.get(subject_id=rule.pk)
    assert answer.url == review.get_absolute_url()
    rule.refresh_from_db()
    assert rule.is_enabled
    assert client.get(reverse("policy:masking-switch", args=[rule.pk])).status_code == 405


@pytest.mark.parametrize(("role", "sees"), [("analyst", False), ("steward", True), ("policy_admin", True)])
def test_the_configuration_is_for_those_who_may_read_it(client, email, role, sees):
    rule = MaskingRuleFactory(column=email, condition="email = 'witness-4711'", config={"preserve_prefix": 7})
    client.force_login(UserFactory(role=role))

    page = client.get(rule.get_absolute_url()).content.decode()

    assert ("witness-4711" in page) == sees
    assert ("preserve_prefix" in page) == sees


def test_others_may_neither_propose_nor_switch_and_strangers_reach_nothing(client, email):
    rule = MaskingRuleFactory(column=email)
    for url in (listed(email), rule.get_absolute_url(), form(email)):
        assert client.get(url).url.startswith("/sign-in/")
    client.force_login(UserFactory(role="steward"))

    assert client.get(form(email)).status_code == 403
    assert client.post(reverse("policy:masking-switch", args=[rule.pk])).status_code == 403
    MaskingRule._base_manager.filter(pk=rule.pk).update(visibility_rank=5)
    assert client.get(rule.get_absolute_url()).status_code == 404
