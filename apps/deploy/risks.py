"""How much a part of a plan can harm, and how many must agree to it (errata row D4; trust.md, section 2.3).

Worked out when a part is proposed and again when somebody decides; the review keeps the higher answer.
"""

from django.utils import timezone

from apps.catalog import dimensions, snapshots
from apps.catalog.changes.change import B, M, N, verdict
from apps.catalog.changes.classify import classify
from apps.catalog.changes.contract import notice
from apps.catalog.changes.effective import effective
from apps.catalog.changes.facts import rank
from apps.catalog.changes.judge import BLOCKED, judge
from apps.catalog.changes.looser import RESTRICTED, looser
from apps.catalog.models import Column
from apps.workflow.reviewable import Risk

from . import parts
from .surroundings import Surroundings

MASKS = ("requires_masking", "masking_method", "masking_rules", "masking_applies_to", "masking_exempt",
         "masking_conditions")  # fmt: skip
# The dimensions that policies and contracts are compared by: whose columns there are, and what each rule is called.
COMPARED = ("structure", "quality", "policy", "contract")


def of(part):
    """The `Risk` of a part as things stand now."""
    capsules = list(parts.in_use(part.held))
    found = [dimensions.get(slug).snapshot(capsules) for slug in COMPARED]
    pairs = [
        (capsule, snapshots.assembled([_identity(capsule), *(each.get(capsule.pk, {}) for each in found)]))
        for capsule in capsules
    ]
    return (_of_contracts if part.kind == parts.Kind.CONTRACT else _of_policies)(part, pairs)


def _identity(capsule):
    return {"urn": capsule.urn, "name": capsule.name}


def _of_policies(part, pairs):
    """Two agree where a policy on restricted or secret data protects less than what is in force."""
    relied_on = parts.in_force(part)["held"]
    ranks = _ranks([capsule for capsule, _state in pairs])
    marks, sensitive = set(), False
    for capsule, state in pairs:
        before = _with(state, _in_force(relied_on[capsule.urn], state, part.held[capsule.urn]))
        after = _with(state, part.held[capsule.urn])
        stored = max(capsule.sensitivity_rank, ranks.get((capsule.pk, None), 0))
        for change in looser(classify(before, after)):
            marks.add("looser")
            name = _column(change.pointer)
            levels = [ranks.get((capsule.pk, name), 0), stored if name is None else 0]
            levels += [_level(each, name) for each in (before, after)]
            sensitive = sensitive or max(levels) >= RESTRICTED
    return Risk("critical" if sensitive else "high", 2 if sensitive else 1, tuple(sorted(marks)))


def _with(state, sections):
    """A state in which these are the policies; `column_policies` names the columns that differ."""
    found = dict(state)
    for section, value in sections.items():
        found[section] = {**state.get(section, {}), **value} if section == "column_policies" else value
    return found


def _in_force(relied_on, state, held):
    """What protects today: policies in force, and masks, which protect whether or not a policy beside them is."""
    found = dict(relied_on)
    if "column_policies" in held:
        stored = state.get("column_policies", {})
        found["column_policies"] = {
            name: stored.get(name, {}) if relied_on["column_policies"][name] else _masks(stored.get(name, {}))
            for name in held["column_policies"]
        }
    return found


def _masks(entry):
    return {key: entry[key] for key in MASKS if key in entry}


def _column(pointer):
    """The name of the column whose policy a change is about; None for the capsule's."""
    _root, section, *rest = pointer.split("/")
    return rest[0].replace("~1", "/").replace("~0", "~") if section == "column_policies" else None


def _level(state, name):
    """The highest sensitivity of what a policy is about: of all columns, where it is the capsule's."""
    own, columns = state.get("policies", {}), state.get("column_policies", {})
    names = columns if name is None else [name]
    about = [effective(own), *(effective(own, columns.get(each), each) for each in names)]
    return max(rank(each.sensitivity) for each in about)


def _ranks(capsules):
    """{(capsule id, column or None): stored rank of sensitivity}; None for the highest of the columns."""
    found = {}
    rows = Column._base_manager.filter(
        capsule__in=capsules, retired_at__isnull=True, sensitivity_rank__gte=RESTRICTED
    )
    for capsule_id, name, stored in rows.values_list("capsule_id", "name", "sensitivity_rank"):
        found[capsule_id, name] = stored
        found[capsule_id, None] = max(stored, found.get((capsule_id, None), 0))
    return found


def _of_contracts(part, pairs):
    """Two agree where promises are broken before the notice of the contract in force has ended."""
    today = timezone.now().date()
    around = Surroundings([capsule.pk for capsule, _state in pairs], [state for _capsule, state in pairs], "")
    relied_on = parts.in_force(part)["held"]
    worst, early = M, False
    for capsule, state in pairs:
        before = {**state, "contract": relied_on[capsule.urn]["contract"]}
        changes = classify(before, {**state, **part.held[capsule.urn]}, around.facts(capsule.urn, {}))
        worst = max(worst, verdict(changes)[0])
        contract = around.contract(capsule.pk)
        decision = judge(changes, _by_notice(contract), today=today, dealings=around.dealings(capsule.urn))
        early = early or decision.outcome == BLOCKED
    marks = ("breaking",) if worst is B else ()
    return Risk("high" if worst >= N else "medium", 2 if early else 1, marks)


def _by_notice(contract):
    """The contract as if nothing but its notice let a breaking change through, where it asks for any days."""
    changes = (contract or {}).get("schema_changes") or {}
    if changes.get("policy") != "flexible" or not notice(changes):
        return contract
    return {**contract, "schema_changes": {**changes, "policy": "backwards_compatible"}}
