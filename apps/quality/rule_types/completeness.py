"""Rules about values that are not there. Pure."""

from apps.quality.engine.plan import Outcome, Plan
from apps.quality.verdicts import compared, share

from . import COLUMN, TEXT, register_rule
from . import schemas as say
from .expressions import blank, column_of, counted, either, kind_of, missing, not_a_number, row_rule, whole


@register_rule(
    "not_null",
    category="completeness",
    subjects=[COLUMN],
    schema=say.parameters(
        "No missing values",
        "Every row has a value.",
        {"nan_is_null": say.NAN, **say.tolerance()},
        examples=[{}, {"max_failure_percent": 0.5}],
    ),
)
def not_null(table, spec, env):
    column = column_of(table, spec.column)
    return row_rule(table, spec, env, missing(column, spec, env), footer=_nulls(column, spec, env))


def _nulls(column, spec, env):
    """The counts of NULL in footers, for columns whose values cannot be NaN."""
    if spec.config.get("nan_is_null", True) and not_a_number(column, env) is not None:
        return None

    def footer(metadata):
        bounds = metadata.columns.get(spec.column)
        if bounds is None or bounds.nulls is None:
            return None
        return {"n": metadata.rows, "f": bounds.nulls}

    return footer


@register_rule(
    "no_empty_strings",
    category="completeness",
    subjects=[COLUMN],
    kinds=[TEXT],
    schema=say.parameters(
        "No empty texts",
        "No text is empty or made of blanks alone; a missing value passes.",
        {
            "trim": say.told(
                "Blanks are nothing", "Whether a text of blanks alone is empty.", "boolean", default=True
            ),
            **say.tolerance(),
        },
        examples=[{}, {"trim": False}],
    ),
)
def no_empty_strings(table, spec, env):
    column = column_of(table, spec.column, [TEXT])
    return row_rule(table, spec, env, blank(column, env, trim=spec.config.get("trim", True)))


@register_rule(
    "completeness_threshold",
    category="completeness",
    subjects=[COLUMN],
    compares="measured",
    operator=">=",
    schema=say.parameters(
        "Share of filled values",
        "At least a given share of rows has a value.",
        {
            "threshold_percent": say.share(
                "Share that is filled", "At least this percentage of rows has a value.", examples=[95]
            ),
            "allow_null": say.told(
                "Missing values count as filled", "Whether NULL is a value.", "boolean", default=False
            ),
            "allow_empty": say.told(
                "Empty texts count as filled", "Whether a blank text is a value.", "boolean", default=False
            ),
            "nan_is_null": say.NAN,
            **say.threshold("The share that is filled, in percent."),
        },
        any_of=["threshold_percent", "threshold_value"],
        examples=[{"threshold_percent": 95}, {"threshold_percent": 99.5, "allow_empty": True}],
    ),
)
def completeness_threshold(table, spec, env):
    column = column_of(table, spec.column)
    lacking = None if spec.config.get("allow_null") else missing(column, spec, env)
    is_text = kind_of(column.type()) == TEXT
    empty = blank(column, env) if is_text and not spec.config.get("allow_empty") else None
    failing = either(lacking, empty)

    def finish(numbers):
        rows, failures = whole(numbers["n"]), whole(numbers.get("f"))
        measured = share(rows - failures, rows) if rows else 100
        return Outcome(
            _filled(spec, failures, rows), measured, failures, rows, {} if rows else {"empty": True}
        )

    return Plan(
        finish=finish,
        aggregates={"n": table.count()} | ({} if failing is None else {"f": counted(failing, env)}),
        footer=_nulls(column, spec, env) if empty is None and lacking is not None else None,
        merge="sum",
        failing=None if failing is None else lambda _numbers: failing,
        shown=(spec.column,),
    )


def _filled(spec, failures, rows):
    if spec.threshold_value is not None:
        exact = 100 * (rows - failures), spec.threshold_value * rows
        sign = spec.threshold_operator or ">="
        if (
            rows
            and not compared(exact[0], sign, exact[1])
            or not rows
            and not compared(100, sign, spec.threshold_value)
        ):
            return False
    if spec.threshold_percent is None:
        return spec.threshold_value is not None or failures == 0
    return 100 * (rows - failures) >= spec.threshold_percent * rows
