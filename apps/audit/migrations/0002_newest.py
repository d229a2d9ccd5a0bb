from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        # Rows of one transaction share their time: after an ingestion of a million columns the newest fifty
        # were found by sorting them all.
        migrations.RunSQL(
            "CREATE INDEX idx_metadata_audit_log_newest ON dcs.metadata_audit_log (changed_at DESC, seq DESC)",
            "DROP INDEX dcs.idx_metadata_audit_log_newest",
        ),
    ]
