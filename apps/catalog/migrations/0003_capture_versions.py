from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.stamp_versions(uuid[]);
DROP FUNCTION dcs.last_change();
DROP FUNCTION dcs.touched_capsules(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_govern_value_domains"),
        ("audit", "0002_newest"),
        ("dcs", "0002_keep_time"),
    ]

    operations = [RunSQLFile(SQL / "versions_v1.sql", reverse=UNDO)]
