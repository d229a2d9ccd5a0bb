from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.note_new_lineage() CASCADE;
DROP FUNCTION dcs.note_capsule_lineage() CASCADE;
DROP FUNCTION dcs.note_column_lineage() CASCADE;
DROP TRIGGER note_lineage ON dcs.capsule_lineage;
CREATE TRIGGER note_lineage AFTER INSERT OR UPDATE OR DELETE ON dcs.capsule_lineage
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_lineage();
DROP TRIGGER note_lineage ON dcs.column_lineage;
CREATE TRIGGER note_lineage AFTER INSERT OR UPDATE OR DELETE ON dcs.column_lineage
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_lineage();
"""


class Migration(migrations.Migration):
    dependencies = [("provenance", "0004_seen_edges")]

    operations = [RunSQLFile(SQL / "note_lineage_v2.sql", reverse=UNDO)]
