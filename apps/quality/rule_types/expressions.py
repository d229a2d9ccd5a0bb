"""What several types ask of a value: is it missing, blank, no number; and how often. Pure."""

from apps.quality.engine.plan import CannotCheck, Outcome, Plan
from apps.quality.verdicts import rows_hold

from . import NUMBER, TEXT, TIME

COUNTING = ("duckdb", "databricks", "trino", "snowflake")  # dialects with count_if
LARGEST = 1.7976931348623157e308


def kind_of(dtype):
    """text, number, time, boolean or other."""
    if dtype.is_string():
        return TEXT
    if dtype.is_integer() or dtype.is_floating() or dtype.is_decimal():
        return NUMBER
    if dtype.is_timestamp() or dtype.is_date():
        return TIME
    return "boolean" if dtype.is_boolean() else "other"


def column_of(table, name, kinds=None):
    """The column of a table; raises `CannotCheck` if it is missing or of another kind."""
    if name is None or name not in table.columns:
        raise CannotCheck("no_column", column=name or "")
    found = table[name]
    if kinds and kind_of(found.type()) not in kinds:
        raise CannotCheck(
            "wrong_kind", column=name, kind=kind_of(found.type()), wanted=", ".join(sorted(kinds))
        )
    return found


def counted(condition, env):
    """How many rows make `condition` true."""
    import ibis

    # The word for "never" spares the engine a look at every row.
    if condition is None:
        return ibis.literal(0, "int64")
    if env.dialect in COUNTING:
        return _count_if()(condition)
    return condition.ifelse(1, 0).sum()


def _count_if():
    import ibis

    global COUNT_IF
    if COUNT_IF is None:

        @ibis.udf.agg.builtin(name="count_if")
        def count_if(condition: bool) -> int: ...

        COUNT_IF = count_if
    return COUNT_IF


COUNT_IF = None


def either(*conditions):
    """One or the other, those that are None left out; None if all are."""
    found = None
    for condition in conditions:
        if condition is not None:
            found = condition if found is None else found | condition
    return found


def not_a_number(column, env):
    """NaN, or None for a column that cannot hold it."""
    import ibis

    kind = column.type()
    if kind.is_floating():
        return column.isnan()
    if kind.is_decimal() and env.dialect == "postgres":
        return column == ibis.literal("NaN").cast(kind)
    return None


def missing(column, spec, env):
    """NULL, or NaN unless the rule takes that for a value."""
    nan = not_a_number(column, env) if spec.config.get("nan_is_null", True) else None
    return either(column.isnull(), nan)


def blank(column, env, *, trim=True):
    """An empty text, or one of blanks alone."""
    if not trim:
        return column == ""
    only = column.replace(" ", "") == ""
    if env.dialect == "duckdb":
        # All of them sort before the first sign after the blank, in an engine that compares bytes: cheap to ask first.
        return (column < "!") & only
    return only


def unmeasurable(number):
    """NaN or infinite; engines agree that NaN is above every number."""
    return number.abs() > LARGEST


def as_double(column, env):
    """(The column as a double, what is finite of it alone; what is not finite, None if that cannot be.)"""
    import ibis

    number = column.cast("float64")
    if not_a_number(column, env) is None:
        return number, None
    odd = unmeasurable(number)
    return odd.ifelse(ibis.null("float64"), number), odd


def whole(number):
    """A count as an int; engines give NULL for the sum of no rows."""
    return int(number or 0)


def row_rule(table, spec, env, failing, *, shown=(), meta=None, footer=None):
    """A rule that is true or false of each row; `failing` is None where no row can fail."""

    def finish(numbers):
        rows, failures = whole(numbers["n"]), whole(numbers.get("f"))
        found = dict(meta or {})
        if not rows:
            found["empty"] = True
        return Outcome(rows_hold(spec, failures, rows), failures, failures, rows, found)

    aggregates = {"n": table.count()}
    if failing is not None:
        aggregates["f"] = counted(failing, env)
    return Plan(
        finish=finish,
        aggregates=aggregates,
        footer=footer,
        merge="sum",
        failing=None if failing is None else lambda _numbers: failing,
        shown=tuple(shown) or ((spec.column,) if spec.column else ()),
    )
