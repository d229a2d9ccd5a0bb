"""What surrounds a capsule, for other programs: the same nodes and edges as on the page, whatever their names."""

import json
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.provenance import explorer, sharing
from apps.provenance.models import CapsuleEdge
from tests.discovery.pages import signed_in
from tests.factories import CapsuleEdgeFactory, CapsuleFactory, ColumnEdgeFactory, ColumnFactory

from .test_lineage_page import chain, url

NS = {"g": sharing.GRAPHML}
pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def asked(analyst, capsule, form, **state):
    answer = analyst.get(url(capsule, format=form, up=2, down=2, **state))
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    return answer.content.decode()


def test_graphml_has_the_nodes_the_steps_and_the_edges(analyst):
    _raw, _staged, orders, _mart = chain("raw", "stg", "orders", "mart")
    CapsuleEdge.objects.filter(target=orders).update(transformation="incremental")

    root = ElementTree.fromstring(asked(analyst, orders, "graphml"))  # noqa: S314 - our own bytes

    told = [
        {datum.get("key"): datum.text for datum in node.findall("g:data", NS)}
        for node in root.iterfind(".//g:node", NS)
    ]
    assert {(node["name"], node.get("way"), node["steps"]) for node in told} == {
        ("orders", None, "0"), ("stg", "upstream", "1"), ("raw", "upstream", "2"), ("mart", "downstream", "1")
    }  # fmt: skip
    names = {
        node.get("id"): node.find("g:data[@key='name']", NS).text for node in root.iterfind(".//g:node", NS)
    }
    lines = {
        (names[edge.get("source")], names[edge.get("target")]) for edge in root.iterfind(".//g:edge", NS)
    }
    assert lines == {("raw", "stg"), ("stg", "orders"), ("orders", "mart")}
    assert [datum.text for datum in root.iterfind(".//g:edge/g:data", NS)] == ["incremental"]


def test_mermaid_draws_the_same_and_marks_the_focus(analyst):
    _raw, orders = chain("raw", "orders")
    assert asked(analyst, orders, "mermaid").splitlines() == [
        "flowchart LR",
        '  n0["orders"]',
        '  n1["raw"]',
        "  n1 --> n0",
        "  style n0 stroke-width:3px",
    ]


def test_json_ld_says_what_is_derived_from_what(analyst):
    raw, orders = chain("raw", "orders")
    CapsuleEdgeFactory(source=orders, target=raw)  # and round again

    content = json.loads(asked(analyst, orders, "jsonld"))

    assert content["@context"]["prov"] == "http://www.w3.org/ns/prov#"
    derived = {one["@id"]: [each["@id"] for each in one["prov:wasDerivedFrom"]] for one in content["@graph"]}
    assert derived == {orders.urn: [raw.urn], raw.urn: [orders.urn]}


def test_columns_are_told_with_their_capsules(analyst):
    raw, orders = chain("raw", "orders")
    ColumnEdgeFactory(
        source=ColumnFactory(capsule=raw, name="cents"), target=ColumnFactory(capsule=orders, name="amount")
    )
    assert 'n1["raw.cents"]' in asked(analyst, orders, "mermaid", column="amount")


def test_a_hidden_neighbour_is_in_no_file(analyst):
    secret, orders = chain("salaries", "orders")
    type(secret).objects.filter(pk=secret.pk).update(visibility_rank=5)
    for form in sharing.FORMATS:
        assert "salaries" not in asked(analyst, orders, form)


@given(st.text(min_size=1, max_size=30))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_name_is_written_so_that_it_reads_back(name):
    capsule = CapsuleFactory.build(name=name)
    side = explorer.Side("upstream")
    around = explorer.Around(capsule.pk, side, explorer.Side("downstream"), [capsule.pk], [], {})
    found = {capsule.pk: capsule}

    ElementTree.fromstring(sharing.graphml(around, found))  # noqa: S314 - our own bytes
    assert json.loads(sharing.jsonld(around, found))["@graph"][0]["name"] == name
    lines = sharing.mermaid(around, found).splitlines()
    assert len(lines) == 3
    assert not set('"<>`') & set(lines[1].strip().removeprefix('n0["').removesuffix('"]'))
