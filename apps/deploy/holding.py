"""Parts of a plan that take force by somebody else's approval: policies and contracts (rule R13; errata rows E22, E24).

What is in force is not written by an apply. It is held by the plan, which becomes the subject of a review; the
approval writes it. A policy or contract that is to take force for the first time is written as a proposal at once.
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.catalog import snapshots, storing
from apps.catalog.models import Capsule
from apps.contracts import document as contracts
from apps.contracts.models import Contract
from apps.dcs.canonical import plain
from apps.people import roles
from apps.policy import document as policies
from apps.policy.models import Policy
from apps.workflow import reviews
from apps.workflow.models import Review

from .models import Plan

ACTIVE = "active"
DECIDES = {
    "policies": "catalog.edit_policy",
    "column_policies": "catalog.edit_policy",
    "contract": "catalog.edit_contract",
}


def await_decisions(steps):
    """Take out of each step what an open review holds already: the same file is then no change (R13).

    Fills `step.awaiting` with the number of the review.
    """
    waiting = _waiting([step.urn for step in steps if step.before is not None])
    for step in steps:
        for number, held in waiting.get(step.urn, ()):
            for section, value in held.items():
                if plain(_said(step.wanted, section, value)) == value:
                    step.awaiting.append(number)
                    _restore(step, section, value)


def _waiting(urns):
    """{URN: [(number of the open review, held sections)]}."""
    open_reviews = {
        review.subject_id: review
        for review in Review.objects.filter(
            subject_table=Plan._meta.db_table,
            state__in=[Review.State.SUBMITTED, Review.State.CHANGES_REQUESTED],
        )
    }
    found = {}
    for plan in Plan._base_manager.filter(pk__in=open_reviews).only("held"):
        for urn, held in plan.held.items():
            if urn in urns:
                found.setdefault(urn, []).append((open_reviews[plan.pk].number, held))
    return found


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
        if entry != theirs.get(name, {}) and (name in in_force or entry.get("status") == ACTIVE):
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
        {"section": section, "roles": [role.name for role in roles.able(DECIDES[section])]}
        for section in step.held
    ]


def propose(plan, steps, *, by):
    """Open the review of everything the steps hold; None if they hold nothing."""
    held = {step.urn: plain(step.held) for step in steps if step.held}
    if not held:
        return None
    plan.held = held
    plan.save(update_fields=["held"])
    reason = _("Policies and contracts of plan %(plan)s") % {"plan": plan}
    return reviews.propose(plan, {"held": held}, by=by, reason=reason)


def in_force(plan):
    """What people rely on of the sections that the plan holds: active policies, the contract in force; else {}."""
    capsules = {capsule.urn: capsule for capsule in _in_use(plan.held)}
    rows = policies.stored(capsules.values())
    active = (Policy.Status.ACTIVE, Policy.Status.SUSPENDED)
    ruling = {key: policies.own_entry(row, key[1]) for key, row in rows.items() if row.status in active}
    bound = {
        capsule_id: contracts.entry(row)
        for capsule_id, found in contracts.stored(capsules.values()).items()
        for row in found
        if row.is_in_force
    }

    def stored(urn, section, held):
        key = capsules[urn].pk if urn in capsules else None
        if section == "column_policies":
            return {name: ruling.get((key, name), {}) for name in held}
        return bound.get(key, {}) if section == "contract" else ruling.get((key, None), {})

    return plain(
        {
            "held": {
                urn: {section: stored(urn, section, value) for section, value in held.items()}
                for urn, held in plan.held.items()
            }
        }
    )


def _in_use(urns):
    found = Capsule._base_manager.filter(urn__in=list(urns), retired_at__isnull=True)
    return found.select_related("owner", "domain", "source_system")


def _states(urns):
    capsules = list(_in_use(urns))
    states = snapshots.states_of(capsules)
    return {capsule.urn: states[capsule.pk] for capsule in capsules}


def carry_out(plan, review):
    """Write what the plan holds, now that its review is approved, and put in force what is to be active."""
    states = _states(plan.held)
    wanted = {}
    for urn, held in plan.held.items():
        if urn not in states:
            continue
        state = dict(states[urn])
        for section, value in held.items():
            if section == "column_policies":
                value = {**state.get(section, {}), **value}
                value = {name: entry for name, entry in value.items() if entry}
            state[section] = value
        wanted[urn] = {key: value for key, value in state.items() if value not in ({}, [])}
    capsules = storing.store(wanted, states)
    approval = _approval(review)
    for urn, capsule in capsules.items():
        _activate(capsule, plan.held[urn], approval)


def _approval(review):
    decision = review.decisions.filter(decision="approve").order_by("-decided_at").first()
    person = decision.person if decision else None
    return {
        "approved_by_user": person,
        "approved_by": person.get_username() if person else None,
        "approved_at": timezone.now(),
    }


def _activate(capsule, held, approval):
    subjects = {None} if held.get("policies", {}).get("status") == ACTIVE else set()
    subjects |= {
        name for name, entry in held.get("column_policies", {}).items() if entry.get("status") == ACTIVE
    }
    rows = policies.stored([capsule])
    for name in subjects:
        if row := rows.get((capsule.pk, name)):
            _put_in_force(row, Policy.Status.ACTIVE, approval)
    if held.get("contract", {}).get("status") != ACTIVE:
        return
    found = contracts.stored([capsule]).get(capsule.pk, [])
    for row in found:
        if row.is_in_force and row.version != held["contract"]["version"]:
            row.status = Contract.Status.SUPERSEDED
            row.save(update_fields=["status"])
    for row in found:
        if row.version == held["contract"]["version"] and not row.is_in_force:
            _put_in_force(row, Contract.Status.ACTIVE, approval)


def _put_in_force(row, status, approval):
    row.status = status
    for name, value in approval.items():
        setattr(row, name, value)
    row.save(update_fields=["status", *approval])
