"""What the contract in force allows: a plan is let through, let through with notice, or blocked.

breaking-changes.md section 5. The contract that judges is the stored one; the document's own never judges itself.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .change import B, C, Change, N, Verdict, verdict
from .contract import DEFAULT_POLICY, notice
from .notices import NOTHING_DONE, Announcement, Dealings
from .sentences import Sentence

ALLOW, ALLOW_WITH_NOTICE, BLOCKED = "allow", "allow_with_notice", "blocked"
BINDING = ("active", "breached", "deprecated")
# The least verdict that each policy blocks; None where it blocks nothing.
BLOCKS_FROM = {"strict": C, "backwards_compatible": B, "flexible": None, "unrestricted": None}
DEPRECATION_DAYS = {"immediate": 0, "30_days": 30, "90_days": 90}
SHORTEST_REASON = 20


def _(words):
    return words


RULES = {
    "no_contract": _("No contract in force binds this capsule."),
    "policy": _("The policy %(policy)s blocks what is %(verdict)s for consumers."),
    "notice_running": _("The notice has been given and ends on %(day)s."),
    "not_announced": _("The change has not been announced to all known consumers."),
    "objected": _("Consumers objected: %(names)s. Only the end of the notice lifts the block."),
    "awaiting_acknowledgement": _("Not yet acknowledged by: %(names)s."),
    "sign_off_missing": _("A strict contract also needs a new contract version, approved by another person."),
    "override_refused": _("An override needs a reason of 20 characters or more and a second person."),
    "notice_given": _("The notice has been given and its days have passed."),
    "acknowledged": _("All known consumers have acknowledged the change."),
    "nobody_depends": _("No consumer, subscriber or capsule depends on it."),
    "deprecated": _("The capsule was deprecated, and its day has come."),
    "overridden": _("Overridden by %(names)s: %(reason)s"),
    "consumers_told": _("Consumers are told: %(names)s."),
    "silent": _("The contract asks for no notices."),
    "recorded": _("The policy unrestricted allows it; it is recorded."),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule of section 5 that spoke, and the codes of the changes it spoke about."""

    rule: str
    codes: tuple[str, ...]
    text: Sentence


@dataclass(frozen=True, slots=True)
class Decision:
    """What may happen to a plan.

    `outcome` is allow, allow_with_notice or blocked. `unblocks_at` is the first day on which notice alone lifts the
    block, None if none is running. `blocked` are the changes in the way, `awaiting` those whose rows ask for an
    approval that they lack, whatever the outcome. `notify` are names to tell, `at_once` before anything else.
    """

    outcome: str
    policy: str | None
    consumer: Verdict
    producer: Verdict
    reasons: tuple[Reason, ...] = ()
    unblocks_at: datetime.date | None = None
    blocked: tuple[Change, ...] = ()
    awaiting: tuple[Change, ...] = ()
    notify: tuple[str, ...] = ()
    at_once: bool = False
    overridden: bool = False

    @property
    def may_apply(self) -> bool:
        """Whether nothing blocks and no approval is missing."""
        return self.outcome != BLOCKED and not self.awaiting


def judge(
    changes: Sequence[Change],
    contract: Mapping[str, Any] | None,
    *,
    today: datetime.date,
    dealings: Dealings = NOTHING_DONE,
) -> Decision:
    """What the stored contract says to these changes on a day (UTC).

    `contract` is the stored contract in force, else the newest, as in a document; None if there is none. One that is
    draft, proposed or superseded allows everything. Ways 1 and 2 are told for each change, so two announcements may
    together cover a plan.
    """
    consumer, producer = verdict(changes)
    status = contract.get("status", "draft") if contract else None
    awaiting = tuple(
        change
        for change in changes
        if change.needs_approval and (change.code, change.pointer) not in dealings.approved
    )
    if contract is None or status not in BINDING:
        reasons = (_reason("no_contract", changes),) if changes else ()
        return Decision(ALLOW, None, consumer, producer, reasons, awaiting=awaiting)
    policy = (contract.get("schema_changes") or {}).get("policy", DEFAULT_POLICY)
    court = _Court(contract, policy, today, dealings)
    least = BLOCKS_FROM[policy]
    blocked = [change for change in changes if least is not None and change.consumer >= least]
    reasons, unblocks_at, lifted, overridden = court.lift(blocked) if blocked else ((), None, True, False)
    if not lifted:
        return Decision(
            BLOCKED, policy, consumer, producer, reasons, unblocks_at, tuple(blocked), awaiting, court.known()
        )
    return _allowed(court, changes, blocked, reasons, awaiting, overridden)


