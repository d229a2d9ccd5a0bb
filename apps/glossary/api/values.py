"""Value domains in the API; `validate` really evaluates lists, patterns, ranges and reference data."""

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from apps.catalog.models import ValueDomain
from apps.glossary import validation, vocabularies
from apps.glossary.filters import ValueDomainFilter
from apps.people.rest.fields import JSONField
from apps.people.rest.serializers import BodySerializer, RecordSerializer
from apps.people.rest.viewsets import RecordViewSet
from apps.workflow.api.steps import WorkflowActions

STORED = [name for name in vocabularies.GOVERNED if name != "owner"]


class ValueDomainSerializer(RecordSerializer):
    """A vocabulary: the values that columns bound to it may hold."""

    allowed_values = serializers.ListField(child=JSONField(), allow_null=True, required=False)
    owner = serializers.CharField(source="owner.name", read_only=True, allow_null=True)

    class Meta:
        model = ValueDomain
        fields = [
            "id",
            "domain_name",
            "domain_type",
            "description",
            "allowed_values",
            "pattern_regex",
            "pattern_description",
            "min_value",
            "max_value",
            "reference_table_urn",
            "reference_column_urn",
            "owner_id",
            "owner",
            "is_extensible",
            "meta",
            "created_at",
            "updated_at",
        ]
        example = {
            "id": "0198c0de-0000-7000-8000-000000000021",
            "domain_name": "order_status",
            "domain_type": "enum",
            "allowed_values": [
                {"code": "placed", "label": "Placed"},
                {"code": "shipped", "label": "Shipped"},
            ],
        }

    def validate(self, values):
        draft = ValueDomain(**{name: values.get(name, getattr(self.instance, name, None)) for name in STORED})
        if problems := validation.problems(draft):
            raise serializers.ValidationError({name: [said] for name, said in problems.items()})
        return values


class ValuesSerializer(BodySerializer):
    """One value, or several."""

    value = JSONField(required=False, allow_null=True)
    values = serializers.ListField(
        child=JSONField(allow_null=True), required=False, max_length=vocabularies.MOST_VALUES
    )

    def validate(self, given):
        if ("value" in given) == ("values" in given):
            raise serializers.ValidationError(_("Send value or values, one of the two."))
        return given


class ValueDomainViewSet(WorkflowActions, RecordViewSet):
    """Value domains. Once a column is bound to one, PATCH opens a review and answers 202."""

    queryset = ValueDomain.objects.all()
    serializer_class = ValueDomainSerializer
    filterset_class = ValueDomainFilter
    orderings = {
        "domain_name": "name",
        "domain_type": ("kind", "name"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("name",)
    scopes = {"validate": "read"}
    take_step = None
    review = None

    def create_record(self, values):
        return vocabularies.create(values, by=self.request.reader, reason=self.why)

    def change_record(self, record, values):
        self.review = vocabularies.change(record, values, by=self.request.reader, reason=self.why)
        record.refresh_from_db()
        return record

    def update(self, request, *args, **kwargs):
        response = super().update(request, *args, **kwargs)
        return self.proposed(self.review) if self.review is not None else response

    def remove_record(self, record):
        vocabularies.remove(record, by=self.request.reader, reason=self.why)

    @property
    def why(self):
        return self.request.headers.get("X-Change-Reason", "")

    @extend_schema(request=ValuesSerializer, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def validate(self, request, pk=None):
        """Does the value belong? `{value}` gives one verdict, `{values}` their list."""
        domain = self.found(self.get_queryset()).first()
        if domain is None:
            raise NotFound(_("There is no value domain with this address."))
        body = ValuesSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        one = "value" in given
        values = [given["value"]] if one else given["values"]
        verdicts = [
            {"value": value, "valid": verdict.valid, "message": verdict.message, "domain": domain.name}
            for value, verdict in zip(values, vocabularies.judge(domain, values, request.reader), strict=True)
        ]
        if one:
            return Response(verdicts[0])
        return Response({"valid": all(verdict["valid"] for verdict in verdicts), "results": verdicts})
