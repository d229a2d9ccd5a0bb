"""A term at an earlier moment says what was agreed then, and nothing can be changed on it."""

import pytest
from django.utils import timezone

from apps.audit.context import acting
from apps.glossary import imports, writing
from apps.people.reader import reader_of
from apps.workflow import past, reviews
from tests.discovery.pages import page, signed_in, text
from tests.factories import DomainFactory, StewardshipFactory, UserFactory

FIRST, SECOND = "The sum of paid order amounts.", "The sum of all order amounts."
pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return reader_of(UserFactory(role="producer"))


@pytest.fixture
def story(author):
    """(term, moments): before it was approved, after, after its definition changed, after an import changed its synonyms."""
    sales, steward = DomainFactory(name="Sales"), UserFactory(role="steward")
    StewardshipFactory(user=steward, domain=sales)

    def approved(review):
        return reviews.decide(review, "approve", shown=review.proposal_hash, by=steward)

    term = writing.create({"name": "Revenue", "definition": FIRST, "domain": sales}, by=author)
    moments = [timezone.now()]
    with acting(author):
        term.submit(by=author)
    approved(reviews.Review.objects.of(term).get())
    moments.append(timezone.now())
    term.refresh_from_db()
    approved(writing.change(term, {"definition": SECOND}, by=author).review)
    moments.append(timezone.now())
    sheet = f"term_name,definition,domain,synonyms\nRevenue,{SECOND},Sales,turnover\n".encode()
    with acting(author):
        plan = imports.plan(sheet, name="terms.csv", by=author)
        review = imports.propose(plan, by=author)
    approved(review)
    moments.append(timezone.now())
    term.refresh_from_db()
    return term, moments


def at(moment):
    return moment.isoformat().replace("+", "%2B")


def test_each_moment_has_the_words_that_were_in_force(story):
    term, moments = story

    found = [past.in_force(term, moment) for moment in moments]

    assert found[0].review is None
    assert [each.content.get("definition") for each in found] == [None, FIRST, SECOND, SECOND]
    assert [each.content.get("synonyms") for each in found[1:]] == [[], [], ["turnover"]]
    assert [each.state for each in found[1:]] == ["approved"] * 3


def test_the_page_of_a_term_as_it_was_is_only_read(client, story):
    term, moments = story
    signed_in(client, "steward")

    shown = page(client, f"{term.get_absolute_url()}?as_of={at(moments[1])}")

    assert FIRST in text(shown)
    assert SECOND not in text(shown)
    assert "Domain Sales" in text(shown)
    assert '<form method="post"' not in shown.split("<main")[1]
    assert "Propose change" not in shown


def test_before_its_approval_a_term_was_nothing_to_rely_on(client, story):
    term, moments = story
    signed_in(client, "analyst")

    shown = text(page(client, f"{term.get_absolute_url()}?as_of={at(moments[0])}"))

    assert "Nothing was in force yet" in shown
    assert FIRST not in shown


def test_a_damaged_moment_shows_the_term_as_it_is(client, story):
    term, _moments = story
    signed_in(client, "analyst")
    assert SECOND in text(page(client, f"{term.get_absolute_url()}?as_of=yesterday"))
