from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils.html import strip_tags

from apps.ui import formats

NOW = datetime(2026, 11, 23, 14, 6, tzinfo=UTC)


def text(html):
    return strip_tags(str(html)).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0"),
        (93_412, "93,412"),
        (99_999, "99,999"),
        (204_300, "204 k"),
        (1_204_881, "1.2 M"),
        (999_950, "1.0 M"),
    ],
)
def test_counts_are_exact_until_they_are_long(number, said):
    assert text(formats.count(number)) == said


def test_a_shortened_count_keeps_its_exact_number():
    assert 'title="1,204,881"' in formats.count(1_204_881)


def test_a_count_may_stop_at_a_cap():
    assert formats.count(10_001, "10000") == "10,000+"
    assert formats.count(9_999, "10000") == "9,999"


@pytest.mark.parametrize(
    ("percent", "said"),
    [
        (0, "0 %"),
        (0.02, "< 0.1 %"),
        (28.83, "28.8 %"),
        (99.97, "> 99.9 %"),
        (100, "100 %"),
        (Decimal("99.5"), "99.5 %"),
    ],
)
def test_all_and_nothing_are_only_said_if_exact(percent, said):
    assert text(formats.share(percent)) == said


def test_a_share_may_have_more_decimals():
    assert text(formats.share(99.97, 2)) == "99.97 %"


@pytest.mark.parametrize(
    ("score", "said"),
    [(100, "100"), (99.97, "99.9"), (96.44, "96.4"), (Decimal("81.30"), "81.3"), (None, "—none")],
)
def test_a_score_is_never_rounded_up_to_perfect(score, said):
    assert text(formats.points(score)) == said


@pytest.mark.parametrize(
    ("octets", "said"),
    [(0, "0 B"), (512, "512 B"), (4_300, "4.2 KiB"), (224_395_264, "214 MiB"), (1 << 40, "1.0 TiB")],
)
def test_sizes_are_binary(octets, said):
    assert text(formats.size(octets)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.8, "800 ms"),
        (2.5, "2.5 s"),
        (42 * 60, "42 min"),
        (15_600, "4 h 20 min"),
        (3600, "1 h"),
        (1_865, "31 min 5 s"),
        (timedelta(days=2, hours=4, minutes=9), "2 days 4 h"),
        (timedelta(days=1), "1 day"),
        (-90, "− 1 min 30 s"),
    ],
)
def test_durations_have_two_units(seconds, said):
    assert text(formats.duration(seconds)) == said


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=3), "3 minutes ago"),
        (timedelta(hours=1, minutes=40), "1 hour ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
        (timedelta(days=8), "15 Nov 2026"),
        (timedelta(days=-3), "26 Nov 2026"),
    ],
)
def test_times_are_relative_for_a_week(before, said):
    with time_machine.travel(NOW, tick=False):
        assert text(formats.when(NOW - before)) == said


def test_a_time_says_the_whole_moment_on_hover():
    with time_machine.travel(NOW, tick=False):
        html = formats.when(NOW - timedelta(minutes=3))

    assert 'datetime="2026-11-23T14:03:00+00:00"' in html
    assert "Mon 23 Nov 2026, 14:03 UTC" in html


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (date(2026, 12, 24), "24 Dec 2026, in 31 days"),
        (date(2026, 11, 24), "24 Nov 2026, in 1 day"),
        (date(2026, 11, 23), "23 Nov 2026, today"),
        (datetime(2026, 11, 21, 9, tzinfo=UTC), "21 Nov 2026, 2 days late"),
    ],
)
def test_deadlines_are_absolute_with_the_days_left(due, said):
    with time_machine.travel(NOW, tick=False):
        assert text(formats.deadline(due)) == said


def test_a_deadline_may_be_the_days_alone():
    with time_machine.travel(NOW, tick=False):
        assert text(formats.deadline(date(2026, 11, 20), "left")) == "3 days late"


@pytest.mark.parametrize(
    "name", ["exact", "count", "share", "points", "size", "duration", "when", "deadline", "moment_of"]
)
def test_the_unknown_is_a_dash_with_a_word(name):
    assert text(getattr(formats, name)(None)) == "—none"


def test_zero_is_not_unknown():
    assert formats.none(0) == 0
    assert formats.none("orders") == "orders"
    assert text(formats.none("", "not measured")) == "—not measured"


def test_long_names_may_break_at_their_joints():
    assert formats.wbr("jaffle_shop.marts:orders/x") == ("jaffle_<wbr>shop.<wbr>marts:<wbr>orders/<wbr>x")


def test_a_name_with_markup_stays_a_name():
    assert formats.wbr('<b onclick="x">') == "&lt;b onclick=&quot;x&quot;&gt;"
