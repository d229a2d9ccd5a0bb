"""A handful of the rows that break a rule: what names them, and the columns that were tested. Pure.

The values leave as they are: whoever stores them masks them first, and names in `withheld` the columns of which no
value may be read at all.
"""

import json
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from apps.quality.rule_types.uniqueness import OCCURRENCES

NATURAL = ("duckdb",)  # reads files in order, and stops early if no order is asked for
NAMED = {"_payload_file": "file", "_payload_row": "row_number"}
AS_JSON = {
    "duckdb": "to_json(q)::VARCHAR",
    "postgres": "row_to_json(q)::text",
    "databricks": "to_json(struct(q.*))",
}  # fmt: skip
LONGEST = 500  # characters of a text


def sampled(engine, task, limit, withheld, seconds):
    """[{at: {what names the row}, values: {column: value}, occurrences}], or None where values are withheld."""
    failing = task.plan.failing(task.numbers)
    if failing is None:
        return []
    if isinstance(failing, str):
        if engine.dialect not in AS_JSON:
            return []
        return None if withheld else _own(engine, failing, limit, seconds)
    if withheld.intersection(task.plan.shown):
        return None
    if hasattr(failing, "columns"):
        return _keys(engine, task, failing, limit, seconds)
    return _rows(engine, task, failing, limit, withheld, seconds)


def _rows(engine, task, failing, limit, withheld, seconds):
    scope, shown = task.scope, list(task.plan.shown)
    names = [name for name in engine.row_names() if name.strip('"') not in withheld]
    expression = scope.table.filter(failing).select(shown)
    sql = scope.writer.rows(expression, names, limit, ordered=engine.dialect not in NATURAL)
    found = []
    for row in sorted(engine.fetch(sql, deadline_s=seconds()), key=lambda row: _order(row[: len(names)])):
        at = {
            NAMED.get(name, name.strip('"')): shown_as(value) for name, value in zip(names, row, strict=False)
        }
        found.append({"at": at, "values": dict(zip(shown, map(shown_as, row[len(names) :]), strict=True))})
    return found


def _order(names):
    return [(value is None, str(type(value)), value) for value in names]


def _keys(engine, task, keys, limit, seconds):
    sql = task.scope.writer.text(keys.limit(limit))
    found = []
    for row in engine.fetch(sql, deadline_s=seconds()):
        values = dict(zip(keys.columns, map(shown_as, row), strict=True))
        occurrences = values.pop(OCCURRENCES) if keys.columns[-1] == OCCURRENCES else None
        found.append({"at": {}, "values": values, "occurrences": occurrences})
    return found


def _own(engine, rows, limit, seconds):
    """Rows of people's own SQL, as JSON of the engine's, which knows their names."""
    found = engine.fetch(
        f"SELECT {AS_JSON[engine.dialect]} FROM (SELECT * FROM ({rows}) q LIMIT {int(limit)}) q",  # noqa: S608
        deadline_s=seconds(),
    )
    read = (row[0] if isinstance(row[0], dict) else json.loads(row[0]) for row in found)
    return [{"at": {}, "values": {name: shown_as(value) for name, value in one.items()}} for one in read]


def shown_as(value):
    """A value as JSON can hold it; what JSON has no word for becomes a text."""
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + "…"
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)[: LONGEST // 2].hex()
    if isinstance(value, dict):
        return {str(key): shown_as(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [shown_as(one) for one in value]
    return str(value)
