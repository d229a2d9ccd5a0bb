"""Steps of records over the API: one route a step, the same verbs as pages and back office."""

from django.urls import register_converter, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.response import Response

from apps.people.rest.serializers import BodySerializer

# What a token may do as well: asking, not deciding (errata row D6).
PROPOSING = ("submit", "propose", "withdraw")


class StepName:
    """Path converter: the name of a step, so that routes such as `…/history` stay themselves."""

    regex = "submit|propose|approve|sign|send_back|reject|withdraw|suspend|reinstate|attest|review|deprecate|reopen|comment"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


register_converter(StepName, "step")


class StepSerializer(BodySerializer):
    """Why the step is taken, and for a decision the hash of the proposal that was read."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    change_reason = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    content_hash = serializers.CharField(
        required=False,
        max_length=64,
        help_text=gettext_lazy("Of the proposal that the decision is about; another one is 409."),
    )

    @property
    def why(self):
        values = self.validated_data
        return (
            values.get("reason")
            or values.get("change_reason")
            or self.context["request"].headers.get("X-Change-Reason", "")
        )


class WorkflowActions:
    """Adds `POST …/{id}/{step}` to a `RecordViewSet` of `Stateful` records.

    403 without the right, with a sentence that names who can; 409 in the wrong state, with the possible steps.
    """

    step_serializer_class = StepSerializer

    @extend_schema(request=StepSerializer)
    @action(detail=True, methods=["post"], url_path="<step:step>", url_name="step")
    def take_step(self, request, pk=None, step=None, **kwargs):
        """Take a step of the lifecycle; the state moves once enough people have decided."""
        record = self.locked()
        self.require_match(record)
        body = self.step_serializer_class(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        if request.reader.via == "token" and step not in PROPOSING:
            raise PermissionDenied(_("A person who is signed in decides this; a token cannot."))
        try:
            record.take(
                step, by=request.reader, comment=body.why, **self.step_options(step, body.validated_data)
            )
        except KeyError:
            raise NotFound(_("There is no such step.")) from None
        return self.answer(self.row(self.reading(record)))

    def step_options(self, step, values):
        """What a step takes beyond its reason; a viewset with further fields in the body extends it."""
        return {"shown": values["content_hash"]} if "content_hash" in values else {}

    def proposed(self, review):
        """The answer to a change of what is in force: 202, and where the proposal waits for a decision."""
        location = reverse("api:review-detail", args=[review.pk])
        shown = {name: getattr(review, name) for name in ("number", "state", "risk", "quorum", "revision")}
        shown |= {"id": str(review.pk), "content_hash": review.proposal_hash, "url": location}
        return Response({"review": shown}, status=202, headers={"Location": location})
