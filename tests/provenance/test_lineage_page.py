"""The lineage explorer: the graph and the lists tell one story, everything is in the address, nothing hidden shows."""

import csv
import io
import re
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.context import acting
from apps.catalog.models import Capsule
from apps.people.reader import system
from apps.provenance.models import CapsuleEdge
from tests.catalog.test_capsule_page import text
from tests.discovery.pages import page, signed_in
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    ColumnEdgeFactory,
    ColumnFactory,
    OwnerFactory,
    PolicyFactory,
    QualityCheckFactory,
    QualityRuleFactory,
    TransformationCodeFactory,
)

pytestmark = pytest.mark.django_db

NODE = re.compile(r'<a class="node[^>]*aria-label="([^",]+)')


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def chain(*names):
    """Capsules that flow into each other in this order."""
    made = [CapsuleFactory(name=name) for name in names]
    for up, down in zip(made, made[1:], strict=False):
        CapsuleEdgeFactory(source=up, target=down)
    return made


def url(capsule, **state):
    pairs = "".join(f"&{name}={value}" for name, value in state.items())
    return f"/lineage/?focus={capsule.urn}{pairs}"


def drawn(html):
    return set(NODE.findall(html))


def listed(html, side):
    """Names in one of the two lists, nearest first."""
    part = html[html.index(f'id="l-{side}"') :]
    part = part[: part.index("</section>")]
    return [text(name) for name in re.findall(r'<th scope="row" class="name full">(.*?)</th>', part, re.S)]


def test_one_step_each_way_is_shown_at_first(analyst):
    raw, staged, orders, revenue, report = chain("raw", "stg", "orders", "revenue", "report")

    html = page(analyst, url(orders))

    assert drawn(html) == {"stg", "orders", "revenue"}
    assert (listed(html, "upstream"), listed(html, "downstream")) == (["stg"], ["revenue"])


def test_the_steps_are_chosen_for_each_side(analyst):
    raw, staged, orders, revenue, report = chain("raw", "stg", "orders", "revenue", "report")

    html = page(analyst, url(orders, up=2, down=0))

    assert drawn(html) == {"raw", "stg", "orders"}
    assert listed(html, "upstream") == ["stg", "raw"]
    assert "Not looked at" in text(html)


def test_the_list_says_the_way_to_the_focus(analyst):
    raw, staged, orders = chain("raw", "stg", "orders")

    html = page(analyst, url(orders, up=3))

    assert re.search(r"raw 2 model · silver stg", text(html))


def test_the_graph_and_the_list_name_the_same_capsules(analyst):
    *_rest, last = chain("a", "b", "c", "d", "e")

    html = page(analyst, url(last, up=10))

    assert drawn(html) - {"e"} == set(listed(html, "upstream"))


def test_the_list_alone_is_a_view_of_its_own(analyst):
    _raw, orders = chain("raw", "orders")

    html = page(analyst, url(orders, view="list"))

    assert drawn(html) == set()
    assert listed(html, "upstream") == ["raw"]


def test_wrong_values_are_said_and_replaced(analyst):
    _raw, orders = chain("raw", "orders")

    read = text(page(analyst, url(orders, up="many", down=99, overlay="colour", view="film")))

    assert "Steps up: choose 0 to 10." in read
    assert "Steps down: choose 0 to 10." in read
    assert "Mark by: choose one of" in read
    assert "View: choose one of" in read


def test_more_than_60_nodes_are_listed_and_the_nearest_drawn(analyst):
    hub = CapsuleFactory(name="hub")
    for number in range(70):
        CapsuleEdgeFactory(source=hub, target=CapsuleFactory(name=f"mart_{number:02}"))

    html = page(analyst, url(hub))

    assert len(drawn(html)) == 60
    assert len(listed(html, "downstream")) == 70
    assert "The 60 nearest are drawn, and 11 more are in the list." in text(html)


def test_a_node_says_how_many_lie_beyond_and_opens_in_place(analyst):
    raw, staged, orders = chain("raw", "stg", "orders")

    html = page(analyst, url(orders))
    assert "+1 upstream" in html
    more = re.search(r'<a class="more" href="([^"]+)"', html).group(1).replace("&amp;", "&")
    opened = page(analyst, more)

    assert f"open={staged.urn}" in more
    assert drawn(opened) == {"raw", "stg", "orders"}


def test_what_was_opened_can_be_opened_further(analyst):
    far, raw, staged, orders = chain("far", "raw", "stg", "orders")

    html = page(analyst, url(orders, open=staged.urn))
    more = re.search(r'<a class="more" href="([^"]+)"[^>]*><text[^>]*>\+1 upstream', html).group(1)

    assert drawn(page(analyst, more.replace("&amp;", "&"))) == {"far", "raw", "stg", "orders"}


