"""A plan as its page shows it: by capsule and dimension, cut to what the reader may see and can read at once."""

from collections import Counter
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.catalog import spoken
from apps.catalog.changes.change import Change
from apps.catalog.changes.hunks import hunk
from apps.catalog.comparison import CLASSES, class_of
from apps.catalog.disclosure import Glass
from apps.catalog.models import Capsule
from apps.catalog.version_views import words_of
from apps.people.roles import ROLES

from .plan import dimension

OPEN = 10  # capsules that stand open; more are folded, each with its counts
CAPSULES = 50  # on one page
FEW = 8  # changes of a folded capsule that are named
HUNKS = 100  # of one capsule on one page
LISTED = 20  # names in a list that can be opened further
SIGNS = {"create": "+", "change": "~", "retire": "−", "no_change": "="}
# How an action of the plan is shown in the vocabulary of changes.
BADGES = {"create": "created", "change": "schema_change", "no_change": ""}


@dataclass
class Part:
    """One dimension of one capsule: how many things are made, changed, retired."""

    slug: str
    title: str
    result: str
    counts: list

    @property
    def sign(self):
        return SIGNS[self.result]


@dataclass
class Capsules:
    """The capsules of a plan on one page of it, and where the pages before and after begin."""

    shown: list
    total: int
    start: int
    previous: int | None
    next: int | None
    folded: bool

    @property
    def first(self):
        return self.start + 1

    @property
    def last(self):
        return self.start + len(self.shown)


@dataclass
class Planned:
    """What the plan does to one capsule."""

    entry: dict = field(repr=False)
    changes: list = field(repr=False)
    url: str
    number: int

    @property
    def urn(self):
        return self.entry["urn"]

    @property
    def name(self):
        return name_of(self.urn)

    @property
    def action(self):
        return self.entry["action"]

    @property
    def sign(self):
        return SIGNS[self.action]

    @property
    def words(self):
        """What happens to it, in words."""
        return {
            "create": _("is created"),
            "change": _("changes"),
            "no_change": _("stays as it is"),
        }[self.action]

    @property
    def verdict(self):
        return self.entry["verdict"]

    @property
    def parts(self):
        """All seven dimensions, unchanged ones too."""
        found = []
        by_dimension = {}
        for change in self.changes:
            by_dimension.setdefault(change.dimension, Counter())[change.action] += 1
        for slug in spoken.DIMENSIONS:
            count = by_dimension.get(slug, Counter())
            result = next(iter(count)) if len(count) == 1 else "change" if count else "no_change"
            counts = [
                (SIGNS[action], count[action]) for action in ("create", "change", "retire") if count[action]
            ]
            found.append(Part(slug, spoken.dimension(slug), result, counts))
        return found

    @property
    def classes(self):
        """[(class, number)] of its changes, worst first, empty ones left out."""
        count = Counter(class_of(change) for change in self.changes)
        return [(name, count[name]) for name in CLASSES if count[name]]

    @property
    def total(self):
        return len(self.changes)


