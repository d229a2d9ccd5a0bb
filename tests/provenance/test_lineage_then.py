"""The lineage at an earlier moment: what was there, what went, what came since, and what nobody can know any more."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.context import acting
from apps.catalog.models import Capsule, Column
from apps.people.reader import Reader, system
from apps.people.roles import INTERNAL
from apps.provenance import then, walk
from apps.provenance.models import CapsuleEdge, ColumnEdge
from tests.discovery.pages import page, signed_in, text
from tests.factories import CapsuleEdgeFactory, CapsuleFactory, ColumnEdgeFactory, ColumnFactory
from tests.provenance.test_lineage_page import drawn, listed

pytestmark = pytest.mark.django_db

ANALYST = Reader(name="ben", clearance=INTERNAL)
LONG_AGO, YESTERDAY = timezone.now() - timedelta(days=30), timezone.now() - timedelta(days=1)


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def old(*rows):
    """Rows that were stored long ago."""
    for row in rows:
        type(row)._base_manager.filter(pk=row.pk).update(created_at=LONG_AGO)


def capsule(name, *, stored=LONG_AGO):
    made = CapsuleFactory(name=name)
    Capsule.objects.filter(pk=made.pk).update(created_at=stored)
    return made


def flow(up, down, *, stored=LONG_AGO):
    edge = CapsuleEdgeFactory(source=up, target=down)
    CapsuleEdge.objects.filter(pk=edge.pk).update(created_at=stored)
    return edge


@pytest.fixture
def shop():
    """Yesterday raw → orders and legacy → orders; since then legacy was cut off and stg came in between."""
    raw, legacy, orders = capsule("raw"), capsule("legacy"), capsule("orders")
    flow(raw, orders)
    flow(legacy, orders).delete()
    stg = capsule("stg", stored=timezone.now())
    flow(stg, orders, stored=timezone.now())
    return orders


def url(start, **state):
    pairs = "".join(f"&{name}={value}" for name, value in state.items())
    return f"/lineage/?focus={start.urn}&as_of={YESTERDAY:%Y-%m-%d}{pairs}"


def test_what_was_removed_since_is_there_and_what_came_since_is_not(analyst, shop):
    html = page(analyst, url(shop))

    assert drawn(html) == {"raw", "legacy", "orders"}
    assert listed(html, "upstream") == ["legacy", "raw"]
    assert "removed since" in text(html)
    assert "1 edge is no longer there." in text(html)


def test_today_knows_nothing_of_it(analyst, shop):
    html = page(analyst, f"/lineage/?focus={shop.urn}")

    assert drawn(html) == {"raw", "stg", "orders"}
    assert "removed since" not in text(html)


def test_compared_with_today_both_are_marked(analyst, shop):
    html = page(analyst, url(shop, compare="today"))

    assert drawn(html) == {"raw", "legacy", "stg", "orders"}
    assert 'class="edge removed"' in html
    assert 'class="edge added"' in html
    assert "1 edge is no longer there. 1 is new since." in text(html)


def test_the_strip_says_the_moment_and_links_stay_in_it(analyst, shop):
    html = page(analyst, url(shop))

    assert "Nothing can be changed here." in text(html)
    assert f"as_of={YESTERDAY:%Y-%m-%d}&amp;compare=today" in html
    raw = Capsule.objects.get(name="raw")
    assert f'href="{raw.get_absolute_url()}?as_of={YESTERDAY:%Y-%m-%d}"' in html


def test_a_capsule_that_is_retired_now_was_there(analyst, shop):
    Capsule.objects.filter(name="raw").update(retired_at=timezone.now())

    html = page(analyst, url(shop))

    assert "raw" in drawn(html)
    assert "2 edges are no longer there." in text(html)


def test_a_capsule_that_was_retired_before_was_not_there(analyst, shop):
    Capsule.objects.filter(name="raw").update(retired_at=LONG_AGO + timedelta(days=1))

    assert "raw" not in drawn(page(analyst, url(shop)))


def test_what_is_hidden_today_is_hidden_in_the_past(analyst, shop):
    Capsule.objects.filter(name="legacy").update(visibility_rank=5)

    html = page(analyst, url(shop, compare="today"))

    assert "legacy" not in html


def test_what_was_deleted_for_good_is_gone_from_the_past_as_well(analyst, shop):
    Capsule.objects.get(name="legacy").delete()

    assert drawn(page(analyst, url(shop))) == {"raw", "orders"}


def test_an_edge_that_was_made_anew_was_there_all_the_time(analyst):
    raw, orders = capsule("raw"), capsule("orders")
    flow(raw, orders).delete()
    flow(raw, orders, stored=timezone.now())

    html = page(analyst, url(orders, compare="today"))

    assert drawn(html) == {"raw", "orders"}
    assert "Nothing that is shown has changed since." in text(html)


def test_before_it_was_stored_nothing_was_known(analyst):
    orders = CapsuleFactory(name="orders")

    assert "It was not known yet." in text(page(analyst, url(orders)))


def test_before_the_log_begins_removals_are_not_known_and_the_page_says_so(analyst, shop):
    assert "The log of changes begins on" in text(page(analyst, url(shop)))


def test_a_wrong_day_is_said_and_the_present_is_shown(analyst, shop):
    read = text(page(analyst, f"/lineage/?focus={shop.urn}&as_of=yesterday"))

    assert "As of: write a day, such as 2026-03-01." in read
    assert "Nothing can be changed here." not in read


def test_steps_and_circles_hold_in_the_past_too():
    a, b, c, d = (capsule(name) for name in "abcd")
    flow(a, b)
    flow(b, c).delete()
    flow(c, d)
    flow(d, a)

    found = then.around(then.CAPSULES, a.pk, ANALYST, YESTERDAY, up=0, down=10, most=100)

    assert found.steps[walk.DOWNSTREAM] == {b.pk: 1, c.pk: 2, d.pk: 3}
    assert found.steps[walk.UPSTREAM] == {}
    assert {edge.since for edge in found.edges} == {"", "removed"}


def test_what_does_not_fit_is_counted():
    hub = capsule("hub")
    for number in range(5):
        flow(hub, capsule(f"mart_{number}"))

    found = then.around(then.CAPSULES, hub.pk, ANALYST, YESTERDAY, up=0, down=1, most=3)

    assert (len(found.steps[walk.DOWNSTREAM]), found.more[walk.DOWNSTREAM]) == (3, 2)


def test_the_number_of_queries_depends_on_the_steps_alone():
    hub = capsule("hub")

    def asked():
        with CaptureQueriesContext(connection) as queries:
            then.around(then.CAPSULES, hub.pk, ANALYST, YESTERDAY, up=1, down=1, most=1000)
        return len(queries)

    flow(hub, capsule("mart"))
    few = asked()
    for number in range(40):
        edge = flow(hub, capsule(f"mart_{number}"))
        if number % 2:
            edge.delete()

    assert asked() == few


def test_columns_have_a_past_as_capsules_do(analyst):
    columns = [ColumnFactory(capsule=capsule(name), name="amount") for name in ("raw", "orders")]
    edge = ColumnEdgeFactory(source=columns[0], target=columns[1])
    old(*columns, edge)
    ColumnEdge.objects.get(pk=edge.pk).delete()

    html = page(analyst, url(columns[1].capsule, column="amount"))

    assert "1 edge is no longer there." in text(html)
    assert 'aria-label="amount, raw"' in html
    Column.objects.filter(pk=columns[0].pk).update(visibility_rank=5)
    assert 'aria-label="amount, raw"' not in page(analyst, url(columns[1].capsule, column="amount"))


def test_the_sheet_says_what_has_changed(analyst, shop):
    sheet = analyst.get(url(shop, format="csv")).content.decode()

    assert "since then" in sheet.splitlines()[0]
    assert any("legacy" in line and line.endswith("removed since") for line in sheet.splitlines())


def test_the_provenance_tab_names_the_neighbours_of_its_moment(analyst):
    """An edge that a run saw makes no version; the tab of the version knows of it all the same."""
    raw, legacy = capsule("raw_orders"), capsule("legacy_orders")
    with acting(system("edit")):
        orders = CapsuleFactory(name="orders")
    flow(raw, orders, stored=timezone.now())
    flow(legacy, orders).delete()

    html = page(analyst, f"{orders.get_absolute_url()}provenance/?as_of=2999-01-01").replace("<wbr>", "")

    assert "Version 1 was in force" in text(html)
    assert "raw_orders" in html
    assert "legacy_orders" not in html


def test_the_provenance_tab_leads_to_the_lineage_at_its_moment(analyst, shop):
    with acting(system("edit")):
        stored = Capsule.objects.get(pk=shop.pk)
        stored.description = "Orders of all shops."
        stored.save()

    html = page(analyst, f"{shop.get_absolute_url()}provenance/?as_of=2999-01-01")

    assert "/lineage/?focus=urn%3A" in html or f"/lineage/?focus={shop.urn}" in html
    assert "as_of=2999-01-01" in html
