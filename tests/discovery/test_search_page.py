"""Search: exact names first, each hit with its reason, nothing hidden confirmed; and what is offered while typing."""

import re
from html import unescape

import pytest

from tests.factories import (
    CapsuleFactory,
    ColumnFactory,
    DomainFactory,
    IngestionJobFactory,
    OwnerFactory,
    TermFactory,
)

from .pages import names, page, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def offers(html):
    return [text(offer) for offer in re.findall(r'<a role="option".*?</a>', html, re.S)]


def test_without_a_text_the_page_says_what_can_be_typed(analyst):
    read = text(page(analyst, "/search/"))

    assert "What can be typed" in read
    assert "J-12" in read


def test_the_exact_column_comes_first_with_its_reason_and_the_match_marked(analyst):
    ColumnFactory(name="order_total", capsule=CapsuleFactory(name="revenue"))
    CapsuleFactory(name="order_total_history")

    html = page(analyst, "/search/?q=order_total")

    assert html.index('id="hits-column"') < html.index('id="hits-capsule"')
    assert "<mark>order_<wbr>total</mark>" in html
    assert "exact name" in text(html)


def test_kinds_are_tabs_with_their_numbers(analyst):
    orders = CapsuleFactory(name="orders")
    ColumnFactory(name="orders_placed", capsule=orders)
    TermFactory(name="Orders", definition="What customers have asked for.")

    html = page(analyst, "/search/?q=orders")
    tabs = text(html[html.index('class="tabs"') :].partition("</nav>")[0])

    assert "Capsules 1" in tabs
    assert "Columns 1" in tabs
    assert "Terms 1" in tabs
    alone = page(analyst, "/search/?q=orders&kind=column")
    assert 'id="hits-column"' in alone
    assert 'id="hits-capsule"' not in alone


def test_columns_stand_together_under_their_capsule(analyst):
    orders = CapsuleFactory(name="orders", urn="urn:dcs:dbt:model:shop:orders")
    for part in ("gross", "net", "tax", "fee", "discount"):
        ColumnFactory(name=f"amount_{part}", capsule=orders)

    html = page(analyst, "/search/?q=amount&kind=column")

    assert text(html).count("orders ") >= 1
    assert html.count('class="what colname"') == 3
    assert "and 2 more" in text(html)


def test_the_number_of_columns_opens_the_list_of_all_of_them(analyst):
    for number in range(12):
        ColumnFactory(name="email", capsule=CapsuleFactory(name=f"source_{number}"))
    ColumnFactory(name="email_hash")
    ColumnFactory(name="amount")

    html = page(analyst, "/search/?q=email")
    (url,) = set(re.findall(r'href="(/columns/[^"]+)"', html))

    assert "All 13 columns" in text(html)
    assert len(names(page(analyst, unescape(url)))) == 13


def test_the_number_of_capsules_opens_the_same_list_in_the_catalogue(analyst):
    for number in range(7):
        CapsuleFactory(name=f"orders_{number}")
    CapsuleFactory(name="visits", description="Who came.")

    html = page(analyst, "/search/?q=orders")
    url = unescape(re.search(r'href="(/capsules/\?[^"]+)"', html)[1])

    assert "All 7 capsules" in text(html)
    assert len(names(page(analyst, url))) == 7


def test_filters_in_the_text_become_sentences_that_can_be_taken_away(analyst):
    CapsuleFactory(name="stg_orders", domain=DomainFactory(name="Finance"), owner=None)
    CapsuleFactory(name="stg_visits", domain=DomainFactory(name="Sales"))

    html = page(analyst, "/search/?q=stg+domain%3Afinance+lacks%3Aowner")

    assert "Capsules 1" in text(html)
    assert "Domain is finance" in text(html)
    assert 'href="/search/?q=stg+lacks%3Aowner"' in html


def test_filters_alone_are_a_search_as_well(analyst):
    CapsuleFactory(name="orders", owner=None)
    CapsuleFactory(name="visits", owner=OwnerFactory())

    html = page(analyst, "/search/?q=lacks%3Aowner")

    assert "Capsules 1" in text(html)
    assert "orders" in text(html)


def test_a_filter_that_makes_no_sense_is_named(analyst):
    assert "1 filter was left out" in text(page(analyst, "/search/?q=orders+sensitivity%3Ashiny"))


def test_a_near_spelling_is_offered_when_nothing_matches(analyst):
    CapsuleFactory(name="customers")

    read = text(page(analyst, "/search/?q=custommers"))

    assert "Nothing has “custommers”. This is what has customers ." in read


