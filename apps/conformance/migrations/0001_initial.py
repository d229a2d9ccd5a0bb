from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.fields import Moment, NewKey, ObjectField, empty_object
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, KeepTime


class Migration(migrations.Migration):
    initial = True
    dependencies = [("catalog", "0001_initial")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name="ArchitectureRule",
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
                ("code", models.CharField(db_column="rule_id", max_length=50)),
                ("name", models.CharField(max_length=255)),
                ("description", models.TextField(blank=True, null=True)),
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
                ("category", models.CharField(max_length=50)),
                ("rule_set", models.CharField(blank=True, max_length=50, null=True)),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("capsule", "Capsule"),
                            ("column", "Column"),
                            ("lineage", "Lineage"),
                            ("global", "Whole catalogue"),
                        ],
                        max_length=50,
                    ),
                ),
                ("definition", models.JSONField()),
                ("is_enabled", models.BooleanField(db_column="enabled", db_default=True, default=True)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
            ],
            options={
                "db_table": "rules",
                "ordering": ["code"],
                "constraints": [
                    models.UniqueConstraint(fields=("code",), name="architecture_rule_code_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["info", "warning", "error", "critical"])),
                        name="rule_severity_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scope__in", ["capsule", "column", "lineage", "global"])),
                        name="rule_scope_valid",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Violation",
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
                        on_delete=models.CASCADE, related_name="violations", to="conformance.architecturerule"
                    ),
                ),
                (
                    "capsule",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="violations",
                        to="catalog.capsule",
                    ),
                ),
                (
                    "column",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="violations",
                        to="catalog.column",
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("info", "Info"),
                            ("warning", "Warning"),
                            ("error", "Error"),
                            ("critical", "Critical"),
                        ],
                        max_length=20,
                    ),
                ),
                ("message", models.TextField()),
                ("details", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("acknowledged", "Acknowledged"),
                            ("resolved", "Resolved"),
                            ("false_positive", "False positive"),
                        ],
                        db_default="open",
                        default="open",
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("resolved_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("resolved_by", models.CharField(blank=True, editable=False, max_length=255, null=True)),
                ("detected_at", models.DateTimeField(db_default=Moment())),
                ("updated_at", models.DateTimeField(db_default=Moment(), editable=False)),
                (
                    "ingestion",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="violations",
                        to="catalog.ingestionjob",
                    ),
                ),
            ],
            options={
                "db_table": "violations",
                "ordering": ["-detected_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("capsule__isnull", False), ("column__isnull", False), _connector="OR"
                        ),
                        name="violation_has_subject",
                        violation_error_message="Name a capsule or a column.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["open", "acknowledged", "resolved", "false_positive"])
                        ),
                        name="violation_status_valid",
                    ),
                ],
                "indexes": [],
            },
        ),
        DeleteActions(
            "violations",
            rule_id="CASCADE",
            capsule_id="CASCADE",
            column_id="CASCADE",
            ingestion_id="SET NULL",
        ),
        KeepTime("rules"),
        KeepTime("violations"),
        InheritRank("violations", "capsules", "capsule_id"),
        InheritRank("violations", "columns", "column_id"),
        Audit("rules"),
        Audit("violations"),
    ]
