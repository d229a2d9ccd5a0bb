"""What Python, DuckDB and PostgreSQL make of a value is the same: for every method that engines carry out, and every option."""

import math

import duckdb
import psycopg
import pytest

from apps.dcs.keyring import Key
from apps.policy.masking import METHODS, WRITERS, Kind, Rule, expression, masked

from . import values

KEYS = Key("k1", "masking", "active", bytes(range(32)))
URN = "urn:dcs:column:shop.crm.customers.email"
KINDS = {
    "text": (Kind("text"), values.texts, "VARCHAR", "text"),
    "integer": (Kind("integer"), values.integers, "BIGINT", "bigint"),
    "decimal": (Kind("decimal", precision=12, scale=2), values.decimals, "DECIMAL(12,2)", "numeric(12,2)"),
    "float": (Kind("float"), values.floats, "DOUBLE", "float8"),
    "date": (Kind("date"), values.dates, "DATE", "date"),
    "moment": (Kind("moment"), values.moments, "TIMESTAMP", "timestamp"),
}
TOLD = {"mapping": {"x": "y", "O'Hara": "N\\N", "é": "e", "a@b.co": "%"}}
CASES = [
    ("text", "redaction", {}),
    ("text", "redaction", {"redaction_char": "\\", "full_redaction": False}),
    ("text", "redaction", {"redaction_char": "%", "x": "length"}),
    ("text", "redaction", {"redaction_char": "•", "full_redaction": False}),
    ("text", "redaction", {"redaction_char": "'", "x": "length"}),
    ("text", "redaction", {"constant": "it's \\1 hidden%"}),
    *((kind, "redaction", {}) for kind in ("integer", "decimal", "float", "date", "moment")),
    ("integer", "redaction", {"constant": 0}),
    ("decimal", "redaction", {"constant": 1.5}),
    ("date", "redaction", {"constant": "1900-01-01"}),
    *(
        ("text", "partial_redaction", {"preserve_prefix": prefix, "preserve_suffix": suffix, "preserve_domain": domain, "min_masked": least})
        for prefix in (0, 1, 2, 40)
        for suffix in (0, 2, 30)
        for domain in (False, True)
        for least in (1, 3)
    ),
    ("text", "partial_redaction", {"redaction_char": "\\", "preserve_prefix": 2}),
    ("text", "substitution", {"values": ["Alpha", "Bravo", "x", "O'Hara", "é", "\\"]}),
    ("text", "substitution", TOLD),
    ("text", "substitution", TOLD | {"default": "other's"}),
    ("text", "substitution", TOLD | {"values": ["one", "two"]}),
    ("integer", "substitution", {"values": [1, 2, 3, 0, -1]}),
    ("integer", "substitution", {"mapping": {"0": 5, "-1": 6}, "default": 9}),
    ("decimal", "substitution", {"values": ["1.00", "2.50"]}),
    ("date", "substitution", {"values": ["2000-01-01", "2001-01-01"]}),
    *(
        (kind, "hashing", options)
        for kind in KINDS
        for options in ({}, {"salt": "use_system_salt", "pepper": False}, {"truncate": 24})
    ),
    *((kind, "pseudonymization", {}) for kind in KINDS),
    ("text", "pseudonymization", {"namespace": "customer", "prefix": "C'%\\"}),
    ("text", "generalization", {"keep_prefix": 3}),
    ("text", "generalization", {"hierarchy": {"x": "letters", "O'Hara": "names", "": "none"}}),
    *(("integer", "generalization", {"step": step}) for step in (1, 7, 10, 1000)),
    ("integer", "generalization", {"step": 10, "top": 90, "bottom": -20}),
    ("integer", "generalization", {"edges": [-10, 0, 10, 100]}),
    ("integer", "generalization", {"step": 10, "top": 90, "bottom": -20, "x": "label"}),
    ("integer", "generalization", {"edges": [-10, 0, 10, 100], "x": "label"}),
    ("decimal", "generalization", {"step": 0.25}),
    ("decimal", "generalization", {"step": 2.5, "top": 100, "x": "label"}),
    ("decimal", "generalization", {"edges": [0, 0.5, 10]}),
    ("float", "generalization", {"step": 0.1}),
    ("float", "generalization", {"step": 250, "top": 1000, "bottom": -500}),
    ("float", "generalization", {"edges": [-1, 0.5, 100]}),
    *(("date", "generalization", {"unit": unit}) for unit in ("year", "quarter", "month", "week", "day")),
    *(("moment", "generalization", {"unit": unit}) for unit in ("year", "quarter", "month", "week", "day", "hour", "minute")),
    *(
        (kind, "noise_addition", {"distribution": shape, **width})
        for kind in ("integer", "decimal", "float")
        for shape in ("laplace", "gaussian", "uniform")
        for width in ({"scale": 10}, {"percent": 5}, {"scale": 0.001}, {"scale": 5, "min": 0, "max": 50})
    ),
    ("float", "noise_addition", {"scale": 3, "round": 0}),
    *(("date", "noise_addition", {"distribution": shape, "scale": 30}) for shape in ("laplace", "gaussian", "uniform")),
    ("text", "data_masking", {}),
    ("text", "data_masking", {"mode": "scramble"}),
    ("text", "custom", {"expression": "LEFT(\"column\", 2) || '***' || RIGHT(\"column\", 1)"}),
    ("text", "custom", {"expression": "REPLACE(SUBSTRING(\"column\", 2, 3), 'a', '\\') || '%'"}),
    ("text", "custom", {"expression": "CASE WHEN \"column\" LIKE '%@%' AND LENGTH(\"column\") > 5 THEN 'mail' WHEN \"column\" < 'Z' THEN LEFT(\"column\", LENGTH(\"column\") - 4) ELSE '''' END"}),
]  # fmt: skip


