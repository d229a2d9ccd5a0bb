"""Rules about how numbers are spread; means and deviations are of doubles. Pure.

What is NaN or infinite makes a statistic unknown, and an unknown statistic fails.
"""

import math
from statistics import NormalDist

from apps.quality.engine.plan import CannotCheck, Outcome, Plan
from apps.quality.verdicts import at_most_share, compared, share

from . import COLUMN, NUMBER, isolation, register_rule
from . import schemas as say
from .expressions import as_double, column_of, counted, not_a_number, whole
from .literals import number

CUTS = 63  # points at which the expected and the found distribution are compared
CENTILES = {f"p{number:02}": number / 100 for number in range(1, 100)}
STATISTICS = [
    "count", "null_count", "distinct_count", "sum", "mean", "median", "min", "max", "std_dev", "variance", *CENTILES,
]  # fmt: skip
COUNTS = ("count", "null_count", "distinct_count")
METHODS = {"iqr": 1.5, "z_score": 3}


@register_rule(
    "distribution_check",
    category="distribution",
    subjects=[COLUMN],
    kinds=[NUMBER],
    compares="measured",
    share=None,
    schema=say.parameters(
        "Values are distributed as expected",
        "Mean and standard deviation are near the expected ones, measured in expected standard deviations.",
        {
            "expected_distribution": say.told(
                "Distribution", "The expected shape.", "string", enum=["normal", "uniform", "exponential"], default="normal"
            ),
            "mean": say.told("Mean", "The expected mean.", "number"),
            "std_dev": say.told("Standard deviation", "The expected standard deviation.", "number", exclusiveMinimum=0),
            "tolerance": say.told("Tolerance", "How far both may drift, in standard deviations.", "number", minimum=0, default=0.1),
            "test_shape": say.told(
                "Compare the shape", "Whether the whole curve is compared too, at 63 points.", "boolean", default=False
            ),
            **say.threshold("The drift."),
        },
        required=["mean", "std_dev"],
        examples=[{"expected_distribution": "normal", "mean": 100, "std_dev": 15, "tolerance": 0.1}],
    ),
)  # fmt: skip
def distribution_check(table, spec, env):
    column = column_of(table, spec.column, [NUMBER])
    config = spec.config
    mean, deviation = (float(number(config.get(key))) for key in ("mean", "std_dev"))
    if deviation <= 0:
        raise CannotCheck("no_deviation")
    values, odd = as_double(column, env)
    found = {
        "n": column.count(),
        "mean": values.mean(),
        "deviation": values.std(how="sample"),
        **_odd(odd, env),
    }
    cuts = (
        _cuts(config.get("expected_distribution") or "normal", mean, deviation)
        if config.get("test_shape")
        else []
    )
    found |= {f"cut{place}": counted(values <= cut, env) for place, cut in enumerate(cuts)}

    def finish(numbers):
        rows = whole(numbers["n"])
        m, s = measurable(numbers, "mean"), measurable(numbers, "deviation")
        if m is None or s is None:
            return Outcome(False, None, None, rows, _unknown(numbers))
        drift = max(abs(m - mean), abs(s - deviation)) / deviation
        meta = {"mean": m, "std_dev": s}
        if cuts:
            # The largest distance between both curves, after Kolmogorov and Smirnov.
            shape = max(
                abs(whole(numbers[f"cut{place}"]) / rows - (place + 1) / (CUTS + 1))
                for place in range(len(cuts))
            )
            drift, meta = max(drift, shape), {**meta, "shape": shape, "approximate": True}
        held = drift <= float(config.get("tolerance", 0.1))
        if spec.threshold_value is not None:
            held = held and compared(drift, spec.threshold_operator or "<=", spec.threshold_value)
        return Outcome(held, drift, None, rows, meta)

    return Plan(finish=finish, aggregates=found, merge="moments")


def _cuts(shape, mean, deviation):
    """Where 1/64, 2/64 … of the expected values lie below."""
    parts = [place / (CUTS + 1) for place in range(1, CUTS + 1)]
    if shape == "normal":
        return [NormalDist(mean, deviation).inv_cdf(part) for part in parts]
    if shape == "uniform":
        width = deviation * math.sqrt(12)
        return [mean - width / 2 + part * width for part in parts]
    return [mean - deviation - deviation * math.log(1 - part) for part in parts]


def _odd(odd, env):
    return {} if odd is None else {"odd": counted(odd, env)}


def _unknown(numbers):
    if numbers.get("odd"):
        return {"not_finite": whole(numbers["odd"])}
    return {"empty": True} if not whole(numbers.get("n")) else {}


