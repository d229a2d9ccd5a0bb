"""The quality score of a capsule, with what it is made of."""

from collections import Counter

from django.db.models import OuterRef, Subquery
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.catalog.api import addresses
from apps.people.rest.viewsets import PlainView
from apps.quality import scores, trends
from apps.quality.models import QualityCheck, QualityRule, RuleCategory


class ScorePartSerializer(serializers.Serializer):
    """The rules of one category."""

    category = serializers.CharField(allow_null=True, help_text="One of the categories of rules.")
    score = serializers.FloatField(allow_null=True)
    rules_passed = serializers.IntegerField()
    rules_counted = serializers.IntegerField()
    left_out = serializers.IntegerField()


class ScoreDaySerializer(serializers.Serializer):
    """The score at the end of one day, UTC."""

    day = serializers.DateField()
    score = serializers.FloatField(allow_null=True)


class ScoreSerializer(serializers.Serializer):
    """How much of what is expected holds."""

    id = serializers.UUIDField()
    capsule_urn = serializers.CharField()
    score = serializers.FloatField(allow_null=True, help_text="0 to 100; null if nothing was ever checked.")
    weight_passed = serializers.FloatField()
    weight_counted = serializers.FloatField()
    rules_passed = serializers.IntegerField()
    rules_counted = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text="Enabled rules that never ran or were skipped.")
    by_status = serializers.DictField(child=serializers.IntegerField())
    parts = ScorePartSerializer(many=True)
    trend = ScoreDaySerializer(many=True)


class ScoreOfCapsule(addresses.UnderCapsule, PlainView):
    """The quality score of a capsule."""

    examples = {
        "get": {
            "id": "0198c0de-0000-7000-8000-000000000001",
            "capsule_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "score": 75.0,
            "weight_passed": 3.0,
            "weight_counted": 4.0,
            "rules_passed": 3,
            "rules_counted": 4,
            "left_out": 1,
            "by_status": {"passed": 3, "failed": 1, "not_run": 1},
            "parts": [
                {
                    "category": "completeness",
                    "score": 75.0,
                    "rules_passed": 3,
                    "rules_counted": 4,
                    "left_out": 1,
                }
            ],
            "trend": [{"day": "2026-11-23", "score": 75.0}],
        }
    }

    @extend_schema(responses=ScoreSerializer)
    def get(self, request, urn):
        """The share of enabled rules whose latest check passed, by weight; its parts by category; thirty days of it.

        A rule weighs 1 unless its `meta.weight` says otherwise. Rules that never ran or were skipped are left out;
        a warning, a failure and a check that could not run do not pass.
        """
        newest = QualityCheck._base_manager.filter(rule=OuterRef("pk")).order_by("-checked_at", "-id")
        found = QualityRule.objects.visible_to(request.reader).enabled()
        rules = list(
            found.filter(pk__in=QualityRule.objects.keys_about(self.capsule))
            .annotate(last=Subquery(newest.values("status")[:1]))
            .values("pk", "category", "meta", "last")
        )
        pairs = [(rule["last"], scores.weight(rule["meta"])) for rule in rules]
        whole = scores.score(pairs)
        days = trends.of_rules([(rule["pk"], scores.weight(rule["meta"])) for rule in rules])
        return self.answer(
            {
                "id": self.capsule.pk,
                "capsule_urn": self.capsule.urn,
                "score": _rounded(whole.value),
                "weight_passed": whole.passed,
                "weight_counted": whole.counted,
                "rules_passed": whole.rules_passed,
                "rules_counted": whole.rules_counted,
                "left_out": whole.left_out,
                "by_status": dict(Counter(rule["last"] or "not_run" for rule in rules)),
                "parts": _parts(rules),
                "trend": [{"day": day, "score": _rounded(score.value)} for day, score in days],
            }
        )


def _parts(rules):
    found = {}
    for rule in rules:
        found.setdefault(rule["category"], []).append((rule["last"], scores.weight(rule["meta"])))
    order = [*RuleCategory.values, None]
    parts = [(category, scores.score(found[category])) for category in order if category in found]
    return [
        {
            "category": category,
            "score": _rounded(score.value),
            "rules_passed": score.rules_passed,
            "rules_counted": score.rules_counted,
            "left_out": score.left_out,
        }
        for category, score in parts
    ]


def _rounded(value):
    return None if value is None else round(value, 4)
