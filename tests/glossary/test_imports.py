import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.dcs.refusals import Conflict
from apps.glossary import imports
from apps.glossary.models import Term
from apps.people.reader import reader_of
from apps.workflow import reviews
from apps.workflow.models import Review
from tests.discovery.pages import page, signed_in, text
from tests.factories import DomainFactory, TermFactory, UserFactory
from tests.glossary.test_skos import FILES, VOCABULARIES

pytestmark = pytest.mark.django_db


@pytest.fixture
def producer():
    return reader_of(UserFactory(role="producer"))


def sheet(*rows):
    return "\n".join(["term_name,definition,domain", *rows]).encode()


def upload(client, data, name="terms.csv", **about):
    return client.post("/glossary/import/", {"file": SimpleUploadedFile(name, data), **about})


def test_a_file_is_planned_before_anything_happens(client):
    signed_in(client, "producer")
    TermFactory(name="Churn", definition="Customers who left us.", display_name=None)

    answer = upload(
        client, sheet("Revenue,Money that was received,", "Churn,Customers who left us.,", "X,short,")
    )

    shown = text(page(client, answer["Location"]))
    assert "1 new, 0 changed, 1 the same, 1 with errors." in shown
    assert "The definition has 5 characters" in shown
    assert Term.objects.count() == 1


def approved(found, by):
    """Propose the plan, and let somebody else approve it."""
    decider = UserFactory(role="steward")
    review = imports.propose(found, by=by)
    return reviews.decide(review, "approve", shown=review.proposal_hash, by=decider)


def test_a_proposed_plan_is_one_review_and_changes_nothing(client):
    signed_in(client, "producer")
    DomainFactory(name="Finance")
    address = upload(client, sheet("Revenue,Money that was received,finance", "Churn,Customers who left.,"))[
        "Location"
    ]

    client.post(address, {"answer": "apply", "reason": "Asked for by Finance."})

    review = Review.objects.get()
    shown = text(page(client, address))
    assert (review.kind, review.state, review.reason) == ("term_import", "submitted", "Asked for by Finance.")
    assert not Term.objects.exists()
    assert f"Review {review.label} In review Nothing changes until somebody else has approved it." in shown
    assert client.post(address, {"answer": "apply"}).status_code == 409


def test_a_term_without_a_definition_becomes_a_draft_and_a_given_up_one_deprecated(producer):
    vocabulary = b"""@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
    <urn:x:a> a skos:Concept ; skos:prefLabel "Apple"@en ; skos:definition "A round fruit of a tree."@en .
    <urn:x:b> a skos:Concept ; skos:prefLabel "Berry"@en .
    <urn:x:c> a skos:Concept ; skos:prefLabel "Costard"@en ; skos:definition "A large sort of apple."@en ; owl:deprecated true .
    """
    found = imports.plan(vocabulary, name="fruit.ttl", by=producer)

    review = approved(found, producer)

    assert dict(Term.objects.values_list("name", "status")) == {
        "Apple": "approved", "Berry": "draft", "Costard": "deprecated",
    }  # fmt: skip
    assert review.subject.outcome == {"new": 3, "changed": 0, "approved": 1, "drafts": 1, "deprecated": 1}


def test_a_row_of_a_sheet_says_what_a_new_term_becomes_and_leaves_a_known_one_as_it_is(producer):
    TermFactory(name="Revenue", definition="Money that was received.", approved=True)
    rows = b"""term_name,definition,approval_status
Revenue,Money that was received.,draft
Churn,Customers who left.,draft
Turnover,Money that was invoiced.,deprecated
Margin,What is left of the revenue.,approved
"""

    approved(imports.plan(rows, name="finance.csv", by=producer), producer)

    assert dict(Term.objects.values_list("name", "status")) == {
        "Revenue": "approved", "Churn": "draft", "Turnover": "deprecated", "Margin": "approved",
    }  # fmt: skip


