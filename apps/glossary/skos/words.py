"""The words of SKOS that are read, and the nodes of a graph as JSON."""

from rdflib import OWL, RDF, RDFS, SKOS, BNode, Literal, Namespace, URIRef

XL = Namespace("http://www.w3.org/2008/05/skos-xl#")
AV = Namespace("https://www.omg.org/spec/Commons/AnnotationVocabulary/")
OUR_TERMS = "urn:dcs:term:"
RELATIONS = {"broader": SKOS.broader, "narrower": SKOS.narrower, "related": SKOS.related}
MATCHES = {
    name: SKOS[name] for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
}
NOTES = ("note", "editorialNote", "changeNote", "historyNote")
KEPT = {
    **{f"skos:{name}": SKOS[name] for name in ("prefLabel", "altLabel", "hiddenLabel", "notation")},
    **{f"skos:{name}": SKOS[name] for name in ("definition", "scopeNote", "example", *NOTES)},
    **{f"skos:{name}": SKOS[name] for name in ("inScheme", "topConceptOf")},
    **{f"skosxl:{name}": XL[name] for name in ("prefLabel", "altLabel", "hiddenLabel")},
    **{f"av:{name}": AV[name] for name in ("synonym", "abbreviation")},
    "rdf:type": RDF.type,
    "rdfs:label": RDFS.label,
    "rdfs:subClassOf": RDFS.subClassOf,
    "owl:deprecated": OWL.deprecated,
}
PREFIXES = {"skos": SKOS, "skosxl": XL, "av": AV, "owl": OWL, "rdfs": RDFS}


def add(graph, node, says, *, curies=True):
    for word, values in says.items():
        for value in values:
            graph.add((node, KEPT[word] if curies else URIRef(word), value_of(value)))


def json_of(value):
    if not isinstance(value, Literal):
        return {"@id": name_of(value)}
    told = {"@value": str(value)}
    if value.language:
        told["@language"] = value.language
    elif value.datatype:
        told["@type"] = str(value.datatype)
    return told


def value_of(told):
    if "@id" in told:
        return node_of(told["@id"])
    datatype = told.get("@type")
    return Literal(
        told["@value"],
        lang=told.get("@language"),
        datatype=URIRef(datatype) if datatype else None,
        normalize=False,
    )


def order_of(value):
    return (str(value), str(getattr(value, "language", "")), str(getattr(value, "datatype", "")))


def name_of(node):
    return f"_:{node}" if isinstance(node, BNode) else str(node)


def node_of(name):
    return BNode(name[2:]) if name.startswith("_:") else URIRef(name)
