from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
FIRST = (SQL / "versions_v1.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_capture_versions")]

    operations = [
        RunSQLFile(
            SQL / "stamp_versions_v2.sql",
            reverse=FIRST[FIRST.index("CREATE FUNCTION dcs.stamp_versions") :].replace(
                "CREATE", "CREATE OR REPLACE", 1
            ),
        )
    ]
