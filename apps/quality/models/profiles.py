"""Profiles: what the values of a column look like."""

from django.db import models

from apps.catalog.models import Column
from apps.catalog.querysets import OfColumnQuerySet
from apps.dcs.fields import Moment, NumberField, ObjectField, PercentField
from apps.dcs.models import Keyed, Visible

PERCENTAGES = (
    "null_percentage",
    "unique_percentage",
    "completeness_score",
    "validity_score",
    "uniqueness_score",
    "sample_percentage",
)


class ColumnProfile(Keyed, Visible):
    """Counts, extremes, frequent values and scores (0–100) of a column at one time.

    Table `column_profiles` of the capsule design, section 4.2.2. Values of the column are masked before
    they are stored (errata row B17).
    """

    column = models.ForeignKey(Column, models.CASCADE, related_name="profiles")
    total_count = models.BigIntegerField(null=True, blank=True)
    null_count = models.BigIntegerField(null=True, blank=True)
    null_percentage = PercentField(null=True, blank=True)
    distinct_count = models.BigIntegerField(null=True, blank=True)
    unique_percentage = PercentField(null=True, blank=True)
    min_value = NumberField(null=True, blank=True)
    max_value = NumberField(null=True, blank=True)
    mean_value = NumberField(null=True, blank=True)
    median_value = NumberField(null=True, blank=True)
    std_dev = NumberField(null=True, blank=True)
    variance = NumberField(null=True, blank=True)
    percentile_25 = NumberField(null=True, blank=True)
    percentile_75 = NumberField(null=True, blank=True)
    min_length = models.IntegerField(null=True, blank=True)
    max_length = models.IntegerField(null=True, blank=True)
    avg_length = NumberField(null=True, blank=True)
    min_text = models.TextField(null=True, blank=True)
    max_text = models.TextField(null=True, blank=True)
    most_common_values = models.JSONField(null=True, blank=True)
    value_distribution = models.JSONField(null=True, blank=True)
    detected_patterns = models.JSONField(null=True, blank=True)
    earliest_timestamp = models.DateTimeField(null=True, blank=True)
    latest_timestamp = models.DateTimeField(null=True, blank=True)
    completeness_score = PercentField(null=True, blank=True)
    validity_score = PercentField(null=True, blank=True)
    uniqueness_score = PercentField(null=True, blank=True)
    profiled_at = models.DateTimeField(db_default=Moment())
    profiled_by = models.CharField(max_length=255, null=True, blank=True)
    sample_size = models.BigIntegerField(null=True, blank=True)
    sample_percentage = PercentField(null=True, blank=True)
    run = models.ForeignKey(
        "quality.QualityRun",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="profiles",
        editable=False,
        db_index=False,
    )
    meta = ObjectField()

    objects = OfColumnQuerySet.as_manager()

    class Meta:
        db_table = "column_profiles"
        ordering = ["-profiled_at"]
        indexes = [models.Index(fields=["-profiled_at"], name="idx_column_profiles_profiled")]
        constraints = [
            models.UniqueConstraint(fields=["column", "profiled_at"], name="column_profiles_unique_latest"),
            models.UniqueConstraint(fields=["run", "column"], name="a_run_profiles_a_column_once"),
            *(
                models.CheckConstraint(
                    name=f"{name}_valid", condition=models.Q(**{f"{name}__range": (0, 100)})
                )
                for name in PERCENTAGES
            ),
        ]

    def __str__(self):
        return f"{self.column} {self.profiled_at:%Y-%m-%d %H:%M}"
