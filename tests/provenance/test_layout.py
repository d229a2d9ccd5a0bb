import itertools
import re
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.provenance import layout
from apps.provenance.picture import picture
from apps.provenance.routing import HEIGHT, WIDTH

JAFFLE = [
    ("raw_customers", "stg_customers"),
    ("raw_orders", "stg_orders"),
    ("raw_payments", "stg_payments"),
    ("stg_customers", "customers"),
    ("stg_customers", "orders"),
    ("stg_orders", "orders"),
    ("stg_payments", "order_payments"),
    ("order_payments", "orders"),
    ("orders", "revenue_daily"),
    ("orders", "orders_export"),
    ("customers", "customer_lifetime_value"),
    ("orders", "customer_lifetime_value"),
]

graphs = st.integers(2, 14).flatmap(
    lambda size: st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=30).map(
        lambda edges: (list(range(size)), edges)
    )
)


def names(edges):
    return list(dict.fromkeys(name for edge in edges for name in edge))


def overlap(one, other):
    return abs(one.x - other.x) < WIDTH and abs(one.y - other.y) < HEIGHT


def test_everything_flows_from_left_to_right():
    drawn = layout.drawn(names(JAFFLE), JAFFLE)

    for up, down in JAFFLE:
        assert drawn.nodes[up].x < drawn.nodes[down].x


def test_a_late_source_stands_beside_what_it_feeds():
    edges = [*JAFFLE, ("stg_locations", "orders")]

    drawn = layout.drawn(names(edges), edges)

    assert drawn.nodes["orders"].column - drawn.nodes["stg_locations"].column == 1


def test_edges_that_can_be_untangled_do_not_cross():
    edges = [("a", "z"), ("b", "y"), ("c", "x")]
    drawn = layout.drawn(["a", "b", "c", "x", "y", "z"], edges)

    left = sorted("abc", key=lambda name: drawn.nodes[name].y)
    right = sorted("xyz", key=lambda name: drawn.nodes[name].y)

    assert [dict(edges)[name] for name in left] == right


def test_a_loop_is_drawn_and_marked():
    drawn = layout.drawn("abc", [("a", "b"), ("b", "c"), ("c", "a")])

    assert [(edge.up, edge.down) for edge in drawn.edges if edge.back] == [("c", "a")]


def test_the_edge_that_closes_a_long_loop_is_the_one_that_turns_round():
    chain = list(itertools.pairwise(range(20)))

    assert layout.closing(list(range(20)), [*chain, (19, 4)]) == {(19, 4)}


def test_edges_to_nodes_that_are_not_shown_are_left_out():
    drawn = layout.drawn(["a", "b"], [("a", "b"), ("a", "secret"), ("a", "a")])

    assert [(edge.up, edge.down) for edge in drawn.edges] == [("a", "b")]
    assert set(drawn.nodes) == {"a", "b"}


def test_a_single_node_is_a_picture_too():
    drawn = layout.drawn(["orders"], [])

    assert drawn.nodes["orders"].x >= 0
    assert drawn.width >= WIDTH


def test_nothing_is_an_empty_picture():
    assert layout.drawn([], []).nodes == {}


@settings(deadline=None)
@given(graphs)
def test_nodes_never_lie_on_each_other_and_stay_inside(graph):
    drawn = layout.drawn(*graph)

    placed = list(drawn.nodes.values())
    assert {node.name for node in placed} == set(graph[0])
    assert not any(overlap(one, other) for one, other in itertools.combinations(placed, 2))
    assert all(0 <= node.x <= drawn.width - WIDTH and 0 <= node.y <= drawn.height - HEIGHT for node in placed)


@settings(deadline=None)
@given(graphs)
def test_every_edge_is_drawn_once_and_inside(graph):
    drawn = layout.drawn(*graph)

    pairs = [(edge.up, edge.down) for edge in drawn.edges]
    assert sorted(pairs) == sorted({edge for edge in graph[1] if edge[0] != edge[1]})
    for edge in drawn.edges:
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", edge.path)]
        assert all(0 <= x <= drawn.width for x in numbers[::2])
        assert all(0 <= y <= drawn.height for y in numbers[1::2])


@settings(deadline=None)
@given(graphs)
def test_without_the_turned_edges_there_is_no_loop(graph):
    nodes, edges = graph[0], [edge for edge in dict.fromkeys(graph[1]) if edge[0] != edge[1]]

    back = layout.closing(nodes, edges)
    column = layout.ranks(nodes, [edge for edge in edges if edge not in back])

    assert set(column) == set(nodes)


def test_the_same_lineage_is_always_the_same_picture():
    assert layout.drawn(names(JAFFLE), JAFFLE) == layout.drawn(names(JAFFLE), JAFFLE)


def test_sixty_nodes_are_drawn_at_once():
    edges = [(f"m{at}", f"m{at + step}") for at in range(60) for step in (1, 3, 7) if at + step < 60]
    begun = time.process_time()

    layout.drawn(names(edges), edges)

    assert time.process_time() - begun < 0.5


def pictured(**focus):
    nodes = [
        {"name": name, "title": name, "kind": "model", "icon": "table-2", "url": "#"}
        for name in names(JAFFLE)
    ]
    for node in nodes:
        node["focus"] = node["name"] == focus.get("focus")
    return picture(nodes, [{"up": up, "down": down} for up, down in JAFFLE])


def test_arrow_keys_know_where_they_lead():
    drawn = {node["name"]: node for node in pictured(focus="orders").nodes}

    assert drawn["revenue_daily"]["id"] in drawn["orders"]["down"].split()
    assert drawn["stg_orders"]["id"] in drawn["orders"]["up"].split()


def test_long_names_are_cut_but_said_in_full():
    node = next(node for node in pictured().nodes if node["name"] == "customer_lifetime_value")

    assert node["short"] == "customer_lifetime…"
    assert node["title"] == "customer_lifetime_value"


def test_long_names_that_begin_alike_are_told_apart_by_their_ends():
    nodes = [
        {"name": f"customer_orders_by_{word}", "title": f"customer_orders_by_{word}"}
        for word in ("day", "week")
    ]
    shop = {"name": "stg_orders", "title": "stg_orders"}

    drawn = picture([*nodes, shop], [{"up": "stg_orders", "down": node["name"]} for node in nodes])

    assert {node["short"] for node in drawn.nodes} == {
        "stg_orders",
        "customer_…s_by_day",
        "customer_…_by_week",
    }


def test_the_sides_of_the_focus_are_named():
    assert [side for _, side in pictured(focus="orders").columns] == ["up", "focus", "down"]
    assert pictured().columns == []


def test_many_edges_of_one_node_run_as_one_line_until_they_part():
    edges = [("hub", f"mart_{n:02}") for n in range(40)]

    drawn = layout.drawn(["hub", *(down for _up, down in edges)], edges)

    starts = {edge.path.partition("L")[0] for edge in drawn.edges}
    assert len(starts) == 1
    turned = {
        re.search(r"L([0-9.]+) ", edge.path).group(1) for edge in drawn.edges if edge.path.count("Q") == 2
    }
    assert len(turned) == 1
