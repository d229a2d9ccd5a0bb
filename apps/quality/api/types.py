"""The kinds of rule in the API, each with the JSON Schema of its parameters."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.people.rest.viewsets import PlainView
from apps.quality import rule_types
from apps.quality.models import RuleType


class RuleTypeSerializer(serializers.Serializer):
    """One kind of rule. A property of `config_schema` with `x-column` is stored in that field of the rule."""

    rule_type = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    rule_category = serializers.CharField()
    subjects = serializers.ListField(child=serializers.CharField())
    column_kinds = serializers.ListField(child=serializers.CharField(), allow_null=True)
    threshold_compares = serializers.CharField()
    default_operator = serializers.CharField(allow_null=True)
    config_schema = serializers.DictField()


class RuleTypesSerializer(serializers.Serializer):
    """All kinds of rule, in the order of the design."""

    results = RuleTypeSerializer(many=True)


class RuleTypes(PlainView):
    """What rules may be made of."""

    @extend_schema(responses=RuleTypesSerializer)
    def get(self, request):
        """The kinds of rule: what each is about, and the JSON Schema of its parameters."""
        known = [rule_types.TYPES[name] for name in RuleType.values if name in rule_types.TYPES]
        return Response({"results": [_told(one) for one in known]})


def _told(definition):
    return {
        "rule_type": definition.name,
        "title": str(RuleType(definition.name).label),
        "description": definition.schema.get("description", ""),
        "rule_category": definition.category,
        "subjects": sorted(definition.subjects),
        "column_kinds": sorted(definition.kinds) if definition.kinds else None,
        "threshold_compares": definition.compares,
        "default_operator": definition.operator,
        "config_schema": definition.schema,
    }
