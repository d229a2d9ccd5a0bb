"""Terms that documents name before anybody has written them."""

import pytest
from django.core.exceptions import PermissionDenied

from apps.audit.context import acting
from apps.catalog import documents
from apps.catalog.models import Capsule, CapsuleVersion
from apps.deploy import applying, exporting, plan
from apps.glossary import imports, writing
from apps.glossary.models import Term, TermLink
from apps.people.reader import reader_of
from apps.people.roles import ROLES
from apps.workflow import reviews
from tests.factories import TermFactory
from tests.factories.people import UserFactory

URN = "urn:dcs:dbt:model:shop:orders"
ORDERS = {
    "urn": URN,
    "name": "orders",
    "schema": {"columns": [{"name": "amount", "data_type": "DECIMAL(18,2)"}]},
    "business_terms": ["Order", {"term": "Sale", "relationship": "related_to"}],
    "columns": {"amount": {"business_terms": ["net revenue"]}},
}
TEXT = documents.write(ORDERS)
CREATING = plan.Options(create_terms=True)
pytestmark = pytest.mark.django_db


@pytest.fixture
def producer():
    return reader_of(UserFactory(role="producer"))


def applied(reader, options=plan.Options()):  # noqa: B008 - frozen
    return applying.apply(plan.make(TEXT, reader, options), reader=reader)


def links():
    return {
        (link.term.name, link.relationship, link.column.name if link.column_id else None)
        for link in TermLink.objects.select_related("term", "column")
    }


def exported(reader):
    return exporting.export(exporting.capsules(reader), reader).text()


def test_a_term_that_appears_later_is_linked_to_what_named_it(producer):
    # given a document that names three terms that nobody has written
    applied(producer)
    before = exported(producer)
    assert links() == set()

    # when two of them are written, one under another name in another case
    writing.create({"name": "order", "definition": "What a customer asks us to deliver."}, by=producer)
    writing.create(
        {"name": "Revenue", "synonyms": ["Net revenue"], "definition": "The sum of paid amounts."},
        by=producer,
    )

    # then they explain what named them, and the document says what it said
    assert links() == {("order", "implements", None), ("Revenue", "implements", "amount")}
    assert exported(producer) == before
    assert plan.make(TEXT, producer).answer["result"] == "no_change"
    assert CapsuleVersion.objects.count() == 1
    # the third still waits
    TermFactory(name="Sale")
    assert ("Sale", "related_to", None) in links()
    assert "unresolved_terms" not in Capsule.objects.get().meta.get("doc", {})


def test_a_new_synonym_links_too(producer):
    applied(producer)
    term = writing.create({"name": "Turnover", "definition": "The sum of paid amounts."}, by=producer)
    assert links() == set()
    writing.change(term, {"synonyms": ["Sale"]}, by=producer)
    assert links() == {("Turnover", "related_to", None)}


def test_an_approved_import_links_all_its_terms_at_once(producer):
    steward = UserFactory(role="steward")
    applied(producer)
    sheet = b"term_name,definition\nOrder,What a customer asks us to deliver.\nSale,What was delivered and paid.\n"
    with acting(producer):
        review = imports.propose(imports.plan(sheet, name="terms.csv", by=producer), by=producer)
    assert links() == set()
    reviews.decide(review, "approve", shown=review.proposal_hash, by=steward)
    assert links() == {("Order", "implements", None), ("Sale", "related_to", None)}


def test_missing_terms_are_made_as_drafts_where_that_was_asked_for(producer):
    found = plan.make(TEXT, producer, CREATING)
    assert found.answer["new_terms"] == ["Order", "Sale", "net revenue"]
    assert not Term.objects.exists()

    applying.apply(found, reader=producer)

    drafts = Term.objects.order_by("name")
    assert [(term.name, term.status, term.author) for term in drafts] == [
        (name, "draft", producer.user) for name in ("Order", "Sale", "net revenue")
    ]
    assert Term.objects.get(name="Sale").definition == "To be defined: Sale"
    assert len(links()) == 3
    # and then there is nothing more to do, with or without it
    assert plan.make(TEXT, producer, CREATING).answer["result"] == "no_change"


def test_drafts_are_made_for_a_document_that_was_applied_without_them(producer):
    applied(producer)
    found = plan.make(TEXT, producer, CREATING)
    assert found.answer["result"] == "changes"
    assert applying.apply(found, reader=producer).applied_at
    assert len(links()) == 3


def test_who_may_write_no_term_makes_none(producer, monkeypatch):
    granted = ROLES["producer"].permissions - {"glossary.add_term"}
    monkeypatch.setattr(type(producer), "may", lambda self, permission: permission in granted)
    with pytest.raises(PermissionDenied, match="Order"):
        plan.make(TEXT, producer, CREATING)
