"""What a plan holds back for approval: policies and contracts, each in a review of its own."""

import copy
import json

import pytest
from django.core.exceptions import PermissionDenied

from apps.audit.context import acting
from apps.audit.models import Change
from apps.catalog import documents
from apps.catalog.models import Column
from apps.contracts.models import Contract
from apps.dcs.refusals import Conflict
from apps.deploy import applying, plan
from apps.people.reader import reader_of
from apps.policy.models import MaskingRule, Policy
from apps.workflow import reviews
from apps.workflow.models import Review
from tests.factories.people import UserFactory
from tests.factories.policy import PolicyFactory

URN = "urn:dcs:dbt:model:shop:orders"
ORDERS = {
    "urn": URN,
    "name": "orders",
    "schema": {"columns": [{"name": "order_id", "data_type": "INT"}, {"name": "email", "data_type": "TEXT"}]},
}
RESTRICTED = {"sensitivity_level": "restricted", "status": "active"}
PROMISE = {"version": "1.0", "status": "active"}
MASKED = {"sensitivity_level": "restricted", "requires_masking": True, "masking_method": "hashing"}
pytestmark = pytest.mark.django_db


def written(**parts):
    return documents.write_bundle([documents.canonical({**copy.deepcopy(ORDERS), **parts})])


@pytest.fixture
def producer():
    return reader_of(UserFactory(role="producer"))


@pytest.fixture
def policy_admin():
    return UserFactory(role="policy_admin")


@pytest.fixture
def contract_owner():
    return UserFactory(role="contract_owner")


def applied(producer, **parts):
    return applying.apply(plan.make(written(**parts), producer), reader=producer)


def decided(review, person, decision="approve"):
    review = Review.objects.get(pk=review.pk)
    with acting(person):
        return reviews.decide(
            review, decision, shown=review.proposal_hash, by=reader_of(person), reason="Agreed."
        )


def kinds(done):
    return {review.kind: review for review in done.reviews}


def test_policies_and_contract_of_one_plan_are_two_reviews(producer):
    done = applied(producer, policies=RESTRICTED, contract=PROMISE)

    policy, contract = done.reviews
    assert (policy.kind, policy.capacities) == ("policy", ["policy_admin"])
    assert (contract.kind, contract.capacities) == ("contract", ["contract_owner"])
    assert [policy.title, contract.title] == [f"Policies of orders ({done})", f"Contract of orders ({done})"]


def test_a_policy_admin_puts_no_contract_in_force_and_a_contract_owner_no_policy(
    producer, policy_admin, contract_owner
):
    done = kinds(applied(producer, policies=RESTRICTED, contract=PROMISE))

    with pytest.raises(PermissionDenied):
        decided(done["contract"], policy_admin)
    with pytest.raises(PermissionDenied):
        decided(done["policy"], contract_owner)

    assert Contract.objects.get().status == "proposed"
    assert Policy.objects.get().status == "under_review"


def test_the_policy_takes_force_while_the_contract_still_waits(producer, policy_admin):
    done = applied(producer, policies=RESTRICTED, contract=PROMISE)

    decided(kinds(done)["policy"], policy_admin)

    assert (Policy.objects.get().status, Contract.objects.get().status) == ("active", "proposed")
    again = plan.make(written(policies=RESTRICTED, contract=PROMISE), producer)
    assert again.result["result"] == "no_change"
    assert again.answer["capsules"][0]["awaiting"] == [kinds(done)["contract"].number]


def test_a_rejected_contract_is_a_draft_again_and_can_be_planned_anew(producer, contract_owner):
    done = applied(producer, policies=RESTRICTED, contract=PROMISE)

    decided(kinds(done)["contract"], contract_owner, "reject")
    again = plan.make(written(policies=RESTRICTED, contract=PROMISE), producer)

    assert Contract.objects.get().status == "draft"
    assert Policy.objects.get().status == "under_review"
    contract = again.answer["capsules"][0]["dimensions"]["contract"]
    assert [item["code"] for item in contract["items"]] == ["contract_activated"]
    assert again.answer["capsules"][0]["dimensions"]["policy"]["result"] == "no_change"