def test_nothing_at_all_says_so_and_offers_a_way(analyst):
    CapsuleFactory(name="orders")

    assert "Nothing matches “zzqqxx”" in text(page(analyst, "/search/?q=zzqqxx"))


def test_a_number_leads_straight_to_its_record(analyst):
    job = IngestionJobFactory()

    answer = analyst.get(f"/search/?q=j-{job.number}")

    assert answer.status_code == 302
    assert answer["Location"] == f"/ingestion/{job.number}/"


@pytest.mark.parametrize("typed", ["J-99999", "J-0", "X-1", "J-", "J-12345678901234567890"])
def test_a_number_of_nothing_is_searched_like_any_text(analyst, typed):
    assert f"Nothing matches “{typed}”" in text(page(analyst, f"/search/?q={typed}"))


def test_no_query_confirms_a_hidden_name(analyst):
    CapsuleFactory(name="takeover", urn="urn:dcs:dbt:model:x:takeover", visibility_rank=5, sensitivity_rank=5)
    ColumnFactory(name="margin_secret", visibility_rank=5, sensitivity_rank=5)
    IngestionJobFactory(number=77, visibility_rank=5)

    for typed in ("takeover", "margin_secret", "urn:dcs:dbt:model:x:takeover", "takeovr", "J-77"):
        html = page(analyst, f"/search/?q={typed}")
        assert f"Nothing matches “{typed}”" in text(html)
        assert len(offers(page(analyst, f"/search/suggest/?q={typed}"))) == 1


def test_htmx_gets_the_results_alone_and_keeps_the_kind(analyst):
    CapsuleFactory(name="orders")

    html = page(analyst, "/search/?q=ord&kind=capsule", **{"HX-Request": "true", "HX-Target": "results"})

    assert '<div id="results"' in html
    assert "<h1>" not in html
    assert "<title>ord · Search · Capsule</title>" in html
    assert 'name="kind" value="capsule" form="search-form"' in html


def test_typing_offers_places_first_then_hits_then_all_results(analyst):
    CapsuleFactory(name="catalogue_of_cats")

    found = offers(page(analyst, "/search/suggest/?q=cat"))

    assert found[0] == "Go to Catalog g c"
    assert found[1].endswith("name begins with “cat”")
    assert found[-1] == "All results for “cat”"


def test_the_exact_name_is_offered_before_capsules_that_only_have_it(analyst):
    for number in range(5):
        ColumnFactory(name="order_total", capsule=CapsuleFactory(name=f"source_{number}"))

    found = offers(page(analyst, "/search/suggest/?q=order_total"))

    assert "exact name" in found[0]


def test_a_place_that_a_reader_may_not_open_is_not_offered(client):
    assert not any("Audit" in offer for offer in offers(page(signed_in(client), "/search/suggest/?q=aud")))


def test_nothing_typed_offers_nothing(analyst):
    assert offers(page(analyst, "/search/suggest/?q=+")) == []


def test_no_more_than_eight_hits_are_offered(analyst):
    for number in range(20):
        ColumnFactory(name="orders", capsule=CapsuleFactory(name=f"orders_{number}"))

    found = offers(page(analyst, "/search/suggest/?q=orders"))

    assert len(found) == 9


def test_markup_in_names_and_texts_stays_text(analyst):
    CapsuleFactory(name="<i>orders</i>", description="<b>bold</b>")

    html = page(analyst, "/search/?q=orders")

    assert "<i>" not in html
    assert "<b>bold" not in html
    assert "<script" not in page(analyst, "/search/?q=%3Cscript%3E").partition("<body")[2].replace(
        "<script src", ""
    )


def test_any_text_is_answered(analyst):
    for typed in ("%00", "'", "\\", "%25", "_", "((", "a" * 5000, "☃", "kind:", "domain:", '"', "-", "!&|"):
        assert analyst.get("/search/", {"q": typed}).status_code == 200
        assert analyst.get("/search/suggest/", {"q": typed}).status_code == 200


def test_a_search_costs_the_same_whatever_it_finds(analyst, django_assert_max_num_queries):
    for number in range(3):
        ColumnFactory(name="orders", capsule=CapsuleFactory(name=f"orders_{number}"))
    page(analyst, "/search/?q=orders")
    with django_assert_max_num_queries(30) as few:
        page(analyst, "/search/?q=orders")
    for number in range(40):
        ColumnFactory(name="orders", capsule=CapsuleFactory(name=f"orders_more_{number}"))
    with django_assert_max_num_queries(30) as many:
        page(analyst, "/search/?q=orders")

    assert len(many) == len(few)
