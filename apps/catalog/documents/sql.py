"""Whether the SQL in a document can be read: types, expressions, and one query."""

from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

LONGEST = 100_000  # characters; a longer one is not parsed
NESTED = 200  # brackets within brackets; the parser recurses
DIALECTS = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "duckdb": "duckdb",
    "sqlite": "sqlite",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
    "redshift": "redshift",
    "databricks": "databricks",
    "spark": "spark",
    "trino": "trino",
    "mysql": "mysql",
}


def dialect(urn):
    """The dialect of the system that `urn` names, None for the general one."""
    return DIALECTS.get(urn.split(":")[2]) if urn.count(":") > 2 else None


def _parsable(text):
    depth = deepest = 0
    for sign in text:
        if sign in "([{<":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in ")]}>":
            depth -= 1
    return len(text) <= LONGEST and deepest <= NESTED


@lru_cache(8192)
def is_type(text, dialect=None):
    """True if `text` names a data type."""
    if not _parsable(text):
        return False
    try:
        exp.DataType.build(text, dialect=dialect)
    except (SqlglotError, ValueError, RecursionError):
        return False
    return True


@lru_cache(8192)
def type_family(text, dialect=None):
    """`integer`, `number`, `text`, `boolean` or `` for any other type."""
    if not _parsable(text):
        return ""
    try:
        kind = exp.DataType.build(text, dialect=dialect)
    except (SqlglotError, ValueError, RecursionError):
        return ""
    if kind.is_type(*exp.DataType.INTEGER_TYPES):
        return "integer"
    if kind.is_type(*exp.DataType.NUMERIC_TYPES):
        return "number"
    if kind.is_type(*exp.DataType.TEXT_TYPES):
        return "text"
    return "boolean" if kind.is_type("boolean") else ""


@lru_cache(8192)
def is_expression(text, dialect=None):
    """True if `text` is one SQL expression, such as `order_total >= 0`."""
    if not _parsable(text):
        return False
    try:
        found = sqlglot.parse(f"SELECT ({text}\n)", dialect=dialect)
    except (SqlglotError, ValueError, RecursionError):
        return False
    if len(found) != 1 or not isinstance(found[0], exp.Select):
        return False
    alone = not any(value for key, value in found[0].args.items() if key not in ("expressions", "kind"))
    return (
        alone
        and len(found[0].expressions) == 1
        and isinstance(found[0].expressions[0], exp.Paren | exp.Subquery)
    )


@lru_cache(8192)
def is_one_query(text, dialect=None):
    """True if `text` is one SELECT (with or without WITH and UNION), and nothing else."""
    if not _parsable(text):
        return False
    try:
        found = [part for part in sqlglot.parse(text, dialect=dialect) if part is not None]
    except (SqlglotError, ValueError, RecursionError):
        return False
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        return False
    return found[0].find(exp.DML, exp.DDL, exp.Command, exp.Into) is None
