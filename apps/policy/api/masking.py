"""Masking rules in the API: of a column, across all, one, and what one would make of given values."""

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from apps.catalog.api import addresses
from apps.dcs.keyring import NoKey
from apps.dcs.refusals import Conflict
from apps.people import roles
from apps.people.rest.fields import JSONField
from apps.people.rest.serializers import BodySerializer, RecordSerializer
from apps.people.rest.viewsets import PlainView, RecordViewSet
from apps.policy import rule_writing, trying
from apps.policy.masking import METHODS
from apps.policy.masking_filters import MaskingRuleFilter
from apps.policy.models import MaskingMethod, MaskingRule
from apps.workflow.api.steps import WorkflowActions
from apps.workflow.models import Review

FACETS = ("method_config", "apply_condition")  # trust.md, section 1.2
KEPT = ("kid", "wanted", "short", "retired_at")
MOST_VALUES = 100


class MaskingRuleSerializer(RecordSerializer):
    """How values of a column are shown to whom; the lowest `priority` that applies decides.

    `method_config` is what the method takes; see `GET /masking-rules/methods`. It and `apply_condition` are absent below the
    clearance confidential. `is_enabled` changes by a review alone.
    """

    column_id = serializers.UUIDField(read_only=True)
    column_urn = serializers.CharField(source="column.urn", read_only=True)
    column_name = serializers.CharField(source="column.name", read_only=True)
    rule_name = serializers.CharField(source="name", max_length=255, required=False)
    method_config = serializers.DictField(source="config", required=False)
    review = serializers.CharField(
        source="*", read_only=True, allow_null=True, help_text="The review that waits for a decision."
    )

    class Meta:
        model = MaskingRule
        fields = [
            "id",
            "column_id",
            "column_urn",
            "column_name",
            "rule_name",
            "masking_method",
            "method_config",
            "apply_condition",
            "applies_to_roles",
            "exempt_roles",
            "preserve_length",
            "preserve_format",
            "preserve_type",
            "preserve_null",
            "is_reversible",
            "tokenization_vault",
            "priority",
            "is_enabled",
            "description",
            "meta",
            "review",
            "created_at",
            "updated_at",
        ]
        example = {
            "id": "0198c0de-0000-7000-8000-0000000000d1",
            "column_urn": "urn:dcs:dbt:model:jaffle_shop.marts:customers.email",
            "rule_name": "email_partial_redaction",
            "masking_method": "partial_redaction",
            "method_config": {"preserve_prefix": 2, "preserve_domain": True},
            "applies_to_roles": ["analyst"],
            "exempt_roles": [],
            "priority": 100,
            "is_enabled": False,
        }

    @classmethod
    def hidden_from(cls, reader):
        return set(FACETS) if reader.clearance < roles.CONFIDENTIAL else set()

    @classmethod
    def complete(cls, rows, reader, names):
        if "review" in names:
            waiting = Review.objects.visible_to(reader).submitted().filter(subject_table="masking_rules")
            found = dict(
                waiting.filter(subject_id__in=[row["id"] for row in rows]).values_list("subject_id", "pk")
            )
            for row in rows:
                pk = found.get(row["id"])
                row["review"] = None if pk is None else reverse("api:review-detail", args=[pk])
        for row in rows:
            if "meta" in row:
                row["meta"] = {key: value for key, value in row["meta"].items() if key not in KEPT}


class TryingSerializer(BodySerializer):
    """Values, and the role for which they are masked; `row` has values of other columns for the condition."""

    values = serializers.ListField(child=JSONField(allow_null=True), max_length=MOST_VALUES, min_length=1)
    role = serializers.CharField(required=False, allow_blank=True, max_length=150)
    row = serializers.DictField(required=False)


class TriedSerializer(serializers.Serializer):
    """One value as the role would see it."""

    given = serializers.JSONField(allow_null=True)
    shown = serializers.JSONField(allow_null=True)
    outcome = serializers.ChoiceField(choices=["clear", "masked", "denied"])
    because = serializers.CharField()
    failed = serializers.BooleanField(help_text="It cannot be masked, and is hidden instead.")


