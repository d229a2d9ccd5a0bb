from collections import deque
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.provenance import graph
from apps.provenance.models import CapsuleEdge
from tests.factories import CapsuleEdgeFactory, CapsuleFactory, ColumnEdgeFactory, ColumnFactory


def line(*names):
    """Capsules of these names, each flowing into the next: {name: capsule}."""
    capsules = {name: CapsuleFactory(name=name) for name in names}
    for source, target in zip(names, names[1:], strict=False):
        CapsuleEdgeFactory(source=capsules[source], target=capsules[target])
    return capsules


def distances(answer):
    assert answer.status_code == 200, answer.body
    return {node["name"]: (node["distance"], node["direction"]) for node in answer.body["nodes"]}


def test_the_graph_tells_who_feeds_a_capsule_and_whom_it_feeds(analyst):
    shop = line("raw", "staging", "orders", "report")

    around = distances(analyst.get(f"/capsules/{shop['staging'].urn}/lineage"))

    assert around == {
        "staging": (0, None),
        "raw": (1, "upstream"),
        "orders": (1, "downstream"),
        "report": (2, "downstream"),
    }


def test_direction_and_depth_bound_the_walk(analyst):
    shop = line("a", "b", "c", "d", "e")
    path = f"/capsules/{shop['c'].pk}/lineage"

    assert set(distances(analyst.get(f"{path}?direction=upstream"))) == {"a", "b", "c"}
    assert set(distances(analyst.get(f"{path}?direction=downstream&depth=1"))) == {"c", "d"}


@pytest.mark.parametrize(
    "query", ["direction=sideways", "depth=0", "depth=21", "depth=x", "limit=0", "limit=501", "deep=1"]
)
def test_bad_bounds_are_named(analyst, query):
    answer = analyst.get(f"/capsules/{CapsuleFactory().pk}/lineage?{query}")

    assert (answer.status_code, list(answer.body["fields"])) == (400, [query.split("=")[0]])


def test_a_circle_ends_and_every_edge_between_the_nodes_is_told(analyst):
    shop = line("a", "b", "c")
    CapsuleEdgeFactory(source=shop["c"], target=shop["a"])
    CapsuleEdgeFactory(source=shop["a"], target=shop["c"])

    answer = analyst.get(f"/capsules/{shop['a'].pk}/lineage?depth=20")

    assert set(distances(answer)) == {"a", "b", "c"}
    assert len(answer.body["edges"]) == 4


def test_what_does_not_fit_is_counted(analyst):
    hub = CapsuleFactory(name="hub")
    for target in CapsuleFactory.create_batch(6):
        CapsuleEdgeFactory(source=hub, target=target)

    answer = analyst.get(f"/capsules/{hub.pk}/lineage?limit=4")

    assert (len(answer.body["nodes"]), answer.body["more"]) == (4, 3)
    assert len(answer.body["edges"]) == 3


def test_hidden_and_retired_capsules_are_no_part_of_the_graph(analyst, auditor):
    shop = line("a", "b", "c")
    shop["b"].visibility_rank = 5
    shop["b"].save()
    retired = CapsuleFactory(name="old", retired_at="2026-01-01T00:00:00Z")
    CapsuleEdgeFactory(source=retired, target=shop["a"])

    assert set(distances(analyst.get(f"/capsules/{shop['a'].pk}/lineage"))) == {"a"}
    assert set(distances(auditor.get(f"/capsules/{shop['a'].pk}/lineage"))) == {"a", "b", "c"}
    assert set(distances(analyst.get(f"/capsules/{retired.pk}/lineage"))) == {"old", "a"}


def test_columns_have_a_lineage_of_their_own(analyst):
    cents, amount = ColumnFactory(name="amount_cents"), ColumnFactory(name="amount")
    ColumnEdgeFactory(source=cents, target=amount, transformation_expr="amount_cents / 100.0")

    answer = analyst.get(f"/columns/{amount.urn}/lineage?direction=upstream")

    assert distances(answer) == {"amount": (0, None), "amount_cents": (1, "upstream")}
    assert answer.body["nodes"][1]["capsule_urn"] == cents.capsule.urn
    assert answer.body["edges"][0]["transformation_expr"] == "amount_cents / 100.0"


