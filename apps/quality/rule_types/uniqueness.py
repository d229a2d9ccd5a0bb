"""Rules about keys that occur again: the surplus, rows less distinct keys, is what would have to go. Pure."""

from apps.quality.engine.plan import CannotCheck, Outcome, Plan
from apps.quality.verdicts import at_most_share, compared, rows_hold, share

from . import CAPSULE, COLUMN, register_rule
from . import schemas as say
from .expressions import column_of, whole


@register_rule(
    "unique",
    category="uniqueness",
    subjects=[COLUMN],
    schema=say.parameters(
        "No repeated values", "No value occurs twice; missing values are left out.", say.tolerance()
    ),
)
def unique(table, spec, env):
    return repeats(table, (spec.column,), _surplus(spec))


@register_rule(
    "unique_combination",
    category="uniqueness",
    subjects=[CAPSULE],
    schema=say.parameters(
        "No repeated combinations",
        "No two rows agree in all of the columns; a row that lacks one of them is left out.",
        {
            "columns": say.column_names("Columns", "The columns that together name a row.", 2),
            **say.tolerance(),
        },
        required=["columns"],
        examples=[{"columns": ["order_id", "line_number"]}],
    ),
)
def unique_combination(table, spec, env):
    columns = tuple(spec.config.get("columns") or ())
    if len(columns) < 2:
        raise CannotCheck("too_few_columns", least=2)
    return repeats(table, columns, _surplus(spec))


def _surplus(spec):
    def judged(surplus, rows):
        return rows_hold(spec, surplus, rows), surplus

    return judged


@register_rule(
    "duplicate_threshold",
    category="uniqueness",
    subjects=[COLUMN, CAPSULE],
    compares="measured",
    share="most",
    schema=say.parameters(
        "Share of repeated values",
        "At most a given share of the rows repeats a value that another row has.",
        {
            "max_duplicate_percent": say.share(
                "Share that may repeat", "At most this percentage of the rows with a value.", examples=[0.5]
            ),
            "columns": say.column_names(
                "Columns", "For a rule about the capsule: the columns of the key.", 1
            ),
            **say.threshold("The share that repeats, in percent."),
        },
        any_of=["max_duplicate_percent", "threshold_value"],
        examples=[
            {"max_duplicate_percent": 0.5},
            {"max_duplicate_percent": 1, "columns": ["email", "country"]},
        ],
    ),
    check=lambda spec: _columns_missing(spec),
)
def duplicate_threshold(table, spec, env):
    def judged(surplus, rows):
        measured = share(surplus, rows) if rows else 0
        held = spec.threshold_percent is None or at_most_share(surplus, rows, spec.threshold_percent)
        if spec.threshold_value is not None:
            exact = (100 * surplus, spec.threshold_value * rows) if rows else (0, spec.threshold_value)
            held = held and compared(exact[0], spec.threshold_operator or "<=", exact[1])
        elif spec.threshold_percent is None:
            held = surplus == 0
        return held, measured

    return repeats(table, (spec.column,) if spec.column else tuple(spec.config.get("columns") or ()), judged)


def _columns_missing(spec):
    if not spec.column and not spec.config.get("columns"):
        yield "columns", "required", {}


def repeats(table, columns, judged):
    """The plan of a rule about a key; `judged(surplus, rows)` gives (does it hold, the number that decided)."""
    if not columns:
        raise CannotCheck("too_few_columns", least=1)
    for name in columns:
        column_of(table, name)

    def finish(numbers):
        rows, surplus = whole(numbers["rows"]), whole(numbers["rows"]) - whole(numbers["distinct"])
        held, measured = judged(surplus, rows)
        meta = {"groups": whole(numbers["groups"]), "involved_rows": whole(numbers["involved"])}
        if not rows:
            meta["empty"] = True
        return Outcome(held, measured, surplus, rows, meta)

    return Plan(
        finish=finish,
        repeated=columns,
        merge="hashes",
        failing=lambda _numbers: repeated_keys(table, columns),
        shown=columns,
    )


OCCURRENCES = "occurrences"


def repeated_keys(table, columns):
    """The keys that occur again, the most frequent first."""
    import ibis

    with_value = table.filter([table[name].notnull() for name in columns])
    counted = with_value.group_by(list(columns)).aggregate(**{OCCURRENCES: with_value.count()})
    return counted.filter(counted[OCCURRENCES] > 1).order_by([ibis.desc(OCCURRENCES), *columns])


def grouped(table, columns):
    """One row with rows, distinct, groups and involved, for engines that only group."""
    with_value = table.filter([table[name].notnull() for name in columns])
    keys = with_value.group_by(list(columns)).aggregate(times=with_value.count())
    again = keys.times > 1
    return keys.aggregate(
        rows=keys.times.sum(),
        distinct=keys.count(),
        groups=again.ifelse(1, 0).sum(),
        involved=again.ifelse(keys.times, 0).sum(),
    )


def rows_with_all(table, columns):
    """One row: how many rows have a value in each of the columns."""
    with_value = table.filter([table[name].notnull() for name in columns])
    return with_value.aggregate(rows=with_value.count())
