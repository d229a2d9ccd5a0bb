"""What a search finds: hits of a kind, best first, and why each is there."""

from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..filters import Filters

KINDS = {
    "capsule": gettext_lazy("Capsules"),
    "column": gettext_lazy("Columns"),
    "term": gettext_lazy("Terms"),
    "domain": gettext_lazy("Domains"),
    "owner": gettext_lazy("Owners"),
    "product": gettext_lazy("Data products"),
}
EXACT, PREFIX, WORDS, FIELDS, PIECE, SPELLING = range(6)
STAGES = ("exact", "prefix", "words", "words", "substring", "spelling")
CAP = 1_000  # counts are exact up to here


@dataclass(frozen=True)
class Hit:
    """Something that was found.

    `why` is a sentence, `stage` one of `STAGES`, `about` the beginning of its description. Capsules have an
    address, type, layer and domain; columns an address and the capsule they are in; terms their status.
    """

    kind: str
    id: UUID
    name: str
    stage: str
    why: str
    urn: str = ""
    about: str = ""
    type: str = ""
    layer: str = ""
    domain: str = ""
    status: str = ""
    capsule_id: UUID | None = None
    capsule: str = ""
    capsule_urn: str = ""


@dataclass(frozen=True)
class Group:
    """The hits of one kind, best first, and how many there are (exact up to `CAP`)."""

    kind: str
    title: str
    hits: list
    count: int
    capped: bool = False


@dataclass(frozen=True)
class Found:
    """What a search found: a `Group` a kind in the order of `KINDS`, empty ones included.

    `filters` are those that words such as `domain:finance` in the text asked for; `filters.sentences()` gives
    their chips. `instead` is the spelling that was looked for because the typed one finds nothing; `partly` tells that
    hits have any of the words, because none has them all.
    """

    text: str
    groups: list = field(default_factory=list)
    filters: Filters = field(default_factory=Filters)
    instead: str = ""
    partly: bool = False

    def __bool__(self):
        return any(group.count for group in self.groups)

    @property
    def count(self):
        return sum(group.count for group in self.groups)

    def __getitem__(self, kind):
        return next(group for group in self.groups if group.kind == kind)


def name_why(stage, asked):
    text = asked.name or " ".join(asked.texts)
    return {
        EXACT: _("exact name"),
        PREFIX: _("name begins with “%(text)s”") % {"text": text},
        WORDS: _("words of the name"),
        PIECE: _("name contains “%(text)s”") % {"text": text},
    }[stage]


def why_of(asked, stage):
    if asked.instead:
        return _("spelled like “%(word)s”") % {"word": asked.instead}
    return name_why(stage, asked)
