import django.db.models.deletion
from django.db import migrations, models

from apps.dcs.fields import NewKey
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank

HEALTH = ["kept", "at_risk", "broken", "unknown"]
ASPECTS = [
    ("", "Whole"),
    ("rows", "Rows"),
    ("downtime", "Downtime"),
    ("critical_rules", "Critical rules"),
    ("p95", "p95"),
    ("p99", "p99"),
]


class Migration(migrations.Migration):
    """When contracts are looked at again; each promise is measured once at a moment."""

    dependencies = [("contracts", "0003_keep_contracts_in_force")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name="Watch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("due_at", models.DateTimeField(editable=False)),
                ("looked_at", models.DateTimeField(editable=False, null=True)),
                ("data_updated_at", models.DateTimeField(editable=False, null=True)),
                (
                    "health",
                    models.CharField(
                        choices=[
                            ("kept", "Kept"),
                            ("at_risk", "At Risk"),
                            ("broken", "Broken"),
                            ("unknown", "Unknown"),
                        ],
                        db_default="unknown",
                        default="unknown",
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "contract",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="watch",
                        to="contracts.contract",
                    ),
                ),
            ],
            options={
                "db_table": "contract_watches",
                "ordering": ["due_at"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["due_at"], name="contract_watches_due")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("health__in", HEALTH)), name="contract_health_valid"
                    )
                ],
            },
        ),
        migrations.AddField(
            "measurement",
            "aspect",
            models.CharField(blank=True, choices=ASPECTS, db_default="", default="", max_length=20),
        ),
        migrations.AddConstraint(
            "measurement",
            models.UniqueConstraint(
                fields=("contract", "metric", "aspect", "measured_at"), name="a_promise_is_measured_once"
            ),
        ),
        migrations.AddConstraint(
            "measurement",
            models.CheckConstraint(
                condition=models.Q(("aspect__in", [word for word, _label in ASPECTS])),
                name="sla_aspect_valid",
            ),
        ),
        DeleteActions("contract_watches", contract_id="CASCADE"),
        InheritRank("contract_watches", "capsule_contracts", "contract_id"),
    ]
