"""Plans in the API: the same verbs as on the command line (format, section 7)."""

from datetime import UTC, datetime, time

from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response

from apps.contracts.models import Override
from apps.deploy import announcing, applying, overriding, plan
from apps.deploy.models import Plan
from apps.people.rest.serializers import BodySerializer
from apps.people.rest.viewsets import PlainView

from .bodies import FLAGS, Documents, PlanAnswer, shown


class Plans(Documents):
    """Takes documents and says what they would change; nothing else is written."""

    @extend_schema(
        operation_id="plans_create",
        request={"application/yaml": OpenApiTypes.STR, "application/json": OpenApiTypes.OBJECT},
        responses={201: PlanAnswer, 400: None, 403: None, 413: None},
        parameters=[OpenApiParameter(name, bool) for name in FLAGS],
        examples=[
            OpenApiExample(
                "one capsule",
                value={"data_capsule": {"urn": "urn:dcs:dbt:model:shop:orders", "name": "orders"}},
                request_only=True,
            )
        ],
    )
    def post(self, request):
        """Plan a document or a bundle, YAML or JSON; the plan can be applied for a day."""
        try:
            found = plan.make(request.data, request.reader, self.options_asked())
        except plan.DocumentInvalid as error:
            return self.refused(error)
        location = reverse("api:plan-detail", args=[found.pk])
        return Response(
            shown(found, request.reader), status=status.HTTP_201_CREATED, headers={"Location": location}
        )


class OnePlan(PlainView):
    """Shows a plan."""

    @extend_schema(operation_id="plans_retrieve", responses={200: PlanAnswer, 404: None})
    def get(self, request, pk):
        """The plan as it was made."""
        return self.answer(shown(_plan(request.reader, pk), request.reader))


DECIDED = ("accept_partial", "retire")


class ApplyAsked(serializers.Serializer):
    """When to apply; without `at`, now."""

    at = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=40,
        help_text="A moment or a day to come (ISO 8601, UTC unless it says otherwise); null takes it off again.",
    )

    accept_partial = serializers.CharField(
        required=False,
        max_length=500,
        help_text="The name of what was read, where the plan is partial: everything it misses is accepted as missed.",
    )
    retire = serializers.ListField(
        child=serializers.CharField(max_length=500),
        required=False,
        max_length=1000,
        help_text="URNs of vanished capsules that are to be retired; the others are marked as missing.",
    )

    def validate_at(self, said):
        if said is None:
            return None
        try:
            day = parse_date(said)
            found = datetime.combine(day, time.min) if day else parse_datetime(said)
        except ValueError:
            found = None
        if found is None:
            raise ValidationError(_("Write a moment or a day, such as 2026-12-01T06:00:00Z or 2026-12-01."))
        return found if found.tzinfo else found.replace(tzinfo=UTC)


class ApplyPlan(Documents):
    """Carries a plan out: all of it in one transaction, or nothing."""

    query_parameters = frozenset()
    parser_classes = [JSONParser]

    @extend_schema(
        operation_id="plans_apply",
        request=ApplyAsked,
        responses={200: PlanAnswer, 202: PlanAnswer, 400: None, 404: None, 409: None},
    )
    def post(self, request, pk):
        """Apply the plan, or schedule it with `at`; 409 with a new plan if what is stored has moved since."""
        asked = ApplyAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        found = _plan(request.reader, pk)
        decided = {name: asked.validated_data[name] for name in DECIDED if name in asked.validated_data}
        if decided:
            found = applying.decide(found, reader=request.reader, **decided)
        try:
            if "at" not in asked.validated_data:
                return Response(shown(applying.apply(found, reader=request.reader), request.reader))
            if (at := asked.validated_data["at"]) is None:
                return Response(shown(applying.unschedule(found, reader=request.reader), request.reader))
            found = applying.schedule(found, at, reader=request.reader)
        except applying.PlanStale as error:
            return self.stale(error)
        return Response(shown(found, request.reader), status=status.HTTP_202_ACCEPTED)


class AnnounceAsked(serializers.Serializer):
    """What consumers are told."""

    text = serializers.CharField(max_length=5000)


class AnnouncePlan(PlainView):
    """Tells consumers of what the contracts block."""

    @extend_schema(
        operation_id="plans_announce",
        request=AnnounceAsked,
        responses={201: PlanAnswer, 404: None, 409: None},
    )
    def post(self, request, pk):
        """Announce the blocked changes and plan again; the answer is the new plan, with the day on which it is free."""
        asked = AnnounceAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        found, _made = announcing.announce(
            _plan(request.reader, pk), text=asked.validated_data["text"], by=request.reader
        )
        location = reverse("api:plan-detail", args=[found.pk])
        return Response(
            shown(found, request.reader), status=status.HTTP_201_CREATED, headers={"Location": location}
        )


class OverrideAsked(BodySerializer):
    """Why consumers cannot be given their notice."""

    reason = serializers.CharField(min_length=20, max_length=5000)


class OverrideAnswered(BodySerializer):
    """Whether a second person lets the plan through; a refusal says why."""

    decision = serializers.ChoiceField(choices=Override.Decision.choices)
    why = serializers.CharField(required=False, allow_blank=True, max_length=5000)


class OverrideShown(serializers.Serializer):
    """A wish to go past a contract, and what a second person said."""

    id = serializers.UUIDField()
    capsule_urn = serializers.CharField(source="capsule.urn")
    contract_version = serializers.CharField()
    reason = serializers.CharField()
    asked_by = serializers.CharField(source="asked_by.username")
    asked_at = serializers.DateTimeField()
    decision = serializers.CharField(help_text="granted, refused, or empty while nobody has decided.")
    why = serializers.CharField()
    decided_by = serializers.CharField(source="decided_by.username", default=None)
    decided_at = serializers.DateTimeField(allow_null=True)
    used_by = serializers.CharField(help_text="The plan that went past the contract with it.")


class OverridesOfPlan(PlainView):
    """Lets a plan go past the contracts that block it, if two people agree."""

    @extend_schema(operation_id="plans_overrides", responses={200: OverrideShown(many=True), 404: None})
    def get(self, request, pk):
        """What was asked for this plan, and what was answered."""
        found = overriding.of(_plan(request.reader, pk), request.reader)
        return Response(OverrideShown(found, many=True).data)

    @extend_schema(
        operation_id="plans_override",
        request=OverrideAsked,
        responses={201: OverrideShown(many=True), 404: None, 409: None},
    )
    def post(self, request, pk):
        """Ask to let the blocked changes through; contract owners are told. 409 where nothing is blocked."""
        asked = OverrideAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        made = overriding.ask(
            _plan(request.reader, pk), reason=asked.validated_data["reason"], by=request.reader
        )
        return Response(OverrideShown(made, many=True).data, status=status.HTTP_201_CREATED)


class AnswerOverrides(PlainView):
    """Takes the answer of a second person."""

    @extend_schema(
        operation_id="plans_override_answer",
        request=OverrideAnswered,
        responses={200: OverrideShown(many=True), 403: None, 404: None, 409: None},
    )
    def post(self, request, pk):
        """Grant or refuse what was asked for the plan. A token cannot, nor who asked; a grant needs a fresh password."""
        said = OverrideAnswered(data=request.data)
        said.is_valid(raise_exception=True)
        granted = said.validated_data["decision"] == Override.Decision.GRANTED
        made = overriding.decide(
            _plan(request.reader, pk), granted, by=request.reader, why=said.validated_data.get("why", "")
        )
        return Response(OverrideShown(made, many=True).data)


def _plan(reader, pk):
    found = Plan.objects.visible_to(reader).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no plan with this address."))
    return found
