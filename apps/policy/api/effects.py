"""What a policy that waits would change, in the API: whom it takes or gives how many columns."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from apps.dcs.refusals import Conflict
from apps.people.rest.viewsets import PlainView
from apps.policy import access, effects
from apps.policy.models import Policy

from .simulation import OUTCOMES


class ReachSerializer(serializers.Serializer):
    """How many people see otherwise than now, and how many columns at least one of them."""

    people = serializers.IntegerField()
    columns = serializers.IntegerField()


class MoveSerializer(serializers.Serializer):
    """What people of the same roles and clearance would see otherwise; `columns` are URNs."""

    roles = serializers.CharField()
    clearance = serializers.IntegerField()
    people = serializers.IntegerField()
    before = serializers.ChoiceField(choices=OUTCOMES)
    after = serializers.ChoiceField(choices=OUTCOMES)
    columns = serializers.ListField(child=serializers.CharField())


class EffectSerializer(serializers.Serializer):
    """The effect on the day `date`; `whole` is false where the policy reaches more columns than were counted."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    date = serializers.DateField()
    sentence = serializers.CharField()
    people = serializers.IntegerField()
    columns = serializers.IntegerField()
    whole = serializers.BooleanField()
    losing = ReachSerializer()
    gaining = ReachSerializer()
    moves = MoveSerializer(many=True)


EXAMPLE = {
    "id": "0198c0de-0000-7000-8000-000000000057",
    "number": 57,
    "date": "2026-11-24",
    "sentence": "37 people lose 212 columns.",
    "people": 41,
    "columns": 212,
    "whole": True,
    "losing": {"people": 37, "columns": 212},
    "gaining": {"people": 0, "columns": 0},
    "moves": [
        {
            "roles": "Steward",
            "clearance": 3,
            "people": 37,
            "before": "clear",
            "after": "denied",
            "columns": ["urn:dcs:dbt:model:jaffle_shop.marts:customers.email"],
        }
    ],
}


class EffectOfPolicy(PlainView):
    """What a draft, or the proposal that waits, would change; for those who may write the policy."""

    examples = {"get": EXAMPLE}

    @extend_schema(responses=EffectSerializer)
    def get(self, request, pk):
        """Who would see more or less, and of which columns: counted by the code that decides for real readers."""
        policy = Policy.objects.visible_to(request.reader).filter(pk=pk).first()
        if policy is None:
            raise NotFound(_("There is no policy with this address."))
        access.may_write(request.reader, policy.home).or_refuse()
        effect = effects.waiting(policy, request.reader)
        if effect is None:
            raise Conflict(_("Nothing waits: the policy holds as it is."), code="nothing_waits")
        return self.answer(
            {
                "id": policy.pk,
                "number": policy.number,
                "date": effect.on.isoformat(),
                "sentence": effect.sentence,
                "people": effect.people,
                "columns": effect.columns,
                "whole": effect.is_whole,
                "losing": dict(zip(("people", "columns"), effect.losing, strict=True)),
                "gaining": dict(zip(("people", "columns"), effect.gaining, strict=True)),
                "moves": [_told(move) for move in effect.moves],
            }
        )


def _told(move):
    return {
        "roles": move.roles,
        "clearance": move.clearance,
        "people": move.people,
        "before": move.before,
        "after": move.after,
        "columns": [column.urn for column in move.columns],
    }
