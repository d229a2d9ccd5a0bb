import json
import logging
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rdflib import OWL, RDF, RDFS, SKOS, BNode, Graph, URIRef
from rdflib.compare import to_isomorphic

from apps.glossary import plans, sheets, skos

FILES = Path(__file__).parent.parent / "fixtures" / "glossary"
# file: (concepts, relations and matches, schemes of concepts, collections that hold concepts). Counted without the code
# under test: by the queries below, the classes of FIBO in their XML, and once by a Turtle reader without any RDF library.
VOCABULARIES = {
    "fibo_CurrencyAmount.rdf": (18, 7, 0, 0),
    "fibo_People.rdf": (31, 13, 0, 0),
    "fibo_ProductsAndServices.rdf": (22, 9, 0, 0),
    "skosmos_altlabel.ttl": (1, 0, 1, 0),
    "skosmos_cbd.ttl": (2, 0, 0, 0),
    "skosmos_collation.ttl": (3, 2, 0, 0),
    "skosmos_conceptPropertyLabels.ttl": (4, 7, 1, 0),
    "skosmos_cycle.ttl": (4, 9, 1, 0),
    "skosmos_default_graph.ttl": (0, 0, 0, 0),
    "skosmos_groups.ttl": (7, 9, 1, 4),
    "skosmos_hash.ttl": (2, 2, 1, 0),
    "skosmos_http304.ttl": (7, 0, 0, 0),
    "skosmos_mapping.ttl": (2, 2, 0, 0),
    "skosmos_myns-ontology.ttl": (0, 0, 0, 0),
    "skosmos_prefix.ttl": (1, 0, 0, 0),
    "skosmos_sub.ttl": (1, 0, 0, 0),
    "skosmos_subtag.ttl": (1, 0, 0, 0),
    "skosmos_test-concept-schemes.ttl": (6, 2, 5, 0),
    "skosmos_test-hierarchy-without-top-concepts.ttl": (19, 30, 1, 0),
    "skosmos_test-hierarchy.ttl": (19, 30, 1, 0),
    "skosmos_test-marc.ttl": (0, 0, 0, 0),
    "skosmos_test-qualified-broader.ttl": (3, 3, 0, 0),
    "skosmos_test-qualified-notation.ttl": (5, 0, 0, 0),
    "skosmos_test-rdf-list.ttl": (27, 99, 1, 0),
    "skosmos_test.ttl": (18, 26, 1, 0),
    "skosmos_xl.ttl": (1, 0, 0, 0),
}
READ = {*skos.KEPT.values(), *skos.RELATIONS.values(), *skos.MATCHES.values()}


@pytest.fixture(autouse=True)
def _quiet():
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # the files hold wrong dates on purpose


def vocabulary(name, **options):
    path = FILES / name
    options.setdefault("classes", path.suffix == ".rdf")
    return skos.read(path.read_bytes(), format=skos.SUFFIXES[path.suffix[1:]], **options)


def graph(name):
    path = FILES / name
    return Graph().parse(path, format=skos.SUFFIXES[path.suffix[1:]], publicID="urn:dcs:import:")


def kept(found):
    """What a portal would have stored of a vocabulary."""
    rows = plans.plan(found.entries, [])
    return [
        {**row.values, "id": at, "uri": row.values["skos"]["uri"]}
        for at, row in enumerate(rows)
        if row.action == "create"
    ]


def terms(**about):
    return [{"id": 1, "name": "Revenue", "definition": "The sum of paid order amounts.", **about}]


def turtle(text):
    prefixes = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n@prefix : <urn:x:> .\n"
    return skos.read((prefixes + text).encode(), format="turtle")


QUERIES = (
    "{ ?a a ?kind }",
    "{ ?a a ?kind ; ?way ?b . FILTER(!isLiteral(?b)) VALUES ?way { skos:broader skos:narrower skos:related"
    " skos:exactMatch skos:closeMatch skos:broadMatch skos:narrowMatch skos:relatedMatch } }",
    "{ ?c a ?kind ; skos:inScheme|skos:topConceptOf ?a }",
    "{ ?c a ?kind . ?a skos:member+ ?c }",
)