def test_a_withdrawn_policy_is_a_draft_again_and_leaves_the_contract_alone(producer):
    done = applied(producer, policies=RESTRICTED, contract=PROMISE)

    with acting(producer):
        reviews.withdraw(kinds(done)["policy"], by=producer)

    assert (Policy.objects.get().status, Contract.objects.get().status) == ("draft", "proposed")
    assert kinds(done)["contract"].state == "submitted"


def test_a_contract_that_was_sent_back_is_replaced_by_its_author_s_next_plan(
    producer, contract_owner, policy_admin
):
    done = kinds(applied(producer, policies=RESTRICTED, contract=PROMISE))

    decided(done["contract"], contract_owner, "request_changes")
    decided(done["policy"], policy_admin)
    better = {**PROMISE, "slas": {"freshness": {"target": "PT4H"}}}
    again = applied(producer, policies=RESTRICTED, contract=better).reviews.get()
    decided(again, contract_owner)

    assert Review.objects.get(pk=done["contract"].pk).state == "withdrawn"
    assert (Policy.objects.get().status, Contract.objects.get().status) == ("active", "active")
    assert Contract.objects.get().freshness_sla.iso() == "PT4H"


def test_another_person_s_proposal_is_left_to_those_who_decide(producer):
    first = applied(producer, contract=PROMISE).reviews.get()

    colleague = reader_of(UserFactory(role="steward"))
    better = {**PROMISE, "slas": {"freshness": {"target": "PT4H"}}}
    second = applied(colleague, contract=better).reviews.get()

    assert [Review.objects.get(pk=each.pk).state for each in (first, second)] == ["submitted"] * 2


def test_the_contract_waits_without_a_policy_and_the_other_way_round(producer):
    contract = applied(producer, contract=PROMISE)
    policy = applied(producer, contract=PROMISE, policies=RESTRICTED)

    assert [review.kind for review in contract.reviews] == ["contract"]
    assert [review.kind for review in policy.reviews] == ["policy"]


def test_of_two_plans_for_one_policy_the_later_is_overtaken_by_the_one_approved_first(producer, policy_admin):
    decided(applied(producer, policies=RESTRICTED).reviews.get(), policy_admin)
    first = applied(producer, policies={**RESTRICTED, "sensitivity_level": "secret"}).reviews.get()
    colleague = reader_of(UserFactory(role="steward"))
    second = applied(colleague, policies={**RESTRICTED, "classification": ["finance"]}).reviews.get()

    decided(second, policy_admin)

    assert Review.objects.get(pk=first.pk).state == "superseded"
    with pytest.raises(Conflict):
        decided(first, policy_admin)
    assert Policy.objects.get().sensitivity_level == "restricted"


def test_whoever_applied_the_plan_does_not_decide_on_it():
    everything = UserFactory(role="producer")
    everything.groups.add(*UserFactory(role="policy_admin").groups.all())
    author = reader_of(everything)
    done = applied(author, policies=RESTRICTED)

    with pytest.raises(PermissionDenied):
        decided(done.reviews.get(), everything)

    assert Policy.objects.get().status == "under_review"


def test_masks_belong_to_the_policies_and_their_settings_are_not_for_analysts(producer, policy_admin):
    applied(producer, column_policies={"email": MASKED})
    waiting = Review.objects.get()
    before = MaskingRule.objects.get().is_enabled
    decided(waiting, policy_admin)

    done = applied(producer, column_policies={"email": {"sensitivity_level": "restricted"}})

    review = done.reviews.get()
    assert (before, MaskingRule.objects.get().is_enabled) == (False, True)
    assert (review.kind, review.visibility_rank) == ("policy", 3)
    assert not Review.objects.visible_to(reader_of(UserFactory(role="analyst"))).exists()


