"""Policies that a plan would set against each other: it is blocked until its author settles them."""

from dataclasses import replace

from apps.catalog.changes.judge import BLOCKED, Reason
from apps.policy import conflict_rows

RULE = "policies_contradict"
SECTIONS = ("policies", "column_policies")


def block(steps, *, on):
    """Block each step whose policies cannot all be met; what contradicts already blocks nobody. Two queries, if any policy moves."""
    moving = {_key(step): step for step in steps if step.moves and _moves_policies(step)}
    if not moving:
        return
    capsules = [step.capsule for step in moving.values() if step.capsule is not None]
    states = {key: step.wanted for key, step in moving.items()}
    for key, found in conflict_rows.wanted(states, capsules, on=on).items():
        if found:
            step = moving[key]
            said = tuple(Reason(RULE, (), conflict_rows.sentence(each)) for each in found)
            step.decision = replace(
                step.decision, outcome=BLOCKED, reasons=(*step.decision.reasons, *said), unblocks_at=None
            )


def _key(step):
    return step.capsule.pk if step.capsule is not None else step.urn


def _moves_policies(step):
    return any(step.wanted.get(name) != (step.before or {}).get(name) for name in SECTIONS)
