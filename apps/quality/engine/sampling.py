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
QUOTES = '"`'
LONGEST = 500  # characters of a text


class Samples:
    """The rows to show of tasks that are not passed; `of(task)` reads those of one."""

    def __init__(self, engine, tasks, limit, withheld, seconds, masked=frozenset()):
        self.engine, self.limit, self.withheld, self.seconds = engine, limit, withheld, seconds
        self.unnamed = withheld | masked  # what names no row, and keeps people's own SQL from being shown
        self.failing = {task.place: task.plan.failing(task.numbers) for task in tasks if task.plan.failing}
        self.written = {}
        scopes = {}
        for task in tasks:
            if _is_condition(self.failing.get(task.place)):
                scopes.setdefault(id(task.scope), []).append(task)
        for ones in scopes.values():
            scope = ones[0].scope
            trees = scope.writer.conditions(scope.table, [self.failing[one.place] for one in ones])
            self.written |= {one.place: tree for one, tree in zip(ones, trees, strict=True)}

    def of(self, task):
        """[{at: {what names the row}, values: {column: value}, occurrences}], or None where values are withheld."""
        failing = self.failing.get(task.place)
        if failing is None:
            return []
        if isinstance(failing, str):
            if self.engine.dialect not in AS_JSON:
                return []
            return None if self.unnamed else self._own(failing)
        if self.withheld.intersection(task.plan.shown):
            return None
        return self._rows(task) if task.place in self.written else self._keys(task, failing)

    def _rows(self, task):
        shown = task.plan.shown
        names = [name for name in self.engine.row_names() if name.strip(QUOTES) not in self.unnamed]
        sql = task.scope.writer.rows(
            self.written[task.place], names, shown, self.limit, ordered=self.engine.dialect not in NATURAL
        )
        found = []
        for row in sorted(self._asked(sql), key=lambda row: _order(row[: len(names)])):
            at = {
                NAMED.get(name, name.strip(QUOTES)): shown_as(value)
                for name, value in zip(names, row, strict=False)
            }
            found.append(
                {"at": at, "values": dict(zip(shown, map(shown_as, row[len(names) :]), strict=True))}
            )
        return found

    def _keys(self, task, keys):
        found = []
        if task.worst is not None:
            rows = [(*row[1:], row[0]) for row in task.worst]
        else:
            rows = self._asked(task.scope.writer.text(keys.limit(self.limit)))
        for row in rows:
            values = dict(zip(keys.columns, map(shown_as, row), strict=True))
            found.append({"at": {}, "occurrences": values.pop(OCCURRENCES), "values": values})
        return found

    def _own(self, rows):
        """Rows of people's own SQL, as JSON of the engine's, which knows their names."""
        told = AS_JSON[self.engine.dialect]
        asked = f"SELECT {told} FROM (SELECT * FROM ({rows}) q LIMIT {int(self.limit)}) q"  # noqa: S608
        return [{"at": {}, "values": shown_as(json.loads(row[0]))} for row in self._asked(asked)]

    def _asked(self, sql):
        return self.engine.fetch(sql, deadline_s=self.seconds())


def _is_condition(failing):
    return failing is not None and not isinstance(failing, str) and not hasattr(failing, "columns")


def _order(names):
    return [(value is None, str(type(value)), value) for value in names]


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
