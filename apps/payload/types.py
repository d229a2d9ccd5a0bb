"""Types as the catalogue has them, in the words of the engine that reads text files. Pure."""

import re

import sqlglot
from sqlglot import exp

Kind = exp.DataType.Type
KNOWN = {
    *exp.DataType.TEXT_TYPES,
    *exp.DataType.INTEGER_TYPES,
    *exp.DataType.FLOAT_TYPES,
    Kind.DECIMAL,
    Kind.BOOLEAN,
    Kind.DATE,
    Kind.TIME,
    Kind.TIMESTAMP,
    Kind.TIMESTAMPTZ,
    Kind.TIMESTAMPLTZ,
    Kind.TIMESTAMPNTZ,
    Kind.DATETIME,
    Kind.UUID,
    Kind.JSON,
    Kind.STRUCT,
    Kind.ARRAY,
    Kind.LIST,
    Kind.MAP,
    Kind.VARBINARY,
    Kind.BINARY,
}
ANY_NUMBER = (
    "DECIMAL(38, 10)"  # for a decimal of any precision; the engine's own default would cut thousandths
)
WORDS = re.compile(r"[\w (),\[\]\"<>]{1,2000}")


def as_read(data_type):
    """A type as DuckDB spells it, None for one that it does not know: its values stay texts."""
    if not data_type or not WORDS.fullmatch(data_type):
        return None
    try:
        kind = exp.DataType.build(data_type, dialect="duckdb")
    except (sqlglot.errors.SqlglotError, ValueError):
        return None
    if any(part.this not in KNOWN for part in kind.find_all(exp.DataType)):
        return None
    if kind.this == Kind.DECIMAL and "(" not in data_type:
        return ANY_NUMBER
    if kind.this in exp.DataType.TEXT_TYPES:
        return "VARCHAR"
    return kind.sql(dialect="duckdb")
