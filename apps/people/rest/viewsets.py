"""What views of the API are made of: conventions for every route, and viewsets for the rows of one table."""

from functools import partial

from django.db import connection
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from . import etags, idempotency
from .filtering import refuse_unknown_parameters


class Conventions:
    """What every route of the API keeps: strict parameters, early throttles, entity tags, idempotency keys.

    `query_parameters` are the parameters that the route understands besides filters, paging and `fields`.
    """

    query_parameters = frozenset()

    def perform_authentication(self, request):
        # Whoever comes without a valid sign-in is counted before the credentials are looked at.
        self.counted = not request.reader.is_authenticated
        if self.counted:
            super().check_throttles(request)
        super().perform_authentication(request)

    def check_throttles(self, request):
        if not self.counted:
            super().check_throttles(request)

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS" and request.method.lower() in self.allowed_handlers:
            refuse_unknown_parameters(request.query_params, self.known_parameters(request))
        if request.method == "POST" and "Idempotency-Key" in request.headers:
            self.post = partial(idempotency.answer_once, self, self.post)

    @property
    def allowed_handlers(self):
        return {method.lower() for method in self.allowed_methods}

    def known_parameters(self, request):
        """The names of the query parameters that this request may have."""
        return self.query_parameters | ({"fields"} if request.method in SAFE_METHODS else set())

    def asked_fields(self, known):
        """The names that `fields=a,b` asks for, `id` always among them; all of `known` without it."""
        text = self.request.query_params.get("fields")
        if text is None:
            return list(known)
        asked = {name.strip() for name in text.split(",")}
        if unknown := sorted(asked.difference(known)):
            sentence = _("There is no field %(unknown)s. Choose from %(known)s.") % {
                "unknown": ", ".join(unknown),
                "known": ", ".join(known),
            }
            raise ValidationError({"fields": [sentence]})
        return [name for name in known if name in asked or name == "id"]

    def answer(self, row, *, status=status.HTTP_200_OK, location="", known=None):
        """One resource with its entity tag; 304 if the caller has it already, only the `fields` that were asked for."""
        entity_tag = etags.tag(row)
        headers = {"ETag": entity_tag}
        if location:
            headers["Location"] = location
        if self.request.method in SAFE_METHODS:
            names = self.asked_fields(known or row)
            if etags.matches(self.request.headers.get("If-None-Match", ""), entity_tag):
                return Response(status=304, headers=headers)
            row = {name: row[name] for name in names if name in row}
        return Response(row, status=status, headers=headers)


class PlainView(Conventions, APIView):
    """A route that is not the rows of a table."""


