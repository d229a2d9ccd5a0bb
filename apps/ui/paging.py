"""Paging by key: a page begins after the last row of the one before, so nothing is skipped or told twice.

    page = paging.page(found.qs, request, order=("-updated_at", "name"))

A key holds the values of the ordering columns of one row and where it stood. The order is made total by
adding the primary key. Unknown values (NULL) come last in either direction, so `-updated_at` does not begin
with rows that were never updated. Works on querysets, on annotations, on lists, and on any object with
`slice(key, backwards, limit)`, `key(row)` and `count(cap)`.

Floating point annotations of `real` precision (such as a search rank) do not survive the journey through a
key: cast them to double precision first.
"""

import base64
import binascii
import datetime
import decimal
import json
import uuid
import zlib
from dataclasses import dataclass, field
from operator import attrgetter

from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from apps.ui import querystring

SIZE = 50
CAP = 10_000


class DamagedKey(ValueError):
    """A key in a URL that was cut, changed, or made for another order."""


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and the links to its neighbours (empty where there is none).

    `first` and `last` are positions counted from 1, `total` is None if it was not asked for and the cap if
    `capped`. `error` is the sentence for a damaged key; the rows are then those of the first page.
    """

    rows: list = field(repr=False)
    first: int = 0
    last: int = 0
    total: int | None = None
    capped: bool = False
    next: str = ""
    previous: str = ""
    error: str = ""

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)


def page(source, request, *, order=(), size=SIZE, count=True, cap=CAP):
    """The page of `source` that the request asks for with `after=` or `before=`.

    `order` are column names, `-` for descending; querysets use their own ordering if it is empty. `size` is
    rows a page. `count=False` saves the counting query; more than `cap` rows are reported as "cap+".
    """
    rows_of = reader(source, order)
    key, backwards, start, error = asked_for(request, rows_of)
    rows = rows_of.slice(key, backwards, size + 1)
    if key is not None and len(rows) <= (size if backwards else 0):
        # Reading back has reached the beginning, or what was to follow is gone: begin at the first row.
        key, backwards, start = None, False, 0
        rows = rows_of.slice(key, backwards, size + 1)
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
        start = max(start - len(rows), 1)

    has_next, has_previous = more, key is not None
    total, capped = totals(rows_of, rows, count, cap, alone=not (has_next or has_previous))

    def link(name, row, position):
        return querystring.url(request.path, request.GET, **{name: encode(rows_of, row, position)})

    return Page(
        rows=rows,
        first=start + 1 if rows else 0,
        last=start + len(rows),
        total=total,
        capped=capped,
        next=link("after", rows[-1], start + len(rows)) if rows and has_next else "",
        previous=link("before", rows[0], start) if rows and has_previous else "",
        error=error,
    )


def asked_for(request, rows_of):
    """The key, its direction and its position in the request; a damaged one asks for the first page."""
    try:
        if text := request.GET.get("before"):
            key, position = decode(rows_of, text)
            return key, True, position, ""
        if text := request.GET.get("after"):
            key, position = decode(rows_of, text)
            return key, False, position, ""
    except DamagedKey:
        return None, False, 0, _("This link to a page of the list is damaged. Here is the first page.")
    return None, False, 0, ""


def totals(rows_of, rows, wanted, cap, *, alone):
    """How many rows there are, and whether counting stopped at the cap; free if one page holds them all."""
    if alone:
        return len(rows), False
    if not wanted:
        return None, False
    number = rows_of.count(cap + 1)
    return min(number, cap), number > cap


def reader(source, order):
    if isinstance(source, QuerySet):
        return Rows(source, order)
    if isinstance(source, list | tuple):
        return Listed(source, order)
    return source


# ---------- querysets ----------


@dataclass(frozen=True)
class Column:
    """One column of an order: its name, direction, and whether it may be unknown."""

    name: str
    descending: bool
    nullable: bool
    to_python: object = None

    def ordering(self, backwards):
        down = self.descending != backwards
        expression = F(self.name)
        if not self.nullable:
            return expression.desc() if down else expression.asc()
        # Unknown values are last, so they are first when the list is read backwards.
        last = {"nulls_first": True} if backwards else {"nulls_last": True}
        return expression.desc(**last) if down else expression.asc(**last)

    def same(self, value):
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def beyond(self, value, backwards):
        """Rows after `value` in this column, in the direction of reading; None if there can be none."""
        if value is None:
            return Q(**{f"{self.name}__isnull": False}) if backwards else None
        beyond = Q(**{f"{self.name}__{'lt' if self.descending != backwards else 'gt'}": value})
        if self.nullable and not backwards:
            beyond |= Q(**{f"{self.name}__isnull": True})
        return beyond


class Rows:
    """The rows of a queryset in a total order."""

    def __init__(self, queryset, order):
        self.queryset, self.order = queryset, order
        names = list(order or queryset.query.order_by or queryset.model._meta.ordering)
        if any(not isinstance(name, str) for name in names):
            raise TypeError("Paging needs an order made of names; pass `order=`.")
        if not any(name.lstrip("-") in ("pk", queryset.model._meta.pk.name) for name in names):
            names.append("pk")
        self.columns = [self.column(name) for name in names]
        self.name = ",".join(names)

    def column(self, name):
        descending, name = name.startswith("-"), name.lstrip("-")
        if name in self.queryset.query.annotations:
            output = self.queryset.query.annotations[name].output_field
            return Column(name, descending, True, output.to_python)
        model, nullable, found = self.queryset.model, False, None
        for part in name.split("__"):
            try:
                found = model._meta.pk if part == "pk" else model._meta.get_field(part)
            except FieldDoesNotExist as missing:
                raise FieldError(f"Cannot order by {name}: {missing}") from None
            nullable = nullable or found.null
            model = found.related_model or model
        return Column(name, descending, nullable, getattr(found, "target_field", found).to_python)

    def slice(self, key, backwards, limit):
        rows = self.queryset.order_by(*(column.ordering(backwards) for column in self.columns))
        if key is not None:
            rows = rows.filter(self.beyond(key, backwards))
        return list(rows[:limit])

    def beyond(self, key, backwards):
        """Rows after `key`: the same up to one column and beyond it there, for every column in turn."""
        found, same = Q(pk__in=[]), Q()
        for column, value in zip(self.columns, key, strict=True):
            there = column.beyond(value, backwards)
            if there is not None:
                found |= same & there
            same &= column.same(value)
        first, value = self.columns[0], key[0]
        if not first.nullable:
            # Says nothing new, but lets PostgreSQL begin in the middle of the index.
            bound = "lte" if first.descending != backwards else "gte"
            found &= Q(**{f"{first.name}__{bound}": value})
        return found

    def key(self, row):
        return [value_of(row, column.name) for column in self.columns]

    def read(self, values):
        """Values from a key as the columns' own types. Raises `DamagedKey`."""
        if len(values) != len(self.columns):
            raise DamagedKey
        try:
            return [column.to_python(value) for column, value in zip(self.columns, values, strict=True)]
        except (ValidationError, ValueError, TypeError, ArithmeticError):
            raise DamagedKey from None

    def count(self, cap):
        return self.queryset.order_by()[:cap].count()


