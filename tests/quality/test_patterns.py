"""Patterns that mean the same in every engine."""

import re
import time

import duckdb
import psycopg
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.quality import patterns
from apps.quality.refused import Refused

TEXTS = ["abc", "abc\n", "\nabc", "ab1-22", "Ünï", "a b", "foo bar", "foobar", "_", "", "٣", "x\ty", "a.c", "aXc", "a\nc", "[x]", "ABC-123", "\v"]  # fmt: skip
TAKEN = {
    r"^abc$": ["abc"],
    r"^abc": ["abc", "abc\n"],
    r"^\d+$": [],
    r"\d": ["ab1-22", "ABC-123"],
    r"^[A-Z]{3}-\d{3}$": ["ABC-123"],
    r"\bbar\b": ["foo bar"],
    r"\Bbar": ["foobar"],
    r"^a.c$": ["abc", "a.c", "aXc"],
    r"^a\.c$": ["a.c"],
    r"^\S+$": ["abc", "ab1-22", "Ünï", "foobar", "_", "٣", "a.c", "aXc", "[x]", "ABC-123", "\v"],
    r"^\w+$": ["abc", "foobar", "_", "aXc"],
    r"\s": ["abc\n", "\nabc", "a b", "foo bar", "x\ty", "a\nc"],
    r"^(?:foo|abc)+$": ["abc"],
    r"[\[\]]": ["[x]"],
    r"^[^a]*$": ["Ünï", "_", "", "٣", "x\ty", "[x]", "ABC-123", "\v"],
}


@pytest.mark.parametrize("pattern", TAKEN)
def test_every_engine_finds_the_same(db, pattern):
    with duckdb.connect() as duck:
        ours = [text for text in TEXTS if patterns.found(pattern, text)]
        written = patterns.portable(pattern, "duckdb")
        ducks = [
            text
            for text in TEXTS
            if duck.execute("SELECT regexp_matches(?, ?)", [text, written]).fetchone()[0]
        ]
    with connection.cursor() as cursor:
        written = patterns.portable(pattern, "postgres")
        elephants = [
            text for text in TEXTS if cursor.execute("SELECT %s ~ %s", [text, written]).fetchone()[0]
        ]

    assert ours == ducks == elephants == TAKEN[pattern]


def test_the_end_is_the_very_end_in_java_too():
    assert patterns.portable("^abc$", "databricks") == r"^abc\z"


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("", "pattern_empty"),
        ("a" * 1_001, "pattern_long"),
        ("(?=a)", "pattern_lookaround"),
        ("(?<!a)b", "pattern_lookaround"),
        ("(?i)a", "pattern_group"),
        ("(?P<x>a)", "pattern_group"),
        (r"(a)\1", "pattern_backreference"),
        ("a*?", "pattern_lazy"),
        ("a++", "pattern_lazy"),
        ("a{2,3}?", "pattern_lazy"),
        ("a{,3}", "pattern_brace"),
        ("a{", "pattern_brace"),
        ("a{256}", "pattern_repeated"),
        ("*a", "pattern_repeats_nothing"),
        ("$*", "pattern_repeats_nothing"),
        (r"\pL", "pattern_escape"),
        (r"\x41", "pattern_escape"),
        (r"\Qa\E", "pattern_escape"),
        ("a\\", "pattern_escape"),
        ("[[:alpha:]]", "pattern_class_bracket"),
        ("[a-z&&[^b]]", "pattern_class_bracket"),
        ("[]a]", "pattern_class_empty"),
        ("[a", "pattern_class_open"),
        ("[a-", "pattern_class_open"),
        (r"[\d-z]", "pattern_class_dash"),
        ("[z-a]", "pattern_unreadable"),
        ("(a", "pattern_unreadable"),
        ("((a{200}){200}){200}", "pattern_unreadable"),
    ],
)
def test_what_engines_read_differently_is_refused(pattern, code):
    with pytest.raises(Refused) as refused:
        patterns.check(pattern)

    assert refused.value.code == code


def test_a_pattern_that_backtracks_elsewhere_ends_at_once():
    begun = time.monotonic()

    assert not patterns.found("^(a+)+$", "a" * 50_000 + "!")
    assert time.monotonic() - begun < 2


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=r"ab1-^$.|()[]{}*+?\dwsb,", max_size=12))
def test_whatever_passes_is_read_by_every_engine(db_cursor, pattern):
    try:
        patterns.check(pattern)
    except Refused:
        return

    re.compile(patterns.portable(pattern, "databricks").replace(r"\z", r"\Z"))
    try:
        answer = db_cursor.execute("SELECT 'ab1' ~ %s", [patterns.portable(pattern, "postgres")]).fetchone()[
            0
        ]
    except psycopg.Error as error:
        pytest.fail(f"PostgreSQL does not read {pattern}: {error}")
    assert answer == patterns.found(pattern, "ab1")


@pytest.fixture(scope="module")
def db_cursor(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        yield cursor


@given(
    st.text(
        alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20
    )
)
@settings(max_examples=50, deadline=None)
def test_a_literal_matches_itself(text):
    assert patterns.found(f"^{patterns.literal(text)}$", text)
