"""The rows of the catalogue: paged by key in any order, at the same cost on every page.

    page = paging.page(Listing(filters, request.reader), request)      # in a page
    found = rows.page(filters, reader, after=key)                      # elsewhere

The rows are plain named tuples, read by one query whatever their number.
"""

import datetime
import math
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.dateparse import parse_datetime

from apps.audit.context import acting
from apps.catalog.vocabularies import SENSITIVITY
from apps.ui import paging

from . import counting, matching, wording
from .conditions import Condition, all_of, conditions
from .filters import DIMENSIONS

CAP = 10_000  # counts are exact up to here, "10,000+" beyond (errata E29)
BATCH = 2_000


class Row(NamedTuple):
    """One capsule as the catalogue lists it.

    `present` has a bit for each dimension in order; `quality_score` is percent 0 to 100, None without a
    check; `freshness_sla` is an ISO 8601 duration; `key` is where the row stands in the order.
    """

    id: UUID
    urn: str
    name: str
    type: str
    layer: str | None
    schema: str | None
    domain_id: UUID | None
    domain: str | None
    owner_id: UUID | None
    owner: str | None
    source: str | None
    columns: int
    described_columns: int
    pii_columns: int
    terms: int
    rules: int
    enabled_rules: int
    outcome: str | None
    quality_score: float | None
    sensitivity_rank: int
    has_masking: bool
    contract_status: str | None
    health: str | None
    data_updated_at: datetime.datetime | None
    freshness_sla: str | None
    upstream: int
    downstream: int
    has_tests: bool
    present: int
    completeness: int
    tags: list
    frameworks: list
    updated_at: datetime.datetime
    retired_at: datetime.datetime | None
    key: tuple = ()

    @property
    def sensitivity(self):
        """The level as a word."""
        return SENSITIVITY[self.sensitivity_rank - 1]

    @property
    def doc_coverage(self):
        """Percent (0–100) of the columns that have a description; None without columns."""
        return 100 * self.described_columns / self.columns if self.columns else None

    @property
    def dimensions(self):
        """(slug, there or not) of each of the seven dimensions, in order."""
        return [(slug, bool(self.present >> at & 1)) for at, slug in enumerate(DIMENSIONS)]


FIELDS = """
    c.id, c.urn, c.name, f.capsule_type, f.layer, f.schema_name, d.id, d.name, o.id, o.name, s.name,
    f.column_count, f.described_columns, f.pii_columns, f.term_count, f.rule_count, f.enabled_rules, f.worst_outcome,
    f.quality_score, f.sensitivity_rank, f.has_masking, f.contract_status, f.health, f.data_updated_at, f.freshness_sla::text, f.upstream_count,
    f.downstream_count, f.has_tests, f.present & 127, f.completeness, f.tags, f.frameworks, f.updated_at, c.retired_at
"""
NAMES = """
    JOIN dcs.capsules c ON c.id = f.capsule_id
    LEFT JOIN dcs.domains d ON d.id = f.domain_id AND d.visibility_rank <= %s
    LEFT JOIN dcs.owners o ON o.id = f.owner_id AND o.visibility_rank <= %s
    LEFT JOIN dcs.source_systems s ON s.id = f.source_system_id AND s.visibility_rank <= %s
"""
# A page is read from one range of the index, or from the two between which its first row lies.
RANGE = """SELECT * FROM (
    SELECT f.capsule_id, f.visible_from FROM dcs.capsule_facts f WHERE {where} ORDER BY {order} LIMIT %s
) found"""
PAGE = """
SELECT {fields}, {key} FROM (
    SELECT row_number() OVER () AS place, p.* FROM ({ranges} LIMIT %s) p
) p JOIN dcs.capsule_facts f ON f.capsule_id = p.capsule_id AND f.visible_from = p.visible_from {names} ORDER BY p.place
"""
EXPORT = "SELECT {fields} FROM dcs.capsule_facts f {names} WHERE {where} ORDER BY {order}"
IDS = "SELECT f.capsule_id FROM dcs.capsule_facts f WHERE {where}"
ALL = "SELECT count(*) FROM dcs.capsule_facts f WHERE {where}"
COUNT = "SELECT count(*) FROM (SELECT FROM dcs.capsule_facts f WHERE {where} LIMIT %s) counted"

TEXT, NUMBER, SMALL, MOMENT = "text", "double precision", "integer", "timestamptz"
TIES = (("f.name_key", TEXT), ("f.ord", SMALL))


