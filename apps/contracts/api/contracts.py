"""Contracts in the API: written, decided on, and whether their promises are kept. In force, a change opens a review (202)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from apps.catalog.api import addresses
from apps.catalog.models import Capsule
from apps.contracts import access, monitor, promises, timing, writing
from apps.contracts.consumers import effective
from apps.contracts.filters import ContractFilter
from apps.contracts.models import Contract
from apps.people.rest.fields import JSONField, NumberField, SubjectReference
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import PlainView, RecordViewSet
from apps.workflow.api.steps import StepSerializer, WorkflowActions


class ContractSerializer(RecordSerializer):
    """One version of what is promised about a capsule."""

    capsule_id = SubjectReference(source="capsule", queryset=Capsule.objects, required=False)
    capsule_urn = serializers.CharField(source="capsule.urn", read_only=True)
    contract_status = serializers.ChoiceField(
        source="status",
        choices=Contract.Status.choices,
        required=False,
        help_text="A new version begins as `draft` or `proposed`; from there it moves by its steps.",
    )
    health = serializers.CharField(
        source="watch.health",
        read_only=True,
        allow_null=True,
        help_text="`kept`, `at_risk`, `broken` or `unknown`; null unless the contract is in force.",
    )
    looked_at = serializers.DateTimeField(source="watch.looked_at", read_only=True, allow_null=True)
    data_updated_at = serializers.DateTimeField(
        source="watch.data_updated_at",
        read_only=True,
        allow_null=True,
        help_text="When the data last changed.",
    )
    maintenance_windows = JSONField(required=False)
    known_consumers = JSONField(read_only=True)

    class Meta:
        model = Contract
        fields = [
            "id", "capsule_id", "capsule_urn", "contract_version", "contract_status", "health", "looked_at",
            "data_updated_at", "freshness_sla", "freshness_schedule", "last_updated_at", "completeness_sla",
            "expected_row_count_min", "expected_row_count_max", "availability_sla", "max_downtime",
            "max_downtime_period", "quality_score_sla", "critical_quality_rules", "query_latency_p95",
            "query_latency_p99", "schema_change_policy", "breaking_change_notice_days", "support_level",
            "support_contact", "support_slack_channel", "support_oncall", "maintenance_windows",
            "deprecation_policy", "deprecation_date", "replacement_capsule_urn", "known_consumers",
            "consumer_notification_required", "target_row_count", "target_size_bytes", "target_column_count",
            "cost_center", "billing_tags", "meta", "contract_owner_id", "approved_by", "approved_at", "created_at",
            "updated_at",
        ]  # fmt: skip
        create_only_fields = ["capsule_id", "contract_status"]
        read_only_fields = ["last_updated_at", "known_consumers", "approved_by", "approved_at"]
        example = {
            "id": "0198c0de-0000-7000-8000-0000000000e1",
            "capsule_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "contract_version": "2.1.0",
            "contract_status": "active",
            "health": "at_risk",
            "freshness_sla": "PT6H",
            "completeness_sla": 99.5,
            "availability_sla": 99.9,
        }

    def validate_contract_status(self, value):
        begins = (Contract.Status.DRAFT, Contract.Status.PROPOSED)
        if value not in begins and self.instance is None:
            raise serializers.ValidationError(_("A new version begins as draft or proposed."))
        return value

    def validate_freshness_schedule(self, value):
        if value:
            try:
                timing.schedule(value)
            except ValueError as error:
                raise serializers.ValidationError(str(error)) from None
        return value

    def validate_maintenance_windows(self, value):
        if not isinstance(value, list) or not all(
            isinstance(each, dict) and timing.is_window(each) for each in value
        ):
            said = _(
                "Write a list of {day, start, end, timezone}, such as sunday, 02:00, 04:00, Europe/Berlin."
            )
            raise serializers.ValidationError(said)
        return value


class ContractStepSerializer(StepSerializer):
    """Why; and for `deprecate` the last day and what to use instead."""

    deprecation_date = serializers.DateField(required=False, allow_null=True)
    replacement_capsule_urn = serializers.CharField(required=False, allow_null=True, max_length=500)


class ContractViewSet(WorkflowActions, RecordViewSet):
    """Contracts of all capsules. Steps: propose, withdraw, approve (also `sign`), send_back, deprecate."""

    queryset = Contract.objects.all()
    serializer_class = ContractSerializer
    filterset_class = ContractFilter
    orderings = {
        "contract_version": ("version", "-created_at"),
        "created_at": "created_at",
        "deprecation_date": ("deprecation_date", "-created_at"),
    }
    default_order = ("-created_at", "-id")
    step_serializer_class = ContractStepSerializer
    review = None

    def check_may(self, record):
        access.may_write(self.request.reader, record.capsule).or_refuse()

    def locked(self):
        # The capsule first, in the order in which whoever applies a plan locks them.
        found = self.found(self.get_queryset()).order_by().values_list("pk", flat=True).first()
        if found is None:
            raise self.unknown()
        Contract.lock_around(found)
        return super().locked()

    def create_record(self, values):
        values = self.about(values)
        proposed = values.pop("status", Contract.Status.DRAFT) == Contract.Status.PROPOSED
        return writing.create(
            values.pop("capsule"), values, by=self.request.reader, propose=proposed, reason=self.why
        )

    def about(self, values):
        """`values` with the capsule that they are about."""
        if "capsule" not in values:
            raise serializers.ValidationError({"capsule_id": [_("Name the capsule.")]})
        return values

    def change_record(self, record, values):
        outcome = writing.change(record, values, by=self.request.reader, reason=self.why)
        self.review = outcome.review
        return outcome.contract

    def update(self, request, *args, **kwargs):
        response = super().update(request, *args, **kwargs)
        return self.proposed(self.review) if self.review is not None else response

    def remove_record(self, record):
        writing.remove(record, by=self.request.reader, reason=self.why)

    def step_options(self, step, values):
        if step != "deprecate":
            return super().step_options(step, values)
        return {"day": values.get("deprecation_date"), "replacement": values.get("replacement_capsule_urn")}

    @property
    def why(self):
        return self.request.headers.get("X-Change-Reason", "")

    def location(self, record):
        return reverse("api:contract-detail", args=[record.pk])


class ContractsOfCapsule(addresses.UnderCapsule, ContractViewSet):
    """All versions of the contract of one capsule, newest first."""

    def get_queryset(self):
        return super().get_queryset().filter(capsule=self.capsule)

    def about(self, values):
        capsule = values.pop("capsule", self.capsule)
        if capsule.pk != self.capsule.pk:
            problem = _("This is another capsule than the one in the address.")
            raise serializers.ValidationError({"capsule_id": [problem]})
        return {**values, "capsule": self.capsule}


class ContractOfCapsule(ContractsOfCapsule):
    """The contract of a capsule."""

    query_parameters = frozenset({"version"})

    @extend_schema(
        parameters=[
            OpenApiParameter("version", str, description="This version instead of the effective one.")
        ]
    )
    def retrieve(self, request, *args, **kwargs):
        """The contract in force, else the newest; `version` asks for another. 404 if there is none."""
        return super().retrieve(request, *args, **kwargs)

    def found(self, queryset):
        version = self.request.query_params.get("version")
        if version is not None:
            return queryset.filter(version=version)
        return queryset.filter(pk=effective(queryset).values("pk")[:1])

    def unknown(self):
        return NotFound(_("This capsule has no such contract."))


class PromiseSerializer(serializers.Serializer):
    """One promise: what it says, what was seen last, and whether it is kept."""

    metric = serializers.CharField()
    aspect = serializers.CharField(
        allow_blank=True, help_text="What of the metric, where there is more: `p95`, `rows`."
    )
    outcome = serializers.ChoiceField(choices=["met", "missed", "unknown"])
    health = serializers.CharField(help_text="`kept`, `at_risk`, `broken` or `unknown`.")
    target_value = NumberField(allow_null=True)
    actual_value = NumberField(allow_null=True)
    unit = serializers.CharField(help_text="`seconds`, `ms`, `percent`, `days`, `rows` or `rules`.")
    seen_at = serializers.DateTimeField(
        allow_null=True, help_text="Of the data for freshness, else of the value."
    )
    source = serializers.CharField(allow_blank=True)
    budget_used = NumberField(allow_null=True, help_text="The share of what is allowed; 1 is all of it.")
    note = serializers.CharField(allow_blank=True)


class StatusSerializer(serializers.Serializer):
    """A contract and each of its promises."""

    id = serializers.UUIDField()
    contract_status = serializers.CharField()
    health = serializers.CharField()
    promises = PromiseSerializer(many=True)


class OfContract(PlainView):
    """A route below `/contracts/{id}`: finds `self.contract` first."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.contract = one(self.kwargs["pk"], request.reader)

    def told(self, answers):
        """The body of a status."""
        return {
            "id": self.contract.pk,
            "contract_status": self.contract.status,
            "health": promises.worst(answers),
            "promises": [_promise(answer) for answer in answers],
        }


