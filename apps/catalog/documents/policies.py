"""Policies of the capsule and of its columns (document format, section 3.5; rules R1 to R3, S2, S6 to S8)."""

import re

from apps.catalog.vocabularies import SENSITIVITY

from .keys import (
    ACCESS,
    COMPLIANCE,
    ENCRYPTION,
    GEOGRAPHIC,
    MASKING_RULE,
    POLICY,
    PURPOSES,
    RETENTION,
    REVIEW,
    arranged,
)
from .places import SHORT

METHODS = {
    "hash": "hashing",
    "tokenize": "tokenization",
    "redact": "redaction",
    "encrypt": "encryption",
    "pseudonymize": "pseudonymization",
}
REVERSIBLE = ("tokenization", "encryption", "format_preserving_encryption", "custom")
# Errata row C12: one spelling each, whatever the case; `pci` is PCI-DSS.
FRAMEWORKS = {
    re.sub(r"[^a-z0-9]", "", word.lower()): word
    for word in ("GDPR", "CCPA", "HIPAA", "PCI-DSS", "SOX", "SOC2", "ISO27001")
} | {"pci": "PCI-DSS"}
REGION = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?", re.ASCII)


def of_columns(section, place):
    """`column_policies` in canonical form, in the order of the declared columns, others after them by name."""
    found, known = {}, place.desk.columns
    for name, entry in section.items():
        if known is not None and name not in known:
            message = f"The column {name} is not declared in schema.columns."
            (place / name).say("E310", message, f"Declare {name}, or correct it.")
        found[name] = normal(entry, place / name, name)
    order = {name: i for i, name in enumerate(known or ())}
    return {name: found[name] for name in sorted(found, key=lambda n: (order.get(n, len(order)), n))}


def normal(entry, place, column=""):
    """One policy in canonical form: canonical words, ISO durations, the short form of masking, no approvals."""
    entry = dict(entry)
    for key in ("approved_by", "approved_at"):
        if entry.pop(key, None):
            message = "An approval in a file is not taken; it is given in the portal."
            (place / key).say("W214", message, "Remove it.")
    _classified(entry, place)
    _masked(entry, place, column)
    _conflicts(entry, place)
    _dates(entry, place)
    if "compliance" in entry:
        entry["compliance"] = _compliance(entry["compliance"], place / "compliance")
    for key, order in (
        ("geographic", GEOGRAPHIC),
        ("access", ACCESS),
        ("purposes", PURPOSES),
        ("encryption", ENCRYPTION),
    ):
        if key in entry:
            entry[key] = arranged(entry[key], order)
    return arranged(entry, POLICY)


def _classified(entry, place):
    words = entry.get("classification", [])
    words = [words] if isinstance(words, str) else words
    level = entry.get("sensitivity_level")
    for word in words:
        if word.lower() in SENSITIVITY and level and word.lower() != level:
            message = f"The classification is {word}, the sensitivity level {level}: the level counts."
            (place / "classification").say(
                "W201", message, "Correct one of them; the classification becomes a tag."
            )
    if "classification" in entry:
        entry["classification"] = words[0] if len(words) == 1 else words
    if "classification_tags" in entry:
        taken = set(words)
        entry["classification_tags"] = [tag for tag in entry["classification_tags"] if tag not in taken]


def _dates(entry, place):
    for key in ("effective_from", "effective_to"):
        if key in entry:
            entry[key] = (place / key).date(entry[key])
    if "effective_to" in entry and entry.get("effective_from", "") > entry["effective_to"]:
        message = f"effective_to {entry['effective_to']} is before effective_from {entry['effective_from']}."
        (place / "effective_to").say("E308", message, "Swap the two dates, or correct one.")
    if "retention" in entry:
        retention = dict(entry["retention"])
        if "period" in retention:
            retention["period"] = (place / "retention" / "period").duration(retention["period"])
        entry["retention"] = arranged(retention, RETENTION)
    if "review" in entry:
        entry["review"] = _review(dict(entry["review"]), place / "review")


def _review(review, place):
    if "frequency" in review:
        review["frequency"] = (place / "frequency").duration(review["frequency"])
    if review.get("last_reviewed"):
        review["last_reviewed"] = (place / "last_reviewed").moment(review["last_reviewed"])
    if "next_review" in review:
        review["next_review"] = (place / "next_review").date(review["next_review"])
    return arranged(review, REVIEW)


def _compliance(compliance, place):
    found = dict(compliance)
    if "audit_retention" in found:
        found["audit_retention"] = (place / "audit_retention").duration(found["audit_retention"])
    if "frameworks" in found:
        words = (FRAMEWORKS.get(re.sub(r"[^a-z0-9]", "", w.lower()), w) for w in found["frameworks"])
        found["frameworks"] = list(dict.fromkeys(words))
    return arranged(found, COMPLIANCE)


