"""The quality score and its arithmetic (errata row A10). Pure."""

from dataclasses import dataclass

COUNTED = ("passed", "warning", "failed", "error")


@dataclass(frozen=True)
class Score:
    """The share of rules that passed, by weight: `value` is 0–100, or None if nothing was ever checked.

    `passed` and `counted` are sums of weights; `left_out` are enabled rules that never ran or were skipped.
    """

    value: float | None
    passed: float
    counted: float
    rules_passed: int
    rules_counted: int
    left_out: int


def score(results):
    """The `Score` of (latest status or None, weight) pairs, one for every enabled rule.

    `warning`, `failed` and `error` do not pass; `skipped` and rules that never ran are left out.
    """
    passed = counted = 0.0
    rules_passed = rules_counted = left_out = 0
    for status, weight in results:
        if status not in COUNTED:
            left_out += 1
            continue
        counted += weight
        rules_counted += 1
        if status == "passed":
            passed += weight
            rules_passed += 1
    value = 100 * passed / counted if counted else None
    return Score(value, passed, counted, rules_passed, rules_counted, left_out)


def weight(meta):
    """What a rule weighs: 1, unless its `meta.weight` says otherwise and is a positive number."""
    stated = (meta or {}).get("weight")
    valid = isinstance(stated, int | float) and not isinstance(stated, bool) and stated > 0
    return float(stated) if valid else 1.0
