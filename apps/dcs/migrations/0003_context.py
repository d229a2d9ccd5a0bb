from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
CREATE OR REPLACE FUNCTION dcs.setting(key text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog
    AS $$ SELECT nullif(current_setting('dcs.' || key, true), '') $$;
DROP FUNCTION dcs.via();
DROP FUNCTION dcs.actor();
DROP FUNCTION dcs.roles();
DROP FUNCTION dcs.clearance();
DROP FUNCTION dcs.context();
DROP TABLE dcs.context_keys;
"""


class Migration(migrations.Migration):
    dependencies = [("dcs", "0002_keep_time")]

    operations = [RunSQLFile(SQL / "context_v1.sql", reverse=UNDO)]