class Showing:
    """The parts of a plan for one reader. Three queries, and three more for who does not see everything."""

    def __init__(self, plan, reader):
        entries = plan.answer["capsules"]
        urns = [entry["urn"] for entry in entries]
        self.glass = Glass(urns, [_said(entry) for entry in entries], reader)
        self.plan = plan
        self.entries = [entry for entry in entries if entry["urn"] not in self.glass.hidden]
        touched = {
            urn
            for entry in self.entries
            for side in ("downstream", "upstream")
            for urn in entry["touched"][side]
        }
        stored = Capsule.objects.visible_to(reader).filter(urn__in={*urns, *touched})
        known = {urn: (name, key) for urn, name, key in stored.values_list("urn", "name", "pk")}
        self._known = {urn: name for urn, (name, _key) in known.items()}
        self._ids = {urn: key for urn, (_name, key) in known.items()}
        self.planned = [
            Planned(entry, self._changes(entry), self._url(entry["urn"]), number)
            for number, entry in enumerate(self.entries, 1)
        ]

    def _changes(self, entry):
        found = []
        for name, part in entry["dimensions"].items():
            for item in part["items"]:
                seen = self.glass.lets(entry["urn"], item)
                if seen is not None:
                    found.append(Change.of(name, seen))
        # The worst comes first: it is what the reader has come to see.
        return sorted(found, key=lambda change: -max(change.consumer, change.producer))

    def _url(self, urn):
        return reverse("catalog:capsule", args=[urn]) if urn in self._known else ""

    @property
    def counts(self):
        """[(class, number)] of all changes, worst first."""
        count = Counter()
        for planned in self.planned:
            count.update(dict(planned.classes))
        return [(name, count[name]) for name in CLASSES if count[name]]

    @property
    def total(self):
        return sum(planned.total for planned in self.planned)

    def capsules(self, start):
        """The capsules from the position `start` on."""
        start = start if start < len(self.planned) else 0
        shown = self.planned[start : start + CAPSULES]
        following = start + CAPSULES if start + CAPSULES < len(self.planned) else None
        before = max(start - CAPSULES, 0) if start else None
        return Capsules(shown, len(self.planned), start, before, following, len(self.planned) > OPEN)

    def named(self, urn):
        """The capsule with this URN; None if the plan, or the reader, knows none."""
        return next((planned for planned in self.planned if planned.urn == urn), None)

    def consumers(self):
        return sorted({name for entry in self.entries for name in entry["touched"]["consumers"]})

    def around(self, side):
        """(name, address) of the capsules on a side, `downstream` or `upstream`, that are not in the plan themselves."""
        urns = {urn for entry in self.entries for urn in entry["touched"][side] if self.glass.knows(urn)}
        inside = {entry["urn"] for entry in self.entries}
        return [(self._known.get(urn, name_of(urn)), self._url(urn)) for urn in sorted(urns - inside)]

    def ids(self):
        """The ids of the capsules of the plan that are there."""
        return [self._ids[entry["urn"]] for entry in self.entries if entry["urn"] in self._ids]

    def kept(self):
        """(capsule, entry) of every value that stays because a person wrote it."""
        return [
            (planned, {**entry, "words": pointer_words(entry["pointer"])})
            for planned in self.planned
            for entry in planned.entry["kept"]
            if _may_know(self.glass, planned.urn, entry["pointer"])
        ]

    def unlisted(self):
        """(capsule, titles of its sections) where something stays because the document does not name it."""
        return [
            (planned, [spoken.key(name) for name in planned.entry["unlisted"]])
            for planned in self.planned
            if planned.entry["unlisted"]
        ]

    def verdicts(self):
        """The capsules about which a contract says more than yes."""
        return [
            planned
            for planned in self.planned
            if planned.verdict["decision"] != "allow" or planned.verdict["policy"]
        ]

    def suggestions(self):
        return [
            (planned, entry)
            for planned in self.planned
            for entry in planned.entry["suggestions"]
            if self.glass.names(planned.urn, entry["old"])
        ]

    def advice(self):
        return [(planned, entry) for planned in self.planned for entry in planned.entry["advice"]]

    def approvals(self):
        """(capsule, section in words, roles in words) of what takes force by somebody else's approval."""
        return [
            (planned, spoken.key(each["section"]), [str(ROLES[name].title) for name in each["roles"]])
            for planned in self.planned
            for each in planned.entry["approvals"]
        ]

    def awaiting(self):
        """Numbers of open reviews that hold what the file says already."""
        return sorted({number for planned in self.planned for number in planned.entry["awaiting"]})


def answer(plan, reader):
    """The answer of a plan without what the reader may not know of: what the page leaves out, the API leaves out."""
    entries = plan.answer["capsules"]
    glass = Glass([entry["urn"] for entry in entries], [_said(entry) for entry in entries], reader)
    return {
        **plan.answer,
        "capsules": [_seen(entry, glass) for entry in entries if entry["urn"] not in glass.hidden],
    }


def _seen(entry, glass):
    urn = entry["urn"]
    parts = {}
    for name, part in entry["dimensions"].items():
        items = [seen for item in part["items"] if (seen := glass.lets(urn, item)) is not None]
        parts[name] = part if items == part["items"] else dimension(items)
    sides = {
        side: [each for each in entry["touched"][side] if glass.knows(each)]
        for side in ("downstream", "upstream")
    }
    return {
        **entry,
        "dimensions": parts,
        "touched": entry["touched"] | sides,
        "kept": [each for each in entry["kept"] if _may_know(glass, urn, each["pointer"])],
        "suggestions": [each for each in entry["suggestions"] if glass.names(urn, each["old"])],
    }


def _may_know(glass, urn, pointer):
    return all(glass.names(urn, part) for part in pointer.split("/"))


def hunks_of(planned, start=0, first=1):
    """The changes of a capsule as hunks, a page of them, numbered from `first`."""
    return [
        {"number": number, "hunk": hunk(change), **words_of(change)}
        for number, change in enumerate(planned.changes[start : start + HUNKS], first)
    ]


def few_of(planned):
    """The worst changes of a folded capsule in a line each."""
    return [words_of(change) for change in planned.changes[:FEW]]


def name_of(urn):
    """The last part of a URN: what people call the capsule."""
    return urn.rpartition(":")[2]


def pointer_words(pointer):
    """A pointer as people write a path: `columns › amount › unit`."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return " › ".join(spoken.key(part) if part in spoken.KEYS else part for part in parts)


def _said(entry):
    return [
        entry["touched"]["downstream"],
        entry["touched"]["upstream"],
        [
            [item["old"], item["new"], list(item.get("impact", ()))]
            for part in entry["dimensions"].values()
            for item in part["items"]
        ],
    ]
