"""What a search found, as a page shows it: names with the match marked, reasons, links."""

import re
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.catalog.models import DataProduct
from apps.catalog.vocabularies import CAPSULE_TYPES, LAYERS
from apps.ui import formats, words

from . import rows, wording
from .filters import MANY, Filters
from .listing import Chip, apart
from .search import KINDS, Group, Hit, search, suggest

FIRST = 5  # hits of a kind where all kinds are shown
WHOLE = 50  # hits of a kind that stands alone
COLUMNS = 3  # columns of one capsule before "and 7 more"
ICONS = {
    "capsule": "table-2",
    "column": "columns-3",
    "term": "book-open-text",
    "domain": "library-big",
    "owner": "users",
    "product": "package",
}


@dataclass(frozen=True)
class Line:
    """One hit: `name` has its match marked; `place` and `about` say what and where it is."""

    kind: str
    name: str
    url: str
    why: str
    place: str = ""
    about: str = ""
    status: str = ""
    columns: tuple = ()
    more: int = 0
    more_url: str = ""

    @property
    def icon(self):
        return ICONS[self.kind]

    @property
    def more_words(self):
        return ngettext("and %(n)s more", "and %(n)s more", self.more) % {"n": self.more}


@dataclass(frozen=True)
class Section:
    """The hits of one kind and how many there are."""

    kind: str
    title: str
    count: int
    capped: bool
    url: str
    lines: list = field(default_factory=list)

    @property
    def number(self):
        return formats.grouped(self.count) + ("+" if self.capped else "")

    @property
    def rest(self):
        """True if the section shows fewer than there are."""
        return self.shown < self.count

    @property
    def shown(self):
        return sum(len(line.columns) + line.more if line.columns else 1 for line in self.lines)


class Results:
    """What a reader's text finds, by kind; `kind` is the one that stands alone, empty for all."""

    def __init__(self, text, reader, *, kind=""):
        self.text, self.reader = wording.clean(text), reader
        self.typed = wording.read(self.text)
        asked = next((word for word in self.typed.filters.get("kind", ()) if word in KINDS), "")
        self.kind = kind if kind in KINDS else asked
        self.filters = Filters.parse({"q": self.text})

    @property
    def is_narrowed(self):
        return any(getattr(self.filters, key) for key in MANY)

    @property
    def is_empty(self):
        return not str(self.typed) and not self.is_narrowed

    @cached_property
    def found(self):
        """Every kind, so that the tabs can count."""
        found = search(self.text, self.reader, kinds=list(KINDS), limit=WHOLE)
        if self.plain or not self.is_narrowed:
            return found
        # Filters without a text are the catalogue's list.
        page = rows.page(self.filters, self.reader, limit=WHOLE)
        return replace(
            found, groups=[Group("capsule", found["capsule"].title, listed(page), page.count, page.capped)]
        )

    @property
    def plain(self):
        """The text without its filters."""
        return str(self.typed)

    @property
    def instead(self):
        """The spelling that was looked for because the typed one finds nothing."""
        return self.found.instead

    @property
    def partly(self):
        """True if hits have some of the words, because none has all."""
        return self.found.partly

    @property
    def count(self):
        return sum(group.count for group in self.found.groups)

    @property
    def sections(self):
        """The kinds that found something; the chosen one alone, and longer."""
        groups = [group for group in self.found.groups if group.count and self.kind in ("", group.kind)]
        # A kind that has the exact name goes before kinds that only have something like it.
        groups.sort(key=lambda group: not any(is_named(hit, self.plain) for hit in group.hits[:1]))
        return [self.section(group) for group in groups]

    def section(self, group):
        marks = marker(self.typed, self.found.instead)
        many = WHOLE if self.kind else FIRST
        if group.kind == "column":
            lines = by_capsule(group.hits, marks, many)
        else:
            lines = [line_of(hit, marks) for hit in group.hits[:many]]
        url = self.columns_url if group.kind == "column" and not self.is_narrowed else self.url(group.kind)
        return Section(group.kind, group.title, group.count, group.capped, url, lines)

    @property
    def columns_url(self):
        """The columns found, as a list of all of them."""
        return f"{reverse('discovery:columns')}?{urlencode({'q': self.instead or self.plain})}"

    @property
    def tabs(self):
        """All, then each kind with its number."""
        tabs = [{"title": _("All"), "url": self.url(""), "current": not self.kind, "count": None}]
        for group in self.found.groups:
            if group.count or group.kind == self.kind:
                number = formats.grouped(group.count) + ("+" if group.capped else "")
                tabs.append(
                    {
                        "title": group.title,
                        "url": self.url(group.kind),
                        "current": group.kind == self.kind,
                        "count": number,
                    }
                )
        return tabs

    @property
    def chips(self):
        """The `word:value` filters in the text, each with the search without it."""
        base = reverse("discovery:search")
        found = []
        for chip in self.filters.sentences():
            if chip.key in MANY:
                kept = self.without(chip.key, chip.value)
                found.append(Chip(*apart(chip), url=f"{base}?{urlencode({'q': kept})}" if kept else base))
        return found

    def without(self, key, value):
        kept = [str(self.typed)] if str(self.typed) else []
        for name, values in self.typed.filters.items():
            for other in values:
                if name != key or other.lower() != value.lower():
                    kept.append(f'{name}:"{other}"' if " " in other else f"{name}:{other}")
        return " ".join(kept)

    def url(self, kind):
        pairs = {"kind": kind, "q": self.text} if kind else {"q": self.text}
        return f"{reverse('discovery:search')}?{urlencode(pairs)}"

    @property
    def catalog_url(self):
        """The capsules found, as the catalogue's list with all its columns."""
        return f"{reverse('discovery:catalog')}?{self.filters.query()}"

    @property
    def result(self):
        number = formats.grouped(self.count) + (
            "+" if any(group.capped for group in self.found.groups) else ""
        )
        return ngettext("%(number)s hit", "%(number)s hits", self.count) % {"number": number}


