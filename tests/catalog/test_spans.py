"""Lengths of time in words."""

import pytest

from apps.catalog.spans import in_words
from apps.dcs.periods import Period


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("P7Y", "7 years"),
        ("P1Y2M", "1 year 2 months"),
        ("P1D", "1 day"),
        ("PT4H30M", "4 hours 30 minutes"),
        ("PT0S", "0 seconds"),
    ],
)
def test_a_period_is_said_as_people_say_it(period, words):
    assert in_words(Period.parse(period)) == words
