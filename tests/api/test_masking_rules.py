"""Masking rules over the API: written by who may, checked per method, masking once somebody else has agreed."""

import pytest

from apps.people.reader import reader_of
from apps.policy.models import MaskingRule
from apps.workflow import reviews
from apps.workflow.models import Review
from tests.factories import CapsuleFactory, ColumnFactory, PolicyFactory, UserFactory
from tests.factories.policy import MaskingRuleFactory

from .conftest import Caller

PARTIAL = {
    "masking_method": "partial_redaction",
    "method_config": {"preserve_prefix": 2, "preserve_domain": True},
}


@pytest.fixture
def email(db):
    capsule = CapsuleFactory(name="customers")
    ColumnFactory(capsule=capsule, name="country", data_type="VARCHAR(2)")
    ColumnFactory(capsule=capsule, name="age", data_type="INTEGER")
    return ColumnFactory(capsule=capsule, name="email", data_type="VARCHAR")


@pytest.fixture
def admin(db):
    return Caller(UserFactory(role="policy_admin"))


def route(column):
    return f"/columns/{column.urn}/masking-rules"


@pytest.fixture
def colleagues(db):
    """Who was there before anything was proposed."""
    return UserFactory.create_batch(2, role="policy_admin")


def agreed(review, *, by):
    review = Review.objects.get(pk=review.pk)
    return reviews.decide(
        review, "approve", shown=review.proposal_hash, by=reader_of(by), reason="Agreed with Legal."
    )


def test_a_new_rule_waits_for_its_review_and_masks_once_somebody_else_has_agreed(admin, email, colleagues):

    made = admin.post(
        route(email), PARTIAL | {"exempt_roles": ["steward"], "apply_condition": "country = 'DE'"}
    )

    assert made.status_code == 201, made.body
    assert made.body["rule_name"] == "email_partial_redaction"
    assert made.body["is_enabled"] is False
    review = Review.objects.get(subject_id=made.body["id"])
    assert made.body["review"].endswith(str(review.pk))
    assert (review.state, review.risk, review.quorum, review.visibility_rank) == ("submitted", "high", 1, 3)

    agreed(review, by=colleagues[0])
    assert admin.get(f"/masking-rules/{made.body['id']}").body["is_enabled"] is True


def test_its_author_cannot_agree_to_a_rule_and_a_rejected_one_never_masks(admin, email, colleagues):
    made = admin.post(route(email), PARTIAL)
    review = Review.objects.get(subject_id=made.body["id"])

    assert (
        admin.post(
            f"/reviews/{review.pk}/approve", {"reason": "Mine.", "content_hash": review.proposal_hash}
        ).status_code
        == 403
    )
    reviews.decide(
        review,
        "reject",
        shown=review.proposal_hash,
        by=reader_of(colleagues[0]),
        reason="No.",
    )

    assert MaskingRule.objects.get(pk=made.body["id"]).is_enabled is False


@pytest.mark.parametrize(
    "role", ["analyst", "steward", "producer", "contract_owner", "auditor", "administrator"]
)
def test_only_policy_admins_write_rules(email, role):
    rule, caller = MaskingRuleFactory(column=email), Caller(UserFactory(role=role))

    assert caller.post(route(email), PARTIAL).status_code == 403
    assert caller.patch(f"/masking-rules/{rule.pk}", {"priority": 1}).status_code == 403
    assert caller.delete(f"/masking-rules/{rule.pk}").status_code == 403
    assert caller.post(f"/masking-rules/{rule.pk}/preview", {"values": ["x"]}).status_code == 403


def test_how_a_rule_is_set_up_is_absent_below_confidential(email):
    rule = MaskingRuleFactory(column=email, condition="country = 'DE'")
    told = {
        role: Caller(UserFactory(role=role)).get(f"/masking-rules/{rule.pk}")
        for role in ("analyst", "steward")
    }

    assert told["steward"].body["method_config"] == rule.config
    assert told["steward"].body["apply_condition"] == "country = 'DE'"
    assert {"method_config", "apply_condition"}.isdisjoint(told["analyst"].body)
    assert "country" not in told["analyst"].raw.decode()


def test_rules_of_a_column_are_listed_by_priority_in_as_many_queries_for_many(
    admin, email, django_assert_max_num_queries
):
    for number in range(6):
        MaskingRuleFactory(column=email, name=f"rule_{number}", priority=60 - number, enabled=False)
    MaskingRuleFactory(name="elsewhere")

    with django_assert_max_num_queries(14):
        listed = admin.get(route(email)).body["results"]

    assert [each["priority"] for each in listed] == [55, 56, 57, 58, 59, 60]
    assert admin.get("/masking-rules?is_enabled=true").body["count"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"masking_method": "hashing", "method_config": {"salt": "none"}}, "method_config.salt"),
        ({"masking_method": "noise_addition", "method_config": {"scale": 1}}, "masking_method"),
        ({"masking_method": "redaction", "is_reversible": True}, "is_reversible"),
        ({"masking_method": "redaction", "apply_condition": "1 = 1; DROP TABLE x"}, "apply_condition"),
        ({"masking_method": "redaction", "apply_condition": "salary > 3"}, "apply_condition"),
        ({"masking_method": "redaction", "method_config": {"colour": "red"}}, "method_config.colour"),
        ({"masking_method": "redaction", "applies_to_roles": ["a"], "exempt_roles": ["a"]}, "exempt_roles"),
        (
            {"masking_method": "redaction", "method_config": {"preserve_length": True}},
            "method_config.preserve_length",
        ),
        ({"masking_method": "tokenization", "method_config": {"vault_id": "v"}}, "masking_method"),
        ({"masking_method": "custom", "method_config": {"expression": "email"}}, "method_config.expression"),
        ({"masking_method": "rot13"}, "masking_method"),
    ],
)
def test_a_rule_that_could_not_mask_is_refused_with_its_field(admin, email, body, field):
    answer = admin.post(route(email), body)

    assert answer.status_code == 400
    assert field in answer.body["fields"], answer.body
    assert not MaskingRule.objects.exists()


