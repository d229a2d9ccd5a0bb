import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.conditions import both_or_neither
from apps.dcs.fields import Moment, NewKey, Next, ObjectField
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, KeepTime

KEY = ("id", models.UUIDField(db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False))
RANK = ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False))
KINDS = [("checks", "Checks"), ("profile", "Profile")]
TRIGGERS = [
    ("manual", "By hand"),
    ("schedule", "By schedule"),
    ("api", "By a program"),
    ("ingest", "After an ingestion"),
]
STATES = [
    ("queued", "Queued"),
    ("running", "Running"),
    ("finished", "Finished"),
    ("partly", "Partly finished"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
]


def word(choices=None, default="", length=20):
    return models.CharField(
        choices=choices, db_default=default, default=default, editable=False, max_length=length
    )


def text():
    return models.TextField(db_default="", default="", editable=False)


def one_of(field, choices):
    return models.CheckConstraint(
        condition=models.Q((f"{field}__in", [value for value, _label in choices])),
        name=f"quality_run_{field}_valid",
    )


def person():
    return models.ForeignKey(
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


def run(related_name):
    return models.ForeignKey(
        blank=True,
        db_index=False,
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        related_name=related_name,
        to="quality.qualityrun",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_job_indexes"),
        ("quality", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.RunSQL("CREATE SEQUENCE dcs.quality_runs_number", "DROP SEQUENCE dcs.quality_runs_number"),
        migrations.CreateModel(
            name="QualityRun",
            fields=[
                KEY,
                RANK,
                (
                    "number",
                    models.BigIntegerField(db_default=Next("dcs.quality_runs_number"), editable=False),
                ),
                ("kind", word(KINDS, "checks")),
                ("trigger", word(TRIGGERS, "manual")),
                ("asked_by", models.CharField(editable=False, max_length=255)),
                ("slot", models.DateTimeField(editable=False, null=True)),
                ("scope", ObjectField(editable=False)),
                ("state", word(STATES, "queued")),
                ("attempts", models.SmallIntegerField(db_default=0, default=0, editable=False)),
                ("counts", ObjectField(editable=False)),
                ("fingerprint", text()),
                ("engine", word(length=100)),
                ("gate_passed", models.BooleanField(editable=False, null=True)),
                ("error_code", word(length=50)),
                ("error", text()),
                ("queued_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("started_at", models.DateTimeField(editable=False, null=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                (
                    "capsule",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quality_runs",
                        to="catalog.capsule",
                    ),
                ),
                ("user", person()),
            ],
            options={
                "db_table": "quality_runs",
                "ordering": ["-number"],
                "default_permissions": (),
                "permissions": [("run_quality", "Can check rules and profile columns")],
                "indexes": [
                    models.Index(fields=["capsule", "kind", "-number"], name="quality_runs_newest"),
                    models.Index(
                        fields=["queued_at"],
                        condition=models.Q(("state__in", ["queued", "running"])),
                        name="quality_runs_unfinished",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("number",), name="quality_run_number_unique"),
                    models.UniqueConstraint(
                        fields=("capsule", "kind", "slot"), name="quality_run_slot_unique"
                    ),
                    one_of("kind", KINDS),
                    one_of("trigger", TRIGGERS),
                    one_of("state", STATES),
                ],
            },
        ),
        migrations.CreateModel(
            name="QualitySchedule",
            fields=[
                KEY,
                RANK,
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("updated_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("cron", models.CharField(blank=True, db_default="", default="", max_length=100)),
                ("zone", models.CharField(db_default="UTC", default="UTC", max_length=64)),
                ("is_on", models.BooleanField(db_default=True, default=True)),
                ("after_ingest", models.BooleanField(db_default=False, default=False)),
                ("next_due", models.DateTimeField(editable=False, null=True)),
                ("planned_at", models.DateTimeField(editable=False, null=True)),
                ("used_until", models.DateTimeField(editable=False, null=True)),
                ("asked_by", person()),
                (
                    "capsule",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quality_schedule",
                        to="catalog.capsule",
                    ),
                ),
            ],
            options={
                "db_table": "quality_schedules",
                "ordering": ["capsule__name"],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        fields=["next_due"],
                        condition=models.Q(("next_due__isnull", False)),
                        name="quality_schedules_due",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=both_or_neither("planned_at", "used_until"),
                        name="planned_schedules_know_what_is_used",
                    ),
                ],
            },
        ),
        migrations.AddField("qualitycheck", "run", run("checks")),
        migrations.AddField("columnprofile", "run", run("profiles")),
        migrations.AddConstraint(
            "qualitycheck",
            models.UniqueConstraint(fields=("run", "rule"), name="a_run_checks_a_rule_once"),
        ),
        migrations.AddConstraint(
            "columnprofile",
            models.UniqueConstraint(fields=("run", "column"), name="a_run_profiles_a_column_once"),
        ),
        migrations.AddIndex(
            "qualityrule",
            models.Index(
                fields=["updated_at"],
                condition=models.Q(("config__has_key", "schedule")),
                name="idx_quality_rules_scheduled",
            ),
        ),
        DeleteActions("quality_runs", capsule_id="CASCADE", user_id="SET NULL"),
        DeleteActions("quality_schedules", capsule_id="CASCADE", asked_by_id="SET NULL"),
        DeleteActions("quality_checks", run_id="SET NULL"),
        DeleteActions("column_profiles", run_id="SET NULL"),
        InheritRank("quality_runs", "capsules", "capsule_id"),
        InheritRank("quality_schedules", "capsules", "capsule_id"),
        KeepTime("quality_schedules"),
        Audit("quality_schedules", ignore=("next_due", "planned_at", "used_until")),
    ]
