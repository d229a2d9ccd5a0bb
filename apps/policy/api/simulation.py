"""What a role or a person would see of a capsule's columns, and why, in the API."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.catalog.api import addresses
from apps.catalog.models import Column
from apps.people.rest.viewsets import PlainView
from apps.people.roles import ROLES
from apps.policy import simulating
from apps.policy.models import MaskingMethod
from apps.policy.simulator_forms import SimulatorForm

OUTCOMES = ("clear", "masked", "conditional", "denied")
SETTLED = ("clear", "masked", "denied")  # of one value: its condition has been weighed
ASKED = {"role", "person", "purpose", "region", "date"}


class ExampleSerializer(serializers.Serializer):
    """A made-up value, and what stands in its place where `condition` is true of a row, or always; null is NULL."""

    outcome = serializers.ChoiceField(choices=SETTLED)
    value = serializers.CharField(allow_null=True)
    shown = serializers.CharField(allow_null=True)
    condition = serializers.CharField()


class AnswerSerializer(serializers.Serializer):
    """What they would see of one column; `why` is the chain of reasons, the first that holds for a row first."""

    id = serializers.UUIDField()
    urn = serializers.CharField()
    name = serializers.CharField()
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    method = serializers.ChoiceField(choices=MaskingMethod.values, allow_null=True)
    why = serializers.ListField(child=serializers.CharField())
    examples = ExampleSerializer(many=True)


class SimulationSerializer(serializers.Serializer):
    """The answer for all columns of a capsule that the asker may know of, in their order."""

    urn = serializers.CharField()
    role = serializers.CharField(allow_null=True)
    person = serializers.CharField(allow_null=True)
    date = serializers.DateField()
    columns = AnswerSerializer(many=True)


EXAMPLE = {
    "urn": "urn:dcs:dbt:model:jaffle_shop.marts:customers",
    "role": "analyst",
    "person": None,
    "date": "2026-11-24",
    "columns": [
        {
            "id": "0198c0de-0000-7000-8000-00000000000f",
            "urn": "urn:dcs:dbt:model:jaffle_shop.marts:customers.email",
            "name": "email",
            "outcome": "masked",
            "method": "partial_redaction",
            "why": ["masking rule hide_email"],
            "examples": [
                {
                    "outcome": "masked",
                    "value": "mia.olsen@example.org",
                    "shown": "m********@example.org",
                    "condition": "",
                }
            ],
        }
    ],
}
PARAMETERS = [
    OpenApiParameter("role", {"type": "string", "enum": list(ROLES), "default": "analyst"}),
    OpenApiParameter("person", str, description="A user name; counts instead of the role."),
    OpenApiParameter("purpose", str),
    OpenApiParameter("region", str),
    OpenApiParameter("date", {"type": "string", "format": "date"}, description="Today if left out."),
]


class AccessOfCapsule(PlainView):
    """What a role or person would see of a capsule; for those who set policies."""

    permissions = {"*": "catalog.edit_policy"}
    query_parameters = frozenset(ASKED)
    examples = {"get": EXAMPLE}

    @extend_schema(parameters=PARAMETERS, responses=SimulationSerializer)
    def get(self, request, urn):
        """Clear, masked, conditional or denied for each column, and why: answered by the code that shows data."""
        capsule = addresses.capsule(urn, request.reader)
        form = SimulatorForm(_question(request.query_params, capsule), asker=request.reader)
        if not form.is_valid():
            errors = {"date" if name == "on" else name: said for name, said in form.errors.items()}
            raise ValidationError(errors)
        who = form.who
        columns = Column.objects.visible_to(request.reader).filter(capsule=capsule, retired_at=None)
        columns = columns.order_by("ordinal_position", "name", "id").defer("stats")
        found = simulating.answers(who, columns, request.reader, on=form.day)
        person = form.person_found.username if form.person_found else None
        return self.answer(
            {
                "urn": capsule.urn,
                "role": None if person else who.name,
                "person": person,
                "date": form.day.isoformat(),
                "columns": [_told(answer) for answer in found],
            }
        )


def _question(asked, capsule):
    named = {name: asked.get(name, "") for name in ("role", "person", "purpose", "region")}
    if any("\x00" in text for text in named.values()):
        raise ValidationError({"person": [_("This text holds a NUL character.")]})
    return {**named, "on": asked.get("date", ""), "capsule": capsule.urn}


def _told(answer):
    return {
        "id": answer.column.pk,
        "urn": answer.column.urn,
        "name": answer.column.name,
        "outcome": answer.outcome,
        "method": answer.method or None,
        "why": list(answer.chain),
        "examples": [
            {
                "outcome": one.outcome,
                "value": one.said,
                "shown": one.answered,
                "condition": one.condition,
            }
            for one in answer.examples
        ],
    }
