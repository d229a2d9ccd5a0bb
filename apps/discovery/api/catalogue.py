"""The catalogue in the API: capsules and columns with what is counted of them, totals, and counting anew."""

from django.db.models import Count
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from apps.catalog.filters import current_unless_asked
from apps.catalog.models import CapsuleVersion, Column, Constraint
from apps.catalog.vocabularies import SENSITIVITY
from apps.dcs.refusals import Conflict
from apps.discovery import facets, rows, summary
from apps.discovery.filters import DIMENSIONS, Filters
from apps.discovery.models import CapsuleFacts
from apps.glossary.models import TermLink
from apps.people.rest.fields import PeriodField
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import PlainView, ReadingViewSet
from apps.policy.models import MaskingRule
from apps.quality.models import QualityRule

from .filters import CatalogCapsuleFilter, CatalogColumnFilter


class CatalogCapsuleSerializer(RecordSerializer):
    """A capsule with what is counted of it; the columns of the view `catalog_capsule_summary`, as they are now.

    Parts that the caller may not know of are not counted.
    """

    id = serializers.UUIDField(source="pk", read_only=True)
    urn = serializers.CharField(source="capsule.urn", read_only=True)
    name = serializers.CharField(source="capsule.name", read_only=True)
    description = serializers.CharField(source="capsule.description", read_only=True, allow_null=True)
    domain = serializers.CharField(source="capsule.domain.name", read_only=True, allow_null=True)
    owner = serializers.CharField(source="capsule.owner.name", read_only=True, allow_null=True)
    business_term_count = serializers.IntegerField(source="term_count", read_only=True)
    quality_rule_count = serializers.IntegerField(source="rule_count", read_only=True)
    enabled_quality_rule_count = serializers.IntegerField(source="enabled_rules", read_only=True)
    highest_sensitivity = serializers.ChoiceField(
        choices=SENSITIVITY, source="policy_rank", read_only=True, allow_null=True
    )
    freshness_sla = PeriodField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(source="capsule.created_at", read_only=True)
    version_count = serializers.IntegerField(source="*", read_only=True)

    class Meta:
        model = CapsuleFacts
        fields = [
            "id", "urn", "name", "capsule_type", "layer", "description", "domain", "owner", "column_count",
            "index_count", "pk_count", "fk_count", "business_term_count", "quality_rule_count",
            "enabled_quality_rule_count", "highest_sensitivity", "has_masking", "freshness_sla",
            "quality_score_sla", "contract_status", "health", "data_updated_at", "upstream_count", "downstream_count", "version_count",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields
        example = {
            "id": "0198c0de-0000-7000-8000-000000000001",
            "urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "name": "orders",
            "capsule_type": "model",
            "layer": "gold",
            "column_count": 21,
            "quality_rule_count": 6,
            "highest_sensitivity": "restricted",
            "has_masking": True,
            "contract_status": "active",
            "health": "kept",
            "data_updated_at": "2026-11-23T13:20:00Z",
            "freshness_sla": "PT4H",
            "upstream_count": 3,
            "downstream_count": 14,
            "version_count": 4,
        }

    @classmethod
    def complete(cls, rows, reader, names):
        for row in rows:
            if row.get("highest_sensitivity") is not None:
                row["highest_sensitivity"] = SENSITIVITY[row["highest_sensitivity"] - 1]
            if row.get("freshness_sla") is not None:
                row["freshness_sla"] = row["freshness_sla"].iso()
        if "version_count" in names:
            found = counted(CapsuleVersion, "capsule", rows, reader)
            for row in rows:
                row["version_count"] = found.get(row["id"], 0)


class CatalogCapsules(ReadingViewSet):
    """Capsules with what is counted of them; `refreshed_at` tells how old the materialised summary is."""

    queryset = CapsuleFacts.objects.all()
    serializer_class = CatalogCapsuleSerializer
    filterset_class = CatalogCapsuleFilter
    orderings = {
        "name": ("name_key", "capsule__urn"),
        "urn": "capsule__urn",
        "capsule_type": ("capsule_type", "name_key"),
        "layer": ("layer_rank", "name_key"),
        "column_count": ("column_count", "name_key"),
        "index_count": ("index_count", "name_key"),
        "pk_count": ("pk_count", "name_key"),
        "fk_count": ("fk_count", "name_key"),
        "business_term_count": ("term_count", "name_key"),
        "quality_rule_count": ("rule_count", "name_key"),
        "enabled_quality_rule_count": ("enabled_rules", "name_key"),
        "highest_sensitivity": ("policy_rank", "name_key"),
        "has_masking": ("has_masking", "name_key"),
        "freshness_sla": ("freshness_sla", "name_key"),
        "quality_score_sla": ("quality_score_sla", "name_key"),
        "contract_status": ("contract_status", "name_key"),
        "data_updated_at": ("data_updated_at", "name_key"),
        "upstream_count": ("upstream_count", "name_key"),
        "downstream_count": ("downstream_count", "name_key"),
        "created_at": ("capsule__created_at", "name_key"),
        "updated_at": ("updated_at", "name_key"),
    }
    default_order = ("name_key", "capsule__urn")

    def get_queryset(self):
        return super().get_queryset().current()

    def list(self, request, *args, **kwargs):
        """Capsules that the caller may know of, retired ones left out."""
        answer = super().list(request, *args, **kwargs)
        answer.data["refreshed_at"] = summary.refreshed_at()
        return answer


class CatalogColumnSerializer(RecordSerializer):
    """A column with its capsule and with how many keys, terms, rules and masks it has."""

    capsule_id = serializers.UUIDField(read_only=True)
    capsule_urn = serializers.CharField(source="capsule.urn", read_only=True)
    capsule_name = serializers.CharField(source="capsule.name", read_only=True)
    capsule_type = serializers.CharField(source="capsule.capsule_type", read_only=True)
    layer = serializers.CharField(source="capsule.layer", read_only=True, allow_null=True)
    sensitivity = serializers.ChoiceField(choices=SENSITIVITY, source="sensitivity_rank", read_only=True)
    is_primary_key = serializers.BooleanField(source="*", read_only=True)
    is_foreign_key = serializers.BooleanField(source="*", read_only=True)
    business_term_count = serializers.IntegerField(source="*", read_only=True)
    quality_rule_count = serializers.IntegerField(source="*", read_only=True)
    masking_rule_count = serializers.IntegerField(source="*", read_only=True)

    class Meta:
        model = Column
        fields = [
            "id", "urn", "name", "data_type", "ordinal_position", "is_nullable", "semantic_type", "pii_type",
            "description", "unit_of_measure", "sensitivity", "capsule_id", "capsule_urn", "capsule_name",
            "capsule_type", "layer", "is_primary_key", "is_foreign_key", "business_term_count",
            "quality_rule_count", "masking_rule_count", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields
        example = {
            "id": "0198c0de-0000-7000-8000-000000000002",
            "urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders.amount",
            "name": "amount",
            "data_type": "numeric(12,2)",
            "capsule_id": "0198c0de-0000-7000-8000-000000000001",
            "capsule_name": "orders",
            "is_primary_key": False,
            "business_term_count": 1,
            "masking_rule_count": 0,
        }

    @classmethod
    def complete(cls, rows, reader, names):
        kinds = {"is_primary_key": "primary_key", "is_foreign_key": "foreign_key"}
        for name, kind in kinds.items():
            if name in names:
                found = counted(Constraint, "column", rows, reader, kind=kind)
                for row in rows:
                    row[name] = row["id"] in found
        models = {
            "business_term_count": TermLink,
            "quality_rule_count": QualityRule,
            "masking_rule_count": MaskingRule,
        }
        for name, model in models.items():
            if name in names:
                found = counted(model, "column", rows, reader)
                for row in rows:
                    row[name] = found.get(row["id"], 0)
        for row in rows:
            if "sensitivity" in row:
                row["sensitivity"] = SENSITIVITY[row["sensitivity"] - 1]


def counted(model, parent, rows, reader, **narrowed):
    """{id of the parent: number} of the visible rows of a model that belong to `rows`; one query."""
    found = model.objects.visible_to(reader).filter(
        **{f"{parent}__in": [row["id"] for row in rows]}, **narrowed
    )
    return dict(found.order_by().values_list(parent).annotate(number=Count("pk")))


class CatalogColumns(ReadingViewSet):
    """Columns of all capsules with what is counted of them."""

    queryset = Column.objects.all()
    serializer_class = CatalogColumnSerializer
    filterset_class = CatalogColumnFilter
    orderings = {
        "name": ("name", "urn"),
        "urn": "urn",
        "capsule": ("capsule__name", "capsule__urn", "ordinal_position"),
        "data_type": ("data_type", "urn"),
        "sensitivity": ("sensitivity_rank", "urn"),
        "updated_at": ("updated_at", "urn"),
    }
    default_order = ("urn",)

    def get_queryset(self):
        return current_unless_asked(super().get_queryset(), self.request.query_params)


class CountSerializer(serializers.Serializer):
    """How many capsules have one value."""

    value = serializers.CharField()
    label = serializers.CharField()
    count = serializers.IntegerField()


class CoverageSerializer(serializers.Serializer):
    """How many capsules have one dimension."""

    count = serializers.IntegerField()
    percent = serializers.FloatField(allow_null=True, help_text="Of the capsules, 0 to 100.")


class SummarySerializer(serializers.Serializer):
    """The catalogue in numbers, for this caller."""

    capsules = serializers.IntegerField()
    by_layer = CountSerializer(many=True)
    by_type = CountSerializer(many=True)
    by_domain = CountSerializer(many=True)
    by_source = CountSerializer(many=True)
    by_sensitivity = CountSerializer(many=True)
    by_contract = CountSerializer(many=True)
    by_quality = CountSerializer(many=True)
    coverage = serializers.DictField(child=CoverageSerializer())
    refreshed_at = serializers.DateTimeField(allow_null=True)
    counted_at = serializers.DateTimeField()


TOTALS = ("layer", "type", "domain", "source", "sensitivity", "contract", "quality")


class CatalogSummary(PlainView):
    """Totals by layer, type, domain, source, sensitivity, contract and quality; coverage of each dimension."""

    query_parameters = frozenset(Filters.KEYS)
    examples = {
        "get": {
            "capsules": 25,
            "by_layer": [{"value": "gold", "label": "Gold", "count": 11}],
            "coverage": {"contract": {"count": 10, "percent": 40.0}},
            "refreshed_at": "2026-11-23T14:02:00Z",
            "counted_at": "2026-11-23T14:03:00Z",
        }
    }

    @extend_schema(responses=SummarySerializer)
    def get(self, request):
        """The catalogue in numbers; the filters of its page narrow it."""
        filters = Filters.parse(request.query_params)
        if filters.errors:
            raise ValidationError({name: [sentence] for name, sentence in filters.errors.items()})
        found = {facet.slug: facet.values for facet in facets.facets(filters, request.reader)}
        capsules = rows.count(filters, request.reader)
        has = {value.value: value.count for value in found["has"]}
        return Response(
            {
                "capsules": capsules,
                **{
                    f"by_{slug}": [
                        {"value": value.value, "label": value.label, "count": value.count}
                        for value in found[slug]
                        if value.count
                    ]
                    for slug in TOTALS
                },
                "coverage": {
                    slug: {
                        "count": has.get(slug, 0),
                        "percent": round(100 * has.get(slug, 0) / capsules, 4) if capsules else None,
                    }
                    for slug in DIMENSIONS
                },
                "refreshed_at": summary.refreshed_at(),
                "counted_at": timezone.now(),
            }
        )


class CatalogRefresh(PlainView):
    """Counting the materialised summary anew, without blocking anybody who reads it."""

    permissions = {"post": "discovery.refresh_summary"}

    @extend_schema(request=None, responses={204: None})
    def post(self, request):
        """Count now; 409 while somebody else does."""
        try:
            summary.refresh(request.reader)
        except summary.SummaryIsRefreshing as error:
            raise Conflict(error, code="already_running") from None
        return Response(status=204)
