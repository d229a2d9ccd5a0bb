"""Whether a rule holds, decided on integers and decimals; never on a rounded percentage. Pure."""

import math
import operator
from decimal import ROUND_HALF_EVEN, Decimal

COMPARED = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}
VIOLATED = {"info": "warning", "warning": "warning", "error": "failed", "critical": "failed"}
FOUR, TEN = Decimal("0.0001"), Decimal("0.0000000001")
ALL = Decimal(100)


def status_of(severity, ok):
    """passed; else warning or failed, as the severity says (errata row B15)."""
    return "passed" if ok else VIOLATED.get(severity, "failed")


def compared(number, sign, threshold):
    """Does `number` compare with `threshold` as `sign` says? A float is compared as a float, all else exactly."""
    if isinstance(number, float):
        threshold = float(threshold)
    return COMPARED[sign](number, threshold)


def rows_hold(spec, failures, rows):
    """A rule about rows: none fails, or every tolerance that was given holds. 0 is a tolerance."""
    held = []
    if spec.threshold_percent is not None:
        held.append(100 * (rows - failures) >= spec.threshold_percent * rows)
    if spec.threshold_value is not None:
        held.append(compared(failures, spec.threshold_operator or "<=", spec.threshold_value))
    return all(held) if held else failures == 0


def at_most_share(failures, rows, most):
    """Are `failures` at most so many percent of `rows`?"""
    return 100 * failures <= most * rows


def share(part, rows):
    """A percentage to ten decimals, unclamped."""
    with_room = Decimal(100 * part) / Decimal(rows)
    return with_room.quantize(TEN, ROUND_HALF_EVEN)


def failure_percentage(failures, rows):
    """Four decimals, half even; what is not nothing never reads 0, and what is not all never 100. None of no rows."""
    if failures is None or not rows:
        return None if failures is None or rows is None else Decimal(0).quantize(FOUR)
    found = (Decimal(100 * failures) / Decimal(rows)).quantize(FOUR, ROUND_HALF_EVEN)
    if failures:
        found = max(found, FOUR)
    if failures < rows:
        found = min(found, ALL - FOUR)
    return found


def figures(result):
    """The numbers of a `CheckResult` as the columns of `quality_checks` take them.

    {actual_value, measured_value, threshold_value, total, failures, failure_percentage}.
    """
    outcome, spec = result.outcome, result.rule
    if outcome is None:
        return dict.fromkeys(
            "actual_value measured_value threshold_value total failures failure_percentage".split()
        )
    return {
        "actual_value": plain(outcome.measured),
        "measured_value": exact(outcome.measured),
        "threshold_value": threshold_used(spec),
        "total": outcome.total,
        "failures": outcome.failures,
        "failure_percentage": failure_percentage(outcome.failures, outcome.total),
    }


def threshold_used(spec):
    """The number that a result was judged by; 0 failures where the rule says nothing."""
    for given in (spec.threshold_value, spec.threshold_percent, spec.range_max, spec.range_min):
        if given is not None:
            return given
    return Decimal(0)


def plain(number):
    """The deciding number as a text, None without one."""
    if number is None:
        return None
    if isinstance(number, float):
        return repr(number)
    if isinstance(number, Decimal):
        told = f"{number:f}"
        return told.rstrip("0").rstrip(".") if "." in told else told
    return str(number)


def exact(number):
    """The number as a Decimal that the database can hold; None for what is no finite number."""
    if number is None or isinstance(number, float) and not math.isfinite(number):
        return None
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
