"""Runs in the API: what was asked of data, how far it came, how it ended."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status

from apps.people.rest.fields import JSONField
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import ReadingViewSet
from apps.quality import running
from apps.quality.filters import RunFilter
from apps.quality.models import QualityRun


class RunSerializer(RecordSerializer):
    """One reading of a capsule's data: its rules checked, or its columns profiled."""

    capsule_urn = serializers.CharField(source="capsule.urn", read_only=True)
    kind = serializers.CharField(read_only=True, help_text="`checks` or `profile`.")
    trigger = serializers.CharField(read_only=True, help_text="`manual`, `schedule`, `api` or `ingest`.")
    state = serializers.CharField(
        read_only=True, help_text="`queued`, `running`, `finished`, `partly`, `failed` or `cancelled`."
    )
    scope = JSONField(read_only=True)
    counts = JSONField(read_only=True)

    class Meta:
        model = QualityRun
        fields = [
            "id",
            "number",
            "kind",
            "capsule_id",
            "capsule_urn",
            "trigger",
            "asked_by",
            "slot",
            "scope",
            "state",
            "counts",
            "gate_passed",
            "engine",
            "fingerprint",
            "error_code",
            "error",
            "queued_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields
        example = {
            "id": "0198c0de-0000-7000-8000-0000000000c9",
            "number": 9,
            "kind": "checks",
            "capsule_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "trigger": "api",
            "asked_by": "chen",
            "state": "finished",
            "counts": {"passed": 17, "failed": 1},
            "gate_passed": False,
        }


class RunViewSet(ReadingViewSet):
    """Runs of checks and profiles, newest first."""

    queryset = QualityRun.objects.all()
    serializer_class = RunSerializer
    filterset_class = RunFilter
    orderings = {"number": "number", "queued_at": ("queued_at", "number"), "state": ("state", "-number")}
    default_order = ("-number",)
    permissions = {"cancel": running.RUN}
    scopes = {"cancel": "execute"}

    @extend_schema(request=None, responses={200: RunSerializer})
    def cancel(self, request, *args, **kwargs):
        """Ask a run to stop: at once if it has not begun, else within two seconds. One that is over stays as it is."""
        run = self.found(self.get_queryset().select_related("capsule__owner", "capsule__domain")).first()
        if run is None:
            raise self.unknown()
        running.cancel(run, by=request.reader)
        return self.answer(self.row(self.get_queryset().filter(pk=run.pk)), status=status.HTTP_200_OK)
