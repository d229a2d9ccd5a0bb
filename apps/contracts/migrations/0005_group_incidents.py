import django.db.models.deletion
from django.db import migrations, models

from apps.dcs.operations import DeleteActions


class Migration(migrations.Migration):
    """Incidents that follow from one further upstream stand under it."""

    dependencies = [("contracts", "0004_watch_contracts")]

    operations = [
        migrations.AddField(
            "incident",
            "root",
            models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="children",
                to="contracts.incident",
            ),
        ),
        DeleteActions("sla_incidents", root_id="SET NULL"),
    ]
