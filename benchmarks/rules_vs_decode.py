"""Do 21 rules over a file cost little more than decoding the columns they look at?

The file is made here, with as many defects of each kind as are written down beside it; every answer is compared with
those before a time is printed. Processor time is that of the whole process, threads included; the least of the rounds
counts. `--small` has a hundred thousand rows, otherwise a million; `RULES_ROWS` names another number, `RULES_ROUNDS` that
of the rounds.
"""

import json
import os
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ESTATE = False  # it looks at no catalogue
ROUNDS = int(os.environ.get("RULES_ROUNDS", 5))
LIMIT = 3.2  # times the decoding, of quality-engine.md, section 8
NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
STATUS = ["pending", "confirmed", "shipped", "delivered", "cancelled"]
COUNTRIES = "DE FR US GB IT ES NL PL SE AT CH CA".split()
# One row in so many has the defect; rows with i % step = offset.
BAD = {"customer": 20_000, "notes": 5_000, "email": 2_500, "status": 10_000, "country": 12_500, "zip": 7_500}
ORDERS = f"""
    SELECT
        CASE WHEN i % 50000 = 7 THEN i - 1 ELSE i END AS order_id,
        CASE WHEN i % {BAD["customer"]} = 3 THEN NULL WHEN i % 25000 = 11 THEN 900000000 + i ELSE hash(i) % 50000 END AS customer_id,
        TIMESTAMP '2026-03-01' - to_seconds((i % 5000000)::BIGINT) AS created_at,
        CASE WHEN i % 30000 = 13 THEN NULL WHEN i % 40000 = 17 THEN 'nan'::DOUBLE WHEN i % 20000 = 19 THEN -1.0
             ELSE round(20 + (hash(i * 7) % 10000) / 100.0, 2) END::DOUBLE AS amount,
        (hash(i * 3) % 1000) / 1000.0::DOUBLE + CASE WHEN i % 10000 = 23 THEN 1.5 ELSE 0 END AS discount,
        CASE WHEN i % {BAD["notes"]} = 29 THEN '  ' ELSE 'note ' || (i % 1000) END AS notes,
        CASE WHEN i % {BAD["email"]} = 31 THEN 'no address' WHEN i % 20 = 5 THEN NULL
             ELSE 'customer' || (i % 900000) || '@example.com' END AS email,
        CASE WHEN i % {BAD["status"]} = 37 THEN 'lost' ELSE {STATUS}[1 + i % 5] END AS status,
        CASE WHEN i % {BAD["country"]} = 41 THEN 'XX' ELSE {COUNTRIES}[1 + i % 12] END AS country,
        CASE WHEN i % {BAD["zip"]} = 43 THEN 'A1' ELSE lpad((hash(i * 11) % 100000)::VARCHAR, 5, '0') END AS zip,
        CASE WHEN i % 8000 = 47 THEN '123' ELSE '+49' || (1000000 + hash(i) % 8999999)::VARCHAR END AS phone,
        TIMESTAMP '2026-03-01' - to_seconds((i % 5000000)::BIGINT)
            + CASE WHEN i % 16000 = 53 THEN to_hours(-5) ELSE to_hours(30) END AS shipped_at,
        100 + 15 * ((i % 7) - 3) / 2.0 AS score,
        1 + i % 9 AS quantity,
        CASE WHEN i % 14000 = 59 THEN 0 ELSE 1 + (hash(i) % 500) / 10.0 END::DOUBLE AS unit_price
    FROM range({{rows}}) t(i)
"""


