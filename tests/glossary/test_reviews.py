"""What is agreed changes by a review; the rest of a term and drafts change at once."""

import pytest

from apps.audit.context import acting
from apps.dcs.refusals import Conflict
from apps.glossary import vocabularies, writing
from apps.glossary.models import Term
from apps.people.reader import reader_of
from tests.discovery.pages import page, text
from tests.factories import ColumnFactory, TermFactory, TermLinkFactory, UserFactory, ValueDomainFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return reader_of(UserFactory(role="producer"))


@pytest.fixture
def steward():
    return reader_of(UserFactory(role="steward"))


@pytest.fixture
def revenue(author, steward):
    """A term that was written, submitted and approved by two people."""
    term = writing.create({"name": "Revenue", "definition": "The sum of paid order amounts."}, by=author)
    with acting(author):
        term.submit(by=author)
    with acting(steward):
        term.approve(by=steward)
    return term


def test_a_change_of_what_is_agreed_is_a_proposal(revenue, author):
    outcome = writing.change(revenue, {"definition": "The sum of all order amounts."}, by=author)

    revenue.refresh_from_db()
    assert outcome.review.state == "submitted"
    assert (revenue.status, revenue.definition) == ("approved", "The sum of paid order amounts.")


def test_examples_and_relations_of_an_approved_term_change_at_once(revenue, author):
    outcome = writing.change(
        revenue, {"examples": ["48 €"], "relations": {"related": ["Returns"]}}, by=author
    )

    assert outcome.review is None
    assert Term.objects.get().meta == {"examples": ["48 €"], "relations": {"related": ["Returns"]}}


def test_a_term_under_review_is_not_edited_beside_its_proposal(author):
    term = writing.create({"name": "Churn", "definition": "Customers who left us."}, by=author)
    with acting(author):
        term.submit(by=author)

    with pytest.raises(Conflict, match="under review"):
        writing.change(term, {"definition": "Customers who left us last year."}, by=author)


def test_the_page_shows_the_proposal_beside_the_definition_in_force(client, revenue, author, steward):
    writing.change(
        revenue, {"definition": "The sum of all order amounts."}, by=author, reason="Auditors ask."
    )
    client.force_login(steward.user)

    shown = page(client, "/glossary/terms/Revenue/")

    assert "<del>paid</del>" in shown
    assert "<ins>all</ins>" in shown
    assert "Auditors ask." in shown
    assert "proposal" in text(page(client, "/glossary/"))


def test_a_draft_is_submitted_and_approved_from_its_page_by_two_people(client, author, steward):
    writing.create({"name": "Churn", "definition": "Customers who left us."}, by=author)

    client.force_login(author.user)
    assert client.post("/glossary/terms/Churn/steps/submit/").status_code == 302
    assert client.post("/glossary/terms/Churn/steps/approve/").status_code == 403
    client.force_login(steward.user)
    assert client.post("/glossary/terms/Churn/steps/approve/").status_code == 302

    term = Term.objects.get()
    assert (term.status, term.approved_by_user) == ("approved", steward.user)
    assert client.post("/glossary/terms/Churn/steps/approve/").status_code == 409
    assert "Approved" in text(page(client, "/glossary/terms/Churn/"))


def test_a_deprecated_term_names_its_successor_and_what_is_to_move(client, revenue, steward):
    TermFactory(name="Net revenue", display_name=None)
    TermLinkFactory(term=revenue)
    client.force_login(steward.user)
    step = "/glossary/terms/Revenue/steps/deprecate/"

    assert client.post(step, {"comment": "Split.", "successor": "Nothing"}).status_code == 422
    assert client.post(step, {"comment": "Split.", "successor": "net revenue"}).status_code == 302

    shown = text(page(client, "/glossary/terms/Revenue/"))
    assert "Net revenue takes its place." in shown
    assert "1 use to move" in shown
    assert "Move these to Net revenue." in text(page(client, "/glossary/terms/Revenue/uses/"))


def test_a_value_domain_changes_by_review_once_a_column_is_bound(steward):
    domain = ValueDomainFactory(name="order_status")

    assert vocabularies.change(domain, {"allowed_values": ["placed"]}, by=steward) is None
    ColumnFactory(value_domain=domain)
    review = vocabularies.change(domain, {"allowed_values": ["placed", "lost"]}, by=steward)

    domain.refresh_from_db()
    assert review.state == "submitted"
    assert domain.allowed_values == ["placed"]


def test_the_log_of_a_term_names_the_people_who_decided(client, revenue, steward):
    client.force_login(steward.user)

    shown = text(page(client, revenue.get_absolute_url()))

    assert f"Approved by {steward.user}" in shown
    assert str(steward.user) != steward.user.username
    assert f"by {steward.user.username}" not in shown
