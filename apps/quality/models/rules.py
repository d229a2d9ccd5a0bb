"""Quality rules: what is expected of a capsule or a column."""

from django.db import models
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule, Column
from apps.catalog.subjects import AboutSubject, SubjectQuerySet
from apps.catalog.vocabularies import RuleSeverity
from apps.dcs.conditions import exactly_one
from apps.dcs.fields import Next, NumberField, ObjectField, an_object
from apps.dcs.models import Record


class RuleType(models.TextChoices):
    """The kinds of rule (design, section 4.2.1)."""

    NOT_NULL = "not_null", _("No missing values")
    NO_EMPTY_STRINGS = "no_empty_strings", _("No empty texts")
    COMPLETENESS_THRESHOLD = "completeness_threshold", _("Share of filled values")
    VALUE_IN_SET = "value_in_set", _("Values from a list")
    PATTERN_MATCH = "pattern_match", _("Values match a pattern")
    FORMAT_VALID = "format_valid", _("Values have a known format")
    TYPE_VALID = "type_valid", _("Values have the type")
    RANGE_CHECK = "range_check", _("Values within a range")
    LENGTH_CHECK = "length_check", _("Texts of allowed length")
    UNIQUE = "unique", _("No repeated values")
    UNIQUE_COMBINATION = "unique_combination", _("No repeated combinations")
    DUPLICATE_THRESHOLD = "duplicate_threshold", _("Share of repeated values")
    REFERENTIAL_INTEGRITY = "referential_integrity", _("Values exist in another column")
    CROSS_FIELD_VALIDATION = "cross_field_validation", _("Columns agree with each other")
    FRESHNESS = "freshness", _("Newest value is recent")
    RECENCY_CHECK = "recency_check", _("Share of recent rows")
    DISTRIBUTION_CHECK = "distribution_check", _("Values are distributed as expected")
    OUTLIER_DETECTION = "outlier_detection", _("No outliers")
    STATISTICAL_THRESHOLD = "statistical_threshold", _("A statistic within bounds")
    CUSTOM_SQL = "custom_sql", _("Own SQL")
    CUSTOM_FUNCTION = "custom_function", _("Own function")


class RuleCategory(models.TextChoices):
    """The quality that a rule looks after (errata row C8)."""

    COMPLETENESS = "completeness", _("Completeness")
    VALIDITY = "validity", _("Validity")
    UNIQUENESS = "uniqueness", _("Uniqueness")
    CONSISTENCY = "consistency", _("Consistency")
    TIMELINESS = "timeliness", _("Timeliness")
    ACCURACY = "accuracy", _("Accuracy")
    DISTRIBUTION = "distribution", _("Distribution")
    CUSTOM = "custom", _("Custom")


class Operator(models.TextChoices):
    """How a measured value is compared with the threshold."""

    GREATER = ">", ">"
    AT_LEAST = ">=", "≥"
    LESS = "<", "<"
    AT_MOST = "<=", "≤"
    EQUAL = "=", "="
    UNEQUAL = "!=", "≠"


SEVERITIES = list(RuleSeverity.values)  # from harmless to worst


class QualityRuleQuerySet(SubjectQuerySet):
    def ranked(self):
        """With `severity_rank`, 0 for the most harmless: severities sort by meaning, not by letter."""
        whens = [models.When(severity=word, then=models.Value(rank)) for rank, word in enumerate(SEVERITIES)]
        return self.annotate(severity_rank=models.Case(*whens, output_field=models.IntegerField()))

    def keys_about(self, capsule):
        """The keys of the rules of a capsule and of its present columns: two index scans, not one pass over all rules."""
        rules = self.order_by()
        own = rules.filter(capsule=capsule).values("pk")
        columns = rules.filter(column__capsule=capsule, column__retired_at__isnull=True).values("pk")
        return own.union(columns, all=True)

    def enabled(self):
        """Rules that are checked."""
        return self.filter(is_enabled=True)

    def current(self):
        """Rules that nobody has retired, of columns that are in use."""
        return self.exclude(meta__has_key="retired_at").filter(column__retired_at__isnull=True)

    def muted(self, *, at, wanted=True):
        """Rules that are not checked until some later time; the others if these are not `wanted`."""
        silent = models.Q(meta__has_key="muted_until", meta__muted_until__gt=at.isoformat())
        return self.filter(silent) if wanted else self.exclude(silent)


