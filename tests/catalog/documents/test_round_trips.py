"""What is written reads back as the same document, however it is laid out."""

import copy
import json
import random

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from apps.catalog import documents
from apps.catalog.documents import schema
from apps.catalog.documents.writing import write
from tests.factories.documents import ANYTHING, TEXT, capsule_documents

NO_TEXTS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
modest = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def read_one(text, **options):
    reading = documents.read(text, **options)
    assert reading.errors == []
    return reading.documents[0]


def as_json(capsule):
    return json.dumps({"data_capsule": capsule})


@modest
@given(capsule_documents())
def test_every_generated_document_is_accepted(capsule):
    read_one(as_json(capsule))


@modest
@given(capsule_documents())
def test_a_document_that_is_written_reads_back_the_same(capsule):
    document = read_one(as_json(capsule))

    for form in ("yaml", "json"):
        again = read_one(documents.write(document, form))
        assert again.canonical == document.canonical
        assert again.sections == document.sections
        assert again.hash == document.hash
        assert documents.write(again, form) == documents.write(document, form)


@modest
@given(capsule_documents())
def test_the_canonical_form_of_a_canonical_document_is_itself(capsule):
    canonical = documents.canonical(capsule)

    again = documents.canonical(copy.deepcopy(canonical))

    assert json.dumps(again) == json.dumps(canonical)
    assert read_one(as_json(capsule)).canonical == canonical


@modest
@given(capsule_documents(), st.randoms(use_true_random=False))
def test_neither_order_of_keys_nor_comments_nor_quotes_change_the_hash(capsule, chance):
    document = read_one(as_json(capsule))

    class Quoting(yaml.SafeDumper):
        """Quotes texts this way or that; a bare one only where every reader sees a text."""

    def quoted(dumper, text):
        bare = text.isalpha() and text.isascii() and text.lower() not in NO_TEXTS
        style = chance.choice(["'", '"', None] if bare else ["'", '"'])
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Quoting.add_representer(str, quoted)
    shuffled = yaml.dump(
        {"format_version": "1", "data_capsule": _shuffled(capsule, chance)},
        Dumper=Quoting,
        sort_keys=False,
        allow_unicode=chance.random() < 0.5,
        default_flow_style=chance.random() < 0.5,
        width=chance.choice([20, 1000]),
    )
    commented = "# a comment\n" + shuffled + "\n# the end\n"

    # PyYAML cannot read back all that it writes: it takes U+0085 for the end of a line.
    assume(yaml.safe_load(shuffled)["data_capsule"] == capsule)
    other = read_one(commented)
    assert other.canonical == document.canonical
    assert other.emptied == document.emptied
    assert other.hash == document.hash


def _shuffled(value, chance):
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: _shuffled(value[key], chance) for key in keys}
    return [_shuffled(item, chance) for item in value] if isinstance(value, list) else value


@modest
@given(st.dictionaries(TEXT, ANYTHING, max_size=4))
def test_other_readers_take_our_yaml_for_the_same_values(content):
    written = write({"meta": content})

    assert yaml.safe_load(written) == {"data_capsule": {"meta": content}}


@modest
@given(capsule_documents(), capsule_documents(name="other_one"))
def test_a_bundle_says_what_its_documents_say(one, other):
    assume(one["name"] != other["name"])
    canonicals = [documents.canonical(one), documents.canonical(other)]

    for form in ("yaml", "json"):
        reading = documents.read(documents.write_bundle(canonicals, form))
        assert reading.errors == []
        assert [document.canonical for document in reading.documents] == canonicals
    swapped = documents.read(documents.write_bundle(canonicals[::-1], "yaml"))
    assert swapped.hash == reading.hash


@modest
@given(capsule_documents(), st.integers(0, 2**32))
def test_the_quick_check_agrees_with_the_schema_library(capsule, seed):
    chance = random.Random(seed)
    document = {"data_capsule": _broken(capsule, chance)}

    quick = schema.shapes().fits(document)

    assert quick == Draft202012Validator(schema.schema()).is_valid(document)
    assert bool(schema.faulty(document)) == (not quick)
    if not quick:
        assert list(schema.findings(document, schema.faulty(document)))


@modest
@given(capsule_documents(), st.integers(0, 2**32))
def test_nothing_that_a_file_says_makes_the_reader_fail(capsule, seed):
    chance = random.Random(seed)
    capsule = _broken(_broken(capsule, chance), chance)

    for text in (as_json(capsule), yaml.safe_dump({"data_capsule": capsule}, allow_unicode=True)):
        reading = documents.read(text)
        assert reading.valid == (len(reading.documents) == 1)
        for problem in reading.problems:
            assert problem.message
            assert problem.hint
            assert (problem.line, problem.column) >= (1, 1)


def _broken(capsule, chance):
    """`capsule` with one value, anywhere, exchanged or one key added."""
    capsule = copy.deepcopy(capsule)
    places = []

    def walk(value):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            places.append((value, key))
            if isinstance(value[key], dict | list):
                walk(value[key])

    walk(capsule)
    if not places:
        return capsule
    holder, key = chance.choice(places)
    wrong = chance.choice(
        [None, 3, -1, 1.5, True, "", "x" * 600, [], {}, ["a", "a"], {"x": 1}, "none", "draft"]
    )
    if isinstance(holder, dict) and chance.random() < 0.2:
        holder["unheard_of"] = wrong
    else:
        holder[key] = wrong
    return capsule


@pytest.mark.parametrize("form", ["toml", ""])
def test_only_yaml_and_json_are_written(form):
    with pytest.raises(ValueError, match="yaml or json"):
        documents.write({}, form)
