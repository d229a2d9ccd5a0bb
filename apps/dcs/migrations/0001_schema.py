from pathlib import Path

from django.db import migrations

from apps.dcs.operations import CreateTablesIn, RunSQLFile

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        CreateTablesIn("dcs"),
        RunSQLFile(
            SQL / "base_v1.sql",
            reverse="DROP FUNCTION dcs.pass_rank(); DROP FUNCTION dcs.inherit_rank();"
            " DROP FUNCTION dcs.setting(text); DROP FUNCTION dcs.keep_time()",
        ),
    ]
