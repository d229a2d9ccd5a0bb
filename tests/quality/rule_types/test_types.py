"""All 21 kinds of rule are whole: each has its schema, its category, its sentence and its rows in the comparison."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from apps.catalog.documents.quality import CATEGORIES
from apps.quality import engine, functions, reasons, refusals, rule_types
from apps.quality.models import RuleType
from apps.quality.rule_types import FIELDS, TYPES
from apps.quality.rule_types.checking import check_config
from apps.quality.sentences import SAID, sentence
from tests.factories import QualityRuleFactory
from tests.quality.differential.cases import cases

OWN_WORDS = {"custom_sql", "custom_function"}  # whose sentence is their description


def test_there_is_a_type_for_every_kind_that_the_database_takes():
    assert set(TYPES) == set(RuleType.values)


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_a_type_says_all_that_forms_and_the_api_need(kind):
    Draft202012Validator.check_schema(kind.schema)

    assert kind.schema["title"]
    assert kind.schema["description"].endswith(".")
    assert kind.category == CATEGORIES[kind.name]
    assert kind.name in SAID or kind.name in OWN_WORDS
    for key, told in kind.schema["properties"].items():
        if told:
            assert told["title"], key
            assert told["description"], key
        assert told.get("x-column") in (None, *FIELDS)


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_the_examples_of_a_type_can_be_saved(kind):
    functions.load(["apps.quality.benford"])
    subject = "amount" if "column" in kind.subjects else None

    for example in kind.schema["examples"]:
        at = None if {"columns", "column"} & set(example) and "capsule" in kind.subjects else subject
        assert check_config({"rule_type": kind.name, "column": at, "config": example}) == []


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_is_compared_with_numbers_counted_by_hand(kind):
    assert any(kind == name for asked in cases().values() for name, *_rest in asked)


@pytest.mark.parametrize("names", [("values", "references"), ("allowed_values", "reference")])
def test_sentences_read_the_words_of_the_document_and_of_the_design(names):
    values, reference = names
    listed = QualityRuleFactory.build(column=None, rule_type="value_in_set", config={values: ["a", "b"]})
    referring = QualityRuleFactory.build(
        column=None, rule_type="referential_integrity", config={reference: "customers.id"}
    )

    assert sentence(listed, "status") == "status is one of a, b"
    assert sentence(referring, "customer") == "Every customer exists in customers.id"


def _codes(path):
    """The words in which a module says why a rule cannot be decided."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("CannotCheck", "Unanswered"):
            yield from (
                one.value for one in ast.walk(node.args[0]) if isinstance(getattr(one, "value", None), str)
            )


def test_every_reason_why_a_rule_cannot_be_decided_has_its_sentence():
    modules = [*Path(rule_types.__file__).parent.glob("*.py"), *Path(engine.__file__).parent.glob("*.py")]

    codes = {code for path in modules for code in _codes(path)}

    assert len(codes) > 15
    assert codes <= reasons.SAID.keys() | refusals.SAID.keys()
    assert reasons.reason("pattern_long", {"most": 1000}).startswith("The pattern is longer than 1000")


def test_importing_the_types_loads_no_engine():
    asked = "import sys, apps.quality.rule_types, apps.quality.engine.runner; print([m for m in ('ibis', 'duckdb', 'pyarrow', 'django') if m in sys.modules])"

    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
