"""Make stored capsules equal to canonical documents, all dimensions in the caller's transaction."""

from . import dimensions
from .documents.hashing import OBSERVED
from .models import Capsule
from .statistics import observe

NOTHING: dict = {}
PART = 200  # capsules whose rows a dimension compares at once


def store(wanted, before, notes=NOTHING):
    """Write the states `wanted`, {URN: canonical dict}, over those of `before`; returns {URN: capsule}.

    `before` is {URN: stored state}, without those that do not exist or are out of use. A dimension is asked to write
    only the capsules whose sections differ, and writes only the rows that do. `notes` is {URN: what is kept in meta besides
    the document}, with the `origin` of new rows, where a reader made the documents. Nothing is asked about rights, policy
    or approvals here: who calls this has judged (breaking-changes.md, section 5).
    """
    capsules = {
        capsule.urn: capsule
        for capsule in Capsule._base_manager.filter(urn__in=list(wanted)).select_related(
            "owner", "domain", "source_system"
        )
    }
    for urn, state in wanted.items():
        capsules.setdefault(urn, Capsule(urn=urn, name=state["name"])).noting = notes.get(urn, NOTHING)
    for dimension in dimensions.everything():
        moved = [
            (capsules[urn], state)
            for urn, state in wanted.items()
            if _part(dimension, state) != _part(dimension, before.get(urn, NOTHING))
            or (dimension.order == 1 and (capsules[urn]._state.adding or _notes_move(capsules[urn])))
        ]
        # One part after the other, for the memory that the rows of thousands of columns take.
        for start in range(0, len(moved), PART):
            dimension.write(moved[start : start + PART])
    observe({capsules[urn]: state for urn, state in wanted.items() if OBSERVED[0] in state})
    return capsules


def _notes_move(capsule):
    """True if what is noted differs from what is stored; who brought a capsule first stays its origin."""
    return any(capsule.meta.get(key) != value for key, value in capsule.noting.items() if key != "origin")


def _part(dimension, state):
    found = {key: state[key] for key in dimension.sections if key in state and key not in OBSERVED}
    if "meta" in dimension.sections:
        found |= {key: value for key, value in state.items() if key.startswith("x-")}
    return found
