from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_newest")]

    operations = [
        RunSQLFile(SQL / "record_change_v3.sql", reverse=SQL / "record_change_v2.sql"),
    ]