def _masked(entry, place, column):
    if "masking_method" in entry:
        entry["masking_method"] = METHODS.get(entry["masking_method"], entry["masking_method"])
    _environments(entry, place)
    rules = [
        _masking_rule(dict(rule), place / "masking_rules" / i)
        for i, rule in enumerate(entry.get("masking_rules", []))
    ]
    names = set()
    for i, rule in enumerate(rules):
        if rule["name"] in names:
            message = f"Two masking rules are called {rule['name']}."
            (place / "masking_rules" / i / "name").say("E301", message, "Rename or remove one of the two.")
        names.add(rule["name"])
    method = entry.get("masking_method")
    if entry.get("requires_masking"):
        if method and rules == [{"name": f"{column}_{method}", "method": method}]:
            rules = []
        if not method and not any(rule.get("enabled", True) for rule in rules):
            message = "Masking is required, but no method and no enabled rule says how: redaction is applied."
            (place / "requires_masking").say("W223", message, "Add masking_method, such as tokenization.")
    entry["masking_rules"] = rules


def _environments(entry, place):
    """Environments stand before roles, and in `masking_applies_to` only (R3)."""
    conditions = entry.get("masking_conditions")
    listed = entry.get("masking_applies_to", [])
    if isinstance(conditions, dict) and isinstance(conditions.get("environments"), list):
        inner = conditions["environments"]
        if all(isinstance(word, str) for word in inner):
            known = place.known.environments
            if all(word in known for word in inner):
                listed = list(dict.fromkeys([*listed, *inner]))
                entry["masking_conditions"] = {k: v for k, v in conditions.items() if k != "environments"}
    environments = [word for word in listed if word in place.known.environments]
    entry["masking_applies_to"] = environments + [w for w in listed if w not in place.known.environments]
    if isinstance(entry.get("masking_conditions"), str) and entry["masking_conditions"]:
        _condition(entry["masking_conditions"], place / "masking_conditions")
    if isinstance(entry.get("masking_conditions"), dict):
        entry["masking_conditions"] = dict(sorted(entry["masking_conditions"].items()))


def _condition(text, place):
    if not place.is_expression(text):
        message = "The condition cannot be read as SQL; it is kept."
        place.say("W218", message, "Write a comparison such as region = 'EU'.")


def _masking_rule(rule, place):
    rule["method"] = METHODS.get(rule["method"], rule["method"])
    place.bounded(rule, "priority", most=SHORT)
    if rule.get("condition"):
        _condition(rule["condition"], place / "condition")
    if rule.get("reversible") and rule["method"] not in REVERSIBLE:
        message = f"The method {rule['method']} cannot be reversed."
        hint = f"Remove reversible, or take one of: {', '.join(REVERSIBLE)}."
        (place / "reversible").say("E106", message, hint)
    for role in _both(rule, "applies_to", "exempt"):
        message = f"The role {role} is both masked and exempt."
        (place / "exempt").say("E306", message, "Keep it in one of the two lists.")
    return arranged(rule, MASKING_RULE)


def _both(entry, one, other):
    others = set(entry.get(other, []))
    return [word for word in entry.get(one, []) if word in others]


def _conflicts(entry, place):
    for role in _both(entry, "masking_applies_to", "masking_exempt"):
        message = f"The role {role} is both masked and exempt."
        (place / "masking_exempt").say("E306", message, "Keep it in one of the two lists.")
    for role in _both(entry.get("access", {}), "allowed_roles", "denied_roles"):
        message = f"The role {role} is both allowed and denied."
        (place / "access" / "denied_roles").say("E306", message, "Keep it in one of the two lists.")
    for purpose in _both(entry.get("purposes", {}), "approved", "prohibited"):
        message = f"The purpose {purpose} is both approved and prohibited."
        (place / "purposes" / "prohibited").say("E307", message, "Keep it in one of the two lists.")
    regions = entry.get("geographic", {})
    for region in _both(regions, "allowed_regions", "restricted_regions"):
        message = f"The region {region} is both allowed and restricted."
        (place / "geographic" / "restricted_regions").say("E305", message, "Keep it in one of the two lists.")
    home = regions.get("data_residency", "")
    if home and home in regions.get("restricted_regions", []):
        message = f"The data resides in {home}, which is restricted."
        (place / "geographic" / "data_residency").say(
            "E305", message, "Move the residency, or lift the restriction."
        )
    allowed = regions.get("allowed_regions")
    if allowed and REGION.fullmatch(home) and home not in allowed:
        message = f"The data resides in {home}, which is not among the allowed regions."
        (place / "geographic" / "data_residency").say("E305", message, f"Add {home} to allowed_regions.")
