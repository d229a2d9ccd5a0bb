"""Rules that a column's profiles suggest, as drafts with their evidence (quality-engine.md, section 5). Pure.

Nothing here saves anything: who accepts a draft makes a rule of it, the usual way.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

ENOUGH = 1_000  # rows from which a figure says something
FEW_VALUES = 25
ALMOST_ALL = 0.999
PROFILES = 3  # from which a number counts as stable
KEYS = re.compile(r"(^|_)(id|key|uuid|guid|code|number|no|nr|sku|urn|email)$", re.IGNORECASE)


@dataclass(frozen=True)
class Suggestion:
    """A draft of a rule: its type, its fields, and `evidence`, the figures that speak for it (`why` names the sentence)."""

    rule_type: str
    why: str
    evidence: Mapping[str, Any]
    config: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)  # further fields of the rule

    @property
    def key(self):
        """What tells suggestions of one column apart."""
        return self.rule_type + (f":{self.config['statistic']}" if "statistic" in self.config else "")


def suggestions(column: str, profiles) -> list[Suggestion]:
    """What the profiles of a column, newest first, suggest. A sample suggests nothing that one row could refute."""
    profiles = list(profiles)
    if not profiles or (profiles[0].total_count or 0) < ENOUGH:
        return []
    newest = profiles[0]
    found = [*_missing(newest)]
    if not newest.meta.get("sampled"):
        found += _unique(column, newest)
    if not newest.meta.get("withheld"):
        found += [*_listed(newest), *_shaped(newest), *_stable(profiles), *_fresh(profiles)]
    return found


def _missing(profile):
    total, nulls = profile.total_count, profile.null_count
    if nulls == 0 and not profile.meta.get("nan_count"):
        yield Suggestion("not_null", "no_nulls", {"rows": total})
    elif nulls is not None and nulls * 100 <= total:
        share = math.floor((100 - 100 * nulls / total) * 2) / 2
        percent = Decimal(str(min(share, 99.5)))
        yield Suggestion(
            "completeness_threshold",
            "few_nulls",
            {"rows": total, "nulls": nulls},
            values={"threshold_percent": percent},
        )


def _unique(column, profile):
    filled = (profile.total_count or 0) - (profile.null_count or 0)
    if filled and profile.distinct_count == filled and KEYS.search(column):
        yield Suggestion("unique", "all_different", {"rows": filled})


def _listed(profile):
    values = [each["value"] for each in profile.most_common_values or []]
    if profile.meta.get("kind") != "text" or not values:
        return
    # The list has to be whole; twenty values are kept.
    if profile.distinct_count == len(values) <= FEW_VALUES and not any(
        str(value).endswith("…") for value in values
    ):
        values = sorted(str(value) for value in values)
        yield Suggestion(
            "value_in_set",
            "few_values",
            {"rows": profile.total_count, "values": len(values)},
            config={"allowed_values": values},
        )


def _shaped(profile):
    shapes = profile.detected_patterns or []
    if profile.meta.get("kind") != "text" or not shapes or (profile.distinct_count or 0) <= FEW_VALUES:
        return
    first = shapes[0]
    looked_at = first.get("sample_size") or 0
    if looked_at >= ENOUGH and first["match_count"] >= ALMOST_ALL * looked_at:
        yield Suggestion(
            "pattern_match",
            "one_shape",
            {"rows": looked_at, "matching": first["match_count"], "shape": first.get("shape", "")},
            values={"expected_pattern": first["pattern"]},
        )


def _stable(profiles):
    """A number whose bounds and mean hold over several profiles: the observed band, a quarter wider."""
    known = [each for each in profiles if each.min_value is not None and each.max_value is not None]
    if len(known) < PROFILES:
        return
    low, high = min(each.min_value for each in known), max(each.max_value for each in known)
    room = (high - low) / 4
    floor = low - room
    if low >= 0:
        floor = max(floor, Decimal(0))  # what was never negative stays so
    yield Suggestion(
        "range_check",
        "stable_range",
        {"profiles": len(known), "low": low, "high": high},
        values={"expected_range_min": _short(floor), "expected_range_max": _short(high + room)},
    )
    means = [each.mean_value for each in known if each.mean_value is not None]
    if len(means) >= PROFILES:
        least, most = min(means), max(means)
        room = (most - least) / 4 or abs(most) / 4
        yield Suggestion(
            "statistical_threshold",
            "stable_mean",
            {"profiles": len(means), "low": least, "high": most},
            config={
                "statistic": "mean",
                "min": float(_short(least - room)),
                "max": float(_short(most + room)),
            },
        )


def _fresh(profiles):
    """A newest time that moves with each profile: at most twice the usual gap behind."""
    known = [each for each in profiles if each.latest_timestamp is not None]
    gaps = [
        newer.latest_timestamp - older.latest_timestamp
        for newer, older in zip(known, known[1:], strict=False)
    ]
    if len(known) < PROFILES or any(gap <= timedelta(0) for gap in gaps):
        return
    usual = sorted(gaps)[len(gaps) // 2]
    hours = max(1, math.ceil(usual * 2 / timedelta(hours=1)))
    yield Suggestion(
        "freshness",
        "moves_on",
        {"profiles": len(known), "hours": hours // 2 or 1},
        config={"max_age": f"PT{hours}H"},
    )


def _short(number):
    """A bound that reads well: four significant digits are enough for an observed one."""
    number = Decimal(number)
    if not number:
        return Decimal(0)
    places = 3 - number.adjusted()
    return number.quantize(Decimal(1).scaleb(-places)) if -20 < places < 20 else number