def test_a_mask_that_waits_is_no_change_and_one_that_was_rejected_is_proposed_again(producer, policy_admin):
    review = applied(producer, column_policies={"email": MASKED}).reviews.get()
    text = written(column_policies={"email": MASKED})

    waiting = plan.make(text, producer).answer
    decided(review, policy_admin, "reject")
    again = applying.apply(plan.make(text, producer), reader=producer).reviews.get()
    decided(again, policy_admin)

    assert waiting["result"] == "no_change"
    assert waiting["capsules"][0]["awaiting"] == [review.number]
    assert MaskingRule.objects.get().is_enabled
    assert plan.make(text, producer).result["result"] == "no_change"


def test_the_review_names_each_row_with_what_becomes_of_it(producer, policy_admin, client):
    in_force(producer, policy_admin, policies=RESTRICTED)
    stricter = {**RESTRICTED, "retention": {"period": "P7Y"}}
    review = applied(producer, policies=stricter, column_policies={"email": MASKED}).reviews.get()
    client.force_login(policy_admin)

    page = client.get(f"/reviews/{review.number}/")

    titles = set(review.current_members.values_list("title", flat=True))
    assert titles == {"Policy of orders", "Mask email_hashing of orders.email"}
    assert page.status_code == 200
    assert all(title in page.content.decode() for title in (*titles, "P7Y"))


def test_the_log_holds_no_settings_of_masks(producer, policy_admin):
    rule = {
        "name": "hide",
        "method": "hashing",
        "config": {"length": 731946},
        "condition": "email <> '731946'",
    }
    review = applied(producer, column_policies={"email": {"masking_rules": [rule]}}).reviews.get()
    decided(review, policy_admin)

    assert MaskingRule.objects.get().config == {"length": 731946}
    logged = Change.objects.all()
    found = [each for each in logged if "731946" in f"{each.old_values} {each.new_values}"]
    assert [each.table_name for each in found] == []


def test_a_contract_that_a_file_deprecates_is_deprecated_once_its_owner_agrees(producer, contract_owner):
    in_force(producer, contract_owner, contract=PROMISE)

    review = applied(producer, contract={**PROMISE, "status": "deprecated"}).reviews.get()
    before = Contract.objects.get().status
    decided(review, contract_owner)

    assert (before, Contract.objects.get().status) == ("active", "deprecated")


def test_a_plan_that_holds_nothing_opens_no_review(producer):
    assert not applied(producer).reviews.exists()


# ---------- how many must agree ----------


def in_force(producer, person, **parts):
    """Everything of the document, approved by `person`."""
    for review in applied(producer, **parts).reviews:
        if person.groups.filter(name__in=review.capacities).exists():
            decided(review, person)


def test_two_agree_where_a_policy_on_restricted_data_becomes_looser(producer, policy_admin):
    in_force(producer, policy_admin, policies=RESTRICTED)
    other = UserFactory(role="policy_admin")

    review = applied(producer, policies={**RESTRICTED, "sensitivity_level": "internal"}).reviews.get()
    decided(review, policy_admin)
    after_one = Policy.objects.get().sensitivity_level
    decided(review, other)

    assert (review.quorum, review.risk, review.marks) == (2, "critical", ["looser"])
    assert (after_one, Policy.objects.get().sensitivity_level) == ("restricted", "internal")


