"""The catalogue list as a page shows it: rows, sentences, counts and links, ready for a template."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.ui import formats, paging, querystring, sorting, words

from . import cells, facets, rows
from .filters import BANDED, MANY

ORDER = (
    "domain",
    "layer",
    "sensitivity",
    "quality",
    "contract",
    "lacks",
    "health",
    "freshness",
    "type",
    "pii",
    "masking",
)
ORDER += ("owner", "source", "tag", "framework", "has", "complete", "changed")
OPEN = ("domain", "layer", "sensitivity", "quality", "contract", "lacks")
SHOWN = 8  # values of a facet that is searched instead of read
FEW = 12  # values that are read, not searched


@dataclass(frozen=True)
class Chip:
    """A filter in force: a sentence with its value set apart, and the address of the list without it."""

    text: str
    value: str
    url: str


@dataclass
class Listing:
    """One page of the catalogue for one reader; `path` is where its links lead."""

    filters: object
    request: object
    path: str

    @cached_property
    def page(self):
        return paging.page(rows.Listing(self.filters, self.request.reader), self.request)

    @cached_property
    def rows(self):
        return cells.of(self.page.rows)

    @property
    def sort(self):
        name = self.filters.order
        return sorting.Sort(name.removeprefix("-"), name.startswith("-"), ())

    @property
    def total(self):
        return self.page.total or 0

    @property
    def result(self):
        """ "25 capsules", "10,000+ capsules"."""
        number = f"{formats.grouped(self.total)}+" if self.page.capped else formats.grouped(self.total)
        return ngettext("%(number)s capsule", "%(number)s capsules", self.total) % {"number": number}

    @property
    def caption(self):
        title = str(SORT_WORDS.get(self.sort.name, self.sort.name))
        return _("%(result)s, sorted by %(order)s") % {"result": self.result, "order": title}

    @property
    def first_use(self):
        """True if the catalogue is empty for this reader, not only under these filters."""
        return not self.page.rows and not self.filters

    @property
    def errors(self):
        return [
            (capfirst(str(facets.TITLES.get(key, key))), error) for key, error in self.filters.errors.items()
        ]

    @cached_property
    def chips(self):
        return [
            Chip(*apart(chip), url=f"{self.path}?{chip.rest}" if chip.rest else self.path)
            for chip in self.filters.sentences()
        ]

    @property
    def clear_url(self):
        return self.path

    @property
    def search_url(self):
        return f"{reverse('discovery:search')}?{urlencode({'q': self.filters.q})}"

    @property
    def chosen(self):
        return sum(len(getattr(self.filters, key)) for key in MANY)

    @property
    def hidden(self):
        """What the form of the filters carries along without showing it."""
        return [("sort", self.filters.sort)] if self.filters.sort else []

    @cached_property
    def facets(self):
        """The groups of the filter form; typing in a long one narrows its values."""
        typed = typed_in(self.request)
        found = facets.facets(self.filters, self.request.reader, typed=typed)
        found = {facet.slug: facet for facet in found}
        return [group(found[slug], self.request, typed.get(slug, "")) for slug in ORDER] + [self.retired]

    @property
    def retired(self):
        """Retired capsules are left out until asked for."""
        value = {"value": "include", "title": _("Show retired"), "chosen": self.filters.retired == "include"}
        return {
            "name": "retired",
            "title": _("Retired"),
            "values": [value],
            "closed": not self.filters.retired,
        }


SORT_WORDS = {
    "match": gettext_lazy("match"),
    "name": gettext_lazy("name"),
    "updated": gettext_lazy("last change"),
    "layer": gettext_lazy("layer"),
    "domain": gettext_lazy("domain"),
    "columns": gettext_lazy("number of columns"),
    "quality": gettext_lazy("quality"),
    "sensitivity": gettext_lazy("sensitivity"),
    "completeness": gettext_lazy("completeness"),
    "downstream": gettext_lazy("capsules they feed"),
    "health": gettext_lazy("promises"),
    "freshness": gettext_lazy("age of the data"),
}


def apart(chip):
    """The sentence of a chip up to its value, and the value as it stands there."""
    shown = str(BANDED.get(chip.key, {}).get(chip.value, chip.value))
    if chip.sentence.lower().endswith(shown.lower()):
        return chip.sentence[: -len(shown)].rstrip(), chip.sentence[-len(shown) :]
    first, _blank, last = chip.sentence.rpartition(" ")
    return first, last


def typed_in(request):
    """{facet: the text typed in it}."""
    asked = ((slug, request.GET.get(f"find-{slug}", "").strip()) for slug in ORDER)
    return {slug: text for slug, text in asked if text}


def group(facet, request, typed):
    """One facet for the form: what is chosen, then the first values, or those that match what is typed."""
    every = request.GET.get("more") == facet.slug
    long = len(facet.values) > FEW or facet.more or typed
    values, rest = narrowed(facet.values, every or typed or not long)
    chosen = any(value.chosen for value in facet.values)
    return {
        "name": facet.slug,
        "title": facet.title,
        "sensitivity": facet.slug == "sensitivity",
        "values": [drawn(facet.slug, value) for value in values],
        "closed": facet.slug not in OPEN and not chosen and not typed and not every,
        "find": typed,
        "find_url": reverse("discovery:values", args=[facet.slug]) if long else "",
        "more": rest + facet.more,
        "more_url": querystring.url(request.path, request.GET, more=facet.slug) if rest else "",
    }


def narrowed(values, every):
    """(values to show, how many are left out): the chosen ones always, and the first few."""
    shown = [value for at, value in enumerate(values) if every or at < SHOWN or value.chosen]
    return shown, len(values) - len(shown)


def drawn(slug, value):
    title = (
        words.word("contract", value.value).text
        if slug == "contract" and value.value != "none"
        else value.label
    )
    return {
        "value": value.value,
        "title": title,
        "count": value.count,
        "chosen": value.chosen,
        "id": "".join(sign if sign.isalnum() else f"-{ord(sign):x}" for sign in value.value),
    }
