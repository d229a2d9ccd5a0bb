"""Rules about how recent rows are. Times without a zone are UTC; `now` is one instant for the whole run. Pure."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from apps.quality.engine.plan import CannotCheck, Outcome, Plan
from apps.quality.verdicts import compared, share

from . import CAPSULE, COLUMN, TIME, register_rule
from . import schemas as say
from .expressions import column_of, counted, whole
from .literals import UP, at_precision, literal, moment
from .periods import seconds

MICROSECONDS = 1_000_000


@register_rule(
    "freshness",
    category="timeliness",
    subjects=[COLUMN, CAPSULE],
    kinds=[TIME],
    compares="age",
    share=None,
    schema=say.parameters(
        "Newest value is recent",
        "The newest value is at most so old; without any value the rule fails.",
        {
            "max_age": say.told(
                "Largest age", "A duration, such as 4 hours or PT4H.", "string", examples=["PT4H", "4 hours"]
            ),
            "column": say.told(
                "Column", "For a rule about the capsule: the time that is looked at; without one, when its files were last written.",
                "string",
            ),
            **say.threshold("The age in seconds."),
        },
        any_of=["max_age", "threshold_value"],
        examples=[{"max_age": "4 hours"}, {"max_age": "PT24H", "column": "created_at"}],
    ),
    check=lambda spec: _period_faults(spec, "max_age"),
)  # fmt: skip
def freshness(table, spec, env):
    limit = seconds(spec.config["max_age"]) if spec.config.get("max_age") else None
    if limit is None and spec.threshold_value is None:
        raise CannotCheck("no_limit")

    def finish(numbers):
        newest = numbers["newest"]
        if newest is None:
            return Outcome(False, None, meta={"empty": True})
        age = Decimal(micros(env.now) - int(newest)) / MICROSECONDS
        meta = {"future": True} if age < 0 else {}
        age = max(age, Decimal(0))
        held = limit is None or age <= limit
        if spec.threshold_value is not None:
            held = held and compared(age, spec.threshold_operator or "<=", spec.threshold_value)
        return Outcome(held, age, meta=meta)

    name = spec.column or spec.config.get("column")
    if name is None:
        return Plan(finish=finish, footer=_written_last, only_footer=True)
    column = column_of(table, name, [TIME])
    return Plan(
        finish=finish,
        aggregates={"newest": env.microseconds(column.max())},
        footer=lambda found: _newest(found, name),
        merge="max",
    )


def _written_last(metadata):
    """When the files were last written, for a capsule without a column of times."""
    if metadata.changed_at is None:
        return None
    return {"newest": int(Decimal(repr(metadata.changed_at)) * MICROSECONDS)}


def _newest(metadata, name):
    bounds = metadata.columns.get(name)
    if bounds is None or bounds.nulls is None:
        return None
    if bounds.nulls == metadata.rows:
        return {"newest": None}
    return None if bounds.highest is None else {"newest": micros(moment(bounds.highest))}


def micros(instant):
    """Microseconds since 1970, exactly."""
    return (moment(instant) - moment("1970-01-01")) // timedelta(microseconds=1)


def _period_faults(spec, key):
    if spec.config.get(key):
        try:
            seconds(spec.config[key])
        except CannotCheck as fault:
            yield key, fault.code, fault.values


@register_rule(
    "recency_check",
    category="timeliness",
    subjects=[COLUMN, CAPSULE],
    kinds=[TIME],
    compares="measured",
    operator=">=",
    schema=say.parameters(
        "Share of recent rows",
        "Enough rows lie within the last hours or days: a share of them, or a number.",
        {
            "window": say.told("Window", "A duration, such as 1 day or P1D.", "string", examples=["P1D", "24 hours"]),
            "min_rows": say.told("Rows", "At least so many recent rows.", "integer", minimum=0, default=1),
            "threshold_percent": say.share("Share of recent rows", "At least this percentage of rows is recent."),
            "column": say.told("Column", "For a rule about the capsule: the time that is looked at.", "string"),
            **say.threshold("The share, or the number of rows."),
        },
        required=["window"],
        examples=[{"window": "P1D", "min_rows": 100}, {"window": "7 days", "threshold_percent": 10}],
    ),
    check=lambda spec: [*_period_faults(spec, "window"), *_column_missing(spec)],
)  # fmt: skip
def recency_check(table, spec, env):
    name = spec.column or spec.config.get("column")
    column = column_of(table, name, [TIME])
    if not spec.config.get("window"):
        raise CannotCheck("no_limit")
    since = _before(env.now, seconds(spec.config["window"]))
    recent = column >= literal(column.type(), at_precision(column.type(), since, UP))

    def finish(numbers):
        rows, within = whole(numbers["n"]), whole(numbers["recent"])
        judged = _share_of if spec.threshold_percent is not None else _number_of
        return judged(spec, rows, within)

    return Plan(
        finish=finish,
        aggregates={"n": table.count(), "recent": counted(recent, env)},
        failing=(lambda _numbers: ~recent) if spec.threshold_percent is not None else None,
        shown=(name,),
    )


def _before(now, length):
    try:
        return now - timedelta(seconds=float(length))
    except OverflowError:  # longer than there are years: everything is recent
        return datetime.min.replace(tzinfo=UTC)


def _share_of(spec, rows, within):
    if not rows:
        return Outcome(False, None, 0, 0, {"empty": True, "unit": "percent"})
    held = 100 * within >= spec.threshold_percent * rows
    if spec.threshold_value is not None:
        held = held and compared(100 * within, spec.threshold_operator or ">=", spec.threshold_value * rows)
    return Outcome(held, share(within, rows), rows - within, rows, {"unit": "percent"})


def _number_of(spec, rows, within):
    needed = spec.config.get("min_rows")
    if needed is None:
        needed = 1 if spec.threshold_value is None else 0
    held = within >= needed
    if spec.threshold_value is not None:
        held = held and compared(within, spec.threshold_operator or ">=", spec.threshold_value)
    return Outcome(held, within, None, rows, {"unit": "rows"} | ({} if rows else {"empty": True}))


def _column_missing(spec):
    if not spec.column and not spec.config.get("column"):
        yield "column", "required", {}
