"""The counts beside the filters are those of the lists behind them."""

import datetime

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalog.models import Capsule
from apps.discovery import counting, facets, kept, rows
from apps.discovery.conditions import conditions
from apps.discovery.filters import Filters
from apps.people.reader import system
from tests.discovery.estate import asked, build, counted_by_hand, plans
from tests.factories import CapsuleFactory, DomainFactory

pytestmark = pytest.mark.django_db
ANALYST = system("test", clearance=2)


def counted(query, reader=ANALYST):
    """{facet: {value: (number, chosen)}}"""
    found = facets.facets(Filters.parse(QueryDict(query)), reader)
    return {
        facet.slug: {value.value: (value.count, value.chosen) for value in facet.values} for facet in found
    }


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=plans, query=asked)
def test_every_count_is_the_number_of_rows_in_the_list_behind_it(plans, query):
    with transaction.atomic():
        build(plans, timezone.now())
        filters = Filters.parse(query)

        for facet in facets.facets(filters, ANALYST):
            shown = {value.value: value.count for value in facet.values if value.count}
            if facet.slug in ("has", "lacks"):
                shown.pop("description", None)  # a row of the list does not tell
            assert shown == dict(counted_by_hand(filters, ANALYST, facet.slug)), facet.slug
        transaction.set_rollback(True)


TEXTS = ("", "", "orders", "order", "ord", "z", "stg orders", '"order_items"', "ordrs", "c1", "nothing here")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=plans, query=asked, text=st.sampled_from(TEXTS), clearance=st.sampled_from((1, 2, 5)))
def test_counts_that_are_kept_are_those_of_the_database(as_if_committed, plans, query, text, clearance):
    reader = system("test", clearance=clearance)
    with transaction.atomic():
        kept._kept.clear()
        now = timezone.now()
        capsules = build(plans, now)
        spare = CapsuleFactory(name="orders", layer="gold")
        filters = Filters.parse(query | {"q": text})
        facets.facets(filters, reader)
        if capsules:  # and again after a few have changed, and one has gone
            Capsule.objects.filter(pk=capsules[0].pk).update(
                layer="mart", updated_at=now - datetime.timedelta(20), domain=None
            )
        Capsule.objects.filter(pk=spare.pk).delete()

        found = counting.counted(filters, reader)
        listing = rows.Listing(filters, reader)

        by_database = facets._counts(conditions(filters, reader))
        for slug, counts in by_database.items():
            numbers = {value: number for value, number in counts.items() if number}
            assert found.counts[slug] == numbers, slug
        assert found.total == rows.count(filters, reader) == len(list(rows.export(filters, reader)))
        assert found.total == listing.count(10_001)
        transaction.set_rollback(True)


def test_choosing_a_value_leaves_the_counts_of_its_siblings():
    finance, sales = DomainFactory(name="Finance"), DomainFactory(name="Sales")
    CapsuleFactory.create_batch(2, domain=finance, layer="gold")
    CapsuleFactory.create_batch(3, domain=sales, layer="silver")

    found = counted("domain=finance")

    assert found["domain"] == {"Sales": (3, False), "Finance": (2, True)}
    assert found["layer"] == {"gold": (2, False)}


def test_a_chosen_value_without_capsules_stays():
    CapsuleFactory(layer="silver")

    found = counted("layer=gold&domain=Nowhere&sensitivity=restricted&has=contract&tag=weekly&quality=poor")

    assert found["layer"]["gold"] == (0, True)
    assert found["domain"]["Nowhere"] == (0, True)
    assert found["sensitivity"]["restricted"] == (0, True)
    assert found["has"]["contract"] == (0, True)
    assert found["tag"]["weekly"] == (0, True)
    assert found["quality"]["poor"] == (0, True)


def test_hidden_capsules_and_hidden_domains_are_not_counted():
    CapsuleFactory(domain=DomainFactory(name="Known"))
    CapsuleFactory(domain=DomainFactory(name="Mergers", visibility_rank=5))
    CapsuleFactory(layer="gold", visibility_rank=5)

    found = counted("")

    assert set(found["domain"]) == {"Known"}
    assert found["layer"] == {"silver": (2, False)}
    assert counted("", system("auditor", clearance=5))["layer"]["gold"] == (1, False)


def test_all_facets_cost_the_same_queries_whatever_there_is():
    filters = Filters.parse(QueryDict("layer=gold&domain=none&tag=daily"))
    CapsuleFactory(tags=["daily"])
    with CaptureQueriesContext(connection) as few:
        facets.facets(filters, ANALYST)
    CapsuleFactory.create_batch(15, complete=True, tags=["daily", "pii"])

    with CaptureQueriesContext(connection) as many:
        facets.facets(filters, ANALYST)

    assert len(many) == len(few)


def test_a_long_facet_shows_its_first_values_and_says_how_many_more(monkeypatch):
    monkeypatch.setattr(facets, "MOST_VALUES", 2)
    for name in "abcd":
        CapsuleFactory(domain=DomainFactory(name=name))

    (domain,) = (
        facet
        for facet in facets.facets(Filters.parse(QueryDict("domain=d")), ANALYST)
        if facet.slug == "domain"
    )

    assert len(domain.values) == 3
    assert domain.more == 1
    assert any(value.value == "d" and value.chosen for value in domain.values)
