from django.db import migrations

import apps.dcs.fields
from apps.dcs.operations import CreateTablesIn


class Migration(migrations.Migration):
    dependencies = [("deploy", "0006_lineage_events")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.AddField(
            "plan",
            "reading",
            apps.dcs.fields.ObjectField(
                blank=True, db_default=apps.dcs.fields.empty_object(), default=dict, editable=False
            ),
        ),
    ]
