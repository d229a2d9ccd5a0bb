"""21 rules on Parquet, against what public validators need for those of them that they can say.

`PEERS_PYTHON` is an interpreter with pointblank, dataframely and great-expectations (1.x) installed, beside polars, pandas
and pyarrow; the portal's own environment has none of them. What is not installed is reported as absent. Each runs in a
process of its own, in turn; the least processor time of the rounds counts, from opening the file to the last count.
Ours opens the file anew as well. `RULES_ROWS` and `RULES_ROUNDS` as for `rules_vs_decode`.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks import rules_vs_decode as ours

ESTATE = False  # it looks at no catalogue
NAMES = ("pointblank", "dataframely", "great_expectations")
TRUTH = {9, 14}  # rules whose failures the file's recipe does not say


def run(small):
    """Make the file, check ours, then time all in turn and tell what each could not say or said otherwise."""
    import duckdb

    rows = int(os.environ.get("RULES_ROWS", 100_000 if small else 1_000_000))
    with tempfile.TemporaryDirectory() as folder:
        orders, customers = Path(folder, "orders.parquet"), Path(folder, "customers.parquet")
        duckdb.sql(f"COPY ({ours.ORDERS.format(rows=rows)}) TO '{orders}' (FORMAT parquet, COMPRESSION zstd)")
        duckdb.sql(f"COPY (SELECT range AS customer_id FROM range(50000)) TO '{customers}' (FORMAT parquet)")
        if wrong := ours.mistakes(ours.checked(orders, customers), rows, orders):
            raise SystemExit(f"Wrong answers, so no times: {wrong}")
        own, _wall = ours.least(lambda: ours.checked(orders, customers))
        found = {name: _fastest(name, orders, customers) for name in NAMES}
    print(f"  {rows:,} rows: 21 rules of the portal, rows to look at included: {own:.2f} s CPU")
    expected = [failures for *_rule, failures in ours.asked(rows)]
    for name, told in found.items():
        if isinstance(told, str):
            print(f"  {name}: absent ({told})")
            continue
        counts = {int(number): failures for number, failures in told["counts"].items()}
        other = {
            number: (failures, expected[number])
            for number, failures in counts.items()
            if number not in TRUTH and failures != expected[number]
        }
        print(
            f"  {name}: {len(counts)} rules, {told['cpu_s']:.2f} s CPU, {told['peak_mb']} MB; ours / theirs"
            f" {own / told['cpu_s']:.2f}; counts otherwise (theirs, rows written wrong): {other or 'none'}"
        )
        print(
            json.dumps(
                {
                    "name": "rules_vs_peers",
                    "what": name,
                    "rows": rows,
                    "rules": len(counts),
                    "cpu_s": told["cpu_s"],
                    "ratio": round(own / told["cpu_s"], 2),
                }
            )
        )


def _fastest(name, *paths):
    """What the cheapest round of a validator told, or why there was none."""
    interpreter = os.environ.get("PEERS_PYTHON")
    if not interpreter:
        return "PEERS_PYTHON names no interpreter"
    command = [interpreter, str(Path(__file__).with_name("peers.py")), name, *map(str, paths)]
    rounds = []
    for _round in range(ours.ROUNDS):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["no word"])[-1][:200]
        rounds.append(json.loads(done.stdout.splitlines()[-1]))
    return min(rounds, key=lambda told: told["cpu_s"])
