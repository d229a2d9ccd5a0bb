import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.fields import Moment, NewKey
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, KeepTime

KEY = ("id", models.UUIDField(db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False))
OUTCOMES = [
    ("unchanged", "No changes"),
    ("applied", "Applied"),
    ("waits", "Waits for somebody"),
    ("failed", "Failed"),
]


def to(table, on_delete, related_name="+", **options):
    return models.ForeignKey(editable=False, on_delete=on_delete, related_name=related_name, to=table, **options)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_job_indexes"),
        ("deploy", "0007_read_plans"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name="SourceSchedule",
            fields=[
                KEY,
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("updated_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("cron", models.CharField(max_length=100)),
                ("zone", models.CharField(db_default="UTC", default="UTC", max_length=64)),
                ("applies", models.BooleanField(db_default=False, default=False)),
                ("is_on", models.BooleanField(db_default=True, default=True)),
                ("next_due", models.DateTimeField(editable=False, null=True)),
                ("asked_by", to(settings.AUTH_USER_MODEL, models.PROTECT)),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="schedule",
                        to="catalog.sourcesystem",
                    ),
                ),
            ],
            options={
                "db_table": "source_schedules",
                "ordering": ["source__name"],
                "indexes": [
                    models.Index(
                        fields=["next_due"], condition=models.Q(is_on=True), name="source_schedules_due"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SourceRead",
            fields=[
                KEY,
                ("slot", models.DateTimeField(editable=False)),
                (
                    "outcome",
                    models.CharField(choices=OUTCOMES, db_default="", default="", editable=False, max_length=20),
                ),
                ("why", models.TextField(db_default="", default="", editable=False)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("job", to("catalog.ingestionjob", models.SET_NULL, "scheduled", null=True)),
                ("plan", to("deploy.plan", models.SET_NULL, null=True)),
                ("schedule", to("deploy.sourceschedule", models.CASCADE, "reads")),
            ],
            options={
                "db_table": "source_reads",
                "ordering": ["-slot"],
                "constraints": [
                    models.UniqueConstraint(fields=("schedule", "slot"), name="source_read_unique"),
                    models.CheckConstraint(
                        condition=models.Q(outcome__in=["", "unchanged", "applied", "waits", "failed"]),
                        name="source_read_outcome_valid",
                    ),
                ],
            },
        ),
        DeleteActions("source_schedules", source_id="CASCADE", asked_by_id="RESTRICT"),
        DeleteActions("source_reads", schedule_id="CASCADE", job_id="SET NULL", plan_id="SET NULL"),
        InheritRank("source_schedules", "source_systems", "source_id"),
        KeepTime("source_schedules"),
        Audit("source_schedules", ignore=("next_due",)),
    ]
