"""What a report is made of: columns, figures, a choice, and rows that are paged by key or sent whole."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from apps.discovery import conditions, rows
from apps.discovery.matching import Condition
from apps.ui import formats, paging

SIZE = 100
TEXT, NUMBER, DAY, MOMENT = "text", "integer", "date", "timestamptz"
# What every report about capsules reads, for a clearance twice; a domain or owner that the reader may not know of has no name.
CAPSULES = """
    dcs.capsule_facts f JOIN dcs.capsules c ON c.id = f.capsule_id
    LEFT JOIN dcs.domains d ON d.id = f.domain_id AND d.visibility_rank <= %s
    LEFT JOIN dcs.owners o ON o.id = f.owner_id AND o.visibility_rank <= %s
"""
PLACE = (
    ("urn", "c.urn"),
    ("capsule", "c.name"),
    ("domain", "d.name"),
    ("owner", "o.name"),
    ("layer", "f.layer"),
)


@dataclass(frozen=True)
class Column:
    """One column of a report: its key in sheets and JSON, its title, and how the page draws it.

    `draw(row)` gives the cell, escaped; without it the value stands as it is. One that is not `shown` is for sheets alone.
    """

    key: str
    title: str
    draw: Callable | None = None
    num: bool = False
    shown: bool = True

    def cell(self, row):
        """What the page shows of a row."""
        return self.draw(row) if self.draw else formats.none(row[self.key])


@dataclass(frozen=True)
class Figure:
    """One number above the rows, what it counts, and the address of exactly those (empty if they are the rows below)."""

    value: str
    sentence: str
    url: str = ""


@dataclass(frozen=True)
class Choice:
    """What a report lets one choose besides the filters: {value: title}; the first holds without a choice."""

    key: str
    title: str
    values: dict

    def read(self, query):
        """(the value that a query asks for, the sentence for one that is not known)."""
        default = next(iter(self.values))
        asked = query.get(self.key, "") or default
        if asked in self.values:
            return asked, ""
        words = {"value": asked, "words": ", ".join(self.values)}
        return default, _("“%(value)s” is not known here. Choose one of: %(words)s.") % words


@dataclass(frozen=True)
class Report:
    """A question about the catalogue that the filters of its list narrow.

    `rows(filters, reader, choice)` is what `paging.page` pages; its `all()` gives every row as a dict. `figures(found, filters, reader, choice)` are the numbers above them. `definition` says what counts, `nothing` what it means that there are no rows.
    """

    slug: str
    title: str
    question: str
    definition: str
    nothing: str
    columns: tuple
    rows: Callable
    figures: Callable = lambda *_asked: []
    choice: Choice | None = None

    @property
    def shown(self):
        return [column for column in self.columns if column.shown]

    def plain(self, row):
        """The values of a row under the keys of the columns, for JSON."""
        return {column.key: _plain(row[column.key]) for column in self.columns}

    def cells(self, row):
        """The values of a row in the order of the columns, for a sheet."""
        found = self.plain(row).values()
        return ["; ".join(map(str, value)) if isinstance(value, list) else value for value in found]


def _plain(value):
    return value.isoformat() if isinstance(value, datetime.date) else value


@dataclass(frozen=True)
class Query:
    """What a report reads: fields as (key, SQL), tables with `{facts}` joined, a condition, and an order without nulls.

    The order's (SQL, type) are compared upwards; together they tell any two rows apart.
    """

    fields: tuple
    tables: str
    order: tuple
    where: Condition = Condition("TRUE")
    params: tuple = field(default=())

    def text(self, where, limited=True):
        keys = ", ".join(sql for sql, _kind in self.order)
        fields = ", ".join(sql for _key, sql in self.fields)
        text = f"SELECT {fields}, {keys} FROM {self.tables} WHERE {where} ORDER BY {keys}"  # noqa: S608 - no value in it
        return text + (" LIMIT %s" if limited else "")


class Found:
    """The rows of a `Query` for one reader, as dicts; goes to `paging.page`."""

    def __init__(self, name, query, filters, reader):
        self.name, self.query, self.reader = name, query, reader
        visible = conditions.all_of(conditions.conditions(filters, reader))
        self.where = Condition(f"{visible.sql} AND {query.where.sql}", (*visible.params, *query.where.params))
        self.keys = [key for key, _sql in query.fields]

    def slice(self, key, backwards, limit):
        """Up to `limit` rows after `key`; read backwards from the last one before it."""
        where, params = self.where.sql, [*self.query.params, *self.where.params]
        if key is not None:
            names = ", ".join(sql for sql, _kind in self.query.order)
            values = ", ".join(f"%s::{kind}" for _sql, kind in self.query.order)
            where += f" AND ({names}) {'<' if backwards else '>'} ({values})"
            params += key
        text = self.query.text(where)
        if backwards:
            text = text.rpartition(" LIMIT ")[0]
            down = ", ".join(f"{sql} DESC" for sql, _kind in self.query.order)
            text = f"{text.rpartition(' ORDER BY ')[0]} ORDER BY {down} LIMIT %s"
        with connection.cursor() as cursor:
            cursor.execute(text, [*params, limit])
            return [self._row(found) for found in cursor]

    def _row(self, found):
        width = len(self.keys)
        return dict(zip(self.keys, found[:width], strict=True), key=found[width:])

    def key(self, row):
        """Where a row stands."""
        return list(row["key"])

    def read(self, values):
        """A key from a URL. Raises `paging.DamagedKey`."""
        if len(values) != len(self.query.order):
            raise paging.DamagedKey
        pairs = zip(values, self.query.order, strict=True)
        return [rows.read_value(value, kind) for value, (_sql, kind) in pairs]

    def count(self, cap):
        """How many rows there are, counting no further than `cap`."""
        text = (
            f"SELECT count(*) FROM (SELECT FROM {self.query.tables} WHERE {self.where.sql} LIMIT %s) counted"  # noqa: S608
        )
        with connection.cursor() as cursor:
            cursor.execute(text, [*self.query.params, *self.where.params, cap])
            return cursor.fetchone()[0]

    def by(self, expression):
        """(value, how many rows have it) of an expression in SQL, most frequent first."""
        text = (
            f"SELECT {expression}, count(*) FROM {self.query.tables} WHERE {self.where.sql}"  # noqa: S608
            " GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        with connection.cursor() as cursor:
            cursor.execute(text, [*self.query.params, *self.where.params])
            return cursor.fetchall()

    def all(self):
        """Every row, read a batch at a time, for a body that is sent while it is read."""
        text = self.query.text(self.where.sql, limited=False)
        params = [*self.query.params, *self.where.params]
        return map(self._row, rows.streamed(text, params, self.reader))


class Table(paging.Listed):
    """Rows that are few and known: totals by group, say."""

    def __init__(self, found):
        super().__init__(found, ())

    def all(self):
        """Every row."""
        return iter(self.rows)
