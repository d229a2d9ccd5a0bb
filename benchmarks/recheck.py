"""Checking again what has not changed, and a folder to which one file of fifty came.

21 rules are checked with a folder for what is remembered: first with nothing in it, then again, then after one file
was added. Answers are compared with those of a reading that remembers nothing. Processor time of the process.
"""

import os
import tempfile
import time
from pathlib import Path

from . import measure
from .rules_vs_decode import NOW, ORDERS, asked

ESTATE = False
FILES = 50
LIMITS = {"again": 1000, "one file more": 15}  # times cheaper, of quality-engine.md, section 8


def run(small):
    """Check, check again, add a file, check."""
    import duckdb

    rows = int(os.environ.get("RULES_ROWS", 100_000 if small else 2_000_000))
    with tempfile.TemporaryDirectory() as folder:
        parts, cache = Path(folder, "orders"), Path(folder, "cache")
        parts.mkdir()
        customers = Path(folder, "customers.parquet")
        duckdb.sql(f"COPY (SELECT range AS customer_id FROM range(50000)) TO '{customers}' (FORMAT parquet)")
        each = rows // FILES
        for number in range(FILES):
            made = f"SELECT * FROM ({ORDERS.format(rows=rows)}) WHERE order_id BETWEEN {number * each} AND {number * each + each - 1}"
            duckdb.sql(
                f"COPY ({made}) TO '{parts / f'{number:03}.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
            )
        last = parts / f"{FILES - 1:03}.parquet"
        kept = last.rename(Path(folder, last.name))
        first, cold = checked(parts, customers, cache)
        second, warm = checked(parts, customers, cache)
        kept.rename(last)
        third, added = checked(parts, customers, cache)
        fresh, whole = checked(parts, customers, None)
        if figures(first) != figures(second) or figures(third) != figures(fresh):
            raise SystemExit("Wrong answers, so no times.")
        paths = sorted({result.path for result in second})
    for what, seconds, base in (("again", warm, cold), ("one file more", added, whole)):
        ratio = base / max(seconds, 0.0005)
        print(
            f"  {rows:,} rows in {FILES} files, {what}: {seconds:.3f} s CPU against {base:.2f}: {ratio:.1f} times cheaper"
            f" (limit {LIMITS[what]})"
        )
        measure.record(f"recheck, {what}", rows=rows, cpu_s=seconds, base_s=base, ratio=ratio)
    print(f"  what was checked again came by: {', '.join(paths)}")


def checked(parts, customers, cache):
    """(the results, processor seconds) of all rules; own SQL is never remembered, so it is left out."""
    from apps.payload.engines import opened
    from apps.payload.engines.description import FILES as OF_FILES
    from apps.payload.engines.description import Description, Table
    from apps.quality.engine.runner import run_rules
    from apps.quality.rule_types.reading import spec_of

    tables = (
        Table(files=tuple(str(path) for path in sorted(parts.iterdir())), format="parquet"),
        Table(alias="customers", files=(str(customers),), format="parquet"),
    )
    specs = [
        spec_of({"key": place, "rule_type": kind, "column": column, **rule})
        for place, (kind, column, rule, _expected) in enumerate(asked(1))
        if kind != "custom_sql"
    ]
    begun = time.process_time()
    with opened(Description(OF_FILES, tables)) as engine:
        found = run_rules(engine, specs, now=NOW, samples=0, cache=cache)
    return found, time.process_time() - begun


def figures(results):
    """Statuses and counts, whatever way they came."""
    return [(result.status, result.outcome and result.outcome.failures) for result in results]
