from django.db import migrations

from apps.workflow.operations import GovernForce


def govern(**further):
    return GovernForce(
        "capsule_contracts",
        state="contract_status",
        in_force=["active", "breached"],
        by_itself=["active", "breached"],
        evidence=["approved_by", "approved_by_user_id", "approved_at"],
        governed=[
            "capsule_id",
            "contract_version",
            "freshness_sla",
            "freshness_schedule",
            "completeness_sla",
            "expected_row_count_min",
            "expected_row_count_max",
            "availability_sla",
            "max_downtime",
            "max_downtime_period",
            "quality_score_sla",
            "critical_quality_rules",
            "query_latency_p95",
            "query_latency_p99",
            "schema_change_policy",
            "breaking_change_notice_days",
            "support_level",
            "support_contact",
            "support_slack_channel",
            "support_oncall",
            "maintenance_windows",
            "deprecation_policy",
            "deprecation_date",
            "replacement_capsule_urn",
            "known_consumers",
            "consumer_notification_required",
            "target_row_count",
            "target_size_bytes",
            "target_column_count",
            "cost_center",
            "billing_tags",
        ],
        **further,
    )


class Again(migrations.RunSQL):
    """Replace the trigger that guards contracts."""

    def __init__(self, before, after):
        on = 'dcs."capsule_contracts"'
        super().__init__(*(
            f"DROP TRIGGER close_reviews ON {on};\nDROP TRIGGER govern ON {on};\n{each.sql}" for each in (after, before)
        ))


class Migration(migrations.Migration):
    """An approved version replaces the one in force; one that was approved with a last day ends with it."""

    dependencies = [("contracts", "0005_group_incidents"), ("workflow", "0007_let_versions_follow")]

    operations = [
        Again(
            govern(),
            govern(versions=("capsule_id", "superseded"), ends=("deprecation_date", "deprecated")),
        ),
    ]
