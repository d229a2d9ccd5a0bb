"""People find what they look for, are told why, and cannot find what is hidden."""

import time
from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.catalog.models import Capsule, Column
from apps.discovery import rows, search
from apps.discovery.filters import Filters
from apps.discovery.search import asking, kinds
from apps.discovery.search import capsules as found_capsules
from apps.glossary.models import Term
from apps.people.reader import system
from tests.factories import (
    CapsuleFactory,
    CapsuleTagFactory,
    ColumnFactory,
    DomainFactory,
    OwnerFactory,
    TermFactory,
    TermLinkFactory,
)

pytestmark = pytest.mark.django_db
ANALYST = system("test", clearance=2)
AUDITOR = system("test", clearance=5)
SECRET = 5


def found(text, kind="capsule", reader=ANALYST, **how):
    """[(name, stage)] of the hits of one kind, best first."""
    return [(hit.name, hit.stage) for hit in search.search(text, reader, **how)[kind].hits]


def capsules(*names, **about):
    return [CapsuleFactory(name=name, description=None, schema_name="x", **about) for name in names]


# ---------- in which order ----------


def test_the_exact_name_comes_first_then_beginnings_then_words_then_pieces():
    capsules("reorders", "stg_orders", "orders_daily", "orders")

    assert found("orders") == [
        ("orders", "exact"),
        ("orders_daily", "prefix"),
        ("stg_orders", "words"),
        ("reorders", "substring"),
    ]


def test_words_are_found_in_any_order_and_in_every_spelling_of_an_identifier():
    capsules("stg_shop__OrderItems", "order-items-v2", "ORDER_ITEMS_2024")

    assert {name for name, _stage in found("items order")} == {
        "stg_shop__OrderItems",
        "order-items-v2",
        "ORDER_ITEMS_2024",
    }


def test_a_name_comes_before_a_column_before_a_description():
    CapsuleFactory(name="described", description="About refunds.")
    CapsuleFactory(name="with_column", description=None, columns=["refunds"])
    CapsuleFactory(name="stg_refunds", description=None)

    hits = search.search("refunds", ANALYST)["capsule"].hits

    assert [hit.name for hit in hits][0] == "stg_refunds"
    assert {hit.name: hit.why for hit in hits} == {
        "stg_refunds": "words of the name",
        "with_column": "has the column refunds",
        "described": "in the description",
    }


def test_a_capsule_is_found_by_its_tag_and_by_the_term_that_explains_it():
    tagged, explained = capsules("a", "b")
    CapsuleTagFactory(capsule=tagged, tag__name="gdpr-relevant")
    TermLinkFactory(capsule=explained, term__name="net_turnover")

    assert found("gdpr") == [("a", "words")]
    assert found("turnover") == [("b", "words")]


def test_an_identifier_means_the_column_of_that_name():
    CapsuleFactory(name="orders", description=None, columns=["id", "order_total"])
    CapsuleFactory(name="order_stats", description=None, columns=["grand_total"])

    group = search.search("order_total", ANALYST)
    assert [(hit.name, hit.why) for hit in group["capsule"].hits] == [
        ("orders", "has the column order_total")
    ]
    assert [(hit.name, hit.capsule, hit.stage) for hit in group["column"].hits] == [
        ("order_total", "orders", "exact")
    ]


def test_quoted_text_matches_exactly_dashes_and_underscores_included():
    capsules("order_items", "order-items", "order items x")

    assert found('"order-items"') == [("order-items", "exact")]
    assert found('"er_it"') == [("order_items", "substring")]


def test_an_address_finds_its_capsule_or_column():
    capsule = CapsuleFactory(columns=["amount"])
    column = capsule.columns.get()

    assert found(capsule.urn) == [(capsule.name, "exact")]
    assert found(column.urn, "column") == [("amount", "exact")]
    assert not search.search(f"{capsule.urn}x", ANALYST)


def test_a_wrong_spelling_finds_the_right_word_and_says_so():
    capsules("stg_customers", "orders")

    result = search.search("custmers", ANALYST)

    assert result.instead == "customers"
    assert [(hit.name, hit.stage, hit.why) for hit in result["capsule"].hits] == [
        ("stg_customers", "spelling", "spelled like “customers”")
    ]


