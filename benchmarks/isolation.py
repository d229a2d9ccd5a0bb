"""Twenty-two rules that cannot run among two hundred: every other one has its result, and at what cost.

Missing columns, types that do not fit, expressions of columns that are not there and sums that overflow stand among good
rules. What the good ones find is compared with what they find alone.
"""

import os
import tempfile
import time
from pathlib import Path

from . import measure
from .rules_vs_decode import NOW, ORDERS

ESTATE = False
GOOD, BAD = 178, 22
COLUMNS = ("email", "status", "country", "zip", "phone", "notes")


def run(small):
    """Check the good ones alone and among the bad ones."""
    import duckdb

    rows = int(os.environ.get("RULES_ROWS", 100_000 if small else 1_000_000))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "orders.parquet")
        duckdb.sql(f"COPY ({ORDERS.format(rows=rows)}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        good = [
            ("length_check", COLUMNS[n % len(COLUMNS)], {"expected_range_max": n}) for n in range(1, GOOD + 1)
        ]
        bad = [
            (
                ("not_null", f"gone_{n}", {}),
                ("range_check", "email", {"expected_range_min": n}),
                ("cross_field_validation", None, {"config": {"check_expression": f"nowhere > {n}"}}),
                ("custom_sql", None, {"config": {"sql": f"SELECT * FROM elsewhere WHERE id = {n}"}}),
            )[n % 4]
            for n in range(BAD)
        ]
        mixed = [*good]
        for n, rule in enumerate(bad):
            mixed.insert(n * 9, rule)
        alone, cheap = checked(path, good)
        found, dear = checked(path, mixed)
    expected = [(result.status, result.outcome.failures) for result in alone]
    kept = [
        (result.status, result.outcome and result.outcome.failures)
        for rule, result in zip(mixed, found, strict=True)
        if rule not in bad
    ]
    faulty = sum(result.status == "error" for result in found)
    if kept != expected or faulty != BAD:
        raise SystemExit(f"Wrong answers, so no times: {faulty} errors")
    print(
        f"  {rows:,} rows: all {GOOD} good rules have the result that they have alone, {faulty} are errors;"
        f" {dear:.2f} s CPU instead of {cheap:.2f}"
    )
    measure.record("isolation", rows=rows, good=GOOD, errors=faulty, cpu_s=dear, alone_s=cheap)


def checked(path, asked):
    """(the results, processor seconds) of rules on a file."""
    from apps.payload.engines import opened
    from apps.payload.engines.description import FILES, Description, Table
    from apps.quality.engine.runner import run_rules
    from apps.quality.rule_types.reading import spec_of

    specs = [
        spec_of({"key": place, "rule_type": kind, "column": column, **rule})
        for place, (kind, column, rule) in enumerate(asked)
    ]
    begun = time.process_time()
    with opened(Description(FILES, (Table(files=(str(path),), format="parquet"),))) as engine:
        found = run_rules(engine, specs, now=NOW, samples=0)
    return found, time.process_time() - begun
