from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("workflow", "0004_hide_contents")]

    operations = [RunSQLFile(SQL / "guard_removal_v1.sql", reverse="DROP FUNCTION dcs.guard_removal()")]
