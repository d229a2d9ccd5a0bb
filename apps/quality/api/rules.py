"""Quality rules in the API: of a capsule, of a column, across all, one."""

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.catalog.api import addresses
from apps.catalog.models import Capsule, Column
from apps.people.rest.fields import SubjectReference
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import RecordViewSet
from apps.quality import configs, sentences, writing
from apps.quality.filters import RuleFilter
from apps.quality.models import QualityCheck, QualityRule

LATEST = {"latest_status": "status", "latest_check_at": "checked_at", "latest_check_id": "pk"}


class RuleSerializer(RecordSerializer):
    """What is expected of a capsule or of one of its columns.

    Name one subject: `capsule_id` or `column_id`. What the type does not need may be left out; what `rule_config`
    repeats of the rule's own fields must agree with these, and is kept there alone.
    """

    capsule_id = SubjectReference(source="capsule", queryset=Capsule.objects, required=False, allow_null=True)
    column_id = SubjectReference(source="column", queryset=Column.objects, required=False, allow_null=True)
    capsule_urn = serializers.CharField(source="*", read_only=True)
    column_urn = serializers.CharField(source="column.urn", read_only=True, allow_null=True)
    column_name = serializers.CharField(source="column.name", read_only=True, allow_null=True)
    subject = serializers.CharField(source="*", read_only=True, help_text="`capsule` or `column`.")
    rule_name = serializers.CharField(source="name", max_length=255, required=False)
    rule_config = serializers.DictField(source="config", required=False)
    muted_until = serializers.DateTimeField(source="*", read_only=True, allow_null=True)
    sentence = serializers.CharField(source="*", read_only=True, help_text="The rule in words.")
    latest_status = serializers.CharField(source="*", read_only=True, allow_null=True)
    latest_check_at = serializers.DateTimeField(source="*", read_only=True, allow_null=True)
    latest_check_id = serializers.UUIDField(source="*", read_only=True, allow_null=True)

    class Meta:
        model = QualityRule
        fields = [
            "id",
            "number",
            "capsule_id",
            "capsule_urn",
            "column_id",
            "column_urn",
            "column_name",
            "subject",
            "rule_name",
            "rule_type",
            "rule_category",
            "rule_config",
            "threshold_value",
            "threshold_operator",
            "threshold_percent",
            "expected_value",
            "expected_range_min",
            "expected_range_max",
            "expected_pattern",
            "severity",
            "blocking",
            "is_enabled",
            "muted_until",
            "description",
            "meta",
            "sentence",
            "latest_status",
            "latest_check_at",
            "latest_check_id",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["number"]
        create_only_fields = ["capsule_id", "column_id"]
        extra_kwargs = {
            "expected_pattern": {"trim_whitespace": False},
            "expected_value": {"trim_whitespace": False},
        }
        example = {
            "id": "0198c0de-0000-7000-8000-0000000000c1",
            "number": 204,
            "rule_type": "range_check",
            "column_id": "0198c0de-0000-7000-8000-000000000002",
            "rule_name": "range_check_amount",
            "rule_config": {},
            "expected_range_min": 0,
            "expected_range_max": 100000,
            "severity": "error",
            "blocking": True,
            "is_enabled": True,
        }

    @classmethod
    def computed(cls, reader):
        newest = QualityCheck._base_manager.filter(rule=OuterRef("pk")).order_by("-checked_at", "-id")
        latest = {name: Subquery(newest.values(field)[:1]) for name, field in LATEST.items()}
        return {"capsule_urn": Coalesce("capsule__urn", "column__capsule__urn"), **latest}

    @classmethod
    def complete(cls, rows, reader, names):
        stored = {}
        if {"sentence", "muted_until", "subject"}.intersection(names):
            found = QualityRule._base_manager.filter(pk__in=[row["id"] for row in rows])
            stored = {rule.pk: rule for rule in found.select_related("capsule", "column")}
        for row in rows:
            rule = stored.get(row["id"])
            if "subject" in names:
                row["subject"] = "column" if rule.column_id else "capsule"
            if "muted_until" in names:
                row["muted_until"] = rule.muted_until
            if "sentence" in names:
                row["sentence"] = sentences.sentence(rule, rule.subject.name)
            if "meta" in row:
                row["meta"] = {key: value for key, value in row["meta"].items() if key not in writing.KEPT}

    def validate_meta(self, meta):
        if kept := sorted(set(writing.KEPT).intersection(meta)):
            said = _("The portal keeps these keys itself: %(kept)s.") % {"kept": ", ".join(kept)}
            raise serializers.ValidationError(said)
        return meta


class RuleViewSet(RecordViewSet):
    """Quality rules of all capsules and columns. Deleting one retires it: its checks stay."""

    queryset = QualityRule.objects.all()
    serializer_class = RuleSerializer
    filterset_class = RuleFilter
    orderings = {
        "rule_name": ("name", "number"),
        "number": "number",
        "rule_type": ("rule_type", "name"),
        "severity": ("severity_rank", "name"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("name", "number")
    permissions = {
        "create": writing.ADD,
        "update": writing.CHANGE,
        "partial_update": writing.CHANGE,
        "destroy": writing.CHANGE,
    }

    def get_queryset(self):
        return super().get_queryset().ranked()

    def filter_queryset(self, queryset):
        # Without a parameter no filter set is made, and retired rules are left out all the same.
        found = super().filter_queryset(queryset)
        return found if "include_retired" in self.request.query_params else found.current()

    def check_may(self, record):
        writing.may_write(self.request.reader, record.home).or_refuse()

    def create_record(self, values):
        return self._written(writing.create, self.about(values), by=self.request.reader)

    def change_record(self, record, values):
        return self._written(writing.change, record, values, by=self.request.reader)

    def remove_record(self, record):
        writing.retire(record, by=self.request.reader)

    def about(self, values):
        """`values` with one subject, the column if both are named (errata row A24)."""
        capsule, column = values.pop("capsule", None), values.pop("column", None)
        if (capsule is None) == (column is None):
            problem = [_("Name a capsule or a column, one of the two.")]
            raise serializers.ValidationError({"capsule_id": problem, "column_id": problem})
        return {**values, "capsule": capsule, "column": column}

    def location(self, record):
        return reverse("api:quality-rule-detail", args=[record.pk])

    def _written(self, verb, *args, **kwargs):
        try:
            return verb(*args, **kwargs)
        except configs.Misconfigured as error:
            raise serializers.ValidationError(error.fields) from None


class RulesOfCapsule(addresses.UnderCapsule, RuleViewSet):
    """Quality rules of one capsule and of its columns."""

    permissions = {"create": writing.ADD}

    def get_queryset(self):
        return super().get_queryset().filter(pk__in=QualityRule.objects.keys_about(self.capsule))

    def about(self, values):
        capsule, column = values.pop("capsule", None), values.pop("column", None)
        if capsule is not None and capsule.pk != self.capsule.pk:
            problem = _("This is another capsule than the one in the address.")
            raise serializers.ValidationError({"capsule_id": [problem]})
        if column is not None and column.capsule_id != self.capsule.pk:
            raise serializers.ValidationError({"column_id": [_("This column belongs to another capsule.")]})
        return {**values, "capsule": None if column else self.capsule, "column": column}


class RulesOfColumn(addresses.UnderColumn, RuleViewSet):
    """Quality rules of one column."""

    permissions = {"create": writing.ADD}

    def get_queryset(self):
        return super().get_queryset().filter(column=self.column)

    def about(self, values):
        capsule, column = values.pop("capsule", None), values.pop("column", None)
        if column is not None and column.pk != self.column.pk:
            problem = _("This is another column than the one in the address.")
            raise serializers.ValidationError({"column_id": [problem]})
        if capsule is not None and capsule.pk != self.column.capsule_id:
            raise serializers.ValidationError({"capsule_id": [_("The column belongs to another capsule.")]})
        return {**values, "capsule": None, "column": self.column}
