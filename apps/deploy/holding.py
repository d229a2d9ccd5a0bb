"""What of a step takes force by somebody else's approval: policies and contracts (rule R13; errata rows E22, E24)."""

from apps.contracts import document as contracts
from apps.dcs.canonical import plain
from apps.people import roles
from apps.policy import document as policies

from . import parts
from .models import PlanPart

ACTIVE = parts.ACTIVE


def await_decisions(steps):
    """Take out of each step what an undecided review holds already: the same file is then no change (R13).

    Fills `step.awaiting` with the numbers of the reviews.
    """
    waiting = parts.waiting({step.urn for step in steps if step.before is not None})
    for step in steps:
        for number, held in waiting.get(step.urn, ()):
            for section, value in held.items():
                if plain(_said(step.wanted, section, value)) == value:
                    if number not in step.awaiting:
                        step.awaiting.append(number)
                    _restore(step, section, value)


def _said(state, section, held):
    """What `state` says about the parts of a section that are held."""
    if section == "column_policies":
        mine = state.get(section, {})
        return {name: mine.get(name, {}) for name in held}
    return state.get(section, {})


def hold(steps):
    """Note in `step.held` what needs an approval, and take out of `step.wanted` what is in force."""
    capsules = [step.capsule for step in steps if step.before is not None and step.moves]
    in_force = policies.in_force(capsules) if capsules else set()
    contracted = {
        capsule_id: next((row for row in rows if row.is_in_force), None)
        for capsule_id, rows in (contracts.stored(capsules) if capsules else {}).items()
    }
    for step in steps:
        if step.moves:
            key = step.capsule.pk if step.capsule is not None else None
            _hold_policies(step, {name for capsule_id, name in in_force if capsule_id == key})
            _hold_contract(step, contracted.get(key))


def _hold_policies(step, in_force):
    before, now = step.before or {}, step.wanted
    own, stored = now.get("policies", {}), before.get("policies", {})
    if own != stored and (None in in_force or own.get("status") == ACTIVE):
        step.held["policies"] = own
        if None in in_force:
            _restore(step, "policies", own)
    mine, theirs = now.get("column_policies", {}), before.get("column_policies", {})
    # A mask protects whether or not a policy beside it is in force: nobody takes it off alone.
    in_force = in_force | {name for name, entry in theirs.items() if _masks(entry)}
    held = {}
    for name in {**theirs, **mine}:
        entry = mine.get(name, {})
        wanted = entry.get("status") == ACTIVE or _masks(entry)
        if entry != theirs.get(name, {}) and (name in in_force or wanted):
            held[name] = entry
    if held:
        step.held["column_policies"] = held
        _restore(step, "column_policies", {name: entry for name, entry in held.items() if name in in_force})


def _masks(entry):
    return bool(entry.get("requires_masking") or entry.get("masking_rules"))


def _hold_contract(step, in_force):
    now, stored = step.wanted.get("contract", {}), (step.before or {}).get("contract", {})
    if now == stored:
        return
    bound = in_force is not None and now.get("version", in_force.version) == in_force.version
    if bound or now.get("status") == ACTIVE:
        step.held["contract"] = now
        if bound:
            _restore(step, "contract", now)


def _restore(step, section, held):
    """Want of a section what is stored."""
    before = (step.before or {}).get(section, {})
    if section == "column_policies":
        found = dict(step.wanted.get(section, {}))
        for name in held:
            found.pop(name, None)
            if name in before:
                found[name] = before[name]
        before = {name: found[name] for name in [*(n for n in before if n in found), *found]}
    if before:
        step.wanted[section] = before
    else:
        step.wanted.pop(section, None)


def approvals(step):
    """Who must agree to which section of a step, for the plan."""
    return [
        {
            "section": section,
            "roles": [role.name for role in roles.able(PlanPart.DECIDES[parts.KIND_OF[section]])],
        }
        for section in step.held
    ]
