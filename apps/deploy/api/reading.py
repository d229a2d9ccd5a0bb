"""Reading schemas in the API: files in, plans out."""

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.response import Response

from apps.catalog.models import IngestionJob
from apps.deploy import reading, uploads
from apps.deploy.models import Plan
from apps.deploy.readers.ddl import DIALECTS
from apps.deploy.schema_files import DDL, FILES
from apps.people.rest.refusals import TooLargeBody
from apps.people.rest.viewsets import PlainView

from .bodies import PlanAnswer, shown
from .views import IngestionJobSerializer

AT_ONCE = 1_000_000  # bytes that are read while the caller waits; more goes to a worker


class SchemaAsked(serializers.Serializer):
    """What is read, and whose it is."""

    location = serializers.CharField(
        required=False,
        max_length=1000,
        help_text="A file below the folders that the portal may read (PAYLOAD_ROOTS), instead of an upload.",
    )
    source = serializers.RegexField(
        r"^[^:/?#]+$", max_length=100, help_text="The name of the source system; it stands in every URN."
    )


class DDLAsked(SchemaAsked):
    """A file of SQL, and how its names are to be understood."""

    file = serializers.FileField(required=False, help_text="SQL with CREATE TABLE and CREATE VIEW.")
    dialect = serializers.ChoiceField(choices=list(DIALECTS), default="postgres")
    database = serializers.RegexField(
        r"^[^.:/?#]*$",
        max_length=100,
        default="",
        allow_blank=True,
        help_text="That of names which say none.",
    )
    schema = serializers.RegexField(
        r"^[^.:/?#]*$",
        max_length=100,
        default="",
        allow_blank=True,
        help_text="That of names which say none.",
    )
    whole = serializers.BooleanField(
        default=False,
        help_text="The file describes these schemas entirely: what it does not name has vanished.",
    )


class FilesAsked(SchemaAsked):
    """Data files, sent or lying on the server."""

    files = serializers.ListField(
        child=serializers.FileField(),
        required=False,
        max_length=20,
        help_text="Parquet, CSV, Avro or an Iceberg metadata.json; each becomes a capsule.",
    )


class ReadSchema(PlainView):
    """What routes share that read schemas."""

    parser_classes = [MultiPartParser, JSONParser]
    permissions = {"*": "catalog.ingest"}
    scopes = {"*": "ingest"}
    throttle_scope = "ingest"
    kind, asked, upload = "", None, ""

    def read(self, request):
        """201 with the plan; 200 with the job where nothing would change; 202 with the job of what is long."""
        asked = self._asked(request)
        files = [(file.name, file) for file in request.FILES.getlist(self.upload)]
        if bool(files) == bool(asked.get("location")):
            raise ValidationError({self.upload: [_("Send a file, or name a location; one of the two.")]})
        choices = {name: value for name, value in asked.items() if name != self.upload}
        try:
            job = reading.accept(
                self.kind, reader=request.reader, choices=choices, files=files, application="api"
            )
        except uploads.TooLarge as error:
            raise TooLargeBody(str(error)) from None
        if not files or job.bytes_processed > AT_ONCE:
            reading.enqueue(job)
            return self._job(job, status.HTTP_202_ACCEPTED)
        reading.run(job, at_once=True)
        if job.status != IngestionJob.Status.COMPLETED:
            return self._failed(job)
        if job.stats["plan"] is None:
            return self._job(job, status.HTTP_200_OK)
        made = Plan._base_manager.get(pk=job.stats["plan"]["id"])
        headers = {"Location": reverse("api:plan-detail", args=[made.pk])}
        return Response(shown(made, request.reader), status=status.HTTP_201_CREATED, headers=headers)

    def _asked(self, request):
        unknown = sorted({*request.data} - {*self.asked().fields})
        if unknown:
            raise ValidationError({name: [_("There is no such field.")] for name in unknown})
        form = self.asked(data=request.data)
        form.is_valid(raise_exception=True)
        return form.validated_data

    def _failed(self, job):
        # Returned, not raised: the job that says what went wrong must be kept.
        details = job.error_details or {}
        body = {
            "detail": job.error_message,
            "code": details.get("code") or "reading_failed",
            "fields": {self.upload: [job.error_message]},
            "job": {"id": str(job.pk), "number": job.number, "pointer": details.get("pointer", "")},
            "request_id": self.request.reader.request_id,
        }
        return Response(body, status=403 if details.get("code") == "forbidden" else 400)

    def _job(self, job, code):
        names, paths = IngestionJobSerializer.shown(), IngestionJobSerializer.paths()
        stored = IngestionJob.objects.visible_to(self.request.reader).filter(pk=job.pk)
        row = stored.values(*dict.fromkeys(paths.values())).get()
        headers = {"Location": reverse("api:ingestion-job-detail", args=[job.pk])}
        return Response({name: row[paths[name]] for name in names}, status=code, headers=headers)


class IngestDDL(ReadSchema):
    """Takes SQL that makes tables, and says in a plan what would change."""

    kind, asked, upload = DDL, DDLAsked, "file"

    @extend_schema(
        operation_id="ingest_ddl",
        request={"multipart/form-data": DDLAsked, "application/json": DDLAsked},
        responses={
            200: IngestionJobSerializer,
            201: PlanAnswer,
            202: IngestionJobSerializer,
            400: None,
            413: None,
        },
        examples=[
            OpenApiExample(
                "a file on the server",
                value={"location": "dumps/shop.sql", "source": "shop", "dialect": "postgres"},
                request_only=True,
            )
        ],
    )
    def post(self, request):
        """Read a file of SQL: 201 with the plan, 200 if nothing would change, 202 with the job of a long one."""
        return self.read(request)


class IngestFiles(ReadSchema):
    """Takes data files, or the place of a file or folder, and says in a plan what would change."""

    kind, asked, upload = FILES, FilesAsked, "files"

    @extend_schema(
        operation_id="ingest_files",
        request={"multipart/form-data": FilesAsked, "application/json": FilesAsked},
        responses={
            200: IngestionJobSerializer,
            201: PlanAnswer,
            202: IngestionJobSerializer,
            400: None,
            413: None,
        },
        examples=[
            OpenApiExample(
                "a folder on the server",
                value={"location": "lake/orders", "source": "lake"},
                request_only=True,
            )
        ],
    )
    def post(self, request):
        """Read data files: 201 with the plan, 200 if nothing would change, 202 with the job of a place on the server."""
        return self.read(request)