def rule_of(kind, method, options, **more):
    extra = options.get("x")
    options = {key: value for key, value in options.items() if key != "x"}
    as_text = METHODS[method].as_text or extra == "label"
    return Rule(
        method,
        options,
        KINDS[kind][0],
        urn=URN,
        preserve_length=extra == "length",
        preserve_type=not as_text or kind == "text",
        **more,
    )


@pytest.fixture(scope="module")
def tables(server):
    """A table of hostile values of each kind, in DuckDB and in PostgreSQL."""
    duck = duckdb.connect()
    duck.execute("SET TimeZone = 'UTC'")
    with server.connect() as postgres:
        for kind, (_kind, made, in_duck, in_postgres) in KINDS.items():
            rows = list(enumerate(made()))
            duck.execute(f"CREATE TABLE hostile_{kind} (n INTEGER, v {in_duck})")
            duck.executemany(f"INSERT INTO hostile_{kind} VALUES (?, ?)", rows)
            postgres.execute(f"CREATE TEMP TABLE hostile_{kind} (n int, v {in_postgres})")
            postgres.cursor().executemany(f"INSERT INTO hostile_{kind} VALUES (%s, %s)", rows)
        yield duck, postgres


def asked(tables, kind, rule):
    """What the two engines make of the values of a kind."""
    duck, postgres = tables
    found = {}
    for name, run in (
        ("duckdb", lambda sql, given: duck.execute(sql, given).fetchall()),
        ("postgres", lambda sql, given: psycopg.RawCursor(postgres).execute(sql, given).fetchall()),
    ):
        to = WRITERS[name]()
        sql = f"SELECT {expression(rule, KEYS, to, 'v')} FROM hostile_{kind} ORDER BY n"
        found[name] = [row[0] for row in run(sql, to.values)]
    return found


def alike(one, other):
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return one == other and type(one) is type(other)


@pytest.mark.parametrize(("kind", "method", "options"), CASES, ids=lambda value: str(value)[:60])
def test_three_engines_make_the_same_of_every_hostile_value(tables, kind, method, options):
    rule = rule_of(kind, method, options)
    given = KINDS[kind][1]()

    in_python = masked(given, rule, KEYS).values
    by_engine = asked(tables, kind, rule)

    for name, found in by_engine.items():
        wrong = [
            (value, mine, theirs)
            for value, mine, theirs in zip(given, in_python, found, strict=True)
            if not alike(mine, theirs)
        ]
        assert not wrong, (name, len(wrong), wrong[:5])


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_that_engines_carry_out_is_compared(method):
    compared = {name for _kind, name, _options in CASES}

    assert (METHODS[method].sql is not None) == (method in compared)


def test_null_is_hidden_where_it_may_not_stay(tables):
    for kind, options in (("text", {}), ("integer", {"constant": 7})):
        rule = rule_of(kind, "redaction", options, preserve_null=False)
        shown = masked([None], rule, KEYS).values[0]

        assert shown == ("********" if kind == "text" else 7)
        assert {tuple(found)[-1] for found in asked(tables, kind, rule).values()} == {shown}