def test_a_walk_costs_a_query_a_level_however_wide_it_is(analyst):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    hub = CapsuleFactory(name="hub")
    for target in CapsuleFactory.create_batch(10):
        CapsuleEdgeFactory(source=hub, target=target)
        CapsuleEdgeFactory(source=target, target=CapsuleFactory())
    analyst.get("/tags")

    with CaptureQueriesContext(connection) as queries:
        analyst.get(f"/capsules/{hub.pk}/lineage?direction=downstream&depth=3")

    assert len(queries) <= 8 + 3 + 3


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20), depth=st.integers(1, 5))
def test_distances_are_the_shortest_ones(db, pairs, depth):
    CapsuleEdge.objects.all().delete()
    capsules = CapsuleFactory.create_batch(8)
    flows = {(a, b) for a, b in pairs if a != b}
    for a, b in flows:
        CapsuleEdgeFactory(source=capsules[a], target=capsules[b])

    found = graph.around(
        capsules[0].pk, CapsuleEdge.objects.all(), direction="downstream", depth=depth
    ).distance

    expected, queue = {0: 0}, deque([0])
    while queue:
        here = queue.popleft()
        for a, b in flows:
            if a == here and b not in expected and expected[here] < depth:
                expected[b] = expected[here] + 1
                queue.append(b)
    assert {key: steps for key, (steps, _way) in found.items()} == {
        capsules[number].pk: steps for number, steps in expected.items()
    }


def test_an_edge_by_hand_names_its_ends_by_urn_or_id(producer):
    raw, orders = CapsuleFactory(name="raw"), CapsuleFactory(name="orders")

    made = producer.post("/lineage/edges", {"source_urn": raw.urn, "target_id": str(orders.pk)})

    assert made.status_code == 201
    assert (made.body["source_urn"], made.body["target_urn"]) == (raw.urn, orders.urn)
    assert made.body["edge_type"] == "flows_to"
    assert producer.get(made["Location"]).body == made.body
    assert producer.get(f"/lineage/edges?capsule_urn={raw.urn}").body["count"] == 1
    assert producer.get(f"/lineage/edges?target_urn={raw.urn}").body["count"] == 0
    assert producer.delete(made["Location"]).status_code == 204


def test_an_edge_that_makes_no_sense_is_refused(producer):
    raw, orders = CapsuleFactory(), CapsuleFactory()
    ends = {"source_urn": raw.urn, "target_urn": orders.urn}

    itself = producer.post("/lineage/edges", {"source_urn": raw.urn, "target_urn": raw.urn})
    nowhere = producer.post("/lineage/edges", {**ends, "source_urn": "urn:dcs:a:b:c:d"})
    contradiction = producer.post("/lineage/edges", {**ends, "source_id": str(orders.pk)})
    kind = producer.post("/lineage/edges", {**ends, "edge_type": "magic"})
    missing = producer.post("/lineage/edges", {"source_urn": raw.urn})

    assert (itself.status_code, list(itself.body["fields"])) == (400, ["target_id"])
    assert (nowhere.status_code, list(nowhere.body["fields"])) == (404, ["source_urn"])
    assert (contradiction.status_code, list(contradiction.body["fields"])) == (400, ["source_urn"])
    assert (kind.status_code, list(kind.body["fields"])) == (400, ["edge_type"])
    assert (missing.status_code, list(missing.body["fields"])) == (400, ["target_id"])
    assert [producer.post("/lineage/edges", ends).status_code for _each in range(2)] == [201, 409]


def test_edges_between_columns_are_added_and_removed(producer):
    source, target = ColumnFactory(), ColumnFactory()
    body = {"source_urn": source.urn, "target_urn": target.urn, "transformation_expr": "amount / 100"}

    made = producer.post("/lineage/column-edges", body)

    assert (made.status_code, made.body["source_column_id"]) == (201, str(source.pk))
    assert producer.post("/lineage/column-edges", body).status_code == 409
    assert producer.get(f"/lineage/column-edges?column_urn={target.urn}").body["count"] == 1
    assert producer.delete(f"/lineage/column-edges/{made.body['id']}").status_code == 204
    itself = producer.post("/lineage/column-edges", {"source_urn": source.urn, "target_urn": source.urn})
    assert (itself.status_code, list(itself.body["fields"])) == (400, ["target_column_id"])


def test_the_lineage_of_an_earlier_moment_tells_what_was_removed_since(analyst):
    shop = line("staging", "orders")
    long_ago, yesterday = timezone.now() - timedelta(days=9), timezone.now() - timedelta(days=1)
    type(shop["orders"]).objects.update(created_at=long_ago)
    CapsuleEdge.objects.update(created_at=long_ago)
    CapsuleEdge.objects.all().delete()

    path = f"/capsules/{shop['orders'].urn}/lineage"
    answer = analyst.get(f"{path}?direction=upstream&as_of={yesterday:%Y-%m-%d}")

    assert distances(answer) == {"orders": (0, None), "staging": (1, "upstream")}
    assert [edge["since"] for edge in answer.body["edges"]] == ["removed"]
    assert distances(analyst.get(path)) == {"orders": (0, None)}


def test_a_wrong_moment_is_named(analyst):
    answer = analyst.get(f"/capsules/{CapsuleFactory().pk}/lineage?as_of=yesterday")

    assert (answer.status_code, list(answer.body["fields"])) == (400, ["as_of"])
