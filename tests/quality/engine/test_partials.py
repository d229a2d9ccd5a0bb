"""Unchanged data is not read again; whatever an answer depends on makes it another question."""

import os
import stat

import pytest

from apps.quality.engine import partials
from apps.quality.engine.runner import run_rules
from tests.quality.engines import NOON, Counting, files_engine, parquet, rules

ORDERS = "SELECT i AS id, i % 3 AS status, i / 2.0::double AS amount, TIMESTAMP '2026-03-29' AS placed FROM range(60) t(i)"
EVERY = rules(
    ("not_null", "amount", {}),
    ("range_check", "amount", {"expected_range_min": 0}),
    ("unique", "id", {}),
    ("freshness", "placed", {"config": {"max_age": "P1D"}}),
    ("outlier_detection", "amount", {}),
    ("statistical_threshold", "amount", {"config": {"statistic": "sum"}, "expected_range_min": 1}),
    ("referential_integrity", "status", {"references": {"status": ("known", "id")}}),
)


@pytest.fixture
def orders(tmp_path):
    return parquet(tmp_path / "orders.parquet", ORDERS)


def run(orders, folder, asked=EVERY, now=NOON):
    with files_engine(orders, known=orders) as opened:
        engine = Counting(opened)
        found = run_rules(engine, asked, now=now, cache=folder)
        return found, [sql for sql in engine.asked if not sql.startswith("DESCRIBE")]


def told(found):
    return [(one.status, one.outcome.measured, one.outcome.failures, one.outcome.total) for one in found]


def test_the_second_run_on_the_same_data_asks_nothing(orders, tmp_path):
    first, _asked = run(orders, tmp_path / "cache")
    second, asked = run(orders, tmp_path / "cache")

    assert told(second) == told(first)
    assert asked == []
    assert {one.path for one in second} == {"cache", "footer"}
    assert {one.status for one in second} == {"passed"}


def test_other_data_is_read(orders, tmp_path):
    run(orders, tmp_path / "cache")
    parquet(orders, ORDERS.replace("range(60)", "range(61)"))

    found, asked = run(orders, tmp_path / "cache")

    assert asked
    assert found[0].outcome.total == 61


def test_another_threshold_needs_no_reading_but_another_bound_does(orders, tmp_path):
    run(orders, tmp_path / "cache")
    tolerant = rules(("not_null", "amount", {"threshold_percent": 10}))
    narrower = rules(("range_check", "amount", {"expected_range_min": 1}))

    assert run(orders, tmp_path / "cache", tolerant)[1] == []
    assert run(orders, tmp_path / "cache", narrower)[0][0].outcome.failures == 2


def test_the_age_of_remembered_data_grows_with_the_clock(orders, tmp_path):
    aged = rules(("freshness", "placed", {"config": {"max_age": "P1D"}}))
    run(orders, tmp_path / "cache", aged)

    found, _asked = run(orders, tmp_path / "cache", aged, now=NOON.replace(day=31))

    assert (found[0].status, found[0].outcome.measured) == ("failed", 60 * 3600)


def test_what_depends_on_the_clock_in_the_data_is_read_each_time(orders, tmp_path):
    recent = rules(("recency_check", "placed", {"config": {"window": "P1D", "min_rows": 60}}))

    assert run(orders, tmp_path / "cache", recent)[0][0].status == "passed"
    assert run(orders, tmp_path / "cache", recent, now=NOON.replace(day=31))[0][0].status == "failed"


def test_other_code_asks_again(orders, tmp_path, monkeypatch):
    run(orders, tmp_path / "cache")
    monkeypatch.setattr(partials, "code", lambda: "another release")

    assert run(orders, tmp_path / "cache")[1]


@pytest.mark.parametrize("rubbish", [b"", b"not json", b'{"numbers": 3}\n', b"\x80\x04K\x01."])
def test_a_file_that_is_no_answer_is_as_good_as_none(orders, tmp_path, rubbish):
    first, _asked = run(orders, tmp_path / "cache")
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(rubbish)

    second, asked = run(orders, tmp_path / "cache")

    assert told(second) == told(first)
    assert asked


def test_numbers_of_data_that_changed_meanwhile_are_not_kept(orders, tmp_path):
    with files_engine(orders, known=orders) as opened:
        states = iter(range(100))
        opened.fingerprint = lambda alias="payload": str(next(states))

        found = run_rules(opened, EVERY, now=NOON, cache=tmp_path / "cache")

    assert {one.code for one in found} == {"changed"}
    assert not (tmp_path / "cache").exists()


def test_only_the_portal_may_look_into_the_folder(orders, tmp_path):
    run(orders, tmp_path / "cache")

    assert stat.S_IMODE(os.stat(tmp_path / "cache").st_mode) == 0o700
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in (tmp_path / "cache").iterdir())


def test_the_folder_does_not_grow_without_end(orders, tmp_path, monkeypatch):
    monkeypatch.setattr(partials, "MOST", 3)
    monkeypatch.setattr(partials, "TIDIED", 2)

    run(orders, tmp_path / "cache")

    assert len(list((tmp_path / "cache").iterdir())) <= 4