def value_of(row, name):
    if isinstance(row, dict):
        return row[name] if name in row or name != "pk" else row["id"]
    for part in name.split("__"):
        row = None if row is None else getattr(row, part)
    return getattr(row, "pk", row)


# ---------- lists ----------


class Listed:
    """The rows of a list, in the order it has or is given; the key is the position of a row."""

    def __init__(self, rows, order):
        self.rows, self.name = list(rows), ",".join(order)
        for name in reversed(order):
            self.rows.sort(key=unknown_last(name.lstrip("-"), name.startswith("-")))
        self.place = {id(row): at for at, row in enumerate(self.rows)}

    def slice(self, key, backwards, limit):
        if key is None:
            return self.rows[:limit]
        if backwards:
            return self.rows[: key[0]][::-1][:limit]
        return self.rows[key[0] + 1 :][:limit]

    def key(self, row):
        return [self.place[id(row)]]

    def read(self, values):
        if len(values) != 1 or not isinstance(values[0], int):
            raise DamagedKey
        return values

    def count(self, cap):
        return min(len(self.rows), cap)


class Reversed:
    """A value that sorts the other way round."""

    def __init__(self, value):
        self.value = value

    def __lt__(self, other):
        return other.value < self.value


def unknown_last(name, descending):
    read = (lambda row: row[name]) if "." not in name else None

    def key(row):
        value = read(row) if isinstance(row, dict) else attrgetter(name.replace("__", "."))(row)
        if value is None:
            return (1, 0)
        return (0, Reversed(value) if descending else value)

    return key


# ---------- keys in URLs ----------


def encode(rows_of, row, position):
    """The key of `row` for a URL: base64 of its values and its position, with a checksum of the order."""
    text = json.dumps([position, *rows_of.key(row)], default=plain, separators=(",", ":"))
    packed = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{packed}.{checksum(rows_of, packed)}"


def decode(rows_of, text):
    """(values, position) of a key. Raises `DamagedKey` if it was changed or belongs to another order."""
    packed, _dot, sum_ = text.rpartition(".")
    if not packed or sum_ != checksum(rows_of, packed):
        raise DamagedKey
    try:
        values = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    except (binascii.Error, ValueError):
        raise DamagedKey from None
    if not isinstance(values, list) or not values or type(values[0]) is not int:
        raise DamagedKey
    return rows_of.read(values[1:]), max(values[0], 0)


def checksum(rows_of, packed):
    return f"{zlib.crc32(f'{rows_of.name}:{packed}'.encode()):08x}"


def plain(value):
    """A value that JSON does not know, as the text its field reads back."""
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal | uuid.UUID | datetime.timedelta):
        return str(value)
    raise TypeError(f"A list cannot be paged by {type(value).__name__}.")
