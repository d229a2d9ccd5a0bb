"""Pages of a list: by `limit` and `offset`, or by `cursor`, which costs the same at any depth."""

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from apps.ui import paging

LIMIT, MOST = 50, 100
FURTHEST = 10_000_000


class Pages(BasePagination):
    """`{"count", "next", "previous", "results"}`, of instances or of `.values()`.

    `limit` is 1 to 100 (default 50), `offset` 0 or more; anything else is refused, never clamped. With `cursor`
    (empty for the first page) `count` is null unless `count=exact`.
    """

    parameters = frozenset({"limit", "offset", "cursor", "count"})

    def paginate_queryset(self, queryset, request, view=None, values=None):
        """The rows of the page that is asked for: instances, or dicts of `values` (paths, {name: expression})."""
        self.url = request.build_absolute_uri()
        parameters = request.query_params
        limit = _number(parameters, "limit", LIMIT, 1, MOST)
        exact = _one_of(parameters, "count", ("exact",))
        rows_of = Narrow(queryset, values)
        if "cursor" in parameters:
            if "offset" in parameters:
                raise ValidationError({"offset": [_("Use cursor or offset, not both.")]})
            return self._after(rows_of, parameters["cursor"], limit, exact)
        return self._from(rows_of, _number(parameters, "offset", 0, 0, FURTHEST), limit)

    def _from(self, rows_of, offset, limit):
        rows = rows_of.read_rows(rows_of.ordered(rows_of.queryset)[offset : offset + limit])
        if rows and len(rows) < limit or not rows and not offset:
            self.count = offset + len(rows)
        else:
            self.count = rows_of.queryset.order_by().count()
        self.next = self._link(limit, offset + limit) if offset + limit < self.count else None
        self.previous = self._link(limit, max(offset - limit, 0)) if offset else None
        return rows

    def _link(self, limit, offset):
        url = replace_query_param(self.url, "limit", limit)
        return replace_query_param(url, "offset", offset) if offset else remove_query_param(url, "offset")

    def _after(self, rows_of, cursor, limit, exact):
        key, position = None, 0
        if cursor:
            try:
                key, position = paging.decode(rows_of, cursor)
            except paging.DamagedKey:
                sentence = _("This cursor is damaged, or belongs to another ordering.")
                raise ValidationError({"cursor": [sentence]}) from None
        found = rows_of.queryset if key is None else rows_of.queryset.filter(rows_of.beyond(key, False))
        rows = rows_of.read_rows(rows_of.ordered(found)[: limit + 1])
        more, rows = len(rows) > limit, rows[:limit]
        self.count = rows_of.queryset.order_by().count() if exact else None
        self.previous = self.next = None
        if more:
            cursor = paging.encode(rows_of, rows[-1], position + len(rows))
            self.next = replace_query_param(self.url, "cursor", cursor)
        return rows

    def get_paginated_response(self, data):
        return Response({"count": self.count, "next": self.next, "previous": self.previous, "results": data})

    def get_paginated_response_schema(self, schema):
        count = {
            "type": ["integer", "null"],
            "description": "Null with `cursor`, unless `count=exact`.",
            "example": 1,
        }
        link = {"type": ["string", "null"], "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {"count": count, "next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view):
        def parameter(name, schema, description):
            return {
                "name": name,
                "in": "query",
                "required": False,
                "schema": schema,
                "description": description,
            }

        return [
            parameter(
                "limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}, "Rows a page."
            ),
            parameter("offset", {"type": "integer", "minimum": 0, "maximum": FURTHEST}, "Rows to skip."),
            parameter("cursor", {"type": "string"}, "Empty for the first page, then as `next` says."),
            parameter("count", {"type": "string", "enum": ["exact"]}, "Count although there is a cursor."),
        ]


class Narrow(paging.Rows):
    """Rows in a total order, found by their keys alone: what is joined to be shown is joined for one page only."""

    def __init__(self, queryset, values):
        super().__init__(queryset, ())
        self.values = values

    def ordered(self, queryset):
        return queryset.order_by(*(column.ordering(False) for column in self.columns))

    def read_rows(self, page):
        if self.values is None:
            return list(page)
        paths, computed = self.values
        paths = dict.fromkeys([*paths, *(column.name for column in self.columns)])
        return list(self.ordered(self.queryset.filter(pk__in=page.values("pk"))).values(*paths, **computed))


def _number(parameters, name, default, least, most):
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and least <= int(text) <= most):
        sentence = _("Write a whole number from %(least)d to %(most)d.") % {"least": least, "most": most}
        raise ValidationError({name: [sentence]})
    return int(text)


def _one_of(parameters, name, words):
    word = parameters.get(name)
    if word is not None and word not in words:
        raise ValidationError({name: [_("Choose from %(known)s.") % {"known": ", ".join(words)}]})
    return word
