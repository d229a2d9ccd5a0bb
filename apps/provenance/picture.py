"""A lineage graph ready to be printed by `components/lineage_graph.html`: places, short names, neighbours."""

from collections import Counter
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.provenance import layout
from apps.provenance.routing import HEIGHT, WIDTH
from apps.ui import icons
from apps.ui.charts import number

PLACES = ("x", "y", "icon_x", "icon_y", "text_x", "title_y", "kind_y")
LETTERS = 18  # of 13 px that fit beside the icon, in wide fonts too


@dataclass(frozen=True)
class Picture:
    """What the template prints: every position is a number, every node knows where the arrow keys lead."""

    width: float
    height: float
    columns: list
    nodes: list
    edges: list
    more: list

    @property
    def printed_nodes(self):
        """The pieces of every node for the slots of its template."""
        return [_printed(node) for node in self.nodes]

    @property
    def printed_edges(self):
        """The pieces of every edge for the slots of its template."""
        return [
            {
                "classes": _classes(hot=edge.get("hot"), job=edge.get("job") or edge["back"])
                + (f" {edge['since']}" if edge.get("since") else ""),
                "path": edge["path"],
                "title": _titled(edge.get("title")),
                "hot": _classes(hot=edge.get("hot")),
                "tip": edge["tip"],
            }
            for edge in self.edges
        ]


def _printed(node):
    said = [node["title"], node["kind"], node.get("flag_word")]
    flag = '<circle class="flag" data-hue="{}" cx="{}" cy="{}" r="4" />'
    return {
        "hit": _classes(hit=node.get("hit")),
        "url": node["url"],
        "current": SafeString('aria-current="true"') if node.get("focus") else "",
        **{name: node[name] for name in ("id", "up", "down", "above", "below", "short", "kind")},
        "focus_here": format_html('data-focus-here="{}"', node["focus_url"]) if node.get("focus_url") else "",
        "label": ", ".join(str(each) for each in said if each),
        **{name: number(node[name]) for name in PLACES},
        "icon": icons.paths(node["icon"]),
        "flag": format_html(flag, node["flag"], number(node["flag_x"]), number(node["flag_y"]))
        if node.get("flag")
        else "",
        "title": _titled(node["title"] if node["short"] != node["title"] else ""),
    }


def _classes(**named):
    return "".join(f" {name}" for name, wanted in named.items() if wanted)


def _titled(text):
    return format_html("<title>{}</title>", text) if text else ""


def picture(nodes, edges, more=()):
    """A `Picture` of `nodes` (dicts with `name`, `title`, `kind`, `icon`, `url`) and `edges` (`up`, `down`).

    A node may also have `focus`, `hit` (it breaks), `flag` (a hue), `flag_word`, and `focus_url`; an edge
    `hot`, `job`, and `title`; `more` are dicts of `name`, `text`, `url`, one line below its node. Columns
    are (x, "up" | "focus" | "down"), named only where the reader needs the direction: a column further out
    may hold nodes at several distances.
    """
    drawn = layout.drawn([node["name"] for node in nodes], [(edge["up"], edge["down"]) for edge in edges])
    ids = {name: f"n{number}" for number, name in enumerate(drawn.nodes)}
    above, below = layout.neighbours([(edge.up, edge.down) for edge in drawn.edges])
    at = {(place.column, place.row): name for name, place in drawn.nodes.items()}
    focus = next((drawn.nodes[node["name"]].column for node in nodes if node.get("focus")), None)

    def beside(name, step):
        place = drawn.nodes[name]
        return ids.get(at.get((place.column, place.row + step)), "")

    short = titles(nodes)
    printed = {}
    for node in nodes:
        name, place = node["name"], drawn.nodes[node["name"]]
        printed[name] = {
            **node,
            "id": ids[name],
            "short": short[name],
            "x": place.x,
            "y": place.y,
            "text_x": place.x + 34,
            "title_y": place.y + 17,
            "kind_y": place.y + 31,
            "icon_x": place.x + 10,
            "icon_y": place.y + 12,
            "flag_x": place.x + WIDTH - 13,
            "flag_y": place.y + 13,
            "up": " ".join(ids[other] for other in above[name]),
            "down": " ".join(ids[other] for other in below[name]),
            "above": beside(name, -1),
            "below": beside(name, 1),
        }
    said = {(edge["up"], edge["down"]): edge for edge in edges}
    lines = [
        {**said[edge.up, edge.down], "path": edge.path, "tip": edge.tip, "back": edge.back}
        for edge in drawn.edges
    ]
    return Picture(
        width=drawn.width,
        height=drawn.height,
        columns=named(drawn.columns, focus),
        # Reading order is column by column; hot edges are printed last, so that they lie on top.
        nodes=[printed[at[place]] for place in sorted(at)],
        edges=sorted(lines, key=lambda edge: bool(edge.get("hot"))),
        more=[
            {**link, "x": drawn.nodes[link["name"]].x + 2, "y": drawn.nodes[link["name"]].y + HEIGHT + 14}
            for link in more
            if link["name"] in drawn.nodes
        ],
    )


def named(columns, focus):
    if focus is None:
        return []
    found = [(columns[focus], "focus")]
    if focus > 0:
        found.insert(0, (columns[0], "up"))
    if focus + 1 < len(columns):
        found.append((columns[focus + 1], "down"))
    return found


def titles(nodes):
    """{name: what fits into the node}: the beginning of a long title, or its two ends where the beginning would not tell it apart."""
    room = {node["name"]: LETTERS - 2 if node.get("flag") else LETTERS for node in nodes}
    cut = {node["name"]: shortened(node["title"], room[node["name"]]) for node in nodes}
    number = Counter(cut.values())
    return {
        node["name"]: cut[node["name"]]
        if number[cut[node["name"]]] == 1
        else folded(node["title"], room[node["name"]])
        for node in nodes
    }


def shortened(text, most):
    return text if len(text) <= most else f"{text[: most - 1]}…"


def folded(text, most):
    """The first and the last letters of a text, as many of these as of those."""
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[: most - 1 - half]}…{text[-half:]}"
