"""Promises, judged at the boundary, across changes of the clock, ends of months and maintenance windows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.contracts import promises, timing
from apps.contracts.models import Contract
from apps.contracts.promises import MET, MISSED, UNKNOWN, Seen
from apps.dcs.periods import Period

NIGHT = {"day": "sunday", "start": "02:00", "end": "04:00"}
SECOND = timedelta(seconds=1)


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def promised(**terms):
    terms = {
        name: Period.parse(value) if name in ("freshness_sla", "max_downtime") else value
        for name, value in terms.items()
    }
    return promises.targets(Contract(**terms))


def fresh(updated, at, **terms):
    (target,) = promised(**terms)
    return promises.judged(target, Seen(moment(updated)), at=moment(at))


def measured(actual, **terms):
    (target,) = promised(**terms)
    at = moment("2026-11-23T09:00")
    return promises.judged(target, Seen(at, Decimal(actual)), at=at)


# ---------- freshness ----------


@pytest.mark.parametrize(
    ("at", "outcome"),
    [("2026-11-23T12:00:00", MET), ("2026-11-23T12:00:00.000001", MISSED), ("2026-11-23T08:00:00", MET)],
)
def test_data_is_fresh_until_its_age_is_past_what_was_promised(at, outcome):
    answer = fresh("2026-11-23T08:00", at, freshness_sla="PT4H")
    assert (answer.outcome, answer.target, answer.unit) == (outcome, Decimal(14_400), "seconds")


def test_the_answer_says_when_it_will_change():
    answer = fresh("2026-11-23T08:00", "2026-11-23T09:30", freshness_sla="PT4H")
    assert answer.until - timedelta(microseconds=1) == moment("2026-11-23T12:00")
    assert answer.actual == 5400


def test_data_from_the_future_is_fresh_now():
    answer = fresh("2026-11-23T10:00", "2026-11-23T09:00", freshness_sla="PT1H")
    assert (answer.outcome, answer.actual) == (MET, 0)


@pytest.mark.parametrize(
    ("at", "outcome"), [("2026-02-28T10:00", MET), ("2026-02-28T10:00:01", MISSED), ("2026-02-27T10:00", MET)]
)
def test_a_month_after_the_end_of_january_is_the_end_of_february(at, outcome):
    assert fresh("2026-01-31T10:00", at, freshness_sla="P1M").outcome == outcome


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        ("2026-11-23T08:00", MET),  # the refresh of eight is not due yet
        ("2026-11-23T10:00", MET),
        ("2026-11-23T10:00:01", MISSED),
    ],
)
def test_a_scheduled_refresh_is_there_one_period_after_its_time(at, outcome):
    answer = fresh("2026-11-22T09:00", at, freshness_schedule="daily_8am", freshness_sla="PT2H")
    assert answer.outcome == outcome
    assert answer.target == 25 * 3600


@pytest.mark.parametrize(("at", "outcome"), [("2026-11-24T08:00", MET), ("2026-11-24T08:00:01", MISSED)])
def test_without_a_period_the_refresh_is_there_before_the_next(at, outcome):
    assert fresh("2026-11-22T09:00", at, freshness_schedule="0 8 * * *").outcome == outcome


def test_a_schedule_keeps_to_the_clock_of_its_zone_when_the_clock_changes():
    """On 25 October 2026 eight in the morning in Berlin comes an hour later than the day before, in UTC."""
    terms = {"freshness_schedule": "daily_8am Europe/Berlin", "freshness_sla": "PT1H"}
    saturday = fresh("2026-10-23T07:00", "2026-10-24T07:00:01", **terms)
    sunday = fresh("2026-10-24T07:00", "2026-10-25T07:30", **terms)
    later = fresh("2026-10-24T07:00", "2026-10-25T08:00:01", **terms)
    assert [saturday.outcome, sunday.outcome, later.outcome] == [MISSED, MET, MISSED]


def test_a_month_without_its_day_has_no_refresh_then():
    terms = {"freshness_schedule": "0 6 31 * *", "freshness_sla": "P1D"}
    assert fresh("2026-01-31T07:00", "2026-03-31T06:30", **terms).outcome == MET
    assert fresh("2026-01-31T07:00", "2026-04-01T06:00:01", **terms).outcome == MISSED


def test_time_in_a_maintenance_window_does_not_count():
    terms = {"freshness_sla": "PT4H", "maintenance_windows": [NIGHT]}
    inside = fresh("2026-11-22T00:00", "2026-11-22T03:59", **terms)
    kept = fresh("2026-11-22T00:00", "2026-11-22T06:00", **terms)
    late = fresh("2026-11-22T00:00", "2026-11-22T06:00:01", **terms)
    assert [inside.outcome, kept.outcome, late.outcome] == [MET, MET, MISSED]
    assert (inside.in_window, kept.in_window) == (True, False)
    assert inside.actual == 2 * 3600
    assert inside.until - timedelta(microseconds=1) == moment("2026-11-22T06:00")


def test_a_window_over_midnight_ends_on_the_next_day():
    windows = [{"day": "saturday", "start": "23:00", "end": "01:00"}]
    start, end = moment("2026-11-21T22:00"), moment("2026-11-22T02:00")
    assert timing.counted(start, end, windows) == timedelta(hours=2)


def test_windows_that_overlap_count_once():
    windows = [NIGHT, {"day": "daily", "start": "03:00", "end": "05:00"}]
    start, end = moment("2026-11-22T00:00"), moment("2026-11-22T06:00")
    assert timing.counted(start, end, windows) == timedelta(hours=3)


@pytest.mark.parametrize(
    ("day", "lasts"),
    [
        ("2026-10-25", 3),
        ("2026-03-29", 1),
        ("2026-11-01", 2),
    ],  # the hour that comes twice; the one that is lost
)
def test_a_window_follows_its_own_clock_when_the_clock_changes(day, lasts):
    windows = [{"day": "sunday", "start": "01:30", "end": "03:30", "timezone": "Europe/Berlin"}]
    start = moment(f"{day}T00:00") - timedelta(hours=2)
    whole = timedelta(hours=12)
    assert whole - timing.counted(start, start + whole, windows) == timedelta(hours=lasts)


def test_what_is_no_window_closes_nothing():
    for window in (
        {"day": "someday", "start": "01:00", "end": "02:00"},
        {"day": "sunday"},
        {**NIGHT, "timezone": "Mars"},
    ):
        start = moment("2026-11-22T00:00")
        assert timing.counted(start, start + timedelta(hours=6), [window]) == timedelta(hours=6)


def test_nothing_seen_is_unknown_and_never_met():
    for target in promised(
        freshness_sla="PT4H", completeness_sla=Decimal(99), availability_sla=Decimal(99), quality_score_sla=Decimal(90),
        query_latency_p95=200, expected_row_count_min=1, critical_quality_rules=["filled"], schema_change_policy="strict",
    ):  # fmt: skip
        answer = promises.judged(target, None, at=moment("2026-11-23T09:00"))
        assert (answer.outcome, answer.actual, answer.health) == (UNKNOWN, None, "unknown")


# ---------- schedules ----------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("hourly", ("0 * * * *", "UTC")),
        ("daily_8am", ("0 8 * * *", "UTC")),
        ("daily_12am", ("0 0 * * *", "UTC")),
        ("weekdays_14:30", ("30 14 * * 1-5", "UTC")),
        ("sunday_6pm Europe/Berlin", ("0 18 * * 0", "Europe/Berlin")),
        ("cron:0 8 * * * America/New_York", ("0 8 * * *", "America/New_York")),
    ],
)
def test_short_words_and_cron_are_schedules(text, meant):
    assert timing.schedule(text) == meant


@pytest.mark.parametrize(
    "text", ["", "often", "daily_25", "daily_13pm", "0 8 * *", "61 8 * * *", "someday_8am"]
)
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        timing.schedule(text)


# ---------- numbers ----------


@pytest.mark.parametrize(
    ("terms", "actual", "outcome", "unit"),
    [
        ({"completeness_sla": Decimal("99.999")}, "99.999", MET, "percent"),
        ({"completeness_sla": Decimal("99.999")}, "99.9989", MISSED, "percent"),
        ({"availability_sla": Decimal("99.9")}, "99.9", MET, "percent"),
        ({"availability_sla": Decimal("99.9")}, "99.8999", MISSED, "percent"),
        ({"max_downtime": "PT1H", "max_downtime_period": "month"}, "3600", MET, "seconds"),
        ({"max_downtime": "PT1H", "max_downtime_period": "month"}, "3601", MISSED, "seconds"),
        ({"quality_score_sla": Decimal("95")}, "94.9999", MISSED, "percent"),
        ({"critical_quality_rules": ["a", "b"]}, "1", MISSED, "rules"),
        ({"critical_quality_rules": ["a", "b", "a"]}, "2", MET, "rules"),
        ({"query_latency_p95": 200}, "200", MET, "ms"),
        ({"query_latency_p99": 200}, "200.5", MISSED, "ms"),
        ({"expected_row_count_min": 10}, "10", MET, "rows"),
        ({"expected_row_count_min": 10}, "9", MISSED, "rows"),
        ({"schema_change_policy": "strict"}, "29", MISSED, "days"),
        ({"schema_change_policy": "flexible"}, "0", MET, "days"),
        ({"schema_change_policy": "strict", "breaking_change_notice_days": 14}, "14", MET, "days"),
    ],
)
def test_each_promise_is_kept_at_its_boundary_and_missed_beyond(terms, actual, outcome, unit):
    answer = measured(actual, **terms)
    assert (answer.outcome, answer.unit) == (outcome, unit)


def test_a_row_count_names_the_bound_that_it_broke():
    bounds = {"expected_row_count_min": 10, "expected_row_count_max": 20}
    assert [measured(rows, **bounds).target for rows in ("9", "15", "21")] == [10, 10, 20]
    assert measured("21", **bounds).magnitude == 1


def test_five_nines_stay_five_nines():
    answer = measured("99.9985", availability_sla=Decimal("99.999"))
    assert (str(answer.target), str(answer.actual), str(answer.magnitude)) == ("99.999", "99.9985", "0.0005")


def test_unrestricted_changes_promise_nothing():
    assert promised(schema_change_policy="unrestricted") == []


# ---------- budgets ----------


def test_three_nines_allow_three_quarters_of_an_hour_a_month():
    assert promises.downtime(Decimal("99.9")) == timedelta(minutes=43, seconds=12)
    assert promises.downtime(Decimal(100)) == timedelta()


@pytest.mark.parametrize(
    ("actual", "share", "health"),
    [("99.95", "0.5", "kept"), ("99.92", "0.8", "at_risk"), ("99.8", "2", "broken")],
)
def test_the_error_budget_says_how_much_of_what_is_allowed_is_gone(actual, share, health):
    answer = measured(actual, availability_sla=Decimal("99.9"))
    assert (promises.used(answer), answer.health) == (Decimal(share), health)


def test_a_whole_promise_leaves_no_budget():
    kept, broken = (measured(actual, availability_sla=Decimal(100)) for actual in ("100", "99.9"))
    assert (promises.used(kept), promises.used(broken)) == (0, None)
    assert [kept.health, broken.health] == ["kept", "broken"]


def test_a_contract_is_as_healthy_as_its_worst_promise():
    kept = measured("100", availability_sla=Decimal(90))
    broken = measured("80", availability_sla=Decimal(90))
    unknown = promises.judged(promised(query_latency_p95=5)[0], None, at=moment("2026-11-23T09:00"))
    assert promises.worst([kept, unknown]) == "kept"
    assert promises.worst([kept, broken, unknown]) == "broken"
    assert promises.worst([unknown]) == promises.worst([]) == "unknown"