class MaskingRuleViewSet(WorkflowActions, RecordViewSet):
    """Masking rules of all columns. One in force changes by reviews: PATCH answers 202."""

    queryset = MaskingRule.objects.all()
    serializer_class = MaskingRuleSerializer
    filterset_class = MaskingRuleFilter
    orderings = {
        "priority": ("priority", "created_at"),
        "rule_name": ("name", "created_at"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("priority", "created_at", "id")
    permissions = dict.fromkeys(
        ("create", "update", "partial_update", "destroy", "preview"), rule_writing.PERMISSION
    )
    scopes = {"preview": "read"}
    take_step = None
    review = None
    examples = {
        "preview": {
            "results": [
                {
                    "given": "ann@example.com",
                    "shown": "an*@example.com",
                    "outcome": "masked",
                    "because": "masking rule email_partial_redaction",
                    "failed": False,
                }
            ]
        }
    }

    def create_record(self, values):
        raise NotFound

    def change_record(self, record, values):
        self.review = self.written(rule_writing.change, record, values)
        record.refresh_from_db()
        return record

    def update(self, request, *args, **kwargs):
        response = super().update(request, *args, **kwargs)
        return self.proposed(self.review) if self.review is not None else response

    def remove_record(self, record):
        rule_writing.remove(record, by=self.request.reader, reason=self.why)

    @property
    def why(self):
        return self.request.headers.get("X-Change-Reason", "")

    def written(self, verb, *given):
        try:
            return verb(*given, by=self.request.reader, reason=self.why)
        except rule_writing.Unfit as error:
            raise serializers.ValidationError(error.fields) from None
        except NoKey as error:
            raise Conflict(str(error), code="no_key") from None

    @extend_schema(request=TryingSerializer, responses={200: TriedSerializer(many=True), 404: None})
    @action(detail=True, methods=["post"])
    def preview(self, request, pk=None):
        """What the rule would make of the given values for holders of `role`, beside the other rules of its column."""
        rule = self.found(self.get_queryset()).select_related("column").first()
        if rule is None:
            raise self.unknown()
        body = TryingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        try:
            found = trying.tried(rule, given["values"], role=given.get("role", ""), row=given.get("row"))
        except (ValueError, ArithmeticError):
            said = _("The column %(name)s cannot hold one of these.") % {"name": rule.column.name}
            raise serializers.ValidationError({"values": [said]}) from None
        return Response({"results": [_told(each) for each in found]})


def _told(each):
    def plain(value):
        return value if value is None or isinstance(value, bool | int | float | str) else str(value)

    return {
        "given": plain(each.given),
        "shown": plain(each.shown),
        "outcome": each.outcome,
        "because": each.because,
        "failed": each.failed,
    }


class MaskingRulesOfColumn(addresses.UnderColumn, MaskingRuleViewSet):
    """Masking rules of one column, the one that decides first before the others. A new one waits for its review."""

    permissions, scopes = {"create": rule_writing.PERMISSION}, {}

    def get_queryset(self):
        return super().get_queryset().filter(column=self.column)

    def create_record(self, values):
        rule, _review = self.written(rule_writing.create, self.column, values)
        return rule

    def location(self, record):
        return reverse("api:masking-rule-detail", args=[record.pk])


class MethodSerializer(serializers.Serializer):
    """One method of masking."""

    masking_method = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    column_kinds = serializers.ListField(child=serializers.CharField())
    is_reversible = serializers.BooleanField()
    is_keyed = serializers.BooleanField()
    in_engines = serializers.BooleanField(
        help_text="Engines can carry it out; the others are the portal's alone."
    )
    config_schema = serializers.DictField()


class MethodsSerializer(serializers.Serializer):
    """All methods, in the order of the design."""

    results = MethodSerializer(many=True)


class MaskingMethods(PlainView):
    """How values may be masked."""

    @extend_schema(responses=MethodsSerializer)
    def get(self, request):
        """The methods: on which values each works, and the JSON Schema of its options."""
        return Response({"results": [_method(METHODS[name]) for name in MaskingMethod.values]})


def _method(method):
    return {
        "masking_method": method.name,
        "title": str(MaskingMethod(method.name).label),
        "description": method.schema["description"],
        "column_kinds": sorted(method.kinds),
        "is_reversible": method.is_reversible,
        "is_keyed": method.is_keyed,
        "in_engines": method.sql is not None,
        "config_schema": method.schema,
    }
