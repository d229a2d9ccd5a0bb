"""Masking in a capsule document: rules of columns, and the short form in their policies (rules R2 and R3)."""

from collections import defaultdict

from django.utils import timezone

from apps.catalog.documents.keys import MASKING_RULE
from apps.catalog.documents.known import ENVIRONMENTS
from apps.catalog.remainder import entry_of, meta_with, noted, remainder, told_of
from apps.catalog.rewriting import PEN, rewrite

from .models import MaskingRule

LAST = 1_000_000


def conditions(found):
    """The keys of a policy that its `masking_conditions` hold: environments before roles, then the rest."""
    if not isinstance(found, dict):
        return {"masking_conditions": found}
    parts = {"environments", "roles", "exempt", "condition"}
    other = {key: value for key, value in sorted(found.items()) if key not in parts}
    return {
        "masking_applies_to": [*found.get("environments", []), *found.get("roles", [])],
        "masking_exempt": found.get("exempt"),
        "masking_conditions": found.get("condition", other),
    }


def conditions_of(policy):
    """What `data_policies.masking_conditions` holds for a canonical policy; None for nothing."""
    listed = policy.get("masking_applies_to", [])
    return (
        told_of(
            environments=[word for word in listed if word in ENVIRONMENTS],
            roles=[word for word in listed if word not in ENVIRONMENTS],
            exempt=policy.get("masking_exempt"),
            condition=policy.get("masking_conditions"),
        )
        or None
    )


def stored(capsules):
    """{(capsule id, column name): rules} that are in use; one query."""
    rows = MaskingRule._base_manager.filter(column__capsule__in=capsules, column__retired_at__isnull=True)
    found = defaultdict(list)
    for row in rows.select_related("column").defer("column__stats", "column__meta").order_by("name", "pk"):
        if "retired_at" not in row.meta:
            found[row.column.capsule_id, row.column.name].append(row)
    return found


def entries(rows, policy, column):
    """The canonical `masking_rules`; none if one rule says no more than the policy does (R2)."""
    found = [(_position(row), _entry(row), row) for row in rows]
    method = policy.get("masking_method")
    if policy.get("requires_masking") and method and len(found) == 1:
        _place, entry, row = found[0]
        said = set(entry) - ({"applies_to", "exempt"} if row.meta.get("short") else set())
        if said == {"name", "method"} and (entry["name"], entry["method"]) == (
            f"{column}_{method}"[:255],
            method,
        ):
            return []
    return [entry for _place, entry, _row in sorted(found, key=lambda one: one[0])]


def _position(row):
    found = noted(row.meta).get("position")
    return LAST if found is None else found


def is_wanted(row):
    """True if the rule masks, or will once somebody else has agreed: the document says what is wanted (R13)."""
    return row.is_enabled or bool(noted(row.meta).get("wanted"))


def enable(row, *, wanted=True):
    """Let a rule that waits mask, or wait no longer; the caller saves."""
    row.is_enabled = wanted and is_wanted(row)
    row.meta = meta_with(row.meta, wanted=None)


def _entry(row):
    told = {
        "name": row.name,
        "method": row.method,
        "preserve_length": row.preserve_length,
        "preserve_format": row.preserve_format,
        "preserve_type": row.preserve_type,
        "preserve_null": row.preserve_null,
        "reversible": row.is_reversible,
        "priority": row.priority,
        "enabled": is_wanted(row),
        **told_of(
            config=row.config,
            condition=row.condition,
            applies_to=row.applies_to_roles,
            exempt=row.exempt_roles,
            vault=row.tokenization_vault,
            description=row.description,
        ),
    }
    return entry_of(told, row.meta, MASKING_RULE)


def write(policies, capsules, pen=PEN):
    """Make the masking rules of columns equal to their policies, {column id: (name, policy)}.

    Other columns of the capsules keep none. A rule that is gone is switched off and marked, and revived by name.
    One that is new, or was off, stays off until somebody else has agreed to it (errata row E22).
    """
    rows = {
        (row.column_id, row.name): row
        for row in MaskingRule._base_manager.filter(column__capsule__in=capsules)
    }
    values = {}
    for column_id, (name, policy) in policies.items():
        for position, entry in enumerate(_wanted(name, policy)):
            key = (column_id, entry["name"])
            values[key] = _values(column_id, entry, position, rows.get(key), policy)
    left = [row for row in rewrite(MaskingRule, rows, values, pen) if "retired_at" not in row.meta]
    for row in left:
        row.is_enabled = False
        row.meta = {**row.meta, "retired_at": timezone.now().isoformat(timespec="seconds")}
    if left:
        pen.change(MaskingRule, left, {"is_enabled", "meta"})


def _wanted(column, policy):
    listed = policy.get("masking_rules", [])
    method = policy.get("masking_method")
    if listed or not (policy.get("requires_masking") and method):
        return listed
    return [{"name": f"{column}_{method}"[:255], "method": method, "short": True}]


def _values(column_id, entry, position, row, policy):
    short = entry.get("short") is True
    masked = conditions_of(policy) or {} if short else {}
    values = {
        "column_id": column_id,
        "name": entry["name"],
        "method": entry["method"],
        "config": entry.get("config", {}),
        "condition": entry.get("condition"),
        "applies_to_roles": masked.get("roles", []) if short else entry.get("applies_to", []),
        "exempt_roles": masked.get("exempt", []) if short else entry.get("exempt", []),
        "preserve_length": entry.get("preserve_length", False),
        "preserve_format": entry.get("preserve_format", False),
        "preserve_type": entry.get("preserve_type", True),
        "preserve_null": entry.get("preserve_null", True),
        "is_reversible": entry.get("reversible", False),
        "tokenization_vault": entry.get("vault"),
        "priority": entry.get("priority", 100),
        "is_enabled": entry.get("enabled", True) and row is not None and row.is_enabled,
        "description": entry.get("description"),
    }
    kept = {
        key: value for key, value in (row.meta if row else {}).items() if key not in ("retired_at", "short")
    }
    wanted = entry.get("enabled", True) and not values["is_enabled"]
    if short:
        kept["short"] = True
        values["meta"] = meta_with(kept, position=None, rest=None, wanted=wanted or None)
    else:
        rest = remainder(entry, _entry(MaskingRule(**values)))
        values["meta"] = meta_with(kept, position=position, rest=rest, wanted=wanted or None)
    return values
