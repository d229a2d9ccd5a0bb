import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.glossary.models import Term
from tests.discovery.pages import page, signed_in, text
from tests.factories import CapsuleFactory, ColumnFactory, DomainFactory, TermFactory, TermLinkFactory

pytestmark = pytest.mark.django_db


def queries(client, url):
    with CaptureQueriesContext(connection) as asked:
        page(client, url)
    return len(asked)


def posted(**about):
    return {"name": "Gross margin", "definition": "Net revenue less the cost of supplies.", **about}


def test_the_list_shows_terms_by_letter_with_their_uses(client):
    revenue = TermFactory(name="Revenue", display_name=None, approved=True)
    TermLinkFactory(term=revenue)
    TermFactory(name="churn", display_name=None)

    shown = text(page(signed_in(client), "/glossary/"))

    assert "2 terms" in shown
    assert "C churn Draft" in shown
    assert "R Revenue 1 use" in shown


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=turnover", ["Revenue"]),
        ("q=REV", ["Revenue"]),
        ("q=paid+ord", ["Revenue"]),
        ("letter=c", ["Churn"]),
        ("status=approved", ["Revenue"]),
        ("domain=sales", ["Revenue"]),
        ("used=false", ["Churn", "Revenue"]),
        ("q=paid&status=draft", []),
    ],
)
def test_words_letters_and_filters_narrow_the_list_and_combine(client, query, names):
    sales = DomainFactory(name="sales")
    TermFactory(
        name="Revenue", display_name=None, approved=True, synonyms=["turnover"], abbreviation="REV",
        definition="The sum of paid order amounts.", domain=DomainFactory(name="shops", parent=sales),
    )  # fmt: skip
    TermFactory(name="Churn", display_name=None, definition="Customers who left within a quarter.")

    answer = signed_in(client).get(f"/glossary/?{query}")

    assert [line.name for line in answer.context["list"].rows] == names


def test_the_list_and_a_term_ask_as_much_for_many_as_for_few(client):
    signed_in(client, "steward")
    first = TermFactory(name="Revenue", approved=True)
    TermLinkFactory.create_batch(2, term=first)
    queries(client, "/glossary/"), queries(client, "/glossary/terms/Revenue/")
    few = queries(client, "/glossary/"), queries(client, "/glossary/terms/Revenue/")

    for at in range(8):
        TermLinkFactory(term=TermFactory(name=f"Term {at}", domain=DomainFactory()))
        TermLinkFactory(term=first)

    assert (queries(client, "/glossary/"), queries(client, "/glossary/terms/Revenue/")) == few
    # Session, user, roles, savepoint and names before, and after: eight of each are the same on every page.
    assert few[0] <= 18
    assert few[1] <= 22


def test_a_search_tells_how_many_it_found_on_every_page_of_it(client):
    TermFactory.create_batch(70, definition="The sum of paid order amounts.")
    TermFactory(name="order", display_name=None, definition="What a customer asked for.")

    first = signed_in(client).get("/glossary/?q=order").context["list"]
    second = client.get(first.page.next).context["list"]

    assert first.rows[0].name == "order"
    assert (first.page.total, len(first.rows)) == (71, 60)
    assert (second.page.total, second.page.first, len(second.rows)) == (71, 61, 11)


def test_the_categories_to_choose_from_are_those_of_terms_that_the_reader_sees(client):
    for name, category, rank in (("a", "Sales", 1), ("b", "Costs", 1), ("c", "Sales", 1), ("d", "Deals", 5)):
        TermFactory(name=f"term {name}", category=category, visibility_rank=rank)
    TermFactory(name="term e", category="")
    TermFactory(name="term f", category=None)

    seen = Term.objects.filter(visibility_rank__lte=4)

    assert seen.categories() == ["Costs", "Sales"]
    assert seen.categories(most=1) == ["Costs"]
    assert Term.objects.filter(name="nothing").categories() == []


def test_a_domain_of_the_tree_opens_with_its_terms(client):
    finance = DomainFactory(name="finance")
    TermFactory(name="Revenue", domain=finance)
    DomainFactory(name="tax", parent=finance)

    opened = text(page(signed_in(client), f"/glossary/domains/{finance.pk}/", HX_Request="true"))
    plain = client.get(f"/glossary/domains/{finance.pk}/")

    assert "tax 0" in opened
    assert "Revenue" in opened
    assert plain["Location"] == "/glossary/?domain=finance"


