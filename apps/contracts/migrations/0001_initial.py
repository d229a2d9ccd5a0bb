from pathlib import Path

from django.conf import settings
from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.conditions import both_or_neither
from apps.dcs.fields import (
    Moment,
    NewKey,
    Next,
    NumberField,
    ObjectField,
    PercentField,
    PeriodField,
    StringListField,
    URNField,
    empty_list,
    empty_object,
)
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, KeepTime, RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP TRIGGER contract_keeps_capsule ON dcs.capsule_contracts;
DROP FUNCTION dcs.contract_keeps_capsule();
DROP TRIGGER incident_follows_contract ON dcs.sla_incidents;
DROP FUNCTION dcs.incident_follows_contract();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("catalog", "0001_initial")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.RunSQL(
            "CREATE SEQUENCE dcs.sla_incidents_number", "DROP SEQUENCE dcs.sla_incidents_number"
        ),
        migrations.CreateModel(
            name="Contract",
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
                    "capsule",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="contracts", to="catalog.capsule"
                    ),
                ),
                ("version", models.CharField(db_column="contract_version", max_length=50)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("proposed", "Proposed"),
                            ("active", "Active"),
                            ("deprecated", "Deprecated"),
                            ("breached", "Breached"),
                            ("superseded", "Superseded"),
                        ],
                        db_column="contract_status",
                        db_default="draft",
                        default="draft",
                        editable=False,
                        max_length=50,
                    ),
                ),
                ("freshness_sla", PeriodField(blank=True, null=True)),
                ("freshness_schedule", models.CharField(blank=True, max_length=100, null=True)),
                (
                    "last_updated_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When the data was last seen to change.",
                        null=True,
                    ),
                ),
                ("completeness_sla", PercentField(blank=True, null=True)),
                ("expected_row_count_min", models.BigIntegerField(blank=True, null=True)),
                ("expected_row_count_max", models.BigIntegerField(blank=True, null=True)),
                ("availability_sla", PercentField(blank=True, null=True)),
                ("max_downtime", PeriodField(blank=True, null=True)),
                (
                    "max_downtime_period",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("day", "Day"),
                            ("week", "Week"),
                            ("month", "Month"),
                            ("quarter", "Quarter"),
                            ("year", "Year"),
                        ],
                        max_length=20,
                        null=True,
                    ),
                ),
                ("quality_score_sla", PercentField(blank=True, null=True)),
                (
                    "critical_quality_rules",
                    StringListField(blank=True, db_default=empty_list(), default=list),
                ),
                ("query_latency_p95", models.IntegerField(blank=True, null=True)),
                ("query_latency_p99", models.IntegerField(blank=True, null=True)),
                (
                    "schema_change_policy",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("strict", "Strict"),
                            ("backwards_compatible", "Backwards compatible"),
                            ("flexible", "Flexible"),
                            ("unrestricted", "Unrestricted"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                ("breaking_change_notice_days", models.IntegerField(blank=True, null=True)),
                (
                    "support_level",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "None"),
                            ("best_effort", "Best effort"),
                            ("business_hours", "Business hours"),
                            ("24x7", "Day and night"),
                            ("critical", "Critical"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                ("support_contact", models.CharField(blank=True, max_length=255, null=True)),
                ("support_slack_channel", models.CharField(blank=True, max_length=100, null=True)),
                ("support_oncall", models.CharField(blank=True, max_length=255, null=True)),
                ("maintenance_windows", models.JSONField(blank=True, db_default=empty_list(), default=list)),
                (
                    "deprecation_policy",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("immediate", "At once"),
                            ("30_days", "After 30 days"),
                            ("90_days", "After 90 days"),
                            ("never", "Never"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                ("deprecation_date", models.DateField(blank=True, null=True)),
                ("replacement_capsule_urn", URNField(blank=True, max_length=500, null=True)),
                ("known_consumers", models.JSONField(blank=True, db_default=empty_list(), default=list)),
                ("consumer_notification_required", models.BooleanField(db_default=True, default=True)),
                ("target_row_count", models.BigIntegerField(blank=True, null=True)),
                ("target_size_bytes", models.BigIntegerField(blank=True, null=True)),
                ("target_column_count", models.IntegerField(blank=True, null=True)),
                ("cost_center", models.CharField(blank=True, max_length=100, null=True)),
                ("billing_tags", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_column="contract_owner_id",
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="contracts",
                        to="catalog.owner",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approved_by_user",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("approved_by", models.CharField(editable=False, max_length=255, null=True)),
                ("approved_at", models.DateTimeField(editable=False, null=True)),
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
                "db_table": "capsule_contracts",
                "ordering": ["capsule", "-created_at"],
                "indexes": [
                    models.Index(fields=["status"], name="idx_capsule_contracts_status"),
                    models.Index(
                        condition=models.Q(("deprecation_date__isnull", False)),
                        fields=["deprecation_date"],
                        name="idx_capsule_contracts_deprec",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("capsule", "version"), name="contract_version_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["active", "breached"])),
                        fields=("capsule",),
                        name="one_contract_in_force",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                ["draft", "proposed", "active", "deprecated", "breached", "superseded"],
                            )
                        ),
                        name="contract_status_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "schema_change_policy__in",
                                ["strict", "backwards_compatible", "flexible", "unrestricted"],
                            )
                        ),
                        name="schema_change_policy_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "support_level__in",
                                ["none", "best_effort", "business_hours", "24x7", "critical"],
                            )
                        ),
                        name="support_level_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("deprecation_policy__in", ["immediate", "30_days", "90_days", "never"])
                        ),
                        name="deprecation_policy_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("max_downtime_period__in", ["day", "week", "month", "quarter", "year"])
                        ),
                        name="max_downtime_period_valid",
                    ),
                    models.CheckConstraint(
                        condition=both_or_neither("max_downtime", "max_downtime_period"),
                        name="max_downtime_has_period",
                        violation_error_message="A longest downtime needs its period, and the other way round.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("completeness_sla__range", (0, 100))),
                        name="completeness_sla_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("availability_sla__range", (0, 100))),
                        name="availability_sla_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quality_score_sla__range", (0, 100))),
                        name="quality_score_sla_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expected_row_count_min__lte", models.F("expected_row_count_max"))
                        ),
                        name="row_count_ordered",
                        violation_error_message="The smallest row count is above the largest.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_by_user", models.F("author")), _negated=True),
                            models.Q(("approved_by_user", models.F("submitted_by")), _negated=True),
                        ),
                        name="contract_approved_by_another",
                        violation_error_message="Somebody else than the author has to approve.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Incident",
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
                    models.BigIntegerField(db_default=Next("dcs.sla_incidents_number"), editable=False),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="incidents", to="contracts.contract"
                    ),
                ),
                (
                    "capsule",
                    models.ForeignKey(
                        editable=False,
                        on_delete=models.CASCADE,
                        related_name="incidents",
                        to="catalog.capsule",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("freshness", "Freshness"),
                            ("completeness", "Completeness"),
                            ("availability", "Availability"),
                            ("quality", "Quality"),
                            ("latency", "Latency"),
                            ("schema_change", "Schema change"),
                        ],
                        db_column="incident_type",
                        max_length=50,
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("low", "Low"),
                            ("medium", "Medium"),
                            ("high", "High"),
                            ("critical", "Critical"),
                        ],
                        db_column="incident_severity",
                        db_default="medium",
                        default="medium",
                        max_length=20,
                    ),
                ),
                ("target", NumberField(blank=True, db_column="sla_target", null=True)),
                ("actual", NumberField(blank=True, db_column="actual_value", null=True)),
                ("breach_magnitude", NumberField(blank=True, null=True)),
                ("unit", models.CharField(blank=True, max_length=20, null=True)),
                ("detected_at", models.DateTimeField(db_default=Moment())),
                ("breach_started_at", models.DateTimeField(blank=True, null=True)),
                ("breach_ended_at", models.DateTimeField(blank=True, null=True)),
                ("breach_duration", PeriodField(blank=True, editable=False, null=True)),
                ("affected_consumers", models.JSONField(blank=True, db_default=empty_list(), default=list)),
                ("downstream_impact", models.TextField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("investigating", "Investigating"),
                            ("mitigated", "Mitigated"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                            ("false_positive", "False positive"),
                        ],
                        db_column="incident_status",
                        db_default="open",
                        default="open",
                        editable=False,
                        max_length=50,
                    ),
                ),
                ("resolution", models.TextField(blank=True, null=True)),
                ("resolved_by", models.CharField(blank=True, editable=False, max_length=255, null=True)),
                ("resolved_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("root_cause", models.TextField(blank=True, null=True)),
                (
                    "root_cause_category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pipeline_failure", "Pipeline failure"),
                            ("data_quality", "Data quality"),
                            ("infrastructure", "Infrastructure"),
                            ("dependency", "Dependency"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
            ],
            options={
                "db_table": "sla_incidents",
                "ordering": ["-detected_at", "-number"],
                "indexes": [
                    models.Index(fields=["-detected_at"], name="idx_sla_incidents_detected"),
                    models.Index(fields=["status"], name="idx_sla_incidents_status"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("number",), name="incident_number_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["open", "investigating", "mitigated"])),
                        fields=("contract", "kind"),
                        name="one_open_incident",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "freshness",
                                    "completeness",
                                    "availability",
                                    "quality",
                                    "latency",
                                    "schema_change",
                                ],
                            )
                        ),
                        name="incident_type_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["low", "medium", "high", "critical"])),
                        name="incident_severity_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "open",
                                    "investigating",
                                    "mitigated",
                                    "resolved",
                                    "closed",
                                    "false_positive",
                                ],
                            )
                        ),
                        name="incident_status_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "root_cause_category__in",
                                ["pipeline_failure", "data_quality", "infrastructure", "dependency"],
                            )
                        ),
                        name="root_cause_category_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Measurement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                (
                    "contract",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="measurements",
                        to="contracts.contract",
                    ),
                ),
                (
                    "metric",
                    models.CharField(
                        choices=[
                            ("freshness", "Freshness"),
                            ("completeness", "Completeness"),
                            ("availability", "Availability"),
                            ("quality", "Quality"),
                            ("latency", "Latency"),
                            ("schema_change", "Schema change"),
                        ],
                        max_length=50,
                    ),
                ),
                ("measured_at", models.DateTimeField(db_default=Moment())),
                ("target", NumberField(blank=True, db_column="target_value", null=True)),
                ("actual", NumberField(blank=True, db_column="actual_value", null=True)),
                ("unit", models.CharField(blank=True, max_length=20, null=True)),
                ("is_met", models.BooleanField()),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
            ],
            options={
                "db_table": "sla_measurements",
                "ordering": ["-measured_at", "-id"],
                "indexes": [
                    models.Index(
                        fields=["contract", "metric", "-measured_at"], name="idx_sla_measurements_contract"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "metric__in",
                                [
                                    "freshness",
                                    "completeness",
                                    "availability",
                                    "quality",
                                    "latency",
                                    "schema_change",
                                ],
                            )
                        ),
                        name="sla_metric_valid",
                    )
                ],
            },
        ),
        DeleteActions(
            "capsule_contracts",
            capsule_id="CASCADE",
            contract_owner_id="SET NULL",
            author_id="RESTRICT",
            submitted_by_id="RESTRICT",
            approved_by_user_id="RESTRICT",
            capsule_version_id="SET NULL",
        ),
        DeleteActions("sla_incidents", contract_id="CASCADE", capsule_id="CASCADE"),
        DeleteActions("sla_measurements", contract_id="CASCADE"),
        KeepTime("capsule_contracts"),
        KeepTime("sla_incidents"),
        InheritRank("capsule_contracts", "capsules", "capsule_id"),
        InheritRank("sla_incidents", "capsule_contracts", "contract_id"),
        InheritRank("sla_measurements", "capsule_contracts", "contract_id"),
        RunSQLFile(SQL / "incident_follows_contract_v1.sql", reverse=UNDO),
        Audit("capsule_contracts"),
        Audit("sla_incidents"),
        Audit("sla_measurements"),
    ]
