from django.db import migrations

from apps.workflow.operations import KeepInForce


class Migration(migrations.Migration):
    dependencies = [("contracts", "0002_govern_contracts"), ("workflow", "0005_guard_removal")]

    operations = [
        KeepInForce("capsule_contracts", state="contract_status", in_force=["active", "breached"]),
    ]
