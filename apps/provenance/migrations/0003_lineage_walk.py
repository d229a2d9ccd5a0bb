from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.note_nodes() CASCADE;
DROP FUNCTION dcs.note_lineage() CASCADE;
DROP FUNCTION dcs.walk_columns(uuid, integer, integer, integer, integer);
DROP FUNCTION dcs.walk_capsules(uuid, integer, integer, integer, integer);
"""


class Migration(migrations.Migration):
    dependencies = [("provenance", "0002_counters")]

    operations = [RunSQLFile(SQL / "lineage_walk_v1.sql", reverse=UNDO)]
