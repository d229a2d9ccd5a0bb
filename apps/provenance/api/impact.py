"""What a change of a capsule or of a column would touch, in the API."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from apps.catalog.api import addresses
from apps.people.rest.viewsets import PlainView
from apps.provenance import impact

KINDS = ("capsules", "columns", "terms", "contracts", "consumers", "owners")
LIMIT, MOST = 100, 500


class TouchedSerializer(serializers.Serializer):
    """Something that is touched: `steps` away, by `way` of what lies between, because of what it hangs `on`."""

    id = serializers.UUIDField(allow_null=True)
    urn = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    note = serializers.CharField()
    steps = serializers.IntegerField()
    on = serializers.CharField(allow_null=True)
    way = serializers.ListField(child=serializers.CharField())


class ImpactSerializer(serializers.Serializer):
    """What a change would touch, nearest first; `totals` count all, the lists hold at most `limit` of each kind."""

    id = serializers.UUIDField()
    urn = serializers.CharField()
    depth = serializers.IntegerField()
    totals = serializers.DictField(child=serializers.IntegerField())
    capsules = TouchedSerializer(many=True)
    columns = TouchedSerializer(many=True)
    terms = TouchedSerializer(many=True)
    contracts = TouchedSerializer(many=True)
    consumers = TouchedSerializer(many=True)
    owners = TouchedSerializer(many=True)


PARAMETERS = [
    OpenApiParameter(
        "depth", {"type": "integer", "minimum": 1, "maximum": impact.DEEPEST, "default": impact.DEEPEST}
    ),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}),
]
EXAMPLE = {
    "id": "0198c0de-0000-7000-8000-000000000001",
    "urn": "urn:dcs:dbt:model:jaffle_shop.staging:stg_orders",
    "depth": 10,
    "totals": {"capsules": 1, "columns": 0, "terms": 0, "contracts": 0, "consumers": 0, "owners": 0},
    "capsules": [
        {
            "id": "0198c0de-0000-7000-8000-00000000000b",
            "urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "name": "orders",
            "note": "model · gold",
            "steps": 1,
            "on": None,
            "way": [],
        }
    ],
    **{kind: [] for kind in KINDS[1:]},
}


class CapsuleImpact(PlainView):
    """What a change of a capsule would touch: downstream capsules and columns, terms, contracts, consumers, owners."""

    query_parameters = frozenset({"depth", "limit"})
    examples = {"get": EXAMPLE}

    @extend_schema(parameters=PARAMETERS, responses=ImpactSerializer)
    def get(self, request, urn):
        """What it touches, nearest first, with what each is reached by."""
        depth = number(request.query_params, "depth", impact.DEEPEST, impact.DEEPEST)
        limit = number(request.query_params, "limit", LIMIT, MOST)
        start, found = self.found(urn, depth)
        return self.answer(
            {
                "id": start.pk,
                "urn": start.urn,
                "depth": depth,
                "totals": {kind: found.totals.get(kind, 0) for kind in KINDS},
                **{kind: self.told(found.part(kind), limit) for kind in KINDS},
            }
        )

    def found(self, urn, depth):
        start = addresses.capsule(urn, self.request.reader)
        return start, impact.of_capsules([start.pk], self.request.reader, depth=depth)

    def told(self, part, limit):
        return [
            {
                "id": None if part.kind == "consumers" else row.key,
                "urn": row.urn or None,
                "name": row.name,
                "note": str(row.note),
                "steps": row.steps,
                "on": row.at or None,
                "way": row.via,
            }
            for row in part.rows(part.keys[:limit])
        ]


class ColumnImpact(CapsuleImpact):
    """What a change of a column would touch: downstream columns and their capsules, terms, contracts, consumers, owners."""

    def found(self, urn, depth):
        start = addresses.column(urn, self.request.reader)
        return start, impact.of_column(start, self.request.reader, depth=depth)


def number(parameters, name, default, most):
    """A whole number from 1 to `most` among the parameters. Raises `ValidationError`."""
    text = parameters.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most):
        raise serializers.ValidationError(
            {name: [_("Write a whole number from 1 to %(most)d.") % {"most": most}]}
        )
    return int(text)