def measurable(numbers, key):
    """A statistic as a finite float; None if there is none, or a value was not finite."""
    if numbers.get("odd") or numbers.get(key) is None:
        return None
    found = float(numbers[key])
    return found if math.isfinite(found) else None


@register_rule(
    "outlier_detection",
    category="distribution",
    subjects=[COLUMN],
    kinds=[NUMBER],
    compares="measured",
    share="most",
    schema=say.parameters(
        "No outliers",
        "At most a given share of values lies far from the others.",
        {
            "method": say.told(
                "Method", "iqr: quartiles and the distance between them; z_score: standard deviations from the mean; isolation_forest: how few"
                " random cuts part a value from a sample of the others.",
                "string", enum=["iqr", "z_score", "isolation_forest"], default="iqr",
            ),
            "sensitivity": say.told("Distance", "How many of them away (iqr 1.5, z_score 3); for isolation_forest the score from 0 to 1 above which it is one (0.6).", "number", exclusiveMinimum=0),
            "max_outlier_percent": say.share("Share that may lie outside", "At most this percentage.", default=0),
            **say.threshold("The share of outliers, in percent."),
        },
        examples=[{"method": "iqr", "sensitivity": 1.5, "max_outlier_percent": 5}, {"method": "z_score", "sensitivity": 3}],
    ),
)  # fmt: skip
def outlier_detection(table, spec, env):
    column = column_of(table, spec.column, [NUMBER])
    method = spec.config.get("method") or "iqr"
    if method == "isolation_forest":
        return _forest(column, table, spec, env)
    far = float(spec.config.get("sensitivity") or METHODS[method])
    values, _odd_values = as_double(column, env)
    nan = not_a_number(column, env)
    if method == "iqr":
        first = {"low": values.quantile(0.25), "high": values.quantile(0.75)}
    else:
        first = {"low": values.mean(), "high": values.std(how="sample")}
    first |= {"n": column.count()} | ({} if nan is None else {"nan": counted(nan, env)})

    def outside(numbers):
        a, b = measurable(numbers, "low"), measurable(numbers, "high")
        if a is None or numbers.get("nan") or (method == "z_score" and not b):
            return None
        low, high = (a - far * (b - a), b + far * (b - a)) if method == "iqr" else (a - far * b, a + far * b)
        number = column.cast("float64")
        return (number < low) | (number > high)

    def second(numbers):
        found = outside(numbers)
        return {} if found is None else {"outliers": counted(found, env)}

    return Plan(
        finish=lambda numbers: _judged(spec, numbers, {}),
        aggregates=first,
        second=second,
        failing=outside,
        shown=(spec.column,),
    )


def _judged(spec, numbers, meta):
    rows = whole(numbers["n"])
    if numbers.get("nan"):
        return Outcome(False, None, None, rows, {"not_finite": whole(numbers["nan"])})
    outliers = whole(numbers.get("outliers"))
    measured = share(outliers, rows) if rows else 0
    return Outcome(_few(spec, outliers, rows), measured, outliers, rows, meta if rows else {"empty": True})


def _forest(column, table, spec, env):
    """Trees are grown here on a few values of all ranks; what they call an outlier is counted among all rows."""
    values, _odd_values = as_double(column, env)
    nan = not_a_number(column, env)

    def outside(numbers):
        sample = numbers.get("sample") or []
        if numbers.get("nan") or not sample:
            return None
        limit = float(spec.config.get("sensitivity") or isolation.LIMIT)
        number = column.cast("float64")
        found = (number < float(min(sample))) | (number > float(max(sample)))
        for above, below in isolation.outlying(sample, limit):
            part = None if above is None else number > above
            if below is not None:
                part = number < below if part is None else part & (number < below)
            found = found | part
        return found

    def second(numbers):
        found = outside(numbers)
        return {} if found is None else {"outliers": counted(found, env)}

    return Plan(
        finish=lambda numbers: _judged(spec, numbers, {"sampled": len(numbers.get("sample") or [])}),
        aggregates={"n": column.count()} | ({} if nan is None else {"nan": counted(nan, env)}),
        queries={"sample": _of_all_ranks(table, values)},
        second=second,
        failing=outside,
        shown=(spec.column,),
    )


