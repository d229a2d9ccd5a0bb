"""SKOS vocabularies as terms and back: Turtle, RDF/XML and JSON-LD, without a network and without entity tricks.

`read` turns a file into concepts whose entries a plan compares; `write` turns terms into a graph again. What a
concept says beyond the fields of a term travels along in `meta["skos"]`, so a re-export is isomorphic for what
was read (interop.md, section 7). The words follow the SKOS reference, W3C 2009.
"""

from .circles import loops
from .files import FORMATS, SUFFIXES, TYPES
from .reading import Vocabulary, read
from .words import KEPT, MATCHES, RELATIONS
from .writing import graph_of, uri_of, write

__all__ = [
    "FORMATS",
    "KEPT",
    "MATCHES",
    "RELATIONS",
    "SUFFIXES",
    "TYPES",
    "Vocabulary",
    "graph_of",
    "loops",
    "read",
    "uri_of",
    "write",
]
