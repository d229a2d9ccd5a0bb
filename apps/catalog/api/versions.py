"""Versions of a capsule in the API."""

from rest_framework import serializers

from apps.catalog.filters import VersionFilter
from apps.catalog.models import CapsuleVersion
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import ReadingViewSet

from . import addresses


class VersionSerializer(RecordSerializer):
    """A capsule as it was: what changed, and where it was deployed from."""

    capsule_urn = serializers.CharField(source="capsule.urn", read_only=True)

    class Meta:
        model = CapsuleVersion
        fields = [
            "id",
            "capsule_id",
            "capsule_urn",
            "version_number",
            "version_name",
            "version_hash",
            "change_type",
            "change_summary",
            "breaking_change",
            "is_current",
            "upstream_capsule_urns",
            "downstream_capsule_urns",
            "deployed_at",
            "deployed_by",
            "deployment_context",
            "git_commit_sha",
            "git_branch",
            "git_tag",
            "git_repository",
            "meta",
            "created_at",
        ]
        read_only_fields = fields
        example = {
            "id": "0198c0de-0000-7000-8000-00000000000a",
            "version_number": 3,
            "version_name": "2.1.0",
            "change_type": "schema_change",
            "change_summary": "Column discount added.",
            "breaking_change": False,
            "is_current": True,
        }


class VersionWithSnapshotSerializer(VersionSerializer):
    """A capsule as it was, with the whole document of that moment."""

    class Meta(VersionSerializer.Meta):
        fields = [*VersionSerializer.Meta.fields, "schema_snapshot"]
        read_only_fields = fields


class VersionsOfCapsule(addresses.UnderCapsule, ReadingViewSet):
    """The versions of one capsule, newest first."""

    queryset = CapsuleVersion.objects.all()
    serializer_class = VersionSerializer
    filterset_class = VersionFilter
    orderings = {"version_number": "number", "created_at": ("created_at", "number")}
    default_order = ("-number",)

    def get_queryset(self):
        return super().get_queryset().filter(capsule=self.capsule)

    def get_serializer_class(self):
        return VersionWithSnapshotSerializer if self.action == "retrieve" else VersionSerializer

    def found(self, queryset):
        """Digits alone are the number, anything else is a name, the newest of that name (errata row A18)."""
        version = self.kwargs["version"]
        if version.isascii() and version.isdigit():
            return queryset.filter(number=int(version)) if len(version) < 10 else queryset.none()
        newest = queryset.filter(name=version).order_by("-number").values("pk")[:1]
        return queryset.filter(pk__in=newest)
