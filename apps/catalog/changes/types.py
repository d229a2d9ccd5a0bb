"""Column types in one spelling, and the lattice that says which of two holds the values of the other.

A type text is parsed by sqlglot in the dialect of its source system, else in the generic one; aliases become one
`Type`, defaults of the dialect are filled in, `Nullable(T)` and `LowCardinality(T)` are taken off. The arrows are
those of breaking-changes.md section 4.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from .lattice import COMPATIBLE, widening

DIALECTS = {
    "postgresql": "postgres",
    "mssql": "tsql",
    "sqlserver": "tsql",
    "synapse": "tsql",
    "fabric": "tsql",
    "mariadb": "mysql",
    "hive": "hive",
    "athena": "trino",
    **{
        name: name
        for name in (
            "bigquery clickhouse databricks duckdb mysql oracle postgres presto redshift snowflake spark"
            " sqlite tsql trino"
        ).split()
    },
}
# What sqlglot's generic dialect does not know, or knows in another sense than section 4.
ALIASES = {
    "int8": "BIGINT",
    "float64": "DOUBLE",
    "float32": "FLOAT",
    "bytes": "VARBINARY",
    "record": "STRUCT",
    "datetimeoffset": "TIMESTAMPTZ",
}
# Types of their own that the generic dialect cannot parse: each is only itself.
OWN = frozenset("xml hstore geo point macaddr cidr tsvector money year rowversion".split())
UNSIGNED = {"utinyint": 8, "usmallint": 16, "umediumint": 24, "ubigint": 64, "uint128": 128, "uint256": 256}
INTEGERS = {
    "TINYINT": 8,
    "SMALLINT": 16,
    "MEDIUMINT": 24,
    "INT": 32,
    "BIGINT": 64,
    "INT128": 128,
    "INT256": 256,
}
SERIALS = {"SMALLSERIAL": 16, "SERIAL": 32, "BIGSERIAL": 64}
DECIMALS = {"DECIMAL", "BIGDECIMAL", "DECIMAL32", "DECIMAL64", "DECIMAL128", "DECIMAL256"}
# Precision and scale of a decimal that states neither; None holds any number.
BARE_DECIMAL = {
    "postgres": (None, None),
    "oracle": (None, None),
    "snowflake": (38, 0),
    "mysql": (10, 0),
    "bigquery": (38, 9),
}
# Fractional digits of a second that a type keeps when it states none; six (the SQL standard) unless named here.
SECOND_DIGITS = {"mysql": 0, "snowflake": 9, "clickhouse": 0, "trino": 3, "presto": 3, "tsql": 7}
MOMENTS = {
    "TIME": "time",
    "TIMETZ": "timetz",
    "TIMESTAMP": "timestamp",
    "TIMESTAMPNTZ": "timestamp",
    "DATETIME": "timestamp",
    "DATETIME2": "timestamp",
    "DATETIME64": "timestamp",
    "TIMESTAMPTZ": "timestamptz",
    "TIMESTAMPLTZ": "timestamptz",
}
FIXED_MOMENTS = {"TIMESTAMP_S": 0, "TIMESTAMP_MS": 3, "TIMESTAMP_NS": 9, "SMALLDATETIME": 0}
TEXTS = {"CHAR", "NCHAR", "BPCHAR", "FIXEDSTRING", "VARCHAR", "NVARCHAR", "NAME", "TEXT", "LONGTEXT"}
LIMITED_TEXTS = {"TINYTEXT": 255, "MEDIUMTEXT": 16_777_215}
LIMITED_BLOBS = {"TINYBLOB": 255, "MEDIUMBLOB": 16_777_215}
ENUMS = {"ENUM", "ENUM8", "ENUM16"}


@dataclass(frozen=True, slots=True)
class Type:
    """A type in one spelling: two texts that mean the same give equal values.

    `size` is what the family counts: (signed, bits), (precision, scale), (length,), the values of an enumeration.
    `parts` are the element of an array, key and value of a map, (name, type, required) of a structure's fields.
    """

    family: str
    size: tuple = ()
    parts: tuple = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A type text as read: the type, and whether the text itself says that nulls are allowed (else None)."""

    type: Type
    nullable: bool | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a new type stands to the old.

    `outcome` is same, widened, narrowed, changed, undetermined, declared (unknown before) or forgotten (unknown
    now); `consumer` is the verdict of a widening, as its word.
    """

    outcome: str
    consumer: str = COMPATIBLE


SAME = Comparison("same")
UNKNOWN = Type("unknown")


def dialect_of(document) -> str | None:
    """The sqlglot dialect of the system that holds the capsule, None for one that has no dialect of its own."""
    urn = str(document.get("urn") or "").split(":")
    for word in (document.get("source_system"), urn[2] if len(urn) > 2 else None):
        if word and (found := DIALECTS.get(str(word).lower())):
            return found
    return None


def compare(old: str, new: str, dialect: str | None = None) -> Comparison:
    """How the type text `new` stands to `old`, both in `dialect`."""
    return stand(read(old, dialect).type, read(new, dialect).type)


@lru_cache(maxsize=20_000)
def stand(old: Type, new: Type) -> Comparison:
    """How the type `new` stands to `old`."""
    if old == new:
        return SAME
    if old == UNKNOWN:
        return Comparison("declared")
    if new == UNKNOWN:
        return Comparison("forgotten")
    if _open(old) or _open(new):
        return Comparison("undetermined")
    if found := widening(old, new):
        return Comparison("widened", found)
    if widening(new, old):
        return Comparison("narrowed")
    return Comparison("changed")


def _open(kind):
    """Whether something about the type, or about a type inside it, cannot be known from its text."""
    if kind.family in ("opaque", "decimal_unstated"):
        return True
    return any(_open(part[1] if isinstance(part, tuple) else part) for part in kind.parts)


@lru_cache(maxsize=20_000)
def read(text: str, dialect: str | None = None) -> Reading:
    """The type that a text names; a text that cannot be parsed becomes an opaque type, equal only to itself."""
    said = " ".join(str(text).split())
    word = said.lower()
    if word in ("unknown", ""):
        return Reading(UNKNOWN)
    if word in UNSIGNED and not dialect:
        return Reading(Type("int", (False, UNSIGNED[word])))
    if word in OWN:
        return Reading(Type(word))
    node = _parsed(said, dialect)
    if node is None:
        return Reading(Type("opaque", (word,)))
    nullable = True if node.args.get("nullable") else None
    while _kind(node) == "LOWCARDINALITY" and node.expressions:
        node = node.expressions[0]
        nullable = True if node.args.get("nullable") else nullable
    return Reading(_typed(node, dialect), nullable)


def bare(kind: Type) -> Type:
    """The type without the fields inside it, which are compared as nested columns of their own."""
    if kind.family == "struct":
        return Type("struct")
    if kind.family in ("array", "map"):
        return replace(kind, parts=tuple(bare(part) for part in kind.parts))
    return kind


def fields(kind: Type) -> tuple[tuple[str, Type, bool], ...]:
    """(name, type, required) of every field of a structure, also of one inside arrays or a map's values."""
    while kind.family in ("array", "map") and kind.parts:  # of a bare `array` nobody knows what is inside
        kind = kind.parts[-1]
    return kind.parts if kind.family == "struct" else ()


