from pathlib import Path

from django.db import migrations

from apps.dcs.operations import RunSQLFile

SQL = Path(__file__).parent.parent / "sql"
UNDO = """
DROP FUNCTION dcs.index_names(text, uuid[]);
DROP FUNCTION dcs.index_capsules(uuid[]);
DROP FUNCTION dcs.boost(integer, text);
DROP FUNCTION dcs.learn_column_names(text[]);
DROP FUNCTION dcs.learn_words(text[]);
DROP TABLE dcs.search_words;
DROP TABLE dcs.search_names;
DROP INDEX dcs.columns_by_name;
DROP TABLE dcs.column_names;
DROP TABLE dcs.capsule_words;
DROP TABLE dcs.capsule_search;
DROP FUNCTION dcs.words_query(text);
DROP FUNCTION dcs.grams(text);
DROP FUNCTION dcs.words(text);
"""


class Migration(migrations.Migration):
    dependencies = [("discovery", "0002_capsule_facts")]

    operations = [RunSQLFile(SQL / "search_tables_v1.sql", reverse=UNDO)]
