"""Walks over large graphs in memory: every node once, at its shortest distance, with the way to it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.provenance.sparse import Rows

EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=25)


def rows(edges, size):
    sources, targets = (np.array([edge[end] for edge in edges], np.int64) for end in (0, 1))
    return Rows(sources, targets, np.zeros(len(edges), np.int8), size)


def walked(graph, starts, *, depth=20, size=8, shut=()):
    """{node: (steps, node before)}."""
    levels, before = graph.walk(np.array(starts), depth, np.ones(size, bool), 5, shut)
    return {int(n): (step, int(before[n])) for step, level in enumerate(levels, 1) for n in level}


def test_77000_ancestors_are_all_found_by_depth_ten():
    # Each of 11 thousand middle nodes has seven of its own above it; all of them feed node 0.
    size = 1 + 11_000 * 8
    edges = [(middle, 0) for middle in range(1, 11_001)]
    edges += [(11_000 + (middle - 1) * 7 + n, middle) for middle in range(1, 11_001) for n in range(1, 8)]
    up = rows([(target, source) for source, target in edges], size)

    levels, before = up.walk(np.array([0]), 10, np.ones(size, bool), 5)

    assert [len(level) for level in levels] == [11_000, 77_000]
    assert set(before[levels[0]]) == {0}


def test_a_chain_of_77000_ends_at_its_depth_and_a_circle_of_them_ends_at_all():
    size = 77_000
    circle = rows([(n, (n + 1) % size) for n in range(size)], size)

    assert len(circle.walk(np.array([0]), 10, np.ones(size, bool), 5)[0]) == 10
    assert len(walked(circle, [0], depth=size + 5, size=size)) == size - 1


def test_a_loop_of_a_node_to_itself_leads_nowhere():
    assert walked(rows([(0, 0), (0, 1), (1, 1)], 8), [0]) == {1: (1, 0)}


def test_edges_that_are_shut_are_not_taken():
    graph = rows([(0, 1), (0, 2), (1, 3), (2, 3)], 8)
    shut = graph.between([0, 2], [1, 3])

    assert walked(graph, [0], shut=shut) == {2: (1, 0)}


@settings(max_examples=200, deadline=None)
@given(edges=EDGES, starts=st.lists(st.integers(0, 7), min_size=1, max_size=3, unique=True))
def test_every_node_is_reached_at_its_shortest_distance_by_an_edge_from_the_step_before(edges, starts):
    steps = dict.fromkeys(starts, 0)
    queue = list(starts)
    for here in queue:
        for source, target in edges:
            if source == here and target not in steps:
                steps[target] = steps[here] + 1
                queue.append(target)

    found = walked(rows(edges, 8), starts)

    assert {node: step for node, (step, _before) in found.items()} == {n: s for n, s in steps.items() if s}
    for node, (step, before) in found.items():
        assert (before, node) in edges
        assert steps[before] == step - 1


@settings(max_examples=25, deadline=None)
@given(edges=EDGES, nodes=st.lists(st.integers(0, 7), max_size=4))
def test_the_neighbours_of_nodes_are_told_edge_by_edge(edges, nodes):
    at, there = rows(edges, 8).neighbours(np.array(nodes, np.intp), 5)

    found = sorted(zip(at.tolist(), there.tolist(), strict=True))
    assert found == sorted(
        (place, end) for place, node in enumerate(nodes) for start, end in edges if start == node
    )
