"""What the footers of a file prove, against counting it.

The rules whose answer a Parquet file's own notes prove are asked twice: as they are, and of an engine that knows no
notes. Both must answer alike before a time is printed. Wall clock, since the work of one side is hardly any.
"""

import os
import tempfile
import time
from pathlib import Path

from . import measure
from .rules_vs_decode import NOW, ORDERS

ESTATE = False
ROUNDS = 5
LIMIT = 300  # times faster, of quality-engine.md, section 8
ASKED = [
    ("not_null", "created_at", {}),
    ("not_null", "order_id", {}),
    ("range_check", "order_id", {"expected_range_min": 0}),
    ("range_check", "quantity", {"expected_range_min": 1, "expected_range_max": 9}),
    ("range_check", "created_at", {"config": {"min": "2020-01-01"}}),
    ("statistical_threshold", "order_id", {"config": {"statistic": "count"}, "expected_range_min": 1}),
    ("type_valid", "quantity", {"config": {"type": "bigint"}}),
]


def run(small):
    """Ask both ways, compare the answers, then time the opened engine's part of it."""
    import duckdb

    from apps.payload.engines import opened
    from apps.payload.engines.description import FILES, Description, Table

    rows = int(os.environ.get("RULES_ROWS", 100_000 if small else 10_000_000))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "orders.parquet")
        duckdb.sql(f"COPY ({ORDERS.format(rows=rows)}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        described = Description(FILES, (Table(files=(str(path),), format="parquet"),))
        with opened(described) as noted, opened(described) as blind:
            blind.metadata = lambda alias=None: None
            proven, counted = answers(noted), answers(blind)
            paths = {result.path for result in proven}
            if figures(proven) != figures(counted) or paths != {"footer"}:
                raise SystemExit(f"Wrong answers, so no times: {paths}")
            fast = min(timed(noted) for _round in range(ROUNDS))
            slow = min(timed(blind) for _round in range(2))
    ratio = slow / fast
    print(
        f"  {rows:,} rows, {len(ASKED)} rules: {fast * 1000:.1f} ms by footers, {slow * 1000:.0f} ms counted:"
        f" {ratio:.0f} times faster (limit {LIMIT})"
    )
    measure.record("footer_vs_scan", rows=rows, fast_ms=fast * 1000, slow_ms=slow * 1000, ratio=ratio)


def answers(engine):
    """The results of the rules, no rows to look at."""
    from apps.quality.engine.runner import run_rules
    from apps.quality.rule_types.reading import spec_of

    specs = [
        spec_of({"key": place, "rule_type": kind, "column": column, **rule})
        for place, (kind, column, rule) in enumerate(ASKED)
    ]
    return run_rules(engine, specs, now=NOW, samples=0)


def figures(results):
    """Statuses and counts, whatever way they came."""
    return [(result.status, result.outcome and result.outcome.failures) for result in results]


def timed(engine):
    """Wall seconds of one run of the rules."""
    begun = time.perf_counter()
    answers(engine)
    return time.perf_counter() - begun
