"""The catalogue list: what it shows, narrows, sorts, pages, exports and says when there is nothing."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    CapsuleFactory,
    ColumnFactory,
    DomainFactory,
    OwnerFactory,
    TermLinkFactory,
    WatchFactory,
)

from .pages import names, page, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def test_an_empty_catalogue_says_how_to_begin(analyst):
    assert "Ingest a dbt project" in text(page(analyst, "/capsules/"))


def test_each_capsule_is_a_row_that_opens_it(analyst):
    orders = CapsuleFactory(name="orders")

    html = page(analyst, "/capsules/")

    assert names(html) == ["orders"]
    assert f'href="{orders.get_absolute_url()}"' in html
    assert "1 capsule" in text(html)


def test_ticking_a_facet_leaves_its_capsules_and_says_so(analyst):
    finance = DomainFactory(name="Finance")
    CapsuleFactory(name="revenue", domain=finance)
    CapsuleFactory(name="visits")

    html = page(analyst, "/capsules/?domain=Finance")

    assert names(html) == ["revenue"]
    assert "Domain is Finance , remove this filter" in text(html)
    assert re.search(r'name="domain" value="Finance"[^>]*checked', html)


def test_a_facet_counts_what_ticking_it_would_leave(analyst):
    finance, sales = DomainFactory(name="Finance"), DomainFactory(name="Sales")
    CapsuleFactory(domain=finance, layer="gold")
    CapsuleFactory.create_batch(2, domain=sales, layer="gold")
    CapsuleFactory(domain=sales, layer="bronze")

    read = text(page(analyst, "/capsules/?layer=gold"))

    assert "Finance 1" in read
    assert "Sales 2" in read


def test_the_list_says_whether_promises_are_kept_and_how_old_the_data_is(analyst):
    late = WatchFactory(health="broken", data_updated_at=timezone.now() - timedelta(hours=30, minutes=2))
    CapsuleFactory(name="unpromised")

    read = text(html := page(analyst, "/capsules/?health=broken&freshness=week"))

    assert names(html) == [late.contract.capsule.name]
    assert "Broken fresh within 4 h" in read
    assert re.search(r"\b1 day\b", read)
    assert "Promises are broken" in read
    assert names(page(analyst, "/capsules/?health=none")) == ["unpromised"]
    assert names(page(analyst, "/capsules/?freshness=none")) == ["unpromised"]


def test_a_chosen_value_stays_though_nothing_is_left_of_it(analyst):
    CapsuleFactory(name="visits")

    html = page(analyst, "/capsules/?domain=Finance&layer=gold")

    assert re.search(r'name="domain" value="Finance"[^>]*checked', html)


def test_no_match_names_the_filters_and_offers_a_way_out(analyst):
    CapsuleFactory(name="visits")

    read = text(page(analyst, "/capsules/?q=zebra&layer=gold"))

    assert "No capsule matches Matches zebra ; Layer is gold" in read
    assert "Clear filters" in read
    assert "Search everything for “zebra”" in read


def test_a_filter_that_makes_no_sense_is_named_and_the_list_still_stands(analyst):
    CapsuleFactory(name="orders")

    html = page(analyst, "/capsules/?sensitivity=shiny&sort=colour&layer=")

    assert "2 filters were left out" in text(html)
    assert "“shiny” is not known here" in text(html)
    assert names(html) == ["orders"]


def test_retired_capsules_are_left_out_until_asked_for(analyst):
    CapsuleFactory(name="orders")
    CapsuleFactory(name="old_orders", retired_at="2026-01-01T00:00Z")

    assert names(page(analyst, "/capsules/")) == ["orders"]
    html = page(analyst, "/capsules/?retired=include")
    assert names(html) == ["old_orders", "orders"]
    assert "Retired" in text(html)


def test_a_head_sorts_and_says_which_way(analyst):
    CapsuleFactory(name="a_small")
    ColumnFactory.create_batch(3, capsule=CapsuleFactory(name="b_wide"))

    html = page(analyst, "/capsules/?sort=-columns")

    assert names(html) == ["b_wide", "a_small"]
    assert re.search(r'aria-sort="descending"><a href="/capsules/\?sort=columns"', html)


def test_pages_follow_each_other_by_key_without_a_gap(analyst):
    for number in range(120):
        CapsuleFactory(name=f"orders_{number:03}")
    url, found = "/capsules/", []

    while url:
        html = page(analyst, url)
        found += names(html)
        link = re.search(r'id="next-page"[^>]*href="([^"]+)"', html)
        url = link[1].replace("&amp;", "&") if link else ""

    assert found == [f"orders_{number:03}" for number in range(120)]


def test_every_filter_is_in_the_address_and_the_same_address_gives_the_same_list(analyst):
    CapsuleFactory(name="orders", layer="gold")
    CapsuleFactory(name="visits", layer="gold")

    html = page(analyst, "/capsules/?layer=gold&q=visi")

    assert names(html) == ["visits"]
    assert 'value="visi"' in html


def test_htmx_gets_the_results_with_the_counts_and_says_the_number_aloud(analyst):
    CapsuleFactory(name="orders")

    answer = analyst.get("/capsules/?q=ord", headers={"HX-Request": "true", "HX-Target": "results"})

    html = answer.content.decode()
    assert html.lstrip().startswith('<div id="results"')
    assert re.search(r'id="filters-groups" hx-swap-oob="true"', html)
    assert "1 capsule" in answer.headers["HX-Trigger-After-Settle"]
    assert "<h1>" not in html


def test_typing_does_not_replace_the_box_that_is_typed_in(analyst):
    CapsuleFactory(name="orders")
    asked = {"HX-Request": "true", "HX-Target": "results"}

    assert 'id="list-q"' not in page(analyst, "/capsules/?q=ord", **asked, **{"HX-Trigger": "filters"})
    assert 'id="list-q"' in page(analyst, "/capsules/", **asked)


def test_a_long_facet_is_searched_by_typing_in_it(analyst):
    for number in range(30):
        CapsuleFactory(owner=OwnerFactory(name=f"Team {number:02}"))

    html = page(analyst, "/capsules/?owner=Team+07")
    assert "Find in Owner" in text(html) or 'aria-label="Find in Owner"' in html
    assert html.count('name="owner"') == 9

    html = page(analyst, reverse("discovery:values", args=["owner"]) + "?find-owner=team+1")
    assert html.count('name="owner"') == 10
    assert "Team 11" in text(html)


def test_typing_in_a_facet_finds_values_that_are_too_many_to_be_shown(analyst):
    for number in range(115):
        CapsuleFactory(owner=OwnerFactory(name=f"Store {number:03}"))

    assert "107 more" in text(page(analyst, "/capsules/"))
    assert "Store 114 1" in text(page(analyst, "/capsules/values/owner/?find-owner=114"))
    assert "Store 114 1" in text(page(analyst, "/capsules/?find-owner=114"))


def test_the_sheet_has_the_rows_of_the_list_and_no_formulas(analyst):
    CapsuleFactory(name="=cmd|calc", urn="urn:dcs:dbt:model:jaffle_shop:evil", layer="gold")
    CapsuleFactory(name="orders", layer="gold")
    CapsuleFactory(name="visits", layer="bronze")

    answer = analyst.get("/capsules/?layer=gold&format=csv")

    assert answer["Content-Type"].startswith("text/csv")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(body)))
    assert {row["name"] for row in found} == {"'=cmd|calc", "orders"}


def test_what_a_reader_may_not_see_is_in_no_row_count_facet_or_sheet(analyst):
    CapsuleFactory(name="orders")
    secret = DomainFactory(name="Mergers", visibility_rank=5)
    CapsuleFactory(name="takeover", domain=secret, visibility_rank=5, sensitivity_rank=5)

    html = page(analyst, "/capsules/?q=takeover")
    whole = page(analyst, "/capsules/")
    sheet = b"".join(analyst.get("/capsules/?format=csv").streaming_content).decode()

    assert names(html) == []
    assert "Mergers" not in whole
    assert "1 capsule" in text(whole)
    assert "takeover" not in whole + sheet


def test_a_long_name_is_shown_whole_and_may_break(analyst):
    CapsuleFactory(name="orders_" * 36)

    assert "orders_<wbr>orders_<wbr>" in page(analyst, "/capsules/")


def test_script_in_a_name_stays_text(analyst):
    CapsuleFactory(name="<script>alert(1)</script>", domain=DomainFactory(name="<b>Sales</b>"))

    html = page(analyst, "/capsules/?q=%3Cimg+src%3Dx%3E")

    assert "<script>alert" not in page(analyst, "/capsules/")
    assert "<b>Sales" not in page(analyst, "/capsules/")
    assert "<img src=x" not in html


def test_fifty_rows_cost_as_many_queries_as_five(analyst, django_assert_max_num_queries, as_if_committed):
    def fill(number):
        for _ in range(number):
            TermLinkFactory(capsule=CapsuleFactory(domain=DomainFactory(), owner=OwnerFactory()))

    fill(5)
    page(analyst, "/capsules/")
    with django_assert_max_num_queries(30) as few:
        page(analyst, "/capsules/")
    fill(55)
    page(analyst, "/capsules/")
    with django_assert_max_num_queries(30) as many:
        page(analyst, "/capsules/")

    # The second page costs one more: the count, which a single page does not need.
    assert len(many) <= len(few) + 1
    assert len(many) - len(bookkeeping(many)) <= 10


def bookkeeping(queries):
    """Session, person, roles and the settings of the transaction: what every page costs."""
    known = (
        "django_session",
        '"users"',
        "auth_group",
        "set_config",
        "current_setting",
        "SAVEPOINT",
        "memberships",
    )
    return [query for query in queries if any(word in query["sql"] for word in known)]


def test_who_is_not_signed_in_is_asked_to(client):
    answer = client.get("/capsules/")

    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/capsules/"
