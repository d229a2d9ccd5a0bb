"""How the catalogue is filtered: one reading of the URL for the page, the API and the export."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.vocabularies import SENSITIVITY, Sensitivity

from . import wording

NONE = "none"  # the value that asks for capsules without any: no domain, no owner, no contract
DIMENSIONS = ("payload", "structure", "semantics", "quality", "policy", "provenance", "contract")
# The bits of capsule_facts.present.
PRESENT = {slug: 1 << at for at, slug in enumerate((*DIMENSIONS, "owner", "domain", "description"))}
CONTRACT = ("draft", "proposed", "active", "breached", "deprecated")
BANDS = {"good": (95, None), "fair": (90, 95), "poor": (None, 90), NONE: None}  # percent: from, below
RETIRED = ("include", "only")
SORTS = (
    "name",
    "updated",
    "layer",
    "domain",
    "columns",
    "quality",
    "sensitivity",
    "completeness",
    "downstream",
    "health",
    "freshness",
    "match",
)

WORDS = {
    "payload": gettext_lazy("payload"),
    "structure": gettext_lazy("structure"),
    "semantics": gettext_lazy("semantics"),
    "quality": gettext_lazy("quality rules"),
    "policy": gettext_lazy("policy"),
    "provenance": gettext_lazy("provenance"),
    "contract": gettext_lazy("contract"),
    "owner": gettext_lazy("owner"),
    "domain": gettext_lazy("domain"),
    "description": gettext_lazy("description"),
}
BAND_WORDS = {
    "good": gettext_lazy("95 and above"),
    "fair": gettext_lazy("90 to 95"),
    "poor": gettext_lazy("below 90"),
    NONE: gettext_lazy("no checks"),
}
COMPLETE_WORDS = {
    "all": gettext_lazy("all 7 dimensions"),
    "most": gettext_lazy("4 to 6 dimensions"),
    "few": gettext_lazy("fewer than 4 dimensions"),
}
CHANGED_WORDS = {
    "today": gettext_lazy("today"),
    "week": gettext_lazy("in the last 7 days"),
    "month": gettext_lazy("in the last 30 days"),
    "quarter": gettext_lazy("in the last 90 days"),
    "older": gettext_lazy("longer ago"),
}
HEALTH_WORDS = {
    "kept": gettext_lazy("kept"),
    "at_risk": gettext_lazy("at risk"),
    "broken": gettext_lazy("broken"),
    "unknown": gettext_lazy("not measured yet"),
    NONE: gettext_lazy("nothing promised"),
}
FRESHNESS_WORDS = {**CHANGED_WORDS, NONE: gettext_lazy("not known")}
CLOSED = {
    "sensitivity": tuple(SENSITIVITY),
    "contract": (*CONTRACT, NONE),
    "quality": tuple(BANDS),
    "health": tuple(HEALTH_WORDS),
    "freshness": tuple(FRESHNESS_WORDS),
    "pii": ("yes", "no"),
    "masking": ("yes", "no"),
    "complete": tuple(COMPLETE_WORDS),
    "changed": tuple(CHANGED_WORDS),
    "has": tuple(PRESENT),
    "lacks": tuple(PRESENT),
}
OPEN = ("domain", "layer", "type", "source", "owner", "tag", "framework")
MANY = (*OPEN, *CLOSED)
MOST_VALUES = 50


@dataclass(frozen=True)
class Chip:
    """One filter as a sentence, and the query string without it."""

    key: str
    value: str
    sentence: str
    rest: str


@dataclass(frozen=True)
class Filters:
    """What the reader of the catalogue asked for; made by `parse`.

    Each tuple holds values of which a capsule must have one; `has` and `lacks` name parts of which it must
    have all, or none. `retired` is empty for current capsules, `include` or `only`. `errors` maps a key of
    the query to a sentence; the value it speaks of is left out.
    """

    q: str = ""
    domain: tuple[str, ...] = ()
    layer: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    sensitivity: tuple[str, ...] = ()
    contract: tuple[str, ...] = ()
    quality: tuple[str, ...] = ()
    pii: tuple[str, ...] = ()
    masking: tuple[str, ...] = ()
    complete: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    freshness: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    framework: tuple[str, ...] = ()
    retired: str = ""
    sort: str = ""
    errors: dict = field(default_factory=dict, compare=False, repr=False)

    KEYS = ("q", *MANY, "retired", "sort")

    @classmethod
    def parse(cls, query):
        """The filters that a QueryDict, or a dict of lists or texts, asks for; unknown keys are ignored.

        Words such as `domain:finance` inside `q` become filters of their own.
        """
        typed = wording.read(_last(query, "q"))
        values, errors = {"q": str(typed)}, {}
        for key in MANY:
            asked = [*_all(query, key), *typed.filters.get(key, ())]
            values[key], error = _known(key, asked)
            if error:
                errors[key] = error
        if retired := _last(query, "retired"):
            if retired in RETIRED:
                values["retired"] = retired
            else:
                errors["retired"] = _choose(retired, RETIRED)
        if sort := _last(query, "sort"):
            name = sort.removeprefix("-")
            if name in SORTS and (name != "match" or values["q"] and sort == name):
                values["sort"] = sort
            else:
                errors["sort"] = _("This list cannot be sorted by “%(name)s”.") % {"name": name}
        return cls(**values, errors=errors)

    def __bool__(self):
        """True if anything narrows the list."""
        return bool(self.q or self.retired or any(getattr(self, key) for key in MANY))

    @property
    def order(self):
        """The sort in use: the one asked for, else best match first under a text, else by name."""
        return self.sort or ("match" if self.q else "name")

    def pairs(self):
        """The (key, value) pairs of the query string that asks for these filters, sorted."""
        found = [(key, value) for key in MANY for value in getattr(self, key)]
        found += [(key, getattr(self, key)) for key in ("q", "retired", "sort") if getattr(self, key)]
        return sorted(found)

    def query(self):
        """The same as a query string."""
        return urlencode(self.pairs())

    def without(self, key, value=None):
        """These filters less one value, or less all values of `key`."""
        if key not in MANY or value is None:
            return replace(self, **{key: () if key in MANY else ""})
        return replace(self, **{key: tuple(kept for kept in getattr(self, key) if kept != value)})

    def sentences(self):
        """A `Chip` for each filter in force, in the order of the facets."""
        chips = []
        if self.q:
            chips.append(("q", self.q, _("Matches %(text)s") % {"text": self.q}))
        for key in MANY:
            chips += [(key, value, _sentence(key, value)) for value in getattr(self, key)]
        if self.retired:
            sentence = _("Retired only") if self.retired == "only" else _("Retired included")
            chips.append(("retired", self.retired, sentence))
        return [
            Chip(key, value, sentence, self.without(key, value).query()) for key, value, sentence in chips
        ]


def _all(query, key):
    found = query.getlist(key) if hasattr(query, "getlist") else query.get(key, ())
    return [found] if isinstance(found, str) else list(found)


def _last(query, key):
    found = _all(query, key)
    return str(found[-1]).strip() if found else ""


def _known(key, asked):
    """The values of `asked` that `key` may have, and the sentence for the first it may not."""
    values = [wording.clean(value) for value in asked[:MOST_VALUES]]
    values = sorted({value for value in values if value})
    if key not in CLOSED:
        return tuple(values), ""
    values = sorted({value.lower() for value in values})
    wrong = [value for value in values if value not in CLOSED[key]]
    return tuple(value for value in values if value not in wrong), _choose(
        wrong[0], CLOSED[key]
    ) if wrong else ""


def _choose(value, words):
    return _("“%(value)s” is not known here. Choose one of: %(words)s.") % {
        "value": value,
        "words": ", ".join(words),
    }


def _sentence(key, value):
    """The filter as people read it."""
    if value == NONE and key in NO_VALUE:
        return str(NO_VALUE[key])
    if key == "pii":
        return _("Has personal data") if value == "yes" else _("Has no personal data")
    if key == "masking":
        return _("Has masking") if value == "yes" else _("Has no masking")
    if key == "complete":
        return _("Has %(part)s") % {"part": COMPLETE_WORDS[value]}
    if key == "changed":
        return _("Changed %(when)s") % {"when": CHANGED_WORDS[value]}
    if key == "freshness":
        return _("Data changed %(when)s") % {"when": CHANGED_WORDS[value]}
    if key == "has":
        return _("Has %(part)s") % {"part": WORDS[value]}
    if key == "lacks":
        return _("Lacks %(part)s") % {"part": WORDS[value]}
    shown = value
    if key == "sensitivity":
        shown = Sensitivity(value).label
    elif key in BANDED:
        shown = BANDED[key][value]
    return str(IS_VALUE[key]) % {"value": shown}


BANDED = {"quality": BAND_WORDS, "health": HEALTH_WORDS}
IS_VALUE = {
    "domain": gettext_lazy("Domain is %(value)s"),
    "layer": gettext_lazy("Layer is %(value)s"),
    "type": gettext_lazy("Type is %(value)s"),
    "source": gettext_lazy("Source is %(value)s"),
    "owner": gettext_lazy("Owner is %(value)s"),
    "sensitivity": gettext_lazy("Sensitivity is %(value)s"),
    "contract": gettext_lazy("Contract is %(value)s"),
    "quality": gettext_lazy("Quality is %(value)s"),
    "health": gettext_lazy("Promises are %(value)s"),
    "tag": gettext_lazy("Tagged %(value)s"),
    "framework": gettext_lazy("Under %(value)s"),
}
NO_VALUE = {
    "domain": gettext_lazy("In no domain"),
    "layer": gettext_lazy("In no layer"),
    "source": gettext_lazy("From no known source"),
    "owner": gettext_lazy("Without an owner"),
    "contract": gettext_lazy("Without a contract"),
    "quality": gettext_lazy("Never checked"),
    "health": gettext_lazy("Nothing is promised"),
    "freshness": gettext_lazy("Age of the data is not known"),
    "tag": gettext_lazy("Without tags"),
    "framework": gettext_lazy("Under no framework"),
}
