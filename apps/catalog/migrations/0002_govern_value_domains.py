from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile
from apps.workflow.operations import Govern

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.value_domain_in_use(uuid);
DROP TRIGGER stamp_since ON dcs.stewardships;
CREATE OR REPLACE FUNCTION dcs.looked_after(person uuid) RETURNS TABLE (domain_id uuid, since timestamptz) LANGUAGE sql STABLE
    AS 'SELECT NULL::uuid, NULL::timestamptz WHERE false';
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial"), ("workflow", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="valuedomain",
            options={
                "ordering": ["name"],
                "permissions": [("review_valuedomain", "Can decide on value domains")],
            },
        ),
        RunSQLFile(SQL / "looked_after_v1.sql", reverse=UNDO),
        Govern(
            "value_domains",
            in_use="value_domain_in_use",
            governed=[
                "domain_name",
                "domain_type",
                "description",
                "allowed_values",
                "pattern_regex",
                "pattern_description",
                "min_value",
                "max_value",
                "reference_table_urn",
                "reference_column_urn",
                "is_extensible",
            ],
        ),
    ]
