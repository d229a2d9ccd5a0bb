from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP INDEX dcs.capsule_facts_by_layer_use;
DROP TRIGGER log_insert ON dcs.capsule_facts;
DROP TRIGGER log_update ON dcs.capsule_facts;
DROP TRIGGER log_delete ON dcs.capsule_facts;
DROP FUNCTION dcs.prune_facts_log();
DROP FUNCTION dcs.log_facts();
DROP TABLE dcs.capsule_facts_log;
"""


class Migration(migrations.Migration):
    dependencies = [("discovery", "0006_find_products")]

    operations = [RunSQLFile(SQL / "facts_log_v1.sql", reverse=UNDO)]
