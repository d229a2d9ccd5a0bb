"""Which columns each output column of a query is made of.

One parse and one walk over the query's scopes; no optimizer pass rewrites the tree, because qualifying a
statement costs several times what resolving its names does.
"""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .sql_scopes import TooExpensive
from .sql_statement import Statement

MAX_CHARACTERS = 1_000_000
MAX_TOKENS = 60_000
MAX_DEPTH = 200
MAX_SECONDS = 2.0
MAX_EXPRESSION = 2_000


@dataclass(frozen=True, slots=True)
class Traced:
    """An output column: `sources` are (table, column) pairs, `kind` is direct, derived or aggregated.

    A table is the tuple of lower-case name parts that the schema was given with, or the parts written in
    the query when the schema does not know it. No sources: a constant, or a function such as `now()`.
    """

    sources: tuple
    expression: str
    kind: str


@dataclass(frozen=True, slots=True)
class Trace:
    """All that one statement says of its columns, in order.

    `indirect` are columns that only filter, join, group or sort. `unresolved` lists sentences; `complete` is false when the statement may have more columns than are listed.
    """

    columns: dict = field(default_factory=dict)
    tables: tuple = ()
    indirect: tuple = ()
    unresolved: tuple = ()
    complete: bool = True


def trace(
    sql: str,
    dialect: str | None,
    schema: Mapping[tuple, Iterable[str]],
    default: tuple = (),
    partial: frozenset = frozenset(),
    seconds: float = MAX_SECONDS,
) -> Trace:
    """Trace every output column of a query to the columns of the tables it reads.

    `schema` maps a table's lower-case name parts, `("db", "schema", "table")`, to its column names in order;
    names of tables in `partial` may have further columns. `default` are the parts put before shorter names.
    Never raises for any text: what cannot be told is listed in `unresolved`. Limits: 1 MB, 60,000 tokens,
    200 nested brackets, `seconds` of time.
    """
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        _refuse_expensive(sql)
        tree = sqlglot.parse_one(sql, dialect=dialect)
        return _followed(Statement(tree, dialect, schema, default, partial, time.monotonic() + seconds))
    except TooExpensive as error:
        return Trace(unresolved=(str(error),), complete=False)
    except RecursionError:
        return Trace(unresolved=("the statement is nested too deeply",), complete=False)
    except SqlglotError as error:
        return Trace(unresolved=(f"the statement cannot be parsed: {_first_line(error)}",), complete=False)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        # A tree of a shape that this walk does not know must not stop an import of thousands of models.
        return Trace(unresolved=(f"the statement cannot be followed: {_first_line(error)}",), complete=False)


def _followed(statement):
    result = statement.outcome()
    if result is None:
        return Trace(unresolved=("the statement is not a query",), complete=False)
    columns = {}
    for column in result.columns.values():
        expression = statement.words(column)[:MAX_EXPRESSION]
        columns[column.name] = Traced(tuple(sorted(column.sources)), expression, column.kind)
        if not column.whole:
            statement.open(f"column {column.name}: some of what it is made of could not be found")
    if not result.whole:
        statement.open(f"SELECT * of {result.name or 'a query'}: its columns are not known")
    # What is part of a value is not also listed as merely filtering it.
    direct = {source for column in columns.values() for source in column.sources}
    indirect = tuple(source for source in statement.indirect if source not in direct)
    return Trace(columns, tuple(statement.tables), indirect, tuple(statement.unresolved), result.whole)


def _first_line(error):
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
    return (text.splitlines() or [type(error).__name__])[0][:200]


def _refuse_expensive(sql):
    if len(sql) > MAX_CHARACTERS:
        raise TooExpensive(f"the statement has {len(sql):,} characters, more than {MAX_CHARACTERS:,}")
    words = len(re.findall(r"\w+|[^\w\s]", sql)) if len(sql) > MAX_TOKENS else 0
    if words > MAX_TOKENS:
        raise TooExpensive(f"the statement has {words:,} words, more than {MAX_TOKENS:,}")
    if sql.count("(") > MAX_DEPTH:
        depth = deepest = 0
        for mark in re.findall(r"'(?:[^']|'')*'|[()]", sql):
            depth += (mark == "(") - (mark == ")")
            deepest = max(deepest, depth)
        if deepest > MAX_DEPTH:
            raise TooExpensive(f"the statement nests {deepest} brackets, more than {MAX_DEPTH}")
