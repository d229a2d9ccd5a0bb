"""Changes of policies, by what they amount to: sensitivity, access, masking, regions, retention, safeguards.

Rows 41 to 48. A column's policy is compared on top of its capsule's, so a setting that moves between the two
without effect is no change; what a column merely inherits is told once, for the capsule.
"""

from .allowance import OTHERS
from .change import B, N, pointer
from .codes import found
from .effective import ACCESS_LEVELS, SHORT, Effective, effective
from .facts import rank
from .normal import longer, period, same
from .stated import idle, stated

ACTIONS = ("hard_delete", "anonymize", "archive")  # what is kept in the end, least first


def policy(v):
    """The changes of the capsule's policy, then of its columns'."""
    before, after = v.section("policies")
    own, owns = v.section("column_policies")
    if same(before, after) and same(own, owns) and not v.renames:
        return
    columns = v.by_column("column_policies")
    changes = list(_compared(v, effective(before), effective(after), "capsule", "/policies"))
    told = {_told(change) for change in changes}
    if not _plain_columns(v, own, owns):
        changes = [change for change in changes if not change.code.startswith(("masking_", "access_"))]
    yield from changes
    yield from idle(changes, before, after, [pair[2:] for pair in columns], "", "/policies")
    yield from stated(before, after, "", "/policies")
    added = {column.path for column in v.matching.added}
    for was, name, old, new in columns:
        at = pointer("column_policies", name)
        if name in added:
            # Nobody read the column before, so its policy takes nothing away.
            yield found("other_metadata", "policy", name, at, None, new, dimension="policy")
            continue
        pair = effective(before, old, was), effective(after, new, name)
        changes = [change for change in _compared(v, *pair, name, at) if _told(change) not in told]
        yield from changes
        yield from idle(changes, old, new, [(before, after)], name, at)
        yield from stated(old, new, name, at)


def _plain_columns(v, own, owns):
    """Whether any column has no policy of its own, so that the capsule's alone decides for it."""
    return not v.after.columns or any(
        pair.old.path not in own and pair.new.path not in owns for pair in v.matching.pairs
    )


def _told(change):
    """What makes two changes one, whichever subject they are found on."""
    return change.code, change.pointer.split("/")[-1], change.impact, repr(change.old), repr(change.new)


def _compared(v, old: Effective, new: Effective, name, at):
    if old == new:
        return
    yield from _sensitivity(v, old, new, name, at)
    yield from _access(old, new, name, at)
    yield from _masking(old, new, name, at)
    yield from _regions(old, new, name, at)
    yield from _retention(old, new, name, at)
    yield from _safeguards(old, new, at)


def _sensitivity(v, old, new, name, at):
    was, now = rank(old.sensitivity), rank(new.sensitivity)
    if was == now:
        return
    at = f"{at}/sensitivity_level"
    if now < was:
        yield found("sensitivity_lowered", "policy", name, at, old.sensitivity, new.sensitivity)
        return
    lost = [
        role
        for role, level in sorted(v.facts.clearances.items())
        if was <= rank(level) < now and old.roles.lets(role)
    ]
    yield found(
        "sensitivity_raised", "policy", name, at, old.sensitivity, new.sensitivity,
        consumer=B if lost else N, impact=lost,
    )  # fmt: skip


def _access(old, new, name, at):
    for was, now, section, kind, keys in (
        (old.roles, new.roles, "access", "role", ("allowed_roles", "denied_roles")),
        (old.purposes, new.purposes, "purposes", "purpose", ("approved", "prohibited")),
    ):
        yield from _moved(
            was, now, f"{kind} %s", ("access_narrowed", "access_widened"), name, f"{at}/{section}", keys
        )
    levels = [ACCESS_LEVELS.index(each.access_level) for each in (old, new)]
    if levels[0] != levels[1]:
        code = "access_narrowed" if levels[1] > levels[0] else "access_widened"
        yield found(
            code, "policy", name, f"{at}/access/min_access_level", old.access_level, new.access_level,
            impact=[f"access level below {max(old.access_level, new.access_level, key=ACCESS_LEVELS.index)}"],
        )  # fmt: skip


