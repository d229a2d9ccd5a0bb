"""Two states of one capsule beside each other: versions, days, or what is there now."""

import datetime
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from django.utils import dateformat, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from . import snapshots
from .changes.change import Change, Verdict, verdict
from .changes.classify import classify
from .changes.facts import Facts
from .changes.hunks import hunk
from .disclosure import disclosed
from .documents import version_hash
from .models import CapsuleVersion

LIVE, DRAFT = "live", "draft"
CLASSES = ("breaking", "notice", "compatible", "metadata")


@dataclass(frozen=True)
class Side:
    """One of two states: how its address spells it, the version it is, and its document.

    `version` is None for what is there now and has no version yet, and for what is only planned, which has a `title`;
    `live` says that it is what is there now.
    """

    address: str
    version: CapsuleVersion | None
    document: dict = field(repr=False)
    live: bool = False
    moment: datetime.datetime | None = None
    title: str = ""

    @property
    def label(self):
        """What a reader calls it: `version 14`, `version 15 (2.1.0), live`, `version 3, on 1 Mar 2026`, `plan PL-12`."""
        if self.version is None:
            return self.title or _("now")
        name = _("version %(number)s") % {"number": self.version.number}
        if self.version.name:
            name = f"{name} ({self.version.name})"
        if self.moment:
            said = dateformat.format(self.moment.astimezone(datetime.UTC), "j M Y, H:i")
            return _("%(version)s, as of %(moment)s UTC") % {"version": name, "moment": said}
        return _("%(version)s, live") % {"version": name} if self.live else name


@dataclass(frozen=True)
class Comparison:
    """What differs from `left` to `right`, judged for both sides."""

    left: Side
    right: Side
    changes: list[Change]

    @cached_property
    def counts(self):
        """{class: number of changes}, worst first, empty ones too."""
        found = Counter(class_of(change) for change in self.changes)
        return {each: found[each] for each in CLASSES}

    @cached_property
    def verdict(self) -> tuple[Verdict, Verdict]:
        """The worst verdict for consumers and for producers."""
        return verdict(self.changes)

    @cached_property
    def dimensions(self):
        """{dimension: number of changes}, in order, only those with changes."""
        return dict(Counter(change.dimension for change in self.changes))

    def narrowed(self, *, dimension="", breaking=False):
        """The changes of one dimension, or those that break somebody alone."""
        return [
            change
            for change in self.changes
            if (not dimension or change.dimension == dimension)
            and (not breaking or class_of(change) == "breaking")
        ]

    def hunks(self, changes):
        """The changes with what differs in each, field by field."""
        return [hunk(change) for change in changes]


def class_of(change):
    """The one word for a change: the worse of what it is to readers and to those who deliver."""
    return str(max(change.consumer, change.producer))


def moment(text):
    """The moment that a text names: a day means its end, UTC. None if it names none."""
    try:
        day = parse_date(text)
        if day is not None:
            return datetime.datetime.combine(day, datetime.time.max, tzinfo=datetime.UTC)
        at = parse_datetime(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        return None
    if at is None:
        return None
    return at if timezone.is_aware(at) else at.replace(tzinfo=datetime.UTC)


def in_force(capsule, at, reader):
    """The version of the capsule that was in force at the moment `at`; None if there was none yet."""
    found = CapsuleVersion.objects.visible_to(reader).kept().filter(capsule=capsule, created_at__lte=at)
    return found.order_by("-number").first()


_drafts = []


def register_drafts(find):
    """Let an app above say what `draft` and the numbers of its plans mean: `find(capsule, address, reader)` → `Side` or None."""
    _drafts.append(find)


def side(capsule, address, reader):
    """The state that an address means: `live`, a number, a day or moment, `draft` or a plan, or a version's name.

    Of several versions of a name it is the newest.

    Raises `LookupError` if there is none.
    """
    stored = CapsuleVersion.objects.visible_to(reader).kept().filter(capsule=capsule).order_by("-number")
    at = None
    if address == LIVE:
        return _live(capsule, stored.first())
    if address.isascii() and address.isdigit():
        version = stored.filter(number=int(address)).first() if len(address) < 10 else None
    elif at := moment(address):
        version = in_force(capsule, at, reader)
    else:
        for find in _drafts:
            if found := find(capsule, address, reader):
                return found
        version = stored.filter(name=address).first()
    if version is None:
        raise LookupError(address)
    return Side(address, version, version.snapshot, live=version.is_current and at is None, moment=at)


def _live(capsule, newest):
    """What is there now; it is the newest version unless somebody wrote past the portal."""
    state = snapshots.states_of([capsule])[capsule.pk]
    same = newest is not None and newest.content_hash == version_hash(state)
    return Side(LIVE, newest if same else None, state, live=True)


def compare(capsule, left, right, reader):
    """The `Comparison` of two addresses, as far as `reader` may see both. Raises `LookupError`."""
    one, other = side(capsule, left, reader), side(capsule, right, reader)
    old, new = disclosed([one.document, other.document], capsule, reader)
    return Comparison(one, other, classify(old, new, Facts(renames=_renames(capsule, one, other))))


def _renames(capsule, one, other):
    """The {old: new} names of columns that the versions between the two brought, oldest first."""
    if one.version is None or (other.version is not None and other.version.number <= one.version.number):
        return ()
    between = CapsuleVersion._base_manager.filter(
        capsule=capsule, number__gt=one.version.number, meta__has_key="renames"
    )
    if other.version is not None:
        between = between.filter(number__lte=other.version.number)
    return tuple(between.order_by("number").values_list("meta__renames", flat=True))
