"""The gate of a pipeline over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.catalog.api import addresses
from apps.people.rest.viewsets import PlainView
from apps.quality.gate import gate
from apps.quality.models import QualityCheck, QualityRule


class GateRuleSerializer(serializers.Serializer):
    """A blocking rule that stops the pipeline, or has never run."""

    rule_id = serializers.UUIDField()
    rule_name = serializers.CharField()
    column = serializers.CharField(allow_null=True)
    severity = serializers.CharField()


class GateFailureSerializer(GateRuleSerializer):
    """With the check that failed."""

    check_id = serializers.UUIDField()
    check_status = serializers.ChoiceField(QualityCheck.Status.choices)
    check_timestamp = serializers.DateTimeField()
    actual_value = serializers.CharField(allow_null=True)
    failure_count = serializers.IntegerField(allow_null=True)


class GateSerializer(serializers.Serializer):
    """May the pipeline go on?"""

    id = serializers.UUIDField()
    capsule_urn = serializers.CharField()
    passed = serializers.BooleanField()
    blocking_rules = serializers.IntegerField()
    failing = GateFailureSerializer(many=True)
    not_run = GateRuleSerializer(many=True)


class GateOfCapsule(addresses.UnderCapsule, PlainView):
    """The blocking rules of a capsule, by their latest checks."""

    examples = {
        "get": {
            "id": "0198c0de-0000-7000-8000-000000000001",
            "capsule_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "passed": False,
            "blocking_rules": 4,
            "failing": [
                {
                    "rule_id": "0198c0de-0000-7000-8000-0000000000c1",
                    "rule_name": "not_null_orders_order_id",
                    "column": "order_id",
                    "severity": "error",
                    "check_id": "0198c0de-0000-7000-8000-0000000000c2",
                    "check_status": "failed",
                    "check_timestamp": "2026-11-20T09:00:00Z",
                    "actual_value": "3",
                    "failure_count": 3,
                }
            ],
            "not_run": [],
        }
    }

    @extend_schema(responses=GateSerializer)
    def get(self, request, urn):
        """Whether data may go on: `passed` is false while an enabled blocking rule fails or could not run.

        The answer is the same for everybody; only the rules that the caller may see are named.
        """
        found = gate(self.capsule)
        seen = set(
            QualityRule.objects.visible_to(request.reader)
            .filter(pk__in=[rule.pk for rule in found.rules])
            .values_list("pk", flat=True)
        )
        return self.answer(
            {
                "id": self.capsule.pk,
                "capsule_urn": self.capsule.urn,
                "passed": found.passed,
                "blocking_rules": len(seen),
                "failing": [
                    {**_rule(rule), **_check(check)} for rule, check in found.failing if rule.pk in seen
                ],
                "not_run": [_rule(rule) for rule in found.not_run if rule.pk in seen],
            }
        )


def _rule(rule):
    return {
        "rule_id": rule.pk,
        "rule_name": rule.name,
        "column": rule.column.name if rule.column_id else None,
        "severity": rule.severity,
    }


def _check(check):
    return {
        "check_id": check.pk,
        "check_status": check.status,
        "check_timestamp": check.checked_at,
        "actual_value": check.actual_value,
        "failure_count": check.failure_count,
    }
