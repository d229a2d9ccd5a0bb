"""Files of terms over the API: a plan first, then all of it or nothing. And the way back."""

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from apps.glossary import exports, imports, plans, sheets
from apps.glossary.filters import TermFilter
from apps.glossary.models import Term, TermImport
from apps.people.rest.refusals import TooLargeBody
from apps.people.rest.serializers import BodySerializer
from apps.people.rest.viewsets import PlainView


class UploadSerializer(BodySerializer):
    """A file, and how it is to be read."""

    file = serializers.FileField()
    format = serializers.ChoiceField(choices=imports.FORMATS, required=False)
    language = serializers.CharField(required=False, max_length=20)
    classes = serializers.BooleanField(required=False)


def told(found, *, status=200):
    shown = {
        "id": found.pk,
        "file_name": found.file_name,
        "format": found.format,
        "state": found.state,
        "counts": plans.counts(found.rows),
        "warnings": found.warnings,
        "rows": [{key: value for key, value in row.items() if key != "values"} for row in found.rows],
        "outcome": found.outcome,
    }
    return Response(shown, status=status, headers={"Location": f"/api/v1/import/glossary/{found.pk}"})


class Importing(PlainView):
    """CSV or SKOS terms: answers a plan, writes no term."""

    parser_classes = [MultiPartParser]
    permissions = {"post": "glossary.add_term"}

    @extend_schema(request=UploadSerializer, responses={201: OpenApiTypes.OBJECT})
    def post(self, request):
        """The plan for a file: create, change, same or error for each row."""
        body = UploadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        if given["file"].size > sheets.MOST_BYTES:
            raise TooLargeBody(_("The file is larger than 10 MiB."))
        try:
            found = imports.plan(
                given["file"].read(),
                name=given["file"].name,
                by=request.reader,
                format=given.get("format", ""),
                language=given.get("language") or "en",
                classes=given.get("classes", False),
            )
        except sheets.Unreadable as error:
            raise serializers.ValidationError({"file": [str(error)]}) from None
        return told(found, status=201)


class Planned(PlainView):
    """A plan of an import."""

    permissions = {"get": "glossary.add_term", "post": "glossary.add_term", "delete": "glossary.add_term"}

    def plan(self, pk):
        found = TermImport.objects.visible_to(self.request.reader).filter(pk=pk).first()
        if found is None:
            raise NotFound(_("There is no import with this address."))
        return found

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request, pk):
        """The plan, row by row."""
        return told(self.plan(pk))

    @extend_schema(responses={204: None})
    def delete(self, request, pk):
        """Drop a plan that was not applied."""
        imports.drop(self.plan(pk), by=request.reader)
        return Response(status=204)


class Applying(Planned):
    """Let a plan happen."""

    http_method_names = ["post", "options"]

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    def post(self, request, pk):
        """All rows without errors, or none: drafts are written, what is in force is proposed."""
        return told(imports.apply(self.plan(pk), by=request.reader))


class Exporting(PlainView):
    """The terms that the filters leave, as a file: csv, ttl, rdf or jsonld."""

    query_parameters = frozenset(TermFilter.parameters())

    @extend_schema(responses={200: OpenApiTypes.BINARY})
    def get(self, request, suffix):
        """The file."""
        found = TermFilter(
            request.query_params, queryset=Term.objects.visible_to(request.reader), request=request
        )
        if suffix not in exports.SUFFIXES:
            raise Http404
        if not found.is_valid():
            raise serializers.ValidationError(found.errors)
        return exports.answer(found.qs, suffix)
