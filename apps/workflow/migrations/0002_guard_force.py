from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = "DROP FUNCTION dcs.guard_force(); DROP FUNCTION dcs.require_approved(text, uuid, jsonb, text[])"


class Migration(migrations.Migration):
    dependencies = [("workflow", "0001_initial")]

    operations = [RunSQLFile(SQL / "guard_force_v1.sql", reverse=UNDO)]