@pytest.mark.parametrize(
    ("before", "after", "quorum"),
    [
        ({"retention": {"period": "P7Y"}}, {"retention": {"period": "P1Y"}}, 2),
        ({"geographic": {"allowed_regions": ["DE"]}}, {"geographic": {"allowed_regions": ["DE", "US"]}}, 2),
        ({"access": {"allowed_roles": ["steward"]}}, {}, 2),
        ({"retention": {"legal_hold": True}}, {}, 2),
        ({}, {"retention": {"period": "P1Y"}}, 2),
        ({}, {"access": {"allowed_roles": ["steward"]}}, 1),
        ({}, {"sensitivity_level": "secret"}, 1),
    ],
)
def test_on_restricted_data_each_way_of_loosening_needs_two_and_tightening_one(
    producer, policy_admin, before, after, quorum
):
    in_force(producer, policy_admin, policies={**RESTRICTED, **before})

    assert applied(producer, policies={**RESTRICTED, **after}).reviews.get().quorum == quorum


def test_on_internal_data_one_agrees_to_a_looser_policy(producer, policy_admin):
    internal = {"sensitivity_level": "internal", "status": "active", "retention": {"legal_hold": True}}
    in_force(producer, policy_admin, policies=internal)

    review = applied(producer, policies={**internal, "retention": {}}).reviews.get()

    assert (review.quorum, review.marks) == (1, ["looser"])


def test_two_agree_to_taking_a_mask_off_a_restricted_column(producer, policy_admin):
    in_force(producer, policy_admin, policies=RESTRICTED, column_policies={"email": MASKED})

    done = applied(
        producer, policies=RESTRICTED, column_policies={"email": {"sensitivity_level": "restricted"}}
    )
    review = done.reviews.order_by("-number").first()

    assert (review.quorum, review.marks) == (2, ["looser"])


def test_a_column_of_a_restricted_capsule_is_restricted_whatever_its_own_policy_says(producer, policy_admin):
    column = {"sensitivity_level": "internal", "status": "active", "purposes": {"approved": ["billing"]}}
    in_force(producer, policy_admin, policies=RESTRICTED, column_policies={"email": column})

    wider = {**column, "purposes": {"approved": ["billing", "marketing"]}}
    review = applied(producer, policies=RESTRICTED, column_policies={"email": wider}).reviews.get()

    assert review.quorum == 2


def test_dropping_the_policy_of_restricted_data_needs_two(producer, policy_admin):
    in_force(producer, policy_admin, policies=RESTRICTED)

    text = json.dumps({"data_capsule": {**ORDERS, "policies": {}}})
    done = applying.apply(plan.make(text.encode(), producer), reader=producer)

    assert done.reviews.get().quorum == 2


def test_the_first_policy_of_a_capsule_loosens_nothing(producer):
    assert applied(producer, policies=RESTRICTED).reviews.get().quorum == 1


def test_data_that_became_restricted_while_a_policy_waits_needs_two_from_then_on(producer, policy_admin):
    internal = {"sensitivity_level": "internal", "status": "active", "retention": {"legal_hold": True}}
    in_force(producer, policy_admin, policies=internal)
    review = applied(producer, policies={**internal, "retention": {}}).reviews.get()

    Column.objects.filter(name="email").update(sensitivity_rank=4)
    decided(review, policy_admin)

    review.refresh_from_db()
    assert (review.quorum, review.state) == (2, "submitted")


def test_promises_that_break_before_their_notice_has_ended_need_two(producer, contract_owner):
    promise = {
        **PROMISE,
        "slas": {"freshness": {"target": "PT4H"}},
        "schema_changes": {"policy": "flexible", "breaking_change_notice": 14},
        "known_consumers": [{"team": "analytics"}],
    }
    in_force(producer, contract_owner, contract=promise)

    weaker = {**promise, "slas": {"freshness": {"target": "PT8H"}}}
    review = applied(producer, contract=weaker).reviews.get()

    assert (review.quorum, review.risk, review.marks) == (2, "high", ["breaking"])


def test_one_agrees_to_promises_that_become_better(producer, contract_owner):
    promise = {**PROMISE, "slas": {"freshness": {"target": "PT4H"}}}
    in_force(producer, contract_owner, contract=promise)

    better = {**promise, "slas": {"freshness": {"target": "PT2H"}}}
    review = applied(producer, contract=better).reviews.get()

    assert (review.quorum, review.risk, review.marks) == (1, "medium", [])