def test_a_term_shows_what_it_means_and_where_it_applies(client):
    capsule = CapsuleFactory(name="orders")
    term = TermFactory(
        name="Revenue", display_name=None, definition="The **sum** of <script>paid</script> orders.",
        meta={"examples": ["48 € paid."], "relations": {"broader": ["Result"]}},
    )  # fmt: skip
    TermFactory(name="Result", definition="What is left at the end.")
    TermFactory(name="Net revenue", display_name=None, meta={"relations": {"broader": ["Revenue"]}})
    TermLinkFactory(term=term, column=ColumnFactory(capsule=capsule, name="order_total"))

    shown = page(signed_in(client), "/glossary/terms/Revenue/")

    assert "<strong>sum</strong>" in shown
    assert "<script>paid" not in shown
    assert "Example: 48 € paid." in shown
    assert "order_total" in text(shown).replace(" ", "").replace("order_total", "order_total")
    assert 'href="/glossary/terms/Result/"' in shown
    assert 'href="/glossary/terms/Net%20revenue/"' in shown


def test_a_name_in_another_case_leads_to_the_term(client):
    TermFactory(name="Revenue")

    assert signed_in(client).get("/glossary/terms/rEVENUE/")["Location"] == "/glossary/terms/Revenue/"
    assert client.get("/glossary/terms/nothing/").status_code == 404


def test_a_homonym_is_told(client):
    TermFactory(name="Revenue", display_name=None)
    TermFactory(name="revenue_sales", display_name="Revenue", domain=DomainFactory(name="sales"))

    assert "The same word means something else in sales: revenue_sales" in text(
        page(signed_in(client), "/glossary/terms/Revenue/")
    )


def test_a_producer_writes_a_draft(client):
    answer = signed_in(client, "producer").post(
        "/glossary/new/", posted(synonyms="margin, profit share", examples="30 %", broader="Result")
    )

    term = Term.objects.get(name="Gross margin")
    assert answer["Location"] == "/glossary/terms/Gross%20margin/"
    assert (term.status, term.author, term.synonyms) == ("draft", client.user, ["margin", "profit share"])
    assert term.meta == {"examples": ["30 %"], "relations": {"broader": ["Result"]}}


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"definition": "short"}, "10 characters"),
        ({"name": "REVENUE"}, "A term of this name exists"),
        ({"steward_email": "nobody"}, "valid email"),
    ],
)
def test_an_incomplete_form_comes_back_with_its_values(client, about, said):
    TermFactory(name="Revenue")

    answer = signed_in(client, "producer").post("/glossary/new/", posted(**about))

    assert answer.status_code == 422
    assert said in text(answer.content.decode())


def test_an_edit_of_a_draft_that_somebody_else_changed_is_409(client):
    signed_in(client, "producer")
    term = TermFactory(name="Gross margin")

    answer = client.post("/glossary/terms/Gross%20margin/edit/", posted(seen="2020-01-01T00:00:00+00:00"))

    assert answer.status_code == 409
    assert Term.objects.get(pk=term.pk).definition == term.definition


def test_an_analyst_reads_and_does_not_write(client):
    TermFactory(name="Revenue")
    signed_in(client, "analyst")

    assert client.get("/glossary/new/").status_code == 403
    assert client.get("/glossary/terms/Revenue/edit/").status_code == 403
    assert "New term" not in page(client, "/glossary/")


def test_hints_answer_while_one_writes(client):
    TermFactory(name="Revenues", display_name=None, definition="Something else that is sold.")

    answer = signed_in(client, "producer").post(
        "/glossary/hints/", {"name": "Revenue", "definition": "Revenue is the revenue without VAT."}
    )

    shown = text(answer.content.decode())
    assert "which it is to explain" in shown
    assert "nearly that of “Revenues”" in shown
    assert "abbreviation VAT" in shown


def test_a_used_term_is_not_deleted(client):
    link = TermLinkFactory(term__name="Revenue")
    signed_in(client, "steward")

    answer = client.post("/glossary/terms/Revenue/delete/")

    assert answer.status_code == 409
    assert "used 1 time" in text(answer.content.decode())
    link.delete()
    assert client.post("/glossary/terms/Revenue/delete/").status_code == 302
    assert not Term.objects.exists()


def test_terms_that_the_reader_may_not_know_of_are_nowhere(client):
    TermFactory(name="Takeover", visibility_rank=5)
    signed_in(client)

    assert "Takeover" not in page(client, "/glossary/")
    assert client.get("/glossary/terms/Takeover/").status_code == 404
    assert b"Takeover" not in b"".join(client.get("/glossary/export.csv"))
