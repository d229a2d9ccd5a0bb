"""What has been done about a coming change: announcements, answers of consumers, sign-off, override."""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .change import Change


@dataclass(frozen=True, slots=True)
class Announcement:
    """A breaking change told to consumers: which changes, when, to whom; a draft has `published` false.

    `covers` are fingerprints of changes. `announced` is the day in UTC, `effective` the first day that was named, None
    if none was. `told` are the consumers it went to, None for all. `acknowledged` and `objected` are names of consumers
    and subscribers who answered this announcement.
    """

    covers: frozenset[str]
    announced: datetime.date
    published: bool = True
    told: frozenset[str] | None = None
    acknowledged: frozenset[str] = frozenset()
    objected: frozenset[str] = frozenset()
    effective: datetime.date | None = None

    def covers_change(self, change: Change) -> bool:
        """Whether consumers were told of this very change."""
        return change.fingerprint in self.covers

    def went_to(self, consumers: Collection[str]) -> bool:
        """Whether it was published to all of these."""
        return self.published and (self.told is None or self.told.issuperset(consumers))


@dataclass(frozen=True, slots=True)
class SignOff:
    """An approved new contract version, by a user with that right; `replaces` is the version that was announced under."""

    version: str
    approver: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A reason and a second person, with the right, to let blocked changes pass.

    `covers` are fingerprints of the changes, None for all. `asked_by` is who wanted it.
    """

    reason: str
    person: str
    asked_by: str = ""
    covers: frozenset[str] | None = None

    def covers_all(self, changes: Iterable[Change]) -> bool:
        """Whether all of these changes were agreed to."""
        return self.covers is None or all(change.fingerprint in self.covers for change in changes)


@dataclass(frozen=True, slots=True)
class Dealings:
    """Everything done about a plan so far, and who depends on the capsule beside the contract's own list.

    `subscribers` are names registered in the portal, `downstream` the capsules fed by this one. `author` made the
    plan. `approved` are (code, pointer) of changes that have the approval their row asks for.
    """

    announcements: tuple[Announcement, ...] = ()
    subscribers: frozenset[str] = frozenset()
    downstream: frozenset[str] = frozenset()
    deprecation_announced: datetime.date | None = None
    author: str = ""
    sign_off: SignOff | None = None
    override: Override | None = None
    approved: frozenset[tuple[str, str]] = frozenset()


NOTHING_DONE = Dealings()
