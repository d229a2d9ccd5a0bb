"""What holds for a column or capsule on a day: of every facet the strictest value, where it comes from, what it beat.

Pure: rows go in, `Effective` comes out. Policies of the capsule and of the column count in full, those of direct
upstream columns with their level alone, unless the edge masks (errata rows B18, E37). What upstream asks beside its
level is a suggestion. Which of two values is stricter is said by each facet below, and published in docs/policy.md.

Every facet is a join that is idempotent, commutative and associative: the order of policies never matters, and
another policy never loosens what the others state. A facet that nobody states has its `default`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.catalog.changes.looser import STRENGTH
from apps.dcs.periods import Period

COLUMN, CAPSULE, UPSTREAM = "column", "capsule", "upstream"
PLACES = (COLUMN, CAPSULE, UPSTREAM)  # the nearest first
LEVELS = ("public", "internal", "confidential", "restricted", "secret")
ACCESS_LEVELS = ("public", "authenticated", "privileged", "admin")
ENCRYPTIONS = ("aes256", "rsa", "field_level")
# After these the data is gone: the period is then the longest that it may be kept, not the shortest.
ENDS = ("anonymize", "hard_delete")
STARTS = ("ingestion", "business_date", "last_modified")
ANYWHERE = "multi_region"
FRAMEWORKS = {"PCI": "PCI-DSS", "PCIDSS": "PCI-DSS"}
SECONDS_OF_MONTH, SECONDS_OF_DAY = 2_629_746, 86_400


@dataclass(frozen=True)
class Stated:
    """One policy as a plain row; `values` are its fields by name, `label` is what people call it, `place` whose it is."""

    key: str
    label: str
    place: str
    subject: str
    values: Mapping[str, Any]
    starts: date | None = None
    ends: date | None = None
    active: bool = True

    def holds(self, on: date) -> bool:
        """True if the policy is active and the day lies within its dates, both included."""
        return (
            self.active
            and (self.starts is None or self.starts <= on)
            and (self.ends is None or on <= self.ends)
        )


@dataclass(frozen=True)
class Upstream:
    """A column that values come from directly.

    `level` is what holds there (None: no policy), `label` the policy that says so, `origin` the column it began at if
    that is another one, `steps` how far that is from here; `masks` is true of an edge on which values are masked.
    """

    key: str
    subject: str
    level: str | None = None
    label: str = ""
    origin: str = ""
    origin_key: str = ""
    steps: int = 1
    masks: bool = False
    policies: tuple[Stated, ...] = ()


@dataclass(frozen=True)
class Keeping:
    """How long data is kept: from `start` on for `period`; then `action`."""

    period: Period
    start: str | None = None
    action: str | None = None

    @property
    def seconds(self) -> int:
        """Its length with a month as the twelfth part of a mean year of the Gregorian calendar."""
        days, rest = self.period.days, self.period.microseconds // 1_000_000
        return self.period.months * SECONDS_OF_MONTH + days * SECONDS_OF_DAY + rest

    @property
    def order(self) -> tuple:
        period = self.period
        start = STARTS.index(self.start) if self.start in STARTS else -1
        action = ENDS.index(self.action) if self.action in ENDS else -1
        return (self.seconds, start, -action, period.months, period.days, period.microseconds)


@dataclass(frozen=True)
class Source:
    """Who states a value: a policy of the column or its capsule, or an upstream column with what holds there."""

    place: str
    subject: str
    label: str
    key: str
    value: Any
    steps: int = 0
    origin: str = ""
    origin_key: str = ""


@dataclass(frozen=True)
class Held:
    """A facet in force: its value, who it comes from, and which other values it beat; not `stated`: the default."""

    facet: str
    value: Any
    stated: bool
    origins: tuple[Source, ...] = ()
    beaten: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """What an upstream column asks beyond what holds here, other than its level."""

    facet: str
    value: Any
    source: Source


@dataclass(frozen=True)
class Effective:
    """Everything that holds on a day; `effective["sensitivity"].value`."""

    on: date
    facets: tuple[Held, ...]
    suggestions: tuple[Suggestion, ...] = ()

    def __getitem__(self, name: str) -> Held:
        return next(held for held in self.facets if held.facet == name)

    def value(self, name: str) -> Any:
        return self[name].value

    @property
    def stated(self) -> tuple[Held, ...]:
        """The facets that some policy states."""
        return tuple(held for held in self.facets if held.stated)

    def admits(self, roles: Iterable[str]) -> bool:
        """True if somebody with these roles is let in: denied beats allowed, no list lets everybody in (row B19)."""
        mine = set(roles)
        allowed = self.value("allowed_roles")
        return not mine & set(self.value("denied_roles")) and (allowed is None or bool(mine & set(allowed)))

    @property
    def ends_after(self) -> Keeping | None:
        """When the data has to go: never while a legal hold stands, nor before it must no longer be kept (row B20)."""
        most, least = self.value("retention_max"), self.value("retention_min")
        if most is None or self.value("legal_hold"):
            return None
        if least is None or least.seconds <= most.seconds:
            return most
        return Keeping(least.period, least.start, most.action)


@dataclass(frozen=True)
class Facet:
    """One thing that policies rule: how a policy states it (None: it does not), and the stricter of two values."""

    name: str
    read: Callable[[Mapping[str, Any]], Any]
    join: Callable[[Any, Any], Any]
    default: Any = None
    gathers: bool = False  # what several say adds up: nobody's value is beaten


def strictest(facet: Facet, values: Iterable[Any]) -> Any:
    """The join of all values; None if there are none."""
    found = None
    for value in values:
        found = value if found is None else facet.join(found, value)
    return found


def effective(
    policies: Iterable[Stated],
    *,
    on: date,
    upstream: Iterable[Upstream] = (),
    default_level: str = "internal",
) -> Effective:
    """What holds on a day under `policies` of a column and its capsule, and the levels of its `upstream` columns."""
    holding = sorted({each.key: each for each in policies if each.holds(on)}.values(), key=_policy_order)
    above = sorted((each for each in upstream if not each.masks), key=lambda each: (each.steps, each.key))
    facets = tuple(_held(facet, holding, above, default_level) for facet in FACETS)
    return Effective(on, facets, _suggested(facets, above, on))


def _policy_order(policy):
    return (PLACES.index(policy.place), policy.label, policy.key)


def _held(facet, holding, above, default_level):
    said = [
        Source(policy.place, policy.subject, policy.label, policy.key, value)
        for policy in holding
        if (value := facet.read(policy.values)) is not None
    ]
    if facet.name == "sensitivity":
        said += [
            Source(
                UPSTREAM,
                each.subject,
                each.label,
                each.key,
                each.level,
                each.steps,
                each.origin,
                each.origin_key,
            )
            for each in above
            if each.level is not None
        ]
    if not said:
        default = default_level if facet.name == "sensitivity" else facet.default
        return Held(facet.name, default, stated=False)
    value = strictest(facet, (source.value for source in said))
    equal = tuple(source for source in said if source.value == value)
    if facet.gathers or not equal:
        return Held(facet.name, value, stated=True, origins=tuple(said))
    return Held(facet.name, value, True, equal, tuple(source for source in said if source.value != value))


def _suggested(facets, above, on):
    """What upstream asks and nobody here does, nearest first; the same of two columns is said of both."""
    now = {held.facet: held for held in facets}
    found = []
    for each in above:
        for policy in sorted(each.policies, key=_policy_order):
            if not policy.holds(on):
                continue
            for facet in FACETS[1:]:
                value, held = facet.read(policy.values), now[facet.name]
                if value is None or (held.stated and facet.join(held.value, value) == held.value):
                    continue
                source = Source(UPSTREAM, each.subject, policy.label, each.key, value, 1)
                found.append(Suggestion(facet.name, value, source))
    return tuple(found)


def _highest(order):
    """The later word of a list; one that is not listed counts as the least."""

    def rank(word):
        return (order.index(word) if word in order else -1, word)

    return lambda one, other: max(one, other, key=rank)


def _word(field):
    return lambda values: values.get(field) or None


def _flag(field, strict=True):
    return lambda values: strict if values.get(field, not strict) is strict else None


def _words(field, spell=str.strip):
    def read(values):
        found = {spell(word) for word in values.get(field) or () if word.strip()}
        return tuple(sorted(found)) or None

    return read


def _all(one, other):
    return tuple(sorted({*one, *other}))


def _common(one, other):
    return tuple(sorted(set(one) & set(other)))


def region(word: str) -> str:
    """A region as it is compared: `eu` is `EU`, `multi_region` stays a word."""
    word = word.strip()
    return ANYWHERE if word.lower() == ANYWHERE else word.upper()


def framework(word: str) -> str:
    """A framework as it is compared (errata row C12): `pci` is PCI-DSS."""
    word = word.strip().upper().replace("_", "-")
    return FRAMEWORKS.get(word.replace("-", ""), word)


def _residency(values):
    word = values.get("data_residency")
    return (region(word),) if word and word.strip() else None


def _one_region(one, other):
    """Every region that is named must hold the data; `multi_region` asks for none."""
    return tuple(sorted({*one, *other} - {ANYWHERE})) or (ANYWHERE,)


def _kept(values, ends):
    period, action = values.get("retention_period"), values.get("deletion_action")
    if period is None or (action in ENDS) is not ends:
        return None
    return Keeping(period, values.get("retention_start") or None, action or None)


def _method(values):
    return values.get("masking_method") or None if values.get("requires_masking") else None


def _conditions(values):
    """() masks always; otherwise one of the conditions suffices."""
    if not values.get("requires_masking"):
        return None
    said = values.get("masking_conditions")
    return (json.dumps(said, sort_keys=True, default=str),) if said else ()


def _any_condition(one, other):
    return _all(one, other) if one and other else ()


def _longest(one, other):
    return max(one, other, key=lambda period: Keeping(period).order)


FACETS = (
    Facet("sensitivity", _word("sensitivity_level"), _highest(LEVELS), LEVELS[1]),
    Facet("classification_tags", _words("classification_tags"), _all, (), gathers=True),
    Facet("min_access_level", _word("min_access_level"), _highest(ACCESS_LEVELS)),
    Facet("allowed_roles", _words("allowed_roles"), _common),
    Facet("denied_roles", _words("denied_roles"), _all, (), gathers=True),
    Facet("approved_purposes", _words("approved_purposes"), _common),
    Facet("prohibited_purposes", _words("prohibited_purposes"), _all, (), gathers=True),
    Facet("retention_min", lambda values: _kept(values, False), lambda a, b: max(a, b, key=lambda k: k.order)),
    Facet("retention_max", lambda values: _kept(values, True), lambda a, b: min(a, b, key=lambda k: k.order)),
    Facet("legal_hold", _flag("legal_hold"), lambda a, b: a or b, False),
    Facet("allowed_regions", _words("allowed_regions", region), _common),
    Facet("restricted_regions", _words("restricted_regions", region), _all, (), gathers=True),
    Facet("data_residency", _residency, _one_region, gathers=True),
    Facet("cross_border_transfer", _flag("cross_border_transfer", strict=False), lambda a, b: a and b, True),
    Facet("requires_masking", _flag("requires_masking"), lambda a, b: a or b, False),
    Facet("masking_method", _method, _highest(STRENGTH)),
    Facet("masking_conditions", _conditions, _any_condition, gathers=True),
    Facet("encryption_required", _flag("encryption_required"), lambda a, b: a or b, False),
    Facet("encryption_at_rest", _flag("encryption_at_rest"), lambda a, b: a or b, False),
    Facet("encryption_in_transit", _flag("encryption_in_transit"), lambda a, b: a or b, False),
    Facet("encryption_method", _word("encryption_method"), _highest(ENCRYPTIONS)),
    Facet("compliance_frameworks", _words("compliance_frameworks", framework), _all, (), gathers=True),
    Facet("consent_required", _flag("consent_required"), lambda a, b: a or b, False),
    Facet("right_to_erasure", _flag("right_to_erasure"), lambda a, b: a or b, False),
    Facet("audit_log_required", _flag("audit_log_required"), lambda a, b: a or b, False),
    Facet("audit_retention", _word("audit_retention_period"), _longest),
)  # fmt: skip
