"""Functions that rules may name."""

import duckdb
import ibis
import pytest
from ibis.backends.sql.compilers import DuckDBCompiler

from apps.quality import functions
from apps.quality.benford import benford
from apps.quality.engine.environment import Environment
from apps.quality.engine.plan import CannotCheck, RuleSpec

RULE = RuleSpec("r", "custom_function", column="amount", config={"function": "benford"})


def measured(amounts):
    """What the function finds in a column with the values of an SQL query."""
    table = ibis.table({"amount": "float64"}, name="payload")
    plan = benford(table, RULE, Environment(now=None, dialect="duckdb"))
    sql = DuckDBCompiler().to_sqlglot(table.aggregate(**plan.aggregates).unbind()).sql("duckdb")
    with duckdb.connect() as duck:
        duck.execute(f"CREATE TABLE payload AS {amounts}")
        found = duck.execute(sql)
        return plan.finish(dict(zip([each[0] for each in found.description], found.fetchone(), strict=True)))


def test_amounts_that_grew_by_themselves_follow_the_law():
    outcome = measured("SELECT exp(i * 0.0231) AS amount FROM range(1000) t(i)")

    assert outcome.ok
    assert outcome.measured < 0.5
    assert outcome.total == 1000


def test_amounts_drawn_evenly_do_not():
    outcome = measured("SELECT (i + 1)::DOUBLE AS amount FROM range(999) t(i)")

    assert not outcome.ok
    assert outcome.meta["shares"] == {str(digit): 11.1111 for digit in range(1, 10)}


@pytest.mark.parametrize(
    ("amount", "digit"), [(0.3, "3"), (1000, "1"), (0.001, "1"), (999_999, "9"), (-42, "4"), (1e-300, "1")]
)
def test_each_amount_counts_by_its_first_digit(amount, digit):
    outcome = measured(f"SELECT {amount!r}::DOUBLE AS amount FROM range(300)")

    assert outcome.meta["shares"][digit] == 100


def test_too_few_amounts_are_not_judged_and_zeros_and_missing_values_do_not_count():
    with pytest.raises(CannotCheck) as refused:
        measured("SELECT unnest([0.0, NULL, 12.5])::DOUBLE AS amount")

    assert (refused.value.status, refused.value.values["found"]) == ("skipped", 1)


def test_listed_modules_register_their_functions(settings):
    found = functions.load(settings.QUALITY_FUNCTIONS)

    assert "benford" in found
    assert found["benford"].subjects == {"column"}


def test_no_two_functions_share_a_name():
    with pytest.raises(ValueError, match="benford"):
        functions.register_function("benford", title="x", description="x")(lambda table, rule, env: None)