def test_a_hidden_capsule_is_in_no_drawing_no_list_and_no_count(analyst):
    secret, orders = chain("board_salaries", "orders")
    type(secret).objects.filter(pk=secret.pk).update(visibility_rank=5)

    for address in (url(orders), url(orders, up=10), url(orders, format="csv"), url(orders, format="svg")):
        assert "board_salaries" not in page(analyst, address)
    assert "0 up, 0 down" in text(page(analyst, url(orders)))
    assert analyst.get(url(secret)).status_code == 404


def test_what_lies_behind_a_hidden_capsule_is_not_reached(analyst):
    raw, secret, orders = chain("raw", "board_salaries", "orders")
    type(secret).objects.filter(pk=secret.pk).update(visibility_rank=5)

    assert drawn(page(analyst, url(orders, up=10))) == {"orders"}


def test_a_circle_is_named_and_its_edge_drawn_dashed(analyst):
    first, second = chain("orders", "refunds")
    CapsuleEdgeFactory(source=second, target=first)

    html = page(analyst, url(first))

    assert "Data flows in a circle. orders → refunds → orders" in text(html)
    assert html.count('class="edge job"') == 1


def test_one_column_is_followed_through_the_capsules(analyst):
    amount = ColumnFactory(name="amount", capsule__name="orders")
    ColumnEdgeFactory(source=ColumnFactory(name="cents", capsule__name="raw_payments"), target=amount)
    ColumnEdgeFactory(source=amount, target=ColumnFactory(name="revenue", capsule__name="revenue_daily"))

    html = page(analyst, url(amount.capsule, column="amount"))

    assert drawn(html) == {"cents", "amount", "revenue"}
    assert listed(html, "upstream") == ["cents"]
    assert "raw_payments" in text(html)


def test_an_unknown_column_is_said_and_the_capsule_shown(analyst):
    _raw, orders = chain("raw", "orders")

    html = page(analyst, url(orders, column="colour"))

    assert "orders has no column called “colour”." in text(html)
    assert drawn(html) == {"raw", "orders"}


def test_nodes_are_marked_by_what_is_known_and_say_where_nothing_is(analyst):
    raw, orders = chain("raw", "orders")
    PolicyFactory(capsule=orders, sensitivity_level="confidential", active=True)
    QualityCheckFactory(rule=QualityRuleFactory(capsule=raw), status="failed")

    assert "confidential" in text(page(analyst, url(orders, overlay="sensitivity")))
    assert "internal" in text(page(analyst, url(orders, overlay="sensitivity")))
    quality = page(analyst, url(orders, overlay="quality"))
    assert 'data-hue="critical"' in quality
    assert "quality 0.0" in text(quality)
    assert "freshness unknown" in text(page(analyst, url(orders, overlay="freshness")))


def test_nodes_are_marked_by_owner(analyst):
    raw, orders = chain("raw", "orders")
    type(raw).objects.filter(pk=raw.pk).update(owner=OwnerFactory(name="Payments team"))

    read = text(page(analyst, url(orders, overlay="owner")))

    assert "Payments team" in read
    assert "no owner yet" in read


def test_an_edge_opens_with_its_columns_and_its_code(analyst):
    raw, orders = chain("raw", "orders")
    TransformationCodeFactory(
        capsule=orders, code_text="select sum(cents) from raw", file_path="models/orders.sql"
    )
    ColumnEdgeFactory(
        source=ColumnFactory(capsule=raw, name="cents"), target=ColumnFactory(capsule=orders, name="amount")
    )

    html = page(analyst, url(orders))
    edge = re.search(r'href="([^"]*edge=[^"]+)"[^>]*>orders\.sql', html).group(1).replace("&amp;", "&")
    read = text(page(analyst, edge))

    assert "cents → amount direct" in read
    assert "select sum(cents) from raw" in read


def test_code_of_an_edge_is_for_those_who_may_read_code(client):
    raw, orders = chain("raw", "orders")
    type(raw).objects.update(visibility_rank=1)
    edge = orders.upstream_edges.get()
    type(edge).objects.update(visibility_rank=1)
    TransformationCodeFactory(capsule=orders, code_text="select the sauce", visibility_rank=1)

    html = page(signed_in(client, "analyst", clearance=1), url(orders, edge=edge.pk))

    assert "raw → orders" in text(html)
    assert "the sauce" not in html


