from django.db import migrations

from apps.workflow.operations import KeepInForce


class Migration(migrations.Migration):
    dependencies = [("policy", "0002_govern_policies"), ("workflow", "0005_guard_removal")]

    operations = [
        KeepInForce("data_policies", state="policy_status", in_force=["active", "suspended"]),
        KeepInForce("masking_rules", state="is_enabled", in_force=["true"]),
    ]
