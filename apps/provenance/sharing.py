"""A neighbourhood of the lineage for other programs: GraphML, Mermaid and JSON-LD, of all nodes that are listed."""

import json
from xml.etree import ElementTree

from apps.catalog.models import Column

GRAPHML = "http://graphml.graphdrawing.org/xmlns"
PROV = "http://www.w3.org/ns/prov#"
SCHEMA = "https://schema.org/"
# Characters that XML 1.0 cannot hold; a name has none of them in its right mind.
UNWRITABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 65534, 65535])
NODE_KEYS = ("urn", "name", "kind", "way", "steps")
EDGE_KEYS = ("how",)


def nodes(around, found):
    """[{urn, name, kind, way, steps}] of the focus and everything listed, nearest first."""
    steps = {around.start: ("", 0)}
    for side in (around.up, around.down):
        for key, number in side.steps.items():
            steps.setdefault(key, (side.way, number))
    ordered = sorted(steps.items(), key=lambda pair: pair[1][1])
    return [
        {
            "key": key,
            "urn": found[key].urn,
            "name": _name(found[key]),
            "kind": "column" if isinstance(found[key], Column) else "capsule",
            "way": way,
            "steps": number,
        }
        for key, (way, number) in ordered
        if key in found
    ]


def edges(around, found):
    """[(source key, target key, how)] between the nodes that are listed."""
    return [
        (edge.source_id, edge.target_id, _how(edge))
        for edge in around.listed_edges
        if edge.source_id in found and edge.target_id in found
    ]


def _name(row):
    return f"{row.capsule.name}.{row.name}" if isinstance(row, Column) else row.name


def _how(edge):
    return getattr(edge, "transformation", None) or getattr(edge, "transformation_type", None) or ""


def graphml(around, found):
    """The graph as GraphML, which graph editors and network libraries read."""
    ElementTree.register_namespace("", GRAPHML)
    root = ElementTree.Element(f"{{{GRAPHML}}}graphml")
    for kind, keys in (("node", NODE_KEYS), ("edge", EDGE_KEYS)):
        for name in keys:
            typed = "int" if name == "steps" else "string"
            about = {"id": name, "for": kind, "attr.name": name, "attr.type": typed}
            ElementTree.SubElement(root, f"{{{GRAPHML}}}key", about)
    graph = ElementTree.SubElement(root, f"{{{GRAPHML}}}graph", {"id": "lineage", "edgedefault": "directed"})
    numbers = {}
    for number, node in enumerate(nodes(around, found)):
        numbers[node["key"]] = f"n{number}"
        _element(graph, "node", {"id": f"n{number}"}, {name: node[name] for name in NODE_KEYS})
    for source, target, how in edges(around, found):
        if source in numbers and target in numbers:
            _element(graph, "edge", {"source": numbers[source], "target": numbers[target]}, {"how": how})
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _element(graph, tag, about, data):
    element = ElementTree.SubElement(graph, f"{{{GRAPHML}}}{tag}", about)
    for name, value in data.items():
        if value != "":
            datum = ElementTree.SubElement(element, f"{{{GRAPHML}}}data", {"key": name})
            datum.text = str(value).translate(UNWRITABLE)


def mermaid(around, found):
    """The graph as a Mermaid flowchart, which Markdown pages draw; the focus is marked."""
    listed = nodes(around, found)
    numbers = {node["key"]: f"n{number}" for number, node in enumerate(listed)}
    lines = ["flowchart LR"]
    lines += [f'  {numbers[node["key"]]}["{_label(node["name"])}"]' for node in listed]
    for source, target, how in edges(around, found):
        if source in numbers and target in numbers:
            said = f'|"{_label(how)}"|' if how else ""
            lines.append(f"  {numbers[source]} -->{said} {numbers[target]}")
    lines.append(f"  style {numbers[around.start]} stroke-width:3px")
    return "\n".join(lines) + "\n"


def _label(text):
    """A text inside quotes: what would end it or begin markup is spelled as an entity."""
    spelled = {"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;", "#": "&num;", "`": "&#96;"}
    return "".join(spelled.get(sign, sign) for sign in " ".join(text.split()))


def jsonld(around, found):
    """The graph as JSON-LD in the words of W3C PROV: each thing an entity, derived from what feeds it."""
    listed = nodes(around, found)
    urns = {node["key"]: node["urn"] for node in listed}
    entities = {
        node["key"]: {"@id": node["urn"], "@type": "prov:Entity", "name": node["name"]} for node in listed
    }
    for source, target, _said in edges(around, found):
        if source in urns and target in urns:
            entities[target].setdefault("prov:wasDerivedFrom", []).append({"@id": urns[source]})
    content = {
        "@context": {"prov": PROV, "name": f"{SCHEMA}name"},
        "@graph": list(entities.values()),
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


# Format → (how it is written, media type, ending).
FORMATS = {
    "graphml": (graphml, "application/xml", "graphml"),
    "mermaid": (mermaid, "text/plain; charset=utf-8", "mmd"),
    "jsonld": (jsonld, "application/ld+json", "jsonld"),
}
