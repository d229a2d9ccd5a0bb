import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.dcs.conditions import both_or_neither
from apps.dcs.operations import CreateTablesIn, DeleteActions


class Migration(migrations.Migration):
    dependencies = [
        ("deploy", "0003_take_over_plans"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.AddField("plan", "scheduled_for", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "plan",
            "scheduled_by",
            models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            "plan",
            models.CheckConstraint(
                condition=both_or_neither("scheduled_for", "scheduled_by"), name="a_schedule_has_a_person"
            ),
        ),
        migrations.AddIndex(
            "plan",
            models.Index(
                condition=models.Q(applied_at__isnull=True, scheduled_for__isnull=False),
                fields=["scheduled_for"],
                name="plans_due",
            ),
        ),
        DeleteActions("plans", scheduled_by_id="RESTRICT"),
    ]
