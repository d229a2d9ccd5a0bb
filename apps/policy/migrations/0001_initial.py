from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.conditions import exactly_one
from apps.dcs.fields import (
    Moment,
    NewKey,
    Next,
    ObjectField,
    PeriodField,
    StringListField,
    an_object,
    empty_list,
    empty_object,
)
from apps.dcs.keys import uuid7
from apps.dcs.operations import CreateTablesIn, DeleteActions, InheritRank, KeepTime


class Migration(migrations.Migration):
    initial = True
    dependencies = [("catalog", "0001_initial")]

    operations = [
        CreateTablesIn("dcs"),
        migrations.RunSQL(
            "CREATE SEQUENCE dcs.data_policies_number", "DROP SEQUENCE dcs.data_policies_number"
        ),
        migrations.CreateModel(
            name="Policy",
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
                    "number",
                    models.BigIntegerField(db_default=Next("dcs.data_policies_number"), editable=False),
                ),
                (
                    "capsule",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="policies",
                        to="catalog.capsule",
                    ),
                ),
                (
                    "column",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="policies",
                        to="catalog.column",
                    ),
                ),
                (
                    "sensitivity_level",
                    models.CharField(
                        choices=[
                            ("public", "Public"),
                            ("internal", "Internal"),
                            ("confidential", "Confidential"),
                            ("restricted", "Restricted"),
                            ("secret", "Secret"),
                        ],
                        max_length=50,
                    ),
                ),
                ("classification_tags", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("retention_period", PeriodField(blank=True, null=True)),
                (
                    "retention_start",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ingestion", "When it came in"),
                            ("last_modified", "When it last changed"),
                            ("business_date", "At its business date"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                (
                    "deletion_action",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("hard_delete", "Delete"),
                            ("anonymize", "Anonymize"),
                            ("archive", "Archive"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                ("legal_hold", models.BooleanField(db_default=False, default=False)),
                ("allowed_regions", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("restricted_regions", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("data_residency", models.CharField(blank=True, max_length=50, null=True)),
                ("cross_border_transfer", models.BooleanField(db_default=True, default=True)),
                (
                    "min_access_level",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("public", "Public"),
                            ("authenticated", "Signed in"),
                            ("privileged", "Privileged"),
                            ("admin", "Administrators"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                ("allowed_roles", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("denied_roles", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("approved_purposes", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("prohibited_purposes", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("requires_masking", models.BooleanField(db_default=False, default=False)),
                (
                    "masking_method",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("redaction", "Redaction"),
                            ("partial_redaction", "Partial redaction"),
                            ("substitution", "Substitution"),
                            ("hashing", "Hashing"),
                            ("tokenization", "Tokenization"),
                            ("encryption", "Encryption"),
                            ("pseudonymization", "Pseudonymization"),
                            ("generalization", "Generalization"),
                            ("noise_addition", "Noise"),
                            ("format_preserving_encryption", "Format-preserving encryption"),
                            ("data_masking", "Shape-preserving substitution"),
                            ("custom", "Custom"),
                        ],
                        max_length=50,
                        null=True,
                    ),
                ),
                ("masking_conditions", models.JSONField(blank=True, null=True)),
                ("encryption_required", models.BooleanField(db_default=False, default=False)),
                (
                    "encryption_method",
                    models.CharField(
                        blank=True,
                        choices=[("aes256", "AES-256"), ("rsa", "RSA"), ("field_level", "By field")],
                        max_length=50,
                        null=True,
                    ),
                ),
                ("encryption_at_rest", models.BooleanField(db_default=False, default=False)),
                ("encryption_in_transit", models.BooleanField(db_default=True, default=True)),
                ("compliance_frameworks", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("consent_required", models.BooleanField(db_default=False, default=False)),
                ("right_to_erasure", models.BooleanField(db_default=False, default=False)),
                ("audit_log_required", models.BooleanField(db_default=False, default=False)),
                ("audit_retention_period", PeriodField(blank=True, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_column="policy_owner_id",
                        null=True,
                        on_delete=models.SET_NULL,
                        related_name="policies",
                        to="catalog.owner",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approved_by_user",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("approved_by", models.CharField(editable=False, max_length=255, null=True)),
                ("approved_at", models.DateTimeField(editable=False, null=True)),
                ("review_frequency", PeriodField(blank=True, null=True)),
                ("last_reviewed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("next_review_date", models.DateField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("under_review", "Under review"),
                            ("active", "Active"),
                            ("deprecated", "Deprecated"),
                            ("suspended", "Suspended"),
                        ],
                        db_column="policy_status",
                        db_default="draft",
                        default="draft",
                        editable=False,
                        max_length=50,
                    ),
                ),
                ("effective_from", models.DateField(blank=True, null=True)),
                ("effective_to", models.DateField(blank=True, null=True)),
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
                "verbose_name_plural": "policies",
                "db_table": "data_policies",
                "ordering": ["-number"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("capsule__isnull", False)),
                        fields=["capsule"],
                        name="idx_data_policies_capsule",
                    ),
                    models.Index(
                        condition=models.Q(("column__isnull", False)),
                        fields=["column"],
                        name="idx_data_policies_column",
                    ),
                    models.Index(fields=["sensitivity_level"], name="idx_data_policies_sensitivity"),
                    GinIndex(fields=["classification_tags"], name="idx_data_policies_classes"),
                    models.Index(
                        condition=models.Q(("status", "active")),
                        fields=["next_review_date"],
                        name="idx_data_policies_review",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("number",), name="policy_number_unique"),
                    models.CheckConstraint(
                        condition=exactly_one("capsule", "column"),
                        name="data_policies_has_subject",
                        violation_error_message="Name a capsule or a column, one of the two.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "sensitivity_level__in",
                                ["public", "internal", "confidential", "restricted", "secret"],
                            )
                        ),
                        name="sensitivity_level_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["draft", "under_review", "active", "deprecated", "suspended"])
                        ),
                        name="policy_status_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retention_start__in", ["ingestion", "last_modified", "business_date"])
                        ),
                        name="retention_start_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("deletion_action__in", ["hard_delete", "anonymize", "archive"])),
                        name="deletion_action_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("min_access_level__in", ["public", "authenticated", "privileged", "admin"])
                        ),
                        name="min_access_level_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "masking_method__in",
                                [
                                    "redaction",
                                    "partial_redaction",
                                    "substitution",
                                    "hashing",
                                    "tokenization",
                                    "encryption",
                                    "pseudonymization",
                                    "generalization",
                                    "noise_addition",
                                    "format_preserving_encryption",
                                    "data_masking",
                                    "custom",
                                ],
                            )
                        ),
                        name="policy_masking_method_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("encryption_method__in", ["aes256", "rsa", "field_level"])),
                        name="encryption_method_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("effective_from__lte", models.F("effective_to"))),
                        name="policy_dates_ordered",
                        violation_error_message="The policy ends before it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_by_user", models.F("author")), _negated=True),
                            models.Q(("approved_by_user", models.F("submitted_by")), _negated=True),
                        ),
                        name="policy_approved_by_another",
                        violation_error_message="Somebody else than the author has to approve.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MaskingRule",
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
                        on_delete=models.CASCADE, related_name="masking_rules", to="catalog.column"
                    ),
                ),
                ("name", models.CharField(db_column="rule_name", max_length=255)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("redaction", "Redaction"),
                            ("partial_redaction", "Partial redaction"),
                            ("substitution", "Substitution"),
                            ("hashing", "Hashing"),
                            ("tokenization", "Tokenization"),
                            ("encryption", "Encryption"),
                            ("pseudonymization", "Pseudonymization"),
                            ("generalization", "Generalization"),
                            ("noise_addition", "Noise"),
                            ("format_preserving_encryption", "Format-preserving encryption"),
                            ("data_masking", "Shape-preserving substitution"),
                            ("custom", "Custom"),
                        ],
                        db_column="masking_method",
                        max_length=50,
                    ),
                ),
                (
                    "config",
                    models.JSONField(
                        blank=True, db_column="method_config", default=dict, validators=[an_object]
                    ),
                ),
                ("condition", models.TextField(blank=True, db_column="apply_condition", null=True)),
                ("applies_to_roles", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("exempt_roles", StringListField(blank=True, db_default=empty_list(), default=list)),
                ("preserve_length", models.BooleanField(db_default=False, default=False)),
                ("preserve_format", models.BooleanField(db_default=False, default=False)),
                ("preserve_type", models.BooleanField(db_default=True, default=True)),
                ("preserve_null", models.BooleanField(db_default=True, default=True)),
                ("is_reversible", models.BooleanField(db_default=False, default=False)),
                ("tokenization_vault", models.CharField(blank=True, max_length=255, null=True)),
                ("priority", models.IntegerField(db_default=100, default=100)),
                ("is_enabled", models.BooleanField(db_default=True, default=True)),
                ("description", models.TextField(blank=True, null=True)),
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
                "db_table": "masking_rules",
                "ordering": ["priority", "created_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_enabled", True)),
                        fields=["is_enabled"],
                        name="idx_masking_rules_enabled",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "method__in",
                                [
                                    "redaction",
                                    "partial_redaction",
                                    "substitution",
                                    "hashing",
                                    "tokenization",
                                    "encryption",
                                    "pseudonymization",
                                    "generalization",
                                    "noise_addition",
                                    "format_preserving_encryption",
                                    "data_masking",
                                    "custom",
                                ],
                            )
                        ),
                        name="masking_method_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_reversible", False),
                            (
                                "method__in",
                                ["tokenization", "encryption", "format_preserving_encryption", "custom"],
                            ),
                            _connector="OR",
                        ),
                        name="reversible_method",
                        violation_error_message="This method cannot be reversed.",
                    ),
                ],
            },
        ),
        DeleteActions(
            "data_policies",
            capsule_id="CASCADE",
            column_id="CASCADE",
            policy_owner_id="SET NULL",
            author_id="RESTRICT",
            submitted_by_id="RESTRICT",
            approved_by_user_id="RESTRICT",
            capsule_version_id="SET NULL",
        ),
        DeleteActions("masking_rules", column_id="CASCADE", capsule_version_id="SET NULL"),
        KeepTime("data_policies"),
        KeepTime("masking_rules"),
        InheritRank("data_policies", "capsules", "capsule_id"),
        InheritRank("data_policies", "columns", "column_id"),
        InheritRank("masking_rules", "columns", "column_id"),
        Audit("data_policies"),
        Audit("masking_rules", hide=["method_config", "apply_condition"]),
    ]