APART = {"sensitivity_level": "internal", "status": "active", "access": {"allowed_roles": ["analyst"]}}
SHUT = {"sensitivity_level": "internal", "status": "active", "access": {"denied_roles": ["analyst"]}}


def test_a_plan_whose_policies_contradict_each_other_is_blocked_and_says_how_to_settle_it(producer):
    made = plan.make(written(policies=APART, column_policies={"email": SHUT}), producer)

    (verdict,) = [each["verdict"] for each in made.result["capsules"]]
    assert verdict["decision"] == "blocked"
    assert "Nobody let in" in verdict["reasons"][-1]["text"]
    with pytest.raises(Conflict) as refused:
        applying.apply(made, reader=producer)
    assert refused.value.code == "plan_blocked"
    assert "contradict" in str(refused.value.detail)
    assert not Policy.objects.exists()


HELD = {
    "sensitivity_level": "internal",
    "status": "active",
    "retention": {"period": "P7Y", "legal_hold": True},
}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"retention": {"period": "P1Y", "legal_hold": True}}, "what is kept for 7 years cannot be kept for less time, 1 year"),
        ({"retention": {"period": "P1Y"}}, "Lift the hold first"),
        ({"retention": {"period": "P7Y", "action": "hard_delete", "legal_hold": True}}, "7 years, then delete"),
        ({"retention": {"legal_hold": True}}, "no period"),
        ({"status": "deprecated"}, "its policy cannot be given up"),
    ],
)  # fmt: skip
def test_a_plan_against_a_legal_hold_is_blocked_and_says_what_stands_in_its_way(
    producer, policy_admin, wanted, said
):
    decided(kinds(applied(producer, policies=HELD))["policy"], policy_admin)

    made = plan.make(written(policies={**HELD, **wanted}), producer)

    (verdict,) = [each["verdict"] for each in made.result["capsules"]]
    assert verdict["decision"] == "blocked"
    assert "A legal hold stands on" in verdict["reasons"][-1]["text"]
    assert said in verdict["reasons"][-1]["text"]
    with pytest.raises(Conflict) as refused:
        applying.apply(made, reader=producer)
    assert refused.value.code == "plan_blocked"
    assert "legal hold" in refused.value.detail


def test_a_plan_that_keeps_longer_or_lifts_the_hold_alone_is_not_blocked(producer, policy_admin):
    decided(kinds(applied(producer, policies=HELD))["policy"], policy_admin)

    for retention in ({"period": "P9Y", "legal_hold": True}, {"period": "P7Y"}):
        made = plan.make(written(policies={**HELD, "retention": retention}), producer)
        assert made.result["capsules"][0]["verdict"]["decision"] != "blocked"


def test_a_document_that_says_nothing_of_policies_leaves_the_hold_as_it_is(producer, policy_admin):
    decided(kinds(applied(producer, policies=HELD))["policy"], policy_admin)

    applied(producer, description="Orders of the shop.")

    policy = Policy.objects.get()
    assert (policy.status, policy.legal_hold) == ("active", True)


def test_a_contradiction_that_stands_already_blocks_nobody_who_did_not_bring_it(producer, policy_admin):
    done = applied(producer, policies=APART)
    decided(kinds(done)["policy"], policy_admin)
    email = Column.objects.get(name="email")
    PolicyFactory(column=email, denied_roles=["analyst"], active=True)

    plain = plan.make(written(policies=APART, description="Orders of the shop."), producer)
    moved = plan.make(written(policies={**APART, "purposes": {"approved": ["reporting"]}}), producer)

    assert [each["verdict"]["decision"] for each in plain.result["capsules"]] == ["allow"]
    assert moved.result["capsules"][0]["verdict"]["decision"] != "blocked"
