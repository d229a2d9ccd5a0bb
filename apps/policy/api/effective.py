"""What holds for a capsule or a column on a day, and from which policies, in the API (errata row B18)."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from apps.catalog.api import addresses
from apps.dcs.periods import Period
from apps.people.rest.viewsets import PlainView
from apps.people.roles import CONFIDENTIAL
from apps.policy import effective_rows
from apps.policy.effective import FACETS, PLACES, Keeping

RESTRICTED_FACETS = {"masking_conditions": CONFIDENTIAL}  # trust.md, section 1.2


class SourceSerializer(serializers.Serializer):
    """Who states a value; `policy` and `subject` are null where the reader may not know of them."""

    place = serializers.ChoiceField(choices=PLACES)
    subject = serializers.CharField(allow_null=True)
    policy = serializers.CharField(allow_null=True, help_text="Such as `P-57`.")
    value = serializers.JSONField()
    steps = serializers.IntegerField(help_text="How many edges of lineage the value has come; 0: none.")
    origin = serializers.CharField(allow_null=True, help_text="The column upstream at which it began.")


class FacetSerializer(serializers.Serializer):
    """The strictest value of one facet; `stated` is false where it is the default, because no policy says anything."""

    facet = serializers.ChoiceField(choices=[facet.name for facet in FACETS])
    value = serializers.JSONField(allow_null=True)
    stated = serializers.BooleanField()
    origins = SourceSerializer(many=True)
    beaten = SourceSerializer(many=True)


class SuggestionSerializer(serializers.Serializer):
    """What a column directly upstream asks beyond what holds here."""

    facet = serializers.CharField()
    value = serializers.JSONField()
    source = SourceSerializer()


class EffectivePolicySerializer(serializers.Serializer):
    """Everything that holds on `date`."""

    id = serializers.UUIDField()
    urn = serializers.CharField()
    date = serializers.DateField()
    facets = FacetSerializer(many=True)
    suggestions = SuggestionSerializer(many=True)


SOURCE = {
    "place": "upstream",
    "subject": "contacts.email",
    "policy": "P-57",
    "value": "restricted",
    "steps": 1,
    "origin": None,
}
EXAMPLE = {
    "id": "0198c0de-0000-7000-8000-00000000000f",
    "urn": "urn:dcs:dbt:model:jaffle_shop.marts:customers.email",
    "date": "2026-11-24",
    "facets": [
        {
            "facet": "sensitivity",
            "value": "restricted",
            "stated": True,
            "origins": [SOURCE],
            "beaten": [
                {
                    "place": "capsule",
                    "subject": "customers",
                    "policy": "P-12",
                    "value": "internal",
                    "steps": 0,
                    "origin": None,
                }
            ],
        }
    ],
    "suggestions": [],
}


class EffectivePolicy(PlainView):
    """What holds on a day."""

    query_parameters = frozenset({"date"})
    examples = {"get": EXAMPLE}

    def told(self, request, record, of):
        """The answer for a capsule or column, worked out by `of`."""
        found = of([record.pk], on=_day(request.query_params.get("date")))
        found = effective_rows.named_for(found, request.reader)[record.pk]
        shown = [
            held for held in found.facets if RESTRICTED_FACETS.get(held.facet, 0) <= request.reader.clearance
        ]
        names = {held.facet for held in shown}
        facets = [
            {
                "facet": held.facet,
                "value": _plain(held.value),
                "stated": held.stated,
                "origins": [_source(source) for source in held.origins],
                "beaten": [_source(source) for source in held.beaten],
            }
            for held in shown
        ]
        suggestions = [
            {"facet": each.facet, "value": _plain(each.value), "source": _source(each.source)}
            for each in found.suggestions
            if each.facet in names
        ]
        return self.answer(
            {
                "id": record.pk,
                "urn": record.urn,
                "date": found.on.isoformat(),
                "facets": facets,
                "suggestions": suggestions,
            }
        )


PARAMETERS = [OpenApiParameter("date", OpenApiTypes.DATE, description="Today if left out.")]


class EffectivePolicyOfCapsule(EffectivePolicy):
    """What holds for a capsule as a whole; its columns may be stricter."""

    @extend_schema(parameters=PARAMETERS, responses=EffectivePolicySerializer)
    def get(self, request, urn):
        """The strictest value of each facet among the policies of the capsule."""
        return self.told(request, addresses.capsule(urn, request.reader), effective_rows.of_capsules)


class EffectivePolicyOfColumn(EffectivePolicy):
    """What holds for a column: its own policies, those of its capsule, the level of what it is made of."""

    @extend_schema(parameters=PARAMETERS, responses=EffectivePolicySerializer)
    def get(self, request, urn):
        """The strictest value of each facet, where it comes from and what it beat."""
        return self.told(request, addresses.column(urn, request.reader), effective_rows.of_columns)


def _day(text):
    if text is None:
        return timezone.now().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise serializers.ValidationError({"date": [_("Write a date like 2026-11-24.")]}) from None


def _source(source):
    return {
        "place": source.place,
        "subject": source.subject or None,
        "policy": source.label or None,
        "value": _plain(source.value),
        "steps": source.steps,
        "origin": source.origin or None,
    }


def _plain(value):
    if isinstance(value, Keeping):
        return {"period": value.period.iso(), "start": value.start, "action": value.action}
    if isinstance(value, Period):
        return value.iso()
    return list(value) if isinstance(value, tuple) else value
