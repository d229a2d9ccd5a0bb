"""Whether promises are kept: each kind of promise, what was seen, and the answer. Pure.

A promise has a `metric` (`Promise`) and an `aspect` of it: latency is promised twice, as `p95` and `p99`. Targets and
actual values count in units (errata row B27): freshness in seconds, latency in milliseconds, completeness,
availability and quality in percent, schema_change in days of notice; row counts in rows, critical rules in rules.
Numbers are decimals, compared as they are: 99.999 is not 100. Without a measurement the answer is "unknown".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from . import timing

MET, MISSED, UNKNOWN = "met", "missed", "unknown"
SECONDS, MILLISECONDS, PERCENT, DAYS, ROWS, RULES = "seconds", "ms", "percent", "days", "rows", "rules"
# Percent and days of notice are kept from above, all else from below.
AT_LEAST = (PERCENT, DAYS, RULES)
NEAR = Decimal("0.8")  # of what is allowed: from here on a promise is at risk
NOTICE_DAYS = {
    "flexible": 0,
    "unrestricted": 0,
}  # where the contract says nothing (breaking-changes.md, section 5)
OTHER_NOTICE_DAYS = 30
PERIODS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a contract promises. `upper` bounds a row count from above; `period` and `schedule` freshness."""

    metric: str
    aspect: str
    value: Decimal | None
    unit: str
    upper: Decimal | None = None
    period: object = None
    schedule: str = ""
    windows: tuple = ()
    names: tuple = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known: an `actual` value at a moment, or for freshness the moment at which the data last changed."""

    at: datetime
    actual: Decimal | None = None
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a promise is kept. `until` is when that changes if nothing new is seen; `note` says why it is unknown."""

    metric: str
    aspect: str
    outcome: str
    target: Decimal | None
    actual: Decimal | None
    unit: str
    seen_at: datetime | None = None
    source: str = ""
    until: datetime | None = None
    note: str = ""
    in_window: bool = False

    @property
    def magnitude(self):
        """By how much the promise was missed, in its unit; None if it was kept or nothing is known."""
        if self.outcome != MISSED or self.actual is None or self.target is None:
            return None
        return abs(self.actual - self.target)

    @property
    def health(self):
        """kept, at_risk, broken or unknown: at risk from four fifths of what is allowed."""
        if self.outcome != MET:
            return "broken" if self.outcome == MISSED else "unknown"
        share = used(self)
        return "at_risk" if share is not None and share >= NEAR else "kept"


def targets(contract):
    """The `Target`s of a contract, in the order in which pages show them; `contract` has the model's attributes."""
    found = []
    if contract.freshness_sla is not None or contract.freshness_schedule:
        found.append(
            Target(
                "freshness", "", None, SECONDS,
                period=contract.freshness_sla,
                schedule=contract.freshness_schedule or "",
                windows=tuple(contract.maintenance_windows or ()),
            )
        )  # fmt: skip
    if contract.completeness_sla is not None:
        found.append(Target("completeness", "", contract.completeness_sla, PERCENT))
    low, high = contract.expected_row_count_min, contract.expected_row_count_max
    if low is not None or high is not None:
        found.append(Target("completeness", "rows", _decimal(low), ROWS, upper=_decimal(high)))
    if contract.availability_sla is not None:
        found.append(Target("availability", "", contract.availability_sla, PERCENT))
    if contract.max_downtime is not None:
        most = _seconds(contract.max_downtime)
        found.append(Target("availability", "downtime", most, SECONDS))
    if contract.quality_score_sla is not None:
        found.append(Target("quality", "", contract.quality_score_sla, PERCENT))
    if contract.critical_quality_rules:
        names = tuple(dict.fromkeys(contract.critical_quality_rules))
        found.append(Target("quality", "critical_rules", Decimal(len(names)), RULES, names=names))
    for aspect in ("p95", "p99"):
        most = getattr(contract, f"query_latency_{aspect}")
        if most is not None:
            found.append(Target("latency", aspect, Decimal(most), MILLISECONDS))
    if contract.schema_change_policy != "unrestricted" and (
        contract.schema_change_policy or contract.breaking_change_notice_days is not None
    ):
        found.append(Target("schema_change", "", Decimal(notice_days(contract)), DAYS))
    return found


