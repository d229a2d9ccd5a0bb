"""Types of capsule can be hidden from the lineage: what lies behind them stays, and nothing else does."""

import re

import pytest

from apps.provenance import explorer
from tests.catalog.test_capsule_page import text
from tests.discovery.pages import page, signed_in
from tests.factories import CapsuleEdgeFactory, CapsuleFactory, ColumnEdgeFactory, ColumnFactory

from .test_lineage_page import drawn, listed, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def chain(**types):
    """Capsules of these types that flow into each other in this order."""
    made = [CapsuleFactory(name=name, capsule_type=kind) for name, kind in types.items()]
    for up, down in zip(made, made[1:], strict=False):
        CapsuleEdgeFactory(source=up, target=down)
    return made


def test_a_hidden_type_is_neither_drawn_nor_listed_and_what_it_stood_between_is_joined(analyst):
    *_rest, orders = chain(raw="source", seen="view", seen_too="view", orders="model")

    html = page(analyst, url(orders, up=3, hide="view"))

    assert drawn(html) == {"raw", "orders"}
    assert listed(html, "upstream") == ["raw"]
    assert re.search(r"raw 3 .{,40} 2 hidden", text(html))
    assert re.search(r'class="edge job[^"]*"[^>]*>\s*<title>through 2 hidden', html)


def test_downstream_is_joined_in_the_same_direction(analyst):
    raw, *_rest = chain(raw="source", seen="view", orders="model", report="report")

    html = page(analyst, url(raw, down=3, hide="view"))

    assert listed(html, "downstream") == ["orders", "report"]
    read = text(html)
    assert re.search(r"orders 2 .*? 1 hidden", read)
    assert re.search(r"report 3 .*? orders", read), "the way to the focus goes on behind"


def test_each_type_says_how_many_there_are_and_hides_or_comes_back_by_a_link(analyst):
    raw, *_rest = chain(raw="source", seen="view", orders="model")
    html = page(analyst, url(raw, down=2))
    link = re.search(r'<a href="([^"]+)"[^>]*aria-label="Hide View, 1 shown"', html)

    html = page(analyst, link.group(1).replace("&amp;", "&"))

    assert listed(html, "downstream") == ["orders"]
    again = re.search(r'<a href="([^"]+)"[^>]*aria-label="Show View again, 1 hidden"', html)
    html = page(analyst, again.group(1).replace("&amp;", "&"))
    assert listed(html, "downstream") == ["seen", "orders"]


def test_the_focus_stays_whatever_is_hidden_and_one_type_alone_is_not_offered(analyst):
    raw, _orders = chain(raw="view", orders="view")

    assert drawn(page(analyst, url(raw, down=1, hide="view"))) == {"raw"}
    assert "Hide View" not in page(analyst, url(raw, down=1))


def test_columns_of_a_hidden_type_are_hidden(analyst):
    columns = [
        ColumnFactory(name="amount", capsule__name=name, capsule__capsule_type=kind)
        for name, kind in (("raw", "source"), ("seen", "view"), ("orders", "model"))
    ]
    for up, down in zip(columns, columns[1:], strict=False):
        ColumnEdgeFactory(source=up, target=down)

    html = page(analyst, url(columns[-1].capsule, column="amount", up=2, hide="view"))

    assert len(drawn(html)) == 2 - 1, "both columns are called alike"
    assert re.search(r"amount 2 raw .{,20}1 hidden", text(html))


def test_a_circle_of_hidden_capsules_ends(analyst):
    raw, seen, seen_too, orders = chain(raw="source", seen="view", seen_too="view", orders="model")
    CapsuleEdgeFactory(source=seen_too, target=seen)

    html = page(analyst, url(orders, up=10, down=10, hide="view"))

    assert drawn(html) == {"raw", "orders"}


def test_exports_leave_out_what_is_hidden(analyst):
    *_rest, orders = chain(raw="source", seen="view", orders="model")
    for form in ("csv", "svg", "graphml", "mermaid", "jsonld"):
        body = analyst.get(url(orders, up=2, hide="view", format=form)).content.decode()

        assert "raw" in body, form
        assert "seen" not in body, form


def test_wrong_and_many_types_harm_nothing(analyst):
    raw, orders = chain(raw="source", orders="model")
    many = "&hide=".join(f"kind{n}" for n in range(50))

    html = page(analyst, url(raw, hide=many))

    assert listed(html, "downstream") == ["orders"]
    assert html.count("Show kind") == explorer.hiding.MOST
