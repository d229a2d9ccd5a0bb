"""What is written in a policy without an effect that is compared: tags, reviews, owners, notes, idle settings.

A setting that moves between column and capsule without effect is no change (breaking-changes.md section 3); one
that has no effect for another reason, such as denying a role that is not allowed anyway, is a note.
"""

from .codes import found
from .effective import framework, in_force, own_masks
from .normal import lines, period, same, same_set
from .notes import notes

SHORT_FORM = (
    "requires_masking",
    "masking_method",
    "masking_applies_to",
    "masking_exempt",
    "masking_conditions",
)
SECTIONS = {
    "retention": ("period", "action", "legal_hold"),
    "geographic": ("data_residency", "allowed_regions", "restricted_regions", "cross_border_transfer"),
    "access": ("min_access_level", "allowed_roles", "denied_roles"),
    "purposes": ("approved", "prohibited"),
    "encryption": ("required", "method", "at_rest", "in_transit"),
    "compliance": (
        "frameworks", "consent_required", "right_to_erasure", "audit_log_required", "audit_retention",
    ),
}  # fmt: skip
TAGS = ("classification", "classification_tags")
NAMED = ("sensitivity_level", "masking_rules", *SHORT_FORM, *TAGS, *SECTIONS)
MASK_EFFECTS = {
    "name", "method", "config", "condition", "applies_to", "exempt", "enabled", "description",
    "preserve_length", "preserve_format", "preserve_type", "preserve_null",
}  # fmt: skip
PERIODS = (("retention", "period"), ("compliance", "audit_retention"))
DEFAULTS = {
    ("retention", "legal_hold"): False,
    ("geographic", "cross_border_transfer"): True,
    ("encryption", "in_transit"): True,
}
FIELDS = (
    "sensitivity_level", "masking_rules", *SHORT_FORM,
    *((section, key) for section, keys in SECTIONS.items() for key in keys),
)  # fmt: skip


def idle(changes, old, new, elsewhere, name, at):
    """A note for each setting that differs, though nothing of what holds does.

    `changes` are those found for this subject. `elsewhere` are the (old, new) policies of the other level, where a
    setting that merely moved differs as well.
    """
    covered = {_field(change.pointer.removeprefix(at)) for change in changes if change.pointer.startswith(at)}
    for field in FIELDS:
        group = _group(field)
        if group in covered or _alike(field, old, new, name):
            continue
        if any(not _alike(each, *pair) for pair in elsewhere for each in FIELDS if _group(each) == group):
            continue
        where = f"{at}/{field if isinstance(field, str) else '/'.join(field)}"
        label = field if isinstance(field, str) else field[1]
        yield found(
            "other_metadata", "policy", f"{name}: {label}" if name else label, where,
            _value(field, old), _value(field, new), dimension="policy",
        )  # fmt: skip


def _field(pointer):
    parts = pointer.strip("/").split("/")
    return _group(parts[0] if parts[0] not in SECTIONS else (parts[0], parts[1]))


def _group(field):
    """Settings that amount to one thing: what is masked, who is allowed."""
    if field == "masking_rules" or field in SHORT_FORM:
        return "masking"
    if field in (("access", "allowed_roles"), ("access", "denied_roles")):
        return "roles"
    if field in (("purposes", "approved"), ("purposes", "prohibited")):
        return "purposes"
    if field in (("geographic", "allowed_regions"), ("geographic", "restricted_regions")):
        return "regions"
    return field


def _value(field, policy):
    return policy.get(field) if isinstance(field, str) else (policy.get(field[0]) or {}).get(field[1])


def _alike(field, old, new, name=""):
    if _group(field) == "masking":
        return own_masks(old, name) == own_masks(new, name) and bool(old.get("requires_masking")) is bool(
            new.get("requires_masking")
        )
    was, now = (_value(field, each) for each in (old, new))
    if field == ("compliance", "frameworks"):
        return {framework(each) for each in was or ()} == {framework(each) for each in now or ()}
    if field in PERIODS:
        return was == now or period(was) == period(now)
    if isinstance(was, list) or isinstance(now, list):
        return same_set(was, now)
    default = DEFAULTS.get(field)
    return same(default if was is None else was, default if now is None else now)


def stated(old, new, name, at):
    """What is written in a policy and has no effect that is compared: tags, reviews, owners, notes."""
    label = name or "policy"
    for key in TAGS:
        was, now = (_tags(each.get(key)) for each in (old, new))
        if not same_set(was, now):
            yield found(
                "docs_changed", "policy", label, f"{at}/{key}", old.get(key), new.get(key), dimension="policy"
            )
    silent = not any(in_force(each).get("requires_masking") for each in (old, new))
    named = [key for key in NAMED if not (silent and key in SHORT_FORM)]
    yield from notes(old, new, named, dimension="policy", kind="policy", name=name, at=at)
    for section, keys in SECTIONS.items():
        was, now = old.get(section) or {}, new.get(section) or {}
        yield from notes(was, now, keys, dimension="policy", kind="policy", name=name, at=f"{at}/{section}")
    before = {each["name"]: each for each in old.get("masking_rules") or ()}
    for place, each in enumerate(new.get("masking_rules") or ()):
        former = before.pop(each["name"], None)
        where = f"{at}/masking_rules/{place}"
        if former is None:
            if not each.get("enabled", True):
                yield found("other_metadata", "masking", each["name"], where, None, each, dimension="policy")
            continue
        was, now = lines(former.get("description") or None), lines(each.get("description") or None)
        if was != now:
            at_text = f"{where}/description"
            yield found("docs_changed", "masking", each["name"], at_text, was, now, dimension="policy")
        disabled = not former.get("enabled", True) and not each.get("enabled", True)
        told = {"name", "description"} if disabled else MASK_EFFECTS
        yield from notes(former, each, told, dimension="policy", kind="masking", name=each["name"], at=where)
    for rule_name, each in before.items():
        if not each.get("enabled", True):
            where = f"{at}/masking_rules"
            yield found("other_metadata", "masking", rule_name, where, each, None, dimension="policy")


def _tags(value):
    return [value] if isinstance(value, str) else value or []
