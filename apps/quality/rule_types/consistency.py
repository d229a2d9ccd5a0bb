"""Rules about values that must agree with others: of another table, or of the same row. Pure."""

import operator

from apps.quality.engine.plan import CannotCheck, Outcome, Plan
from apps.quality.refused import Refused
from apps.quality.verdicts import rows_hold

from . import CAPSULE, COLUMN, register_rule
from . import schemas as say
from .expressions import column_of, kind_of, row_rule, whole
from .uniqueness import OCCURRENCES

COMPARED = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


@register_rule(
    "referential_integrity",
    category="consistency",
    subjects=[COLUMN],
    schema=say.parameters(
        "Values exist in another column",
        "Every value occurs in the column that it refers to, on the same source.",
        {
            "reference": say.told(
                "Column referred to", "The URN of a column, or table.column.", ["string", "object"],
                examples=["urn:dcs:dbt:model:jaffle_shop.staging:stg_customers.customer_id"],
            ),
            "reference_table": say.told("Table referred to", "A table of the same source.", "string"),
            "reference_column": say.told("Its column", "The column of that table.", "string"),
            **say.tolerance(),
        },
        any_of=["reference", "reference_table"],
        examples=[{"reference_table": "customers", "reference_column": "customer_id"}],
    ),
)  # fmt: skip
def referential_integrity(table, spec, env):
    column = column_of(table, spec.column)
    known = _referred(spec, env)
    if kind_of(known.type()) != kind_of(column.type()):
        kinds = kind_of(column.type()), kind_of(known.type())
        raise CannotCheck("kinds_differ", column=spec.column, kind=kinds[0], other=kinds[1])
    keys = known.name("known").as_table().distinct()
    orphans = (
        table.select(**{spec.column: column})
        .filter(column.notnull())
        .anti_join(keys, [(spec.column, "known")])
    )

    def finish(numbers):
        rows, failures = whole(numbers["n"]), whole(numbers["orphans"])
        return Outcome(
            rows_hold(spec, failures, rows), failures, failures, rows, {} if rows else {"empty": True}
        )

    return Plan(
        finish=finish,
        aggregates={"n": table.count()},
        queries={"orphans": orphans.aggregate(orphans=orphans.count())},
        failing=lambda _numbers: _most_frequent(orphans, spec.column),
        shown=(spec.column,),
    )


def _referred(spec, env):
    found = spec.references.get(spec.column) or next(iter(spec.references.values()), None)
    if found is None:
        raise CannotCheck("no_reference")
    alias, name = found
    if alias not in env.tables:
        raise CannotCheck("no_table", table=alias)
    return column_of(env.tables[alias], name)


def _most_frequent(orphans, name):
    import ibis

    counted = orphans.group_by([name]).aggregate(**{OCCURRENCES: orphans.count()})
    return counted.order_by([ibis.desc(OCCURRENCES), name])


@register_rule(
    "cross_field_validation",
    category="consistency",
    subjects=[CAPSULE],
    schema=say.parameters(
        "Columns agree with each other",
        "A comparison of two columns, or an expression, is not false for any row; unknown passes.",
        {
            "columns": say.column_names("Columns", "The columns that are compared.", 1),
            "left": say.told("Left column", "The column on the left.", "string"),
            "operator": say.told("Comparison", "How the two compare.", "string", enum=say.OPERATORS),
            "right": say.told("Right column", "The column on the right.", "string"),
            "check_expression": say.told(
                "Expression", "What must not be false of a row.", "string", minLength=1,
                examples=["total = net + tax"],
            ),
            **say.tolerance(),
        },
        any_of=["check_expression", "left"],
        dependentRequired={"left": ["operator", "right"]},
        examples=[{"columns": ["shipped_at", "created_at"], "left": "shipped_at", "operator": ">=", "right": "created_at"}],
    ),
    check=lambda spec: _expression_faults(spec),
)  # fmt: skip
def cross_field_validation(table, spec, env):
    config = spec.config
    if config.get("check_expression"):
        holds, named = expression(table, config["check_expression"], env)
    else:
        named = (config.get("left"), config.get("right"))
        left, right = (column_of(table, name) for name in named)
        sign = config.get("operator")
        if sign not in COMPARED:
            raise CannotCheck("no_operator")
        if kind_of(left.type()) != kind_of(right.type()):
            raise CannotCheck(
                "kinds_differ", column=named[0], kind=kind_of(left.type()), other=kind_of(right.type())
            )
        holds = COMPARED[sign](left, right)
    shown = dict.fromkeys([*(name for name in config.get("columns") or () if name in table.columns), *named])
    return row_rule(table, spec, env, ~holds, shown=tuple(shown))


def expression(table, text, env):
    """(What people wrote as an expression of Ibis, the columns that it names). Raises `CannotCheck`."""
    from apps.quality import safesql

    try:
        written = safesql.expression(text, list(table.columns), env.dialect)
    except Refused as error:
        raise CannotCheck(error.code, **error.values) from None
    return env.written(table, written)


def _expression_faults(spec):
    """What is wrong with the words of an expression, as far as the columns it names can be taken for granted."""
    from apps.quality import safesql

    if text := spec.config.get("check_expression"):
        try:
            safesql.expression(text, spec.config.get("columns") or (), "duckdb")
        except Refused as error:
            yield "check_expression", error.code, error.values
