"""Changes of the contract: what is promised, how it is guarded, who is known to rely on it. Rows 51 to 61."""

from apps.dcs.periods import Period

from .change import B, M, N
from .codes import found
from .normal import downtime, longer, notice_days, number, period, same, same_set
from .notes import notes
from .support import support

POLICIES = ("unrestricted", "flexible", "backwards_compatible", "strict")
DEFAULT_POLICY = "backwards_compatible"
DEPRECATIONS = ("immediate", "30_days", "90_days", "never")
HOLDS = ("active", "breached")
NO_TIME = Period()
# (section, key, whether a greater value is the weaker promise, how it is read, what a weaker one is to a consumer)
PROMISES = (
    ("freshness", "target", True, "period", B),
    ("completeness", "target", False, "number", B),
    ("completeness", "min_rows", False, "number", N),
    ("completeness", "max_rows", True, "number", N),
    ("availability", "target", False, "number", B),
    ("availability", "max_downtime", True, "downtime", B),
    ("quality", "min_score", False, "number", B),
    ("latency", "p95_ms", True, "number", B),
    ("latency", "p99_ms", True, "number", B),
)
SLA_KEYS = {
    "freshness": ("target", "schedule"),
    "completeness": ("target", "min_rows", "max_rows"),
    "availability": ("target", "max_downtime"),
    "quality": ("min_score", "critical_rules"),
    "latency": ("p95_ms", "p99_ms"),
}
NAMED = (
    "status",
    "slas",
    "schema_changes",
    "support",
    "maintenance_windows",
    "deprecation",
    "known_consumers",
)
CONSUMER = ("team", "contact", "use_case")


def contract(v):
    """The changes of the contract; one that is dropped is one change, whatever it promised."""
    old, new = v.old.get("contract"), v.new.get("contract")
    if old == new and same(old, new):
        return
    if not new:
        yield found("contract_withdrawn", "contract", "contract", "/contract", old, None)
        return
    yield from _status(old or {}, new)
    old = old or {}
    yield from _promises(old.get("slas") or {}, new.get("slas") or {})
    yield from _guards(v, old, new)
    yield from support(old, new)
    yield from _deprecation(old.get("deprecation") or {}, new.get("deprecation") or {})
    yield from _consumers(old.get("known_consumers") or [], new.get("known_consumers") or [])
    yield from notes(old, new, NAMED, dimension="contract", kind="contract", name="", at="/contract")


def _status(old, new):
    was, now = old.get("status") or ("draft" if old else None), new.get("status") or "draft"
    if was == now:
        return
    if now in HOLDS and was not in HOLDS:
        yield found("contract_activated", "contract", "status", "/contract/status", was, now, action="change")
    elif was in HOLDS and now not in HOLDS:
        yield found("contract_withdrawn", "contract", "status", "/contract/status", was, now)
    else:
        yield found(
            "other_metadata", "contract", "status", "/contract/status", was, now, dimension="contract"
        )


def _promises(old, new):
    for section, key, greater_is_weaker, kind, weaker in PROMISES:
        was, now = ((each.get(section) or {}).get(key) for each in (old, new))
        if same(was, now):
            continue
        name, at = f"{section} {key.replace('_', ' ')}", f"/contract/slas/{section}/{key}"
        difference = _difference(was, now, kind, greater_is_weaker)
        if difference is None:
            yield found("sla_weaker", "sla", name, at, was, now, undetermined=True)
        elif difference:
            code = "sla_weaker" if difference > 0 else "sla_stronger"
            yield found(code, "sla", name, at, was, now, consumer=weaker if difference > 0 else None)
        elif not _same_form(was, now, kind):
            # Equally long, written in other parts: `24 hours` and `1 day`.
            yield found("other_metadata", "sla", name, at, was, now, dimension="contract")
    was, now = ((each.get("freshness") or {}).get("schedule") or None for each in (old, new))
    if was != now:
        at = "/contract/slas/freshness/schedule"
        # A first schedule is only stated.
        verdicts = {} if was else {"consumer": M, "producer": M}
        yield found("schedule_changed", "sla", "freshness schedule", at, was, now, **verdicts)
    for section, keys in SLA_KEYS.items():
        parts = (old.get(section) or {}, new.get(section) or {})
        at = f"/contract/slas/{section}"
        yield from notes(*parts, keys, dimension="contract", kind="sla", name=section, at=at)
    yield from notes(old, new, SLA_KEYS, dimension="contract", kind="sla", name="", at="/contract/slas")


def _difference(was, now, kind, greater_is_weaker):
    """Above 0 if the promise is weaker, below if stronger, 0 if equal, None if that cannot be told."""
    if was is None or now is None:
        return 1 if now is None else -1
    step = (_more if kind == "number" else _longer)(was, now)
    return step if step is None or greater_is_weaker else -step


