"""Suggested terms on the pages: with their evidence, taken or refused with and without a script, at a constant price."""

import pytest

from apps.glossary.models import Refusal, Term, TermLink
from tests.discovery.pages import page, signed_in, text
from tests.factories import CapsuleFactory, ColumnFactory, RefusalFactory, TermFactory, TermLinkFactory

from .test_pages import queries

pytestmark = pytest.mark.django_db
LATE = "Days between the day that was agreed and the day of delivery."


@pytest.fixture
def orders():
    capsule = CapsuleFactory(name="orders", owner=None, domain=None, description=None)
    ColumnFactory(capsule=capsule, name="stg_turnover", description=None)
    return capsule


@pytest.fixture
def revenue():
    return TermFactory(name="Revenue", display_name=None, synonyms=["turnover"], approved=True)


def tab(capsule):
    return f"/capsules/{capsule.urn}/semantics/"


def answered(client, capsule, term, answer, *, subject=None, **about):
    column = subject or capsule.columns.get()
    kind = "capsule" if subject is capsule else "column"
    data = {kind: column.pk, "term": term.pk, "answer": answer, "back": tab(capsule)}
    return client.post("/glossary/suggestions/answer/", data, **about)


def test_the_tab_shows_candidates_with_their_evidence(client, orders, revenue):
    shown = text(page(signed_in(client, "producer"), tab(orders)))

    assert "Suggested terms" in shown
    assert "Its name stg_turnover is the synonym “turnover”." in shown
    assert "Take Revenue" in shown


def test_who_may_not_edit_the_capsule_is_asked_nothing(client, orders, revenue):
    signed_in(client, "analyst")

    assert "Suggested terms" not in page(client, tab(orders))
    assert answered(client, orders, revenue, "take").status_code == 403
    assert not TermLink.objects.exists()


def test_taken_without_script_it_is_linked_and_the_tab_says_so(client, orders, revenue):
    answer = answered(signed_in(client, "producer"), orders, revenue, "take")

    assert answer["Location"] == tab(orders)
    assert TermLink.objects.get().column.name == "stg_turnover"
    shown = text(page(client, tab(orders)))
    assert "Revenue explains stg_turnover." in shown
    assert "Take Revenue" not in shown


def test_taken_with_script_its_line_alone_answers(client, orders, revenue):
    answer = answered(
        signed_in(client, "producer"), orders, revenue, "take", headers={"HX-Request": "true"}
    ).content.decode()

    assert text(answer) == "Revenue explains stg_turnover."
    assert answer.strip().startswith("<li")


def test_refused_it_is_remembered_and_not_asked_again(client, orders, revenue):
    signed_in(client, "producer")
    answered(client, orders, revenue, "refuse", headers={"HX-Request": "true"})

    assert Refusal.objects.get().refused_by == client.user.username
    assert "Suggested terms" not in page(client, tab(orders))
    again = answered(client, orders, revenue, "refuse", headers={"HX-Request": "true"})
    assert again.status_code == 409
    assert "refused before" in text(again.content.decode())


def test_the_capsule_itself_gets_candidates_too(client, revenue):
    capsule = CapsuleFactory(name="fct_revenue", owner=None, domain=None)

    signed_in(client, "producer")
    assert "The whole capsule Revenue" in text(page(client, tab(capsule)))
    answered(client, capsule, revenue, "take", subject=capsule)

    assert TermLink.objects.get().capsule == capsule


def test_the_page_of_a_column_offers_them_as_well(client, orders, revenue):
    column = orders.columns.get()

    shown = page(signed_in(client, "producer"), f"/capsules/{orders.urn}/columns/{column.name}/")

    assert "Take Revenue" in text(shown)


def test_the_answer_leads_back_to_pages_of_our_own_only(client, orders, revenue):
    signed_in(client, "producer")
    data = {
        "column": orders.columns.get().pk,
        "term": revenue.pk,
        "answer": "take",
        "back": "https://example.org/",
    }

    assert client.post("/glossary/suggestions/answer/", data)["Location"] == "/glossary/suggestions/"
    assert client.post("/glossary/suggestions/answer/", {**data, "column": "x"}).status_code == 404


def test_a_term_that_was_added_is_suggested_at_once(client, orders):
    signed_in(client, "producer")
    assert "Suggested terms" not in page(client, tab(orders))

    TermFactory(name="Turnover", display_name=None)

    assert "Take Turnover" in text(page(client, tab(orders)))


def test_the_tab_asks_as_much_for_many_columns_as_for_few(client, orders, revenue):
    signed_in(client, "producer")
    page(client, tab(orders))
    few = queries(client, tab(orders))

    for at in range(8):
        ColumnFactory(capsule=orders, name=f"turnover_{at}", description=None)
        TermLinkFactory(column=ColumnFactory(capsule=orders, name=f"explained_{at}"), term=revenue)
    RefusalFactory(term=revenue, column=ColumnFactory(capsule=orders, name="turnover"))
    page(client, tab(orders))

    assert queries(client, tab(orders)) == few


# ---------- drafts from descriptions ----------


def test_descriptions_that_capsules_share_become_drafts_on_request(client):
    for name in ("orders", "invoices"):
        ColumnFactory(capsule=CapsuleFactory(name=name), name="days_late", description=LATE)
    signed_in(client, "producer")
    assert "Draft terms from descriptions" in page(client, "/glossary/suggestions/")

    answer = client.post("/glossary/suggestions/draft/")

    term = Term.objects.get()
    assert (term.name, term.definition, term.status) == ("Days late", LATE, "draft")
    assert answer["Location"] == "/glossary/?status=draft"
    assert not TermLink.objects.exists()
    client.post("/glossary/suggestions/draft/")
    assert Term.objects.count() == 1


def test_descriptions_that_somebody_may_not_read_make_no_draft(client):
    for name in ("orders", "invoices"):
        ColumnFactory(
            capsule=CapsuleFactory(name=name, visibility_rank=5),
            name="days_late",
            description=LATE,
            visibility_rank=5,
        )

    signed_in(client, "producer").post("/glossary/suggestions/draft/")

    assert not Term.objects.exists()


def test_an_analyst_drafts_nothing(client):
    signed_in(client, "analyst")

    assert "Draft terms from descriptions" not in page(client, "/glossary/suggestions/")
    assert client.post("/glossary/suggestions/draft/").status_code == 403
