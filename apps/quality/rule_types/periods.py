"""Durations that people wrote, in seconds. Pure."""

from decimal import Decimal

from apps.dcs.periods import Period
from apps.quality.engine.plan import CannotCheck

DAY = 86_400
MONTH = 30 * DAY  # as the capsule document counts it beside the duration itself


def seconds(text):
    """How long `PT4H` or `4 hours` is; a month is 30 days. Raises `CannotCheck`."""
    try:
        period = Period.parse(text)
    except ValueError:
        raise CannotCheck("not_a_duration", value=str(text)) from None
    return period.months * MONTH + period.days * DAY + Decimal(period.microseconds) / 1_000_000