@pytest.mark.parametrize("name", [name for name in VOCABULARIES if name.endswith(".ttl")])
def test_queries_count_what_is_expected_of_each_vocabulary(name):
    asked, said = graph(name), []
    for pattern in QUERIES:
        rows = asked.query(
            f"SELECT DISTINCT ?a ?way ?b WHERE {pattern}",
            initNs={"skos": SKOS},
            initBindings={"kind": SKOS.Concept},
        )
        said.append(len({(row.a, row.way, row.b) for row in rows}))

    assert tuple(said) == VOCABULARIES[name]


@pytest.mark.parametrize("name", [name for name in VOCABULARIES if name.endswith(".rdf")])
def test_the_xml_of_fibo_holds_the_expected_classes_and_their_parents(name):
    root = ElementTree.parse(FILES / name).getroot()  # noqa: S314 - our own fixture
    found = {
        one.get(f"{{{RDF}}}about"): one
        for one in root.iter(f"{{{OWL}}}Class")
        if one.find(f"{{{RDFS}}}label") is not None
    }
    found.pop(None, None)
    parents = [
        parent
        for one in found.values()
        for parent in one.findall(f"{{{RDFS}}}subClassOf")
        if parent.get(f"{{{RDF}}}resource") in found
    ]

    assert (len(found), len(parents), 0, 0) == VOCABULARIES[name]


@pytest.mark.parametrize("name", VOCABULARIES)
def test_each_vocabulary_has_its_terms_and_relations(name):
    found = vocabulary(name)

    assert (found.concepts, found.relations, found.schemes, found.collections) == VOCABULARIES[name]
    rows = plans.plan(found.entries, [])
    assert plans.counts(rows) == {"create": found.concepts, "change": 0, "same": 0, "error": 0}
    assert bool(found.entries) or found.warnings


@pytest.mark.parametrize("name", VOCABULARIES)
def test_what_was_read_is_written_again(name):
    found, original = vocabulary(name), graph(name)

    written = skos.graph_of(kept(found))

    concepts = {URIRef(entry.key) for entry in found.entries}
    said = Graph()
    for one, about, other in original:
        of_class = str(about).endswith("subClassOf") and (isinstance(other, BNode) or other not in concepts)
        if one in concepts and about in READ and not of_class:
            said.add((one, about, other))
    mine = Graph()
    for statement in written:
        if statement[0] in concepts:
            mine.add(statement)
    assert to_isomorphic(mine) == to_isomorphic(said)
    assert not [one for one in written if one not in original and not any(isinstance(n, BNode) for n in one)]


@pytest.mark.parametrize("format", skos.FORMATS)
@pytest.mark.parametrize("name", [name for name, counts in VOCABULARIES.items() if counts[0]])
def test_an_export_that_is_imported_changes_nothing(name, format):
    stored = kept(vocabulary(name))

    again = skos.read(skos.write(stored, format=format), format=format, classes=name.endswith(".rdf"))

    rows = plans.plan(again.entries, stored)
    assert {row.name: row.changes for row in rows if row.action != "same"} == {}


def test_a_term_of_the_portal_survives_the_journey():
    stored = terms(
        display_name="Revenue, gross", abbreviation="REV", category="financial", synonyms=["turnover", "sales"],
        examples=["48 € paid."], relations={"related": ["Returns"]}, status="approved", uri="urn:dcs:term:revenue",
    )  # fmt: skip
    stored += [
        {
            "id": 2,
            "name": "Returns",
            "definition": "Goods sent back by customers.",
            "uri": "urn:dcs:term:returns",
        }
    ]

    found = skos.read(skos.write(stored), format="turtle")

    assert [row.action for row in plans.plan(found.entries, stored)] == ["same", "same"]


def test_an_edit_is_exported_and_everything_else_stays():
    stored = kept(vocabulary("skosmos_test.ttl"))
    carp = next(term for term in stored if term["name"] == "Carp")
    carp |= {"definition": "A freshwater fish.", "synonyms": ["Crucian"], "abbreviation": "CRP"}

    found = {
        entry.values["name"]: entry.values for entry in skos.read(skos.write(stored), format="turtle").entries
    }

    assert found["Carp"]["definition"] == "A freshwater fish."
    assert found["Carp"]["synonyms"] == ["Crucian"]
    assert found["Carp"]["abbreviation"] == "CRP"
    assert {"@value": "Karppi", "@language": "fi"} in found["Carp"]["skos"]["says"]["skos:prefLabel"]
    assert {"@value": "Karpit", "@language": "fi"} in found["Carp"]["skos"]["says"]["skos:hiddenLabel"]


