"""Changes of quality rules: what is checked, how strictly, and whether the contract counts on it. Rows 36 to 40.

Rules are known by name; one without a name by type, subject and the keys of its parameters, and where one is left
over on each side with the same type and subject, those two are one rule.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from .change import B, M, N, pointer
from .codes import found
from .normal import key as stand_in
from .normal import lines, longer, number, period, reference, same, same_set
from .notes import notes

SEVERITIES = ("info", "warning", "error", "critical")
PARAMETERS = (
    "min", "max", "threshold", "operator", "threshold_percent", "expected",
    "pattern", "values", "columns", "references", "sql", "function", "config",
)  # fmt: skip
NAMED = (
    "name", "column", "capsule_level", "rule", "category", "severity", "blocking", "enabled", "description", *PARAMETERS,
)  # fmt: skip
DEFAULTS = {"config": {}, "columns": [], "values": []}
# Of these a greater number lets more through; of every other rule a smaller share does.
GREATER_IS_LOOSER = frozenset({"duplicate_threshold", "outlier_detection", "freshness", "recency_check"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of one document with the name it goes by, given or by default, and its place."""

    name: str
    named: bool
    spec: dict[str, Any]
    place: int

    @property
    def subjects(self) -> tuple[str, ...]:
        """The columns it is about, none for a rule of the whole capsule."""
        own = (self.spec["column"],) if self.spec.get("column") else ()
        return own + tuple(self.spec.get("columns") or ())

    @property
    def enabled(self) -> bool:
        return self.spec.get("enabled", True)

    @property
    def at(self) -> str:
        return pointer("quality_rules", self.place)


def rules(document) -> list[Rule]:
    """The rules of a document, named as capsule-document.md section 3.4 names them by default."""
    specs = document.get("quality_rules") or []
    taken = {spec["name"] for spec in specs if spec.get("name")}
    found_ = []
    for place, spec in enumerate(specs):
        name = spec.get("name")
        if not name:
            name = wanted = f"{spec['rule']}_{spec.get('column') or 'capsule'}"
            number_ = 2
            while name in taken:
                name, number_ = f"{wanted}_{number_}", number_ + 1
            taken.add(name)
        found_.append(Rule(name, bool(spec.get("name")), spec, place))
    return found_


def guarded(document) -> frozenset[str]:
    """The columns whose range a rule of severity error or critical keeps."""
    return frozenset(
        name
        for rule in rules(document)
        if rule.spec["rule"] == "range_check" and rule.enabled and _severe(rule)
        for name in rule.subjects
    )


def critical(document) -> frozenset[str]:
    """The names of the rules that a document's contract counts on."""
    slas = (document.get("contract") or {}).get("slas") or {}
    return frozenset((slas.get("quality") or {}).get("critical_rules") or ())


def quality(v):
    """The changes of all quality rules, in new order, removed ones last."""
    old, new = v.old.get("quality_rules") or [], v.new.get("quality_rules") or []
    if not v.renames and old == new and same(old, new):
        return
    listed = critical(v.old)
    for before, after in _pairs(v, rules(v.old), rules(v.new)):
        if before is None:
            yield _added(after, None)
        elif after is None:
            if not any(v.matching.gone(name) for name in before.subjects):
                yield _removed(before, None, listed)
        else:
            yield from _changed(v, before, after, listed)


def _pairs(v, old, new):
    """(old rule, new rule), one of them None where there is no partner; each way in turn takes what it can."""

    def subject(rule, names):
        return rule.spec["rule"], tuple(map(names, rule.subjects))

    def parameters(rule):
        return frozenset(key for key in PARAMETERS if key in rule.spec)

    ways = (
        lambda rule, names: rule.named and rule.name,
        lambda rule, names: not rule.named and (subject(rule, names), stand_in(_plain(rule))),
        lambda rule, names: not rule.named and (subject(rule, names), parameters(rule)),
        # One side names the rule as the other is called by default.
        lambda rule, names: (rule.name, subject(rule, names)),
    )
    partner: dict[int, Rule] = {}
    left, open_ = list(old), list(new)
    for way in ways:
        left, open_ = _taken(way, v.matching.now, left, open_, partner)

    # Only where nothing else could be meant.
    def alone(rule, names):
        return not rule.named and subject(rule, names)

    counts = Counter(alone(rule, v.matching.now) for rule in left)
    others = Counter(alone(rule, str) for rule in open_)
    left, _ = _taken(
        lambda rule, names: (kind := alone(rule, names)) and counts[kind] == others[kind] == 1 and kind,
        v.matching.now, left, open_, partner,
    )  # fmt: skip
    return [(partner.get(rule.place), rule) for rule in new] + [(rule, None) for rule in left]


def _taken(way, now, old, new, partner):
    """Pair rules that one way gives the same key, in order; returns those that are left on each side."""
    waiting: dict[Any, list[Rule]] = {}
    for rule in old:
        if found_ := way(rule, now):
            waiting.setdefault(found_, []).append(rule)
    for rule in new:
        if (found_ := way(rule, str)) and waiting.get(found_):
            partner[rule.place] = waiting[found_].pop(0)
    paired = {rule.place for rule in partner.values()}
    return [rule for rule in old if rule.place not in paired], [
        rule for rule in new if rule.place not in partner
    ]


def _plain(rule):
    return {key: rule.spec[key] for key in rule.spec if key not in ("column", "columns")}


def _severe(rule):
    return rule.spec.get("severity", "warning") in ("error", "critical")


def _strict(rule):
    return bool(rule.spec.get("blocking")) or _severe(rule)


