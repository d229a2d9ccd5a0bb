import time
from decimal import Decimal
from types import SimpleNamespace

import pytest

from apps.glossary import validation


def domain(kind, **about):
    fields = dict.fromkeys(
        ["allowed_values", "pattern", "pattern_description", "min_value", "max_value", "reference_table_urn"]
    )
    return SimpleNamespace(
        **{**fields, "reference_column_urn": None, "is_extensible": False, "kind": kind, **about}
    )


def column(**about):
    fields = dict.fromkeys(
        ["value_range_min", "value_range_max", "allowed_values", "format_pattern", "format_kind"]
    )
    return SimpleNamespace(**{**fields, **about})


STATUS = domain("enum", allowed_values=[{"code": "A", "label": "Active"}, "B", 1, 2.50, True])


@pytest.mark.parametrize("value", ["A", "B", 1, "1", 1.0, Decimal("2.5"), "2.5", True, "true", None])
def test_a_code_of_the_list_belongs(value):
    assert validation.check(STATUS, value).valid


@pytest.mark.parametrize("value", ["a", "C", "01", "A ", "", 3, False, ["A"], {"code": "A"}])
def test_anything_else_does_not(value):
    assert not validation.check(STATUS, value).valid


def test_the_verdict_says_what_a_code_means_and_what_was_meant():
    assert validation.check(STATUS, "A").message == "“A” means Active."
    assert validation.check(STATUS, "b").message == "“b” is not in the list; “B” is."


def test_a_list_that_may_grow_takes_new_values():
    verdict = validation.check(domain("enum", allowed_values=["A"], is_extensible=True), "Z")

    assert verdict == validation.Verdict(True, "“Z” is new; the list may grow.")


@pytest.mark.parametrize(
    ("value", "valid"), [("ABC-1234", True), ("xABC-1234", False), ("ABC-1234\n", False)]
)
def test_a_pattern_matches_the_whole_value(value, valid):
    assert validation.check(domain("pattern", pattern="[A-Z]{3}-[0-9]{4}"), value).valid is valid


def test_a_hostile_pattern_cannot_hang():
    began = time.perf_counter()

    validation.check(domain("pattern", pattern="(a+)+$"), "a" * 50_000 + "b")

    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("pattern", ["(", "(?=a)b", r"(a)\1", "[z-a]", "(?P<x"])
def test_a_pattern_that_cannot_be_read_says_so(pattern):
    assert "pattern_regex" in validation.problems(domain("pattern", pattern=pattern))


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        (0, True),
        ("100", True),
        (100.0001, False),
        (-1, False),
        ("many", False),
        ("NaN", False),
        (True, False),
    ],
)
def test_a_range_holds_its_bounds(value, valid):
    percent = domain("range", min_value=Decimal(0), max_value=Decimal(100))

    assert validation.check(percent, value).valid is valid


def test_reference_data_is_looked_up():
    countries = domain("reference_data", reference_column_urn="urn:dcs:x:countries.code")

    assert validation.check(countries, "DE", exists={"DE"}.__contains__).valid
    assert not validation.check(countries, "XX", exists={"DE"}.__contains__).valid
    with pytest.raises(LookupError):
        validation.check(countries, "DE")


@pytest.mark.parametrize(
    ("about", "field"),
    [
        ({"kind": "enum"}, "allowed_values"),
        ({"kind": "enum", "allowed_values": ["a", "a"]}, "allowed_values"),
        ({"kind": "enum", "allowed_values": [{"label": "x"}]}, "allowed_values"),
        ({"kind": "enum", "allowed_values": ["a"], "pattern": "a"}, "pattern_regex"),
        ({"kind": "pattern"}, "pattern_regex"),
        ({"kind": "range"}, "min_value"),
        ({"kind": "range", "min_value": 2, "max_value": 1}, "max_value"),
        ({"kind": "reference_data"}, "reference_column_urn"),
    ],
)
def test_each_kind_needs_its_own_fields(about, field):
    assert list(validation.problems(domain(**about))) == [field]


@pytest.mark.parametrize(
    ("about", "good", "bad"),
    [
        ({"value_range_min": 0, "value_range_max": 9}, 4, 11),
        ({"allowed_values": ["a", "b"]}, "a", "c"),
        ({"format_pattern": "[A-Z]{2}", "format_kind": "regex"}, "DE", "Germany"),
        ({"format_pattern": "YYYY-MM-DD"}, "2026-11-23", "23.11.2026"),
        ({"format_pattern": "%d.%m.%Y", "format_kind": "strftime"}, "23.11.2026", "2026-11-23"),
        ({"format_pattern": "AA-999", "format_kind": "mask"}, "DE-123", "D-1234"),
    ],
)
def test_a_column_says_which_values_fit(about, good, bad):
    assert validation.fits(column(**about), good) == []
    assert len(validation.fits(column(**about), bad)) == 1