@dataclass(frozen=True)
class Order:
    """One way of sorting: (expression, type) of what the rows are compared by, in the direction of an index.

    `falling` tells that the index begins with the greatest value; `unknown`, that the first may be null: such
    rows come last in either direction.
    """

    by: tuple
    falling: bool = False
    unknown: bool = False


@dataclass(frozen=True)
class Range:
    """A part of the list: the rows that meet `condition`, sorted by `by`, downwards or not.

    `named` tells whether the first value of a key counts in it; in the other range of a list it is null.
    """

    condition: Condition
    by: tuple
    down: bool
    named: bool = True


ORDERS = {
    "name": Order(TIES),
    "updated": Order((("f.updated_at", MOMENT), ("f.ord", SMALL))),
    "layer": Order((("f.layer_rank", SMALL), *TIES), unknown=True),
    "domain": Order((("f.domain_key", TEXT), *TIES), unknown=True),
    "columns": Order((("-f.column_count", SMALL), *TIES), falling=True),
    "quality": Order((("-f.quality_score", NUMBER), *TIES), falling=True, unknown=True),
    "sensitivity": Order((("-f.sensitivity_rank", SMALL), *TIES), falling=True),
    "completeness": Order((("-f.completeness", SMALL), *TIES), falling=True),
    "downstream": Order((("-f.downstream_count", SMALL), *TIES), falling=True),
    "health": Order((("dcs.health_rank(f.health)", SMALL), *TIES), unknown=True),
    "freshness": Order((("f.data_updated_at", MOMENT), ("f.ord", SMALL)), unknown=True),
    # Under a text: names that begin with it, by name, then the rest, what is used most first.
    "match": Order((("-f.downstream_count", SMALL), *TIES)),
}


class Listing:
    """The capsules that meet `filters` and that `reader` may know of, in the filters' order.

    Goes to `apps.ui.paging.page`, which asks it for rows after or before a key.
    """

    def __init__(self, filters, reader):
        self.filters, self.reader = filters, reader
        self.conditions = conditions(filters, reader)
        self.where = all_of(self.conditions)
        self.name = filters.order
        self.order = ORDERS[self.name.removeprefix("-")]
        if self.name == "match":
            # The same text gives the same ranges; another one makes keys of its own.
            self.name = f"match:{filters.q}"
            self.begins = matching.beginning(wording.read(filters.q).text.lower().replace(" ", "_"))
        self.backwards = self.name.startswith("-") != self.order.falling

    def slice(self, key, backwards, limit):
        """Up to `limit` rows after `key` in the direction of reading (from the beginning without one)."""
        parts, params = [], []
        for part in self._ranges(key, backwards):
            where = all_of({"": self.where, "range": part.condition})
            parts.append(RANGE.format(where=where.sql, order=_order_by(part.by, part.down)))
            params += [*where.params, limit]
        query = PAGE.format(fields=FIELDS, key=self._key(), ranges=" UNION ALL ".join(parts), names=NAMES)
        with connection.cursor() as cursor:
            cursor.execute(query, [*self._key_params(), *params, limit, *[self.reader.clearance] * 3])
            width = len(Row._fields) - 1
            return [Row(*found[:width], key=found[width:]) for found in cursor]

    def key(self, row):
        """Where `row` stands."""
        return list(row.key)

    def read(self, values):
        """A key from a URL. Raises `paging.DamagedKey`."""
        if len(values) != len(self.order.by):
            raise paging.DamagedKey
        kinds = [kind for _, kind in self.order.by]
        unknown = values[0] is None and (self.order.unknown or self._is_match)
        read = [None] if unknown else []
        return read + [
            read_value(value, kind) for value, kind in zip(values[unknown:], kinds[unknown:], strict=True)
        ]

    def count(self, cap):
        """How many there are, counting no further than `cap`."""
        known = counting.total(self.filters, self.reader)
        if known is not None:
            return min(known, cap)
        with connection.cursor() as cursor:
            cursor.execute(COUNT.format(where=self.where.sql), [*self.where.params, cap])
            return cursor.fetchone()[0]

    def export_order(self):
        """(ORDER BY of all rows, its parameters): what is unknown comes last in either direction."""
        if self._is_match:
            return f"f.name_key NOT LIKE %s, {self._key()}", [self.begins, self.begins]
        return _order_by(self.order.by, self.backwards, last=" NULLS LAST"), []

    @property
    def _is_match(self):
        return self.order is ORDERS["match"]

    def _key(self):
        first, *ties = (sql for sql, _ in self.order.by)
        if self._is_match:
            first = f"CASE WHEN f.name_key NOT LIKE %s THEN {first} END"
        return ", ".join([first, *ties])

    def _key_params(self):
        return [self.begins] if self._is_match else []

    def _ranges(self, key, backwards):
        """The ranges to read, in the order of reading, the first one beginning after `key`."""
        first = self.order.by[0][0]
        down = self.backwards != backwards
        if self._is_match:
            ranges = [
                Range(Condition("f.name_key LIKE %s", (self.begins,)), TIES, down, named=False),
                Range(Condition("f.name_key NOT LIKE %s", (self.begins,)), self.order.by, down),
            ]
        elif self.order.unknown:
            ranges = [
                Range(Condition(f"{first} IS NOT NULL"), self.order.by, down),
                Range(Condition(f"{first} IS NULL"), self.order.by, down, named=False),
            ]
        else:
            ranges = [Range(Condition("TRUE"), self.order.by, down)]
        if backwards:
            ranges.reverse()
        if key is None:
            return ranges
        if (key[0] is not None) != ranges[0].named:
            del ranges[0]
        return [_after(key, ranges[0]), *ranges[1:]]


