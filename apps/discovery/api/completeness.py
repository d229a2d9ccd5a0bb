"""What a capsule has and what it lacks, over HTTP."""

from django.utils.text import capfirst
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.catalog import dimensions
from apps.catalog.api import addresses
from apps.discovery import completeness
from apps.discovery.filters import DIMENSIONS, PRESENT, WORDS
from apps.discovery.models import CapsuleFacts
from apps.people.rest.viewsets import PlainView


class PartSerializer(serializers.Serializer):
    """One of the ten parts of a capsule: a dimension, its owner, domain or description."""

    name = serializers.CharField()
    title = serializers.CharField()
    present = serializers.BooleanField()
    gaps = serializers.ListField(child=serializers.CharField(), help_text="What is missing, a sentence each.")


class CompletenessSerializer(serializers.Serializer):
    """How complete a capsule is: the share of its ten parts that are there, 0 to 100, and of its columns that are described."""

    id = serializers.UUIDField()
    capsule_urn = serializers.CharField()
    score = serializers.FloatField()
    columns = serializers.IntegerField()
    described_columns = serializers.IntegerField()
    parts = PartSerializer(many=True)


class CompletenessOfCapsule(addresses.UnderCapsule, PlainView):
    """What of a capsule is documented, and what is missing."""

    examples = {
        "get": {
            "id": "0198c0de-0000-7000-8000-000000000001",
            "capsule_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "score": 90.0,
            "columns": 21,
            "described_columns": 19,
            "parts": [
                {"name": "contract", "title": "Contract", "present": False, "gaps": ["No contract yet."]}
            ],
        }
    }

    @extend_schema(responses=CompletenessSerializer)
    def get(self, request, urn):
        """The ten parts, the most useful to mend first, with what is missing from each as far as the caller may know."""
        capsule, reader = self.capsule, request.reader
        facts = CapsuleFacts.objects.visible_to(reader).values("present", "column_count", "described_columns")
        facts = facts.get(capsule=capsule)
        parts = []
        for slug in completeness.PARTS:
            found = (
                dimensions.get(slug).gaps([capsule], reader).get(capsule.pk) or []
                if slug in DIMENSIONS
                else []
            )
            parts.append(
                {
                    "name": slug,
                    "title": capfirst(str(WORDS[slug])),
                    "present": bool(facts["present"] & PRESENT[slug]),
                    "gaps": [str(gap.sentence) for gap in found],
                }
            )
        there = sum(part["present"] for part in parts)
        return self.answer(
            {
                "id": capsule.pk,
                "capsule_urn": capsule.urn,
                "score": 100 * there / len(parts),
                "columns": facts["column_count"],
                "described_columns": facts["described_columns"],
                "parts": parts,
            }
        )
