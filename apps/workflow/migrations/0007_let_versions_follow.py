from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    """What has versions leaves force when the next one is approved, or when its approved last day has come."""

    dependencies = [("workflow", "0006_tell_consumers")]

    operations = [RunSQLFile(SQL / "guard_force_v2.sql", reverse=SQL / "guard_force_v2_undo.sql")]
