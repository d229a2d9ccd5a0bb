"""Rules are run together, and one that cannot be does not harm the others."""

import pytest

from apps.payload.engines import Unanswered, opened
from apps.payload.engines.description import FILES, Description, Table
from apps.quality.engine.runner import run_rules, sql_of
from tests.quality.engines import NOON, Counting, files_engine, parquet, rules

ORDERS = """
    SELECT i AS id, CASE WHEN i % 10 = 0 THEN NULL ELSE 'order ' || i END AS label, i % 5 AS status, i * 1.5::double AS amount,
    TIMESTAMP '2026-03-29' + to_minutes(i::int) AS placed FROM range(1, 101) t(i)
"""
NAMES = ("id", "label", "status", "amount", "placed")
TWENTY = [("not_null", name, {}) for name in NAMES] * 4


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    return parquet(tmp_path_factory.mktemp("orders") / "orders.parquet", ORDERS)


@pytest.fixture
def engine(orders):
    with files_engine(orders, customers=orders) as files:
        yield Counting(files)


def run(engine, *rows, **more):
    return run_rules(engine, rules(*rows), now=NOON, **more)


def test_results_come_in_the_order_of_the_rules_with_the_rows_that_break_them(engine):
    found = run(
        engine,
        ("unique", "status", {}),
        ("not_null", "label", {"severity": "warning"}),
        ("range_check", "amount", {"expected_range_min": 3}),
    )

    assert [one.status for one in found] == ["failed", "warning", "failed"]
    assert [one.outcome.failures for one in found] == [95, 10, 1]
    assert found[0].samples[0] == {"at": {}, "values": {"status": 0}, "occurrences": 20}
    assert found[1].samples[0] == {
        "at": {"file": "orders.parquet", "row_number": 9},
        "values": {"label": None},
    }
    assert found[2].samples == [
        {"at": {"file": "orders.parquet", "row_number": 0}, "values": {"amount": 1.5}}
    ]


def test_rules_about_rows_share_one_scan(engine):
    found = run(engine, *TWENTY, samples=0)

    scans = [sql for sql in engine.asked if "COUNT" in sql]
    assert {one.status for one in found} == {"passed", "failed"}
    assert len(scans) <= 1


def test_one_bad_rule_of_twenty_one_leaves_twenty_results(engine):
    found = run(engine, *TWENTY, ("cross_field_validation", None, {"config": {"left": "id", "operator": "<", "right": "status"}}),
                ("not_null", "lable", {}), samples=0)  # fmt: skip

    assert [one.code for one in found if one.status == "error"] == ["no_column"]


@pytest.mark.parametrize("place", [0, 7, 20])
def test_a_rule_whose_data_breaks_the_scan_is_found_in_at_most_eleven_queries(engine, place):
    bad = ("range_check", "amount", {"expected_range_min": -1})
    asked = [("range_check", "amount", {"expected_range_max": 1000 + n}) for n in range(20)]
    asked.insert(place, bad)
    engine.broken = [("< -1", Unanswered("query", "overflow of 17"))]

    found = run(engine, *asked, samples=0)

    assert [n for n, one in enumerate(found) if one.status == "error"] == [place]
    assert found[place].code == "query"
    assert found[place].detail == "overflow of 17"
    assert len([one for one in found if one.status == "passed"]) == 20
    assert len(engine.asked) <= 11


def test_a_rule_that_cannot_be_planned_is_found_without_reading(engine):
    bad = ("statistical_threshold", "id", {"config": {"statistic": "mean"}, "expected_range_min": 0})
    original = engine.engine.fetch

    def fetch(sql, **more):
        if "AVG" in sql:
            raise Unanswered("query", "no such function")
        return original(sql, **more)

    engine.engine.fetch = fetch
    asked = [("range_check", "amount", {"expected_range_max": 1000 + n}) for n in range(20)]

    found = run(engine, *asked, bad, samples=0)

    assert [one.status for one in found] == ["passed"] * 20 + ["error"]
    assert len(engine.asked) <= 11


def test_at_the_deadline_the_rest_are_errors_and_the_finished_keep_their_results(engine):
    engine.broken = [("ANTI JOIN", Unanswered("deadline"))]
    reference = {"references": {"id": ("customers", "id")}}

    found = run(
        engine,
        ("range_check", "amount", {"expected_range_max": 1}),
        ("referential_integrity", "id", reference),
        ("unique", "id", {}),
        ("not_null", "label", {}),
    )

    assert [one.status for one in found] == ["failed", "error", "error", "failed"]
    assert [one.code for one in found] == ["", "deadline", "deadline", ""]


def test_without_time_nothing_is_asked(engine):
    found = run(engine, ("not_null", "amount", {}), deadline_s=0)

    assert [(one.status, one.code) for one in found] == [("error", "deadline")]
    assert not [sql for sql in engine.asked if "COUNT" in sql]