def notice_days(contract):
    """How many days of notice a breaking change needs."""
    if contract.breaking_change_notice_days is not None:
        return contract.breaking_change_notice_days
    return NOTICE_DAYS.get(contract.schema_change_policy, OTHER_NOTICE_DAYS)


def _decimal(value):
    return None if value is None else Decimal(value)


def _seconds(period):
    """A `Period` in seconds; months have 30 days where no calendar says which."""
    whole = (period.months * 30 + period.days) * 86_400
    return Decimal(whole) + Decimal(period.microseconds) / 1_000_000


def judged(target, seen, *, at):
    """The `Answer` for a target, from what was `Seen` (None for nothing) as of `at`."""
    if target.metric == "freshness":
        return _freshness(target, seen, at)
    if seen is None or seen.actual is None:
        note = seen.note if seen is not None else ""
        return Answer(
            target.metric, target.aspect, UNKNOWN, target.value, None, target.unit,
            seen_at=seen.at if seen is not None else None, note=note,
        )  # fmt: skip
    bound = target.value
    if target.upper is not None and (bound is None or seen.actual > target.upper):
        bound = target.upper
    met = holds(target, seen.actual)
    return Answer(
        target.metric, target.aspect, MET if met else MISSED, bound, seen.actual, target.unit,
        seen_at=seen.at, source=seen.source, note=seen.note,
    )  # fmt: skip


def holds(target, actual):
    """Is a measured value within the target? At the boundary it is."""
    if target.unit == ROWS:
        low, high = target.value, target.upper
        return (low is None or actual >= low) and (high is None or actual <= high)
    return actual >= target.value if target.unit in AT_LEAST else actual <= target.value


def _freshness(target, seen, at):
    """Data is fresh while its age, without maintenance, is within the period; or until a refresh is overdue.

    With a schedule the refresh of a slot has to be there one period after it; without a period, before the next slot.
    """
    if seen is None:
        return Answer("freshness", "", UNKNOWN, _plain_target(target), None, SECONDS)
    updated = min(seen.at, at)
    start = updated
    if target.schedule:
        start = timing.slot_after(target.schedule, updated)
        if start is None:
            return Answer("freshness", "", UNKNOWN, None, None, SECONDS, seen_at=seen.at)
        end = (
            timing.later(start, target.period)
            if target.period is not None
            else timing.slot_after(target.schedule, start) or start
        )
    else:
        end = timing.later(updated, target.period)
    before = start - updated
    allowed = end - start
    age = (at - updated) if at <= start else before + timing.counted(start, at, target.windows)
    met = age <= before + allowed
    until = None
    if met:
        until = timing.reached(start, allowed, target.windows) + timedelta(microseconds=1)
    return Answer(
        "freshness", "", MET if met else MISSED, _of(before + allowed), _of(age), SECONDS,
        seen_at=seen.at, source=seen.source, until=until,
        in_window=bool(target.windows) and timing.is_closed(target.windows, at),
    )  # fmt: skip


def _plain_target(target):
    return None if target.schedule or target.period is None else _seconds(target.period)


def _of(span):
    """A timedelta as exact seconds."""
    micros = span.days * 86_400_000_000 + span.seconds * 1_000_000 + span.microseconds
    found = Decimal(micros) / 1_000_000
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


# ---------- budgets ----------


def used(answer):
    """The share of what is allowed that is used up, as a decimal (1 is all of it); None where that means nothing.

    For percentages this is the error budget: 99.95 % of a promised 99.9 % has used a half.
    """
    if answer.actual is None or answer.target is None or answer.unit in (ROWS, RULES, DAYS):
        return None
    if answer.unit == PERCENT:
        allowed, gone = 100 - answer.target, 100 - answer.actual
    else:
        allowed, gone = answer.target, answer.actual
    if allowed == 0:
        return Decimal(0) if gone <= 0 else None
    return gone / allowed


def downtime(percent, period=MONTH):
    """What an availability allows to be out of reach in a period: 99.9 % of thirty days are 43 min 12 s."""
    micros = int((100 - Decimal(percent)) * (period.days * 86_400_000_000 + period.seconds * 1_000_000) / 100)
    return timedelta(microseconds=micros)


def worst(answers):
    """The health of a whole contract: broken before at risk before kept; unknown if nothing is known."""
    found = {answer.health for answer in answers}
    return next((word for word in ("broken", "at_risk", "kept") if word in found), "unknown")
