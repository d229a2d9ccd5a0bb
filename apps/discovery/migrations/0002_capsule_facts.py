from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from apps.dcs.fields import PeriodField
from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.recount_capsules(uuid[]);
DROP FUNCTION dcs.capsule_facts_at(uuid[], smallint[]);
DROP FUNCTION dcs.layer_rank(text);
DROP TABLE dcs.capsule_facts;
DROP SEQUENCE dcs.capsule_facts_ord;
"""


class Migration(migrations.Migration):
    dependencies = [("discovery", "0001_initial"), ("provenance", "0002_counters")]

    operations = [
        RunSQLFile(SQL / "capsule_facts_v1.sql", reverse=UNDO),
        migrations.CreateModel(
            name="CapsuleFacts",
            fields=[
                (
                    "capsule",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="catalog.capsule",
                    ),
                ),
                ("visible_from", models.SmallIntegerField()),
                ("visible_to", models.SmallIntegerField()),
                ("retired", models.BooleanField()),
                ("name_key", models.TextField()),
                ("capsule_type", models.TextField()),
                ("layer", models.TextField(null=True)),
                ("layer_rank", models.SmallIntegerField(null=True)),
                ("column_count", models.IntegerField()),
                ("index_count", models.IntegerField()),
                ("pk_count", models.IntegerField()),
                ("fk_count", models.IntegerField()),
                ("term_count", models.IntegerField()),
                ("rule_count", models.IntegerField()),
                ("enabled_rules", models.IntegerField()),
                ("policy_rank", models.SmallIntegerField(null=True)),
                ("has_masking", models.BooleanField()),
                ("freshness_sla", PeriodField(null=True)),
                ("quality_score_sla", models.DecimalField(decimal_places=4, max_digits=7, null=True)),
                ("contract_status", models.TextField(null=True)),
                ("upstream_count", models.IntegerField()),
                ("downstream_count", models.IntegerField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "capsule",
                "db_table": "capsule_facts",
                "ordering": ["name_key", "capsule"],
                "managed": False,
                "default_permissions": (),
            },
        ),
    ]
