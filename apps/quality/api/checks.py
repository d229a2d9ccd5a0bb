"""Quality checks in the API: what was found, by the portal or elsewhere."""

from rest_framework import serializers

from apps.people.rest.fields import JSONField
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import ReadingViewSet
from apps.people.roles import CONFIDENTIAL
from apps.quality.filters import CheckFilter
from apps.quality.models import QualityCheck

SAMPLES = {"sample_failures", "actual_value"}


class CheckSerializer(RecordSerializer):
    """The answer to one rule at one time.

    `sample_failures` and `actual_value` may tell values of the data: they are absent for readers whose clearance is
    below confidential. `meta` says how the number came about.
    """

    rule_name = serializers.CharField(source="rule.name", read_only=True)
    rule_type = serializers.CharField(source="rule.rule_type", read_only=True)
    severity = serializers.CharField(source="rule.severity", read_only=True)
    blocking = serializers.BooleanField(source="rule.blocking", read_only=True)
    capsule_urn = serializers.CharField(source="capsule.urn", read_only=True, allow_null=True)
    column_urn = serializers.CharField(source="column.urn", read_only=True, allow_null=True)
    sample_failures = JSONField(read_only=True, allow_null=True)
    execution_context = JSONField(source="context", read_only=True, allow_null=True)
    run_number = serializers.IntegerField(source="run.number", read_only=True, allow_null=True)

    class Meta:
        model = QualityCheck
        fields = [
            "id",
            "quality_rule_id",
            "rule_name",
            "rule_type",
            "severity",
            "blocking",
            "capsule_id",
            "capsule_urn",
            "column_id",
            "column_urn",
            "check_timestamp",
            "check_status",
            "actual_value",
            "expected_value",
            "threshold_value",
            "measured_value",
            "failure_count",
            "failure_percentage",
            "sample_failures",
            "execution_context",
            "execution_duration_ms",
            "run_id",
            "run_number",
            "meta",
        ]
        read_only_fields = fields
        example = {
            "id": "0198c0de-0000-7000-8000-0000000000c2",
            "quality_rule_id": "0198c0de-0000-7000-8000-0000000000c1",
            "rule_name": "not_null_orders_order_id",
            "rule_type": "not_null",
            "check_timestamp": "2026-11-23T09:00:00Z",
            "check_status": "failed",
            "measured_value": 3,
            "failure_count": 3,
            "failure_percentage": 0.0016,
        }

    @classmethod
    def hidden_from(cls, reader):
        below = set() if reader.clearance >= CONFIDENTIAL else SAMPLES
        return super().hidden_from(reader) | below


class CheckReading(ReadingViewSet):
    """Results of all rules, newest first."""

    queryset = QualityCheck.objects.all()
    serializer_class = CheckSerializer
    filterset_class = CheckFilter
    orderings = {
        "check_timestamp": "checked_at",
        "check_status": ("status", "-checked_at"),
        "failure_count": ("failure_count", "-checked_at"),
        "execution_duration_ms": ("duration_ms", "-checked_at"),
    }
    default_order = ("-checked_at", "-id")
