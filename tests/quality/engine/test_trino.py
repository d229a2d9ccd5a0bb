"""Rules as Trino would be asked: no server runs here, so what is written is parsed again and looked at, and nothing more."""

import pytest
import sqlglot
from sqlglot import exp

from apps.quality import functions
from apps.quality.engine.planner import Planner
from apps.quality.engine.runner import sql_of
from apps.quality.rule_types import TYPES
from tests.quality.differential.cases import SAME
from tests.quality.differential.data import ODD
from tests.quality.engines import NOON, rules

COLUMNS = {
    "n": "bigint", "word": "varchar", "amount": "double", "price": "decimal(38,2)", "seen": "timestamp(6)",
    "at": "timestamp(6) with time zone", "day": "date", "flag": "boolean", ODD: "varchar",
}  # fmt: skip
# What Trino has no exact words for, or where nobody has shown yet that people's SQL is checked as its own.
UNSAID = {"outlier_detection": "quantiles", "custom_sql": "dialect"}


class Trino:
    """An engine that has tables and answers nothing."""

    dialect, version = "trino", "470"

    def relation(self, alias="payload"):
        return f'"shop"."{alias}"'

    def types(self, _alias="payload"):
        return COLUMNS


@pytest.mark.parametrize("case", SAME, ids=lambda case: f"{case[0]}-{case[1]}")
def test_each_kind_of_rule_is_written_for_trino_or_refused(case):
    kind, column, rule, *_expected = case
    functions.load(["apps.quality.benford"])
    (spec,) = rules((kind, column, rule))

    written = sql_of(spec, Trino(), now=NOON)

    if kind in UNSAID:
        assert written == ""
        return
    for statement in written.split(";\n"):
        tree = sqlglot.parse_one(statement, read="trino")
        assert isinstance(tree, exp.Select)
        assert {table.db for table in tree.find_all(exp.Table)} == {"shop"}


def test_only_people_s_own_sql_and_exact_quantiles_are_left_out():
    assert set(UNSAID) < set(TYPES)
    (spec,) = rules(("custom_sql", None, {"config": {"sql": "SELECT n FROM payload"}}))

    assert Planner(Trino(), NOON).task(0, spec).fault.code == UNSAID["custom_sql"]


@pytest.mark.parametrize("column", ["day", "seen", "at"])
def test_ages_of_days_and_times_are_both_seconds_of_a_time(column):
    (spec,) = rules(("freshness", column, {"config": {"max_age": "1 day"}}))

    tree = sqlglot.parse_one(sql_of(spec, Trino(), now=NOON), read="trino")

    # Trino's to_unixtime takes times and no days.
    (age,) = tree.find_all(exp.TimeToUnix)
    assert isinstance(age.this, exp.Cast)
