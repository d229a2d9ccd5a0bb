"""A type that runs bring against the one that a contract promises is an incident, judged as any change of a type."""

from django.utils import timezone

from apps.catalog.changes import types
from apps.contracts.models import Contract, Incident, Promise

from .event_rows import with_rows

IN_FORCE = [Contract.Status.ACTIVE, Contract.Status.BREACHED]
# By what the new type does to those who read the column (breaking-changes.md, section 3).
SEVERITY = {
    "changed": "high",
    "narrowed": "high",
    "undetermined": "medium",
    "breaking": "high",
    "notice": "medium",
}


def differing(rows, shape):
    """[(contract, column, declared type, seen type)] of the staged column `rows` that say another type for the first time."""
    return with_rows(
        "SELECT t.id, k.name, k.data_type, s.type FROM {rows} JOIN columns k ON k.capsule_id = s.capsule"
        " AND lower(k.name) = lower(s.name) JOIN capsule_contracts t ON t.capsule_id = k.capsule_id"
        " AND t.contract_status = ANY(%s) WHERE s.type IS NOT NULL AND k.retired_at IS NULL"
        " AND coalesce(k.data_type, 'unknown') <> 'unknown' AND lower(s.type) <> lower(k.data_type)"
        " AND k.meta->>'seen_type' IS DISTINCT FROM s.type ORDER BY t.id, k.name",
        shape,
        rows,
        IN_FORCE,
    )


def report(found):
    """Open an incident for each contract whose columns came with types that its readers would notice."""
    broken = {}
    for contract, column, declared, seen in found:
        judged = types.compare(declared, seen)
        severity = SEVERITY.get(judged.consumer if judged.outcome == "widened" else judged.outcome)
        if severity:
            told = {"column": column, "declared": declared, "seen": seen}
            broken.setdefault(contract, []).append((severity, told))
    known = Incident.objects.filter(contract__in=broken, kind=Promise.SCHEMA_CHANGE).unresolved()
    open_already = set(known.values_list("contract_id", flat=True))
    Incident._base_manager.bulk_create(
        [
            Incident(
                contract_id=contract,
                capsule_id=capsule,
                kind=Promise.SCHEMA_CHANGE,
                severity="high" if any(severity == "high" for severity, _told in said) else "medium",
                breach_started_at=timezone.now(),
                downstream_impact=_sentence([told for _severity, told in said]),
                meta={"origin": "openlineage", "types": [told for _severity, told in said][:100]},
            )
            for contract, capsule, said in _with_capsules(broken)
            if contract not in open_already
        ]
    )


def _with_capsules(broken):
    pairs = Contract._base_manager.filter(pk__in=broken).values_list("pk", "capsule_id")
    return [(contract, capsule, broken[contract]) for contract, capsule in pairs]


def _sentence(told):
    """English, since it is stored."""
    shown = [f"{one['column']}: {one['seen']} instead of {one['declared']}" for one in told[:5]]
    more = [f"{len(told) - 5} more"] if len(told) > 5 else []
    return f"Runs deliver other types than declared. {'; '.join(shown + more)}."
