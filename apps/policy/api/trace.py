"""Where the values of a column flow, and where they stand unmasked, in the API."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from apps.catalog.api import addresses
from apps.catalog.vocabularies import SENSITIVITY
from apps.people.rest.viewsets import PlainView
from apps.policy import exposure
from apps.provenance.api.impact import number

LIMIT, MOST = 100, 500


class StopSerializer(serializers.Serializer):
    """A column that values come from or flow to; `way` names what lies between, the nearest to the traced column first."""

    id = serializers.UUIDField()
    urn = serializers.CharField()
    name = serializers.CharField()
    capsule_urn = serializers.CharField()
    steps = serializers.IntegerField()
    layer = serializers.CharField(allow_null=True)
    pii_type = serializers.CharField(allow_null=True)
    sensitivity = serializers.ChoiceField(choices=SENSITIVITY)
    masking = serializers.ChoiceField(choices=list(exposure.PROTECTIONS))
    owner = serializers.CharField(allow_null=True)
    way = serializers.ListField(child=serializers.CharField())


class OriginSerializer(StopSerializer):
    """A column upstream; `origin` is true where nothing is known to feed it."""

    origin = serializers.BooleanField()


class ReachedSerializer(StopSerializer):
    """A column downstream: how the values arrive, and whether they stand there unmasked."""

    arrives = serializers.ChoiceField(choices=list(exposure.ARRIVALS))
    exposed = serializers.BooleanField()
    consumed = serializers.BooleanField()


class TraceSerializer(serializers.Serializer):
    """Both ways of a column's values; `totals` count all, the lists hold at most `limit`, the worst first."""

    id = serializers.UUIDField()
    urn = serializers.CharField()
    depth = serializers.IntegerField()
    totals = serializers.DictField(child=serializers.IntegerField())
    upstream = OriginSerializer(many=True)
    downstream = ReachedSerializer(many=True)


PARAMETERS = [
    OpenApiParameter(
        "depth", {"type": "integer", "minimum": 1, "maximum": exposure.DEEPEST, "default": exposure.DEEPEST}
    ),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}),
]
EXAMPLE = {
    "id": "0198c0de-0000-7000-8000-00000000000f",
    "urn": "urn:dcs:dbt:source:jaffle_shop.raw:customers.email",
    "depth": 10,
    "totals": {"upstream": 0, "downstream": 1, "exposed": 1, "consumed": 1},
    "upstream": [],
    "downstream": [
        {
            "id": "0198c0de-0000-7000-8000-000000000010",
            "urn": "urn:dcs:dbt:model:jaffle_shop.marts:customers.email",
            "name": "email",
            "capsule_urn": "urn:dcs:dbt:model:jaffle_shop.marts:customers",
            "steps": 1,
            "layer": "gold",
            "pii_type": "email",
            "sensitivity": "confidential",
            "masking": "none",
            "owner": "Finance data",
            "way": [],
            "arrives": "plain",
            "exposed": True,
            "consumed": True,
        }
    ],
}


class ColumnTrace(PlainView):
    """Where the values of a column come from, where they flow, and where they stand unmasked."""

    query_parameters = frozenset({"depth", "limit"})
    examples = {"get": EXAMPLE}

    @extend_schema(parameters=PARAMETERS, responses=TraceSerializer)
    def get(self, request, urn):
        """Origins upstream and every column downstream, the worst first."""
        depth = number(request.query_params, "depth", exposure.DEEPEST, exposure.DEEPEST)
        limit = number(request.query_params, "limit", LIMIT, MOST)
        column = addresses.column(urn, request.reader)
        found = exposure.trace(column, request.reader, depth=depth)
        return self.answer(
            {
                "id": column.pk,
                "urn": column.urn,
                "depth": depth,
                "totals": {
                    "upstream": len(found.sources),
                    "downstream": len(found.keys),
                    "exposed": len(found.exposed),
                    "consumed": len(found.consumed),
                },
                "upstream": [
                    {**_told(stop), "origin": stop.origin} for stop in found.origins_of(found.sources[:limit])
                ],
                "downstream": [
                    {
                        **_told(stop),
                        "arrives": stop.arrives,
                        "exposed": stop.exposed,
                        "consumed": stop.consumed,
                    }
                    for stop in found.stops(found.keys[:limit])
                ],
            }
        )


def _told(stop):
    column, capsule = stop.column, stop.column.capsule
    return {
        "id": column.pk,
        "urn": column.urn,
        "name": column.name,
        "capsule_urn": capsule.urn,
        "steps": stop.steps,
        "layer": capsule.layer,
        "pii_type": column.pii_type,
        "sensitivity": stop.level,
        "masking": stop.protection,
        "owner": capsule.owner.name if capsule.owner_id else None,
        "way": stop.via,
    }
