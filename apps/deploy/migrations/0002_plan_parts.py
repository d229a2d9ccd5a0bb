from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.fields import Moment, NewKey, ObjectField, empty_object
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, KeepTime

KEY = ("id", models.UUIDField(db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False))
# Reviews were about whole plans: what they held comes back with the next apply of the document, in parts.
OVERTAKE = """
UPDATE dcs.reviews SET state = 'superseded'
WHERE subject_table = 'plans' AND state IN ('draft', 'submitted', 'changes_requested')
"""


class Migration(migrations.Migration):
    dependencies = [("deploy", "0001_plans"), ("workflow", "0001_initial")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name="PlanPart",
            fields=[
                KEY,
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("updated_at", models.DateTimeField(db_default=Moment(), editable=False)),
                (
                    "plan",
                    models.ForeignKey(
                        editable=False,
                        on_delete=models.CASCADE,
                        related_name="parts",
                        to="deploy.plan",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("policy", "Policies"), ("contract", "Contracts")],
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("held", ObjectField(blank=True, db_default=empty_object(), default=dict, editable=False)),
            ],
            options={
                "db_table": "plan_parts",
                "ordering": ["-kind"],
                "constraints": [
                    models.UniqueConstraint(fields=("plan", "kind"), name="plan_part_unique"),
                    models.CheckConstraint(
                        condition=models.Q(kind__in=["policy", "contract"]), name="plan_part_kind_valid"
                    ),
                ],
            },
        ),
        DeleteActions("plan_parts", plan_id="CASCADE"),
        KeepTime("plan_parts"),
        Audit("plan_parts"),
        migrations.RunSQL(OVERTAKE, migrations.RunSQL.noop),
        migrations.RemoveField("plan", "held"),
    ]