def _of_all_ranks(table, values):
    """One row: a list of at most 256 values and one, evenly spread over the sorted ones, the least and the greatest among them."""
    import ibis

    found = table.select(value=values)
    found = found.filter(found.value.notnull())
    ranked = found.mutate(
        rank=ibis.row_number().over(order_by=found.value) + 1, total=found.count().over(ibis.window())
    )
    step = (ranked["rank"] * isolation.SAMPLE) // ranked.total
    before = ((ranked["rank"] - 1) * isolation.SAMPLE) // ranked.total
    kept = ranked.filter((step != before) | (ranked["rank"] == 1))
    return kept.aggregate(sample=kept.value.collect())


def _few(spec, outliers, rows):
    if spec.threshold_value is not None:
        exact = (100 * outliers, spec.threshold_value * rows) if rows else (0, spec.threshold_value)
        if not compared(exact[0], spec.threshold_operator or "<=", exact[1]):
            return False
        if spec.threshold_percent is None:
            return True
    return at_most_share(outliers, rows, spec.threshold_percent or 0)


@register_rule(
    "statistical_threshold",
    category="distribution",
    subjects=[COLUMN],
    compares="statistic",
    operator=None,
    share=None,
    schema=say.parameters(
        "A statistic within bounds",
        "One number about the column, such as its mean, lies within bounds; without a value the rule fails.",
        {
            "statistic": say.told(
                "Statistic", "Which number; count is of rows with a value.", "string", enum=STATISTICS
            ),
            "min": say.told("At least", "The smallest allowed.", "number", column="expected_range_min"),
            "max": say.told("At most", "The largest allowed.", "number", column="expected_range_max"),
            **say.threshold("The statistic."),
        },
        required=["statistic"],
        any_of=["min", "max", "threshold_value"],
        dependentRequired={"threshold_value": ["threshold_operator"]},
        examples=[{"statistic": "mean", "min": 10, "max": 20}, {"statistic": "p95", "max": 500}],
    ),
)
def statistical_threshold(table, spec, env):
    name = str(spec.config.get("statistic") or "")
    if name not in STATISTICS:
        raise CannotCheck("unknown_statistic", statistic=name)
    if spec.range_min is None and spec.range_max is None and spec.threshold_value is None:
        raise CannotCheck("no_bound")
    column = column_of(table, spec.column, None if name in COUNTS else [NUMBER])

    def finish(numbers):
        found = _found(name, numbers)
        if found is None:
            return Outcome(False, None, None, None, {"statistic": name, **_unknown(numbers)})
        return Outcome(_within(spec, found), found, None, None, {"statistic": name})

    if name == "distinct_count":
        return Plan(finish=finish, repeated=(spec.column,), merge="hashes")
    return Plan(
        finish=finish,
        aggregates=_statistic(table, column, name, env),
        footer=_counts(spec.column, name) if name in ("count", "null_count") else None,
        merge={"sum": "sum", "count": "sum", "null_count": "sum", "min": "min", "max": "max"}.get(name),
    )


def _statistic(table, column, name, env):
    if name == "count":
        return {"x": column.count()}
    if name == "null_count":
        return {"x": counted(column.isnull(), env)}
    nan = not_a_number(column, env)
    counts = {"n": column.count()}
    if name in ("min", "max"):
        return counts | {"x": getattr(column, name)()} | _odd(nan, env)
    values, odd = as_double(column, env)
    if name == "sum":
        exact = values if column.type().is_floating() else column
        return counts | {"x": exact.sum()} | _odd(odd, env)
    found = {
        "mean": lambda: values.mean(),
        "std_dev": lambda: values.std(how="sample"),
        "variance": lambda: values.var(how="sample"),
        "median": lambda: values.quantile(0.5),
    }.get(name, lambda: values.quantile(CENTILES[name]))
    return counts | {"x": found()} | _odd(odd, env)


def _counts(name, statistic):
    def footer(metadata):
        bounds = metadata.columns.get(name)
        if bounds is None or bounds.nulls is None:
            return None
        return {"x": bounds.nulls if statistic == "null_count" else metadata.rows - bounds.nulls}

    return footer


def _found(name, numbers):
    if name == "distinct_count":
        return whole(numbers["distinct"])
    if name in ("count", "null_count"):
        return whole(numbers["x"])
    if numbers.get("odd"):
        return None
    found = numbers["x"]
    if isinstance(found, float) and math.isnan(found):
        return None
    return found


def _within(spec, found):
    held = [
        compared(found, sign, bound)
        for sign, bound in ((">=", spec.range_min), ("<=", spec.range_max))
        if bound is not None
    ]
    if spec.threshold_value is not None:
        if spec.threshold_operator is None:
            raise CannotCheck("no_operator")
        held.append(compared(found, spec.threshold_operator, spec.threshold_value))
    return all(held)
