import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.changes import types
from apps.catalog.changes.types import compare, read

# old, new, outcome, consumer's verdict of a widening
LATTICE = """
TINYINT              SMALLINT               widened    notice
SMALLINT             INT                    widened    notice
MEDIUMINT            INT                    widened    notice
INT                  BIGINT                 widened    notice
BIGINT               INT128                 widened    notice
INT128               INT256                 widened    notice
UTINYINT             SMALLINT               widened    notice
INT UNSIGNED         BIGINT                 widened    notice
INT UNSIGNED         INT                    changed    -
INT                  INT UNSIGNED           changed    -
UBIGINT              BIGINT                 changed    -
TINYINT              DECIMAL(5,2)           widened    notice
TINYINT              DECIMAL(4,2)           changed    -
SMALLINT             DECIMAL(5,0)           widened    notice
INT                  DECIMAL(10,0)          widened    notice
INT                  DECIMAL(9,0)           changed    -
BIGINT               DECIMAL(19,0)          widened    notice
BIGINT               DECIMAL(18,0)          changed    -
INT                  DOUBLE                 widened    notice
BIGINT               DOUBLE                 changed    -
SMALLINT             FLOAT                  widened    notice
INT                  FLOAT                  changed    -
DECIMAL(18,2)        DECIMAL(20,2)          widened    compatible
DECIMAL(18,2)        DECIMAL(20,4)          widened    notice
DECIMAL(18,2)        DECIMAL(18,4)          changed    -
DECIMAL(18,2)        DECIMAL(18,0)          changed    -
DECIMAL(20,2)        DECIMAL(18,2)          narrowed   -
DECIMAL(18,2)        DOUBLE                 changed    -
DOUBLE               DECIMAL(18,2)          changed    -
FLOAT                DOUBLE                 widened    compatible
DOUBLE               FLOAT                  narrowed   -
CHAR(3)              VARCHAR(3)             widened    compatible
CHAR(3)              CHAR(5)                widened    notice
CHAR(5)              VARCHAR(3)             changed    -
VARCHAR(10)          VARCHAR(20)            widened    compatible
VARCHAR(10)          VARCHAR(21)            widened    notice
VARCHAR(10)          STRING                 widened    notice
STRING               VARCHAR(36)            narrowed   -
BINARY(3)            VARBINARY(3)           widened    compatible
VARBINARY(3)         BLOB                   widened    compatible
TIME(3)              TIME(6)                widened    compatible
TIMESTAMP(3)         TIMESTAMP(6)           widened    compatible
TIMESTAMP(6)         TIMESTAMP(3)           narrowed   -
DATE                 TIMESTAMP              widened    notice
DATE                 TIMESTAMPTZ            changed    -
TIMESTAMP            TIMESTAMPTZ            changed    -
TIMESTAMPTZ          TIMESTAMP              changed    -
JSON                 JSONB                  widened    notice
JSONB                JSON                   narrowed   -
UUID                 STRING                 changed    -
BOOLEAN              INT                    changed    -
XML                  STRING                 changed    -
ENUM('a')            ENUM('a','b')          widened    compatible
ENUM('a','b')        ENUM('b','c')          changed    -
ENUM('a')            STRING                 widened    compatible
STRING               ENUM('a')              narrowed   -
ARRAY<INT>           ARRAY<BIGINT>          widened    notice
ARRAY<VARCHAR(10)>   ARRAY<VARCHAR(12)>     widened    compatible
ARRAY<INT>           INT                    changed    -
INT                  ARRAY<INT>             changed    -
MAP<STRING,INT>      MAP<STRING,BIGINT>     widened    notice
STRUCT<a INT>        STRUCT<a BIGINT>       widened    notice
STRUCT<a INT>        STRUCT<b INT>          changed    -
unknown              INT                    declared   -
INT                  unknown                forgotten  -
geohash              INT                    undetermined -
INT                  geohash                undetermined -
DECIMAL              DECIMAL(18,2)          undetermined -
"""


def _row(line):
    types_, outcome, consumer = line.rsplit(None, 2)
    old, new = (part.strip() for part in types_.split("  ", 1))
    return old, new, outcome, consumer


@pytest.mark.parametrize(
    ("old", "new", "outcome", "consumer"), [_row(line) for line in LATTICE.strip().splitlines()]
)
def test_the_table_of_types(old, new, outcome, consumer):
    found = compare(old, new)

    assert found.outcome == outcome
    if consumer != "-":
        assert found.consumer == consumer


