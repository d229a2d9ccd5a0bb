"""Terms as a graph, and the graph as a file."""

from urllib.parse import quote

from rdflib import RDF, SKOS, Graph, Literal, URIRef

from ..plans import NO_DEFINITION, folded
from .concepts import fields
from .files import FORMATS
from .words import MATCHES, OUR_TERMS, PREFIXES, RELATIONS, add, node_of


def write(terms, *, format="turtle"):
    """The SKOS document (bytes) of `terms`: dicts with the fields of an entry, `status`, `relations`, `skos`."""
    return graph_of(terms).serialize(format=FORMATS[format], encoding="utf-8")


def graph_of(terms):
    """The graph that `write` spells out."""
    terms = list(terms)
    graph = Graph()
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    nodes = {folded(term["name"]): node_of(uri_of(term)) for term in terms}
    for term in terms:
        _describe(graph, nodes[folded(term["name"])], term, nodes)
    return graph


def uri_of(term):
    """The URI of a term: where it came from, else one made of its name."""
    return (term.get("skos") or {}).get("uri") or OUR_TERMS + quote(folded(term["name"]), safe="")


def _describe(graph, node, term, nodes):
    kept = term.get("skos") or {}
    language = kept.get("language", "en")
    says, said = dict(kept.get("says", {})), {}
    if kept:
        said = fields(kept, term["name"])
        label = said["display_name"] or term["name"]
    else:
        says["rdf:type"] = [{"@id": str(SKOS.Concept)}]
        label = None

    def text(value):
        return {"@value": value, "@language": language}

    now = (term.get("display_name") or "").strip() or term["name"]
    if not kept and now != term["name"]:
        says["rdfs:label"] = [{"@value": term["name"]}]
    if now != label:
        says["skos:prefLabel"] = [
            one for one in says.get("skos:prefLabel", []) if one.get("@language") != language
        ]
        says["skos:prefLabel"].append(text(now))
    definition = "" if term["definition"] == NO_DEFINITION else term["definition"]
    if definition != said.get("definition", "") and not _lengthened(definition, said, term):
        if "skos:definition" not in says:
            says.pop("skos:scopeNote", None)
        rest = [one for one in says.get("skos:definition", []) if one.get("@language", language) != language]
        says["skos:definition"] = [*(one for one in rest if "@value" in one), text(definition)]
    if (term.get("abbreviation") or "") != said.get("abbreviation", ""):
        rest = [one for one in says.get("skos:notation", []) if one.get("@value") != said.get("abbreviation")]
        says["skos:notation"] = (
            [*rest, {"@value": term["abbreviation"]}] if term.get("abbreviation") else rest
        )
    _respell(says, "skos:altLabel", term.get("synonyms"), said.get("synonyms"), text, ("av:synonym",))
    _respell(says, "skos:example", term.get("examples"), said.get("examples"), text)
    if term.get("status") == "deprecated" and "owl:deprecated" not in says:
        says["owl:deprecated"] = [{"@value": "true", "@type": "http://www.w3.org/2001/XMLSchema#boolean"}]
    if term.get("category") and "skos:inScheme" not in says and "skos:topConceptOf" not in says:
        scheme = URIRef(f"urn:dcs:category:{quote(folded(term['category']), safe='')}")
        says["skos:inScheme"] = [{"@id": str(scheme)}]
        graph.add((scheme, RDF.type, SKOS.ConceptScheme))
        graph.add((scheme, SKOS.prefLabel, Literal(term["category"], lang=language)))
    add(graph, node, says)
    for other, about in kept.get("about", {}).items():
        add(graph, node_of(other), about, curies=False)
    for word, others in (term.get("relations") or {}).items():
        if word in RELATIONS or word in MATCHES:
            for other in others:
                target = nodes.get(folded(other)) or (
                    node_of(other) if ":" in other and " " not in other else None
                )
                inherits = word == "broader" and {"@id": str(target)} in says.get("rdfs:subClassOf", [])
                if target is not None and not inherits:
                    graph.add((node, {**RELATIONS, **MATCHES}[word], target))


def _lengthened(definition, said, term):
    return bool(said.get("definition")) and definition == f"{term['name']}: {said['definition']}"


def _respell(says, word, now, before, text, others=()):
    """Replace the texts that the term's list no longer has, add those that it has now; the rest stays as it was."""
    now, before = list(now or []), list(before or [])
    if now == before:
        return
    for key in (word, *others):
        if key in says:
            says[key] = [
                one
                for one in says[key]
                if " ".join(one.get("@value", "").split()) not in set(before) - set(now)
            ]
    added = [text(one) for one in now if one not in before]
    if added:
        says[word] = [*says.get(word, []), *added]
