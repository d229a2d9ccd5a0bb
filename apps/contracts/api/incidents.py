"""Incidents in the API: of a capsule, across all, one; reported by whoever runs the data, moved on by its state."""

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.catalog.api import addresses
from apps.catalog.vocabularies import IncidentSeverity, Rank
from apps.contracts import incidents
from apps.contracts.access import may_watch
from apps.contracts.filters import IncidentFilter
from apps.contracts.models import Contract, Incident
from apps.people.rest.fields import JSONField, ObjectField, SubjectReference
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import ReadingViewSet, RecordViewSet

Status = Incident.Status
STEPS = {
    Status.INVESTIGATING: "investigate",
    Status.MITIGATED: "mitigate",
    Status.RESOLVED: "resolve",
    Status.CLOSED: "close",
    Status.OPEN: "reopen",
    Status.FALSE_POSITIVE: "dismiss",
}


class IncidentSerializer(RecordSerializer):
    """A promise that was broken. PATCH its `incident_status` to take the next step; who, when and how long are filled in.

    Resolving needs `resolution` and `root_cause_category`; a false alarm and reopening need `resolution`, which says why.
    """

    contract_id = SubjectReference(source="contract", queryset=Contract.objects)
    capsule_id = serializers.UUIDField(
        required=False, help_text="Follows from the contract; another one is refused."
    )
    capsule_urn = serializers.CharField(source="capsule.urn", read_only=True)
    contract_version = serializers.CharField(source="contract.version", read_only=True)
    root_number = serializers.IntegerField(source="root.number", read_only=True, allow_null=True)
    incident_status = serializers.ChoiceField(source="status", choices=Status.choices, required=False)
    detected_at = serializers.DateTimeField(required=False, help_text="Now, unless it was seen earlier.")
    affected_consumers = JSONField(required=False)
    meta = ObjectField(required=False)

    class Meta:
        model = Incident
        fields = [
            "id", "number", "contract_id", "contract_version", "capsule_id", "capsule_urn", "incident_type",
            "incident_severity", "incident_status", "sla_target", "actual_value", "breach_magnitude", "unit",
            "detected_at", "breach_started_at", "breach_ended_at", "breach_duration", "affected_consumers",
            "downstream_impact", "resolution", "resolved_by", "resolved_at", "root_cause", "root_cause_category",
            "root_id", "root_number", "meta", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = [
            "number",
            "breach_ended_at",
            "breach_duration",
            "resolved_by",
            "resolved_at",
            "root_id",
        ]
        create_only_fields = ["contract_id", "capsule_id", "incident_type", "detected_at"]
        example = {
            "id": "0198c0de-0000-7000-8000-0000000000f1",
            "contract_id": "0198c0de-0000-7000-8000-0000000000e1",
            "incident_type": "freshness",
            "incident_severity": "high",
            "sla_target": 21600,
            "actual_value": 30000,
            "unit": "seconds",
            "breach_started_at": "2026-11-23T09:40:00Z",
            "downstream_impact": "The morning report shows yesterday.",
        }

    def validate_affected_consumers(self, value):
        if not isinstance(value, list):
            raise serializers.ValidationError(_("Write a list of consumers."))
        return value

    def validate_detected_at(self, value):
        if value > timezone.now():
            raise serializers.ValidationError(_("This lies in the future."))
        return value

    def validate(self, values):
        begins = values.get("breach_started_at")
        seen = values.get("detected_at", getattr(self.instance, "detected_at", None))
        if begins and seen and begins > seen:
            raise serializers.ValidationError({"breach_started_at": [_("It began after it was seen.")]})
        return values


class IncidentViewSet(RecordViewSet):
    """Incidents of all contracts. None is deleted: what was no breach is a `false_positive`."""

    queryset = Incident.objects.all()
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    orderings = {
        "number": "number",
        "detected_at": ("detected_at", "number"),
        "incident_severity": (Rank("severity", IncidentSeverity), "number"),
    }
    default_order = ("-detected_at", "-number")
    http_method_names = ["get", "post", "patch", "head", "options"]
    scopes = {"create": "execute", "partial_update": "execute"}

    @property
    def why(self):
        return self.request.headers.get("X-Change-Reason", "")

    def check_may(self, record):
        may_watch(self.request.reader, record.contract).or_refuse()

    def create_record(self, values):
        contract, home = values.pop("contract"), values.pop("capsule_id", None)
        if home is not None and home != contract.capsule_id:
            problem = _("The contract is of another capsule. Leave this out: it follows from the contract.")
            raise serializers.ValidationError({"capsule_id": [problem]})
        if values.pop("status", Status.OPEN) != Status.OPEN:
            problem = _("An incident begins open; change its state afterwards.")
            raise serializers.ValidationError({"incident_status": [problem]})
        return incidents.report(contract, values, by=self.request.reader, reason=self.why)

    def change_record(self, record, values):
        status = values.pop("status", record.status)
        given = {}
        if status != record.status:
            given = {"comment": values.pop("resolution", None) or self.why}
            if status == Status.RESOLVED:
                given["category"] = (
                    values.pop("root_cause_category", None) or record.root_cause_category or ""
                )
                given["cause"] = values.pop("root_cause", None) or ""
        incidents.describe(record, values, by=self.request.reader, reason=self.why)
        if given:
            self.step(record, STEPS[status], given)
        return record

    def step(self, record, name, given):
        try:
            incidents.take(record, name, by=self.request.reader, **given)
        except ValidationError as refused:
            named = {"comment": "resolution"}
            raise serializers.ValidationError(
                {named.get(name, name): said for name, said in refused.message_dict.items()}
            ) from None

    def location(self, record):
        return reverse("api:sla-incident-detail", args=[record.pk])


class IncidentsOfCapsule(addresses.UnderCapsule, ReadingViewSet):
    """Incidents of one capsule, newest first."""

    queryset = Incident.objects.all()
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    orderings = IncidentViewSet.orderings
    default_order = IncidentViewSet.default_order

    def get_queryset(self):
        return super().get_queryset().filter(capsule=self.capsule)
