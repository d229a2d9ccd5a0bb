"""Figures of columns: the same from files and from a server, exact, and silent about what is withheld."""

import dataclasses
from decimal import Decimal

import duckdb
import pytest

from apps.payload.engines.base import Unanswered
from apps.payload.engines.description import Description, Table
from apps.payload.engines.files import FilesEngine
from apps.payload.engines.postgres import PostgresEngine
from apps.quality import patterns
from apps.quality.profile import percentage, profile_table

ROWS = """(VALUES
    (1, 10.5, 1.5, 'placed', 'ada@example.com', TIMESTAMP '2026-01-01 10:00:00.6', DATE '2026-01-01', true, NULL, 7),
    (2, 10.5, -2, 'Placed', 'bo.2@example.com', TIMESTAMP '2026-01-03 23:59:59', DATE '2026-01-31', false, NULL, 7),
    (3, 3, 40, 'shipped', '  ', NULL, NULL, NULL, NULL, 7),
    (4, NULL, NULL, 'été', '', TIMESTAMP '2026-01-05 00:00:00', DATE '2024-02-29', true, NULL, 7),
    (5, 0, 0, NULL, 'ada@example.com', TIMESTAMP '2026-01-01 10:00:00', DATE '2026-01-01', true, NULL, 7)
) t(id, price, score, status, email, placed_at, day, paid, nothing, same)"""
SELECT = """SELECT id::INT AS id, price::DECIMAL(38,2) AS price,
    CASE WHEN id = 3 THEN 'NaN'::{double} WHEN id = 2 THEN 'Infinity'::{double} ELSE score::{double} END AS score,
    status, email, placed_at, day, paid, nothing::VARCHAR AS nothing, same::BIGINT AS same,
    id AS "net \"\"🎉\"\"" FROM
"""


def files(folder, sql, name="orders"):
    path = f"{folder}/{name}.parquet"
    with duckdb.connect() as duck:
        duck.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet)")
    return FilesEngine(Description("files", (Table(files=(path,), format="parquet"),)))


def profiled(engine, *columns, **options):
    with engine as open_:
        return {each.column: each for each in profile_table(open_, columns or None, **options)}


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """What a file of five orders looks like."""
    return profiled(files(tmp_path_factory.mktemp("orders"), SELECT.format(double="DOUBLE") + ROWS))


def test_a_file_and_a_server_give_the_same_figures(orders, warehouse):
    facts, owner = warehouse
    owner.execute(
        f"CREATE TABLE orders AS {SELECT.format(double='FLOAT8')} {ROWS}; GRANT SELECT ON orders TO shop_reader"
    )
    server = {
        "host": facts["host"],
        "port": facts["port"],
        "dbname": facts["database"],
        "user": facts["user"],
    }

    found = profiled(
        PostgresEngine(Description("postgres", (Table(name="orders"),), server=server, deadline_s=20))
    )

    assert found.keys() == orders.keys()
    for name, figures in found.items():
        for field in dataclasses.fields(figures):
            ours, theirs = getattr(orders[name], field.name), getattr(figures, field.name)
            if isinstance(ours, Decimal):
                assert float(theirs) == pytest.approx(float(ours), rel=1e-9), (name, field.name)
            else:
                assert theirs == ours, (name, field.name)


def test_numbers_have_moments_quartiles_and_bounds_without_what_is_no_number(orders):
    price, score = orders["price"], orders["score"]

    assert (price.total_count, price.null_count, price.null_percentage) == (5, 1, Decimal("20.0000"))
    assert (price.min_value, price.max_value, price.mean_value) == (0, Decimal("10.5"), 6)
    assert (price.percentile_25, price.median_value, price.percentile_75) == (
        Decimal("2.25"),
        Decimal("6.75"),
        Decimal("10.5"),
    )
    assert float(price.std_dev) == pytest.approx(5.33853912601566)
    assert (price.distinct_count, price.unique_percentage) == (3, Decimal("75.0000"))
    assert score.meta["nan_count"] == score.meta["infinite_count"] == 1
    assert (score.null_count, score.min_value, score.max_value) == (1, 0, Decimal("1.5"))


def test_texts_have_lengths_in_code_points_blanks_and_bounds_by_code_point(orders):
    status, email = orders["status"], orders["email"]

    assert (status.min_length, status.max_length, status.min_text, status.max_text) == (3, 7, "Placed", "été")
    assert email.meta["blank_count"] == 2
    assert email.completeness_score == Decimal("60.0000")
    assert email.most_common_values[0] == {"value": "ada@example.com", "count": 2, "percentage": 40.0}


def test_shapes_are_told_as_patterns_that_every_engine_reads(orders):
    found = {each["pattern"]: each["match_count"] for each in orders["email"].detected_patterns}

    assert found[r"^[a-z]+@[a-z]+\.[a-z]+$"] == 2
    assert found[r"^[a-z]+\.[0-9]+@[a-z]+\.[a-z]+$"] == 1
    assert all(patterns.check(each["pattern"]) is None for each in orders["status"].detected_patterns)


