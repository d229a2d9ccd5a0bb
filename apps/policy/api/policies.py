"""Policies in the API: of a capsule, of a column, across all, one. In force, a change opens a review and answers 202."""

from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from apps.catalog.api import addresses
from apps.catalog.models import Capsule, Column
from apps.catalog.vocabularies import SENSITIVITY, Rank
from apps.people.rest.fields import SubjectReference
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import RecordViewSet
from apps.people.roles import CONFIDENTIAL
from apps.policy import access, writing
from apps.policy.filters import PolicyFilter
from apps.policy.models import Policy
from apps.workflow.api.steps import WorkflowActions
from apps.workflow.models import Review

MOST_STEPS = 200


class PolicySerializer(RecordSerializer):
    """How the data of a capsule or column must be handled; `policy_status` moves only through the steps.

    Name one subject: `capsule_id` or `column_id`.
    """

    capsule_id = SubjectReference(source="capsule", queryset=Capsule.objects, required=False, allow_null=True)
    column_id = SubjectReference(source="column", queryset=Column.objects, required=False, allow_null=True)
    capsule_urn = serializers.CharField(source="*", read_only=True)
    column_urn = serializers.CharField(source="column.urn", read_only=True, allow_null=True)
    subject = serializers.CharField(source="*", read_only=True, help_text="`capsule` or `column`.")
    owner = serializers.CharField(source="owner.name", read_only=True, allow_null=True)

    class Meta:
        model = Policy
        fields = [
            "id",
            "number",
            "capsule_id",
            "capsule_urn",
            "column_id",
            "column_urn",
            "subject",
            "sensitivity_level",
            "classification_tags",
            "retention_period",
            "retention_start",
            "deletion_action",
            "legal_hold",
            "allowed_regions",
            "restricted_regions",
            "data_residency",
            "cross_border_transfer",
            "min_access_level",
            "allowed_roles",
            "denied_roles",
            "approved_purposes",
            "prohibited_purposes",
            "requires_masking",
            "masking_method",
            "masking_conditions",
            "encryption_required",
            "encryption_method",
            "encryption_at_rest",
            "encryption_in_transit",
            "compliance_frameworks",
            "consent_required",
            "right_to_erasure",
            "audit_log_required",
            "audit_retention_period",
            "policy_owner_id",
            "owner",
            "policy_status",
            "approved_by",
            "approved_at",
            "review_frequency",
            "last_reviewed_at",
            "next_review_date",
            "effective_from",
            "effective_to",
            "meta",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["number", "policy_status", "approved_by", "approved_at", "last_reviewed_at"]
        create_only_fields = ["capsule_id", "column_id"]
        example = {
            "id": "0198c0de-0000-7000-8000-000000000057",
            "number": 57,
            "capsule_id": "0198c0de-0000-7000-8000-000000000001",
            "sensitivity_level": "confidential",
            "retention_period": "P7Y",
            "deletion_action": "anonymize",
            "allowed_regions": ["EU"],
            "requires_masking": True,
            "masking_method": "hashing",
            "compliance_frameworks": ["GDPR"],
            "review_frequency": "P1Y",
            "policy_status": "draft",
        }

    @classmethod
    def hidden_from(cls, reader):
        hidden = super().hidden_from(reader)
        return hidden if reader.clearance >= CONFIDENTIAL else hidden | {"masking_conditions"}

    @classmethod
    def computed(cls, reader):
        return {"capsule_urn": Coalesce("capsule__urn", "column__capsule__urn")}

    @classmethod
    def complete(cls, rows, reader, names):
        if "subject" in names:
            columns = set(
                Policy._base_manager.filter(
                    pk__in=[row["id"] for row in rows], column__isnull=False
                ).values_list("pk", flat=True)
            )
            for row in rows:
                row["subject"] = "column" if row["id"] in columns else "capsule"

    def validate(self, values):
        begins, ends = (
            values.get(name, getattr(self.instance, name, None))
            for name in ("effective_from", "effective_to")
        )
        if begins and ends and begins > ends:
            raise serializers.ValidationError({"effective_to": [_("The policy ends before it begins.")]})
        return values


class PolicyViewSet(WorkflowActions, RecordViewSet):
    """Policies of all capsules and columns. Steps: submit, withdraw, approve, send_back, suspend, reinstate, deprecate, review."""

    queryset = Policy.objects.all()
    serializer_class = PolicySerializer
    filterset_class = PolicyFilter
    orderings = {
        "number": "number",
        "sensitivity_level": (Rank("sensitivity_level", SENSITIVITY), "number"),
        "next_review_date": ("next_review_date", "number"),
        "policy_status": ("status", "number"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("number",)
    review = None

    def check_may(self, record):
        access.may_write(self.request.reader, record.home).or_refuse()

    def locked(self):
        # The capsule first, in the order in which whoever applies a plan locks them.
        found = self.found(self.get_queryset()).order_by().values_list("pk", flat=True).first()
        if found is None:
            raise self.unknown()
        Policy.lock_around(found)
        return super().locked()

    def create_record(self, values):
        return writing.create(self.about(values), by=self.request.reader, reason=self.why)

    def change_record(self, record, values):
        outcome = writing.change(record, values, by=self.request.reader, reason=self.why)
        self.review = outcome.review
        return outcome.policy

    def update(self, request, *args, **kwargs):
        response = super().update(request, *args, **kwargs)
        return self.proposed(self.review) if self.review is not None else response

    def remove_record(self, record):
        writing.remove(record, by=self.request.reader, reason=self.why)

    @property
    def why(self):
        return self.request.headers.get("X-Change-Reason", "")

    def about(self, values):
        """`values` with one subject."""
        if (values.get("capsule") is None) == (values.get("column") is None):
            problem = [_("Name a capsule or a column, one of the two.")]
            raise serializers.ValidationError({"capsule_id": problem, "column_id": problem})
        return values

    def location(self, record):
        return reverse("api:policy-detail", args=[record.pk])

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True)
    def history(self, request, pk=None):
        """The steps that the policy has taken, newest first, and the proposals that wait, with what they would change."""
        policy = self.found(self.get_queryset()).first()
        if policy is None:
            raise NotFound(_("There is no policy with this address."))
        steps = [
            {
                "step": step.name,
                "before": step.before,
                "after": step.after,
                "actor": step.actor_name,
                "reason": step.reason,
                "taken_at": step.taken_at,
            }
            for step in policy.steps_taken[:MOST_STEPS]
        ]
        waiting = Review.objects.visible_to(request.reader).touching(policy).submitted().order_by("number")
        proposals = [
            {"id": review.pk, "number": review.number, "summary": review.summary, "quorum": review.quorum}
            for review in waiting
        ]
        return Response({"steps": steps, "proposals": proposals})


class PoliciesOfCapsule(addresses.UnderCapsule, PolicyViewSet):
    """Policies of one capsule and of its columns."""

    def get_queryset(self):
        return super().get_queryset().about(self.capsule)

    def about(self, values):
        capsule, column = values.pop("capsule", None), values.pop("column", None)
        if capsule is not None and capsule.pk != self.capsule.pk:
            problem = _("This is another capsule than the one in the address.")
            raise serializers.ValidationError({"capsule_id": [problem]})
        if column is not None and column.capsule_id != self.capsule.pk:
            raise serializers.ValidationError({"column_id": [_("This column belongs to another capsule.")]})
        return {**values, "capsule": None if column else self.capsule, "column": column}


class PoliciesOfColumn(addresses.UnderColumn, PolicyViewSet):
    """Policies of one column; what its capsule says is in its effective policy."""

    def get_queryset(self):
        return super().get_queryset().filter(column=self.column)

    def about(self, values):
        capsule, column = values.pop("capsule", None), values.pop("column", None)
        if column is not None and column.pk != self.column.pk:
            problem = _("This is another column than the one in the address.")
            raise serializers.ValidationError({"column_id": [problem]})
        if capsule is not None:
            raise serializers.ValidationError(
                {"capsule_id": [_("Name no capsule here: the policy is of the column.")]}
            )
        return {**values, "capsule": None, "column": self.column}
