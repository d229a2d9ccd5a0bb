"""Rules are compiled alike, whatever the process has done with SQL before."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
AFTER_OTHER_SQL = """
import sqlglot
sqlglot.parse_one("SELECT a FROM b").sql("postgres")

import ibis
from apps.quality.engine.compiling import compiler

day = ibis.date(ibis.table({"n": "int64"}, name="t").n, 1, 1)
tree = compiler("postgres").to_sqlglot(day.name("day").as_table())
print(tree.sql(dialect="postgres"))
"""


def test_sql_that_was_written_before_does_not_change_how_a_rule_is_spelled():
    done = subprocess.run(
        [sys.executable, "-c", AFTER_OTHER_SQL], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "MAKE_DATE(" in done.stdout
