from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("provenance", "0001_initial")]

    operations = [
        RunSQLFile(
            SQL / "counters_v1.sql",
            reverse="DROP FUNCTION dcs.raise_counter(text); DROP TABLE dcs.change_counters",
        ),
    ]
