"""When something is done again: by the clock of a place, also when that clock is moved."""

from datetime import UTC, datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.dcs.cron import following, problem, slots


def told(expression, zone, after, number=3):
    return [f"{each:%m-%d %H:%M}" for each in islice(slots(expression, zone, after=after), number)]


def day(month, number, hour=0, minute=0):
    return datetime(2026, month, number, hour, minute, tzinfo=UTC)


def test_times_are_those_of_the_place():
    assert told("0 6 * * *", "Europe/Berlin", day(7, 1)) == ["07-01 04:00", "07-02 04:00", "07-03 04:00"]
    assert told("0 6 * * *", "Asia/Kolkata", day(7, 1)) == ["07-01 00:30", "07-02 00:30", "07-03 00:30"]


def test_what_falls_into_the_hour_that_is_lost_is_done_right_after_it():
    assert told("30 2 * * *", "Europe/Berlin", day(3, 28)) == ["03-28 01:30", "03-29 01:00", "03-30 00:30"]


def test_a_time_that_comes_twice_is_used_once():
    assert told("30 2 * * *", "Europe/Berlin", day(10, 24)) == ["10-24 00:30", "10-25 00:30", "10-26 01:30"]


def test_what_is_done_each_half_hour_goes_by_the_hours_that_pass():
    assert told("*/30 * * * *", "Europe/Berlin", day(10, 25, 0, 15), 4) == [
        "10-25 00:30",
        "10-25 01:00",
        "10-25 01:30",
        "10-25 02:00",
    ]


def test_the_last_day_of_a_month_is_that_of_each_month_and_the_31st_only_of_some():
    assert told("0 6 L * *", "UTC", day(1, 31, 6), 3) == ["02-28 06:00", "03-31 06:00", "04-30 06:00"]
    assert told("0 6 31 * *", "UTC", day(1, 31, 6), 2) == ["03-31 06:00", "05-31 06:00"]


def test_a_leap_day_is_waited_for():
    assert following("0 0 29 2 *", "UTC", after=day(3, 1)) == datetime(2028, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "zone", "words"),
    [
        ("every day", "UTC", "five fields"),
        ("0 6 * * * *", "UTC", "five fields"),
        ("99 6 * * *", "UTC", "no cron expression"),
        ("0 0 30 2 *", "UTC", "no cron expression"),
        ("0 6 * * *", "Middle/Earth", "no time zone"),
        ("0 6 * * *", "../../etc/passwd", "no time zone"),
        ("* * * * *", "UTC", "less than 5 minutes"),
        ("0,3 6 * * *", "UTC", "less than 5 minutes"),
    ],
)
def test_what_cannot_be_meant_is_told(expression, zone, words):
    assert words in problem(expression, zone, after=day(1, 1))


def test_what_can_be_meant_has_no_problem():
    assert problem("*/5 * * * *", "Europe/Berlin", after=day(1, 1)) == ""


@given(
    st.text("0123456789*/,-L# ", max_size=20),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "x"]),
)
def test_any_text_has_an_answer(expression, zone):
    said = problem(expression, zone, after=day(1, 1))

    assert said or following(expression, zone, after=day(1, 1)) > day(1, 1)