def _parsed(said, dialect):
    # Imported on first use: a page that shows no difference should not pay for a parser of thirty dialects.
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    # The dialect's own meaning of a word first; the generic one knows words of many systems.
    for attempt in dict.fromkeys((dialect, None)):
        spelled = said if attempt else ALIASES.get(said.lower(), said)
        try:
            found = exp.DataType.build(spelled, dialect=attempt)
        except (SqlglotError, RecursionError):
            continue
        if _kind(found) != "USERDEFINED":
            return found
    return None


def _kind(node):
    return getattr(node.this, "name", None) or type(node.this).__name__.upper()


def _typed(node: Any, dialect) -> Type:
    from sqlglot import exp

    kind = _kind(node)
    inner = [part for part in node.expressions if isinstance(part, exp.DataType)]
    if kind in ("ARRAY", "LIST", "NESTED") and inner:
        return Type("array", parts=(_typed(inner[0], dialect),))
    if kind == "MAP" and len(inner) == 2:
        return Type("map", parts=tuple(_typed(part, dialect) for part in inner))
    if kind in ("STRUCT", "OBJECT", "NESTED") or (kind == "ROW"):
        return Type("struct", parts=_fields(node, dialect))
    if kind in ENUMS:
        return Type("enum", tuple(sorted({_enum_value(part) for part in node.expressions})))
    return _scalar(kind, [part.sql(dialect=dialect) for part in node.expressions], dialect, node)


