"""The glossary as a page shows it: the list with its letters, the tree of domains, and what stands beside a term."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Count, Q, Window
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.catalog.models import Domain
from apps.ui import paging, prose, words

from . import proposals
from .filters import LETTERS, TermFilter
from .models import Term, TermLink
from .querysets import OTHERS

SIZE = 60
AROUND = (6, 30)  # terms before and after the one that is open
BRANCH = 50
CARRIED = ("q", "status", "domain", "category", "used", "owner", "tag")


@dataclass(frozen=True)
class Line:
    """One term of a list: what its row needs and no more."""

    name: str
    title: str
    url: str
    text: str
    status: str
    uses: int
    proposed: bool
    letter: str = ""


class Counted(paging.Rows):
    """The rows of a search; since sorting has to see them all, the first page brings their number along."""

    number = None

    def slice(self, key, backwards, limit):
        if key is not None:
            return super().slice(key, backwards, limit)
        counting = paging.Rows(self.queryset.annotate(number=Window(Count("*"))), self.order)
        rows = counting.slice(None, backwards, limit)
        self.number = rows[0]["number"] if rows else 0
        return rows

    def count(self, cap):
        return super().count(cap) if self.number is None else min(self.number, cap)


class Listing:
    """The terms that a request asks for, a page at a time."""

    def __init__(self, request):
        self.request, self.reader = request, request.reader
        self.everything = Term.objects.visible_to(request.reader)
        self.filter = TermFilter(request.GET, queryset=self.everything, request=request)

    @cached_property
    def errors(self):
        return {} if self.filter.is_valid() else self.filter.errors

    @cached_property
    def found(self):
        return self.everything if self.errors else self.filter.qs

    @cached_property
    def text(self):
        return self.request.GET.get("q", "").strip()

    @cached_property
    def page(self):
        if self.text and not self.errors:
            order = ("stage", "plain_name")
            return paging.page(Counted(self.found.as_rows("stage"), order), self.request, size=SIZE)
        return paging.page(self.found.as_rows(), self.request, order=("plain_name",), size=SIZE)

    @cached_property
    def rows(self):
        return lines(self.page.rows, self.reader, headed=not self.text)

    @cached_property
    def letters(self):
        """(letter, address or empty, chosen) for the whole alphabet, as the other filters leave it."""
        given = {
            key: values
            for key in self.request.GET
            if key in CARRIED and (values := [one for one in self.request.GET.getlist(key) if one])
        }
        if self.text:
            there = set(LETTERS)  # who searches does not need to know which letters are left
        elif not given:
            there = self.everything.initials()
        else:
            rest = TermFilter(_query(given), queryset=self.everything, request=self.request)
            there = (rest.qs if rest.is_valid() else self.everything).letters()
        chosen = self.request.GET.get("letter", "").upper()
        return alphabet(there, chosen, given)

    @cached_property
    def chosen(self):
        """How many filters are in force besides text and letter."""
        return sum(bool(self.request.GET.get(key)) for key in CARRIED if key != "q")

    @cached_property
    def domains(self):
        return domains(self.reader)

    def tree(self):
        """The domains at the top with how many terms lie in each, and how many terms lie in none; in one more query."""
        counts = self.everything.by_domain()
        found = Nodes(self.domains, counts)
        return found.tops(), counts.get(None, 0)

    @cached_property
    def form(self):
        """The choices of the filter form, each with what is chosen."""
        given = self.request.GET
        return [
            choice(
                "status",
                _("State"),
                [(word, words.word("approval", word).text) for word in Term.Status.values],
                given,
            ),
            choice("domain", _("Domain"), [(row["name"], row["name"]) for row in self.domains], given),
            choice(
                "category",
                _("Category"),
                [(word, word) for word in self.everything.categories(most=200)],
                given,
            ),
            choice(
                "used", _("Use"), [("true", _("Explains something")), ("false", _("Explains nothing"))], given
            ),
        ]


def _query(given):
    found = QueryDict(mutable=True)
    for key, values in given.items():
        found.setlist(key, values)
    return found


def choice(name, title, options, given):
    return {"name": name, "title": title, "options": options, "chosen": given.get(name, "")}


def domains(reader):
    """The domains that the reader sees, by name, as dicts."""
    found = Domain.objects.visible_to(reader).order_by("name")
    return list(found.values("pk", "name", "parent_id", "description"))


def alphabet(there, chosen, given):
    path = reverse("glossary:terms")
    return [
        {
            "letter": letter,
            "url": f"{path}?{urlencode({**given, 'letter': letter}, doseq=True)}" if letter in there else "",
            "chosen": letter == chosen,
        }
        for letter in LETTERS
    ]


def lines(rows, reader, *, headed=True):
    """`Line`s for the rows of terms, in two queries whatever their number."""
    keys = [term["id"] for term in rows]
    uses = dict(
        TermLink.objects.visible_to(reader)
        .filter(term__in=keys)
        .order_by()
        .values_list("term")
        .annotate(uses=Count("pk"))
    )
    waiting = proposals.waiting_for(Term._meta.db_table, keys)
    found, last = [], None
    for term in rows:
        name, letter = term["name"], letter_of(term["name"])
        found.append(
            Line(
                name=name,
                title=term["display_name"] or name,
                url=reverse("glossary:term", args=[name]),
                text=prose.plain(term["definition"])[:200],
                status=term["status"],
                uses=uses.get(term["id"], 0),
                proposed=term["id"] in waiting,
                letter=letter if headed and letter != last else "",
            )
        )
        last = letter
    return found


def letter_of(name):
    first = name[:1].upper()
    return first if "A" <= first <= "Z" else OTHERS


def around(term, reader):
    """The `Line`s of the terms that stand around one in the alphabet."""
    visible, name, (before, after) = Term.objects.visible_to(reader).as_rows(), term.name.lower(), AROUND
    earlier = visible.filter(plain_name__lt=name).order_by("-plain_name")[:before]
    later = visible.filter(plain_name__gte=name).order_by("plain_name")[:after]
    return lines(earlier.union(later, all=True).order_by("plain_name"), reader)


# ---------- the tree ----------


class Nodes:
    """Domains as nodes of the tree: each with its sub-domains and how many terms lie in it and below."""

    def __init__(self, rows, counts):
        self.rows, self.counts = rows, counts
        self.below = {}
        for row in rows:
            self.below.setdefault(row["parent_id"], []).append(row)

    def tops(self):
        known = {row["pk"] for row in self.rows}
        return [self.node(row) for row in self.rows if row["parent_id"] not in known]

    def children(self, key):
        return [self.node(row) for row in self.below.get(key, ())]

    def node(self, row):
        return {
            **row,
            "terms": self.terms(row["pk"]),
            "own": self.counts.get(row["pk"], 0),
            "children": len(self.below.get(row["pk"], ())),
            "url": f"{reverse('glossary:terms')}?{urlencode({'domain': row['name']})}",
        }

    def terms(self, key):
        """How many terms lie in a domain and below it; a circle of domains is walked once."""
        number, waiting, seen = 0, [key], set()
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen.add(key)
                number += self.counts.get(key, 0)
                waiting += [row["pk"] for row in self.below.get(key, ())]
        return number


def branch(domain, reader):
    """What opens below a domain: its sub-domains and its first terms."""
    terms = Term.objects.visible_to(reader)
    counts = terms.by_domain()
    shown = list(terms.filter(domain=domain).as_rows().order_by("plain_name", "pk")[:BRANCH])
    return {
        "domain": domain,
        "children": Nodes(domains(reader), counts).children(domain.pk),
        "lines": lines(shown, reader, headed=False),
        "more": counts.get(domain.pk, 0) - len(shown),
        "url": f"{reverse('glossary:terms')}?{urlencode({'domain': domain.name})}",
    }


# ---------- beside a term ----------

RELATION_TITLES = {
    "broader": ("narrower", _("Broader")),
    "narrower": ("broader", _("Narrower")),
    "related": ("related", _("Related")),
}


def relations(term, reader):
    """The terms that a term names, and those that name it, by relation: [(title, [(name, url)])]; in one query."""
    said = term.meta.get("relations", {})
    wanted = {name.lower() for names in said.values() for name in names}
    pointing = Q()
    for relation in RELATION_TITLES:
        pointing |= Q(meta__relations__contains={relation: [term.name]})
    visible = Term.objects.visible_to(reader).exclude(pk=term.pk)
    there = {row["name"].lower(): row for row in visible.as_rows().filter(plain_name__in=wanted)}
    back = list(visible.filter(pointing).in_name_order().values("name", "meta__relations")[:200])
    found = []
    for relation, (inverse, _title) in RELATION_TITLES.items():
        names = list(said.get(relation, []))
        names += [row["name"] for row in back if term.name in (row["meta__relations"] or {}).get(inverse, [])]
        if names:
            found.append((titles()[relation], [_named(name, there, back) for name in dict.fromkeys(names)]))
    for relation, names in said.items():
        if relation not in RELATION_TITLES:
            found.append(
                (
                    titles().get(relation, relation),
                    [(name, name if name.startswith(("http://", "https://")) else "") for name in names],
                )
            )
    return found


def titles():
    return {
        "broader": _("Broader"),
        "narrower": _("Narrower"),
        "related": _("Related"),
        "exactMatch": _("The same as"),
        "closeMatch": _("Close to"),
        "broadMatch": _("Broader elsewhere"),
        "narrowMatch": _("Narrower elsewhere"),
        "relatedMatch": _("Related elsewhere"),
    }


def _named(name, there, back):
    known = there.get(name.lower()) or next((row for row in back if row["name"] == name), None)
    return (known["name"], reverse("glossary:term", args=[known["name"]])) if known else (name, "")


def homonyms(term, reader):
    """Other terms that people call by the same word."""
    title = term.display_name or term.name
    same = Term.objects.visible_to(reader).exclude(pk=term.pk).known_as({term.name.lower(), title.lower()})
    return list(same.select_related("domain").order_by("plain_name", "pk").defer("meta", "definition")[:5])


def uses(term, reader):
    """The links of a term that the reader may know of."""
    return (
        TermLink.objects.visible_to(reader)
        .filter(term=term)
        .select_related("capsule", "column__capsule")
        .order_by("capsule__name", "column__capsule__name", "column__ordinal_position", "pk")
    )
