"""Queries that take longer to build than to run: built once for a kind of reader, then run with other keys.

Putting the facts of seven dimensions into SQL costs the ORM ten times what PostgreSQL needs to answer them, and planning
them costs PostgreSQL ten times what reading them does: so they are prepared, once a connection.
"""

import threading
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.db.models.query import get_related_populators

from apps.dcs.prepared import prepared

KEY = UUID(int=0x5EED)  # stands for the key while a query is built
TEXT_KEY = "\x00key"  # the same where the key is a text; no text of ours has a zero byte
MOST = 200

_built = {}
_building = threading.Lock()


@dataclass(frozen=True)
class Statement:
    """SQL with one open key: `run(key)` answers dicts by the names of the query's values."""

    sql: str
    params: tuple
    names: tuple
    converters: tuple = field(repr=False)

    def run(self, key):
        """The rows for `key`: one key, or a list of keys where the query was built with `__in`."""
        return [dict(zip(self.names, row, strict=True)) for row in self._rows(key)]

    def _rows(self, key):
        params = [key if value in (KEY, TEXT_KEY) else value for value in self.params]
        with prepared() as cursor:
            cursor.execute(self.sql, params)
            rows = cursor.fetchall()
        return [self._converted(row) for row in rows]

    def _converted(self, row):
        values = list(row)
        for position, converters, expression in self.converters:
            for convert in converters:
                values[position] = convert(values[position], expression, connection)
        return values


@dataclass(frozen=True)
class Objects(Statement):
    """A `Statement` whose rows are records, with what `select_related` and `annotate` add: `run(key)` answers these."""

    made: tuple = field(repr=False)

    def run(self, key):
        model, first, last, attributes, related, annotations = self.made
        found = []
        for row in self._rows(key):
            record = model.from_db(connection.alias, attributes, row[first:last])
            for each in related:
                each.populate(row, record)
            for name, position in annotations:
                setattr(record, name, row[position])
            found.append(record)
        return found


def statement(name, reader, build, *, many=False):
    """The `Statement` called `name` for readers who may see what this one may; `build()` is asked once.

    `build` returns a queryset in which `KEY` (of a text, `TEXT_KEY`) stands for the key, with `.values(…)`, or without for
    an `Objects`. With `many` it ends in `__in=[KEY]`, and the statement takes a list of keys.
    What a reader may see depends on clearance and roles alone; anything else would have to be part of the key here.
    """
    key = (name, reader.clearance, reader.roles)
    found = _built.get(key)
    if found is None:
        with _building:
            if len(_built) >= MOST:
                _built.clear()
            found = _built[key] = _compiled(build(), many)
    return found


def _compiled(rows, many):
    compiler = rows.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    if many:
        head, _listed, tail = sql.rpartition(" IN (%s)")
        sql = f"{head} = ANY(%s){tail}"
    expressions = [expression for expression, *_rest in compiler.select]
    converters = compiler.get_converters(expressions)
    ordered = tuple((position, found, expression) for position, (found, expression) in converters.items())
    if rows._fields is not None:
        return Statement(sql, tuple(params), tuple(rows.query.selected), ordered)
    return Objects(sql, tuple(params), (), ordered, _making(compiler))


def _making(compiler):
    """How rows become records: as `ModelIterable` of Django does it, found out once."""
    told, select = compiler.klass_info, compiler.select
    first, last = told["select_fields"][0], told["select_fields"][-1] + 1
    attributes = [each[0].target.attname for each in select[first:last]]
    related = get_related_populators(told, select, connection.alias)
    return told["model"], first, last, attributes, related, tuple((compiler.annotation_col_map or {}).items())
