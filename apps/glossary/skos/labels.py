"""The texts of a node in a language, and what it is called."""

import re

from rdflib import RDF, RDFS, SKOS, Literal

from .words import XL


def texts_of(graph, node, predicate, language, *, lines=False):
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


def in_language(graph, node, predicate, language):
    """The texts of a property in the language or without one, nothing else."""
    wanted = language.lower().split("-")[0]
    found = []
    for value in sorted(graph.objects(node, predicate), key=str):
        if isinstance(value, Literal) and (value.language or wanted).lower().split("-")[0] == wanted:
            found.append(" ".join(str(value).split()))
    return list(dict.fromkeys(text for text in found if text))


def tail_of(uri):
    return re.split(r"[/#:]", str(uri).rstrip("/#:"))[-1] or str(uri)


def label_of(graph, concept, language):
    for predicate in (SKOS.prefLabel, XL.prefLabel, RDFS.label):
        if texts := texts_of(graph, concept, predicate, language):
            return texts[0]
    return ""
