from pathlib import Path

from django.db import migrations, models

import apps.dcs.fields
from apps.audit.operations import Audit
from apps.dcs.operations import KeepTime, RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.record_change() CASCADE;
DROP FUNCTION dcs.record_key(text, jsonb);
DROP FUNCTION dcs.loggable(jsonb, text[]);
DROP TABLE dcs.audit_key;
DROP FUNCTION dcs.make_audit_partitions(date);
DROP TABLE dcs.metadata_audit_log;
DROP FUNCTION dcs.refuse_change();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("dcs", "0001_schema"), ("people", "0001_initial")]

    operations = [
        RunSQLFile(SQL / "metadata_audit_log_v1.sql", reverse=UNDO),
        Audit("users", hide=["password"], ignore=["last_login"]),
        Audit("memberships"),
        Audit("users_user_permissions"),
        Audit("api_tokens", hide=["digest", "token_key"], ignore=["last_used_at"]),
        Audit("auth_group", schema="public"),
        Audit("auth_group_permissions", schema="public"),
        KeepTime("users"),
    ]
