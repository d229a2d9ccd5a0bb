from pathlib import Path

from django.db import migrations, models

from apps.audit.operations import Audit
from apps.dcs.fields import Moment, NewKey
from apps.dcs.operations import KeepTime, RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.record_change() CASCADE;
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
        # The table is made above: Django knows it, and leaves it alone.
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.UUIDField(db_default=NewKey(), editable=False, primary_key=True, serialize=False),
                ),
                ("seq", models.BigIntegerField(editable=False)),
                ("table_name", models.CharField(max_length=100)),
                ("record_id", models.UUIDField(null=True)),
                (
                    "operation",
                    models.CharField(
                        choices=[
                            ("INSERT", "added"),
                            ("UPDATE", "changed"),
                            ("DELETE", "removed"),
                            ("TRUNCATE", "emptied"),
                        ],
                        max_length=20,
                    ),
                ),
                ("old_values", models.JSONField(null=True)),
                ("new_values", models.JSONField(null=True)),
                ("changed_fields", models.JSONField(default=list)),
                ("changed_by", models.CharField(max_length=255, null=True)),
                ("changed_at", models.DateTimeField(db_default=Moment())),
                ("change_reason", models.TextField(null=True)),
                ("session_id", models.CharField(max_length=100, null=True)),
                ("application", models.CharField(max_length=100, null=True)),
                ("ip_address", models.GenericIPAddressField(null=True)),
                ("db_user", models.CharField(max_length=63, null=True)),
                ("request_id", models.CharField(max_length=100, null=True)),
                ("review_id", models.UUIDField(null=True)),
                ("visibility_rank", models.SmallIntegerField(default=2)),
            ],
            options={
                "db_table": "metadata_audit_log",
                "ordering": ["-changed_at", "-seq"],
                "managed": False,
                "default_permissions": ("view",),
                "indexes": [],
                "constraints": [],
            },
        ),
        Audit("users", hide=["password"], ignore=["last_login"]),
        Audit("memberships"),
        Audit("users_user_permissions"),
        Audit("api_tokens", hide=["digest", "token_key"], ignore=["last_used_at"]),
        Audit("auth_group", schema="public"),
        Audit("auth_group_permissions", schema="public"),
        KeepTime("users"),
    ]
