"""SKOS vocabularies as terms and back: Turtle, RDF/XML and JSON-LD, without a network and without entity tricks.

`read` turns a file into concepts whose entries a plan compares; `write` turns terms into a graph again. What a
concept says beyond the fields of a term travels along in `meta["skos"]`, so a re-export is isomorphic for what
was read (interop.md, section 7). The words follow the SKOS reference, W3C 2009.
"""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import quote
from xml.parsers import expat

from django.utils.translation import gettext as _
from rdflib import OWL, RDF, RDFS, SKOS, BNode, Graph, Literal, Namespace, URIRef

from .plans import NO_DEFINITION, SHORTEST_DEFINITION, Entry, folded
from .sheets import MOST_BYTES, Unreadable

XL = Namespace("http://www.w3.org/2008/05/skos-xl#")
AV = Namespace("https://www.omg.org/spec/Commons/AnnotationVocabulary/")
FORMATS = {"turtle": "turtle", "xml": "xml", "json-ld": "json-ld"}
SUFFIXES = {"ttl": "turtle", "rdf": "xml", "owl": "xml", "xml": "xml", "jsonld": "json-ld", "json": "json-ld"}
TYPES = {"turtle": "text/turtle", "xml": "application/rdf+xml", "json-ld": "application/ld+json"}
MOST_TRIPLES = 500_000
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


@dataclass
class Vocabulary:
    """What a file holds: entries for a plan, how much was read, and what deserves a second look."""

    entries: list[Entry]
    concepts: int = 0
    relations: int = 0
    schemes: int = 0
    collections: int = 0
    warnings: list[str] = field(default_factory=list)


# ---------- reading ----------


def read(data, *, format, language="en", classes=False):
    """The `Vocabulary` in a file (bytes), its names in `language`; `classes` takes labelled OWL classes as concepts.

    `format` is a key of FORMATS. Raises `Unreadable` for what is damaged, too large, or reaches for the network.
    """
    graph = _parsed(data, format)
    concepts = sorted(_concepts(graph, classes), key=str)
    found = Vocabulary([], concepts=len(concepts))
    names = _names(graph, concepts, language, found.warnings)
    schemes, collections = set(), set()
    for concept in concepts:
        entry, relations = _entry(graph, concept, names, language)
        found.entries.append(entry)
        found.relations += relations
        schemes.update(graph.objects(concept, SKOS.inScheme), graph.objects(concept, SKOS.topConceptOf))
        collections.update(_collections(graph, concept))
    found.schemes, found.collections = len(schemes), len(collections)
    if not concepts:
        found.warnings.append(_nothing(graph))
    for loop in circles(graph, concepts):
        told = " → ".join(names[concept] for concept in loop)
        found.warnings.append(_("These terms are broader than themselves: %s.") % told)
    return found


