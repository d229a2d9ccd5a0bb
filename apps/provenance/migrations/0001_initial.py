from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.conditions import exactly_one
from apps.dcs.fields import Moment, NewKey, ObjectField, StringListField, URNField, empty_list, empty_object
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, KeepTime


class Migration(migrations.Migration):
    initial = True
    dependencies = [("catalog", "0001_initial")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.CreateModel(
            name="CapsuleEdge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("source_urn", URNField(max_length=500)),
                ("target_urn", URNField(max_length=500)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="downstream_edges", to="catalog.capsule"
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="upstream_edges", to="catalog.capsule"
                    ),
                ),
                ("edge_type", models.CharField(db_default="flows_to", default="flows_to", max_length=50)),
                ("transformation", models.CharField(blank=True, max_length=50, null=True)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                (
                    "ingestion",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="capsule_edges",
                        to="catalog.ingestionjob",
                    ),
                ),
            ],
            options={
                "verbose_name": "capsule edge",
                "db_table": "capsule_lineage",
                "ordering": ["source_urn", "target_urn"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "target", "edge_type"), name="unique_capsule_edge"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", models.F("target")), _negated=True),
                        name="capsule_edge_no_self",
                        violation_error_message="A capsule does not flow into itself.",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ColumnEdge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("source_urn", URNField(max_length=500)),
                ("target_urn", URNField(max_length=500)),
                (
                    "source",
                    models.ForeignKey(
                        db_column="source_column_id",
                        on_delete=models.CASCADE,
                        related_name="downstream_edges",
                        to="catalog.column",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        db_column="target_column_id",
                        on_delete=models.CASCADE,
                        related_name="upstream_edges",
                        to="catalog.column",
                    ),
                ),
                ("transformation_type", models.CharField(blank=True, max_length=50, null=True)),
                ("transformation_expr", models.TextField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                (
                    "ingestion",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="column_edges",
                        to="catalog.ingestionjob",
                    ),
                ),
            ],
            options={
                "verbose_name": "column edge",
                "db_table": "column_lineage",
                "ordering": ["source_urn", "target_urn"],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "target"), name="unique_column_edge"),
                    models.CheckConstraint(
                        condition=models.Q(("source", models.F("target")), _negated=True),
                        name="column_edge_no_self",
                        violation_error_message="A column does not flow into itself.",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="TransformationCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
                ("updated_at", models.DateTimeField(db_default=Moment(), editable=False)),
                (
                    "capsule",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="code",
                        to="catalog.capsule",
                    ),
                ),
                (
                    "edge",
                    models.ForeignKey(
                        blank=True,
                        db_column="lineage_edge_id",
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="code",
                        to="provenance.capsuleedge",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("sql", "SQL"),
                            ("python", "Python"),
                            ("spark_sql", "Spark SQL"),
                            ("dbt", "dbt"),
                            ("other", "Other"),
                        ],
                        max_length=50,
                    ),
                ),
                ("code_text", models.TextField()),
                ("code_hash", models.CharField(blank=True, editable=False, max_length=64, null=True)),
                ("function_name", models.CharField(blank=True, max_length=255, null=True)),
                ("file_path", models.CharField(blank=True, max_length=500, null=True)),
                ("line_start", models.IntegerField(blank=True, null=True)),
                ("line_end", models.IntegerField(blank=True, null=True)),
                ("git_commit_sha", models.CharField(blank=True, max_length=64, null=True)),
                ("git_repository", models.CharField(blank=True, max_length=500, null=True)),
                ("upstream_references", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("function_calls", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                (
                    "capsule_version",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="+",
                        to="catalog.capsuleversion",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "transformation code",
                "db_table": "transformation_code",
                "ordering": ["file_path", "function_name", "created_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("capsule__isnull", False)),
                        fields=["capsule"],
                        name="idx_transformation_code_caps",
                    ),
                    models.Index(
                        condition=models.Q(("edge__isnull", False)),
                        fields=["edge"],
                        name="idx_transformation_code_edge",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=exactly_one("capsule", "edge"),
                        name="transformation_code_has_subject",
                        violation_error_message="Name a capsule or an edge, one of the two.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["sql", "python", "spark_sql", "dbt", "other"])),
                        name="code_language_valid",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("capsule__isnull", False)),
                        fields=("capsule", "code_hash"),
                        name="capsule_code_unique",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("edge__isnull", False)),
                        fields=("edge", "code_hash"),
                        name="edge_code_unique",
                    ),
                ],
            },
        ),
        DeleteActions("capsule_lineage", source_id="CASCADE", target_id="CASCADE", ingestion_id="SET NULL"),
        DeleteActions(
            "column_lineage", source_column_id="CASCADE", target_column_id="CASCADE", ingestion_id="SET NULL"
        ),
        DeleteActions(
            "transformation_code",
            capsule_id="CASCADE",
            lineage_edge_id="CASCADE",
            capsule_version_id="SET NULL",
        ),
        KeepTime("transformation_code"),
        InheritRank("capsule_lineage", "capsules", "source_id"),
        InheritRank("capsule_lineage", "capsules", "target_id"),
        InheritRank("column_lineage", "columns", "source_column_id"),
        InheritRank("column_lineage", "columns", "target_column_id"),
        InheritRank("transformation_code", "capsules", "capsule_id"),
        InheritRank("transformation_code", "capsule_lineage", "lineage_edge_id"),
        Audit("capsule_lineage"),
        Audit("column_lineage"),
        Audit("transformation_code", hide=["code_text"]),
    ]
