from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.audit_unguarded();
DROP FUNCTION dcs.audit_unsealed_since(xid8);
DROP FUNCTION dcs.audit_rows(xid8, xid8);
DROP FUNCTION dcs.audit_digest(xid8, xid8, bytea);
DROP FUNCTION dcs.audit_sealable(xid8, bigint);
DROP FUNCTION dcs.audit_row(dcs.metadata_audit_log);
DROP INDEX dcs.idx_metadata_audit_log_sealed;
DROP TABLE dcs.audit_seals;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_removed")]

    operations = [
        RunSQLFile(SQL / "audit_seals_v1.sql", reverse=UNDO),
    ]
