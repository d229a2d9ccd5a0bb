import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from apps.ui import charts
from apps.ui.templatetags import ui

numbers = st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False))


def drawn(chart):
    """The picture as XML: a chart that is not well formed is not drawn at all."""
    return ElementTree.fromstring(str(chart))  # noqa: S314 — drawn by us a moment ago


def heights(css, chart):
    return [float(rect.get("height")) for rect in drawn(chart).iter("rect") if rect.get("class") == css]


def test_a_gap_in_the_numbers_stays_a_gap_in_the_line():
    line = drawn(charts.sparkline([3, 2, None, 4, 5])).find("path").get("d")

    assert line.count("M") == 2


def test_the_last_known_value_has_the_dot():
    dot = drawn(charts.sparkline([1, 2, 3, None], width=96)).find("circle")

    assert float(dot.get("cx")) == 62
    assert float(dot.get("cy")) == 2


def test_a_wobble_does_not_look_like_a_crash():
    calm = drawn(charts.sparkline([99.8, 99.7], span=5, height=20)).find("circle")
    wild = drawn(charts.sparkline([99.8, 99.7], height=20)).find("circle")

    assert float(calm.get("cy")) < 3
    assert float(wild.get("cy")) == 18


def test_no_numbers_are_no_picture():
    assert str(charts.sparkline([])) == ""
    assert str(charts.sparkline([None, None])) == ""


@given(st.lists(numbers, max_size=40), st.floats(0, 100))
def test_a_sparkline_never_leaves_its_box(values, span):
    chart = charts.sparkline(values, width=96, height=20, span=span)

    for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", str(chart)):
        assert 0 <= float(x) <= 96
        assert 0 <= float(y) <= 20


def test_a_week_of_lights_is_one_link():
    days = [(date(2026, 8, 26) + timedelta(at), "kept") for at in range(90)]

    picture = Template("{% load ui %}{% lights days title='Freshness' url='/q/?rule=7' %}").render(
        Context({"days": days})
    )

    links = drawn(picture).findall("a")
    assert len(links) == 13
    assert links[0].get("href") == "/q/?rule=7&from=2026-08-26&to=2026-09-01"
    assert links[0].get("aria-label") == "26 Aug 2026 to 1 Sep 2026: kept 7 of 7"
    assert 'aria-label="Freshness, 90 days: kept 90 of 90"' in picture


def test_the_height_of_a_light_says_how_bad_it_was():
    chart = charts.lights([("a", "kept"), ("b", "broken"), ("c", "unknown")], title="x")

    assert heights("k", chart) == [8]
    assert heights("b", chart) == [22]
    assert heights("u", chart) == [2]


def test_days_without_a_measurement_are_not_counted():
    assert (
        ui.kept([(1, "kept"), (2, "broken"), (3, "unknown"), (4, "maintenance"), (5, "at_risk")])
        == "kept 2 of 3"
    )


def test_what_goes_over_the_allowance_is_critical():
    within = charts.bullet(30, allowed=43, width=120)
    over = charts.bullet(48, allowed=43, width=120)

    assert 'data-hue="critical"' not in str(within)
    assert 'data-hue="critical"' in str(over)


def test_an_allowance_of_nothing_is_used_up_at_once():
    assert 'data-hue="critical"' in str(charts.bullet(1, allowed=0))
    assert 'data-hue="critical"' not in str(charts.bullet(0, allowed=0))


def test_many_bins_become_thirty_bars_and_lose_no_row():
    bins = [(at, at + 1, at) for at in range(100)]

    joined = charts.join(bins, 30)

    assert len(joined) <= 30
    assert sum(rows for *_, rows in joined) == sum(range(100))
    assert len(charts.histogram(bins).rows) == 100


def test_empty_values_stand_apart_from_the_bars():
    chart = charts.histogram([(0, 1, 5), (1, 2, 9)], nulls=28.8, nulls_label="empty", nulls_share="28.8 %")

    assert "empty" in str(chart)
    assert drawn(chart).find("g").get("class") == "hatch"


def test_the_words_of_empty_values_end_before_those_of_the_first_bar():
    chart = charts.histogram(
        [("a", "", 5)], nulls=0, nulls_label="missing", nulls_share="0 %", low="completed"
    )

    places = {text.text: float(text.get("x")) for text in drawn(chart).iter("text")}
    assert places["completed"] - places["missing"] >= 7 * len("missing")


def test_a_trend_names_the_points_that_matter():
    points = [("25 Oct", 97.4), ("2 Nov", 91.2), ("23 Nov", 96.0)]

    chart = charts.trend(
        points, low=90, high=100, lines=(90, 100), notes=((1, "91.2, I-24", "critical"), (2, "96.0", ""))
    )

    texts = [text.text for text in drawn(chart).iter("text")]
    assert texts == ["90", "100", "91.2, I-24", "96.0", "25 Oct", "23 Nov"]


def test_a_chart_carries_the_rows_it_was_drawn_from():
    chart = charts.trend([("a", 1), ("b", None)], low=0, high=2, title="Score", head=("Day", "Score"))

    page = Template('{% include "components/figure.html" with chart=chart only %}').render(
        Context({"chart": chart})
    )

    assert "<svg" in page
    assert '<th scope="row">a</th><td class="num">1</td>' in page


def test_words_in_a_picture_cannot_become_markup():
    chart = charts.sparkline([1, 2], title="<script>")

    assert "<script>" not in str(chart)
    assert drawn(chart).get("aria-label") == "<script>"


@pytest.mark.parametrize(
    ("states", "title"),
    [
        ([("Payload", "complete"), ("Policy", "missing")], "1 of 2 dimensions; incomplete: Policy"),
        ([{"title": "Payload", "state": "complete"}], "1 of 1 dimensions"),
    ],
)
def test_ticks_say_what_is_missing(states, title):
    assert ui.ticks(states).title == title


def test_outcomes_count_what_they_show():
    assert ui.outcomes(["passed", "passed", "failed", "error"]).title == "2 passed, 0 warned, 1 failed of 4"
