"""The neighbourhood of a capsule or column: nearest first, each node once, hidden ones not at all."""

from collections import deque

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalog.models import Capsule
from apps.people.reader import system
from apps.provenance import reach, walk
from apps.provenance.models import CapsuleEdge
from tests.factories import CapsuleEdgeFactory, CapsuleFactory, ColumnEdgeFactory, ColumnFactory

pytestmark = pytest.mark.django_db
ANALYST = system("test", clearance=2)
SECRET = 5


def chain(*names):
    """Capsules of which each feeds the next."""
    capsules = [CapsuleFactory(name=name) for name in names]
    for source, target in zip(capsules, capsules[1:], strict=False):
        CapsuleEdgeFactory(source=source, target=target)
    return capsules


def names(neighbourhood):
    told = {capsule.pk: capsule.name for capsule in Capsule.objects.all()}
    return {told[key]: distance for key, distance in neighbourhood.distance.items()}


def test_both_ways_are_walked_with_the_distance_of_each_node():
    raw, stg, orders, _revenue, _report = chain("raw", "stg", "orders", "revenue", "report")

    around = walk.capsules(orders.pk, ANALYST, up=2, down=1)

    assert names(around) == {
        "orders": (0, ""),
        "stg": (1, "upstream"),
        "raw": (2, "upstream"),
        "revenue": (1, "downstream"),
    }
    assert {(edge.source, edge.target) for edge in around.edges} >= {(raw.pk, stg.pk), (stg.pk, orders.pk)}
    assert list(around.beyond.values()) == [1], "the report lies beyond the revenue"


def test_a_circle_ends():
    one, two, three = chain("one", "two", "three")
    CapsuleEdgeFactory(source=three, target=one)

    around = walk.capsules(one.pk, ANALYST, up=0, down=20)

    assert names(around) == {"one": (0, ""), "two": (1, "downstream"), "three": (2, "downstream")}
    assert len(around.edges) == 3


def test_what_does_not_fit_is_counted():
    hub = CapsuleFactory(name="hub")
    for n in range(7):
        CapsuleEdgeFactory(source=hub, target=CapsuleFactory(name=f"reader_{n}"))

    around = walk.capsules(hub.pk, ANALYST, down=3, most=4)

    assert list(names(around)) == ["hub", "reader_0", "reader_1", "reader_2", "reader_3"]
    assert around.left_out == {"downstream": 3}
    assert around.beyond == {(hub.pk, "downstream"): 3}


def test_hidden_and_retired_nodes_are_neither_told_nor_walked_through():
    _one, two, three = chain("one", "two", "three")
    other = CapsuleFactory(name="retired", retired_at=timezone.now())
    CapsuleEdgeFactory(source=three, target=other)
    Capsule.objects.filter(pk=two.pk).update(visibility_rank=SECRET)

    assert names(walk.capsules(three.pk, ANALYST)) == {"three": (0, "")}
    assert walk.capsules(three.pk, ANALYST).beyond == {}
    assert walk.capsules(two.pk, ANALYST).distance == {}
    assert set(names(walk.capsules(three.pk, system("auditor", clearance=5)))) == {"three", "two", "one"}


def test_columns_are_walked_alike():
    source, target = ColumnFactory(name="amount_cents"), ColumnFactory(name="amount")
    ColumnEdgeFactory(source=source, target=target)
    hidden = ColumnFactory(capsule=CapsuleFactory(visibility_rank=SECRET))
    ColumnEdgeFactory(source=target, target=hidden)

    around = walk.columns(target.pk, ANALYST)

    assert around.distance == {target.pk: (0, ""), source.pk: (1, "upstream")}
    assert around.beyond == {}


def test_a_walk_costs_four_queries_at_most_however_far_it_goes():
    capsules = chain(*"abcdefgh")

    with CaptureQueriesContext(connection) as queries:
        walk.capsules(capsules[0].pk, ANALYST, down=7)

    assert len(queries) in (3, 4), "the fourth asks whether what is in memory is as it was"


graphs = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda edge: edge[0] != edge[1]),
    max_size=20,
    unique=True,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=graphs, hidden=st.sets(st.integers(1, 7), max_size=3), depth=st.integers(1, 5))
def test_database_memory_and_a_plain_search_agree(edges, hidden, depth):
    with transaction.atomic():
        capsules = [
            Capsule(
                name=f"c{n}",
                urn=f"urn:dcs:test:model:x:c{n}",
                capsule_type="model",
                visibility_rank=SECRET if n in hidden else 2,
            )
            for n in range(8)
        ]
        Capsule.objects.bulk_create(capsules)
        CapsuleEdge.objects.bulk_create(
            CapsuleEdge(source=capsules[a], target=capsules[b], source_urn="a", target_urn="b")
            for a, b in edges
        )

        for way, follow in (("downstream", lambda a, b: (a, b)), ("upstream", lambda a, b: (b, a))):
            seen, queue = {0: 0}, deque([0])
            while queue:
                here = queue.popleft()
                for a, b in (follow(*edge) for edge in edges):
                    if a == here and b not in seen and b not in hidden and seen[here] < depth:
                        seen[b] = seen[here] + 1
                        queue.append(b)
            expected = {capsules[n].pk: steps for n, steps in seen.items() if n}

            up, down = (depth, 0) if way == "upstream" else (0, depth)
            around = walk.capsules(capsules[0].pk, ANALYST, up=up, down=down)
            assert {key: steps for key, (steps, _way) in around.distance.items() if steps} == expected
            if edges:  # capsules without any are not in the graph until some come
                known = reach.graph("capsule_lineage").beyond(around.keys, ANALYST.clearance)
                assert known == around.beyond
            assert set(reach.capsules(capsules[0].pk, ANALYST, way=way, depth=depth)) == set(expected)
            counts = reach.counts(capsules[0].pk, ANALYST, way=way, depth=depth)
            assert counts == [list(expected.values()).count(step + 1) for step in range(len(counts))]
            assert sum(counts) == len(expected)
        transaction.set_rollback(True)
