from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
FIRST = (SQL / "metadata_audit_log_v1.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        RunSQLFile(
            SQL / "record_change_v2.sql",
            reverse=FIRST[FIRST.index("CREATE FUNCTION dcs.record_change") :].replace("CREATE", "CREATE OR REPLACE", 1),
        ),
    ]