class ReadingViewSet(Conventions, GenericViewSet):
    """Lists and shows the rows of one table as its `RecordSerializer` says, in a fixed number of queries.

    `queryset` must have `visible_to(reader)`. `orderings` lists what `ordering=` may name, `default_order` what
    holds without it. Rows are read as plain values: `rows(queryset, names)` gives dicts.
    """

    filterset_class = None
    orderings: dict = {}
    default_order: tuple = ()

    def get_queryset(self):
        return self.queryset.all().visible_to(self.request.reader)

    def known_parameters(self, request):
        known = super().known_parameters(request)
        if self.action == "list":
            filters = self.filterset_class.parameters() if self.filterset_class else set()
            known = known | filters | self.paginator.parameters | {"ordering"}
        return known

    # ---------- reading ----------

    def list(self, request, *args, **kwargs):
        names = self.asked_fields(self.names)
        queryset = self.filter_queryset(self.get_queryset())
        page = self.paginator.paginate_queryset(queryset, request, view=self, values=self.values(names))
        return self.get_paginated_response(self.shown(page, names))

    def retrieve(self, request, *args, **kwargs):
        return self.answer(self.row(self.found(self.get_queryset())), known=self.names)

    @cached_property
    def names(self):
        """The fields that this reader may see, in order."""
        serializer_class = self.get_serializer_class()
        hidden = serializer_class.hidden_from(self.request.reader)
        return [name for name in serializer_class.shown() if name not in hidden]

    def values(self, names):
        """What must be read for `names`: (paths, {name: expression}); the key always."""
        serializer_class = self.get_serializer_class()
        paths = serializer_class.paths()
        computed = serializer_class.computed(self.request.reader)
        found = dict.fromkeys([*(paths[name] for name in names if name in paths), "pk"])
        return list(found), {name: expression for name, expression in computed.items() if name in names}

    def shown(self, rows, names):
        """Rows of `.values()` under the names that the API gives them, completed."""
        serializer_class = self.get_serializer_class()
        paths = serializer_class.paths()
        read = rows[0] if rows else {}
        pairs = [(name, paths.get(name, name)) for name in names if paths.get(name, name) in read]
        wanted = [{"id": row["pk"]} | {name: row[path] for name, path in pairs} for row in rows]
        serializer_class.complete(wanted, self.request.reader, names)
        if len(pairs) < len(names):
            # What was completed comes last; the order of fields is part of what people read.
            wanted = [{name: row[name] for name in ("id", *names) if name in row} for row in wanted]
        return wanted

    def found(self, queryset):
        """The queryset of the one row that the address names."""
        return queryset.filter(pk=self.kwargs["pk"])

    def row(self, queryset):
        """The one row of `queryset` as the API shows it. Raises `NotFound`."""
        paths, computed = self.values(self.names)
        rows = self.shown(list(queryset.order_by().values(*paths, **computed)[:1]), self.names)
        if not rows:
            raise self.unknown()
        return rows[0]

    def unknown(self):
        """What is raised for an address that names nothing, or something the reader may not know of."""
        kind = self.queryset.model._meta.verbose_name
        return NotFound(_("There is no %(kind)s with this address.") % {"kind": kind})


class RecordViewSet(ReadingViewSet):
    """Also creates, changes and removes rows; what these mean beyond the row itself is in three verbs.

    `create_record(values)` and `change_record(record, values)` return the record, `remove_record(record)` nothing.
    `check_may(record)` raises `PermissionDenied` if this reader may not touch this row.
    """

    # ---------- writing ----------

    def create(self, request, *args, **kwargs):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        record = self.create_record(dict(serializer.validated_data))
        connection.check_constraints()
        row = self.row(self.reading(record))
        return self.answer(row, status=status.HTTP_201_CREATED, location=self.location(record))

    def update(self, request, *args, partial=False, **kwargs):
        record = self.locked()
        self.check_may(record)
        self.require_match(record)
        context = {**self.get_serializer_context(), "stored": lambda: self.row(self.reading(record))}
        serializer = self.get_serializer_class()(record, data=request.data, partial=partial, context=context)
        serializer.is_valid(raise_exception=True)
        self.change_record(record, dict(serializer.validated_data))
        connection.check_constraints()
        return self.answer(self.row(self.reading(record)))

    def partial_update(self, request, *args, **kwargs):
        return self.update(request, *args, partial=True, **kwargs)

    def destroy(self, request, *args, **kwargs):
        record = self.locked()
        self.check_may(record)
        self.require_match(record)
        self.remove_record(record)
        connection.check_constraints()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def locked(self):
        """The row that the address names, locked until the transaction ends. Raises `NotFound`."""
        record = self.found(self.get_queryset()).order_by().select_for_update(of=("self",)).first()
        if record is None:
            raise self.unknown()
        return record

    def require_match(self, record):
        """Raise `PreconditionFailed` if `If-Match` names another state than the locked row's."""
        etags.require_match(self.request, lambda: self.row(self.reading(record)))

    def reading(self, record):
        """The queryset that reads `record` back, as the list would."""
        return self.get_queryset().filter(pk=record.pk)

    def check_may(self, record):
        """Raise `PermissionDenied` with a sentence if this reader may not change this row."""

    def create_record(self, values):
        return self.queryset.model.objects.create(**values)

    def change_record(self, record, values):
        changed = [name for name, value in values.items() if getattr(record, name) != value]
        for name in changed:
            setattr(record, name, values[name])
        if changed:
            record.save(update_fields=changed)
        return record

    def remove_record(self, record):
        record.delete()

    def location(self, record):
        """The address of a new row."""
        return reverse(f"api:{self.basename}-detail", args=[record.pk])