def test_a_plan_that_was_overtaken_changes_nothing_until_it_is_made_again(producer):
    term = TermFactory(name="Churn", display_name=None)
    found = imports.plan(
        sheet("Churn,Customers who left us.,", "New one,Something quite new.,"), name="a.csv", by=producer
    )
    Term.objects.filter(pk=term.pk).update(definition="Customers who left us.")

    with pytest.raises(Conflict, match="has changed: Churn"):
        imports.propose(found, by=producer)
    assert not Review.objects.exists()

    imports.plan_again(found, by=producer)
    assert [each.title for each in imports.propose(found, by=producer).members.all()] == ["New one"]


def test_a_term_that_waits_for_a_decision_of_its_own_is_named(producer):
    TermFactory(name="Churn", under_review=True)
    found = imports.plan(sheet("Churn,Customers who left us.,"), name="a.csv", by=producer)

    with pytest.raises(Conflict, match="Churn waits for a decision of its own"):
        imports.propose(found, by=producer)


def test_a_hidden_term_is_neither_shown_nor_changed(producer):
    TermFactory(name="Takeover", visibility_rank=5, definition="The purchase of our competitor.")

    found = imports.plan(sheet("takeover,Something we say about it.,"), name="a.csv", by=producer)

    (row,) = found.rows
    assert (row["action"], row["changes"], row["term"]) == ("error", {}, "")
    assert row["problems"] == ["The name “takeover” cannot be used. Choose another."]


def test_a_term_of_an_import_shows_that_it_waits(client, producer):
    revenue = TermFactory(name="Revenue", display_name=None, definition="Money we received.", approved=True)
    found = imports.plan(sheet("Revenue,Money that was received,"), name="a.csv", by=producer)
    review = imports.propose(found, by=producer)

    shown = text(page(signed_in(client), "/glossary/terms/Revenue/"))

    assert f"Open {review.label}" in shown
    assert "Money we that was received" in shown
    assert text(page(client, "/glossary/")).count("proposal") == 1
    assert revenue.definition == "Money we received."


@pytest.mark.parametrize("suffix", ["csv", "ttl", "rdf", "jsonld"])
def test_an_export_of_everything_comes_back_without_changes(client, producer, suffix):
    TermFactory(
        name="Revenue", display_name="Revenue, gross", abbreviation="REV", synonyms=["turnover", "a;b"], tags=[],
        domain=DomainFactory(name="Finance"), meta={"examples": ["=1+1"], "relations": {"related": ["Churn"]}},
        definition="The sum,\nof “paid” orders.",
    )  # fmt: skip
    TermFactory(name="Churn", display_name=None, category=None)
    found = imports.plan((FILES / "skosmos_test.ttl").read_bytes(), name="test.ttl", by=producer)
    approved(found, producer)

    data = b"".join(signed_in(client).get(f"/glossary/export.{suffix}"))
    again = imports.plan(data, name=f"glossary.{suffix}", by=producer)

    assert {row["name"]: row["changes"] for row in again.rows if row["action"] != "same"} == {}
    assert len(again.rows) == 20


@pytest.mark.parametrize("name", [name for name, counts in VOCABULARIES.items() if counts[0]])
def test_each_vocabulary_is_stored_with_its_relations(producer, name):
    found = imports.plan((FILES / name).read_bytes(), name=name, by=producer, classes=name.endswith(".rdf"))
    approved(found, producer)

    concepts, relations, _schemes, _collections = VOCABULARIES[name]
    stored = list(Term.objects.values_list("meta__relations", flat=True))
    assert len(stored) == concepts
    assert sum(len(others) for said in stored if said for others in said.values()) == relations


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"a,b\n", "terms.csv", "missing: term_name"),
        (b"@prefix", "terms.ttl", "cannot be read as turtle"),
        (b"a", "terms.xlsx", "Choose a file that ends in"),
    ],
)
def test_a_file_that_is_none_says_why(client, data, name, said):
    answer = upload(signed_in(client, "producer"), data, name)

    assert answer.status_code == 422
    assert said in text(answer.content.decode())
