from django.db import migrations

from apps.audit.operations import Audit

PLANS, PARTS = Audit("plans", ignore=("content", "result")), Audit("plan_parts")


class Migration(migrations.Migration):
    """What plans and their parts say stays with them; the log would repeat the settings of masks."""

    dependencies = [("deploy", "0004_schedule_plans")]

    operations = [
        migrations.RunSQL(PLANS.reverse_sql, PLANS.sql),
        Audit("plans", hide=["content", "result"], ignore=["content", "result"]),
        migrations.RunSQL(PARTS.reverse_sql, PARTS.sql),
        Audit("plan_parts", hide=["held"]),
    ]