def test_labels_are_taken_in_the_language_asked_for():
    english = {entry.values["name"] for entry in vocabulary("skosmos_test.ttl").entries}
    finnish = {entry.values["name"] for entry in vocabulary("skosmos_test.ttl", language="fi").entries}
    dialect = vocabulary("skosmos_subtag.ttl").entries[0].values["name"]

    assert "Carp" in english
    assert "Karppi" in finnish
    assert dialect == "Neighbour"


def test_homonyms_get_names_of_their_own_and_a_warning():
    found = vocabulary("skosmos_test-qualified-notation.ttl")

    names = [entry.values["name"] for entry in found.entries]

    assert len(set(map(plans.folded, names))) == 5
    assert names[0] == "A"
    assert any("second “A”" in warning for warning in found.warnings)


def test_cycles_are_told_and_end():
    found = vocabulary("skosmos_cycle.ttl")

    assert found.warnings == [
        "These terms are broader than themselves: Concept 2 → Concept 2.",
        "These terms are broader than themselves: Concept 3 → Concept 4 → Concept 3.",
    ]


def test_a_long_circle_ends_as_well():
    above = {f"t{at}": {f"t{(at + 1) % 5000}"} for at in range(5000)}

    (loop,) = skos.loops(above)

    assert len(loop) == 5001


def test_a_concept_without_a_definition_enters_as_one_that_says_so():
    found = turtle(':a a skos:Concept ; skos:prefLabel "Apple"@en .')

    (entry,) = found.entries

    assert entry.values["definition"] == plans.NO_DEFINITION
    assert entry.warnings == ["The concept has no definition; it enters as a draft that says so."]
    assert b"No definition" not in skos.write(kept(found))


def test_classes_are_words_only_on_request():
    found = vocabulary("fibo_People.rdf", classes=False)

    assert found.concepts == 0
    assert "31 classes" in found.warnings[0]


ENTITIES = '<?xml version="1.0"?><!DOCTYPE r [{}]><r xmlns="urn:x">&a;</r>'


@pytest.mark.parametrize(
    "document",
    [
        ENTITIES.format('<!ENTITY a SYSTEM "file:///etc/passwd">'),
        ENTITIES.format('<!ENTITY b "xx"><!ENTITY a "&b;&b;">'),
        ENTITIES.format('<!ENTITY % p "x"><!ENTITY a "y">'),
        '<?xml version="1.0"?><!DOCTYPE r SYSTEM "http://example.org/x.dtd"><r/>',
        '<?xml version="1.0"?><r',
    ],
)
def test_entities_and_document_types_from_elsewhere_are_refused(document):
    with pytest.raises(sheets.Unreadable):
        skos.read(document.encode(), format="xml")


@pytest.mark.parametrize(
    "document",
    [
        {"@context": "https://example.org/context.json"},
        {"@graph": [{"@context": ["https://example.org/context.json"]}]},
        {"@context": {"@import": "https://example.org/context.json"}},
    ],
)
def test_a_context_at_another_address_is_not_fetched(document):
    with pytest.raises(sheets.Unreadable, match="another address"):
        skos.read(json.dumps(document).encode(), format="json-ld")


@pytest.mark.parametrize("data", [b"@prefix", b"\xff\xfe", b"<a> <b> .", b"[" * 5000])
def test_a_damaged_file_says_so(data):
    with pytest.raises(sheets.Unreadable, match="cannot be read as turtle"):
        skos.read(data, format="turtle")


def test_a_homonym_of_a_term_from_elsewhere_is_set_apart():
    found = turtle(
        ':rev a skos:Concept ; skos:prefLabel "Revenue"@en ; skos:definition "Money received."@en .'
    )

    (row,) = plans.plan(found.entries, terms(uri="urn:y:revenue"))

    assert (row.action, row.name, row.values["display_name"]) == ("create", "Revenue (rev)", "Revenue")
