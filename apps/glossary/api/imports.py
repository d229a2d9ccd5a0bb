"""Files of terms over the API: a plan first, then one review of all of it. And the way back."""

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from apps.glossary import exports, imports, plans, proposing, sheets
from apps.glossary.filters import TermFilter
from apps.glossary.models import Term, TermImport
from apps.people.rest.refusals import TooLargeBody
from apps.people.rest.serializers import BodySerializer
from apps.people.rest.viewsets import PlainView
from apps.workflow.models import Review

# What of a row is only there to plan it again.
WITHHELD = ("values", "key", "faults")


class UploadSerializer(BodySerializer):
    """A file, and how it is to be read."""

    file = serializers.FileField()
    format = serializers.ChoiceField(choices=imports.FORMATS, required=False)
    language = serializers.CharField(required=False, max_length=20)
    classes = serializers.BooleanField(required=False)


def told(found, *, status=200):
    review = Review.objects.of(found).order_by("-number").first()
    job = proposing.progress_of(found)
    shown = {
        "id": found.pk,
        "file_name": found.file_name,
        "format": found.format,
        "state": found.state,
        "counts": plans.counts(found.rows),
        "warnings": found.warnings,
        "rows": [{key: value for key, value in row.items() if key not in WITHHELD} for row in found.rows],
        "outcome": found.outcome,
        "job": job and {"state": job.state, "phase": job.phase, "error": job.error},
        "review": review
        and {
            "id": review.pk,
            "number": review.number,
            "state": review.state,
            "content_hash": review.proposal_hash,
            "url": reverse("api:review-detail", args=[review.pk]),
        },
    }
    return Response(shown, status=status, headers={"Location": f"/api/v1/import/glossary/{found.pk}"})


class AskingSerializer(BodySerializer):
    """Why something is asked for."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=1000)


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
    """Ask for a decision on a plan."""

    http_method_names = ["post", "options"]

    @extend_schema(request=AskingSerializer, responses={202: OpenApiTypes.OBJECT})
    def post(self, request, pk):
        """One review of all rows without errors; nothing changes until somebody else has approved it.

        A worker makes the review of a long file: ask for the plan again until its `job` is completed or failed.
        """
        body = AskingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        found = self.plan(pk)
        proposing.ask(found, by=request.reader, reason=body.validated_data.get("reason", ""))
        return told(self.plan(pk), status=202)


class Planning(Planned):
    """Make a plan anew."""

    http_method_names = ["post", "options"]

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    def post(self, request, pk):
        """The file compared again with what is stored now."""
        return told(imports.plan_again(self.plan(pk), by=request.reader))


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