def is_named(hit, text):
    """True if the hit has the very name that was typed; blanks and underscores are one."""
    return "_".join(hit.name.lower().split()) == "_".join(text.lower().split())


def offered(text, reader):
    """The lines to offer while somebody types: exact names first, then in the order of the search."""
    typed = wording.read(text)
    marks = marker(typed)
    found = sorted(suggest(text, reader), key=lambda hit: not is_named(hit, str(typed)))
    return [line for line in (line_of(hit, marks, short=True) for hit in found) if line.url]


def listed(page):
    """The rows of the catalogue as hits: nothing was typed, so there is no reason to give."""
    return [
        Hit(
            "capsule", row.id, row.name, "words", "", row.urn, "", row.type, row.layer or "", row.domain or ""
        )
        for row in page.rows
    ]


def line_of(hit, marks, *, short=False):
    where = (hit.capsule or hit.domain or layered(hit.layer)) if short else place(hit)
    return Line(hit.kind, marks(hit.name), address(hit), hit.why, where, hit.about, hit.status)


def by_capsule(hits, marks, many):
    """Columns of one capsule together under it, in the order of the best of them."""
    capsules = {}
    for hit in hits:
        capsules.setdefault(hit.capsule_urn, []).append(hit)
    lines = []
    for urn, columns in list(capsules.items())[:many]:
        first = columns[0]
        url = reverse("catalog:capsule", args=[urn])
        shown = tuple(
            Line("column", marks(hit.name), address(hit), hit.why, hit.type, hit.about)
            for hit in columns[:COLUMNS]
        )
        more = len(columns) - len(shown)
        about = " · ".join(filter(None, [layered(first.layer), first.domain]))
        name = formats.wbr(first.capsule)
        lines.append(Line("column", name, url, first.why, about, "", "", shown, more, f"{url}structure/"))
    return lines


def address(hit):
    """Where a hit is shown; empty while it has no page."""
    try:
        if hit.kind == "capsule":
            return reverse("catalog:capsule", args=[hit.urn])
        if hit.kind == "column":
            return reverse("catalog:column", args=[hit.capsule_urn, hit.name])
        return reverse(PAGES[hit.kind], args=[hit.name])
    except NoReverseMatch:
        return ""


PAGES = {
    "term": "glossary:term",
    "domain": "discovery:domain",
    "owner": "discovery:team",
    "product": "discovery:product",
}


def place(hit):
    """What and where a hit is, in a few words."""
    if hit.kind == "capsule":
        known = CAPSULE_TYPES.get(hit.type)
        kind = str(known.title) if known else capfirst(hit.type)
        return " · ".join(filter(None, [kind, layered(hit.layer), hit.domain]))
    if hit.kind == "column":
        return hit.capsule
    if hit.kind == "term":
        state = words.word("approval", hit.status).text if hit.status else ""
        return " · ".join(filter(None, [str(state), hit.domain]))
    if hit.kind == "product":
        return " · ".join(filter(None, [str(DataProduct.Status(hit.status).label), hit.domain]))
    return ""


def layered(layer):
    known = LAYERS.get((layer or "").lower())
    return str(known.title) if known else layer or ""


def marker(typed, instead=""):
    """A function that marks in a name what was typed."""
    parts = [*typed.exact, *re.split(r"[\s_.:/-]+", typed.text), *instead.split(), typed.text]
    parts = sorted({part for part in parts if part}, key=len, reverse=True)
    if not parts:
        return formats.wbr
    pattern = re.compile("(" + "|".join(re.escape(part) for part in parts) + ")", re.IGNORECASE)

    def marked(name):
        pieces = enumerate(pattern.split(name))
        drawn = (
            (format_html("<mark>{}</mark>", formats.wbr(piece)) if at % 2 else formats.wbr(piece),)
            for at, piece in pieces
            if piece
        )
        return SafeString(format_html_join("", "{}", drawn))

    return marked
