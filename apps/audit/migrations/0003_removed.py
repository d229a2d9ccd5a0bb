from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_newest")]

    operations = [
        # What was removed since a moment is asked of one table at a time: few rows among the many that were added.
        migrations.RunSQL(
            "CREATE INDEX idx_metadata_audit_log_removed ON dcs.metadata_audit_log (table_name, changed_at)"
            " WHERE operation = 'DELETE'",
            "DROP INDEX dcs.idx_metadata_audit_log_removed",
        ),
    ]
