"""Versions of a capsule in the API, and what differs between two of them."""

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError

from apps.catalog import access, version_facts
from apps.catalog.changes.codes import DIMENSIONS
from apps.catalog.changes.titles import title
from apps.catalog.comparison import class_of, compare
from apps.catalog.comparison_markdown import sentence
from apps.catalog.disclosure import disclosed
from apps.catalog.filters import VersionFilter
from apps.catalog.models import CapsuleVersion
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import PlainView, RecordViewSet

from . import addresses


class VersionSerializer(RecordSerializer):
    """A capsule as it was: what changed, and where it was deployed from.

    Name, summary and the facts of the deployment can be written, the rest is the server's: who made a version is
    who was signed in.
    """

    version_number = serializers.IntegerField(source="number", min_value=1, required=False)
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
        create_only_fields = ["version_number"]
        read_only_fields = [
            "capsule_id",
            "version_hash",
            "change_type",
            "breaking_change",
            "is_current",
            "upstream_capsule_urns",
            "downstream_capsule_urns",
            "deployed_by",
            "meta",
        ]
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
        read_only_fields = [*VersionSerializer.Meta.read_only_fields, "schema_snapshot"]


class VersionsOfCapsule(addresses.UnderCapsule, RecordViewSet):
    """The versions of one capsule, newest first."""

    permissions = {
        "create": access.EDIT,
        "update": access.EDIT,
        "partial_update": access.EDIT,
        "destroy": access.PURGE,
    }
    queryset = CapsuleVersion.objects.all()
    serializer_class = VersionSerializer
    filterset_class = VersionFilter
    orderings = {"version_number": "number", "created_at": ("created_at", "number")}
    default_order = ("-number",)

    def get_queryset(self):
        return super().get_queryset().filter(capsule=self.capsule)

    def get_serializer_class(self):
        return VersionSerializer if self.action == "list" else VersionWithSnapshotSerializer

    def create(self, request, *args, **kwargs):
        """Record the present state: 201 for a new version, 200 if nothing moved since the current one."""
        access.may_edit(request.reader, self.capsule).or_refuse()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        facts = dict(serializer.validated_data)
        version, made = version_facts.record(
            self.capsule, request.reader, facts, number=facts.pop("number", None)
        )
        code = status.HTTP_201_CREATED if made else status.HTTP_200_OK
        location = reverse("api:capsule-version", args=[self.capsule.urn, version.number])
        return self.answer(self.row(self.reading(version)), status=code, location=location if made else "")

    def check_may(self, record):
        if self.action != "destroy":
            access.may_edit(self.request.reader, self.capsule).or_refuse()

    def change_record(self, record, values):
        return version_facts.amend(record, values)

    def remove_record(self, record):
        version_facts.drop(record)

    def row(self, queryset):
        """The version; its snapshot as far as the reader may see what stands in it."""
        row = super().row(queryset)
        if "schema_snapshot" in row:
            (row["schema_snapshot"],) = disclosed([row["schema_snapshot"]], self.capsule, self.request.reader)
        return row

    def found(self, queryset):
        """Digits alone are the number, anything else is a name, the newest of that name (errata row A18)."""
        version = self.kwargs["version"]
        if version.isascii() and version.isdigit():
            return queryset.filter(number=int(version)) if len(version) < 10 else queryset.none()
        newest = queryset.filter(name=version).order_by("-number").values("pk")[:1]
        return queryset.filter(pk__in=newest)


class VersionSideSerializer(serializers.Serializer):
    """One of the two states: a version, what is there now, or what a plan wants."""

    version_number = serializers.IntegerField(allow_null=True)
    version_name = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True)
    live = serializers.BooleanField()
    plan = serializers.CharField(allow_null=True, help_text="Of what is only planned: which plan.")


class VersionVerdictSerializer(serializers.Serializer):
    """The worst of all changes for each side: metadata, compatible, notice or breaking."""

    consumer = serializers.CharField()
    producer = serializers.CharField()