def test_when_not_all_words_are_found_the_most_are():
    capsules("orders_by_region", "refunds_by_store", "region")

    result = search.search("orders region nowhere", ANALYST)

    assert result.partly
    assert [hit.name for hit in result["capsule"].hits] == ["orders_by_region"]


def test_terms_are_found_by_synonym_and_definition():
    TermFactory(
        name="revenue", display_name="Net revenue", synonyms=["turnover"], definition="Money for goods."
    )

    hit = search.search("turnover", ANALYST)["term"].hits[0]
    assert (hit.name, hit.stage, hit.why) == ("revenue", "exact", "another name of it")
    assert found("goods", "term") == [("revenue", "words")]
    assert search.search("net_revenue", ANALYST)["term"].count == 1


def test_domains_and_owners_are_found():
    DomainFactory(name="Finance")
    OwnerFactory(name="Finance data")

    result = search.search("finance", ANALYST)

    assert [hit.name for hit in result["domain"].hits] == ["Finance"]
    assert [hit.name for hit in result["owner"].hits] == ["Finance data"]


def test_words_with_a_colon_narrow_the_search_and_are_told_as_filters():
    sales = DomainFactory(name="Sales")
    capsules("orders_1", domain=sales)
    capsules("orders_2")
    TermFactory(name="orders")

    result = search.search("orders domain:sales kind:capsule", ANALYST)

    assert [group.kind for group in result.groups] == ["capsule"]
    assert [hit.name for hit in result["capsule"].hits] == ["orders_1"]
    assert [chip.sentence for chip in result.filters.sentences()] == ["Domain is sales"]


def test_suggestions_are_few_and_of_several_kinds():
    for n in range(9):
        CapsuleFactory(name=f"revenue_{n}", columns=["revenue"])
    TermFactory(name="revenue")

    hits = search.suggest("reven", ANALYST)

    assert len(hits) == 8
    assert [hit.kind for hit in hits].index("column") > 0
    assert "term" in {hit.kind for hit in hits}


# ---------- what the catalogue makes of it ----------


@pytest.mark.parametrize(
    "text", ["orders", "stg_orders", "ordrs", "orders nowhere", '"stg_o"', "order_id", "zzzz"]
)
def test_the_number_of_capsules_found_is_that_of_the_list_in_the_catalogue(text):
    capsules("orders", "stg_orders", "preorders", "customers")
    ColumnFactory(capsule=Capsule.objects.get(name="customers"), name="order_id")
    capsules("orders_retired", retired_at=timezone.now())

    number = search.search(text, ANALYST, kinds=["capsule"])["capsule"].count

    assert number == rows.page(Filters.parse({"q": text}), ANALYST).count
    assert number == len(search.capsule_ids(text, ANALYST))


# ---------- what is hidden ----------


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ranks=st.lists(st.sampled_from((1, 2, 3, 5)), min_size=6, max_size=6),
    clearance=st.sampled_from((0, 1, 2, 3, 5)),
    text=st.sampled_from(
        ("hidden", "hidden_thing", "hiden", "dden_th", '"hidden_thing"', "hidden nothing", "thing")
    ),
)
def test_nobody_finds_counts_or_is_offered_what_needs_a_higher_clearance(ranks, clearance, text):
    reader = replace(ANALYST, clearance=clearance)
    with transaction.atomic():
        capsule = CapsuleFactory(name="hidden_thing_1", visibility_rank=ranks[0], columns=["hidden_thing"])
        other = CapsuleFactory(
            name="plain", description=None, visibility_rank=ranks[1], columns=["hidden_thing_2"]
        )
        Column.objects.filter(capsule=other).update(visibility_rank=max(ranks[1], ranks[2]))
        TermFactory(name="hidden_thing", display_name=None, visibility_rank=ranks[3])
        DomainFactory(name="Hidden thing", visibility_rank=ranks[4])
        OwnerFactory(name="Hidden thing", visibility_rank=ranks[5])
        allowed = {
            "capsule": {row.pk for row in Capsule.objects.visible_to(reader)},
            "column": {row.pk for row in Column.objects.visible_to(reader)},
            "term": {row.pk for row in Term.objects.visible_to(reader)},
        }

        result = search.search(text, reader)

        for kind, keys in allowed.items():
            assert {hit.id for hit in result[kind].hits} <= keys
            assert result[kind].count <= len(keys)
        assert result["domain"].count <= (ranks[4] <= clearance)
        assert result["owner"].count <= (ranks[5] <= clearance)
        assert {hit.id for hit in search.suggest(text, reader) if hit.kind == "capsule"} <= allowed["capsule"]
        assert set(search.capsule_ids(text, reader)) <= allowed["capsule"]
        assert not result.instead or result
        assert capsule.pk
        transaction.set_rollback(True)


