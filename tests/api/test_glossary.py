import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.glossary.models import Refusal, Term, TermLink
from tests.factories import (
    CapsuleFactory,
    ColumnFactory,
    DomainFactory,
    TermFactory,
    TermLinkFactory,
    ValueDomainFactory,
)

REVENUE = {"term_name": "Revenue", "definition": "The sum of paid order amounts.", "synonyms": ["turnover"]}


def test_a_new_term_is_a_draft_and_can_be_put_back(producer):
    made = producer.post(
        "/business-terms", {**REVENUE, "examples": ["48 €"], "relations": {"broader": ["Result"]}}
    )

    assert made.status_code == 201, made.body
    assert made.body["approval_status"] == "draft"
    assert made.body["examples"] == ["48 €"]
    again = producer.put(f"/business-terms/{made.body['id']}", made.body)
    assert again.status_code == 200, again.body
    assert {key: again.body[key] for key in REVENUE} == REVENUE
    assert again.body["relations"] == {"broader": ["Result"]}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"term_name": "REVENUE"}, 409, "term_name"),
        ({"term_name": "Other", "definition": "short"}, 400, "definition"),
        ({"term_name": "Other", "approval_status": "approved"}, 400, "approval_status"),
        ({"term_name": "Other", "colour": "red"}, 400, "colour"),
        ({"term_name": "Other", "synonyms": "a"}, 400, "synonyms"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_field(producer, body, status, field):
    TermFactory(name="Revenue")

    answer = producer.post("/business-terms", {**REVENUE, **body})

    assert (answer.status_code, list(answer.body["fields"])) == (status, [field])


def test_filters_combine(analyst):
    sales = DomainFactory(name="sales")
    TermFactory(name="Revenue", domain=sales, approved=True, category="financial", synonyms=["turnover"])
    TermFactory(name="Churn", domain=sales, category="customer")

    def names(query):
        answer = analyst.get(f"/business-terms?{query}")
        assert answer.status_code == 200, answer.body
        return [row["term_name"] for row in answer.body["results"]]

    assert names("domain=sales&ordering=-term_name") == ["Revenue", "Churn"]
    assert names("domain=sales&approval_status=approved&q=turn") == ["Revenue"]
    assert names("category=customer&approval_status=approved") == []
    assert analyst.get("/business-terms?category__x=1").status_code == 400
    assert analyst.get("/business-terms/categories").body == ["customer", "financial"]


def test_a_list_asks_as_much_for_many_terms_as_for_few(analyst):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert analyst.get("/business-terms").status_code == 200
        return len(asked)

    TermLinkFactory()
    queries()
    few = queries()
    TermLinkFactory.create_batch(5)

    assert queries() == few


def test_a_term_in_use_is_not_deleted(steward):
    link = TermLinkFactory()

    assert steward.delete(f"/business-terms/{link.term_id}").status_code == 409
    assert steward.get(f"/business-terms/{link.term_id}/usage").body["count"] == 1
    link.delete()
    assert steward.delete(f"/business-terms/{link.term_id}").status_code == 204


def test_a_term_is_linked_once_and_unlinked(producer):
    capsule, term = CapsuleFactory(columns=["amount"]), TermFactory(name="Revenue")
    column = capsule.columns.get()
    route = f"/capsules/{capsule.urn}/business-terms"

    assert producer.post(f"{route}/{term.pk}").status_code == 201
    assert producer.post(f"{route}/{term.pk}").status_code == 409
    assert producer.post(f"{route}/{term.pk}", {"relationship_type": "example_of"}).status_code == 201
    assert producer.post(f"{route}/{term.pk}", {"relationship_type": "loves"}).status_code == 400
    assert producer.post(f"/columns/{column.urn}/business-terms/{term.pk}").status_code == 201

    found = producer.get(route).body["results"]
    assert sorted((row["subject"], row["relationship_type"]) for row in found) == [
        ("capsule", "example_of"),
        ("capsule", "implements"),
        ("column", "implements"),
    ]
    assert producer.get(f"{route}?level=column").body["count"] == 1
    assert producer.get(f"/columns/{column.urn}/business-terms").body["count"] == 1
    assert producer.delete(f"{route}/{term.pk}?relationship_type=example_of").status_code == 204
    assert producer.delete(f"{route}/{term.pk}").status_code == 204
    assert producer.delete(f"{route}/{term.pk}").status_code == 404
    assert TermLink.objects.get().column == column


def test_an_analyst_may_not_write(analyst):
    term, capsule = TermFactory(), CapsuleFactory()

    assert analyst.post("/business-terms", REVENUE).status_code == 403
    assert analyst.patch(f"/business-terms/{term.pk}", {"category": "x"}).status_code == 403
    assert analyst.delete(f"/business-terms/{term.pk}").status_code == 403
    assert analyst.post(f"/capsules/{capsule.urn}/business-terms/{term.pk}").status_code == 403
    assert (
        analyst.post(
            "/value-domains", {"domain_name": "a", "domain_type": "range", "min_value": 1}
        ).status_code
        == 403
    )


@pytest.mark.parametrize(
    ("about", "good", "bad"),
    [
        ({"domain_type": "enum", "allowed_values": [{"code": "A", "label": "Active"}, "B"]}, "A", "C"),
        ({"domain_type": "pattern", "pattern_regex": "[A-Z]{3}"}, "EUR", "EURO"),
        ({"domain_type": "range", "min_value": 0, "max_value": 1.5}, 1.5, 2),
    ],
)
def test_a_value_domain_validates(steward, about, good, bad):
    made = steward.post("/value-domains", {"domain_name": "codes", **about})
    assert made.status_code == 201, made.body
    route = f"/value-domains/{made.body['id']}/validate"

    assert steward.post(route, {"value": good}).body["valid"] is True
    both = steward.post(route, {"values": [good, bad]}).body
    assert (both["valid"], [row["valid"] for row in both["results"]]) == (False, [True, False])
    assert steward.post(route, {}).status_code == 400


def test_reference_data_is_looked_up_or_said_to_be_unreachable(analyst):
    codes = ColumnFactory(name="code", allowed_values=["DE", "FR"])
    known = ValueDomainFactory(kind="reference_data", allowed_values=None, reference_column_urn=codes.urn)
    gone = ValueDomainFactory(
        kind="reference_data", allowed_values=None, reference_column_urn="urn:dcs:x:y:z:a.b"
    )

    assert analyst.post(f"/value-domains/{known.pk}/validate", {"value": "DE"}).body["valid"] is True
    assert analyst.post(f"/value-domains/{known.pk}/validate", {"value": "XX"}).body["valid"] is False
    assert analyst.post(f"/value-domains/{gone.pk}/validate", {"value": "DE"}).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"domain_type": "enum"}, "allowed_values"),
        ({"domain_type": "pattern", "pattern_regex": "("}, "pattern_regex"),
        ({"domain_type": "range", "min_value": 2, "max_value": 1}, "max_value"),
        ({"domain_type": "reference_data"}, "reference_column_urn"),
    ],
)
def test_an_unsound_value_domain_is_refused(steward, body, field):
    answer = steward.post("/value-domains", {"domain_name": "codes", **body})

    assert (answer.status_code, list(answer.body["fields"])) == (400, [field])


