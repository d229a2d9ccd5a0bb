"""One concept as the entry of a plan, with what it says beyond the fields of a term."""

import json

from django.utils.translation import gettext as _
from rdflib import RDFS, SKOS, BNode, Graph, Literal, URIRef

from ..plans import NO_DEFINITION, SHORTEST_DEFINITION, Entry
from .labels import in_language, label_of, tail_of, texts_of
from .words import AV, KEPT, MATCHES, NOTES, OUR_TERMS, RELATIONS, add, json_of, name_of, node_of, order_of


def entry_of(graph, concept, names, language):
    """(entry, number of relations) of one concept."""
    entry = Entry(str(concept), {}, key=name_of(concept))
    says = {
        word: [json_of(one) for one in sorted(graph.objects(concept, predicate), key=order_of)]
        for word, predicate in KEPT.items()
        if (concept, predicate, None) in graph
    }
    if parents := [one for one in says.pop("rdfs:subClassOf", []) if URIRef(one["@id"]) in names]:
        says["rdfs:subClassOf"] = parents
    kept = {"uri": name_of(concept), "language": language, "says": says}
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
    add(graph, concept, kept["says"])
    for node, says in kept.get("about", {}).items():
        add(graph, node_of(node), says, curies=False)
    language = kept["language"]
    label = label_of(graph, concept, language)
    definitions = texts_of(graph, concept, SKOS.definition, language, lines=True) or texts_of(
        graph, concept, SKOS.scopeNote, language, lines=True
    )
    synonyms = [
        text
        for predicate in (SKOS.altLabel, AV.synonym)
        for text in in_language(graph, concept, predicate, language)
    ]
    notations = sorted(str(one) for one in graph.objects(concept, SKOS.notation))
    notations += sorted(str(one) for one in graph.objects(concept, AV.abbreviation))
    return {
        "display_name": label[:255] if label and label != name else "",
        "definition": "\n\n".join(definitions),
        "abbreviation": next((one for one in notations if len(one) <= 50), ""),
        "synonyms": list(dict.fromkeys(text[:500] for text in synonyms if text != label)),
        "examples": texts_of(graph, concept, SKOS.example, language),
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
        return label_of(graph, scheme, language) or tail_of(scheme)
    return ""


def collections_of(graph, concept):
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
    nodes |= collections_of(graph, concept)
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
                says.setdefault(str(predicate), []).append(json_of(value))
        if says:
            found[name_of(node)] = {
                key: sorted(values, key=json.dumps) for key, values in sorted(says.items())
            }
    return dict(sorted(found.items()))