def test_a_capsule_is_not_found_through_a_column_that_is_hidden():
    capsule = CapsuleFactory(name="ledger", description=None, columns=["takeover_target"])
    Column.objects.update(visibility_rank=SECRET)

    assert not search.search("takeover", ANALYST)
    assert not search.search("takeover_target", ANALYST)
    assert not search.search('"takeover_target"', ANALYST)
    assert not search.search("takeovr", ANALYST)
    assert found("takeover", "column", AUDITOR) == [("takeover_target", "prefix")]
    assert capsule.pk


def test_a_spelling_is_offered_only_if_it_finds_something_for_the_reader():
    CapsuleFactory(name="acquisition", visibility_rank=SECRET)

    assert search.search("acquisitoin", ANALYST).instead == ""
    assert search.search("acquisitoin", AUDITOR).instead == "acquisition"


def test_retired_capsules_are_not_found():
    CapsuleFactory(name="orders", columns=["order_id"], retired_at=timezone.now())

    assert not search.search("orders", ANALYST)
    assert not search.search("order_id", ANALYST)


# ---------- whatever is typed ----------

HOSTILE = [
    "", " ", "x" * 10_000, "x " * 5_000, "%", "_", "%_\\", "\\", "'", "''", '"', '"""', "\x00", "a\x00b",
    "😀", "👩‍👩‍👧", "שלום עולם", "‮abc", "()&|!:*<->", "' OR 1=1 --", "a & | b", "!!!", "-" * 300, "1e400",
    "kind:", "kind:nothing", "domain:\"", "urn:", "urn:dcs:%zz", "\ud800", "{}", "{0}", "%s %(x)s", "a:b:c", "𝒪rders",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_an_error_or_takes_long(text):
    capsules("orders", "100%_\\", "stg_orders")
    begun = time.process_time()

    search.search(text, ANALYST)
    search.suggest(text, ANALYST)
    rows.page(Filters.parse({"q": text}), ANALYST)
    search.capsule_ids(text, ANALYST)

    assert time.process_time() - begun < 2


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
@example(text='"a" b:c "')
def test_any_text_can_be_searched(text):
    search.search(text, ANALYST)
    rows.page(Filters.parse({"q": text}), ANALYST)


def test_a_percent_sign_and_an_underscore_stand_for_themselves():
    capsules("a_b_c_d", "aXbXcXd", "100%_done")

    assert found('"a_b_c"') == [("a_b_c_d", "prefix")]
    assert found('"00%_"') == [("100%_done", "substring")]


def test_a_search_costs_the_same_queries_however_much_it_finds():
    capsules("orders_1")
    with CaptureQueriesContext(connection) as few:
        search.search("orders", ANALYST)
    for n in range(12):
        CapsuleFactory(name=f"orders_{n + 2}", columns=["orders_id"], complete=True)
    TermFactory(name="orders")

    with CaptureQueriesContext(connection) as many:
        search.search("orders", ANALYST)

    assert len(many) == len(few) <= 5


def test_a_great_many_matches_are_walked_not_sorted(monkeypatch):
    for module in (asking, found_capsules, kinds):
        monkeypatch.setattr(module, "CAP", 5)
    capsules("orders", *(f"orders_{n}" for n in range(4)), *(f"stg_orders_{n}" for n in range(4)))

    group = search.search("orders", ANALYST, limit=6)["capsule"]

    assert (group.count, group.capped) == (5, True)
    assert [hit.stage for hit in group.hits] == ["exact", "prefix", "prefix", "prefix", "prefix", "words"]