def test_a_bound_value_domain_is_not_deleted(steward):
    domain = ValueDomainFactory()
    column = ColumnFactory(value_domain=domain)

    assert steward.delete(f"/value-domains/{domain.pk}").status_code == 409
    column.delete()
    assert steward.delete(f"/value-domains/{domain.pk}").status_code == 204


def test_a_suggestion_carries_its_evidence_and_a_refusal_is_remembered(producer):
    column = ColumnFactory(name="stg_turnover")
    revenue = TermFactory(name="Revenue", synonyms=["turnover"])
    route = f"/columns/{column.urn}/term-suggestions"

    (found,) = producer.get(route).body["results"]
    assert found["evidence"] == "Its name stg_turnover is the synonym “turnover”."

    refused = producer.post(f"{route}/{revenue.pk}", {"answer": "refuse", "reason": "It counts offers."})
    assert refused.status_code == 200
    assert producer.get(route).body["results"] == []
    assert Refusal.objects.get().reason == "It counts offers."
    assert producer.post(f"{route}/{revenue.pk}", {"answer": "refuse"}).status_code == 409
    assert producer.post(f"{route}/{revenue.pk}", {"answer": "reconsider"}).status_code == 200
    assert producer.post(f"{route}/{revenue.pk}", {"answer": "take"}).status_code == 200
    assert producer.get(route).body["results"] == []
    assert TermLink.objects.get().column == column


def test_a_sheet_becomes_a_plan_and_then_one_review(producer, steward):
    sheet = SimpleUploadedFile(
        "terms.csv", b"term_name,definition\nRevenue,Money that was received.\nX,short\n"
    )
    planned = producer.client.post("/api/v1/import/glossary", {"file": sheet})

    assert planned.status_code == 201, planned.content
    assert planned.json()["counts"] == {"create": 1, "change": 0, "same": 0, "error": 1}
    assert not Term.objects.exists()

    applied = producer.post(f"/import/glossary/{planned.json()['id']}/apply")
    assert applied.status_code == 202, applied.body
    assert not Term.objects.exists()
    review = applied.body["review"]
    assert producer.post(f"/import/glossary/{planned.json()['id']}/plan").status_code == 409
    own = producer.post(f"/reviews/{review['id']}/approve", {"content_hash": review["content_hash"]})
    assert own.status_code == 403
    done = steward.post(f"/reviews/{review['id']}/approve", {"content_hash": review["content_hash"]})
    assert (done.status_code, done.body["state"]) == (200, "applied")
    assert Term.objects.get().status == "approved"
    assert producer.get("/business-terms/export.csv").status_code == 200


def test_an_approved_term_changes_by_a_review_and_not_by_a_token(producer, steward, as_user):
    made = producer.post("/business-terms", REVENUE).body
    route = f"/business-terms/{made['id']}"

    assert producer.post(f"{route}/submit").body["approval_status"] == "under_review"
    assert producer.post(f"{route}/approve").status_code == 403
    assert as_user(steward.user, scopes=["read", "write"]).post(f"{route}/approve").status_code == 403
    assert steward.post(f"{route}/approve").body["approval_status"] == "approved"
    assert steward.post(f"{route}/approve").status_code == 409

    proposed = producer.patch(route, {"definition": "The sum of all order amounts."})

    assert proposed.status_code == 202, proposed.body
    assert producer.get(route).body["definition"] == REVENUE["definition"]
    assert len(producer.get(f"{route}/history").body["proposals"]) == 1
    assert [step["step"] for step in producer.get(f"{route}/history").body["steps"]][-1] == "submit"