def one(key, reader):
    """The contract of an id that the reader may see, with its capsule. Raises `NotFound`."""
    found = Contract.objects.visible_to(reader).filter(pk=key)
    contract = found.select_related("capsule__owner", "capsule__domain", "owner").first()
    if contract is None:
        raise NotFound(_("There is no contract with this address."))
    return contract


def _promise(answer):
    return {
        "metric": answer.metric,
        "aspect": answer.aspect,
        "outcome": answer.outcome,
        "health": answer.health,
        "target_value": answer.target,
        "actual_value": answer.actual,
        "unit": answer.unit,
        "seen_at": answer.seen_at,
        "source": answer.source,
        "budget_used": _share(promises.used(answer)),
        "note": answer.note,
    }


def _share(value):
    return None if value is None else round(value, 6)


EXAMPLE = {
    "id": "0198c0de-0000-7000-8000-0000000000e1",
    "contract_status": "active",
    "health": "kept",
    "promises": [
        {
            "metric": "freshness",
            "aspect": "",
            "outcome": "met",
            "health": "kept",
            "target_value": 21600,
            "actual_value": 4200,
            "unit": "seconds",
            "seen_at": "2026-11-23T12:50:00Z",
            "source": "runs",
            "budget_used": 0.194,
            "note": "",
        }
    ],
}


class StatusOfContract(OfContract):
    """Whether the promises of a contract are kept."""

    examples = {"get": EXAMPLE}

    @extend_schema(responses=StatusSerializer)
    def get(self, request, pk):
        """Each promise as things stand: target, latest value, met, missed or unknown. Nothing is stored."""
        return self.answer(self.told(monitor.answers([self.contract])[self.contract.pk]))


class EvaluationOfContract(OfContract):
    """A look at a contract, now."""

    scopes = {"post": "execute"}
    examples = {"post": EXAMPLE}

    @extend_schema(request=None, responses={200: StatusSerializer})
    def post(self, request, pk):
        """Measure now and store what is new. 409 if the contract is not in force."""
        return self.answer(self.told(monitor.evaluate(self.contract, by=request.reader)))