@pytest.mark.parametrize(
    "aliases",
    [
        "int integer int4 INT32",
        "bigint int8 long INT64",
        "smallint int2",
        "numeric(4,1) decimal(4,1)",
        "varchar(3)|character varying(3)",
        "text string varchar(max) varchar",
        "bool boolean",
        "double|double precision|float8|float64",
        "real float4",
        "timestamptz|timestamp with time zone",
        "bytea varbinary bytes blob",
    ],
)
def test_aliases_are_one_type(aliases):
    words = aliases.split("|") if "|" in aliases else aliases.split()

    assert len({read(word).type for word in words}) == 1


@pytest.mark.parametrize(
    ("dialect", "text", "kind"),
    [
        ("postgres", "numeric", types.Type("decimal", (None, None))),
        ("snowflake", "decimal", types.Type("decimal", (38, 0))),
        ("mysql", "decimal", types.Type("decimal", (10, 0))),
        ("bigquery", "NUMERIC", types.Type("decimal", (38, 9))),
        ("oracle", "NUMBER", types.Type("decimal", (None, None))),
        (None, "decimal", types.Type("decimal_unstated")),
        ("mysql", "datetime", types.Type("timestamp", (0,))),
        ("bigquery", "TIMESTAMP", types.Type("timestamptz", (6,))),
        ("clickhouse", "Int8", types.Type("int", (True, 8))),
        ("clickhouse", "LowCardinality(String)", types.Type("text")),
        ("tsql", "nvarchar(max)", types.Type("ntext")),
    ],
)
def test_a_dialect_fills_in_what_its_types_leave_out(dialect, text, kind):
    assert read(text, dialect).type == kind


def test_nullable_is_taken_off_and_kept_as_nullability():
    for text in ("Nullable(Int32)", "LowCardinality(Nullable(String))"):
        assert read(text, "clickhouse").nullable is True
    assert read("Nullable(Int32)", "clickhouse").type == read("Int32", "clickhouse").type


def test_a_decimal_of_unknown_size_is_undetermined_also_within_an_array():
    assert compare("ARRAY<DECIMAL>", "ARRAY<DECIMAL(3,1)>").outcome == "undetermined"


@pytest.mark.parametrize("text", ["array", "array<record>", "map", "list", "struct"])
def test_a_type_that_does_not_say_what_is_inside_has_no_fields(text):
    assert types.fields(read(text).type) == ()


ALL = sorted(
    {each for line in LATTICE.strip().splitlines() for each in _row(line)[:2]}
    | {"UTINYINT", "USMALLINT", "UINT128", "DECIMAL(3,0)", "DECIMAL(38,10)", "CHAR(1)", "TIME(0)", "TIMETZ", "INTERVAL",
       "ENUM('a','b','c')", "ARRAY<STRING>", "MAP<STRING,DOUBLE>", "STRUCT<a BIGINT>", "GEOGRAPHY", "BIGNUMERIC"}
)  # fmt: skip


def widens(old, new, dialect=None):
    return compare(old, new, dialect).outcome == "widened"


@pytest.mark.parametrize("dialect", [None, "postgres"])
def test_widening_is_antisymmetric_and_narrowing_its_reverse_over_all_pairs(dialect):
    for old, new in itertools.product(ALL, ALL):
        there, back = compare(old, new, dialect).outcome, compare(new, old, dialect).outcome
        assert not (there == back == "widened"), (old, new)
        assert (there == "widened") is (back == "narrowed"), (old, new)
        assert (there == "same") is (back == "same"), (old, new)


@pytest.mark.parametrize("dialect", [None, "postgres"])
def test_widening_is_transitive_over_all_triples(dialect):
    after = {old: [new for new in ALL if widens(old, new, dialect)] for old in ALL}
    for old, steps in after.items():
        for step in steps:
            for new in after[step]:
                assert widens(old, new, dialect), (old, step, new)


sizes = st.integers(1, 40)
scalars = st.one_of(
    st.sampled_from(
        ["TINYINT", "SMALLINT", "INT", "BIGINT", "UTINYINT", "UBIGINT", "FLOAT", "DOUBLE", "DATE", "STRING"]
    ),
    st.builds(lambda p, s: f"DECIMAL({max(p, s)},{s})", sizes, st.integers(0, 12)),
    st.builds("VARCHAR({})".format, sizes),
    st.builds("CHAR({})".format, sizes),
    st.builds("TIMESTAMP({})".format, st.integers(0, 9)),
)
anything = st.recursive(
    scalars,
    lambda inner: st.builds("ARRAY<{}>".format, inner) | st.builds("STRUCT<f {}>".format, inner),
    max_leaves=2,
)


@given(anything, anything, anything)
@settings(max_examples=100, deadline=None)
def test_widening_is_an_order_on_generated_types(a, b, c):
    assert compare(a, a).outcome == "same"
    assert not (widens(a, b) and widens(b, a))
    if widens(a, b) and widens(b, c):
        assert widens(a, c)