def test_times_have_a_first_and_a_last_moment(orders):
    placed, day = orders["placed_at"], orders["day"]

    assert placed.earliest_timestamp.isoformat() == "2026-01-01T10:00:00+00:00"
    assert placed.latest_timestamp.isoformat() == "2026-01-05T00:00:00+00:00"
    assert day.earliest_timestamp.isoformat() == "2024-02-29T00:00:00+00:00"
    assert sum(placed.value_distribution["counts"]) == 4


def test_numbers_fall_into_twenty_equal_bins_and_a_constant_into_one(orders):
    assert orders["id"].value_distribution["counts"] == [1, 0, 0, 0, 0] * 3 + [1, 0, 0, 0, 1]
    assert orders["same"].value_distribution == {"kind": "bins", "low": 7.0, "high": 7.0, "counts": [5]}


def test_truth_values_have_frequencies(orders):
    assert orders["paid"].value_distribution == {
        "kind": "frequencies",
        "values": [{"value": True, "count": 3}, {"value": False, "count": 1}],
        "others": 0,
    }


def test_a_column_without_values_has_counts_and_no_figures(orders):
    nothing = orders["nothing"]

    assert (nothing.null_percentage, nothing.completeness_score) == (100, 0)
    assert (nothing.unique_percentage, nothing.min_text, nothing.most_common_values) == (None, None, None)


def test_an_empty_table_has_no_percentages(tmp_path):
    found = profiled(files(tmp_path, f"SELECT * FROM ({SELECT.format(double='DOUBLE')} {ROWS}) WHERE id > 9"))

    for figures in found.values():
        assert (figures.total_count, figures.null_count) == (0, 0)
        assert figures.null_percentage is figures.unique_percentage is figures.completeness_score is None


def test_no_value_of_a_withheld_column_is_looked_at(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(FilesEngine, "fetch", _noting(FilesEngine.fetch, asked))

    engine = files(tmp_path, SELECT.format(double="DOUBLE") + ROWS)
    found = profiled(engine, "email", "price", withheld={"email", "price"})

    for figures in found.values():
        known = {name for name, value in vars(figures).items() if value not in (None, {})}
        assert known == {
            "column", "kind", "total_count", "null_count", "null_percentage", "distinct_count", "unique_percentage",
            "completeness_score", "uniqueness_score", "sample_size", "sample_percentage", "meta",
        }  # fmt: skip
        assert figures.meta.pop("withheld") is True
    assert not [sql for sql in asked if "MIN(" in sql.upper() or "LIMIT" in sql.upper()]


def test_a_sample_says_so_and_is_spread_over_the_table(tmp_path):
    engine = files(tmp_path, "SELECT i AS id FROM range(10000) t(i)")

    (found,) = profiled(engine, sample_rows=100).values()

    assert (found.sample_size, found.sample_percentage, found.meta["sampled"]) == (100, 1, True)
    assert (found.min_value, found.max_value) == (0, 9900)


def test_frequent_values_among_many_are_counted_exactly(tmp_path):
    sql = "SELECT CASE WHEN i % 4 = 0 THEN 'often' ELSE 'u' || i END AS word FROM range(40000) t(i)"

    (found,) = profiled(files(tmp_path, sql)).values()

    assert found.distinct_count == 30_001
    assert found.most_common_values[0] == {"value": "often", "count": 10_000, "percentage": 25.0}


def test_many_shapes_are_free_text(tmp_path):
    sql = "SELECT repeat('a1', i::INT) AS word FROM range(1, 40) t(i)"

    (found,) = profiled(files(tmp_path, sql)).values()

    assert found.meta["free_text"] is True
    assert found.detected_patterns == []


def test_a_column_that_cannot_be_counted_spoils_no_other(tmp_path, monkeypatch):
    def fetch(self, sql, **options):
        if '"id"' in sql:
            raise Unanswered("query")
        return kept(self, sql, **options)

    kept = FilesEngine.fetch
    engine = files(tmp_path, "SELECT i AS id, i AS other FROM range(3) t(i)")
    monkeypatch.setattr(FilesEngine, "fetch", fetch)

    found = profiled(engine)

    assert found["id"].meta["error"] == "query"
    assert found["other"].mean_value == 1


def test_a_profile_ends_at_its_deadline(tmp_path):
    with pytest.raises(Unanswered, match="deadline"):
        profiled(files(tmp_path, "SELECT 1 AS id"), deadline_s=0)


def test_progress_is_told_column_by_column_and_may_stop_it(tmp_path):
    engine = files(tmp_path, "SELECT 1 AS a, 2 AS b")
    told = []

    profiled(engine, progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 2), (2, 2)]
    with pytest.raises(KeyboardInterrupt):
        profiled(engine, progress=lambda done, total: (_ for _ in ()).throw(KeyboardInterrupt))


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 0, None), (0, 3, "0.0000"), (3, 3, "100.0000"), (1, 3, "33.3333"), (1, 10**9, "0.0001"), (10**9 - 1, 10**9, "99.9999"), (None, 3, None)],
)  # fmt: skip
def test_a_percentage_is_never_rounded_to_all_or_nothing(part, whole, expected):
    assert percentage(part, whole) == (None if expected is None else Decimal(expected))


def _noting(fetch, asked):
    def noted(self, sql, *arguments, **options):
        asked.append(sql)
        return fetch(self, sql, *arguments, **options)

    return noted
