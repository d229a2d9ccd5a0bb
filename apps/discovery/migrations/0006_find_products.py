from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("discovery", "0005_saved_views")]

    operations = [RunSQLFile(SQL / "index_names_v2.sql", reverse=SQL / "index_names_v1.sql")]
