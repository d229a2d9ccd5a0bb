"""Imports of other tools' files: each answers a plan."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.response import Response

from apps.catalog.api import addresses
from apps.deploy import rule_imports
from apps.deploy.readers.found import ReaderError
from apps.people.rest.serializers import BodySerializer
from apps.people.rest.viewsets import PlainView

from .bodies import PlanAnswer, shown


class RulesAsked(BodySerializer):
    """A file of rules, and the capsule that they are for."""

    capsule_urn = serializers.CharField(max_length=500)
    content = serializers.CharField(
        max_length=rule_imports.MOST_BYTES,
        trim_whitespace=False,
        help_text="A suite of Great Expectations (JSON, 0.x or 1.x) or checks of Soda (YAML), as text.",
    )
    name = serializers.CharField(
        max_length=200, required=False, help_text="The file's name; a partial plan is accepted by it."
    )


class ImportRules(PlainView):
    """Turns expectations and checks of other tools into rules."""

    parser_classes = [JSONParser]

    @extend_schema(
        operation_id="import_quality_rules",
        request=RulesAsked,
        responses={201: PlanAnswer, 200: None, 400: None},
    )
    def post(self, request):
        """Plan the rules of a file beside those that the capsule has; 200 where all of them are there already.

        `reading.missed` says what has no equivalent; such a plan is partial. Rules that carry SQL or code, or say only a
        part of what the file says, come switched off.
        """
        asked = RulesAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        capsule = addresses.capsule(values["capsule_urn"], request.reader)
        try:
            made, found = rule_imports.planned(
                capsule, values["content"], request.reader, name=values.get("name", "")
            )
        except ReaderError as error:
            raise ValidationError({"content": [str(error)]}) from None
        if made is None:
            missed = [{"text": each.text, "why": each.why} for each in found.missed]
            return Response({"result": "no_change", "missed": missed})
        headers = {"Location": reverse("api:plan-detail", args=[made.pk])}
        return Response(shown(made, request.reader), status=status.HTTP_201_CREATED, headers=headers)
