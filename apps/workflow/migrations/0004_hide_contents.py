from django.db import migrations

from apps.audit.operations import Audit

WHOLE = Audit("review_members")


class Migration(migrations.Migration):
    """What a proposal says of its records stays with it; the log would repeat settings that it must not hold."""

    dependencies = [("workflow", "0003_say_why_owners_are_told")]

    operations = [
        migrations.RunSQL(WHOLE.reverse_sql, WHOLE.sql),
        Audit("review_members", hide=["base", "content"]),
    ]