class VersionChangeSerializer(serializers.Serializer):
    """One change, as a plan lists it, and why it matters to whom."""

    dimension = serializers.ChoiceField(DIMENSIONS)
    action = serializers.ChoiceField(["create", "change", "retire"])
    kind = serializers.CharField()
    name = serializers.CharField()
    pointer = serializers.CharField()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)
    code = serializers.CharField()
    consumer = serializers.CharField()
    producer = serializers.CharField()
    change_class = serializers.CharField()
    title = serializers.CharField()
    why_consumer = serializers.CharField()
    why_producer = serializers.CharField()
    undetermined = serializers.BooleanField(required=False)
    needs_approval = serializers.BooleanField(required=False)
    impact = serializers.ListField(child=serializers.CharField(), required=False)


class VersionDifferenceSerializer(serializers.Serializer):
    """What differs between two states of a capsule."""

    id = serializers.UUIDField()
    capsule_urn = serializers.CharField()
    left = VersionSideSerializer()
    right = VersionSideSerializer()
    verdict = VersionVerdictSerializer()
    summary = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    changes = VersionChangeSerializer(many=True)


class Difference(addresses.UnderCapsule, PlainView):
    """Two versions of a capsule beside each other: what changed, what breaks and why.

    A side is a number, a version's name, a day or moment (the version then in force), `live`, `draft` (the caller's newest
    plan that may still be applied) or the number of a plan, such as `PL-12`.
    """

    query_parameters = frozenset({"dimension", "breaking"})
    examples = {
        "get": {
            "id": "0198c0de-0000-7000-8000-000000000001",
            "capsule_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "left": {"version_number": 14, "version_name": None, "created_at": "2026-11-12T09:00:00Z", "live": False, "plan": None},
            "right": {"version_number": 15, "version_name": "3.0.0", "created_at": "2026-11-20T09:00:00Z", "live": True, "plan": None},
            "verdict": {"consumer": "breaking", "producer": "compatible"},
            "summary": "1 breaking.",
            "counts": {"breaking": 1, "notice": 0, "compatible": 0, "metadata": 0},
            "changes": [
                {
                    "dimension": "structural",
                    "action": "retire",
                    "kind": "column",
                    "name": "order_status_code",
                    "pointer": "/schema/columns/3",
                    "old": {"name": "order_status_code", "data_type": "smallint"},
                    "new": None,
                    "code": "column_removed",
                    "consumer": "breaking",
                    "producer": "compatible",
                    "change_class": "breaking",
                    "title": "Column order_status_code removed",
                    "why_consumer": "Queries that name order_status_code fail: the column is gone.",
                    "why_producer": "order_status_code need no longer be delivered.",
                }
            ],
        }
    }  # fmt: skip

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "dimension", str, enum=DIMENSIONS, description="Only changes of this dimension."
            ),
            OpenApiParameter("breaking", bool, description="Only changes that break readers or producers."),
        ],
        responses=VersionDifferenceSerializer,
    )
    def get(self, request, urn, version, other):
        """The changes from one to the other, by dimension."""
        dimension = request.query_params.get("dimension", "")
        if dimension and dimension not in DIMENSIONS:
            raise ValidationError(
                {"dimension": [_("Choose from %(known)s.") % {"known": ", ".join(DIMENSIONS)}]}
            )
        breaking = request.query_params.get("breaking", "false")
        if breaking not in ("true", "false"):
            raise ValidationError({"breaking": [_("Write true or false.")]})
        try:
            found = compare(self.capsule, version, other, request.reader)
        except LookupError as error:
            raise NotFound(_("There is no version %(version)s.") % {"version": error.args[0]}) from None
        consumer, producer = found.verdict
        changes = found.narrowed(dimension=dimension, breaking=breaking == "true")
        return self.answer(
            {
                "id": self.capsule.pk,
                "capsule_urn": self.capsule.urn,
                "left": self.shown(found.left),
                "right": self.shown(found.right),
                "verdict": {"consumer": str(consumer), "producer": str(producer)},
                "summary": sentence(found),
                "counts": found.counts,
                "changes": [self.change(change) for change in changes],
            }
        )

    def shown(self, side):
        version = side.version
        return {
            "version_number": version and version.number,
            "version_name": version and version.name,
            "created_at": version and version.created_at,
            "live": side.live,
            "plan": side.title or None,
        }

    def change(self, change):
        return {
            "dimension": change.dimension,
            **change.item(),
            "change_class": class_of(change),
            "title": title(change, _),
            "why_consumer": change.why_consumer.read(_),
            "why_producer": change.why_producer.read(_),
        }
