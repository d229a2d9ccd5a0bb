"""Lengths of time keep months, days and seconds apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.dcs.periods import Period

periods = st.builds(
    Period,
    months=st.integers(0, 2**31 - 1),
    days=st.integers(0, 2**31 - 1),
    microseconds=st.integers(0, 10**15),
)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("7 years", "P7Y"),
        ("P7Y", "P7Y"),
        ("12 months", "P1Y"),
        ("1 week", "P7D"),
        ("PT4H", "PT4H"),
        ("4 hours", "PT4H"),
        ("1 day 4 hours", "P1DT4H"),
        ("90 minutes", "PT1H30M"),
        ("P1Y2M3DT4H5M6.5S", "P1Y2M3DT4H5M6.5S"),
        ("0 days", "PT0S"),
    ],
)
def test_words_and_iso_say_the_same(text, iso):
    assert Period.parse(text).iso() == iso


@pytest.mark.parametrize(
    ("one", "other"), [("1 year", "365 days"), ("1 month", "30 days"), ("1 day", "24 hours")]
)
def test_a_year_is_not_365_days(one, other):
    assert Period.parse(one) != Period.parse(other)


@pytest.mark.parametrize(
    "text", ["", "soon", "-P1D", "-1 day", "P", "PT", "1 fortnight", "4h later", "P1.5Y", "P99999999999Y"]
)
def test_what_is_no_duration_is_refused_with_its_text(text):
    with pytest.raises(ValueError, match="duration|stored"):
        Period.parse(text)


@given(periods)
def test_iso_reads_back_as_the_same_period(period):
    assert Period.parse(period.iso()) == period
