"""A file as a vocabulary: its concepts, named so that no two share a name."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from rdflib import OWL, RDF, RDFS, SKOS, URIRef

from ..plans import Entry, folded
from .circles import circles
from .concepts import collections_of, entry_of
from .files import parsed
from .labels import label_of, tail_of
from .words import OUR_TERMS


@dataclass
class Vocabulary:
    """What a file holds: entries for a plan, how much was read, and what deserves a second look."""

    entries: list[Entry]
    concepts: int = 0
    relations: int = 0
    schemes: int = 0
    collections: int = 0
    warnings: list[str] = field(default_factory=list)


def read(data, *, format, language="en", classes=False):
    """The `Vocabulary` in a file (bytes), its names in `language`; `classes` takes labelled OWL classes as concepts.

    `format` is a key of FORMATS. Raises `Unreadable` for what is damaged, too large, or reaches for the network.
    """
    graph = parsed(data, format)
    concepts = sorted(_concepts(graph, classes), key=str)
    found = Vocabulary([], concepts=len(concepts))
    names = _names(graph, concepts, language, found.warnings)
    schemes, collections = set(), set()
    for concept in concepts:
        entry, relations = entry_of(graph, concept, names, language)
        found.entries.append(entry)
        found.relations += relations
        schemes.update(graph.objects(concept, SKOS.inScheme), graph.objects(concept, SKOS.topConceptOf))
        collections.update(collections_of(graph, concept))
    found.schemes, found.collections = len(schemes), len(collections)
    if not concepts:
        found.warnings.append(_nothing(graph))
    for loop in circles(graph, concepts):
        told = " → ".join(names[concept] for concept in loop)
        found.warnings.append(_("These terms are broader than themselves: %s.") % told)
    return found


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


def _names(graph, concepts, language, warnings):
    """{concept: name}: its label; the second of one label gets its notation or the end of its URI added."""
    names, taken = {}, {}
    for concept in concepts:
        own = str(concept).startswith(OUR_TERMS)
        label = (own and str(graph.value(concept, RDFS.label) or "")) or label_of(graph, concept, language)
        if not label:
            label = tail_of(concept)
            warnings.append(
                _("%(uri)s has no label; it is called “%(name)s”.") % {"uri": concept, "name": label}
            )
        name = label[:255]
        if folded(name) in taken:
            notations = sorted(str(one) for one in graph.objects(concept, SKOS.notation))
            for mark in [*notations, tail_of(concept), str(concept)]:
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
