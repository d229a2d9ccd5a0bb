"""Business terms in the API. In force, a change of what a term means opens a review and answers 202."""

from django.db.models import Count
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from apps.glossary import listing, proposals, writing
from apps.glossary.filters import TermFilter
from apps.glossary.models import Term, TermLink
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import RecordViewSet
from apps.workflow.api.steps import StepSerializer, WorkflowActions

KEPT = (*writing.IN_META, "successor")
MOST_USES = 1000


class TermSerializer(RecordSerializer):
    """A business term; `approval_status` moves only through the steps."""

    definition = serializers.CharField(min_length=10)
    domain = serializers.CharField(source="domain.name", read_only=True, allow_null=True)
    owner = serializers.CharField(source="owner.name", read_only=True, allow_null=True)
    examples = serializers.ListField(
        child=serializers.CharField(max_length=2000), source="meta.examples", required=False
    )
    relations = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=500)),
        source="meta.relations",
        required=False,
    )
    successor_id = serializers.UUIDField(source="meta.successor", read_only=True, allow_null=True)
    uses = serializers.IntegerField(source="*", read_only=True)

    class Meta:
        model = Term
        fields = [
            "id",
            "term_name",
            "display_name",
            "definition",
            "abbreviation",
            "synonyms",
            "domain_id",
            "domain",
            "category",
            "owner_id",
            "owner",
            "steward_email",
            "approval_status",
            "approved_by",
            "approved_at",
            "successor_id",
            "tags",
            "meta",
            "examples",
            "relations",
            "uses",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["approval_status", "approved_by", "approved_at"]
        extra_kwargs = {"steward_email": {"validators": [serializers.EmailField().run_validation]}}
        example = {
            "id": "0198c0de-0000-7000-8000-000000000020",
            "term_name": "Revenue",
            "definition": "The sum of paid order amounts, before returns, in euro.",
            "abbreviation": "REV",
            "synonyms": ["turnover"],
            "approval_status": "draft",
        }

    @classmethod
    def complete(cls, rows, reader, names):
        for row in rows:
            if "meta" in row:
                row["meta"] = {key: value for key, value in row["meta"].items() if key not in KEPT}
            for name, empty in (("examples", []), ("relations", {})):
                if name in row:
                    row[name] = row[name] or empty
        if "uses" in names:
            links = TermLink.objects.visible_to(reader).filter(term__in=[row["id"] for row in rows])
            found = dict(links.order_by().values_list("term").annotate(uses=Count("pk")))
            for row in rows:
                row["uses"] = found.get(row["id"], 0)

    def validate_term_name(self, name):
        return " ".join(name.split())

    def validate_steward_email(self, email):
        return email

    def validate_meta(self, meta):
        if kept := sorted(set(KEPT).intersection(meta)):
            said = _("The portal keeps these keys itself: %(kept)s.") % {"kept": ", ".join(kept)}
            raise serializers.ValidationError(said)
        return meta


class TermStepSerializer(StepSerializer):
    """Why a step is taken; `deprecate` may name the term that takes the place."""

    successor_id = serializers.UUIDField(required=False, allow_null=True)


class TermViewSet(WorkflowActions, RecordViewSet):
    """The business glossary. Steps: submit, withdraw, approve, send_back, deprecate."""

    queryset = Term.objects.all()
    serializer_class = TermSerializer
    step_serializer_class = TermStepSerializer
    filterset_class = TermFilter
    orderings = {
        "term_name": "name",
        "category": ("category", "name"),
        "approval_status": ("status", "name"),
        "approved_at": ("approved_at", "name"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("name",)
    permissions = {
        "create": "glossary.add_term",
        "update": "glossary.change_term",
        "partial_update": "glossary.change_term",
    }
    review = None

    def create_record(self, values):
        if Term.objects.called(values["name"]).exists():
            raise writing.Conflict(
                _("A term of this name exists, perhaps in another case."),
                code="already_exists",
                fields={"term_name": [_("This is taken already.")]},
            )
        return writing.create(unfolded(values), by=self.request.reader, reason=self.why)

    def change_record(self, record, values):
        outcome = writing.change(record, unfolded(values), by=self.request.reader, reason=self.why)
        self.review = outcome.review
        return outcome.term

    def update(self, request, *args, **kwargs):
        response = super().update(request, *args, **kwargs)
        return self.proposed(self.review) if self.review is not None else response

    def remove_record(self, record):
        writing.remove(record, by=self.request.reader, reason=self.why)

    @property
    def why(self):
        return self.request.headers.get("X-Change-Reason", "")

    def step_options(self, step, values):
        options = super().step_options(step, values)
        if key := values.get("successor_id"):
            successor = Term.objects.visible_to(self.request.reader).filter(pk=key).first()
            if successor is None or str(successor.pk) == str(self.kwargs["pk"]):
                raise serializers.ValidationError(
                    {"successor_id": [_("There is no other term with this id.")]}
                )
            if step == "deprecate":
                options["successor"] = successor
        return options

    def one(self):
        term = self.found(self.get_queryset()).first()
        if term is None:
            raise NotFound(_("There is no term with this address."))
        return term

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=False, filterset_class=None)
    def categories(self, request):
        """The distinct categories, a plain list."""
        return Response(self.get_queryset().categories())

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True)
    def history(self, request, pk=None):
        """The steps that the term has taken, and the proposals that wait."""
        term = self.one()
        steps = [
            {
                "step": step.name,
                "before": step.before,
                "after": step.after,
                "actor": step.actor_name,
                "reason": step.reason,
                "taken_at": step.taken_at,
            }
            for step in proposals.steps_taken(term)
        ]
        waiting = [
            {"id": review.pk, "number": review.number, "proposal": proposals.content_for(term, review)}
            for review in proposals.waiting(term)
        ]
        return Response({"steps": steps, "proposals": waiting})

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True)
    def usage(self, request, pk=None):
        """The capsules and columns that the term explains: the first thousand, and how many there are."""
        links = listing.uses(self.one(), request.reader)
        shown = [
            {
                "subject": "column" if link.column_id else "capsule",
                "capsule_urn": link.home.urn,
                "column_urn": link.column.urn if link.column_id else None,
                "relationship_type": link.relationship,
                "added_by": link.added_by,
                "added_at": link.added_at,
            }
            for link in links[:MOST_USES]
        ]
        return Response({"count": links.count(), "results": shown})


def unfolded(values):
    """A body's values as `writing` takes them: examples and relations beside `meta`, which is replaced if sent."""
    found = dict(values)
    meta = dict(found.pop("meta", {}) or {})
    for name in ("examples", "relations"):
        if name in meta:
            found[name] = meta.pop(name)
    if meta or ("meta" in values and not {"examples", "relations"} & set(values["meta"] or {})):
        found["meta"] = meta
    return found