def _fields(node, dialect):
    from sqlglot import exp

    found = []
    for part in node.expressions:
        if not isinstance(part, exp.ColumnDef) or part.args.get("kind") is None:
            continue
        required = any(
            isinstance(each.kind, exp.NotNullColumnConstraint) and not each.kind.args.get("allow_null")
            for each in part.args.get("constraints") or ()
        )
        found.append((part.name, _typed(part.args["kind"], dialect), required))
    return tuple(sorted(found, key=lambda field: field[0]))


def _enum_value(part):
    left = part.this if type(part).__name__ == "EQ" else part
    return str(left.name)


def _scalar(kind, words, dialect, node):
    numbers = [int(word) for word in (word.split(" ")[0] for word in words) if word.lstrip("-").isdigit()]
    national = "n" if kind.startswith("N") and dialect == "tsql" else ""
    length = numbers[0] if numbers else None
    unsigned = kind.removeprefix("U")
    if kind in INTEGERS or kind in SERIALS:
        return Type("int", (True, INTEGERS.get(kind) or SERIALS[kind]))
    if kind.startswith("U") and unsigned in INTEGERS:
        return Type("int", (False, INTEGERS[unsigned]))
    if kind in DECIMALS or (kind in ("UDECIMAL",)):
        return _decimal(kind, numbers, dialect)
    if kind in ("FLOAT", "DOUBLE"):
        double = kind == "DOUBLE" or (len(numbers) == 1 and numbers[0] > 24)
        return Type("float", (64 if double else 32,))
    if kind in TEXTS or kind in LIMITED_TEXTS:
        return _text(kind, length, national, dialect)
    if kind in ("BINARY", "VARBINARY", "BLOB", "LONGBLOB", "IMAGE") or kind in LIMITED_BLOBS:
        length = LIMITED_BLOBS.get(kind, length)
        if kind == "BINARY" and length:
            return Type("binary", (length,))
        if kind == "BLOB" and dialect == "mysql":
            length = 65_535
        return Type("varbinary", (length,)) if length else Type("blob")
    if kind == "DATE" or kind == "DATE32":
        return Type("date")
    if kind in FIXED_MOMENTS:
        return Type("timestamp", (FIXED_MOMENTS[kind],))
    if kind in MOMENTS:
        if length is None:
            length = 3 if kind == "DATETIME64" else SECOND_DIGITS.get(dialect or "", 6)
        return Type(MOMENTS[kind], (length,))
    if kind == "INTERVAL":
        return Type("interval", (node.sql().upper(),))
    return Type(kind.lower(), tuple(words))


def _decimal(kind, numbers, dialect):
    if numbers:
        return Type("decimal", (numbers[0], numbers[1] if len(numbers) > 1 else 0))
    if kind == "BIGDECIMAL":
        return Type("decimal", (76, 38))
    size = BARE_DECIMAL.get(dialect or "")
    return Type("decimal", size) if size else Type("decimal_unstated")


def _text(kind, length, national, dialect):
    length = LIMITED_TEXTS.get(kind, length)
    if kind == "TEXT" and dialect == "mysql":
        length = 65_535
    if kind in ("CHAR", "NCHAR", "FIXEDSTRING") or (kind == "BPCHAR" and length):
        return Type(f"{national}char", (length or 1,))
    return Type(f"{national}varchar", (length,)) if length else Type(f"{national}text")
