"""Policies that a plan would set against each other or against a legal hold: it is blocked until its author settles them."""

from dataclasses import replace

from apps.catalog.changes.judge import BLOCKED, Reason
from apps.policy import conflict_rows, holds

RULE, HOLD = "policies_contradict", "legal_hold"
SECTIONS = ("policies", "column_policies")


def block(steps, *, on):
    """Block each step whose policies cannot all be met; what contradicts already blocks nobody.

    A step that keeps data for less time than a legal hold asks, or gives up the policy that holds it, is blocked as well.
    Five queries, if any policy moves.
    """
    moving = {_key(step): step for step in steps if step.moves and _moves_policies(step)}
    if not moving:
        return
    capsules = [step.capsule for step in moving.values() if step.capsule is not None]
    states = {key: step.wanted for key, step in moving.items()}
    for key, found in conflict_rows.wanted(states, capsules, on=on).items():
        _block(moving[key], RULE, map(conflict_rows.sentence, found))
    known = {capsule.pk: states[capsule.pk] for capsule in capsules}
    for key, found in holds.broken(known, capsules).items():
        _block(moving[key], HOLD, found)


def _block(step, rule, sentences):
    said = tuple(Reason(rule, (), sentence) for sentence in sentences)
    if said:
        step.decision = replace(
            step.decision, outcome=BLOCKED, reasons=(*step.decision.reasons, *said), unblocks_at=None
        )


def _key(step):
    return step.capsule.pk if step.capsule is not None else step.urn


def _moves_policies(step):
    return any(step.wanted.get(name) != (step.before or {}).get(name) for name in SECTIONS)