def _after(key, part):
    """The rest of a range after a key, in the direction of reading."""
    start = 0 if part.named else 1
    by = part.by[-(len(key) - start) :]
    beyond = "({columns}) {sign} ({values})".format(
        columns=", ".join(sql for sql, _ in by),
        sign="<" if part.down else ">",
        values=", ".join(f"%s::{kind}" for _, kind in by),
    )
    condition = Condition(f"{part.condition.sql} AND {beyond}", (*part.condition.params, *key[start:]))
    return replace(part, condition=condition)


def _order_by(by, down, last=""):
    first, *ties = (sql + (" DESC" if down else "") for sql, _ in by)
    return ", ".join((first + last, *ties))


def read_value(value, kind):
    """A value of a key as PostgreSQL takes it. Raises `paging.DamagedKey`."""
    if kind == TEXT and isinstance(value, str) and "\x00" not in value:
        return value
    if kind == SMALL and type(value) is int and abs(value) < 2**31:
        return value
    if kind == NUMBER and isinstance(value, int | float) and math.isfinite(value):
        return value
    if kind == MOMENT and isinstance(value, str):
        try:
            moment = parse_datetime(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return moment
    raise paging.DamagedKey


@dataclass(frozen=True)
class Page:
    """Some rows, how many there are (exact up to `CAP`), and the keys of the neighbouring pages."""

    rows: list
    count: int
    capped: bool
    after: str = ""
    before: str = ""


def page(filters, reader, *, after="", before="", limit=50):
    """The `Page` after or before a key, the first one without.

    Raises `paging.DamagedKey` for a key that was changed, or made for another order.
    """
    listing = Listing(filters, reader)
    key, start = paging.decode(listing, after or before) if after or before else (None, 0)
    backwards = bool(before and not after)
    found = listing.slice(key, backwards, limit + 1)
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
        start = max(start - len(found), 1)
    number = listing.count(CAP + 1) if more or key is not None else len(found)
    return Page(
        rows=found,
        count=min(number, CAP),
        capped=number > CAP,
        after=paging.encode(listing, found[-1], start + len(found)) if found and (more or backwards) else "",
        before=paging.encode(listing, found[0], start)
        if found and (more if backwards else key is not None)
        else "",
    )


def export(filters, reader, *, reason=""):
    """All rows, one by one, for a body that is sent while it is read."""
    listing = Listing(filters, reader)
    order, params = listing.export_order()
    query = EXPORT.format(fields=FIELDS, names=NAMES, where=listing.where.sql, order=order)
    params = [*[reader.clearance] * 3, *listing.where.params, *params]
    return (Row(*found) for found in streamed(query, params, reader, reason=reason))


def streamed(query, params, reader, *, reason=""):
    """The rows of a query, read a batch at a time while they are sent.

    Acts as `reader` in a transaction of its own, since the request's is over by then.
    """
    with acting(reader, reason=reason), connection.chunked_cursor() as cursor:
        cursor.itersize = BATCH
        cursor.execute(query, params)
        while batch := cursor.fetchmany(BATCH):
            yield from batch


def ids(filters, reader):
    """The ids of all capsules that the filters leave, for a job that goes through them."""
    where = all_of(conditions(filters, reader))
    with connection.cursor() as cursor:
        cursor.execute(IDS.format(where=where.sql), where.params)
        return [found for (found,) in cursor]


def count(filters, reader):
    """How many capsules the filters leave, exactly: reads them all, so not for pages."""
    where = all_of(conditions(filters, reader))
    with connection.cursor() as cursor:
        cursor.execute(ALL.format(where=where.sql), where.params)
        return cursor.fetchone()[0]
