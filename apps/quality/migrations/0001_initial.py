from pathlib import Path

from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.conditions import exactly_one
from apps.dcs.fields import (
    Moment,
    NewKey,
    Next,
    NumberField,
    ObjectField,
    PercentField,
    an_object,
    empty_object,
)
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, KeepTime, RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP TRIGGER checked_rule_keeps_subject ON dcs.quality_rules;
DROP FUNCTION dcs.checked_rule_keeps_subject();
DROP TRIGGER check_follows_rule ON dcs.quality_checks;
DROP FUNCTION dcs.check_follows_rule();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("catalog", "0001_initial")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.RunSQL(
            "CREATE SEQUENCE dcs.quality_rules_number", "DROP SEQUENCE dcs.quality_rules_number"
        ),
        migrations.CreateModel(
            name="QualityRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("updated_at", models.DateTimeField(db_default=Moment(), editable=False)),
                (
                    "number",
                    models.BigIntegerField(db_default=Next("dcs.quality_rules_number"), editable=False),
                ),
                (
                    "capsule",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="quality_rules",
                        to="catalog.capsule",
                    ),
                ),
                (
                    "column",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="quality_rules",
                        to="catalog.column",
                    ),
                ),
                ("name", models.CharField(db_column="rule_name", max_length=255)),
                (
                    "rule_type",
                    models.CharField(
                        choices=[
                            ("not_null", "No missing values"),
                            ("no_empty_strings", "No empty texts"),
                            ("completeness_threshold", "Share of filled values"),
                            ("value_in_set", "Values from a list"),
                            ("pattern_match", "Values match a pattern"),
                            ("format_valid", "Values have a known format"),
                            ("type_valid", "Values have the type"),
                            ("range_check", "Values within a range"),
                            ("length_check", "Texts of allowed length"),
                            ("unique", "No repeated values"),
                            ("unique_combination", "No repeated combinations"),
                            ("duplicate_threshold", "Share of repeated values"),
                            ("referential_integrity", "Values exist in another column"),
                            ("cross_field_validation", "Columns agree with each other"),
                            ("freshness", "Newest value is recent"),
                            ("recency_check", "Share of recent rows"),
                            ("distribution_check", "Values are distributed as expected"),
                            ("outlier_detection", "No outliers"),
                            ("statistical_threshold", "A statistic within bounds"),
                            ("custom_sql", "Own SQL"),
                            ("custom_function", "Own function"),
                        ],
                        max_length=50,
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("completeness", "Completeness"),
                            ("validity", "Validity"),
                            ("uniqueness", "Uniqueness"),
                            ("consistency", "Consistency"),
                            ("timeliness", "Timeliness"),
                            ("accuracy", "Accuracy"),
                            ("distribution", "Distribution"),
                            ("custom", "Custom"),
                        ],
                        db_column="rule_category",
                        max_length=50,
                        null=True,
                    ),
                ),
                (
                    "config",
                    models.JSONField(
                        blank=True, db_column="rule_config", default=dict, validators=[an_object]
                    ),
                ),
                ("threshold_value", NumberField(blank=True, null=True)),
                (
                    "threshold_operator",
                    models.CharField(
                        blank=True,
                        choices=[(">", ">"), (">=", "≥"), ("<", "<"), ("<=", "≤"), ("=", "="), ("!=", "≠")],
                        max_length=20,
                        null=True,
                    ),
                ),
                ("threshold_percent", NumberField(blank=True, null=True)),
                ("expected_value", models.TextField(blank=True, null=True)),
                ("expected_range_min", NumberField(blank=True, null=True)),
                ("expected_range_max", NumberField(blank=True, null=True)),
                ("expected_pattern", models.TextField(blank=True, null=True)),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("info", "Info"),
                            ("warning", "Warning"),
                            ("error", "Error"),
                            ("critical", "Critical"),
                        ],
                        db_default="warning",
                        default="warning",
                        max_length=20,
                    ),
                ),
                ("blocking", models.BooleanField(db_default=False, default=False)),
                ("is_enabled", models.BooleanField(db_default=True, default=True)),
                ("description", models.TextField(blank=True, null=True)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                (
                    "capsule_version",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="+",
                        to="catalog.capsuleversion",
                    ),
                ),
            ],
            options={
                "db_table": "quality_rules",
                "ordering": ["name", "number"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("capsule__isnull", False)),
                        fields=["capsule"],
                        name="idx_quality_rules_capsule",
                    ),
                    models.Index(
                        condition=models.Q(("column__isnull", False)),
                        fields=["column"],
                        name="idx_quality_rules_column",
                    ),
                    models.Index(fields=["rule_type"], name="idx_quality_rules_type"),
                    models.Index(
                        condition=models.Q(("is_enabled", True)),
                        fields=["is_enabled"],
                        name="idx_quality_rules_enabled",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("number",), name="quality_rule_number_unique"),
                    models.CheckConstraint(
                        condition=exactly_one("capsule", "column"),
                        name="quality_rules_has_subject",
                        violation_error_message="Name a capsule or a column, one of the two.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "rule_type__in",
                                [
                                    "not_null",
                                    "no_empty_strings",
                                    "completeness_threshold",
                                    "value_in_set",
                                    "pattern_match",
                                    "format_valid",
                                    "type_valid",
                                    "range_check",
                                    "length_check",
                                    "unique",
                                    "unique_combination",
                                    "duplicate_threshold",
                                    "referential_integrity",
                                    "cross_field_validation",
                                    "freshness",
                                    "recency_check",
                                    "distribution_check",
                                    "outlier_detection",
                                    "statistical_threshold",
                                    "custom_sql",
                                    "custom_function",
                                ],
                            )
                        ),
                        name="rule_type_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "category__in",
                                [
                                    "completeness",
                                    "validity",
                                    "uniqueness",
                                    "consistency",
                                    "timeliness",
                                    "accuracy",
                                    "distribution",
                                    "custom",
                                ],
                            )
                        ),
                        name="rule_category_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["info", "warning", "error", "critical"])),
                        name="quality_rule_severity_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("threshold_operator__in", [">", ">=", "<", "<=", "=", "!="])),
                        name="threshold_operator_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("threshold_percent__range", (0, 100))),
                        name="threshold_percent_valid",
                        violation_error_message="A percentage is between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expected_range_min__lte", models.F("expected_range_max"))),
                        name="expected_range_ordered",
                        violation_error_message="The smallest expected value is above the largest.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QualityCheck",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                (
                    "rule",
                    models.ForeignKey(
                        db_column="quality_rule_id",
                        on_delete=models.CASCADE,
                        related_name="checks",
                        to="quality.qualityrule",
                    ),
                ),
                (
                    "capsule",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="quality_checks",
                        to="catalog.capsule",
                    ),
                ),
                (
                    "column",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="quality_checks",
                        to="catalog.column",
                    ),
                ),
                ("checked_at", models.DateTimeField(db_column="check_timestamp", db_default=Moment())),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("passed", "Passed"),
                            ("failed", "Failed"),
                            ("warning", "Warning"),
                            ("error", "Could not run"),
                            ("skipped", "Skipped"),
                        ],
                        db_column="check_status",
                        max_length=20,
                    ),
                ),
                ("actual_value", models.TextField(blank=True, null=True)),
                ("expected_value", models.TextField(blank=True, null=True)),
                ("threshold_value", NumberField(blank=True, null=True)),
                ("measured_value", NumberField(blank=True, null=True)),
                ("failure_count", models.BigIntegerField(blank=True, null=True)),
                ("failure_percentage", PercentField(blank=True, null=True)),
                ("sample_failures", models.JSONField(blank=True, null=True)),
                ("context", models.JSONField(blank=True, db_column="execution_context", null=True)),
                (
                    "duration_ms",
                    models.BigIntegerField(blank=True, db_column="execution_duration_ms", null=True),
                ),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
            ],
            options={
                "db_table": "quality_checks",
                "ordering": ["-checked_at", "-id"],
                "indexes": [
                    models.Index(fields=["-checked_at"], name="idx_quality_checks_timestamp"),
                    models.Index(fields=["status"], name="idx_quality_checks_status"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["passed", "failed", "warning", "error", "skipped"])
                        ),
                        name="check_status_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("failure_percentage__range", (0, 100))),
                        name="failure_percentage_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ColumnProfile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                (
                    "column",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="profiles", to="catalog.column"),
                ),
                ("total_count", models.BigIntegerField(blank=True, null=True)),
                ("null_count", models.BigIntegerField(blank=True, null=True)),
                ("null_percentage", PercentField(blank=True, null=True)),
                ("distinct_count", models.BigIntegerField(blank=True, null=True)),
                ("unique_percentage", PercentField(blank=True, null=True)),
                ("min_value", NumberField(blank=True, null=True)),
                ("max_value", NumberField(blank=True, null=True)),
                ("mean_value", NumberField(blank=True, null=True)),
                ("median_value", NumberField(blank=True, null=True)),
                ("std_dev", NumberField(blank=True, null=True)),
                ("variance", NumberField(blank=True, null=True)),
                ("percentile_25", NumberField(blank=True, null=True)),
                ("percentile_75", NumberField(blank=True, null=True)),
                ("min_length", models.IntegerField(blank=True, null=True)),
                ("max_length", models.IntegerField(blank=True, null=True)),
                ("avg_length", NumberField(blank=True, null=True)),
                ("min_text", models.TextField(blank=True, null=True)),
                ("max_text", models.TextField(blank=True, null=True)),
                ("most_common_values", models.JSONField(blank=True, null=True)),
                ("value_distribution", models.JSONField(blank=True, null=True)),
                ("detected_patterns", models.JSONField(blank=True, null=True)),
                ("earliest_timestamp", models.DateTimeField(blank=True, null=True)),
                ("latest_timestamp", models.DateTimeField(blank=True, null=True)),
                ("completeness_score", PercentField(blank=True, null=True)),
                ("validity_score", PercentField(blank=True, null=True)),
                ("uniqueness_score", PercentField(blank=True, null=True)),
                ("profiled_at", models.DateTimeField(db_default=Moment())),
                ("profiled_by", models.CharField(blank=True, max_length=255, null=True)),
                ("sample_size", models.BigIntegerField(blank=True, null=True)),
                ("sample_percentage", PercentField(blank=True, null=True)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
            ],
            options={
                "db_table": "column_profiles",
                "ordering": ["-profiled_at"],
                "indexes": [models.Index(fields=["-profiled_at"], name="idx_column_profiles_profiled")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("column", "profiled_at"), name="column_profiles_unique_latest"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("null_percentage__range", (0, 100))), name="null_percentage_valid"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unique_percentage__range", (0, 100))),
                        name="unique_percentage_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("completeness_score__range", (0, 100))),
                        name="completeness_score_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("validity_score__range", (0, 100))), name="validity_score_valid"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("uniqueness_score__range", (0, 100))),
                        name="uniqueness_score_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sample_percentage__range", (0, 100))),
                        name="sample_percentage_valid",
                    ),
                ],
            },
        ),
        DeleteActions(
            "quality_rules", capsule_id="CASCADE", column_id="CASCADE", capsule_version_id="SET NULL"
        ),
        DeleteActions("quality_checks", quality_rule_id="CASCADE", capsule_id="CASCADE", column_id="CASCADE"),
        DeleteActions("column_profiles", column_id="CASCADE"),
        KeepTime("quality_rules"),
        InheritRank("quality_rules", "capsules", "capsule_id"),
        InheritRank("quality_rules", "columns", "column_id"),
        InheritRank("quality_checks", "quality_rules", "quality_rule_id"),
        InheritRank("column_profiles", "columns", "column_id"),
        RunSQLFile(SQL / "check_follows_rule_v1.sql", reverse=UNDO),
        Audit("quality_rules"),
        Audit("quality_checks", hide=["sample_failures"]),
        Audit(
            "column_profiles",
            hide=[
                "most_common_values",
                "value_distribution",
                "detected_patterns",
                "min_value",
                "max_value",
                "min_text",
                "max_text",
                "earliest_timestamp",
                "latest_timestamp",
            ],
        ),
    ]
