"""An exact profile of 15 columns, with frequencies, histograms and shapes, against DuckDB's SUMMARIZE, which has none of these.

Counts, empty values and extremes of the two are compared before a time is printed. Processor time of the process.
"""

import os
import resource
import tempfile
import time
from pathlib import Path

from . import measure
from .rules_vs_decode import ORDERS

ESTATE = False
LIMIT = 1.0  # of SUMMARIZE, of quality-engine.md, section 8


def run(small):
    """Profile and summarise the same file."""
    import duckdb

    rows = int(os.environ.get("RULES_ROWS", 100_000 if small else 1_000_000))
    rounds = int(os.environ.get("RULES_ROUNDS", 3))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "orders.parquet")
        duckdb.sql(f"COPY ({ORDERS.format(rows=rows)}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        ours = [timed(lambda: profiled(path)) for _round in range(rounds)]
        theirs = [timed(lambda: summarised(path)) for _round in range(rounds)]
    figures, summary = {each.column: each for each in ours[0][0]}, {row[0]: row for row in theirs[0][0]}
    for name, row in summary.items():
        share = 100 * figures[name].null_count / rows
        if figures[name].total_count != rows or abs(share - float(row[11])) > 0.01:
            raise SystemExit(f"Wrong answers, so no times: {name} {share} {row}")
    if figures["order_id"].max_value != int(summary["order_id"][3]):
        raise SystemExit("Wrong answers, so no times: the greatest order")
    profile, summarize = min(seconds for _found, seconds in ours), min(seconds for _found, seconds in theirs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"  {rows:,} rows, {len(summary)} columns: {profile:.2f} s CPU, SUMMARIZE {summarize:.2f}:"
        f" {profile / summarize:.2f} of it (limit {LIMIT}); {peak} MB at the most"
    )
    measure.record(
        "profile_vs_summarize", rows=rows, cpu_s=profile, summarize_s=summarize, ratio=profile / summarize
    )


def profiled(path):
    """The figures of all columns, exact."""
    from apps.payload.engines import opened
    from apps.payload.engines.description import FILES, Description, Table
    from apps.quality.profile import profile_table

    with opened(Description(FILES, (Table(files=(str(path),), format="parquet"),))) as engine:
        return profile_table(engine)


def summarised(path):
    """What SUMMARIZE says of each column."""
    import duckdb

    with duckdb.connect(config={"threads": 2}) as connection:
        return connection.execute(f"SUMMARIZE SELECT * FROM '{path}'").fetchall()


def timed(work):
    """(what it found, processor seconds)."""
    begun = time.process_time()
    return work(), time.process_time() - begun
