"""How many values a second are masked, by each method, against what each must reach?

Engines' methods run in DuckDB over a table of distinct values, the others in Python over distinct values as a look or an export has them.
What DuckDB makes of a thousand of them is compared with Python before a time is printed. The best of the rounds counts.
`--small` has 100,000 values, otherwise a million for the engine and 200,000 for Python.
"""

import time

from .measure import record

ESTATE = False  # it looks at no catalogue
ROUNDS = 3
MILLION = 1_000_000
# (what, method, options, kind, values a second): trust.md, section 4.5.
ENGINE = [
    ("redaction", "redaction", {}, "text", 5 * MILLION),
    (
        "partial redaction",
        "partial_redaction",
        {"preserve_prefix": 2, "preserve_domain": True},
        "text",
        MILLION,
    ),
    ("shape", "data_masking", {}, "text", MILLION),
    ("substitution, named", "substitution", {"mapping": {"x": "y"}, "default": "z"}, "text", 5 * MILLION),
    ("hashing", "hashing", {}, "text", MILLION),
    ("pseudonymization", "pseudonymization", {}, "text", MILLION),
    ("generalization", "generalization", {"step": 10}, "integer", 5 * MILLION),
    ("noise", "noise_addition", {"scale": 10}, "integer", 5 * MILLION),
]
PYTHON = [
    ("AES-GCM", "encryption", {}, "text", 250_000),
    ("AES-SIV", "encryption", {"mode": "siv"}, "text", 250_000),
    ("FF1", "format_preserving_encryption", {"alphabet": "digits"}, "card", 250_000),
]
LOOK_ROWS, LOOK_COLUMNS, LOOK_S = 1000, 20, 0.3


def run(small):
    from apps.dcs.keyring import Key

    keys = Key("bench", "masking", "active", bytes(range(32)))
    _of_engine(100_000 if small else MILLION, keys)
    _of_python(20_000 if small else 200_000, keys)
    _of_a_look(keys)


def _rule(method, options, kind):
    from apps.policy.masking import Kind, Rule

    return Rule(
        method, options, Kind("text" if kind == "card" else kind), urn="urn:dcs:column:bench.people.x"
    )


def _value(kind, number):
    return {
        "text": f"customer{number}@example.com",
        "integer": number * 7 - 500_000,
        "card": f"{4 * 10**15 + number * 7919:016d}",
    }[kind]


def _of_engine(count, keys):
    import duckdb

    from apps.policy.masking import WRITERS, expression, masked

    engine = duckdb.connect(config={"threads": 2})
    engine.execute(
        f"CREATE TABLE people AS SELECT i AS n, 'customer' || i || '@example.com' AS text, (i * 7 - 500000)::BIGINT AS integer"
        f" FROM range({int(count)}) t(i)"
    )
    for what, method, options, kind, least in ENGINE:
        rule, to = _rule(method, options, kind), WRITERS["duckdb"]()
        told = expression(rule, keys, to, kind)
        found = engine.execute(f"SELECT {told} FROM people WHERE n < 1000 ORDER BY n", to.values).fetchall()
        if [row[0] for row in found] != masked([_value(kind, n) for n in range(1000)], rule, keys).values:
            raise SystemExit(f"{what}: DuckDB and Python differ")
        # An aggregate reads every result, and no row leaves the engine.
        asked = f"SELECT count(x), max(x) FROM (SELECT {told} AS x FROM people)"
        best = min(
            _timed(lambda asked=asked, given=to.values: engine.execute(asked, given).fetchall())
            for _ in range(ROUNDS)
        )
        _tell(f"{what}, DuckDB", count / best, least)


def _of_python(count, keys):
    from apps.policy.masking import masked

    for what, method, options, kind, least in PYTHON:
        rule, values = _rule(method, options, kind), [_value(kind, number) for number in range(count)]
        best = min(_timed(lambda rule=rule, values=values: masked(values, rule, keys)) for _ in range(ROUNDS))
        _tell(f"{what}, Python", count / best, least)


def _of_a_look(keys):
    """A thousand rows with twenty masked columns, as a report shows them."""
    from apps.policy.masking import masked

    rules = [_rule(method, options, kind) for _what, method, options, kind, _least in (*ENGINE, *PYTHON)]
    kinds = [kind for *_rest, kind, _least in (*ENGINE, *PYTHON)]
    columns = [
        [_value(kinds[at % len(kinds)], number) for number in range(LOOK_ROWS)] for at in range(LOOK_COLUMNS)
    ]

    def look():
        for at, values in enumerate(columns):
            masked(values, rules[at % len(rules)], keys)

    times = sorted(_timed(look) for _ in range(20))
    print(
        f"  a look of 1,000 rows with 20 masked columns: p95 {times[18] * 1000:.0f} ms, {times[18] / LOOK_S:.0%} of the limit"
    )
    record("masked look", p95=times[18] * 1000, limit=LOOK_S * 1000)


def _tell(what, speed, least):
    """A figure beside the least that is asked for; a ratio below 1 is too slow."""
    print(
        f"  {what}: {speed / 1000:,.0f} k values/s, {speed / least:.1f} times the {least / 1000:,.0f} k asked for"
    )
    record(f"masking: {what}", per_second=speed, least=least, ratio=speed / least)


def _timed(deed):
    begun = time.perf_counter()
    deed()
    return time.perf_counter() - begun
