"""What a viewer sees of a column: its values as they are, through which mask, or not at all, and because of what.

Pure: a viewer, what holds for the column (`effective`) and its rules go in, a `Decision` comes out. trust.md, section 4.1,
errata rows B18, B19, B21 and E6. Where something that is needed for the decision is missing the answer is no.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.catalog.changes.looser import strength

from .effective import ACCESS_LEVELS, LEVELS, Effective
from .masking import Kind, Rule
from .masking.checking import problems
from .masking.grammar import Node, nodes, weigh

CLEAR, MASKED, DENIED, CONDITIONAL = "clear", "masked", "denied", "conditional"
ACCESS_RANKS = dict(zip(ACCESS_LEVELS, (1, 2, 3, 5), strict=True))
VALUES = LEVELS.index("confidential") + 1  # from which clearance values are shown (errata row E6)
FALLBACK = "redaction"


@dataclass(frozen=True)
class Viewer:
    """Who looks: their roles and clearance, and for what, as far as they said. Tokens are never exempt."""

    roles: frozenset[str] = frozenset()
    clearance: int = 0
    is_token: bool = False
    purpose: str = ""
    region: str = ""


@dataclass(frozen=True)
class Ruled:
    """A stored rule: whom it is for, when it applies, and how it masks. `tree` is None where the condition cannot be read."""

    key: str
    label: str
    rule: Rule
    priority: int = 100
    since: datetime | None = None
    applies_to: frozenset[str] = frozenset()
    exempt: frozenset[str] = frozenset()
    condition: str = ""
    tree: Node | None = None


@dataclass(frozen=True)
class Reason:
    """One link of the chain: a word, and what its sentence names."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Way:
    """One outcome, and the condition of a row under which it holds; without one it always does."""

    outcome: str
    reasons: tuple[Reason, ...]
    rule: Rule | None = None
    key: str = ""
    condition: str = ""
    tree: Node | None = None

    def holds(self, row: Mapping[str, Any]) -> bool:
        """True unless the condition is false for the row: unknown counts as true."""
        if not self.condition:
            return True
        if self.tree is None:
            return True
        try:
            return weigh(self.tree, dict(row)) is not False
        except (KeyError, TypeError, ValueError, ArithmeticError):
            return True


@dataclass(frozen=True)
class Decision:
    """What holds for a column: the ways in their order, of which the first that holds for a row decides."""

    ways: tuple[Way, ...]

    @property
    def outcome(self) -> str:
        """`clear`, `masked`, `denied`, or `conditional` where rows differ."""
        found = {way.outcome for way in self.ways}
        return self.ways[0].outcome if len(found) == 1 else CONDITIONAL

    @property
    def is_clear(self) -> bool:
        return all(way.outcome == CLEAR for way in self.ways)

    @property
    def shows_nothing(self) -> bool:
        return all(way.outcome == DENIED for way in self.ways)

    @property
    def main(self) -> Way:
        """The way that says most of why a value is not shown as it is."""
        return next((way for way in self.ways if way.outcome != CLEAR), self.ways[0])

    @property
    def needs(self) -> frozenset[str]:
        """The columns that conditions look at."""
        trees = [way.tree for way in self.ways if way.tree is not None]
        return frozenset(node.parts[0] for tree in trees for node in nodes(tree) if node.says == "column")

    def of(self, row: Mapping[str, Any]) -> Way:
        """The way of a row, {column: clear value}."""
        return next((way for way in self.ways if way.holds(row)), NOTHING)


NOTHING = Way(DENIED, (Reason("nothing"),))


def decide(
    viewer: Viewer,
    effective: Effective,
    rules: Iterable[Ruled],
    *,
    kind: Kind,
    urn: str = "",
    rank: int = 0,
) -> Decision:
    """The `Decision` for a column of a `kind`; `rules` are the enabled ones, `rank` is the column's stored rank (1 to 5)."""
    refusal = _refused(viewer, effective)
    if refusal is not None:
        return Decision((Way(DENIED, (refusal,)),))
    denied = _denied(viewer, effective)
    level = max(rank, LEVELS.index(effective.value("sensitivity")) + 1)
    ways: list[Way] = []
    for rule in sorted(rules, key=_order):
        if (way := _of_rule(viewer, rule, denied, effective, level)) is None:
            continue
        ways.append(way)
        if not way.condition:
            return Decision(tuple(ways))
    ways.append(_otherwise(viewer, effective, denied, level, kind, urn))
    return Decision(tuple(ways))


def _order(rule):
    # What is not stored yet is the youngest.
    return (rule.priority, rule.since.timestamp() if rule.since else math.inf, rule.key)


def _refused(viewer, effective) -> Reason | None:
    """Why the viewer sees nothing of the column, whatever rules say."""
    allowed = effective.value("allowed_roles")
    denied = _denied(viewer, effective)
    if allowed is not None and not viewer.roles & set(allowed) and not denied:
        return Reason("not_allowed", _named(effective, "allowed_roles") | {"roles": ", ".join(allowed)})
    least = effective.value("min_access_level")
    if least is not None and ACCESS_RANKS.get(least, 5) > viewer.clearance:
        return Reason("access", _named(effective, "min_access_level") | {"level": least})
    return _purpose(viewer, effective) or _region(viewer, effective)


