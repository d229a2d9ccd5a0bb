"""What routes that take documents share: how bodies are read, and how plans and faults are answered."""

from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from apps.deploy import origins, plan, showing
from apps.people.rest.viewsets import PlainView

FLAGS = ("keep_unlisted", "overwrite", "strict", "create_terms")


class TextParser(BaseParser):
    """The body as it came; which language it is in is told by its content.

    One byte more than a bundle may have is read: enough to refuse a longer one, without keeping it in memory.
    """

    media_type = "application/yaml"

    def parse(self, stream, media_type=None, parser_context=None):
        return stream.read(plan.limits().bundle + 1)


class JSONTextParser(TextParser):
    media_type = "application/json"


class PlainTextParser(TextParser):
    media_type = "text/*"


class PlanAnswer(serializers.Serializer):
    """What documents would change, by capsule and dimension (capsule-document.md, section 7)."""

    plan_id = serializers.UUIDField()
    number = serializers.CharField()
    document_hash = serializers.CharField()
    result = serializers.ChoiceField(choices=["changes", "no_change"])
    summary = serializers.DictField(help_text="The plan in numbers.")
    capsules = serializers.ListField(child=serializers.DictField())
    new_terms = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Drafts that `create_terms` would make."
    )
    warnings = serializers.ListField(child=serializers.DictField())
    expires_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    scheduled_for = serializers.DateTimeField(
        allow_null=True, help_text="When it is applied by itself, in the name of who asked for it."
    )
    earliest = serializers.DateField(
        allow_null=True,
        help_text="The first day on which the contracts let it through, if they block it now.",
    )
    taken_over_by = serializers.CharField(
        allow_null=True, help_text="Who applied it, where that is not its author."
    )
    partial = serializers.BooleanField(
        help_text="True if a reader made it that did not understand everything: apply it with `accept_partial`."
    )
    reading = serializers.DictField(
        help_text="What a reader said besides: source, name, missed statements, vanished capsules; {} for a person's plan."
    )
    reviews = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Numbers of the reviews that policies and contracts wait for.",
    )


def shown(found, reader):
    """A plan as the API answers it to a reader."""
    return {
        **showing.answer(found, reader),
        "number": str(found),
        "expires_at": found.expires_at,
        "applied_at": found.applied_at,
        "scheduled_for": found.scheduled_for,
        "earliest": found.earliest,
        "taken_over_by": found.taken_over_by and found.taken_over_by.get_username(),
        "partial": found.is_partial,
        "reading": origins.told_to(reader, found.reading),
        "reviews": list(found.reviews.values_list("number", flat=True)),
    }


class Documents(PlainView):
    """What routes that take documents share."""

    parser_classes = [TextParser, JSONTextParser, PlainTextParser]
    query_parameters = frozenset(FLAGS)

    def options_asked(self):
        return plan.Options(**{name: self.flag(name) for name in FLAGS})

    def flag(self, name):
        given = self.request.query_params.get(name, "false").lower()
        if given not in ("true", "false"):
            raise ValidationError({name: [_("Write true or false.")]})
        return given == "true"

    def refused(self, error):
        """The answer to a file that cannot be planned: every problem with its place."""
        body = {
            "detail": str(error),
            "code": "document_invalid",
            "request_id": self.request.reader.request_id,
            "problems": [plan.problem_json(problem) for problem in error.problems],
        }
        code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE if error.too_large else status.HTTP_400_BAD_REQUEST
        return Response(body, status=code)

    def stale(self, error):
        """409 with the new plan; answered, not raised, so that the new plan is kept."""
        body = {
            "detail": error.detail,
            "code": error.code,
            "request_id": self.request.reader.request_id,
            "moved": error.moved,
            "plan": shown(error.plan, self.request.reader),
        }
        return Response(body, status=status.HTTP_409_CONFLICT)
