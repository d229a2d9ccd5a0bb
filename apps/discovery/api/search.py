"""Search in the API: everything that people find in the portal's search box."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from apps.discovery import search
from apps.people.rest.viewsets import PlainView

LIMIT, MOST = 20, 100


class HitSerializer(serializers.Serializer):
    """Something that was found; `stage` and `why` tell what matched."""

    kind = serializers.ChoiceField(choices=list(search.KINDS))
    id = serializers.UUIDField()
    name = serializers.CharField()
    stage = serializers.ChoiceField(choices=sorted(set(search.STAGES)))
    why = serializers.CharField()
    urn = serializers.CharField(allow_blank=True)
    about = serializers.CharField(allow_blank=True)
    type = serializers.CharField(allow_blank=True)
    layer = serializers.CharField(allow_blank=True)
    domain = serializers.CharField(allow_blank=True)
    status = serializers.CharField(allow_blank=True)
    capsule_id = serializers.UUIDField(allow_null=True)
    capsule = serializers.CharField(allow_blank=True)
    capsule_urn = serializers.CharField(allow_blank=True)


class GroupSerializer(serializers.Serializer):
    """The hits of one kind, best first; `count` is exact unless `capped`."""

    kind = serializers.ChoiceField(choices=list(search.KINDS))
    count = serializers.IntegerField()
    capped = serializers.BooleanField()
    results = HitSerializer(many=True)


class FoundSerializer(serializers.Serializer):
    """What a search found, kind by kind."""

    q = serializers.CharField()
    count = serializers.IntegerField()
    instead = serializers.CharField(allow_blank=True, help_text="The spelling that was looked for instead.")
    partly = serializers.BooleanField(help_text="True if not all words were needed.")
    groups = GroupSerializer(many=True)


class Search(PlainView):
    """Capsules, columns, terms, domains and owners by words, best match first."""

    query_parameters = frozenset({"q", "kind", "limit"})
    throttle_scope = "search"
    examples = {
        "get": {
            "q": "orders",
            "count": 1,
            "instead": "",
            "partly": False,
            "groups": [
                {
                    "kind": "capsule",
                    "count": 1,
                    "capped": False,
                    "results": [
                        {
                            "kind": "capsule",
                            "id": "0198c0de-0000-7000-8000-000000000001",
                            "name": "orders",
                            "stage": "exact",
                            "why": "exact name",
                            "urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
                        }
                    ],
                }
            ],
        }
    }

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "q",
                str,
                required=True,
                description="What people type, `domain:finance` and the like included.",
            ),
            OpenApiParameter("kind", str, many=True, enum=list(search.KINDS)),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}),
        ],
        responses=FoundSerializer,
    )
    def get(self, request):
        """What matches `q`, kind by kind, with the reason of each hit."""
        parameters = request.query_params
        if "q" not in parameters:
            raise ValidationError({"q": [_("Say what to look for.")]})
        kinds = parameters.getlist("kind")
        if unknown := [kind for kind in kinds if kind not in search.KINDS]:
            sentence = _("Unknown: %(unknown)s. Choose from %(known)s.") % {
                "unknown": ", ".join(unknown),
                "known": ", ".join(search.KINDS),
            }
            raise ValidationError({"kind": [sentence]})
        found = search.search(parameters["q"], request.reader, kinds=kinds or None, limit=_limit(parameters))
        return Response(
            {
                "q": parameters["q"],
                "count": found.count,
                "instead": found.instead,
                "partly": found.partly,
                "groups": [
                    {
                        "kind": group.kind,
                        "count": group.count,
                        "capped": group.capped,
                        "results": [vars(hit) for hit in group.hits],
                    }
                    for group in found.groups
                ],
            }
        )


def _limit(parameters):
    text = parameters.get("limit", str(LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise ValidationError({"limit": [_("Write a whole number from 1 to %(most)d.") % {"most": MOST}]})
    return int(text)
