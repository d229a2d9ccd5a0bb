from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
FIRST = (SQL / "capsule_facts_v1.sql").read_text()
UNDO = """
DROP TRIGGER keep_health_update ON dcs.ingestion_jobs;
DROP TRIGGER keep_health_insert ON dcs.run_capsules;
DROP TRIGGER keep_health_update ON dcs.run_capsules;
DROP TRIGGER keep_health_delete ON dcs.run_capsules;
DROP TRIGGER keep_health_insert ON dcs.contract_watches;
DROP TRIGGER keep_health_update ON dcs.contract_watches;
DROP TRIGGER keep_health_delete ON dcs.contract_watches;
DROP FUNCTION dcs.after_runs();
DROP FUNCTION dcs.after_run_capsules();
DROP FUNCTION dcs.after_watches();
DROP FUNCTION dcs.keep_health(uuid[]);
DROP FUNCTION dcs.recount_capsules(uuid[]);
DROP FUNCTION dcs.capsule_facts_at(uuid[], smallint[]);
DROP FUNCTION dcs.capsule_health(uuid, smallint);
DROP INDEX dcs.capsule_facts_by_health;
DROP INDEX dcs.capsule_facts_by_freshness;
DROP FUNCTION dcs.health_rank(text);
ALTER TABLE dcs.capsule_facts DROP COLUMN health, DROP COLUMN data_updated_at;
""" + FIRST[FIRST.index("CREATE FUNCTION dcs.capsule_facts_at") :]


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0007_facts_log"),
        ("contracts", "0004_watch_contracts"),
        ("provenance", "0004_seen_edges"),
    ]

    operations = [RunSQLFile(SQL / "capsule_facts_v2.sql", reverse=UNDO)]