def _added(rule, was, at=""):
    verdicts = {"producer": B if _strict(rule) else N} if rule.enabled else {"consumer": M, "producer": M}
    return found(
        "rule_added", "rule", rule.name, at or rule.at, was, was is not None or rule.spec, **verdicts
    )


def _removed(rule, now, listed, at=""):
    verdicts = (
        {"consumer": B if rule.name in listed else N} if rule.enabled else {"consumer": M, "producer": M}
    )
    shown = rule.spec if now is None else True
    return found("rule_removed", "rule", rule.name, at or rule.at, shown, now, **verdicts)


def _changed(v, old, new, listed):
    if old.enabled is not new.enabled:
        at = f"{new.at}/enabled"
        yield _added(new, False, at) if new.enabled else _removed(old, False, listed, at)
    if old.spec == new.spec and old.subjects == new.subjects and same(old.spec, new.spec):
        return
    if old.spec["rule"] != new.spec["rule"]:
        yield found("rule_changed", "rule", new.name, f"{new.at}/rule", old.spec["rule"], new.spec["rule"])
        return
    if v.matching.now(old.spec.get("column") or "") != (new.spec.get("column") or ""):
        at = f"{new.at}/column"
        yield found("rule_changed", "rule", new.name, at, old.spec.get("column"), new.spec.get("column"))
    for key in ("severity", "blocking", *PARAMETERS):
        was, now = old.spec.get(key, DEFAULTS.get(key)), new.spec.get(key, DEFAULTS.get(key))
        if was == now and same(was, now):
            continue
        for direction in _directions(v, old.spec, new.spec, key, was, now):
            yield _judged(direction, old, new, key, was, now, listed)
    was, now = lines(old.spec.get("description") or None), lines(new.spec.get("description") or None)
    if was != now:
        at = f"{new.at}/description"
        yield found("docs_changed", "rule", new.name, at, was, now, dimension="quality")
    named = [key for key in NAMED if key != "category"]
    yield from notes(old.spec, new.spec, named, dimension="quality", kind="rule", name=new.name, at=new.at)
    if old.named and new.named and old.name != new.name:
        yield found(
            "other_metadata", "rule", new.name, f"{new.at}/name", old.name, new.name, dimension="quality"
        )


def _judged(direction, old, new, key, was, now, listed):
    at = f"{new.at}/{key}"
    shown = {"action": "change"}
    if direction == "looser":
        consumer = B if old.name in listed else N
        return found("rule_loosened", "rule", new.name, at, was, now, consumer=consumer, **shown)
    if direction == "stricter":
        # The severity is the old version's; a rule that begins to block stops deliveries at once.
        producer = B if _severe(old) or new.spec.get("blocking") else N
        return found("rule_tightened", "rule", new.name, at, was, now, producer=producer, **shown)
    return found("rule_changed", "rule", new.name, at, was, now, **shown)


def _directions(v, old, new, key, was, now):
    """`looser`, `stricter`, `open` for each way in which one setting of a rule moved; none where it is equal."""
    if key == "severity":
        rank = [SEVERITIES.index(each or "warning") for each in (was, now)]
        return _way(rank[1] - rank[0], greater="stricter")
    if key == "blocking":
        return _way(bool(now) - bool(was), greater="stricter")
    if key in ("min", "max"):
        return _bound(number(was), number(now), -1 if key == "min" else 1)
    if key in ("threshold", "threshold_percent"):
        return _threshold(old, new, key, was, now)
    if key == "values" and old["rule"] == "value_in_set":
        return _sets(was or [], now or [])
    if key == "columns":
        return _columns(v, old, was or [], now or [])
    if key == "references":
        return () if was and now and reference(was) == reference(now) else ("open",)
    if key in ("sql", "function"):
        return () if lines(was) == lines(now) else ("open",)
    return ("open",)


def _way(difference, greater):
    if not difference:
        return ()
    less = "looser" if greater == "stricter" else "stricter"
    return (greater if difference > 0 else less,)


def _bound(was, now, sign):
    if was == now:
        return ()
    if now is None:
        return ("looser",)
    if was is None:
        return ("stricter",)
    return _way((now - was) * sign, greater="looser")


def _threshold(old, new, key, was, now):
    greater = "looser" if old["rule"] in GREATER_IS_LOOSER else "stricter"
    if old["rule"] == "recency_check" and key == "threshold_percent":
        greater = "stricter"
    if key == "threshold":
        operators = {each.get("operator") for each in (old, new)}
        if operators != {None}:
            if operators <= {">", ">="}:
                greater = "stricter"
            elif operators <= {"<", "<="}:
                greater = "looser"
            else:
                return ("open",)
        elif old["rule"] in ("statistical_threshold", "distribution_check", "custom_sql", "custom_function"):
            return ("open",)
    if was is None or now is None:
        return ("stricter",) if was is None else ("looser",)
    left, right = number(was), number(now)
    if left is not None and right is not None:
        return _way(right - left, greater)
    before, after = period(was), period(now)
    if before is None or after is None:
        return ("open",)
    difference = longer(before, after)
    return ("open",) if difference is None else _way(difference, greater)


def _sets(was, now):
    if same_set(was, now):
        return ()
    more = [each for each in now if not any(same(each, other) for other in was)]
    fewer = [each for each in was if not any(same(each, other) for other in now)]
    if not was or not now:
        return ("stricter",) if not was else ("looser",)
    return (("looser",) if more else ()) + (("stricter",) if fewer else ())


def _columns(v, old, was, now):
    """Unique by more columns is a weaker promise, by fewer a stronger one."""
    before, after = {v.matching.now(name) for name in was}, set(now)
    if before == after:
        return ()
    if old["rule"] != "unique_combination":
        return ("open",)
    return ("looser",) if before < after else ("stricter",) if after < before else ("open",)