def _parsed(data, format):
    if len(data) > MOST_BYTES:
        raise Unreadable(_("The file is larger than %d MiB.") % (MOST_BYTES // 1024**2))
    CHECKS.get(format, lambda _data: None)(data)
    graph = Graph()
    try:
        graph.parse(data=data, format=FORMATS[format], publicID="urn:dcs:import:")
    except Exception as error:  # every parser has refusals of its own
        why = " ".join(str(error).split())[:300] or type(error).__name__
        raise Unreadable(
            _("The file cannot be read as %(format)s: %(why)s") % {"format": format, "why": why}
        ) from None
    if len(graph) > MOST_TRIPLES:
        raise Unreadable(_("The file has more than %d statements; part it.") % MOST_TRIPLES)
    return graph


def _without_tricks(data):
    """Raise `Unreadable` for XML that names files or addresses, or entities that grow; short names for URIs are fine."""
    entities = []

    def declared(name, parameter, value, base, system, public, notation):
        if parameter or system or public or notation or value is None or "&" in value or len(value) > 500:
            raise Unreadable(_("The file declares the entity “%s”; only plain short texts are read.") % name)
        entities.append(name)
        if len(entities) > 500:
            raise Unreadable(_("The file declares more than 500 entities."))

    def doctype(name, system, public, internal):
        if system or public:
            raise Unreadable(_("The file points to a document type elsewhere; remove it."))

    parser = expat.ParserCreate()
    parser.EntityDeclHandler, parser.StartDoctypeDeclHandler = declared, doctype
    parser.ExternalEntityRefHandler = lambda *about: 0
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Unreadable(_("The file is no XML: %s.") % error) from None


def _without_addresses(data):
    """Raise `Unreadable` for JSON-LD whose context lies elsewhere: nothing is fetched."""
    try:
        waiting = [json.loads(data)]
    except (ValueError, RecursionError) as error:
        raise Unreadable(_("The file is no JSON: %s.") % error) from None
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            context = part.get("@context")
            for one in context if isinstance(context, list) else [context]:
                if isinstance(one, str) or isinstance(one, dict) and "@import" in one:
                    raise Unreadable(_("The context lies at another address; put it into the file."))
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


CHECKS = {"xml": _without_tricks, "json-ld": _without_addresses}


def _concepts(graph, classes):
    found = set(graph.subjects(RDF.type, SKOS.Concept))
    if classes:
        labelled = set(graph.subjects(RDFS.label)) | set(graph.subjects(SKOS.prefLabel))
        found |= {
            one
            for one in graph.subjects(RDF.type, OWL.Class)
            if isinstance(one, URIRef) and one in labelled and one not in (SKOS.Concept,)
        }
    return found


def _nothing(graph):
    classes = sum(isinstance(one, URIRef) for one in set(graph.subjects(RDF.type, OWL.Class)))
    if classes:
        return (
            _("The file has no concepts, but %d classes: import them as concepts if they are words.")
            % classes
        )
    return _("The file has %d statements and no concept: there is no term in it.") % len(graph)


def _texts(graph, node, predicate, language, *, lines=False):
    """The texts of a property in the language: exactly, else of a dialect, else without a language, else any one.

    Structured notes count by their `rdf:value`, labels of SKOS-XL by their literal form; `lines` keeps line breaks.
    """
    literals = []
    for value in graph.objects(node, predicate):
        if isinstance(value, Literal):
            literals.append(value)
        else:
            literals += [
                one
                for inner in (RDF.value, XL.literalForm)
                for one in graph.objects(value, inner)
                if isinstance(one, Literal)
            ]
    by_language = {}
    for literal in sorted(literals, key=lambda one: (str(one), str(one.language))):
        text = str(literal).strip() if lines else " ".join(str(literal).split())
        by_language.setdefault((literal.language or "").lower(), []).append(text)
    wanted = language.lower()
    dialects = sorted(tag for tag in by_language if tag.split("-")[0] == wanted.split("-")[0])
    for tag in (wanted, *dialects, "", *sorted(by_language)):
        if tag in by_language:
            return by_language[tag]
    return []


def _in_language(graph, node, predicate, language):
    """The texts of a property in the language or without one, nothing else."""
    wanted = language.lower().split("-")[0]
    found = []
    for value in sorted(graph.objects(node, predicate), key=str):
        if isinstance(value, Literal) and (value.language or wanted).lower().split("-")[0] == wanted:
            found.append(" ".join(str(value).split()))
    return list(dict.fromkeys(text for text in found if text))


def _tail(uri):
    return re.split(r"[/#:]", str(uri).rstrip("/#:"))[-1] or str(uri)


def _label(graph, concept, language):
    for predicate in (SKOS.prefLabel, XL.prefLabel, RDFS.label):
        if texts := _texts(graph, concept, predicate, language):
            return texts[0]
    return ""


def _names(graph, concepts, language, warnings):
    """{concept: name}: its label; the second of one label gets its notation or the end of its URI added."""
    names, taken = {}, {}
    for concept in concepts:
        own = str(concept).startswith(OUR_TERMS)
        label = (own and str(graph.value(concept, RDFS.label) or "")) or _label(graph, concept, language)
        if not label:
            label = _tail(concept)
            warnings.append(
                _("%(uri)s has no label; it is called “%(name)s”.") % {"uri": concept, "name": label}
            )
        name = label[:255]
        if folded(name) in taken:
            notations = sorted(str(one) for one in graph.objects(concept, SKOS.notation))
            for mark in [*notations, _tail(concept), str(concept)]:
                name = f"{label[: 250 - len(mark)]} ({mark})"[:255]
                if folded(name) not in taken:
                    break
            warnings.append(
                _("%(uri)s is the second “%(label)s”; it is called “%(name)s”.")
                % {"uri": concept, "label": label, "name": name}
            )
        taken[folded(name)] = concept
        names[concept] = name
    return names


def _entry(graph, concept, names, language):
    """(entry, number of relations) of one concept."""
    entry = Entry(str(concept), {}, key=_name(concept))
    says = {
        word: [_told(one) for one in sorted(graph.objects(concept, predicate), key=_order)]
        for word, predicate in KEPT.items()
        if (concept, predicate, None) in graph
    }
    if parents := [one for one in says.pop("rdfs:subClassOf", []) if URIRef(one["@id"]) in names]:
        says["rdfs:subClassOf"] = parents
    kept = {"uri": _name(concept), "language": language, "says": says}
    if about := _satellites(graph, concept):
        kept["about"] = about
    relations, number = _relations(graph, concept, names)
    values = {"name": names[concept], **fields(kept, names[concept])}
    values["category"] = _scheme(graph, concept, language)[:100]
    if not values["definition"]:
        entry.warnings.append(_("The concept has no definition; it enters as a draft that says so."))
        values["definition"] = NO_DEFINITION
    elif len(values["definition"]) < SHORTEST_DEFINITION:
        values["definition"] = f"{names[concept]}: {values['definition']}"
        if len(values["definition"]) < SHORTEST_DEFINITION:
            values["definition"] = NO_DEFINITION
        entry.warnings.append(_("The definition is shorter than 10 characters."))
    if says.get("owl:deprecated"):
        entry.warnings.append(_("Its source calls it deprecated."))
    values["relations"] = relations
    if not kept["uri"].startswith(OUR_TERMS):
        values["skos"] = kept
    entry.values = values
    return entry, number


def fields(kept, name):
    """What `meta["skos"]` says for the fields of a term: display name, definition, abbreviation, synonyms, examples."""
    graph, concept = Graph(), URIRef(kept["uri"])
    _add(graph, concept, kept["says"])
    for node, says in kept.get("about", {}).items():
        _add(graph, _node(node), says, curies=False)
    language = kept["language"]
    label = _label(graph, concept, language)
    definitions = _texts(graph, concept, SKOS.definition, language, lines=True) or _texts(
        graph, concept, SKOS.scopeNote, language, lines=True
    )
    synonyms = [
        text
        for predicate in (SKOS.altLabel, AV.synonym)
        for text in _in_language(graph, concept, predicate, language)
    ]
    notations = sorted(str(one) for one in graph.objects(concept, SKOS.notation))
    notations += sorted(str(one) for one in graph.objects(concept, AV.abbreviation))
    return {
        "display_name": label[:255] if label and label != name else "",
        "definition": "\n\n".join(definitions),
        "abbreviation": next((one for one in notations if len(one) <= 50), ""),
        "synonyms": list(dict.fromkeys(text[:500] for text in synonyms if text != label)),
        "examples": _texts(graph, concept, SKOS.example, language),
    }


def _relations(graph, concept, names):
    """({"broader": [names]}, how many): other concepts of the file by name, those elsewhere by URI."""
    found, number = {}, 0
    predicates = {**RELATIONS, **MATCHES}
    for word, predicate in predicates.items():
        others = sorted(
            (one for one in graph.objects(concept, predicate) if not isinstance(one, Literal)), key=str
        )
        if word == "broader":
            others += sorted(
                one for one in graph.objects(concept, RDFS.subClassOf) if one in names and one not in others
            )
        if others:
            number += len(others)
            found[word] = [names.get(one, str(one)) for one in others]
    return found, number


def _scheme(graph, concept, language):
    schemes = {*graph.objects(concept, SKOS.inScheme), *graph.objects(concept, SKOS.topConceptOf)}
    for scheme in sorted(schemes, key=str):
        return _label(graph, scheme, language) or _tail(scheme)
    return ""


def _collections(graph, concept):
    """The collections that hold the concept, and those that hold these; circles end."""
    found, waiting = set(), [concept]
    while waiting:
        for holder in graph.subjects(SKOS.member, waiting.pop()):
            if holder not in found:
                found.add(holder)
                waiting.append(holder)
    return found


def _satellites(graph, concept):
    """What is said about schemes, collections, XL labels and structured notes of a concept: {node: {uri: [values]}}."""
    nodes = {*graph.objects(concept, SKOS.inScheme), *graph.objects(concept, SKOS.topConceptOf)}
    nodes |= {
        one for word in KEPT if word.startswith("skosxl:") for one in graph.objects(concept, KEPT[word])
    }
    notes = ("definition", "scopeNote", "example", *NOTES)
    nodes |= {one for word in notes for one in graph.objects(concept, SKOS[word])}
    nodes |= _collections(graph, concept)
    found = {}
    for node in nodes:
        if isinstance(node, Literal):
            continue
        says = {}
        for predicate, value in graph.predicate_objects(node):
            # A scheme or a collection tells about this concept here, about its others there.
            of_others = (
                predicate in (SKOS.hasTopConcept, SKOS.member) and value != concept and value not in nodes
            )
            if not of_others and not (isinstance(value, BNode) and value not in nodes):
                says.setdefault(str(predicate), []).append(_told(value))
        if says:
            found[_name(node)] = {key: sorted(values, key=json.dumps) for key, values in sorted(says.items())}
    return dict(sorted(found.items()))


def circles(graph, concepts):
    """The circles of broader and narrower among the concepts, each as a list that ends where it began."""
    broader = {concept: set() for concept in concepts}
    for concept in concepts:
        broader[concept] |= {one for one in graph.objects(concept, SKOS.broader) if one in broader}
        for one in graph.objects(concept, SKOS.narrower):
            if one in broader:
                broader[one].add(concept)
    return loops(broader)


def loops(above):
    """The circles in {node: nodes above it}, one for each knot of nodes, as lists that end where they began."""
    found, state = [], {}
    for start in sorted(above, key=str):
        if start in state:
            continue
        path, trail = [start], [iter(sorted(above[start], key=str))]
        state[start] = "open"
        while path:
            step = next((one for one in trail[-1] if one in above and state.get(one) != "done"), None)
            if step is None:
                state[path.pop()] = "done"
                trail.pop()
            elif state.get(step) == "open":
                found.append([*path[path.index(step) :], step])
            else:
                state[step] = "open"
                path.append(step)
                trail.append(iter(sorted(above[step], key=str)))
    return found


# ---------- writing ----------


def write(terms, *, format="turtle"):
    """The SKOS document (bytes) of `terms`: dicts with the fields of an entry, `status`, `relations`, `skos`."""
    return graph_of(terms).serialize(format=FORMATS[format], encoding="utf-8")


def graph_of(terms):
    """The graph that `write` spells out."""
    terms = list(terms)
    graph = Graph()
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    nodes = {folded(term["name"]): _node(uri_of(term)) for term in terms}
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
    _add(graph, node, says)
    for other, about in kept.get("about", {}).items():
        _add(graph, _node(other), about, curies=False)
    for word, others in (term.get("relations") or {}).items():
        if word in RELATIONS or word in MATCHES:
            for other in others:
                target = nodes.get(folded(other)) or (
                    _node(other) if ":" in other and " " not in other else None
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


def _add(graph, node, says, *, curies=True):
    for word, values in says.items():
        for value in values:
            graph.add((node, KEPT[word] if curies else URIRef(word), _value(value)))


# ---------- nodes as JSON ----------


def _told(value):
    if not isinstance(value, Literal):
        return {"@id": _name(value)}
    told = {"@value": str(value)}
    if value.language:
        told["@language"] = value.language
    elif value.datatype:
        told["@type"] = str(value.datatype)
    return told


def _value(told):
    if "@id" in told:
        return _node(told["@id"])
    datatype = told.get("@type")
    return Literal(
        told["@value"],
        lang=told.get("@language"),
        datatype=URIRef(datatype) if datatype else None,
        normalize=False,
    )


def _order(value):
    return (str(value), str(getattr(value, "language", "")), str(getattr(value, "datatype", "")))


def _name(node):
    return f"_:{node}" if isinstance(node, BNode) else str(node)


def _node(name):
    return BNode(name[2:]) if name.startswith("_:") else URIRef(name)