def test_a_key_that_repeats_a_column_of_the_rule_is_kept_there_alone(admin, email):
    config = {"masking_method": "hashing", "algorithm": "sha256", "salt": "use_system_salt", "pepper": True}

    made = admin.post(route(email), {"masking_method": "hashing", "method_config": config})

    assert made.status_code == 201, made.body
    assert "masking_method" not in made.body["method_config"]
    assert MaskingRule.objects.get(pk=made.body["id"]).meta["kid"].startswith("masking-")
    assert "kid" not in made.body["meta"]


def test_two_rules_of_a_column_have_different_names(admin, email):
    assert admin.post(route(email), PARTIAL | {"rule_name": "hide"}).status_code == 201
    assert admin.post(route(email), PARTIAL | {"rule_name": "Hide"}).status_code == 409


def test_a_rule_in_force_changes_by_a_review_and_is_not_deleted(admin, email, colleagues):
    rule = MaskingRuleFactory(column=email, exempt_roles=[])

    answer = admin.patch(f"/masking-rules/{rule.pk}", {"exempt_roles": ["analyst"]})

    assert answer.status_code == 202, answer.body
    rule.refresh_from_db()
    assert rule.exempt_roles == []
    assert admin.delete(f"/masking-rules/{rule.pk}").status_code == 409
    agreed(Review.objects.get(subject_id=rule.pk), by=colleagues[0])
    rule.refresh_from_db()
    assert rule.exempt_roles == ["analyst"]


def test_masking_restricted_data_less_needs_two(admin, email, colleagues):
    PolicyFactory(column=email, sensitivity_level="restricted", active=True)
    type(email).objects.filter(pk=email.pk).update(sensitivity_rank=4)
    rule = MaskingRuleFactory(column=email, exempt_roles=[])

    admin.patch(f"/masking-rules/{rule.pk}", {"is_enabled": False})

    review = Review.objects.get(subject_id=rule.pk)
    assert (review.risk, review.quorum, "looser" in review.marks) == ("critical", 2, True)
    agreed(review, by=colleagues[0])
    rule.refresh_from_db()
    assert rule.is_enabled
    agreed(review, by=colleagues[1])
    rule.refresh_from_db()
    assert not rule.is_enabled


def test_an_edit_of_a_rule_that_waits_is_another_revision_of_its_review(admin, email):
    made = admin.post(route(email), PARTIAL)

    answer = admin.patch(f"/masking-rules/{made.body['id']}", {"priority": 7})

    assert answer.status_code == 202
    review = Review.objects.get(subject_id=made.body["id"])
    assert (review.revision, review.proposal["priority"]) == (2, 7)


def test_given_values_are_masked_as_a_role_would_see_them(admin, email):
    made = admin.post(
        route(email), PARTIAL | {"exempt_roles": ["steward"], "apply_condition": "country = 'DE' OR age > 90"}
    )
    ask = f"/masking-rules/{made.body['id']}/preview"

    def shown(**about):
        answer = admin.post(ask, {"values": ["ann@example.com", "", None, 5], **about})
        assert answer.status_code == 200, answer.body
        return [(each["shown"], each["outcome"]) for each in answer.body["results"]]

    assert shown(role="analyst", row={"country": "DE", "age": 3})[0] == ("an*@example.com", "masked")
    assert shown(role="analyst", row={})[0] == ("an*@example.com", "masked")
    assert shown(role="steward", row={"country": "DE"})[0] == ("ann@example.com", "clear")
    assert shown(role="steward", row={"country": "AT", "age": 20})[0] == ("ann@example.com", "clear")
    assert shown(role="analyst", row={"country": "AT", "age": 20})[0] == (None, "denied")
    assert shown(role="analyst")[1:] == [("", "masked"), (None, "masked"), ("*", "masked")]


def test_a_preview_of_values_that_the_column_cannot_hold_is_refused(admin, email):
    age = email.capsule.columns.get(name="age")
    rule = MaskingRuleFactory(column=age, method="generalization", config={"step": 10}, exempt_roles=[])
    ask = f"/masking-rules/{rule.pk}/preview"

    assert admin.post(ask, {"values": ["soon"]}).status_code == 400
    assert admin.post(ask, {"values": []}).status_code == 400
    assert admin.post(ask, {"values": [42], "role": "analyst"}).body["results"][0]["shown"] == 40


def test_the_methods_publish_their_options(admin):
    listed = admin.get("/masking-rules/methods").body["results"]

    assert len(listed) == 12
    assert {each["masking_method"] for each in listed if not each["in_engines"]} == {
        "tokenization",
        "encryption",
        "format_preserving_encryption",
    }
    assert all(each["config_schema"]["properties"] for each in listed)


def test_a_rule_on_a_column_that_the_reader_may_not_know_of_is_not_there(email):
    rule = MaskingRuleFactory(column=email)
    for model, key in ((type(email), email.pk), (MaskingRule, rule.pk)):
        model._base_manager.filter(pk=key).update(visibility_rank=5)
    analyst = Caller(UserFactory(role="analyst"))

    assert analyst.get(f"/masking-rules/{rule.pk}").status_code == 404
    assert analyst.get(route(email)).status_code == 404
    assert analyst.get("/masking-rules").body["count"] == 0
