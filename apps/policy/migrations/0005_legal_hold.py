from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.keep_held_capsule() CASCADE;
DROP FUNCTION dcs.keep_held_column() CASCADE;
DROP FUNCTION dcs.keep_held_retention() CASCADE;
DROP FUNCTION dcs.refuse_held();
DROP FUNCTION dcs.keeps_less(interval, text, interval, text);
DROP FUNCTION dcs.length_of(interval);
DROP FUNCTION dcs.column_held(uuid, uuid);
DROP FUNCTION dcs.held(uuid);
"""


class Migration(migrations.Migration):
    """What a legal hold covers is neither taken out of use nor deleted nor kept for less time."""

    dependencies = [("policy", "0004_detected_personal_data"), ("catalog", "0001_initial")]

    operations = [RunSQLFile(SQL / "legal_hold_v1.sql", reverse=UNDO)]