def test_the_lists_are_exported_as_csv(analyst):
    _raw, _staged, orders = chain("raw", "stg", "orders")

    answer = analyst.get(url(orders, up=2, format="csv"))

    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert [row[:3] for row in rows[1:]] == [["upstream", "1", "stg"], ["upstream", "2", "raw"]]
    assert rows[2][-1] == "stg"


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless(analyst):
    _formula, orders = chain("=cmd()", "orders")

    assert "'=cmd()" in analyst.get(url(orders, format="csv")).content.decode()


def test_the_drawing_is_exported_as_svg(analyst):
    _raw, orders = chain("raw <b>", "orders")

    answer = analyst.get(url(orders, format="svg"))

    assert answer["Content-Type"] == "image/svg+xml"
    assert "attachment" in answer["Content-Disposition"]
    assert ElementTree.fromstring(answer.content).tag.endswith("svg")  # noqa: S314 - our own bytes


def test_without_a_focus_the_page_helps_to_choose_one(analyst):
    chain("raw_orders", "orders")

    assert "raw_orders" in text(page(analyst, "/lineage/"))
    assert "No capsule matches “colour”" in text(page(analyst, "/lineage/?focus=colour"))


def test_an_exact_name_is_opened_at_once(analyst):
    orders = CapsuleFactory(name="orders")

    answer = analyst.get("/lineage/?focus=orders&up=3")

    assert answer["Location"] == f"/lineage/?focus={orders.urn}&up=3"


def test_htmx_gets_the_explorer_alone(analyst):
    _raw, orders = chain("raw", "orders")

    html = page(analyst, url(orders), HX_Request="true", HX_Target="explorer")

    assert html.lstrip().startswith('<div id="explorer"')
    assert "<html" not in html


def test_nodes_tell_the_keyboard_where_the_edges_lead(analyst):
    _raw, orders = chain("raw", "orders")

    html = page(analyst, url(orders))

    node = {name: tag for tag, name in re.findall(r'(<a class="node[^>]*aria-label="(\w+),[^>]*>)', html)}
    here = re.search(r'data-node="(\w+)"', node["raw"]).group(1)
    assert f'data-up="{here}"' in node["orders"]
    assert "data-focus-here" in node["raw"]
    assert 'data-key="m"' in html


def test_the_cost_does_not_grow_with_the_neighbourhood(analyst):
    small, large = CapsuleFactory(), CapsuleFactory()
    CapsuleEdgeFactory(source=small)
    for _number in range(40):
        CapsuleEdgeFactory(source=large)
    page(analyst, url(small))

    with CaptureQueriesContext(connection) as few:
        page(analyst, url(small, overlay="quality"))
    with CaptureQueriesContext(connection) as many:
        page(analyst, url(large, overlay="quality"))

    assert len(few) == len(many)


def test_what_was_opened_is_folded_again(analyst):
    raw, staged, orders = chain("raw", "stg", "orders")

    html = page(analyst, url(orders, open=staged.urn))
    fold = re.search(r'<a class="more" href="([^"]+)"[^>]*><text[^>]*>− fold', html).group(1)

    assert drawn(page(analyst, fold.replace("&amp;", "&"))) == {"stg", "orders"}


def test_a_hub_with_2000_children_shows_the_nearest_and_counts_the_rest(analyst):
    hub = CapsuleFactory(name="events")
    with acting(system("load"), bulk=True):
        made = Capsule.objects.bulk_create(
            Capsule(urn=f"urn:dcs:dbt:model:big:{n:04}", name=f"mart_{n:04}", capsule_type="model")
            for n in range(2000)
        )
        CapsuleEdge.objects.bulk_create(
            CapsuleEdge(source=hub, target=one, source_urn=hub.urn, target_urn=one.urn) for one in made
        )

    html = page(analyst, url(hub))

    assert len(drawn(html)) == 60
    assert listed(html, "downstream") == [f"mart_{n:04}" for n in range(100)]
    assert "1–100 of 1,000" in text(html)
    assert "and 1,000 more, too many to list" in text(html)
    following = re.search(r'href="([^"]+down_after=[^"]+)"', html).group(1).replace("&amp;", "&")
    assert listed(page(analyst, following), "downstream") == [f"mart_{n:04}" for n in range(100, 200)]
    assert len(analyst.get(url(hub, format="csv")).content.splitlines()) == 1001
    assert "The 60 nearest are drawn, and 1,941 more are in the list." in text(html)
    assert "Within ten steps 0 feed it and 2,000 depend on it." in text(html)
    with CaptureQueriesContext(connection) as queries:
        read = text(page(analyst, f"/capsules/{hub.urn}/impact/?kind=capsules"))
    assert "1–100 of 2,000" in read
    assert len(queries) < 35
