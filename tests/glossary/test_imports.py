import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.dcs.refusals import Conflict
from apps.glossary import imports
from apps.glossary.models import Term, TermImport
from apps.people.reader import reader_of
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


def test_an_applied_plan_makes_drafts_and_approves_nothing(client):
    signed_in(client, "producer")
    finance = DomainFactory(name="Finance")
    address = upload(client, sheet("Revenue,Money that was received,finance"))["Location"]

    client.post(address, {"answer": "apply"})

    term = Term.objects.get()
    assert (term.name, term.status, term.domain, term.author) == ("Revenue", "draft", finance, client.user)
    assert TermImport.objects.get().outcome["created"] == 1
    assert client.post(address, {"answer": "apply"}).status_code == 409


def test_a_plan_that_was_overtaken_changes_nothing(producer):
    term = TermFactory(name="Churn", display_name=None)
    found = imports.plan(
        sheet("Churn,Customers who left us.,", "New one,Something quite new.,"), name="a.csv", by=producer
    )
    Term.objects.filter(pk=term.pk).update(definition="Somebody else wrote this.")

    with pytest.raises(Conflict, match="has changed since"):
        imports.apply(found, by=producer)

    assert Term.objects.count() == 1


@pytest.mark.parametrize("suffix", ["csv", "ttl", "rdf", "jsonld"])
def test_an_export_of_everything_comes_back_without_changes(client, producer, suffix):
    TermFactory(
        name="Revenue", display_name="Revenue, gross", abbreviation="REV", synonyms=["turnover", "a;b"], tags=[],
        domain=DomainFactory(name="Finance"), meta={"examples": ["=1+1"], "relations": {"related": ["Churn"]}},
        definition="The sum,\nof “paid” orders.",
    )  # fmt: skip
    TermFactory(name="Churn", display_name=None, category=None)
    found = imports.plan((FILES / "skosmos_test.ttl").read_bytes(), name="test.ttl", by=producer)
    imports.apply(found, by=producer)

    data = b"".join(signed_in(client).get(f"/glossary/export.{suffix}"))
    again = imports.plan(data, name=f"glossary.{suffix}", by=producer)

    assert {row["name"]: row["changes"] for row in again.rows if row["action"] != "same"} == {}
    assert len(again.rows) == 20


@pytest.mark.parametrize("name", [name for name, counts in VOCABULARIES.items() if counts[0]])
def test_each_vocabulary_is_stored_with_its_relations(producer, name):
    found = imports.plan((FILES / name).read_bytes(), name=name, by=producer, classes=name.endswith(".rdf"))
    imports.apply(found, by=producer)

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