def test_samples_of_withheld_columns_are_counts_alone(engine):
    found = run(engine, ("not_null", "label", {}), withheld=frozenset({"label"}))[0]

    assert (found.status, found.samples, found.meta["samples"]) == ("failed", [], "withheld")


def test_a_condition_narrows_what_a_rule_looks_at(engine):
    found = run(
        engine,
        ("not_null", "label", {"config": {"apply_condition": "id <= 20"}}),
        ("unique", "status", {"config": {"apply_condition": "id <= 6 AND status IS NOT NULL"}}),
    )

    assert [(one.outcome.failures, one.outcome.total) for one in found] == [(2, 20), (1, 6)]
    assert [one["at"]["row_number"] for one in found[0].samples] == [9, 19]


def test_data_that_changes_twice_while_it_is_read_gives_errors(engine):
    states = iter(["one", "two", "two", "three"])
    engine.engine.fingerprint = lambda alias="payload": next(states)

    found = run(engine, ("not_null", "id", {}))

    assert [(one.status, one.code) for one in found] == [("error", "changed")]


def test_data_that_changed_once_is_read_once_more(engine):
    states = iter(["one", "two", "two", "two"])
    engine.engine.fingerprint = lambda alias="payload": next(states)

    assert [one.status for one in run(engine, ("not_null", "id", {}))] == ["passed"]


def test_whoever_watches_may_end_the_run(engine):
    class Enough(Exception):
        pass

    def watch(phase, done, total, words):
        if phase == "scan":
            raise Enough

    with pytest.raises(Enough):
        run(engine, ("not_null", "id", {}), progress=watch)


def test_the_sql_of_a_rule_can_be_read_without_running_it(engine):
    asked = rules(("not_null", "label", {}), ("not_null", "lable", {}))

    assert sql_of(asked[0], engine, now=NOON).endswith('FROM "payload" AS "t0"')
    assert sql_of(asked[1], engine, now=NOON) == ""
    assert engine.asked == []


def test_a_combination_with_a_column_that_never_repeats_is_not_looked_for(engine):
    engine.engine.repeated = lambda columns, **more: asked.append(columns) or original(columns, **more)
    original, asked = type(engine.engine).repeated.__get__(engine.engine), []

    found = run(
        engine,
        ("unique_combination", None, {"config": {"columns": ["label", "id"]}}),
        ("unique", "id", {}),
        ("unique_combination", None, {"config": {"columns": ["status", "label"]}}),
    )

    assert [(one.status, one.outcome.total) for one in found] == [
        ("passed", 90),
        ("passed", 100),
        ("passed", 90),
    ]
    assert asked == [("id",), ("status", "label")]


def test_values_of_a_text_file_that_do_not_read_are_told_and_not_lost(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("id,amount\n1,2.50\n2,two\n3,\n")
    table = Table(files=(str(path),), format="csv", types={"id": "BIGINT", "amount": "DECIMAL(10,2)"})
    asked = rules(("range_check", "amount", {"expected_range_min": 0}), ("not_null", "id", {}))

    with opened(Description(FILES, (table,))) as engine:
        first = run_rules(engine, asked, now=NOON, cache=tmp_path / "cache")
        again = run_rules(engine, asked, now=NOON, cache=tmp_path / "cache")

    for found in (first, again):
        assert [(one.status, one.meta.get("unreadable")) for one in found] == [
            ("passed", 1),
            ("passed", None),
        ]
    assert [one.path for one in again] == ["cache", "cache"]


def test_a_window_longer_than_time_holds_everything(engine):
    found = run(engine, ("recency_check", "placed", {"config": {"window": "P900000Y", "min_rows": 100}}))

    assert [(one.status, one.outcome.measured) for one in found] == [("passed", 100)]


def test_a_mistake_while_looking_for_rows_to_show_leaves_the_results(engine):
    def row_names():
        raise ZeroDivisionError

    engine.engine.row_names = row_names

    found = run(engine, ("not_null", "label", {}), ("unique", "status", {}))

    assert [(one.status, one.outcome.failures) for one in found] == [("failed", 10), ("failed", 95)]
    assert found[0].detail == "ZeroDivisionError: "
    assert found[1].samples


@pytest.mark.parametrize("answer", [True, None], ids=["superuser", "not told"])
def test_no_query_of_people_runs_as_an_account_that_may_do_anything(engine, answer):
    class Mighty(Counting):
        @property
        def privileged(self):
            if answer is None:
                raise Unanswered("forbidden")
            return answer

    mighty = Mighty(engine)

    found = run(
        mighty, ("custom_sql", None, {"config": {"sql": "SELECT id FROM payload"}}), ("not_null", "id", {})
    )

    assert [(one.status, one.code) for one in found] == [("error", "privileged"), ("passed", "")]
    assert not [sql for sql in mighty.asked if "FROM (SELECT" in sql]
