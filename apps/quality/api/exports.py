"""Rules as files of other tools over HTTP."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.catalog.api import addresses
from apps.people.rest.viewsets import PlainView
from apps.quality import exports

EXAMPLE = {
    "id": "0198c0de-0000-7000-8000-000000000001",
    "capsule_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
    "tool": "soda",
    "file_name": "orders.checks.yml",
    "content": "checks for orders:\n- missing_count(order_id) = 0:\n    name: not_null_orders_order_id\n",
    "written": 1,
    "unmapped": [
        {
            "rule_id": "0198c0de-0000-7000-8000-0000000000c1",
            "rule_name": "amount_drift",
            "why": "No check says the same.",
            "written": False,
        }
    ],
}


class UnmappedSerializer(serializers.Serializer):
    """A rule without an equivalent, or one that is `written` and means a little else there."""

    rule_id = serializers.UUIDField()
    rule_name = serializers.CharField()
    why = serializers.CharField()
    written = serializers.BooleanField()


class RuleExportSerializer(serializers.Serializer):
    """The file of one tool."""

    id = serializers.UUIDField(help_text="The capsule's.")
    capsule_urn = serializers.CharField()
    tool = serializers.ChoiceField(list(exports.TOOLS))
    file_name = serializers.CharField()
    content = serializers.CharField(help_text="JSON of a suite, or YAML of checks, as text.")
    written = serializers.IntegerField(help_text="Rules that the file has.")
    unmapped = UnmappedSerializer(many=True)


class RuleExport(addresses.UnderCapsule, PlainView):
    """The rules of a capsule as another tool reads them."""

    query_parameters = frozenset({"tool"})
    examples = {"get": EXAMPLE}

    @extend_schema(
        operation_id="capsule_quality_rules_export",
        parameters=[OpenApiParameter("tool", str, enum=list(exports.TOOLS), required=True)],
        responses=RuleExportSerializer,
    )
    def get(self, request, urn):
        """A suite of Great Expectations 1.x or checks of Soda, as far as the rules have an equivalent there."""
        tool = request.query_params.get("tool", "")
        if tool not in exports.TOOLS:
            raise ValidationError(
                {"tool": [_("Choose from %(tools)s.") % {"tools": ", ".join(exports.TOOLS)}]}
            )
        made = exports.of(self.capsule, request.reader, tool)
        return self.answer(
            {
                "id": self.capsule.pk,
                "capsule_urn": self.capsule.urn,
                "tool": tool,
                "file_name": made.name,
                "content": made.text,
                "written": made.written,
                "unmapped": [
                    {
                        "rule_id": each.rule.pk,
                        "rule_name": each.rule.name,
                        "why": each.why,
                        "written": each.written,
                    }
                    for each in made.unmapped
                ],
            }
        )
