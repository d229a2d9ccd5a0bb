"""What moved between two profiles of a column, the most first. Pure."""

import math
from dataclasses import dataclass

SHARES = ("null_percentage", "unique_percentage", "completeness_score")
CENTRES = ("mean_value", "median_value")
BOUNDS = ("min_value", "max_value")
NOTABLE = 0.05  # from which a column counts as moved
TINY = 1e-12


@dataclass(frozen=True)
class Movement:
    """One figure that moved: by `much`, 0 to 1, of what it can; `before` and `after` as stored."""

    figure: str
    before: object
    after: object
    much: float


def movements(before, after) -> list[Movement]:
    """What moved from one profile to a later one of the same column, the most first.

    A profile is anything with the names of `column_profiles`. Shares count in points of a hundred, centres in standard
    deviations, bounds in widths, rows in proportion, values by how much of the table has other ones.
    """
    found = [
        *_kinds(before, after),
        *_shares(before, after),
        *_numbers(before, after),
        *_values(before, after),
    ]
    return sorted((each for each in found if each.much > TINY), key=lambda each: (-each.much, each.figure))


def much(found) -> float:
    """How much a column moved as a whole: its largest movement."""
    return max((each.much for each in found), default=0.0)


def is_notable(found) -> bool:
    """True if a column counts as moved."""
    return much(found) >= NOTABLE


def _kinds(before, after):
    old, new = (each.meta.get("data_type") or each.meta.get("kind") for each in (before, after))
    if old and new and old != new:
        yield Movement("data_type", old, new, 1.0)


def _shares(before, after):
    for name in SHARES:
        old, new = getattr(before, name), getattr(after, name)
        if None not in (old, new):
            yield Movement(name, old, new, float(abs(new - old)) / 100)
    for name in ("total_count", "distinct_count"):
        old, new = getattr(before, name), getattr(after, name)
        if None not in (old, new) and old != new:
            # Growth is usual: only what doubles or halves counts in full.
            yield Movement(name, old, new, min(1.0, abs(math.log2((new + 1) / (old + 1)))) * 0.5)


def _numbers(before, after):
    spread = float(before.std_dev or 0)
    for name in CENTRES:
        old, new = getattr(before, name), getattr(after, name)
        if None not in (old, new) and old != new:
            yield Movement(name, old, new, _part(abs(float(new - old)), spread))
    width = _width(before)
    for name in BOUNDS:
        old, new = getattr(before, name), getattr(after, name)
        if None not in (old, new) and old != new:
            yield Movement(name, old, new, _part(abs(float(new - old)), width))


def _width(profile):
    low, high = profile.min_value, profile.max_value
    return float(high - low) if None not in (low, high) else 0.0


def _part(distance, unit):
    return min(1.0, distance / unit) if unit else 1.0


def _values(before, after):
    """How much of the table lies on other frequent values: half the sum of differences of shares, as far as both are known."""
    old, new = (_frequent(each) for each in (before, after))
    if not old or not new or max(len(old), len(new)) > 25:
        return
    distance = sum(abs(old.get(value, 0) - new.get(value, 0)) for value in old.keys() | new.keys()) / 2
    fresh = sorted(map(str, new.keys() - old.keys()))
    gone = sorted(map(str, old.keys() - new.keys()))
    if distance or fresh or gone:
        yield Movement("most_common_values", gone, fresh, min(1.0, distance / 100))


def _frequent(profile):
    said = profile.most_common_values or []
    return {str(each["value"]): each.get("percentage") or 0 for each in said if isinstance(each, dict)}
