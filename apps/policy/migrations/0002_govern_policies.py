from django.db import migrations

from apps.workflow.operations import GovernForce


class Migration(migrations.Migration):
    """A policy protects while it is active or suspended for a while, a masking rule while it is enabled."""

    dependencies = [("policy", "0001_initial"), ("workflow", "0002_guard_force")]

    operations = [
        GovernForce(
            "data_policies",
            state="policy_status",
            in_force=["active", "suspended"],
            evidence=["approved_by", "approved_by_user_id", "approved_at"],
            governed=[
                "capsule_id",
                "column_id",
                "sensitivity_level",
                "classification_tags",
                "retention_period",
                "retention_start",
                "deletion_action",
                "legal_hold",
                "allowed_regions",
                "restricted_regions",
                "data_residency",
                "cross_border_transfer",
                "min_access_level",
                "allowed_roles",
                "denied_roles",
                "approved_purposes",
                "prohibited_purposes",
                "requires_masking",
                "masking_method",
                "masking_conditions",
                "encryption_required",
                "encryption_method",
                "encryption_at_rest",
                "encryption_in_transit",
                "compliance_frameworks",
                "consent_required",
                "right_to_erasure",
                "audit_log_required",
                "audit_retention_period",
                "review_frequency",
                "effective_from",
                "effective_to",
            ],
        ),
        GovernForce(
            "masking_rules",
            state="is_enabled",
            in_force=["true"],
            governed=[
                "column_id",
                "rule_name",
                "masking_method",
                "method_config",
                "apply_condition",
                "applies_to_roles",
                "exempt_roles",
                "preserve_length",
                "preserve_format",
                "preserve_type",
                "preserve_null",
                "is_reversible",
                "tokenization_vault",
                "priority",
            ],
        ),
    ]
