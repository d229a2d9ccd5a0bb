from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.fields import (
    Moment,
    NewKey,
    Next,
    NumberField,
    ObjectField,
    PercentField,
    StringListField,
    URNField,
    empty_list,
    empty_object,
    list_of_text,
)
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, KeepTime


class Migration(migrations.Migration):
    initial = True
    dependencies = [("dcs", "0001_schema"), ("people", "0001_initial"), ("audit", "0001_initial")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.RunSQL(
            "CREATE SEQUENCE dcs.ingestion_jobs_number", "DROP SEQUENCE dcs.ingestion_jobs_number"
        ),
        migrations.CreateModel(
            name="Owner",
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
                ("name", models.CharField(max_length=255)),
                (
                    "kind",
                    models.CharField(
                        choices=[("team", "Team"), ("individual", "Individual")],
                        db_column="owner_type",
                        db_default="team",
                        default="team",
                        max_length=50,
                    ),
                ),
                ("email", models.CharField(blank=True, max_length=255, null=True)),
                ("slack_channel", models.CharField(blank=True, max_length=100, null=True)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
            ],
            options={
                "db_table": "owners",
                "ordering": ["name", "kind"],
                "constraints": [
                    models.UniqueConstraint(fields=("name", "kind"), name="unique_owner_name_type"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["team", "individual"])), name="owner_type_valid"
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Domain",
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
                ("name", models.CharField(max_length=100)),
                ("description", models.TextField(blank=True, null=True)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="children",
                        to="catalog.domain",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="domains",
                        to="catalog.owner",
                    ),
                ),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
            ],
            options={
                "db_table": "domains",
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("name",), name="domain_name_unique")],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Stewardship",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="stewardships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "domain",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="stewardships", to="catalog.domain"
                    ),
                ),
                ("since", models.DateTimeField(db_default=Moment(), editable=False)),
            ],
            options={
                "db_table": "stewardships",
                "ordering": ["domain__name", "user__username"],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "domain"), name="stewardship_unique")
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="TeamMembership",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="team_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="team_memberships", to="catalog.owner"
                    ),
                ),
                ("since", models.DateTimeField(db_default=Moment(), editable=False)),
            ],
            options={
                "db_table": "team_memberships",
                "ordering": ["owner__name", "user__username"],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "owner"), name="team_membership_unique")
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="SourceSystem",
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
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        db_column="source_type", help_text="Such as dbt, postgres, files.", max_length=50
                    ),
                ),
                ("description", models.TextField(blank=True, null=True)),
                (
                    "connection",
                    ObjectField(
                        blank=True, db_column="connection_info", db_default=empty_object(), default=dict
                    ),
                ),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
            ],
            options={
                "db_table": "source_systems",
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("name",), name="source_system_name_unique")],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="IngestionJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                (
                    "number",
                    models.BigIntegerField(db_default=Next("dcs.ingestion_jobs_number"), editable=False),
                ),
                ("source_type", models.CharField(max_length=50)),
                ("source_name", models.CharField(blank=True, max_length=255, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("running", "Running"),
                            ("completed", "Completed"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        db_default="running",
                        default="running",
                        max_length=20,
                    ),
                ),
                ("started_at", models.DateTimeField(db_default=Moment())),
                ("completed_at", models.DateTimeField(blank=True, null=True)),
                ("stats", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("config", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("error_message", models.TextField(blank=True, null=True)),
                ("error_details", models.JSONField(blank=True, null=True)),
                ("environment", models.JSONField(blank=True, db_column="execution_environment", null=True)),
                (
                    "duration_ms",
                    models.BigIntegerField(blank=True, db_column="execution_duration_ms", null=True),
                ),
                ("records_processed", models.BigIntegerField(blank=True, null=True)),
                ("bytes_processed", models.BigIntegerField(blank=True, null=True)),
                ("logs_url", models.TextField(blank=True, db_column="execution_logs_url", null=True)),
                ("triggered_by", models.CharField(blank=True, max_length=255, null=True)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        db_column="parent_job_id",
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="children",
                        to="catalog.ingestionjob",
                    ),
                ),
            ],
            options={
                "db_table": "ingestion_jobs",
                "permissions": [("ingest", "Can ingest artifacts"), ("cancel_ingestion", "Can cancel an ingestion")],
                "ordering": ["-started_at", "-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("number",), name="ingestion_job_number_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["pending", "running", "completed", "failed", "cancelled"])
                        ),
                        name="ingestion_status_valid",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Capsule",
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
                ("urn", URNField(max_length=500, verbose_name="URN")),
                ("name", models.CharField(max_length=255)),
                ("capsule_type", models.CharField(max_length=50)),
                (
                    "source_system",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="capsules",
                        to="catalog.sourcesystem",
                    ),
                ),
                ("database_name", models.CharField(blank=True, max_length=255, null=True)),
                ("schema_name", models.CharField(blank=True, max_length=255, null=True)),
                (
                    "domain",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="capsules",
                        to="catalog.domain",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="capsules",
                        to="catalog.owner",
                    ),
                ),
                ("layer", models.CharField(blank=True, max_length=50, null=True)),
                ("materialization", models.CharField(blank=True, max_length=50, null=True)),
                ("description", models.TextField(blank=True, null=True)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("tags", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("has_tests", models.BooleanField(db_default=False, default=False)),
                ("test_count", models.IntegerField(db_default=0, default=0)),
                ("doc_coverage", models.FloatField(db_default=0.0, default=0.0)),
                (
                    "ingestion",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="capsules",
                        to="catalog.ingestionjob",
                    ),
                ),
                (
                    "partition_strategy",
                    models.CharField(
                        blank=True,
                        choices=[("range", "Range"), ("list", "List"), ("hash", "Hash"), ("none", "None")],
                        max_length=50,
                        null=True,
                    ),
                ),
                ("partition_key", StringListField(blank=True, null=True)),
                ("partition_expression", models.TextField(blank=True, null=True)),
                ("storage_format", models.CharField(blank=True, max_length=50, null=True)),
                ("storage_location", models.TextField(blank=True, null=True)),
                ("compression", models.CharField(blank=True, max_length=50, null=True)),
                ("table_size_bytes", models.BigIntegerField(blank=True, null=True)),
                ("row_count", models.BigIntegerField(blank=True, null=True)),
                ("last_analyzed_at", models.DateTimeField(blank=True, null=True)),
                ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("sensitivity_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
            ],
            options={
                "db_table": "capsules",
                "ordering": ["name", "urn"],
                "permissions": [
                    ("edit_capsule", "Can edit what a capsule is and means"),
                    ("edit_policy", "Can edit how a capsule's data is handled"),
                    ("edit_contract", "Can edit what is promised about a capsule"),
                    ("retire_capsule", "Can retire and restore a capsule"),
                    ("purge_capsule", "Can delete a retired capsule for good"),
                ],
                "indexes": [
                    models.Index(fields=["layer"], name="idx_capsules_layer"),
                    models.Index(fields=["capsule_type"], name="idx_capsules_type"),
                    GinIndex(fields=["tags"], name="idx_capsules_tags"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("urn",), name="capsule_urn_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("partition_strategy__in", ["range", "list", "hash", "none"])),
                        name="partition_strategy_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CapsuleAlias",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                ("urn", URNField(max_length=500, verbose_name="URN")),
                (
                    "capsule",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="aliases", to="catalog.capsule"),
                ),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
            ],
            options={
                "verbose_name_plural": "capsule aliases",
                "db_table": "capsule_aliases",
                "ordering": ["urn"],
                "constraints": [models.UniqueConstraint(fields=("urn",), name="capsule_alias_urn_unique")],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="CapsuleVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                (
                    "capsule",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="versions", to="catalog.capsule"
                    ),
                ),
                ("number", models.IntegerField(db_column="version_number")),
                ("name", models.CharField(blank=True, db_column="version_name", max_length=100, null=True)),
                (
                    "content_hash",
                    models.CharField(blank=True, db_column="version_hash", max_length=64, null=True),
                ),
                ("snapshot", models.JSONField(db_column="schema_snapshot")),
                (
                    "change_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("created", "Created"),
                            ("schema_change", "Schema change"),
                            ("metadata_change", "Metadata change"),
                            ("deleted", "Retired"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                ("change_summary", models.TextField(blank=True, null=True)),
                ("breaking_change", models.BooleanField(db_default=False, default=False)),
                (
                    "upstream_urns",
                    StringListField(
                        blank=True, db_column="upstream_capsule_urns", db_default=empty_list(), default=list
                    ),
                ),
                (
                    "downstream_urns",
                    StringListField(
                        blank=True, db_column="downstream_capsule_urns", db_default=empty_list(), default=list
                    ),
                ),
                ("deployed_at", models.DateTimeField(blank=True, null=True)),
                ("deployed_by", models.CharField(blank=True, max_length=255, null=True)),
                ("deployment_context", models.JSONField(blank=True, null=True)),
                ("git_commit_sha", models.CharField(blank=True, max_length=64, null=True)),
                ("git_branch", models.CharField(blank=True, max_length=255, null=True)),
                ("git_tag", models.CharField(blank=True, max_length=255, null=True)),
                ("git_repository", models.CharField(blank=True, max_length=500, null=True)),
                ("is_current", models.BooleanField(db_default=False, default=False)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
            ],
            options={
                "db_table": "capsule_versions",
                "ordering": ["-created_at", "-number"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_current", True)),
                        fields=["capsule", "is_current"],
                        name="idx_capsule_versions_current",
                    ),
                    models.Index(fields=["-created_at"], name="idx_capsule_versions_created"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("capsule", "number"), name="capsule_version_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("capsule",),
                        name="capsule_version_one_current",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("change_type__in", ["created", "schema_change", "metadata_change", "deleted"])
                        ),
                        name="change_type_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ValueDomain",
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
                ("name", models.CharField(db_column="domain_name", max_length=255)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("enum", "List of values"),
                            ("pattern", "Pattern"),
                            ("range", "Range"),
                            ("reference_data", "Reference data"),
                        ],
                        db_column="domain_type",
                        max_length=50,
                    ),
                ),
                ("description", models.TextField(blank=True, null=True)),
                ("allowed_values", models.JSONField(blank=True, null=True)),
                ("pattern", models.TextField(blank=True, db_column="pattern_regex", null=True)),
                ("pattern_description", models.TextField(blank=True, null=True)),
                ("min_value", NumberField(blank=True, null=True)),
                ("max_value", NumberField(blank=True, null=True)),
                ("reference_table_urn", URNField(blank=True, max_length=500, null=True)),
                ("reference_column_urn", URNField(blank=True, max_length=500, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="value_domains",
                        to="catalog.owner",
                    ),
                ),
                ("is_extensible", models.BooleanField(db_default=False, default=False)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
            ],
            options={
                "db_table": "value_domains",
                "ordering": ["name"],
                "indexes": [models.Index(fields=["kind"], name="idx_value_domains_type")],
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="value_domain_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["enum", "pattern", "range", "reference_data"])),
                        name="domain_type_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Column",
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
                ("urn", URNField(max_length=500, verbose_name="URN")),
                (
                    "capsule",
                    models.ForeignKey(on_delete=models.CASCADE, related_name="columns", to="catalog.capsule"),
                ),
                ("name", models.CharField(max_length=255)),
                ("data_type", models.CharField(blank=True, max_length=100, null=True)),
                ("ordinal_position", models.IntegerField(blank=True, null=True)),
                ("is_nullable", models.BooleanField(db_default=True, default=True)),
                (
                    "semantic_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pii", "Personal data"),
                            ("business_key", "Business key"),
                            ("natural_key", "Natural key"),
                            ("surrogate_key", "Surrogate key"),
                            ("foreign_key", "Foreign key"),
                            ("metric", "Metric"),
                            ("measure", "Measure"),
                            ("dimension", "Dimension"),
                            ("timestamp", "Timestamp"),
                            ("event_time", "Event time"),
                            ("processing_time", "Processing time"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                (
                    "pii_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("direct_identifier", "Direct identifier"),
                            ("email", "E-mail address"),
                            ("phone", "Phone number"),
                            ("address", "Address"),
                            ("ssn", "National number"),
                            ("credit_card", "Card number"),
                            ("bank_account", "Bank account"),
                            ("health", "Health"),
                            ("biometric", "Biometric"),
                            ("date_of_birth", "Date of birth"),
                            ("name", "Name"),
                            ("ip_address", "IP address"),
                            ("device_id", "Device"),
                        ],
                        max_length=50,
                        null=True,
                        verbose_name="PII type",
                    ),
                ),
                (
                    "pii_detected_by",
                    models.CharField(blank=True, max_length=50, null=True, verbose_name="PII detected by"),
                ),
                ("description", models.TextField(blank=True, null=True)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("tags", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("stats", ObjectField(blank=True, db_default=empty_object(), default=dict, editable=False)),
                ("has_tests", models.BooleanField(db_default=False, default=False)),
                ("test_count", models.IntegerField(db_default=0, default=0)),
                ("unit_of_measure", models.CharField(blank=True, max_length=100, null=True)),
                (
                    "value_domain_name",
                    models.CharField(
                        blank=True,
                        db_column="value_domain",
                        help_text="For a vocabulary that is not registered; the registered one rules.",
                        max_length=100,
                        null=True,
                    ),
                ),
                (
                    "value_domain",
                    models.ForeignKey(
                        blank=True,
                        db_column="value_domain_id",
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="columns",
                        to="catalog.valuedomain",
                    ),
                ),
                ("value_range_min", NumberField(blank=True, null=True)),
                ("value_range_max", NumberField(blank=True, null=True)),
                ("allowed_values", models.JSONField(blank=True, null=True)),
                ("format_pattern", models.CharField(blank=True, max_length=255, null=True)),
                (
                    "format_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("regex", "Regular expression"),
                            ("strftime", "Date picture"),
                            ("mask", "Mask"),
                        ],
                        max_length=20,
                        null=True,
                    ),
                ),
                ("example_values", models.JSONField(blank=True, db_default=empty_list(), default=list)),
                ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("sensitivity_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
            ],
            options={
                "db_table": "columns",
                "ordering": ["capsule", "ordinal_position", "name"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("pii_type__isnull", False)),
                        fields=["pii_type"],
                        name="idx_columns_pii_type",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("urn",), name="column_urn_unique"),
                    models.UniqueConstraint(fields=("capsule", "name"), name="unique_column_per_capsule"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "semantic_type__in",
                                [
                                    "pii",
                                    "business_key",
                                    "natural_key",
                                    "surrogate_key",
                                    "foreign_key",
                                    "metric",
                                    "measure",
                                    "dimension",
                                    "timestamp",
                                    "event_time",
                                    "processing_time",
                                ],
                            )
                        ),
                        name="semantic_type_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "pii_type__in",
                                [
                                    "direct_identifier",
                                    "email",
                                    "phone",
                                    "address",
                                    "ssn",
                                    "credit_card",
                                    "bank_account",
                                    "health",
                                    "biometric",
                                    "date_of_birth",
                                    "name",
                                    "ip_address",
                                    "device_id",
                                ],
                            )
                        ),
                        name="pii_type_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("format_kind__in", ["regex", "strftime", "mask"])),
                        name="format_kind_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value_range_min__lte", models.F("value_range_max"))),
                        name="value_range_ordered",
                        violation_error_message="The smallest value is above the largest.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Constraint",
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
                    "column",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="constraints", to="catalog.column"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("primary_key", "Primary key"),
                            ("foreign_key", "Foreign key"),
                            ("unique", "Unique"),
                            ("check", "Check"),
                            ("not_null", "Not null"),
                            ("default", "Default"),
                        ],
                        db_column="constraint_type",
                        max_length=50,
                    ),
                ),
                (
                    "name",
                    models.CharField(blank=True, db_column="constraint_name", max_length=255, null=True),
                ),
                ("ordinal", models.IntegerField(blank=True, null=True)),
                ("referenced_table_urn", URNField(blank=True, max_length=500, null=True)),
                ("referenced_column_urn", URNField(blank=True, max_length=500, null=True)),
                (
                    "on_delete_action",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CASCADE", "Cascade"),
                            ("SET NULL", "Set null"),
                            ("SET DEFAULT", "Set default"),
                            ("RESTRICT", "Restrict"),
                            ("NO ACTION", "No action"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                (
                    "on_update_action",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CASCADE", "Cascade"),
                            ("SET NULL", "Set null"),
                            ("SET DEFAULT", "Set default"),
                            ("RESTRICT", "Restrict"),
                            ("NO ACTION", "No action"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                ("check_expression", models.TextField(blank=True, null=True)),
                ("default_value", models.TextField(blank=True, null=True)),
                ("default_expression", models.TextField(blank=True, null=True)),
                ("is_enforced", models.BooleanField(db_default=True, default=True)),
                ("is_deferrable", models.BooleanField(db_default=False, default=False)),
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
                "db_table": "column_constraints",
                "ordering": ["kind", "name", "ordinal"],
                "indexes": [
                    models.Index(fields=["kind"], name="idx_column_constraints_type"),
                    models.Index(
                        condition=models.Q(("referenced_table_urn__isnull", False)),
                        fields=["referenced_table_urn"],
                        name="idx_column_constraints_ref",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["primary_key", "foreign_key", "unique", "check", "not_null", "default"],
                            )
                        ),
                        name="constraint_type_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "on_delete_action__in",
                                ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"],
                            )
                        ),
                        name="on_delete_action_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "on_update_action__in",
                                ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"],
                            )
                        ),
                        name="on_update_action_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Index",
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
                    models.ForeignKey(on_delete=models.CASCADE, related_name="indexes", to="catalog.capsule"),
                ),
                ("name", models.CharField(db_column="index_name", max_length=255)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("btree", "B-tree"),
                            ("hash", "Hash"),
                            ("gin", "GIN"),
                            ("gist", "GiST"),
                            ("brin", "BRIN"),
                            ("spgist", "SP-GiST"),
                        ],
                        db_column="index_type",
                        db_default="btree",
                        default="btree",
                        max_length=50,
                    ),
                ),
                ("is_unique", models.BooleanField(db_default=False, default=False)),
                ("is_primary", models.BooleanField(db_default=False, default=False)),
                ("column_names", models.JSONField(blank=True, default=list, validators=[list_of_text])),
                ("expressions", StringListField(blank=True, db_column="column_expressions", null=True)),
                ("is_partial", models.BooleanField(db_default=False, default=False)),
                ("partial_predicate", models.TextField(blank=True, null=True)),
                ("tablespace", models.CharField(blank=True, max_length=255, null=True)),
                ("fill_factor", models.IntegerField(blank=True, null=True)),
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
                "verbose_name_plural": "indexes",
                "db_table": "capsule_indexes",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("capsule", "name"), name="capsule_index_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["btree", "hash", "gin", "gist", "brin", "spgist"])),
                        name="index_type_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fill_factor__range", (10, 100))),
                        name="fill_factor_valid",
                        violation_error_message="The fill factor is between 10 and 100.",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Tag",
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
                ("name", models.CharField(max_length=100)),
                ("category", models.CharField(blank=True, max_length=50, null=True)),
                ("description", models.TextField(blank=True, null=True)),
                ("color", models.CharField(blank=True, max_length=7, null=True)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
            ],
            options={
                "db_table": "tags",
                "ordering": ["name", "category"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "category"), name="unique_tag_name_category", nulls_distinct=False
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="CapsuleTag",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                (
                    "capsule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="tag_links",
                        to="catalog.capsule",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="capsule_links", to="catalog.tag"
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
            ],
            options={
                "db_table": "capsule_tags",
                "ordering": ["tag__name"],
                "constraints": [
                    models.UniqueConstraint(fields=("capsule", "tag"), name="capsule_tag_unique")
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ColumnTag",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                (
                    "column",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="tag_links",
                        to="catalog.column",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="column_links", to="catalog.tag"
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=Moment(), editable=False)),
            ],
            options={
                "db_table": "column_tags",
                "ordering": ["tag__name"],
                "constraints": [models.UniqueConstraint(fields=("column", "tag"), name="column_tag_unique")],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="DataProduct",
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
                ("name", models.CharField(max_length=255)),
                ("description", models.TextField(blank=True, null=True)),
                ("version", models.CharField(blank=True, max_length=50, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("active", "Active"), ("deprecated", "Deprecated")],
                        db_default="draft",
                        default="draft",
                        max_length=50,
                    ),
                ),
                (
                    "domain",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="products",
                        to="catalog.domain",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="products",
                        to="catalog.owner",
                    ),
                ),
                ("slo_freshness_hours", models.IntegerField(blank=True, null=True)),
                ("slo_availability_percent", PercentField(blank=True, null=True)),
                ("slo_quality_threshold", PercentField(blank=True, null=True)),
                ("meta", ObjectField(blank=True, db_default=empty_object(), default=dict)),
                ("tags", StringListField(blank=True, db_default=empty_list(), default=list)),
            ],
            options={
                "db_table": "data_products",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="data_product_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["draft", "active", "deprecated"])),
                        name="data_product_status_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slo_availability_percent__range", (0, 100))),
                        name="slo_availability_percent_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slo_quality_threshold__range", (0, 100))),
                        name="slo_quality_threshold_valid",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="ProductMember",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility_rank", models.SmallIntegerField(db_default=2, default=2, editable=False)),
                (
                    "capsule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="product_links",
                        to="catalog.capsule",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_column="data_product_id",
                        on_delete=models.CASCADE,
                        related_name="members",
                        to="catalog.dataproduct",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("member", "Member"), ("input", "Input"), ("output", "Output")],
                        db_default="member",
                        default="member",
                        max_length=50,
                    ),
                ),
            ],
            options={
                "db_table": "capsule_data_products",
                "ordering": ["product__name", "capsule__name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("capsule", "product"), name="capsule_data_product_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["member", "input", "output"])),
                        name="data_product_role_valid",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.AddField(
            model_name="dataproduct",
            name="capsules",
            field=models.ManyToManyField(
                related_name="products", through="catalog.ProductMember", to="catalog.capsule"
            ),
        ),
        DeleteActions("domains", parent_id="SET NULL", owner_id="SET NULL"),
        DeleteActions("stewardships", user_id="CASCADE", domain_id="CASCADE"),
        DeleteActions("team_memberships", user_id="CASCADE", owner_id="CASCADE"),
        DeleteActions("ingestion_jobs", parent_job_id="SET NULL"),
        DeleteActions(
            "capsules",
            source_system_id="SET NULL",
            domain_id="SET NULL",
            owner_id="SET NULL",
            ingestion_id="SET NULL",
        ),
        DeleteActions("capsule_aliases", capsule_id="CASCADE"),
        DeleteActions("capsule_versions", capsule_id="CASCADE"),
        DeleteActions("value_domains", owner_id="SET NULL"),
        DeleteActions("columns", capsule_id="CASCADE", value_domain_id="SET NULL"),
        DeleteActions("column_constraints", column_id="CASCADE", capsule_version_id="SET NULL"),
        DeleteActions("capsule_indexes", capsule_id="CASCADE", capsule_version_id="SET NULL"),
        DeleteActions("capsule_tags", capsule_id="CASCADE", tag_id="CASCADE"),
        DeleteActions("column_tags", column_id="CASCADE", tag_id="CASCADE"),
        DeleteActions("data_products", domain_id="SET NULL", owner_id="SET NULL"),
        DeleteActions("capsule_data_products", capsule_id="CASCADE", data_product_id="CASCADE"),
        KeepTime("owners"),
        KeepTime("domains"),
        KeepTime("source_systems"),
        KeepTime("capsules"),
        KeepTime("value_domains"),
        KeepTime("columns"),
        KeepTime("column_constraints"),
        KeepTime("capsule_indexes"),
        KeepTime("tags"),
        KeepTime("data_products"),
        InheritRank("capsule_aliases", "capsules", "capsule_id"),
        InheritRank("capsule_versions", "capsules", "capsule_id"),
        InheritRank("columns", "capsules", "capsule_id"),
        InheritRank("column_constraints", "columns", "column_id"),
        InheritRank("capsule_indexes", "capsules", "capsule_id"),
        InheritRank("capsule_tags", "capsules", "capsule_id"),
        InheritRank("column_tags", "columns", "column_id"),
        InheritRank("capsule_data_products", "capsules", "capsule_id"),
        Audit("owners"),
        Audit("domains"),
        Audit("stewardships"),
        Audit("team_memberships"),
        Audit("source_systems", hide=["connection_info"]),
        Audit("ingestion_jobs"),
        Audit("capsules"),
        Audit("capsule_aliases"),
        Audit("capsule_versions", hide=["schema_snapshot"]),
        Audit("value_domains"),
        Audit("columns", hide=["example_values"], ignore=["stats"]),
        Audit("column_constraints"),
        Audit("capsule_indexes"),
        Audit("tags"),
        Audit("capsule_tags"),
        Audit("column_tags"),
        Audit("data_products"),
        Audit("capsule_data_products"),
    ]