def _more(was, now):
    left, right = number(was), number(now)
    return None if left is None or right is None else (right > left) - (right < left)


def _longer(was, now):
    """Of two durations or downtimes; those of different periods cannot be told apart, unless one is none at all."""
    (left, per), (right, other) = downtime(was), downtime(now)
    if left is None or right is None:
        return None
    if NO_TIME in (left, right):
        return (left == NO_TIME) - (right == NO_TIME)
    return longer(left, right) if per == other else None


def _same_form(was, now, kind):
    readers = {"number": number, "period": period, "downtime": downtime}
    return readers[kind](was) == readers[kind](now)


def _guards(v, old, new):
    """Rows 56 and 57: how hard it is to change what readers rely on."""
    was, now = old.get("schema_changes") or {}, new.get("schema_changes") or {}
    policies = [each.get("policy", DEFAULT_POLICY) for each in (was, now)]
    at = "/contract/schema_changes"
    if policies[0] != policies[1]:
        weaker = POLICIES.index(policies[1]) < POLICIES.index(policies[0])
        yield _guard(weaker, "schema policy", f"{at}/policy", *policies)
    stated = "breaking_change_notice" in was or "breaking_change_notice" in now
    days = [notice(each) for each in (was, now)]
    if stated and days[0] != days[1]:
        yield _guard(days[1] < days[0], "days of notice", f"{at}/breaking_change_notice", *days)
    yield from notes(
        was, now, ("policy", "breaking_change_notice"), dimension="contract", kind="contract", name="", at=at
    )
    told = [(each.get("deprecation") or {}).get("notice_required", True) for each in (old, new)]
    if told[0] != told[1]:
        yield _guard(not told[1], "notification of consumers", "/contract/deprecation/notice_required", *told)
    lists = [
        ((each.get("slas") or {}).get("quality") or {}).get("critical_rules") or [] for each in (old, new)
    ]
    if not same_set(*lists):
        at = "/contract/slas/quality/critical_rules"
        for weaker, names in (
            (True, [name for name in lists[0] if name not in lists[1]]),
            (False, [name for name in lists[1] if name not in lists[0]]),
        ):
            if names:
                yield _guard(weaker, "critical rules", at, lists[0] or None, lists[1] or None, impact=names)


def _guard(weaker, name, at, was, now, impact=()):
    code = "contract_weakened" if weaker else "contract_strengthened"
    return found(code, "contract", name, at, was, now, action="change", impact=impact)


def notice(schema_changes) -> int:
    """The days of notice that hold: as stated, else none for flexible and 30 for the others (section 5)."""
    days = notice_days(schema_changes.get("breaking_change_notice"))
    if days is not None:
        return days
    return 0 if schema_changes.get("policy") == "flexible" else 30


def _deprecation(old, new):
    was, now = old.get("date") or None, new.get("date") or None
    at = "/contract/deprecation"
    if was != now:
        code = (
            "deprecation_set" if was is None
            else "deprecation_removed" if now is None
            else "deprecation_earlier" if now < was
            else "deprecation_later"
        )  # fmt: skip
        yield found(code, "deprecation", "deprecation date", f"{at}/date", was, now)
    was, now = old.get("policy"), new.get("policy")
    if was != now:
        ranks = [DEPRECATIONS.index(each) if each in DEPRECATIONS else -1 for each in (was, now)]
        code = "deprecation_policy_shorter" if ranks[1] < ranks[0] else "deprecation_policy_longer"
        yield found(
            code, "deprecation", "deprecation policy", f"{at}/policy", was, now, consumer=None if was else M
        )
    named = ("date", "policy", "notice_required")
    yield from notes(old, new, named, dimension="contract", kind="deprecation", name="deprecation", at=at)


def _consumers(old, new):
    before = {}
    for place, each in enumerate(old):
        before.setdefault(_team(each), []).append((place, each))
    for place, each in enumerate(new):
        at = f"/contract/known_consumers/{place}"
        team = _team(each)
        same_team = before.get(team) or []
        if not same_team:
            yield found("consumer_added", "consumer", team, at, None, each)
            continue
        # A team may be listed once for each use; an equal entry is taken first.
        known = next((entry for entry in same_team if same(entry[1], each)), same_team[0])
        same_team.remove(known)
        if not same(known[1], each):
            yield found("consumer_changed", "consumer", team, at, known[1], each)
    for place, each in sorted(
        (entry for entries in before.values() for entry in entries), key=lambda e: e[0]
    ):
        at = f"/contract/known_consumers/{place}"
        yield found("consumer_removed", "consumer", _team(each), at, each, None, impact=[_team(each)])


def _team(consumer):
    """Who it is; rows that were not written through a document may lack the name."""
    return consumer.get("team") or ""
