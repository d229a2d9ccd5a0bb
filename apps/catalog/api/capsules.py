"""Capsules in the API: register, read, change, retire, restore, purge, tag."""

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from apps.audit.context import acting, current_reason
from apps.catalog import access, edits, retirement, urns
from apps.catalog.filters import CapsuleFilter, current_unless_asked
from apps.catalog.models import Capsule, CapsuleTag, Column
from apps.catalog.vocabularies import (
    CAPSULE_TYPES,
    COMPRESSIONS,
    LAYERS,
    MATERIALIZATIONS,
    SENSITIVITY,
    STORAGE_FORMAT_ALIASES,
    STORAGE_FORMATS,
    Rank,
)
from apps.people.rest.serializers import BodySerializer, RecordSerializer
from apps.people.rest.viewsets import RecordViewSet

from . import addresses
from .columns import ColumnSerializer, add_columns
from .rows import claimed, refuse_kept, tags_of, tell
from .words import check_words

KNOWN = {
    "capsule_type": CAPSULE_TYPES,
    "layer": LAYERS,
    "materialization": MATERIALIZATIONS,
    "storage_format": STORAGE_FORMATS,
    "compression": COMPRESSIONS,
}


class CapsuleSerializer(RecordSerializer):
    """A capsule: a table or view, what is known of it and who answers for it.

    `tagged` are tags of the registry, `tags` free words. `provenance` tells which fields a person has written, so
    that an ingestion keeps them.
    """

    source_system = serializers.CharField(source="source_system.name", read_only=True, allow_null=True)
    domain = serializers.CharField(source="domain.name", read_only=True, allow_null=True)
    owner = serializers.CharField(source="owner.name", read_only=True, allow_null=True)
    sensitivity = serializers.ChoiceField(choices=SENSITIVITY, source="sensitivity_rank", read_only=True)
    tagged = serializers.ListField(child=serializers.DictField(), source="*", read_only=True)
    column_count = serializers.IntegerField(source="*", read_only=True)
    provenance = serializers.DictField(source="meta.provenance", read_only=True)
    columns = ColumnSerializer(many=True, write_only=True, required=False)

    class Meta:
        model = Capsule
        fields = [
            "id",
            "urn",
            "name",
            "capsule_type",
            "layer",
            "materialization",
            "description",
            "source_system_id",
            "source_system",
            "database_name",
            "schema_name",
            "domain_id",
            "domain",
            "owner_id",
            "owner",
            "sensitivity",
            "tags",
            "tagged",
            "column_count",
            "columns",
            "partition_strategy",
            "partition_key",
            "partition_expression",
            "storage_format",
            "storage_location",
            "compression",
            "table_size_bytes",
            "row_count",
            "last_analyzed_at",
            "has_tests",
            "test_count",
            "doc_coverage",
            "meta",
            "provenance",
            "ingestion_id",
            "retired_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["has_tests", "test_count", "doc_coverage", "ingestion_id", "retired_at"]
        create_only_fields = ["urn", "columns"]
        extra_kwargs = {
            "urn": {
                "required": False,
                "help_text": "Made from system, type, namespace and name if it is left out.",
            },
            "table_size_bytes": {"min_value": 0},
            "row_count": {"min_value": 0},
        }
        example = {
            "id": "0198c0de-0000-7000-8000-000000000001",
            "urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "name": "orders",
            "capsule_type": "model",
            "layer": "gold",
            "domain_id": None,
            "domain": None,
            "sensitivity": "internal",
            "tags": ["daily"],
            "tagged": [],
            "column_count": 2,
            "meta": {},
            "description": "One row an order, with what was paid.",
        }
        example_of_new = {"columns": [{"name": "order_id", "data_type": "bigint", "is_nullable": False}]}

    @classmethod
    def computed(cls, reader):
        columns = Column.objects.visible_within(reader).filter(
            capsule=OuterRef("pk"), retired_at__isnull=True
        )
        counted = columns.order_by().values("capsule").values(n=Count("pk"))
        return {
            "column_count": Coalesce(Subquery(counted), 0),
            "tagged": tags_of(CapsuleTag, "capsule", reader),
        }

    @classmethod
    def complete(cls, rows, reader, names):
        for row in rows:
            tell(row)

    def validate_urn(self, urn):
        stored = urns.encoded(urn)
        if not urns.FORM.fullmatch(stored):
            raise serializers.ValidationError(_("Write urn:dcs:<system>:<type>:<namespace>:<name>."))
        if len(stored) > urns.LONGEST:
            raise serializers.ValidationError(_("A URN has 500 characters at most."))
        return stored

    def validate_meta(self, meta):
        return refuse_kept(meta)

    def validate_storage_format(self, word):
        return STORAGE_FORMAT_ALIASES.get(word, word)

    def validate(self, values):
        check_words(values, KNOWN, stored=self.instance)
        return values


class ReasonSerializer(BodySerializer):
    """Why a step is taken; kept in the audit log."""

    change_reason = serializers.CharField(max_length=1000, required=False)


class CapsuleViewSet(RecordViewSet):
    """Capsules: tables and views with everything that is known of them."""

    queryset = Capsule.objects.all()
    serializer_class = CapsuleSerializer
    filterset_class = CapsuleFilter
    orderings = {
        "name": ("name", "urn"),
        "urn": "urn",
        "capsule_type": "capsule_type",
        "layer": "layer_rank",
        "sensitivity": "sensitivity_rank",
        "domain": "domain__name",
        "owner": "owner__name",
        "row_count": "row_count",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("urn",)
    permissions = {"purge": access.PURGE}
    example_bodies = {"purge": {"change_reason": "Registered by mistake."}}

    def get_queryset(self):
        found = super().get_queryset()
        if self.action == "list":
            found = current_unless_asked(found, self.request.query_params)
            if "layer" in self.request.query_params.get("ordering", ""):
                found = found.annotate(layer_rank=Rank(F("layer"), LAYERS))
        return found

    def found(self, queryset):
        return addresses.capsules(self.kwargs["urn"], self.request.reader, queryset)

    def location(self, record):
        return reverse("api:capsule-detail", args=[record.urn])

    def check_may(self, record):
        may = access.may_retire if self.action == "destroy" else access.may_edit
        may(self.request.reader, record).or_refuse()

    def create_record(self, values):
        """Register a capsule, perhaps with its columns; the URN is made from its parts unless it is given."""
        columns = values.pop("columns", [])
        capsule = Capsule(**values)
        access.may_edit(self.request.reader, capsule).or_refuse()
        capsule.urn = capsule.urn or self.urn_of(capsule)
        capsule.meta = edits.claim(capsule.meta, by=self.request.user, fields=claimed(values))
        capsule.save(force_insert=True)
        add_columns(capsule, columns, by=self.request.user, field="columns")
        return capsule

    def change_record(self, record, values):
        edits.revise(record, by=self.request.user, **values)
        return record

    @extend_schema(responses={204: None})
    def destroy(self, request, *args, **kwargs):
        """Retire a capsule: it leaves lists and counts, its history stays."""
        return super().destroy(request, *args, **kwargs)

    def remove_record(self, record):
        retirement.retire(record)

    @extend_schema(request=ReasonSerializer)
    def restore(self, request, *args, **kwargs):
        """Bring a retired capsule back."""
        reason = self.reason()
        capsule = self.locked()
        access.may_retire(request.reader, capsule).or_refuse()
        self.require_match(capsule)
        with acting(request.reader, reason=reason or current_reason()):
            retirement.restore(capsule)
        return self.answer(self.row(self.reading(capsule)))

    @extend_schema(request=ReasonSerializer, responses={204: None})
    def purge(self, request, *args, **kwargs):
        """Delete a retired capsule for good, with everything that hangs on it; a reason is required."""
        reason = self.reason()
        if not reason:
            raise ValidationError({"change_reason": [_("Say why, here or in the header X-Change-Reason.")]})
        capsule = self.locked()
        access.may_purge(request.reader, capsule).or_refuse()
        self.require_match(capsule)
        with acting(request.reader, reason=reason):
            retirement.purge(capsule)
        return Response(status=204)

    def urn_of(self, capsule):
        """The address that a capsule gets from what it is and where it lies."""
        system = capsule.source_system.name if capsule.source_system else "manual"
        namespace = (
            ".".join(part for part in (capsule.database_name, capsule.schema_name) if part) or "default"
        )
        try:
            return urns.of_capsule(system, capsule.capsule_type, namespace, capsule.name)
        except ValueError as error:
            raise ValidationError({"urn": [str(error)]}) from None

    def reason(self):
        """Why the caller takes a step: from the body, else what the request says anyway."""
        serializer = ReasonSerializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data.get("change_reason") or self.request.headers.get(
            "X-Change-Reason", ""
        )
