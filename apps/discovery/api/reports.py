"""Reports in the API: the same rows as on their pages, as JSON or CSV, sent while they are read."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from apps.discovery import reporting
from apps.discovery.filters import Filters
from apps.discovery.reports import REPORTS
from apps.people.rest.viewsets import PlainView


class ReportSerializer(serializers.Serializer):
    """What a report answers, and what it counts."""

    name = serializers.CharField()
    title = serializers.CharField()
    question = serializers.CharField()
    definition = serializers.CharField()
    columns = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))


class Reports(PlainView):
    """The reports that there are."""

    @extend_schema(responses=ReportSerializer(many=True))
    def get(self, request):
        """Each report with its question, its definition and its columns."""
        return Response([reporting.about(report) for report in REPORTS.values()])


class CSVRenderer(BaseRenderer):
    """Sheets are written by their own module; this only lets clients ask for CSV."""

    media_type = "text/csv"
    format = "csv"


CHOICES = {report.choice.key: report.choice for report in REPORTS.values() if report.choice}


class OneReport(PlainView):
    """One report, whole."""

    query_parameters = frozenset({*Filters.KEYS, *CHOICES})

    @property
    def renderer_classes(self):
        return [*super().renderer_classes, CSVRenderer]

    @extend_schema(
        operation_id="reports_retrieve",
        responses={(200, "application/json"): OpenApiTypes.OBJECT, (200, "text/csv"): OpenApiTypes.STR},
        parameters=[
            *(OpenApiParameter(key, str, enum=list(choice.values)) for key, choice in CHOICES.items()),
        ],
    )
    def get(self, request, name):
        """Every row that the caller may see, under the filters of the catalogue; CSV or JSON by `Accept`."""
        if name not in REPORTS:
            raise NotFound
        asked, filters = REPORTS[name], Filters.parse(request.query_params)
        errors = {key: [sentence] for key, sentence in filters.errors.items()}
        choice, error = asked.choice.read(request.query_params) if asked.choice else ("", "")
        if error:
            errors[asked.choice.key] = [error]
        if errors:
            raise ValidationError(errors)
        send = reporting.SENT[request.accepted_renderer.format]
        answer = send(asked, filters, request.reader, choice)
        answer["Vary"] = "Accept"
        return answer
