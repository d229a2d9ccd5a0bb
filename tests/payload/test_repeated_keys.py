"""Keys that occur again are counted by hashes as grouping on the values counts them, whatever the values are."""

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.payload.engines import keys, opened
from apps.payload.engines.base import Repeated
from apps.payload.engines.description import Description, Table

NAMES = {
    "number": "BIGINT",
    "score": "DOUBLE",
    "name": "VARCHAR",
    "amount": "DECIMAL(38,2)",
    "placed": "TIMESTAMP",
}
VALUES = {
    "number": st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3),
    "score": st.sampled_from([0.0, -0.0, float("nan"), float("inf"), 1e300]) | st.floats(),
    "name": st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=4)
    | st.sampled_from(["", " ", "é", "e\u0301", "A", "a"]),
    "amount": st.decimals(-(10**35), 10**35, places=2, allow_nan=False) | st.sampled_from([0, 1]),
    "placed": st.datetimes() | st.just(None),
}
ROWS = st.lists(st.tuples(*(st.none() | one for one in VALUES.values())), max_size=40)
COLUMNS = st.lists(st.sampled_from(list(NAMES)), min_size=1, max_size=3, unique=True)
TRUTH = (
    "SELECT coalesce(sum(n), 0)::BIGINT, count(*), count(*) FILTER (WHERE n > 1),"
    " coalesce(sum(n) FILTER (WHERE n > 1), 0)::BIGINT FROM (SELECT count(*) AS n FROM rows WHERE {present} GROUP BY {keys})"
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("keys") / "rows.parquet"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, columns=COLUMNS, passes=st.sampled_from([1, 2, 8]))
def test_hashes_count_what_grouping_counts(path, monkeypatch, rows, columns, passes):
    with duckdb.connect() as made:
        made.execute(f"CREATE TABLE rows ({', '.join(f'{name} {kind}' for name, kind in NAMES.items())})")
        if rows:
            made.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", rows)
        made.execute(f"COPY rows TO '{path}' (FORMAT parquet)")
        present = " AND ".join(f"{name} IS NOT NULL" for name in columns)
        truth = Repeated(*made.execute(TRUTH.format(present=present, keys=", ".join(columns))).fetchone())
    parts = [f" AND {{hash}} % {passes} = {number}" for number in range(passes)]
    monkeypatch.setattr(keys, "SMALL", -1)
    monkeypatch.setattr(keys, "_passes", lambda size, budget: parts)

    with opened(Description("files", (Table(files=(str(path),), format="parquet"),))) as engine:
        assert engine.repeated(columns) == truth


def test_a_collision_of_hashes_is_no_repetition(path, monkeypatch):
    duckdb.sql("SELECT range AS id FROM range(1000)").write_parquet(str(path))
    monkeypatch.setattr(keys, "SMALL", 0)
    arrays = keys._hashes

    def colliding(engine, named, scope, part):
        rows, _repeating = arrays(engine, named, scope, part)
        found = engine.arrays("SELECT hash(id) AS h FROM payload WHERE id < 10")["h"]
        return rows, found  # ten suspects that only look alike

    monkeypatch.setattr(keys, "_hashes", colliding)

    with opened(Description("files", (Table(files=(str(path),), format="parquet"),))) as engine:
        assert engine.repeated(["id"]) == Repeated(1000, 1000, 0, 0)


def test_many_suspects_are_grouped_at_once(path, monkeypatch):
    duckdb.sql("SELECT range % 500 AS id FROM range(1000)").write_parquet(str(path))
    monkeypatch.setattr(keys, "SMALL", 0)
    monkeypatch.setattr(keys, "SUSPECTS", 100)

    with opened(Description("files", (Table(files=(str(path),), format="parquet"),))) as engine:
        assert engine.repeated(["id"]) == Repeated(1000, 500, 500, 1000)


def read(path, **about):
    return opened(Description("files", (Table(files=(str(path),), format="parquet"),), **about))


@pytest.mark.parametrize("small", [0, 10_000])
def test_the_most_frequent_keys_come_with_the_counts(path, monkeypatch, small):
    duckdb.sql(
        "SELECT CASE WHEN range < 3 THEN 7 WHEN range < 5 THEN 9 WHEN range < 7 THEN 8 ELSE range + 100 END AS id,"
        " 'n' || range AS name FROM range(1000)"
    ).write_parquet(str(path))
    monkeypatch.setattr(keys, "SMALL", small)

    with read(path) as engine:
        found = engine.repeated(["id"], worst=2)

    assert found == Repeated(1000, 996, 3, 7, worst=((3, 7), (2, 8)))


def test_keys_that_stand_alone_are_never_among_the_worst(path):
    duckdb.sql("SELECT range AS id FROM range(10)").write_parquet(str(path))

    with read(path) as engine:
        assert engine.repeated(["id"], worst=5) == Repeated(10, 10, 0, 0)


def test_a_longer_key_is_looked_for_among_the_rows_that_repeat_a_part_of_it(path, monkeypatch):
    duckdb.sql(
        "SELECT range // 2 AS id, CASE WHEN range % 10 < 4 THEN 'a' WHEN range % 10 = 9 THEN NULL ELSE range::VARCHAR END AS name"
        " FROM range(1000)"
    ).write_parquet(str(path))
    monkeypatch.setattr(keys, "SMALL", 0)
    hashed, asked = keys._hashes, []
    monkeypatch.setattr(keys, "_hashes", lambda *given: asked.append(given[1]) or hashed(*given))

    with read(path) as engine:
        engine.repeated(["id"])
        found = engine.repeated(["name", "id"], worst=1)

    assert found == Repeated(900, 700, 200, 400, worst=((2, "a", 0),))
    assert asked == [('"id"',)]


def test_a_column_that_repeats_itself_from_the_start_is_grouped_without_hashes(path, monkeypatch):
    duckdb.sql("SELECT range % 10 AS id FROM range(1000)").write_parquet(str(path))
    monkeypatch.setattr(keys, "SMALL", 0)
    monkeypatch.setattr(keys, "SUSPECTS", 100)
    monkeypatch.setattr(keys, "_hashes", None)

    with read(path) as engine:
        assert engine.repeated(["id"]) == Repeated(1000, 10, 10, 1000)
