from pathlib import Path

from django.db import migrations, models

from apps.dcs.fields import Moment, NewKey, PeriodField
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.refresh_catalog_summary();
DROP MATERIALIZED VIEW dcs.catalog_capsule_summary;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("catalog", "0001_initial"),
        ("provenance", "0001_initial"),
        ("glossary", "0001_initial"),
        ("policy", "0001_initial"),
        ("quality", "0001_initial"),
        ("contracts", "0001_initial"),
    ]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name="CapsuleSummary",
            fields=[
                (
                    "capsule",
                    models.OneToOneField(
                        db_column="id",
                        db_constraint=False,
                        on_delete=models.DO_NOTHING,
                        primary_key=True,
                        related_name="summary",
                        serialize=False,
                        to="catalog.capsule",
                    ),
                ),
                ("urn", models.CharField(max_length=500)),
                ("name", models.CharField(max_length=255)),
                ("capsule_type", models.CharField(max_length=50)),
                ("layer", models.CharField(max_length=50, null=True)),
                ("description", models.TextField(null=True)),
                ("column_count", models.BigIntegerField()),
                ("index_count", models.BigIntegerField()),
                ("pk_count", models.BigIntegerField()),
                ("fk_count", models.BigIntegerField()),
                ("business_term_count", models.BigIntegerField()),
                ("quality_rule_count", models.BigIntegerField()),
                ("enabled_quality_rule_count", models.BigIntegerField()),
                ("highest_sensitivity", models.TextField(null=True)),
                ("has_masking", models.BooleanField()),
                ("freshness_sla", PeriodField(null=True)),
                ("quality_score_sla", models.DecimalField(decimal_places=4, max_digits=7, null=True)),
                ("contract_status", models.CharField(max_length=50, null=True)),
                ("upstream_count", models.BigIntegerField()),
                ("downstream_count", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "capsule summaries",
                "db_table": "catalog_capsule_summary",
                "ordering": ["name", "urn"],
                "permissions": [("refresh_summary", "Can refresh the catalogue summary")],
                "managed": False,
                "default_permissions": ("view",),
                "indexes": [],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="SummaryRefresh",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("view_name", models.CharField(max_length=100)),
                ("refreshed_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("refreshed_by", models.CharField(editable=False, max_length=255, null=True)),
                ("duration_ms", models.BigIntegerField(editable=False, null=True)),
                ("row_count", models.BigIntegerField(editable=False, null=True)),
            ],
            options={
                "verbose_name_plural": "summary refreshes",
                "db_table": "summary_refreshes",
                "ordering": ["view_name"],
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(fields=("view_name",), name="summary_refresh_view_unique")
                ],
                "indexes": [],
            },
        ),
        RunSQLFile(SQL / "catalog_capsule_summary_v1.sql", reverse=UNDO),
    ]