def _purpose(viewer, effective):
    """A purpose is weighed where one is stated."""
    if not viewer.purpose:
        return None
    approved = effective.value("approved_purposes")
    if viewer.purpose in effective.value("prohibited_purposes"):
        return Reason("prohibited", _named(effective, "prohibited_purposes") | {"purpose": viewer.purpose})
    if approved is not None and viewer.purpose not in approved:
        return Reason("not_approved", _named(effective, "approved_purposes") | {"purpose": viewer.purpose})
    return None


def _region(viewer, effective):
    if not viewer.region:
        return None
    region, allowed = viewer.region.strip().upper(), effective.value("allowed_regions")
    if region in effective.value("restricted_regions"):
        return Reason("restricted_region", _named(effective, "restricted_regions") | {"region": region})
    if allowed is not None and region not in allowed:
        return Reason("other_region", _named(effective, "allowed_regions") | {"region": region})
    return None


def _denied(viewer, effective):
    return frozenset(viewer.roles & set(effective.value("denied_roles")))


def _named(effective, facet):
    """The policy that states a facet, and what it says."""
    origins = effective[facet].origins
    return {"policy": origins[0].label if origins else "", "key": origins[0].key if origins else ""}


def _of_rule(viewer, rule, denied, effective, level):
    """The `Way` of a rule for the viewer; None if it is for others."""
    for_all = not rule.applies_to
    exempt = viewer.roles & rule.exempt
    if not (for_all or viewer.roles & rule.applies_to or exempt):
        return None
    told = {"rule": rule.label, "key": rule.key}
    # What cannot be read is unknown, and unknown masks.
    condition = {"condition": rule.condition, "tree": rule.tree} if rule.condition else {}
    if exempt and not viewer.is_token and not denied:
        reasons = (Reason("exempt", told | {"roles": ", ".join(sorted(exempt))}),)
        shown = _shown(viewer, effective, level, reasons)
        return Way(shown.outcome, shown.reasons, key=rule.key, **condition)
    reasons = [Reason("rule", told)]
    if exempt and viewer.is_token:
        reasons.append(Reason("token"))
    elif exempt:
        reasons.append(Reason("denied_exempt", {"roles": ", ".join(sorted(denied))}))
    return Way(MASKED, tuple(reasons), rule.rule, rule.key, **condition)


def _shown(viewer, effective, level, reasons):
    """The value as it is, to whom the level does not forbid it."""
    if level > viewer.clearance:
        named = _named(effective, "sensitivity")
        return Way(
            DENIED, (*reasons, Reason("level", named | {"level": LEVELS[min(level, len(LEVELS)) - 1]}))
        )
    if viewer.clearance < VALUES:
        return Way(DENIED, (*reasons, Reason("values", {"level": LEVELS[VALUES - 1]})))
    return Way(CLEAR, reasons)


def _otherwise(viewer, effective, denied, level, kind, urn):
    """What holds where no rule does."""
    if effective.value("requires_masking"):
        reason = Reason("policy_masks", _named(effective, "requires_masking"))
        return Way(MASKED, (reason,), default_rule(effective.value("masking_method"), kind, urn))
    if denied:
        named = _named(effective, "denied_roles") | {"roles": ", ".join(sorted(denied))}
        return Way(DENIED, (Reason("denied", named),))
    return _shown(viewer, effective, level, (Reason("unmasked"),))


def default_rule(method: str | None, kind: Kind, urn: str) -> Rule:
    """The method of a policy with its default options; redaction where there is none, or it needs more than that."""
    rule = Rule(method or FALLBACK, {}, kind, urn=urn)
    return rule if method and not problems(rule) else Rule(FALLBACK, {}, kind, urn=urn)


def for_storing(
    effective: Effective, rules: Iterable[Ruled], *, kind: Kind, urn: str = "", rank: int = 0
) -> Way:
    """How values are shown that are kept where many may read them: by the strictest rule, whoever it is for.

    Nothing is kept of a column that is confidential or higher and that nothing masks (trust.md, section 4.4).
    """
    found = [
        Way(MASKED, (Reason("rule", {"rule": each.label, "key": each.key}),), each.rule, each.key)
        for each in rules
    ]
    if effective.value("requires_masking"):
        found.append(_otherwise(Viewer(), effective, frozenset(), rank, kind, urn))
    if found:
        return max(found, key=lambda way: (strength(way.rule.method), way.key))
    level = max(rank, LEVELS.index(effective.value("sensitivity")) + 1)
    if level >= VALUES:
        return Way(DENIED, (Reason("level", {"level": LEVELS[min(level, len(LEVELS)) - 1]}),))
    return Way(CLEAR, (Reason("unmasked"),))
