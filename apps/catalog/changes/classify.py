"""All changes between two canonical documents, each judged for consumers and producers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .change import Change, M
from .codes import DIMENSIONS, found
from .constraints import constraints
from .contract import contract
from .facts import NO_FACTS, Facts
from .identity import identity
from .meaning import meaning
from .normal import same
from .policy import policy
from .provenance import provenance
from .quality import quality
from .storage import storage
from .structure import columns
from .versions import Versions

Document = Mapping[str, Any]
PARTS = (identity, columns, constraints, storage, meaning, quality, policy, provenance, contract)


def classify(old: Document | None, new: Document | None, facts: Facts = NO_FACTS) -> list[Change]:
    """The changes from `old` to `new`, by dimension and then in document order; none for equal normal forms.

    Both are the content of `data_capsule` in canonical form, whole states: a section that is absent is empty.
    None is a capsule that does not exist: making it concerns nobody yet, so every part of it is metadata;
    retiring it is one change. breaking-changes.md sections 2 to 4.
    """
    if old is None or new is None:
        return _made(new, facts) if new is not None else _retired(old)
    if old is new or (old == new and same(old, new)):
        return []
    return _compared(old, new, facts)


def _compared(old, new, facts):
    versions = Versions(dict(old), dict(new), facts)
    changes = [change for part in PARTS for change in part(versions)]
    # Stable, so the order within a dimension is that of the document.
    return sorted(changes, key=lambda change: DIMENSIONS.index(change.dimension))


def _made(new, facts):
    created = found("capsule_created", "capsule", str(new.get("name") or ""), "", None, new.get("urn"))
    empty = {"urn": new.get("urn"), "name": new.get("name"), "capsule_type": new.get("capsule_type")}
    inside = _compared(empty, new, facts)
    quiet = {"consumer": M, "producer": M, "undetermined": False, "needs_approval": False, "action": "create"}
    return [created, *(replace(change, **quiet) for change in inside)]


def _retired(old):
    if old is None:
        return []
    consumers = [each["team"] for each in (old.get("contract") or {}).get("known_consumers") or ()]
    downstream = (old.get("lineage") or {}).get("downstream") or ()
    name = str(old.get("name") or "")
    impact = [*dict.fromkeys([*consumers, *downstream])]
    return [found("capsule_retired", "capsule", name, "", old.get("urn"), None, impact=impact)]
