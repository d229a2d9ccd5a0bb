"""A proposal from its first word to the day it is in force: what each verb does, and what it leaves alone."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from apps.audit.context import acting
from apps.audit.models import Change
from apps.catalog.models import ValueDomain
from apps.dcs.refusals import Conflict
from apps.glossary.models import Term
from apps.people.reader import reader_of
from apps.workflow import deciders, inbox, reviews
from apps.workflow.models import Notification, Review, Step
from apps.workflow.transitions import IllegalTransition
from tests.factories import (
    ColumnFactory,
    DelegationFactory,
    StewardshipFactory,
    TermFactory,
    UserFactory,
    ValueDomainFactory,
)

pytestmark = pytest.mark.django_db
BETTER = "Money received for goods delivered, net of returns and discounts."


def proposed(term, author, **content):
    return reviews.propose(term, content or {"definition": BETTER}, by=author, reason="Finance asked for it.")


def approve(review, by, **given):
    return reviews.decide(review, "approve", shown=review.proposal_hash, by=by, **given)


# ---------- a first approval ----------


def test_submitting_a_draft_opens_its_review(draft, author):
    draft.submit(by=author, comment="Ready.")

    review = Review.objects.of(draft).get()
    assert (draft.status, review.state, review.submitted_by) == ("under_review", "submitted", author)
    assert review.proposal == draft.canonical_content()
    assert (review.base_content, review.base_hash) == (None, "")
    assert review.due is not None


def test_approving_the_record_decides_its_review(draft, author, ana):
    draft.submit(by=author)

    draft.approve(by=ana, comment="Agreed with Finance.")

    review = Review.objects.of(draft).get()
    assert (draft.status, draft.approved_by_user, draft.approved_by) == ("approved", ana, "Ana Ruiz")
    assert (review.state, review.decisions.get().person) == ("applied", ana)


def test_each_step_is_written_down_with_who_why_before_and_after(draft, author, ana):
    draft.submit(by=author, comment="Ready.")
    draft.approve(by=ana, comment="Agreed with Finance.")

    told = [
        (s.name, s.before, s.after, s.actor, s.reason) for s in Step.objects.of(draft).order_by("taken_at")
    ]
    assert told == [
        ("submit", "draft", "under_review", author, "Ready."),
        ("approve", "under_review", "approved", ana, "Agreed with Finance."),
    ]


def test_the_audit_log_names_who_why_and_under_which_review(draft, author, ana):
    draft.submit(by=author)
    draft.approve(by=ana, comment="Agreed with Finance.")

    change = Change.objects.of(draft).filter(operation="UPDATE").latest("seq")
    assert (change.changed_by, change.change_reason) == ("ana.ruiz", "Agreed with Finance.")
    assert change.review_id == Review.objects.of(draft).get().pk
    assert change.old_values["approval_status"] == "under_review"
    assert change.new_values["approval_status"] == "approved"


def test_sending_back_makes_it_a_draft_again_and_says_why(draft, author, ana):
    draft.submit(by=author)

    draft.send_back(by=ana, comment="Which returns?")

    review = Review.objects.of(draft).get()
    assert (draft.status, review.state) == ("draft", "changes_requested")
    assert review.decisions.get().reason == "Which returns?"


def test_what_was_sent_back_is_edited_and_submitted_again(draft, author, ana):
    draft.submit(by=author)
    draft.send_back(by=ana, comment="Which returns?")
    draft.definition = BETTER
    draft.save()

    draft.submit(by=author, comment="Clearer now.")
    draft.approve(by=ana)

    review = Review.objects.of(draft).get()
    assert (draft.status, draft.definition, review.revision) == ("approved", BETTER, 2)


def test_a_rejected_draft_stays_a_draft(draft, author, ana):
    review = proposed(draft, author)

    reviews.decide(review, "reject", shown=review.proposal_hash, by=ana, reason="We say turnover.")

    draft.refresh_from_db()
    assert (draft.status, review.state) == ("draft", "rejected")


def test_an_author_takes_a_proposal_back(draft, author):
    draft.submit(by=author)

    draft.withdraw(by=author, comment="Too early.")

    assert (draft.status, Review.objects.of(draft).get().state) == ("draft", "withdrawn")


def test_nobody_else_takes_it_back(draft, author, ana):
    draft.submit(by=author)

    with pytest.raises(PermissionDenied, match="Chen Wei"):
        draft.withdraw(by=ana)


# ---------- changing what is in force ----------


def test_what_is_in_force_stays_untouched_until_approval(agreed, author, ana):
    before = agreed.definition

    review = proposed(agreed, author)
    agreed.refresh_from_db()
    assert (agreed.status, agreed.definition) == ("approved", before)

    approve(review, ana)
    agreed.refresh_from_db()
    assert (agreed.status, agreed.definition) == ("approved", BETTER)


def test_who_wrote_the_text_before_may_approve_that_of_another(finance, ana, author, tom):
    term = TermFactory(name="churn", domain=finance, author=ana)
    term.submit(by=ana)
    term.approve(by=tom)

    approve(proposed(term, author), ana)

    term.refresh_from_db()
    assert (term.definition, term.author, term.submitted_by) == (BETTER, author, author)
    assert term.approved_by_user == ana


def test_who_wrote_a_draft_does_not_approve_it_whoever_submitted_it(finance, ana, author):
    term = TermFactory(name="churn", domain=finance, author=ana)
    review = proposed(term, author)

    with pytest.raises(PermissionDenied, match="You wrote this"):
        approve(review, ana)


@pytest.mark.parametrize("decision", ["reject", "request_changes"])
def test_a_refused_proposal_leaves_it_untouched(agreed, author, ana, decision):
    before = Change.objects.of(agreed).count()
    review = proposed(agreed, author)

    reviews.decide(review, decision, shown=review.proposal_hash, by=ana, reason="Not yet.")

    agreed.refresh_from_db()
    assert agreed.status == "approved"
    assert Change.objects.of(agreed).count() == before


def test_a_proposal_that_changes_nothing_is_refused(agreed, author):
    with pytest.raises(Conflict, match="Nothing would change"):
        reviews.propose(agreed, agreed.canonical_content(), by=author)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"definition": "Short."}, "definition"),
        ({"definiton": BETTER}, "definiton"),
        ({"synonyms": "turnover"}, "synonyms"),
        ({"domain_id": "00000000-0000-0000-0000-000000000001"}, "domain_id"),
        ({"approval_status": "approved"}, "approval_status"),
    ],
)
def test_content_that_could_not_be_stored_is_refused_by_field(agreed, author, content, field):
    with pytest.raises(ValidationError) as refused:
        reviews.propose(agreed, content, by=author)

    assert field in str(refused.value.message_dict) or "10 characters" in str(refused.value)


def test_a_revision_makes_earlier_decisions_lapse(agreed, author, ana, tom):
    review = proposed(agreed, author)
    Review.objects.filter(pk=review.pk).update(quorum=2)
    approve(review, ana)

    reviews.revise(review, {"definition": BETTER + " In euros."}, by=author)
    first = review.decisions.get()
    approve(review, tom)

    assert (review.state, first.revision, review.revision) == ("submitted", 1, 2)
    assert first.content_hash != review.proposal_hash
    assert Notification.objects.filter(person=ana, event="revised").exists()


def test_two_have_to_agree_where_two_are_asked_for(agreed, author, ana, tom):
    review = proposed(agreed, author)
    Review.objects.filter(pk=review.pk).update(quorum=2)

    approve(review, ana)
    assert review.state == "submitted"
    approve(review, tom)

    assert review.state == "applied"


def test_a_decision_on_what_is_no_longer_shown_records_nothing(agreed, author, ana):
    review = proposed(agreed, author)
    shown = review.proposal_hash
    reviews.revise(review, {"definition": BETTER + " In euros."}, by=author)

    with pytest.raises(Conflict, match="changed while you were reading"):
        reviews.decide(review, "approve", shown=shown, by=ana)

    assert not review.decisions.exists()


def test_a_refusal_needs_a_reason(agreed, author, ana):
    review = proposed(agreed, author)

    for decision in ("reject", "request_changes"):
        with pytest.raises(ValidationError, match="Say why"):
            reviews.decide(review, decision, shown=review.proposal_hash, by=ana, reason=" ")


def test_a_high_risk_needs_a_reason_even_to_approve(agreed, author, ana):
    review = proposed(agreed, author)
    Review.objects.filter(pk=review.pk).update(risk="high")

    with pytest.raises(ValidationError, match="Say why"):
        approve(review, ana)

    approve(review, ana, reason="Agreed in the board.")
    assert review.state == "applied"


def test_risk_is_low_for_synonyms_and_medium_for_the_meaning(agreed, author):
    assert proposed(agreed, author, synonyms=["turnover"]).risk == "low"
    assert proposed(agreed, author, definition=BETTER).risk == "medium"
    assert proposed(agreed, author, term_name="turnover").marks == ["renamed"]


def test_risk_stays_at_the_higher_value(agreed, author):
    review = proposed(agreed, author, definition=BETTER)

    reviews.revise(review, {"definition": agreed.definition, "synonyms": ["turnover"]}, by=author)

    assert review.risk == "medium"


# ---------- who decides ----------


def test_the_lock_says_why_and_who_can(agreed, author, ana, tom):
    review = proposed(agreed, author)

    with pytest.raises(PermissionDenied) as refused:
        approve(review, author)

    assert str(refused.value).startswith("You wrote this change, so someone else must decide on it.")
    assert "Ana Ruiz or Tom Lee can." in str(refused.value)


def test_a_steward_of_another_domain_does_not_decide(agreed, author, ana, stranger):
    review = proposed(agreed, author)

    with pytest.raises(PermissionDenied, match="Only stewards of Finance can decide on this. .*Ana Ruiz can"):
        approve(review, stranger)


def test_a_term_without_a_domain_is_every_steward_s(author, stranger):
    term = TermFactory(author=author)
    review = proposed(term, author)

    approve(review, stranger)

    assert review.state == "applied"


@pytest.mark.parametrize(
    "role", ["analyst", "producer", "auditor", "administrator", "policy_admin", "contract_owner"]
)
def test_no_other_role_decides_on_terms(agreed, author, role):
    mighty = UserFactory(role=role, is_superuser=True)
    review = proposed(agreed, author)

    with pytest.raises(PermissionDenied, match="Steward"):
        approve(review, mighty)


def test_waiting_and_the_lock_never_disagree(agreed, author, ana, tom, stranger):
    away = UserFactory(username="away", role="steward")
    StewardshipFactory(user=away, domain=agreed.domain)
    DelegationFactory(from_person=away, to_person=stranger)
    people = [
        author,
        ana,
        tom,
        stranger,
        away,
        UserFactory(role="analyst"),
        UserFactory(role="steward", email=""),
    ]
    found = [proposed(agreed, author), proposed(agreed, ana, synonyms=["turnover"])]
    found.append(proposed(TermFactory(author=tom), tom))

    for person in people:
        reader = reader_of(person)
        waiting = set(Review.objects.waiting_for(reader))
        assert waiting == {review for review in found if not deciders.lock(review, reader)}, person
        assert inbox.number(reader) == len(waiting)


def test_steps_are_offered_as_they_can_be_taken(agreed, author, ana):
    review = proposed(agreed, author)

    mine = {step.name: step for step in reviews.steps_for(review, reader_of(author))}
    hers = {step.name: step for step in reviews.steps_for(review, reader_of(ana))}

    assert not mine["approve"].allowed
    assert mine["approve"].why.startswith("You wrote this")
    assert mine["withdraw"].allowed
    assert all(step.allowed for step in hers.values())
    assert "withdraw" not in hers


def test_the_record_offers_the_same_steps_as_its_review(draft, author, ana):
    draft.submit(by=author)

    hers = {step.name: step.allowed for step in draft.steps_for(reader_of(ana))}
    his = {step.name: step.allowed for step in draft.steps_for(reader_of(author))}

    assert hers == {"approve": True, "send_back": True, "withdraw": False}
    assert his == {"approve": False, "send_back": False, "withdraw": True}


# ---------- when somebody else was first ----------


def test_the_second_of_two_proposals_is_overtaken_not_lost(agreed, author, ana):
    first, second = proposed(agreed, author), proposed(agreed, author, synonyms=["turnover"])

    approve(first, ana)
    second.refresh_from_db()

    assert second.state == "superseded"
    with pytest.raises(IllegalTransition):
        approve(second, ana)


def test_what_was_overtaken_is_merged_field_by_field(agreed, author, ana):
    first, second = proposed(agreed, author), proposed(agreed, author, synonyms=["turnover"])
    approve(first, ana)
    second.refresh_from_db()

    reviews.rebase(second, by=author)
    approve(second, ana)

    agreed.refresh_from_db()
    assert (second.state, agreed.definition, agreed.synonyms) == ("applied", BETTER, ["turnover"])


def test_a_clash_has_to_be_settled(agreed, author, ana):
    first = proposed(agreed, author)
    second = proposed(agreed, author, definition=BETTER + " In euros.")
    approve(first, ana)
    second.refresh_from_db()

    with pytest.raises(Conflict) as asked:
        reviews.rebase(second, by=author)
    assert asked.value.code == "choices_needed"
    assert list(asked.value.fields) == ["definition"]

    reviews.rebase(second, {"definition": "yours"}, by=author)
    assert second.proposal["definition"] == BETTER + " In euros."
    assert second.state == "submitted"


def test_choosing_theirs_everywhere_leaves_nothing_to_decide(agreed, author, ana):
    first = proposed(agreed, author)
    second = proposed(agreed, author, definition=BETTER + " In euros.")
    approve(first, ana)
    second.refresh_from_db()

    with pytest.raises(Conflict, match="withdraw"):
        reviews.rebase(second, {"definition": "theirs"}, by=author)


def test_an_edit_of_somebody_else_is_not_overwritten(agreed, author):
    review = proposed(agreed, author)
    seen = review.proposal_hash
    reviews.revise(review, {"synonyms": ["turnover"]}, by=author, seen=seen)

    with pytest.raises(Conflict, match="changed while you were reading"):
        reviews.revise(review, {"synonyms": ["sales"]}, by=author, seen=seen)


# ---------- away ----------


def test_a_stand_in_decides_and_both_names_are_kept(agreed, author, ana, stranger):
    DelegationFactory(from_person=ana, to_person=stranger)
    review = proposed(agreed, author)

    approve(review, stranger)

    decision = review.decisions.get()
    assert (decision.person, decision.on_behalf_of, review.state) == (stranger, ana, "applied")


def test_a_stand_in_needs_the_role_too(agreed, author, ana):
    analyst = UserFactory(role="analyst")
    DelegationFactory(from_person=ana, to_person=analyst)
    review = proposed(agreed, author)

    with pytest.raises(PermissionDenied, match="needs the role Steward"):
        approve(review, analyst)


def test_new_proposals_are_told_to_the_stand_in_and_never_to_the_author(agreed, author, ana, stranger):
    DelegationFactory(from_person=ana, to_person=stranger)

    review = proposed(agreed, author)

    told = dict(
        Notification.objects.filter(review=review, event="asked").values_list("person__username", "why")
    )
    assert told["mia.olsen"] == "stand_in"
    assert "chen.wei" not in told


def test_one_review_is_handed_over(agreed, author, ana, stranger):
    review = proposed(agreed, author)

    reviews.hand_over(review, by=ana, to=stranger, reason="You know deliveries better.")
    approve(review, stranger)

    assert review.decisions.get().on_behalf_of == ana


def test_nothing_is_handed_to_its_author(agreed, author, ana):
    review = proposed(agreed, author)

    with pytest.raises(PermissionDenied):
        reviews.hand_over(review, by=ana, to=author)


# ---------- comments, and what they tell ----------


def test_a_comment_decides_nothing_and_is_told_to_the_author(agreed, author):
    analyst = UserFactory(role="analyst")
    review = proposed(agreed, author)

    reviews.comment(review, by=analyst, text="Does this include tips?")

    review.refresh_from_db()
    assert review.state == "submitted"
    assert (
        Notification.objects.filter(person=author, event="comment")
        .get()
        .text.endswith("Does this include tips?")
    )


def test_an_empty_comment_is_refused(agreed, author):
    with pytest.raises(ValidationError):
        reviews.comment(proposed(agreed, author), by=author, text="  ")


# ---------- value domains ----------


def test_an_unused_value_domain_is_edited_by_hand(author):
    vocabulary = ValueDomainFactory(kind="enum", allowed_values=["open", "closed"])

    vocabulary.allowed_values = ["open"]
    vocabulary.save()

    vocabulary.refresh_from_db()
    assert vocabulary.allowed_values == ["open"]


def test_one_that_columns_use_changes_by_review_alone(author, stranger):
    vocabulary = ValueDomainFactory(kind="enum", allowed_values=["open", "closed"])
    ColumnFactory(value_domain=vocabulary)

    review = reviews.propose(vocabulary, {"allowed_values": ["open"]}, by=author, reason="Nobody closes.")
    assert review.marks == ["breaking"]
    approve(review, stranger)

    vocabulary.refresh_from_db()
    assert (vocabulary.allowed_values, review.state) == (["open"], "applied")


def test_decimals_survive_their_review(author, stranger):
    vocabulary = ValueDomainFactory(kind="range", allowed_values=None, min_value="0.1", max_value="1.50")
    ColumnFactory(value_domain=vocabulary)

    approve(reviews.propose(vocabulary, {"max_value": "2.50"}, by=author), stranger)

    assert str(ValueDomain.objects.get(pk=vocabulary.pk).max_value) in ("2.5", "2.50")


# ---------- the rest ----------


def test_a_deleted_draft_leaves_nothing_to_decide(draft, author):
    draft.submit(by=author)
    review = Review.objects.of(draft).get()

    with acting(author, reason="Made by mistake."):
        Term.objects.filter(pk=draft.pk).delete()

    review.refresh_from_db()
    assert review.state == "superseded"


def test_a_deleted_domain_does_not_need_a_review_of_its_terms(agreed):
    agreed.domain.delete()

    agreed.refresh_from_db()
    assert (agreed.status, agreed.domain) == ("approved", None)


def test_deprecating_needs_a_reason_and_a_steward_of_the_domain(agreed, ana, stranger):
    with pytest.raises(PermissionDenied):
        agreed.deprecate(by=stranger, comment="Merged.")
    with pytest.raises(ValidationError):
        agreed.deprecate(by=ana)

    agreed.deprecate(by=ana, comment="Merged into revenue.")

    assert agreed.status == "deprecated"


def test_an_illegal_step_names_the_possible_ones(draft, ana):
    with pytest.raises(
        IllegalTransition, match="Cannot approve revenue: it is draft. Possible steps: Submit."
    ):
        draft.approve(by=ana)


def test_an_unknown_step_is_no_step(draft, ana):
    with pytest.raises(KeyError):
        draft.take("bless", by=ana)
