"""Files of SKOS as graphs: without a network, and without entities that grow."""

import json
from xml.parsers import expat

from django.utils.translation import gettext as _
from rdflib import Graph

from ..sheets import MOST_BYTES, Unreadable

FORMATS = {"turtle": "turtle", "xml": "xml", "json-ld": "json-ld"}
SUFFIXES = {"ttl": "turtle", "rdf": "xml", "owl": "xml", "xml": "xml", "jsonld": "json-ld", "json": "json-ld"}
TYPES = {"turtle": "text/turtle", "xml": "application/rdf+xml", "json-ld": "application/ld+json"}
MOST_TRIPLES = 500_000


def parsed(data, format):
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
