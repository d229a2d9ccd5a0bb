from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.recount_capsules(uuid[]);
DROP FUNCTION dcs.capsule_facts_at(uuid[], smallint[]);
DROP FUNCTION dcs.layer_rank(text);
DROP TABLE dcs.capsule_facts;
DROP SEQUENCE dcs.capsule_facts_ord;
"""


class Migration(migrations.Migration):
    dependencies = [("discovery", "0001_initial"), ("provenance", "0002_counters")]

    operations = [RunSQLFile(SQL / "capsule_facts_v1.sql", reverse=UNDO)]