def _allowed(court, changes, lifted, reasons, awaiting, overridden):
    """Everything is let through; what remains is who is told, and when."""
    consumer, producer = verdict(changes)
    telling = [change for change in changes if change.consumer >= N]
    breaking = [change for change in changes if change.consumer is B]
    if court.policy == "unrestricted":
        reasons = (*reasons, _reason("recorded", breaking)) if breaking else reasons
        return Decision(ALLOW, court.policy, consumer, producer, reasons, awaiting=awaiting)
    if not telling and not lifted:
        return Decision(ALLOW, court.policy, consumer, producer, reasons, awaiting=awaiting)
    silent = not (court.contract.get("deprecation") or {}).get("notice_required", True)
    if silent and not breaking and not overridden:
        reasons = (*reasons, _reason("silent", telling)) if telling else reasons
        return Decision(ALLOW, court.policy, consumer, producer, reasons, awaiting=awaiting)
    names = court.known()
    if names:
        reasons = (*reasons, _reason("consumers_told", telling or lifted, names=", ".join(names)))
    at_once = overridden or (court.policy == "flexible" and bool(breaking))
    return Decision(
        ALLOW_WITH_NOTICE, court.policy, consumer, producer, reasons,
        awaiting=awaiting, notify=names, at_once=at_once, overridden=overridden,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Court:
    """The stored contract with everything done so far, on one day."""

    contract: Mapping[str, Any]
    policy: str
    today: datetime.date
    dealings: Dealings

    def consumers(self):
        return tuple(dict.fromkeys(each["team"] for each in self.contract.get("known_consumers") or ()))

    def known(self):
        return tuple(dict.fromkeys([*self.consumers(), *sorted(self.dealings.subscribers)]))

    def lift(self, blocked):
        """(reasons, day on which notice lifts, whether the block is lifted, whether by override)."""
        override = self.dealings.override
        if override and self._passes(override, blocked):
            reason = _reason("overridden", blocked, names=override.person, reason=override.reason)
            return (reason,), None, True, True
        reasons: list[Reason] = []
        held, days = [], []
        for change in blocked:
            rule, day = self._lifted(change)
            days.append(day)
            if rule:
                reasons.append(_reason(rule, [change]))
            else:
                held.append((change, day))
        if not held and (self.policy != "strict" or self._signed_off()):
            return _merged(reasons), None, True, False
        reasons = [self._blocking(blocked), *reasons]
        for change, day in held:
            reasons += self._why_held(change, day)
        if self.policy == "strict" and not self._signed_off():
            reasons.append(_reason("sign_off_missing", blocked))
        if override:
            reasons.append(_reason("override_refused", blocked))
        # The day on which notice has lifted every change; None while one of them has not been announced.
        unblocks_at = None if None in days else max([*days, self.today])
        return _merged(reasons), unblocks_at, False, False

    def _blocking(self, blocked):
        worst = max(change.consumer for change in blocked)
        return _reason("policy", blocked, policy=self.policy.replace("_", " "), verdict=str(worst))

    def _lifted(self, change):
        """(the rule that lifts the block on one change, or None; the day on which notice alone does, or None)."""
        day = self._deprecation_day(change)
        if day and day <= self.today:
            return "deprecated", day
        days = [day] if day else []
        announced = [each for each in self.dealings.announcements if each.covers_change(change)]
        days += [self._day(each) for each in announced if each.went_to(self.consumers())]
        first = min(days, default=None)
        if first and first <= self.today:
            return "notice_given", first
        if any(each.published and self._acknowledged(each) for each in announced):
            return "acknowledged", first
        if self._nobody_depends():
            return "nobody_depends", first
        return None, first

    def _day(self, announcement):
        days = notice(self.contract.get("schema_changes") or {})
        counted = announcement.announced + datetime.timedelta(days=days)
        # A version with a shorter notice takes nothing back from those who were told a later day.
        return max(counted, announcement.effective or counted)

    def _deprecation_day(self, change):
        """Way 1 for rows 3 and 62: the stored deprecation's date, once its policy's days have been kept too."""
        stored = self.contract.get("deprecation") or {}
        announced = self.dealings.deprecation_announced
        days = DEPRECATION_DAYS.get(stored.get("policy") or "immediate")
        if change.code not in ("column_removed", "capsule_retired") or announced is None or days is None:
            return None
        kept = announced + datetime.timedelta(days=days)
        # An explicit date wins, else the policy gives it (errata row C23).
        stated = stored.get("date")
        return (
            max(kept, datetime.date.fromisoformat(stated))
            if stated
            else kept
            if stored.get("policy")
            else None
        )

    def _acknowledged(self, announcement):
        # An empty list of consumers is nobody who could have agreed; who depends beside it is asked below.
        asked = set(self.known()) if self.consumers() else set()
        return bool(asked) and asked <= announcement.acknowledged and not announcement.objected

    def _nobody_depends(self):
        return self.policy != "strict" and not self.known() and not self.dealings.downstream

    def _signed_off(self):
        signed = self.dealings.sign_off
        return (
            signed is not None
            and signed.version != (signed.replaces or self.contract.get("version"))
            and self._second(signed.approver)
        )

    def _second(self, person):
        return bool(person) and person != self.dealings.author

    def _passes(self, override, blocked):
        """Whether two people have agreed to let all of this through: nobody agrees with themselves."""
        return (
            len(override.reason.strip()) >= SHORTEST_REASON
            and self._second(override.person)
            and override.person != override.asked_by
            and override.covers_all(blocked)
        )

    def _why_held(self, change, day):
        announced: list[Announcement] = [
            each for each in self.dealings.announcements if each.covers_change(change)
        ]
        if day is None:
            yield _reason("not_announced", [change])
        else:
            yield _reason("notice_running", [change], day=day.isoformat())
        for each in announced:
            if each.objected:
                yield _reason("objected", [change], names=", ".join(sorted(each.objected)))
            missing = [name for name in self.known() if name not in each.acknowledged | each.objected]
            if missing:
                yield _reason("awaiting_acknowledgement", [change], names=", ".join(missing))


def _reason(rule, changes, **values):
    codes = tuple(dict.fromkeys(change.code for change in changes))
    return Reason(rule, codes, Sentence(RULES[rule], tuple(values.items())))


def _merged(reasons):
    """Reasons that say the same about several changes, said once."""
    found: dict[tuple, Reason] = {}
    for each in reasons:
        key = (each.rule, each.text)
        codes = found[key].codes if key in found else ()
        found[key] = Reason(each.rule, tuple(dict.fromkeys(codes + each.codes)), each.text)
    return tuple(found.values())
