"""Where the values of a personal column flow, and where they stand for everybody to read."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import Capsule, Column
from apps.people.reader import Reader
from apps.people.roles import INTERNAL
from apps.policy import exposure
from apps.provenance.models import ColumnEdge
from tests.discovery.pages import names, page, signed_in, text
from tests.factories import (
    CapsuleFactory,
    ColumnEdgeFactory,
    ColumnFactory,
    MaskingRuleFactory,
    OwnerFactory,
    PolicyFactory,
)

pytestmark = pytest.mark.django_db

ANALYST = Reader(name="ben", clearance=INTERNAL)


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def column(name, layer="silver", **about):
    capsule = CapsuleFactory(name=name, layer=layer, owner=OwnerFactory(name=f"Owner of {name}"))
    return ColumnFactory(capsule=capsule, name="email", **about)


def flow(*columns, **about):
    for up, down in zip(columns, columns[1:], strict=False):
        ColumnEdgeFactory(source=up, target=down, **about)


def traced(start, reader=ANALYST):
    found = exposure.trace(start, reader)
    return {stop.column.capsule.name: stop for stop in found.stops(found.keys)}


def test_every_column_that_the_values_reach_says_how_it_is_protected():
    raw, stg, mart, report = (
        column("raw", pii_type="email"),
        column("stg"),
        column("mart", "gold"),
        column("report", "mart"),
    )
    flow(raw, stg, mart, report)
    MaskingRuleFactory(column=stg)
    PolicyFactory(capsule=mart.capsule, requires_masking=True, masking_method="hashing", active=True)

    stops = traced(raw)

    assert {name: (stop.steps, stop.protection, stop.exposed) for name, stop in stops.items()} == {
        "stg": (1, "rule", False),
        "mart": (2, "policy", False),
        "report": (3, "none", True),
    }
    assert stops["report"].via == ["stg.email", "mart.email"]


def test_the_worst_come_first_and_counts_tell_how_many_there_are():
    raw = column("raw", pii_type="email")
    covered, staged, gold = column("covered"), column("staged"), column("gold", "gold")
    for target in (covered, staged, gold):
        flow(raw, target)
    MaskingRuleFactory(column=covered)

    found = exposure.trace(raw, ANALYST)

    assert [stop.column.capsule.name for stop in found.stops(found.keys)] == ["gold", "staged", "covered"]
    assert (len(found.keys), len(found.exposed), len(found.consumed)) == (3, 2, 1)


def test_a_rule_that_is_not_enabled_and_a_policy_that_has_ended_mask_nothing():
    raw, stg, mart = column("raw", pii_type="email"), column("stg"), column("mart", "gold")
    flow(raw, stg, mart)
    MaskingRuleFactory(column=stg, enabled=False)
    yesterday = timezone.now().date() - timezone.timedelta(days=1)
    PolicyFactory(
        column=mart, requires_masking=True, masking_method="hashing", effective_to=yesterday, active=True
    )  # fmt: skip

    assert {stop.protection for stop in traced(raw).values()} == {"none"}


def test_a_policy_that_requires_masking_and_names_no_method_is_a_finding():
    raw, mart = column("raw", pii_type="email"), column("mart", "gold")
    flow(raw, mart)
    PolicyFactory(column=mart, requires_masking=True, masking_method=None, active=True)

    stop = traced(raw)["mart"]

    assert (stop.protection, stop.exposed) == ("unsettled", False)


def test_values_that_were_masked_on_the_way_arrive_masked_unless_another_way_leads_there():
    raw, masked, after, other = (column(name) for name in ("raw", "masked", "after", "other"))
    ColumnEdgeFactory(source=raw, target=masked, meta={"kinds": ["DIRECT:TRANSFORMATION"], "masking": True})
    flow(masked, after)

    assert {name: stop.arrives for name, stop in traced(raw).items()} == {
        "masked": "masked",
        "after": "masked",
    }

    flow(raw, other, after)
    assert traced(raw)["after"].arrives == "plain"


def test_a_column_that_only_filters_rows_hands_no_values_on():
    raw, filtered = column("raw", pii_type="email"), column("filtered", "gold")
    ColumnEdgeFactory(source=raw, target=filtered, meta={"kinds": ["INDIRECT:FILTER", "INDIRECT:JOIN"]})

    stop = traced(raw)["filtered"]

    assert (stop.arrives, stop.exposed) == ("steers", False)


def test_origins_are_the_columns_that_nothing_feeds():
    source, raw, stg = column("source"), column("raw"), column("stg", pii_type="email")
    flow(source, raw, stg)

    found = exposure.trace(stg, ANALYST)

    assert [
        (stop.column.capsule.name, stop.steps, stop.origin) for stop in found.origins_of(found.sources)
    ] == [("source", 2, True), ("raw", 1, False)]


def test_the_strictest_level_in_force_is_told():
    raw, stg, mart = column("raw", pii_type="email"), column("stg"), column("mart")
    flow(raw, stg, mart)
    PolicyFactory(column=stg, sensitivity_level="restricted", active=True)
    PolicyFactory(capsule=stg.capsule, sensitivity_level="internal", active=True)

    stops = traced(raw)

    assert (stops["stg"].level, stops["mart"].level) == ("restricted", "internal")


def test_a_circle_ends_and_the_column_does_not_reach_itself():
    raw, stg = column("raw", pii_type="email"), column("stg")
    flow(raw, stg, raw)

    assert set(traced(raw)) == {"stg"}


def test_hidden_columns_are_in_no_trace_and_nothing_behind_them():
    raw, secret, mart = column("raw", pii_type="email"), column("secret"), column("mart", "gold")
    flow(raw, secret, mart)
    Capsule.objects.filter(pk=secret.capsule_id).update(visibility_rank=5)

    assert traced(raw) == {}
    assert set(traced(raw, Reader(name="eve", clearance=5))) == {"secret", "mart"}


def test_the_inventory_of_personal_data_says_what_nothing_masks():
    bare, covered = column("bare", pii_type="email"), column("covered", semantic_type="pii")
    column("amounts")
    column("gone", pii_type="phone", retired_at=timezone.now())
    MaskingRuleFactory(column=covered)

    found = exposure.personal(ANALYST)

    assert set(found) == {bare, covered}
    assert list(exposure.exposed(found)) == [bare]


def test_the_number_of_queries_does_not_depend_on_how_far_the_values_flow():
    raw = column("raw", pii_type="email")
    first = column("mart_0", "gold")
    flow(raw, first)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            found = exposure.trace(raw, ANALYST)
            found.stops(found.keys[:100])
        return len(queries), len(found.keys)

    asked()
    few, _one = asked()
    capsule = CapsuleFactory(name="wide", layer="gold")
    columns = Column.objects.bulk_create(
        Column(capsule=capsule, name=f"copy_{n:03}", urn=f"{capsule.urn}.copy_{n:03}") for n in range(300)
    )
    ColumnEdge.objects.bulk_create(
        ColumnEdge(source=first, target=one, source_urn=first.urn, target_urn=one.urn) for one in columns
    )
    asked()  # the graph is read again once

    assert asked() == (few, 301)


def test_the_page_says_it_in_a_sentence_and_lists_the_worst_first(analyst):
    raw, stg, mart = column("raw", pii_type="email"), column("stg"), column("mart", "gold")
    flow(raw, stg, mart)
    MaskingRuleFactory(column=stg)

    html = page(analyst, f"{raw.get_absolute_url()}trace/")

    read = text(html)
    assert "It flows into 2 columns. 1 shows its values unmasked, 1 of these where people read." in read
    assert names(html) == ["mart.email", "stg.email"]
    assert "E-mail address" in read


def test_the_list_narrows_to_what_is_not_masked(analyst):
    raw, stg, mart = column("raw", pii_type="email"), column("stg"), column("mart", "gold")
    flow(raw, stg, mart)

    assert names(page(analyst, f"{raw.get_absolute_url()}trace/?show=consumed")) == ["mart.email"]
    assert names(page(analyst, f"{mart.get_absolute_url()}trace/?show=exposed")) == ["raw.email", "stg.email"]


def test_the_sheet_holds_both_ways(analyst):
    raw, stg, mart = column("raw"), column("stg", pii_type="email"), column("mart", "gold")
    flow(raw, stg, mart)

    answer = analyst.get(f"{stg.get_absolute_url()}trace/?format=csv")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["direction"], row["capsule"], row["exposed"]) for row in rows] == [
        ("upstream", "raw", ""),
        ("downstream", "mart", "yes"),
    ]


def test_a_column_that_is_hidden_or_not_there_has_no_trace(analyst):
    raw = column("raw")

    assert analyst.get(f"{raw.capsule.get_absolute_url()}columns/nothing/trace/").status_code == 404
    Column.objects.filter(pk=raw.pk).update(visibility_rank=5)
    assert analyst.get(f"{raw.get_absolute_url()}trace/").status_code == 404


def test_the_page_of_a_column_leads_to_its_trace(analyst):
    raw = column("raw", pii_type="email")

    assert f'href="{raw.get_absolute_url()}trace/"' in page(analyst, raw.get_absolute_url())
