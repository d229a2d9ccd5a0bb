"""What metadata proves and what hashes find is what a plain reading finds, whatever the data."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from apps.payload.engines import keys
from apps.quality.engine.runner import run_rules
from tests.quality.engines import NOON, Plainly, files_engine, rules

EARLY = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = some.lists(
    some.tuples(
        some.none() | some.integers(-3, 3),
        some.none() | some.decimals(-2, 2, places=2),
        some.none() | some.integers(0, 200).map(lambda hours: EARLY + timedelta(hours=hours)),
        some.none() | some.sampled_from(["a", "b", "", " "]),
    ),
    max_size=30,
)
ASKED = rules(
    *[("not_null", name, {}) for name in ("n", "price", "at", "word")],
    ("completeness_threshold", "n", {"threshold_percent": 50}),
    ("range_check", "n", {"expected_range_min": -2, "expected_range_max": Decimal("2.5")}),
    ("range_check", "n", {"expected_range_min": -3, "config": {"inclusive": False}}),
    ("range_check", "price", {"expected_range_max": Decimal("1.995")}),
    ("range_check", "at", {"config": {"min": "2026-01-02"}}),
    ("freshness", "at", {"config": {"max_age": "P90D"}}),
    ("statistical_threshold", "n", {"config": {"statistic": "count"}, "expected_range_min": 1}),
    ("statistical_threshold", "word", {"config": {"statistic": "null_count"}, "expected_range_max": 1}),
    ("type_valid", "n", {"config": {"type": "bigint"}}),
    ("unique", "n", {}),
    ("unique", "word", {}),
    ("unique_combination", None, {"config": {"columns": ["n", "word"]}}),
    ("unique_combination", None, {"config": {"columns": ["at", "n", "word"]}}),
)
SCHEMA = pa.schema(
    [
        ("n", pa.int32()),
        ("price", pa.decimal128(5, 2)),
        ("at", pa.timestamp("us", "UTC")),
        ("word", pa.string()),
    ]
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=ROWS)
def test_short_cuts_find_what_a_plain_reading_finds(tmp_path, rows):
    path = tmp_path / "orders.parquet"
    columns = list(zip(*rows, strict=True)) or [[]] * len(SCHEMA)
    pq.write_table(pa.table(list(map(list, columns)), schema=SCHEMA), path, row_group_size=7)

    with pytest.MonkeyPatch.context() as patch, files_engine(path) as engine:
        patch.setattr(keys, "SMALL", 0)  # few rows are grouped otherwise
        quick = run_rules(engine, ASKED, now=NOON, samples=0)
        plain = run_rules(Plainly(engine), ASKED, now=NOON, samples=0)

    assert [(one.status, one.outcome) for one in quick] == [(one.status, one.outcome) for one in plain]
    assert {one.path for one in plain} == {"scan"}
    assert not {one.status for one in quick} & {"error", "skipped"}
