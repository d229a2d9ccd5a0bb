"""Two people at the same moment, on two connections: one of them wins, the other hears it."""

import pytest

from apps.dcs.refusals import Conflict
from apps.glossary.models import Term
from apps.workflow import reviews
from apps.workflow.models import Review
from tests.factories import TermFactory
from tests.factories.glossary import proposed_import
from tests.racing import PAIRS, at_once, lost

BETTER = "Money received for goods delivered, net of returns and discounts."


def deciding(review, decision, by):
    return lambda: reviews.decide(review, decision, shown=review.proposal_hash, by=by, reason="Agreed.")


@pytest.fixture
def proposals(own_database, finance, author, ana, tom):
    terms = [
        TermFactory(name=f"term_{n}", domain=finance, author=author, approved=True) for n in range(PAIRS)
    ]
    return [reviews.propose(term, {"definition": BETTER}, by=author) for term in terms]


def test_of_two_simultaneous_decisions_one_wins(proposals, ana, tom):
    for place, review in enumerate(proposals):
        other = ("approve", "reject", "request_changes")[place % 3]
        results = at_once(
            deciding(review, "approve", ana), deciding(Review.objects.get(pk=review.pk), other, tom)
        )

        (loser,) = lost(results)
        assert isinstance(loser, Conflict), loser
        stored = Review.objects.get(pk=review.pk)
        assert stored.decisions.count() == 1
        said = stored.decisions.get().decision
        assert (
            stored.state
            == {"approve": "applied", "reject": "rejected", "request_changes": "changes_requested"}[said]
        )
        applied = Term.objects.get(pk=review.subject_id).definition == BETTER
        assert applied == (said == "approve")


def test_what_is_applied_is_what_was_decided(proposals, author, ana):
    edited = BETTER + " In euros."
    for review in proposals:
        mine = Review.objects.get(pk=review.pk)
        results = at_once(
            deciding(review, "approve", ana),
            lambda mine=mine: reviews.revise(mine, {"definition": edited}, by=author),
        )

        (loser,) = lost(results)
        assert isinstance(loser, Conflict), loser
        stored = Review.objects.get(pk=review.pk)
        definition = Term.objects.get(pk=review.subject_id).definition
        assert (stored.state, stored.revision, definition) in (
            ("applied", 1, BETTER),
            ("submitted", 2, review.base_content["definition"]),
        )


def test_of_two_proposals_for_one_term_one_is_applied_and_one_overtaken(proposals, author, ana, tom):
    for review in proposals:
        other = reviews.propose(Term.objects.get(pk=review.subject_id), {"synonyms": ["turnover"]}, by=author)
        results = at_once(deciding(review, "approve", ana), deciding(other, "approve", tom))

        (loser,) = lost(results)
        assert isinstance(loser, Conflict), loser
        states = sorted(Review.objects.filter(pk__in=[review.pk, other.pk]).values_list("state", flat=True))
        assert states == ["applied", "superseded"]


def test_of_an_import_and_a_proposal_for_one_of_its_terms_one_wins(proposals, author, ana, tom):
    for review in proposals[: max(PAIRS // 5, 10)]:
        name = Term.objects.get(pk=review.subject_id).name
        many = proposed_import((name, BETTER + " In euros."), (f"{name} margin", BETTER), by=author)
        results = at_once(deciding(review, "approve", ana), deciding(many, "approve", tom))

        (loser,) = lost(results)
        assert isinstance(loser, Conflict), loser
        definition = Term.objects.get(pk=review.subject_id).definition
        one, both = Review.objects.get(pk=review.pk), Review.objects.get(pk=many.pk)
        made = Term.objects.filter(name=f"{name} margin").exists()
        assert (one.state, both.state, definition, made) in (
            ("applied", "submitted", BETTER, False),
            ("superseded", "applied", BETTER + " In euros.", True),
        )


def test_an_import_that_two_approve_at_once_is_applied_once(own_database, finance, author, ana, tom):
    for number in range(max(PAIRS // 5, 10)):
        many = proposed_import((f"margin {number}", BETTER), by=author)
        results = at_once(
            deciding(many, "approve", ana), deciding(Review.objects.get(pk=many.pk), "approve", tom)
        )

        (loser,) = lost(results)
        assert isinstance(loser, Conflict), loser
        assert Review.objects.get(pk=many.pk).decisions.count() == 1
        assert Term.objects.filter(name=f"margin {number}", status="approved").count() == 1
