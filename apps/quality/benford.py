"""Do first digits of amounts follow Benford's law? Invented or capped amounts seldom do. Pure.

The mean absolute deviation of the shares of the nine digits is compared with a limit; Nigrini ("Benford's Law", 2012)
calls more than 1.5 percentage points nonconformity.
"""

from decimal import Decimal
from math import log10

from .engine.plan import CannotCheck, Outcome, Plan
from .functions import register_function

LIMIT = Decimal("1.5")  # percentage points
FEWEST = 300  # amounts; with fewer, chance alone deviates that much
EXPECTED = {digit: 100 * log10(1 + 1 / digit) for digit in range(1, 10)}


@register_function(
    "benford",
    title="First digits follow Benford's law",
    description="Amounts that grew by themselves begin with 1 more often than with 9. Zeros and missing values are left out.",
    schema={
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "max_deviation": {
                "type": "number",
                "exclusiveMinimum": 0,
                "title": "Largest mean deviation, in percentage points",
                "default": float(LIMIT),
            }
        },
    },
)
def benford(table, rule, env):
    """Nine counts of one scan; measured is the mean absolute deviation in percentage points."""
    limit = rule.threshold_value
    if limit is None:
        limit = Decimal(str((rule.config.get("args") or {}).get("max_deviation", LIMIT)))

    def finish(numbers):
        counts = {digit: int(numbers[f"digit_{digit}"] or 0) for digit in EXPECTED}
        total = sum(counts.values())
        if total < FEWEST:
            raise CannotCheck("too_few_values", status="skipped", least=FEWEST, found=total)
        shares = {digit: 100 * count / total for digit, count in counts.items()}
        measured = sum(abs(shares[digit] - EXPECTED[digit]) for digit in EXPECTED) / len(EXPECTED)
        meta = {"shares": {str(digit): round(share, 4) for digit, share in shares.items()}}
        return Outcome(measured <= float(limit), measured, None, total, meta)

    digit = _first_digit(table[rule.column])
    counts = {f"digit_{each}": (digit == each).ifelse(1, 0).sum() for each in EXPECTED}
    return Plan(finish=finish, aggregates=counts)


def _first_digit(column):
    """The first digit of each amount, NULL for zero. Rounding first: 0.3 / 0.1 is a little less than 3."""
    amount = column.cast("float64").abs()
    amount = (amount > 0).ifelse(amount, None)
    scaled = amount / (amount.log10().floor() * 2.302585092994046).exp()
    digit = scaled.round(9).floor().cast("int64")
    return (digit == 10).ifelse(1, digit)
