import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.dcs.conditions import both_or_neither
from apps.dcs.operations import CreateTablesIn, DeleteActions


class Migration(migrations.Migration):
    dependencies = [
        ("deploy", "0002_plan_parts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.AlterModelOptions(
            name="plan",
            options={
                "ordering": ["-number"],
                "permissions": [("take_over_plan", "Can apply what another person planned")],
            },
        ),
        migrations.AddField(
            "plan",
            "taken_over_by",
            models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("plan", "taken_over_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddConstraint(
            "plan",
            models.CheckConstraint(
                condition=both_or_neither("taken_over_by", "taken_over_at"), name="taking_over_has_a_time"
            ),
        ),
        DeleteActions("plans", taken_over_by_id="RESTRICT"),
    ]
