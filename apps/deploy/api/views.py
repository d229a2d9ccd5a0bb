"""Ingestion in the API: artifacts in, jobs out."""

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from apps.catalog.models import IngestionJob
from apps.dcs.refusals import Conflict
from apps.deploy import ingestion
from apps.deploy.filters import IngestionJobFilter
from apps.people.rest.refusals import TooLargeBody
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import PlainView, ReadingViewSet

KINDS = ("manifest", "catalog", "run_results", "sources")
AT_ONCE = 4_000_000  # bytes that are read while the caller waits; more goes to a worker
MOST_FILES = 20


class IngestionJobSerializer(RecordSerializer):
    """One run that read metadata: what it was given, where it stands, what it changed."""

    class Meta:
        model = IngestionJob
        fields = [
            "id",
            "number",
            "source_type",
            "source_name",
            "status",
            "started_at",
            "completed_at",
            "execution_duration_ms",
            "records_processed",
            "bytes_processed",
            "stats",
            "error_message",
            "error_details",
            "execution_environment",
            "execution_logs_url",
            "triggered_by",
            "parent_job_id",
        ]
        read_only_fields = fields


class IngestionJobViewSet(ReadingViewSet):
    """Runs that read metadata, newest first."""

    queryset = IngestionJob.objects.all()
    serializer_class = IngestionJobSerializer
    filterset_class = IngestionJobFilter
    orderings = {"started_at": "started_at", "number": "number", "status": "status"}
    default_order = ("-started_at", "-number")


class Artifacts(serializers.Serializer):
    """The files of one dbt invocation, and whether vanished capsules may be retired."""

    manifest = serializers.FileField(help_text="target/manifest.json")
    catalog = serializers.FileField(required=False, help_text="target/catalog.json, for types and comments")
    run_results = serializers.FileField(required=False, help_text="target/run_results.json, for test results")
    sources = serializers.FileField(required=False, help_text="target/sources.json, for freshness")
    accept_vanished = serializers.BooleanField(required=False, default=False)


class IngestDbt(PlainView):
    """Takes dbt artifacts and makes the catalogue follow them; people's edits stay."""

    parser_classes = [MultiPartParser]
    permissions = {"*": "catalog.ingest"}
    scopes = {"*": "ingest"}
    throttle_scope = "ingest"

    @extend_schema(
        request={"multipart/form-data": Artifacts},
        responses={200: IngestionJobSerializer, 202: IngestionJobSerializer, 400: None, 413: None},
        examples=[
            OpenApiExample(
                "nothing changed",
                value={"number": 12, "status": "completed", "stats": {"identical_to": 11}},
                response_only=True,
            )
        ],
    )
    def post(self, request):
        """Ingest a dbt project: 200 with what changed, or 202 with the job when the files are large."""
        files = [(name, file) for name in request.FILES for file in request.FILES.getlist(name)]
        self._check(request, files)
        options = ingestion.Options(accept_vanished=self._flag(request, "accept_vanished"))
        try:
            job = ingestion.accept(files, reader=request.reader, options=options, application="api")
        except ingestion.TooLarge as error:
            raise TooLargeBody(str(error)) from None
        if job.bytes_processed > AT_ONCE:
            ingestion.enqueue(job)
            return told(job, request.reader, status.HTTP_202_ACCEPTED)
        ingestion.run(job, at_once=True)
        if job.status == IngestionJob.Status.COMPLETED:
            return told(job, request.reader, status.HTTP_200_OK)
        # Returned, not raised: the job that says what went wrong must be kept.
        details = job.error_details or {}
        body = {
            "detail": job.error_message,
            "code": details.get("code") or "ingestion_failed",
            "fields": {"manifest": [job.error_message]},
            "job": {"id": str(job.pk), "number": job.number, "pointer": details.get("pointer", "")},
            "request_id": request.reader.request_id,
        }
        too_many = details.get("code") == "too_many_vanished"
        return Response(body, status=409 if too_many else 400)

    @staticmethod
    def _check(request, files):
        if not files:
            raise ValidationError({"manifest": [_("Send manifest.json as a file in this field.")]})
        if len(files) > MOST_FILES:
            raise ValidationError({"manifest": [_("Send at most %(most)d files.") % {"most": MOST_FILES}]})
        unknown = sorted((set(request.FILES) - {*KINDS, "files"}) | (set(request.POST) - {"accept_vanished"}))
        if unknown:
            raise ValidationError({name: [_("There is no such field.")] for name in unknown})

    @staticmethod
    def _flag(request, name):
        given = request.POST.get(name, "false").lower()
        if given not in ("true", "false"):
            raise ValidationError({name: [_("Write true or false.")]})
        return given == "true"


def told(job, reader, code):
    """The answer that shows a job, with its address."""
    names = IngestionJobSerializer.shown()
    paths = IngestionJobSerializer.paths()
    stored = IngestionJob.objects.visible_to(reader).filter(pk=job.pk)
    row = stored.values(*dict.fromkeys(paths.values())).get()
    location = reverse("api:ingestion-job-detail", args=[job.pk])
    shown = {name: row[paths[name]] for name in names}
    return Response(shown, status=code, headers={"Location": location})


class CancelIngestion(PlainView):
    """Stops a run that has not ended; it leaves nothing half-done."""

    permissions = {"*": "catalog.cancel_ingestion"}
    scopes = {"*": "ingest"}

    @extend_schema(request=None, responses={200: IngestionJobSerializer, 409: None})
    def post(self, request, pk):
        """Ask a run to stop."""
        job = IngestionJob.objects.visible_to(request.reader).filter(pk=pk).first()
        if job is None:
            raise NotFound(_("There is no ingestion job with this address."))
        if job.is_finished:
            raise Conflict(_("The run is over: %(status)s.") % {"status": job.status}, code="finished")
        if job.is_foreign:
            raise Conflict(_("Another tool runs this; stop it there."), code="foreign_run")
        ingestion.cancel(job, by=request.user)
        job.refresh_from_db()
        return Response({"id": str(job.pk), "number": job.number, "status": job.status})
