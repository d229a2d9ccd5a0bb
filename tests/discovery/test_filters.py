"""One reading of the URL: what is asked for, what is wrong with it, and how it is said."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from apps.discovery import wording
from apps.discovery.filters import MANY, Filters


def parse(query):
    return Filters.parse(QueryDict(query))


def test_unknown_keys_are_ignored_and_empty_values_dropped():
    assert parse("colour=red&domain=&q=") == Filters()
    assert not Filters()


def test_a_wrong_value_is_an_error_of_its_field_and_the_rest_still_counts():
    filters = parse("sensitivity=banana&sensitivity=secret&layer=gold&retired=perhaps&sort=colour")

    assert filters.sensitivity == ("secret",)
    assert filters.layer == ("gold",)
    assert set(filters.errors) == {"sensitivity", "retired", "sort"}
    assert "banana" in filters.errors["sensitivity"]
    assert filters.order == "name"


def test_words_inside_the_text_become_filters():
    filters = parse('q=orders domain:finance lacks:owner "order total" domain:Sales&layer=gold&domain=HR')

    assert filters.q == 'orders "order total"'
    assert filters.domain == ("HR", "Sales", "finance")
    assert filters.lacks == ("owner",)
    assert filters.layer == ("gold",)


def test_each_filter_is_a_sentence_and_knows_the_query_without_it():
    filters = parse("domain=Finance&domain=none&lacks=contract&pii=yes&q=orders&sort=-quality")

    chips = {chip.sentence: chip.rest for chip in filters.sentences()}

    assert list(chips) == [
        "Matches orders",
        "Domain is Finance",
        "In no domain",
        "Has personal data",
        "Lacks contract",
    ]
    assert chips["In no domain"] == "domain=Finance&lacks=contract&pii=yes&q=orders&sort=-quality"


@given(
    st.dictionaries(
        st.sampled_from([*MANY, "q", "retired", "sort", "x"]), st.lists(st.text(max_size=20), max_size=3)
    )
)
def test_the_query_of_any_filters_reads_back_as_the_same_filters(query):
    filters = Filters.parse(query)

    assert Filters.parse(QueryDict(filters.query())) == filters


def test_the_best_match_comes_first_only_under_a_text():
    assert parse("q=orders").order == "match"
    assert parse("q=orders&sort=-quality").order == "-quality"
    assert parse("sort=match").order == "name"
    assert parse("q=orders&sort=-match").errors


@pytest.mark.parametrize("value", ["\x00", "a\x00b", "\ud800", " " * 5000, "x" * 100_000, "😀" * 5000])
def test_values_that_cannot_be_stored_are_made_bearable(value):
    filters = Filters.parse({"q": value, "tag": [value] * 500, "domain": value})

    assert len(filters.tag) <= 50
    assert "\x00" not in filters.q + "".join(filters.tag)
    filters.q.encode()
    assert len(filters.q) <= wording.LONGEST


@given(st.text(max_size=300))
def test_any_text_has_a_wording_that_reads_back_as_itself(text):
    typed = wording.read(text)

    assert wording.read(str(typed)).exact == typed.exact
    assert len(str(typed)) <= 2 * wording.LONGEST
