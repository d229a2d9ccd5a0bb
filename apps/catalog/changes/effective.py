"""The policy that a document's policies amount to, for the capsule and for each column with a policy of its own.

A column inherits from its capsule and may only tighten (errata rows B18, E37); a deprecated or suspended policy
counts as none. An empty allowing list lets everybody in (B19).
"""

from dataclasses import dataclass, field
from typing import Any

from .allowance import Allowance
from .facts import rank

ACCESS_LEVELS = ("public", "authenticated", "privileged", "admin")
METHODS = {
    "hash": "hashing",
    "tokenize": "tokenization",
    "redact": "redaction",
    "encrypt": "encryption",
    "pseudonymize": "pseudonymization",
}
FRAMEWORKS = {"PCI": "PCI-DSS", "PCIDSS": "PCI-DSS"}
SWITCHES = (
    ("retention", "legal_hold", "legal hold", False),
    ("encryption", "required", "encryption", False),
    ("encryption", "at_rest", "encryption at rest", False),
    ("encryption", "in_transit", "encryption in transit", True),
    ("compliance", "consent_required", "consent", False),
    ("compliance", "right_to_erasure", "right to erasure", False),
    ("compliance", "audit_log_required", "audit log", False),
)
SHORT = ""  # the one mask that `requires_masking` makes
MASK_DEFAULTS = {"config": {}, "preserve_type": True, "preserve_null": True}
MASK_SETTINGS = ("config", "preserve_length", "preserve_format", "preserve_type", "preserve_null")


@dataclass(frozen=True, slots=True)
class Mask:
    """How values are masked, for whom (roles and environments), except for whom, under which condition.

    Exemption is kept apart: a person may have a role that is exempt and sit where everybody's values are masked.
    """

    method: str
    who: Allowance
    exempt: Allowance
    condition: Any = None
    settings: tuple = ()


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds for one subject; `masks` by the name of their rule, `safeguards` by (section, key, word)."""

    sensitivity: str = "internal"
    roles: Allowance = Allowance()
    access_level: str = "public"
    purposes: Allowance = Allowance()
    regions: Allowance = Allowance()
    cross_border: bool = True
    residency: str | None = None
    period: str | None = None
    action: str | None = None
    audit_retention: str | None = None
    safeguards: frozenset[tuple[str, str, str]] = frozenset()
    masks: dict[str, Mask] = field(default_factory=dict)


def in_force(policy) -> dict[str, Any]:
    """The policy, nothing if it is missing or no longer meant to hold."""
    return {} if not policy or policy.get("status") in ("deprecated", "suspended") else policy


def effective(capsule, column=None, name="") -> Effective:
    """The policy of a capsule, or of its column `name` whose own policy comes on top."""
    layers = [in_force(capsule)] + ([in_force(column)] if column is not None else [])

    def part(section):
        return [layer.get(section) or {} for layer in layers]

    access, purposes, places = part("access"), part("purposes"), part("geographic")
    retention, compliance = part("retention"), part("compliance")
    return Effective(
        sensitivity=max((layer.get("sensitivity_level") for layer in layers), key=rank) or "internal",
        roles=_both(access, "allowed_roles", "denied_roles"),
        access_level=max(
            (each.get("min_access_level") or "public" for each in access), key=ACCESS_LEVELS.index
        ),
        purposes=_both(purposes, "approved", "prohibited"),
        regions=_both(places, "allowed_regions", "restricted_regions"),
        cross_border=all(each.get("cross_border_transfer", True) for each in places),
        residency=_last(places, "data_residency"),
        period=_last(retention, "period"),
        action=_last(retention, "action"),
        audit_retention=_last(compliance, "audit_retention"),
        safeguards=_safeguards(layers),
        masks=_masks(layers, name),
    )


def _both(parts, allowed, denied):
    found = Allowance()
    for part in parts:
        found &= Allowance.of(part.get(allowed), part.get(denied))
    return found


def _last(parts, key):
    return next((part[key] for part in reversed(parts) if part.get(key)), None)


def _safeguards(layers):
    found = set()
    for section, key, word, default in SWITCHES:
        stated = [part[key] for layer in layers if key in (part := layer.get(section) or {})]
        if any(stated) if stated else default:
            found.add((section, key, word))
    for layer in layers:
        compliance = layer.get("compliance") or {}
        found |= {
            ("compliance", "frameworks", framework(each)) for each in compliance.get("frameworks") or ()
        }
    if method := _last([layer.get("encryption") or {} for layer in layers], "method"):
        found.add(("encryption", "method", f"encryption by {method}"))
    return frozenset(found)


def framework(word: str) -> str:
    """A compliance framework in the one spelling of errata row C12."""
    upper = word.strip().upper()
    return FRAMEWORKS.get(upper, upper)


def own_masks(policy, name="") -> dict[str, Mask]:
    """The masks that one policy states by itself, the capsule's or that of the column `name`."""
    return _masks([in_force(policy)], name)


def _masks(layers, name):
    found: dict[str, Mask] = {}
    for layer in layers:
        named = [each for each in layer.get("masking_rules") or () if each.get("enabled", True)]
        for each in named:
            method = METHODS.get(each["method"], each["method"])
            # The short form is exported for a rule that goes by the short form's name (rule R2).
            slot = (
                SHORT
                if each["name"] == f"{name}_{method}" and not layer.get("masking_method")
                else each["name"]
            )
            found[slot] = Mask(
                method,
                Allowance.of(each.get("applies_to")),
                Allowance(False, frozenset(each.get("exempt") or ())),
                each.get("condition") or None,
                tuple(repr(each.get(key, MASK_DEFAULTS.get(key)) or False) for key in MASK_SETTINGS),
            )
        if layer.get("requires_masking") and (layer.get("masking_method") or not named):
            method = layer.get("masking_method") or "redaction"
            found[SHORT] = Mask(
                METHODS.get(method, method),
                Allowance.of(layer.get("masking_applies_to")),
                Allowance(False, frozenset(layer.get("masking_exempt") or ())),
                layer.get("masking_conditions") or None,
                tuple(repr(MASK_DEFAULTS.get(key) or False) for key in MASK_SETTINGS),
            )
    return found
