from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP INDEX dcs.quality_checks_latest;
DROP FUNCTION dcs.after_named_rows() CASCADE;
DROP FUNCTION dcs.after_capsule_lineage() CASCADE;
DROP FUNCTION dcs.after_capsule_rows() CASCADE;
DROP FUNCTION dcs.after_column_rows() CASCADE;
DROP FUNCTION dcs.after_checks() CASCADE;
DROP FUNCTION dcs.after_subject_rows() CASCADE;
DROP FUNCTION dcs.after_columns() CASCADE;
DROP FUNCTION dcs.after_capsules() CASCADE;
DROP FUNCTION dcs.prune_search();
DROP FUNCTION dcs.recount_dated_capsules();
DROP FUNCTION dcs.refresh_capsule_facts(uuid[]);
DROP FUNCTION dcs.keep_capsules(uuid[], uuid[]);
"""


class Migration(migrations.Migration):
    dependencies = [("discovery", "0003_search")]

    operations = [RunSQLFile(SQL / "catalogue_triggers_v1.sql", reverse=UNDO)]