def _moved(was, now, word, codes, name, at, keys):
    """One change for what is let in no longer, one for what is newly let in; the lists are shown as they amount."""
    if was == now:
        return
    key = keys[0] if was.all_but is not now.all_but or not was.all_but else keys[1]
    shown = [sorted(each.words) or None for each in (was, now)]
    for code, names in zip(codes, (was.beyond(now), now.beyond(was)), strict=True):
        if names:
            impact = [each if each == OTHERS else word % each for each in names]
            yield found(code, "policy", name, f"{at}/{key}", *shown, action="change", impact=impact)


def _masking(old, new, name, at):
    for slot in sorted(old.masks.keys() | new.masks.keys()):
        was, now = old.masks.get(slot), new.masks.get(slot)
        where = f"{at}/requires_masking" if slot == SHORT else f"{at}/masking_rules"
        shown = [each and each.method for each in (was, now)]
        if now is None:
            yield found("masking_removed", "masking", name, where, *shown)
        elif was is None:
            yield found("masking_added", "masking", name, where, *shown)
        else:
            if (was.method, was.condition, was.settings) != (now.method, now.condition, now.settings):
                yield found("masking_changed", "masking", name, where, *shown)
            yield from _masked(was, now, name, where)


def _masked(was, now, name, where):
    """Who sees masked values that saw them plain, and the reverse."""
    for left, right, codes in (
        (was.who, now.who, ("masking_removed", "masking_added")),
        (was.exempt, now.exempt, ("masking_added", "masking_removed")),
    ):
        shown = [sorted(each.words) or None for each in (left, right)]
        for code, names in zip(codes, (left.beyond(right), right.beyond(left)), strict=True):
            if names:
                yield found(code, "masking", name, where, *shown, action="change", impact=names)


def _regions(old, new, name, at):
    at = f"{at}/geographic"
    codes = ("region_narrowed", "region_widened")
    keys = ("allowed_regions", "restricted_regions")
    yield from _moved(old.regions, new.regions, "%s", codes, name, at, keys)
    if old.cross_border != new.cross_border:
        code = "region_widened" if new.cross_border else "region_narrowed"
        impact = ["transfer across borders"]
        where = f"{at}/cross_border_transfer"
        yield found(code, "policy", name, where, old.cross_border, new.cross_border, impact=impact)
    if old.residency != new.residency:
        code = "region_narrowed" if new.residency else "region_widened"
        impact = [f"kept outside {new.residency or old.residency}"]
        yield found(code, "policy", name, f"{at}/data_residency", old.residency, new.residency, impact=impact)


def _retention(old, new, name, at):
    at = f"{at}/retention"
    was, now = period(old.period), period(new.period)
    if was != now:
        open_ = False
        if now is None or was is None:
            code = "retention_shorter" if was is None else "retention_longer"
        else:
            difference = longer(was, now)
            open_ = difference is None
            code = "retention_longer" if difference == 1 else "retention_shorter"
            code = "other_metadata" if difference == 0 else code
        dimension = {"dimension": "policy"} if code == "other_metadata" else {}
        yield found(
            code, "policy", name, f"{at}/period", old.period, new.period, undetermined=open_, **dimension
        )
    if old.action != new.action:
        ranks = [ACTIONS.index(each.action) if each.action in ACTIONS else -1 for each in (old, new)]
        code = "other_metadata"
        if ranks[1] == 0 or -1 < ranks[1] < ranks[0]:
            code = "retention_shorter"
        elif ranks[0] == 0 or -1 < ranks[0] < ranks[1]:
            code = "retention_longer"
        yield found(code, "policy", name, f"{at}/action", old.action, new.action, dimension="policy")


def _safeguards(old, new, at):
    for section, key, word in sorted(new.safeguards - old.safeguards):
        yield found("safeguard_added", "safeguard", word, f"{at}/{section}/{key}", None, word)
    for section, key, word in sorted(old.safeguards - new.safeguards):
        yield found("safeguard_removed", "safeguard", word, f"{at}/{section}/{key}", word, None)
    was, now = period(old.audit_retention), period(new.audit_retention)
    if was != now:
        difference = longer(was, now) if was and now else 1 if now else -1
        code = (
            "safeguard_removed"
            if difference == -1
            else "safeguard_added"
            if difference == 1
            else "other_metadata"
        )
        where = f"{at}/compliance/audit_retention"
        open_ = difference is None
        yield found(
            "safeguard_removed" if open_ else code, "safeguard", "audit retention", where,
            old.audit_retention, new.audit_retention, dimension="policy", undetermined=open_,
        )  # fmt: skip