class QualityRule(AboutSubject, Record):
    """What is expected of a capsule or of one of its columns.

    Table `quality_rules` of the capsule design, section 4.2.1. People call it by its `number`: R-204.
    """

    number = models.BigIntegerField(db_default=Next("dcs.quality_rules_number"), editable=False)
    capsule = models.ForeignKey(
        Capsule, models.CASCADE, null=True, blank=True, related_name="quality_rules", db_index=False
    )
    column = models.ForeignKey(
        Column, models.CASCADE, null=True, blank=True, related_name="quality_rules", db_index=False
    )
    name = models.CharField(max_length=255, db_column="rule_name")
    rule_type = models.CharField(max_length=50, choices=RuleType)
    category = models.CharField(
        max_length=50, choices=RuleCategory, null=True, blank=True, db_column="rule_category"
    )
    config = models.JSONField(default=dict, blank=True, db_column="rule_config", validators=[an_object])
    threshold_value = NumberField(null=True, blank=True)
    threshold_operator = models.CharField(max_length=20, choices=Operator, null=True, blank=True)
    threshold_percent = NumberField(null=True, blank=True)
    expected_value = models.TextField(null=True, blank=True)
    expected_range_min = NumberField(null=True, blank=True)
    expected_range_max = NumberField(null=True, blank=True)
    expected_pattern = models.TextField(null=True, blank=True)
    severity = models.CharField(
        max_length=20, choices=RuleSeverity, default=RuleSeverity.WARNING, db_default=RuleSeverity.WARNING
    )
    blocking = models.BooleanField(default=False, db_default=False)
    is_enabled = models.BooleanField(default=True, db_default=True)
    description = models.TextField(null=True, blank=True)
    meta = ObjectField()
    capsule_version = models.ForeignKey(
        "catalog.CapsuleVersion", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects = QualityRuleQuerySet.as_manager()

    class Meta:
        db_table = "quality_rules"
        ordering = ["name", "number"]
        indexes = [
            models.Index(
                fields=["capsule"],
                condition=models.Q(capsule__isnull=False),
                name="idx_quality_rules_capsule",
            ),
            models.Index(
                fields=["column"], condition=models.Q(column__isnull=False), name="idx_quality_rules_column"
            ),
            models.Index(fields=["rule_type"], name="idx_quality_rules_type"),
            models.Index(
                fields=["is_enabled"], condition=models.Q(is_enabled=True), name="idx_quality_rules_enabled"
            ),
            models.Index(
                fields=["updated_at"],
                condition=models.Q(config__has_key="schedule"),
                name="idx_quality_rules_scheduled",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="quality_rule_number_unique"),
            models.CheckConstraint(
                name="quality_rules_has_subject",
                condition=exactly_one("capsule", "column"),
                violation_error_message=_("Name a capsule or a column, one of the two."),
            ),
            models.CheckConstraint(name="rule_type_valid", condition=models.Q(rule_type__in=RuleType.values)),
            models.CheckConstraint(
                name="rule_category_valid", condition=models.Q(category__in=RuleCategory.values)
            ),
            models.CheckConstraint(
                name="quality_rule_severity_valid", condition=models.Q(severity__in=RuleSeverity.values)
            ),
            models.CheckConstraint(
                name="threshold_operator_valid",
                condition=models.Q(threshold_operator__in=Operator.values),
            ),
            models.CheckConstraint(
                name="threshold_percent_valid",
                condition=models.Q(threshold_percent__range=(0, 100)),
                violation_error_message=_("A percentage is between 0 and 100."),
            ),
            models.CheckConstraint(
                name="expected_range_ordered",
                condition=models.Q(expected_range_min__lte=models.F("expected_range_max")),
                violation_error_message=_("The smallest expected value is above the largest."),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("quality:rule", args=[self.number])

    @property
    def is_retired(self):
        """True if nobody expects it any more; its checks stay."""
        return "retired_at" in self.meta

    @property
    def muted_until(self):
        """The moment from which it is checked again, None if it was never muted or that is not a time."""
        try:
            until = parse_datetime(self.meta.get("muted_until") or "")
        except (TypeError, ValueError):
            return None
        return until if until is not None and until.tzinfo is not None else None

    def is_muted(self, *, at):
        """True if it is not checked at this moment."""
        until = self.muted_until
        return until is not None and until > at
