from pathlib import Path

from django.db import migrations, models

from apps.dcs.fields import Moment, NewKey, ObjectField, empty_object
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, RunSQLFile

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        CreateTablesIn("dcs"),
        RunSQLFile(
            SQL / "base_v1.sql",
            reverse="DROP FUNCTION dcs.pass_rank(); DROP FUNCTION dcs.inherit_rank();"
            " DROP FUNCTION dcs.setting(text); DROP FUNCTION dcs.keep_time()",
        ),
        # Not audited: they count work and keep answers, they hold no metadata.
        migrations.CreateModel(
            name="JobProgress",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=100)),
                ("subject_table", models.CharField(blank=True, db_default="", default="", max_length=100)),
                ("subject_id", models.UUIDField(blank=True, null=True)),
                ("asked_by", models.CharField(max_length=255)),
                ("user_id", models.UUIDField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("running", "Running"),
                            ("completed", "Completed"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        db_default="pending",
                        default="pending",
                        max_length=20,
                    ),
                ),
                ("done", models.BigIntegerField(db_default=0, default=0)),
                ("total", models.BigIntegerField(db_default=0, default=0, help_text="0 while nobody knows.")),
                ("phase", models.CharField(blank=True, db_default="", default="", max_length=100)),
                ("message", models.TextField(blank=True, db_default="", default="")),
                ("result", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("error", models.TextField(blank=True, db_default="", default="")),
                ("request_id", models.CharField(blank=True, db_default="", default="", max_length=100)),
                ("cancel_requested", models.BooleanField(db_default=False, default=False)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "job",
                "verbose_name_plural": "jobs",
                "db_table": "job_progress",
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(fields=["subject_table", "subject_id"], name="job_progress_subject"),
                    models.Index(fields=["user_id", "-created_at"], name="job_progress_person"),
                    models.Index(fields=["-created_at"], name="job_progress_created"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["pending", "running", "completed", "failed", "cancelled"])
                        ),
                        name="job_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("done__gte", 0), ("total__gte", 0)), name="job_counts_up"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("caller", models.CharField(max_length=100)),
                ("route", models.CharField(max_length=1000)),
                ("key", models.CharField(max_length=255)),
                ("digest", models.CharField(max_length=64)),
                ("status", models.SmallIntegerField()),
                ("headers", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("body", models.BinaryField()),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
            ],
            options={
                "db_table": "idempotency_keys",
                "ordering": ["-created_at"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["created_at"], name="idempotency_keys_created")],
                "constraints": [
                    models.UniqueConstraint(fields=("caller", "route", "key"), name="idempotency_key_unique")
                ],
            },
        ),
    ]