def count(rows, step, offset):
    """How many of 0 … rows − 1 have this rest."""
    return max(0, -(-(rows - offset) // step))


def asked(rows):
    """(type, column, the rule's columns, how many rows must fail) of the 21 rules."""
    reference = {"references": {"customer_id": ("customers", "customer_id")}}
    email = count(rows, BAD["email"], 31)
    return [
        ("not_null", "customer_id", {}, count(rows, BAD["customer"], 3)),
        ("not_null", "created_at", {}, 0),
        ("not_null", "amount", {}, count(rows, 30_000, 13) + count(rows, 40_000, 17)),
        ("no_empty_strings", "notes", {}, count(rows, BAD["notes"], 29)),
        ("completeness_threshold", "email", {"threshold_percent": 95}, count(rows, 20, 5)),
        ("value_in_set", "status", {"config": {"values": STATUS}}, count(rows, BAD["status"], 37)),
        ("value_in_set", "country", {"config": {"values": COUNTRIES}}, count(rows, BAD["country"], 41)),
        ("pattern_match", "email", {"expected_pattern": r"^[^@\s]+@[^@\s]+\.[a-z]+$"}, email),
        ("pattern_match", "zip", {"expected_pattern": "^[0-9]{5}$"}, count(rows, BAD["zip"], 43)),
        ("range_check", "amount", {"expected_range_min": 0, "expected_range_max": 1_000_000}, None),
        ("range_check", "discount", {"expected_range_min": 0, "expected_range_max": 1}, count(rows, 10_000, 23)),
        ("length_check", "phone", {"expected_range_min": 8, "expected_range_max": 20}, count(rows, 8_000, 47)),
        ("unique", "order_id", {}, count(rows, 50_000, 7)),
        ("unique_combination", None, {"config": {"columns": ["order_id", "created_at"]}}, 0),
        ("duplicate_threshold", "email", {"threshold_percent": 50}, None),
        ("referential_integrity", "customer_id", reference, count(rows, 25_000, 11)),
        ("cross_field_validation", None, {"config": {"left": "shipped_at", "operator": ">=", "right": "created_at"}}, count(rows, 16_000, 53)),
        ("freshness", "created_at", {"config": {"max_age": "4 hours"}}, None),
        ("distribution_check", "score", {"config": {"mean": 100, "std_dev": 15, "tolerance": 0.1}}, None),
        ("outlier_detection", "amount", {"threshold_percent": 5}, None),
        ("custom_sql", None, {"config": {"sql": "SELECT * FROM payload WHERE quantity * unit_price <= 0"}}, count(rows, 14_000, 59)),
    ]  # fmt: skip


def run(small):
    """Make the file, check every answer, then time rules and decoding in turn."""
    import duckdb

    rows = int(os.environ.get("RULES_ROWS", 100_000 if small else 1_000_000))
    with tempfile.TemporaryDirectory() as folder:
        orders, customers = Path(folder, "orders.parquet"), Path(folder, "customers.parquet")
        duckdb.sql(f"COPY ({ORDERS.format(rows=rows)}) TO '{orders}' (FORMAT parquet, COMPRESSION zstd)")
        duckdb.sql(f"COPY (SELECT range AS customer_id FROM range(50000)) TO '{customers}' (FORMAT parquet)")
        results = checked(orders, customers)
        wrong = mistakes(results, rows, orders)
        if wrong:
            raise SystemExit(f"Wrong answers, so no times: {wrong}")
        ours = least(lambda: checked(orders, customers))
        bare = least(lambda: checked(orders, customers, samples=0))
        decoding = least(lambda: decoded(orders))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  {rows:,} rows: {peak} MB of memory at the most, the portal and all rounds included (limit 700)")
    for name, (seconds, wall) in {
        "21 rules, rows to look at included": ours,
        "without rows to look at": bare,
    }.items():
        ratio = seconds / decoding[0]
        print(
            f"  {rows:,} rows, {name}: {seconds:.2f} s CPU, {wall:.2f} s wall, {ratio:.1f} times the decoding (limit {LIMIT})"
        )
        print(
            json.dumps(
                {
                    "name": "rules_vs_decode",
                    "what": name,
                    "rows": rows,
                    "cpu_s": round(seconds, 3),
                    "ratio": round(ratio, 2),
                }
            )
        )


def mistakes(results, rows, orders):
    """What differs from the truth: the defects that were written, and what plain SQL counts for the rest."""
    import duckdb

    truth = {
        9: "SELECT count(*) FROM o WHERE amount < 0 OR amount > 1e6 OR isnan(amount)",
        14: "SELECT count(email) - count(DISTINCT email) FROM o",
    }
    truth = {
        place: duckdb.execute(sql.replace("FROM o", f"FROM '{orders}'")).fetchone()[0]
        for place, sql in truth.items()
    }
    found = {}
    for place, ((kind, column, _rule, expected), result) in enumerate(zip(asked(rows), results, strict=True)):
        expected = truth.get(place, expected)
        if result.outcome is None or (expected is not None and result.outcome.failures != expected):
            found[f"{kind} {column}"] = (
                result.code,
                result.detail,
                result.outcome and result.outcome.failures,
                expected,
            )
    if results[17].outcome.measured != 7200:
        found["freshness"] = results[17].outcome.measured
    return found


def checked(orders, customers, samples=10):
    """The results of all rules, the engine opened and closed as for a run."""
    from apps.payload.engines import opened
    from apps.payload.engines.description import FILES, Description, Table
    from apps.quality.engine.runner import run_rules
    from apps.quality.rule_types.reading import spec_of

    tables = (
        Table(files=(str(orders),), format="parquet"),
        Table(alias="customers", files=(str(customers),), format="parquet"),
    )
    specs = [
        spec_of({"key": place, "rule_type": kind, "column": column, **rule})
        for place, (kind, column, rule, _expected) in enumerate(asked(1))
    ]
    with opened(Description(FILES, tables)) as engine:
        return run_rules(engine, specs, now=NOW, samples=samples)


def decoded(orders):
    """Read every column that a rule looks at, and do nothing with it."""
    import duckdb

    with duckdb.connect(config={"threads": 2}) as connection:
        columns = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM '{orders}'").fetchall()]
        # Adding up hashes is the least that makes the engine decode every value.
        told = ", ".join(f"bit_xor(hash({column}))" for column in columns)
        connection.execute(f"SELECT {told} FROM '{orders}'").fetchall()


def least(work):
    """(processor seconds, wall seconds) of the cheapest of some rounds; the first one warms up and is not counted."""
    work()
    found = []
    for _round in range(ROUNDS):
        begun, clock = time.process_time(), time.perf_counter()
        work()
        found.append((time.process_time() - begun, time.perf_counter() - clock))
    return min(found)
