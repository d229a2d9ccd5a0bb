"""Proposals over the API: reading them with their difference, and deciding on exactly what was read."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.permissions import SAFE_METHODS

from apps.people.rest import etags
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import ReadingViewSet
from apps.workflow import desk, diff, reviews
from apps.workflow.filters import ReviewFilter
from apps.workflow.models import Review, ReviewDecision, ReviewMember

from .steps import StepSerializer

DECIDING = ("approve", "send_back", "reject")


class DifferenceSerializer(serializers.Serializer):
    """One field of a proposal: what is in force, and what it would become."""

    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class DecisionSerializer(serializers.Serializer):
    """What one person said, about which content."""

    decision = serializers.ChoiceField(choices=ReviewDecision.Decision.choices)
    person = serializers.CharField()
    on_behalf_of = serializers.CharField(allow_null=True)
    capacity = serializers.CharField()
    reason = serializers.CharField()
    revision = serializers.IntegerField()
    content_hash = serializers.CharField()
    decided_at = serializers.DateTimeField()


class ReviewMemberSerializer(serializers.Serializer):
    """One record of a proposal about many; `base` is null for a new one."""

    subject_table = serializers.CharField()
    subject_id = serializers.UUIDField()
    action = serializers.ChoiceField(choices=ReviewMember.Action.choices)
    title = serializers.CharField()
    base = serializers.JSONField(allow_null=True)
    content = serializers.JSONField()


@extend_schema_field(DifferenceSerializer(many=True))
class DifferencesField(serializers.Field):
    pass


@extend_schema_field(DecisionSerializer(many=True))
class DecisionsField(serializers.Field):
    pass


class ReviewSerializer(RecordSerializer):
    """A proposal: what it would change, on which base, who asks, and what people said. `content_hash` is what decisions name."""

    content_hash = serializers.CharField(source="proposal_hash", read_only=True)
    domain = serializers.CharField(source="domain_name", read_only=True)
    submitted_by = serializers.CharField(source="submitted_by.username", read_only=True)
    differences = DifferencesField(source="*", read_only=True)
    decisions = DecisionsField(source="*", read_only=True)

    class Meta:
        model = Review
        fields = [
            "id", "number", "kind", "title", "summary", "subject_table", "subject_id", "domain", "state", "risk", "marks",
            "quorum", "revision", "base_content", "base_hash", "proposal", "content_hash", "reason", "submitted_by",
            "submitted_at", "due", "decided_at", "applied_at", "row_version", "differences", "decisions", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = fields
        example = {
            "id": "0198c0de-0000-7000-8000-000000000020",
            "number": 88,
            "kind": "term",
            "title": "revenue",
            "state": "submitted",
            "risk": "medium",
            "quorum": 1,
            "content_hash": "9e0b4c1d" * 8,
            "submitted_by": "chen.wei",
        }

    @classmethod
    def complete(cls, rows, reader, names):
        if "differences" in names:
            contents = {
                pk: (base, proposal)
                for pk, base, proposal in Review.objects.filter(
                    pk__in=[row["id"] for row in rows]
                ).values_list("pk", "base_content", "proposal")
            }
            for row in rows:
                base, proposal = contents[row["id"]]
                row["differences"] = [
                    {"field": each.field, "before": each.before, "after": each.after}
                    for each in diff.changes(base or {}, proposal)
                ]
        if "decisions" in names:
            by_review = {row["id"]: [] for row in rows}
            found = ReviewDecision.objects.filter(review__in=by_review).select_related(
                "person", "on_behalf_of"
            )
            for each in found.order_by("decided_at"):
                by_review[each.review_id].append(
                    {
                        "decision": each.decision,
                        "person": each.person.username,
                        "on_behalf_of": each.on_behalf_of.username if each.on_behalf_of else None,
                        "capacity": each.capacity,
                        "reason": each.reason,
                        "revision": each.revision,
                        "content_hash": each.content_hash,
                        "decided_at": each.decided_at,
                    }
                )
            for row in rows:
                row["decisions"] = by_review[row["id"]]


class ReviewViewSet(ReadingViewSet):
    """Proposals. Steps: approve, send_back, reject, withdraw, submit, comment; a decision names the content hash that was read."""

    queryset = Review.objects.all()
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilter
    query_parameters = frozenset({"box"})
    orderings = {"number": "number", "due": "due", "submitted_at": "submitted_at", "created_at": "created_at"}
    default_order = ("-created_at", "-number")

    def get_queryset(self):
        box = self.request.query_params.get("box")
        if box is None or self.request.method not in SAFE_METHODS or self.request.reader.user is None:
            return super().get_queryset()
        if box not in desk.BOXES:
            raise ValidationError({"box": [_("Choose from %(boxes)s.") % {"boxes": ", ".join(desk.BOXES)}]})
        return desk.in_box(box, self.request.reader).select_related(None).order_by()

    def known_parameters(self, request):
        known = super().known_parameters(request)
        return known | self.paginator.parameters if self.action == "members" else known

    @extend_schema(responses=ReviewMemberSerializer(many=True), filters=False)
    @action(detail=True)
    def members(self, request, pk=None):
        """The records of a proposal about many, each with what is stored and what it would become; by title."""
        review = self.found(self.get_queryset()).first()
        if review is None:
            raise self.unknown()
        names = list(ReviewMemberSerializer().fields)
        found = review.current_members.order_by("title", "pk")
        return self.get_paginated_response(
            self.paginator.paginate_queryset(found, request, view=self, values=(names, {}))
        )

    @extend_schema(request=StepSerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["post"], url_path="<step:step>", url_name="step")
    def take_step(self, request, pk=None, step=None):
        """Decide on a proposal, comment on it, or take it back."""
        review = self.found(self.get_queryset()).first()
        if review is None:
            raise self.unknown()
        etags.require_match(request, lambda: self.row(self.get_queryset().filter(pk=review.pk)))
        body = StepSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        if request.reader.via == "token" and step not in ("submit", "withdraw"):
            raise PermissionDenied(_("A person who is signed in decides this; a token cannot."))
        shown = body.validated_data.get("content_hash", "")
        if step in DECIDING and not shown:
            raise ValidationError({"content_hash": [_("Name the hash of the proposal that you have read.")]})
        try:
            reviews.take(review, step, by=request.reader, reason=body.why, shown=shown)
        except KeyError:
            raise NotFound(_("There is no such step.")) from None
        return self.answer(self.row(self.get_queryset().filter(pk=review.pk)))
