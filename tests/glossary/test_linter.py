import time

import pytest

from apps.glossary import linter

REVENUE = {
    "name": "Revenue",
    "definition": "The sum of paid order amounts, before returns, in euro.",
    "synonyms": ["turnover"],
    "examples": ["An order of 48 € adds 48 €."],
}


def term(name, definition="Something else entirely, said in other words.", **about):
    return {"name": name, "definition": definition, **about}


def codes(draft, others=(), **about):
    return [hint.code for hint in linter.hints(draft, others, **about)]


def test_a_careful_definition_has_no_hint():
    assert codes(REVENUE, [term("Churn"), term("Customer")]) == []


@pytest.mark.parametrize(
    "definition",
    [
        "Revenue is the revenue of all shops together.",
        "The turnover of all shops, added up by day.",
        "What is booked as revenue by the accountants.",
    ],
)
def test_a_definition_by_itself_is_circular(definition):
    assert "circular" in codes({**REVENUE, "definition": definition})


def test_a_definition_may_begin_with_its_name():
    assert codes({**REVENUE, "definition": "Revenue is the sum of paid order amounts."}) == []


def test_two_terms_that_explain_each_other_are_circular():
    gain = term("Gain", "What is left of revenue after costs.")

    (hint,) = linter.hints({**REVENUE, "definition": "The gain before costs were taken off."}, [gain])

    assert (hint.code, hint.term) == ("circular", "Gain")


def test_the_same_word_for_another_thing_is_a_homonym():
    (hint,) = linter.hints(REVENUE, [term("revenue_sales", display_name="Revenue")])

    assert (hint.code, hint.term) == ("homonym", "revenue_sales")


@pytest.mark.parametrize(
    "other",
    [
        term("Revenues"),
        term("Proceeds", "The sum of paid order amounts before returns in euro"),
    ],
)
def test_nearly_the_same_name_or_words_are_a_near_duplicate(other):
    assert codes(REVENUE, [other]) == ["near_duplicate"]


def test_an_abbreviation_that_nobody_explains_is_named():
    draft = {
        **REVENUE,
        "definition": "The sum of paid amounts without VAT, as IFRS (International rules) say, per SKU.",
    }

    found = linter.hints(draft, [term("Stock unit", abbreviation="SKU")])

    assert [hint.text for hint in found] == ["Nobody explains the abbreviation VAT."]


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({"examples": []}, "no_example"),
        ({"definition": "Money received"}, "too_short"),
        ({"definition": "money received " * 80}, "too_long"),
        ({"definition": "No definition yet."}, "no_definition"),
    ],
)
def test_what_is_missing_is_said(about, code):
    assert code in codes({**REVENUE, **about})


@pytest.mark.parametrize(
    ("definition", "profile"),
    [
        ("An amount of money that is never negative.", {"min_value": "-3"}),
        ("The percentage of orders that came back.", {"min_value": 0, "max_value": 250}),
        ("The number that identifies one order for good.", {"row_count": 100, "distinct_count": 90}),
        ("The day of payment, always present in the table.", {"null_percentage": 4.5}),
    ],
)
def test_what_the_data_contradicts_is_said(definition, profile):
    draft = {**REVENUE, "definition": definition}

    assert codes(draft, columns=[{"name": "amount", **profile}]) == ["profile"]
    assert (
        codes(draft, columns=[{"name": "amount", "min_value": 0, "max_value": 1, "null_percentage": 0}]) == []
    )


def test_twenty_thousand_terms_are_compared_while_one_types():
    others = [
        term(f"Measure {at} of sales", f"Number {at} of things that are counted somewhere.")
        for at in range(20_000)
    ]
    began = time.process_time()

    linter.hints(REVENUE, others)

    assert time.process_time() - began < 2
