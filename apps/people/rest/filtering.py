"""How lists are narrowed and ordered by query parameters; what nobody understands is refused."""

import difflib

from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend


class StrictFilters(DjangoFilterBackend):
    """Applies the view's `filterset_class`, the same one that the page uses; an unknown value is 400."""

    def filter_queryset(self, request, queryset, view):
        filterset_class = self.get_filterset_class(view, queryset)
        if filterset_class is None or filterset_class.parameters().isdisjoint(request.query_params):
            return queryset
        filterset = filterset_class(request.query_params, queryset=queryset, request=request)
        if not filterset.is_valid():
            raise ValidationError(
                {name: [str(e) for e in errors] for name, errors in filterset.errors.items()}
            )
        return filterset.qs


class TotalOrdering(BaseFilterBackend):
    """Orders by what `ordering=` names, else by the view's `default_order`; the primary key settles ties.

    A view lists what may be named in `orderings`: {"name": "name", "layer": ("layer_rank", "name")}. A value that
    is no column of the table is annotated by the view's `get_queryset`.
    """

    def filter_queryset(self, request, queryset, view):
        allowed = getattr(view, "orderings", {})
        asked = [name for name in request.query_params.get("ordering", "").split(",") if name]
        unknown = [name for name in asked if name.removeprefix("-") not in allowed]
        if unknown:
            raise ValidationError(
                {
                    "ordering": [
                        _("This list cannot be ordered by %(unknown)s. Choose from %(known)s.")
                        % {"unknown": ", ".join(unknown), "known": ", ".join(allowed) or _("nothing")}
                    ]
                }
            )
        order = [
            column
            for name in asked
            for column in _columns(allowed[name.removeprefix("-")], name.startswith("-"))
        ]
        order = order or list(getattr(view, "default_order", ()) or queryset.query.order_by)
        order = order or list(queryset.model._meta.ordering)
        order = list({name.removeprefix("-"): name for name in reversed(order)}.values())[::-1]
        if not {"pk", "id", "-pk", "-id"} & set(order):
            order.append("pk")
        return queryset.order_by(*order)

    def get_schema_operation_parameters(self, view):
        names = [name for key in getattr(view, "orderings", {}) for name in (key, f"-{key}")]
        if not names:
            return []
        return [
            {
                "name": "ordering",
                "in": "query",
                "required": False,
                "description": "Fields to order by, `-` for descending; the primary key settles ties.",
                "schema": {"type": "array", "items": {"type": "string", "enum": names}},
                "explode": False,
                "style": "form",
            }
        ]


def _columns(columns, descending):
    first, *rest = (columns,) if isinstance(columns, str) else columns
    if descending:
        first = first[1:] if first.startswith("-") else f"-{first}"
    return [first, *rest]


def refuse_unknown_parameters(given, known):
    """Raise `ValidationError` for query parameters that a route does not understand."""
    problems = {}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            problems[name] = [
                _("There is no such parameter; did you mean %(near)s?") % {"near": near[0]}
                if near
                else _("There is no such parameter.")
            ]
    if problems:
        raise ValidationError(problems)
