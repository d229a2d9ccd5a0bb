"""The list of columns: those that lack something, and those that hold personal data."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog.models import Column
from apps.catalog.vocabularies import SENSITIVITY, Sensitivity, sensitivity_rank
from apps.glossary.models import TermLink
from apps.policy.models import MaskingRule, Policy
from apps.ui import formats, paging
from apps.ui.htmx import fragment

from . import search, wording
from .filters import NONE
from .listing import Chip
from .views import announced

LACKS = {
    "description": gettext_lazy("description"),
    "term": gettext_lazy("term"),
    "policy": gettext_lazy("policy"),
    "type": gettext_lazy("data type"),
    "mask": gettext_lazy("mask"),
}
SETS = ("lacks", "domain", "owner", "sensitivity")
PII = {"yes": gettext_lazy("Holds personal data"), "no": gettext_lazy("Holds no personal data")}


@dataclass(frozen=True)
class ColumnFilters:
    """What the reader of the list of columns asked for.

    `q` is text that a column's name matches, as in the search. A column lacks all that `lacks` names; `domain` and `owner` are names of which its capsule has one,
    `none` for capsules without; its sensitivity is one of `sensitivity`. `pii` is `yes`, `no` or empty. `errors` maps a key to a sentence.
    """

    q: str = ""
    lacks: tuple[str, ...] = ()
    pii: str = ""
    domain: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    sensitivity: tuple[str, ...] = ()
    errors: tuple = ()

    @classmethod
    def parse(cls, query):
        """The filters that a QueryDict asks for; unknown words are left out and named in `errors`."""
        lacks, pii = query.getlist("lacks"), query.get("pii", "")
        wrong = [("lacks", word) for word in lacks if word not in LACKS]
        levels = query.getlist("sensitivity")
        wrong += [("sensitivity", word) for word in levels if word not in SENSITIVITY]
        wrong += [("pii", pii)] if pii and pii not in PII else []
        return cls(
            q=str(wording.read(query.get("q", ""))),
            lacks=tuple(word for word in dict.fromkeys(lacks) if word in LACKS),
            pii=pii if pii in PII else "",
            domain=tuple(filter(None, query.getlist("domain")[:50])),
            owner=tuple(filter(None, query.getlist("owner")[:50])),
            sensitivity=tuple(word for word in dict.fromkeys(levels) if word in SENSITIVITY),
            errors=tuple((key, _("“%(word)s” is not known here.") % {"word": word}) for key, word in wrong),
        )

    def pairs(self):
        """The (key, value) pairs of the query string that asks for these filters, sorted."""
        found = [(key, value) for key in SETS for value in getattr(self, key)]
        found += [(key, getattr(self, key)) for key in ("pii", "q") if getattr(self, key)]
        return sorted(found)

    def url(self):
        """The address of the list."""
        found = urlencode(self.pairs())
        return reverse("discovery:columns") + (f"?{found}" if found else "")

    def visible_to(self, reader):
        """The columns that meet the filters and that `reader` may know of."""
        found = Column.objects.visible_to(reader).current()
        if self.q:
            found = found.filter(name__in=search.column_names(self.q, reader))
        if self.pii:
            found = found.filter(pii_type__isnull=self.pii == "no")
        if self.domain:
            found = found.filter(named("capsule__domain", self.domain))
        if self.owner:
            found = found.filter(named("capsule__owner", self.owner))
        if self.sensitivity:
            ranks = [sensitivity_rank(level) for level in self.sensitivity]
            found = found.filter(sensitivity_rank__in=ranks)
        for word in self.lacks:
            found = found.filter(LACKING[word](reader))
        return found


def named(path, names):
    """Capsules whose domain or owner has one of the names, in any case; `none` for those without."""
    found = Q(**{f"{path}__isnull": True}) if NONE in names else Q(pk__in=[])
    for name in names:
        found |= Q(**{f"{path}__name__iexact": name})
    return found


def no_description(reader):
    return Q(description__isnull=True) | Q(description__regex=r"^\s*$")


def no_term(reader):
    return ~Exists(TermLink.objects.visible_to(reader).filter(column=OuterRef("pk")))


def no_policy(reader):
    """No policy in force on the column or on its capsule."""
    held = Policy.objects.visible_to(reader).in_force(on=timezone.now().date())
    return ~Exists(held.filter(column=OuterRef("pk"))) & ~Exists(held.filter(capsule=OuterRef("capsule")))


def no_type(reader):
    return Q(data_type__isnull=True) | Q(data_type="")


def no_mask(reader):
    """No masking rule that is switched on."""
    return ~Exists(MaskingRule.objects.visible_to(reader).enabled().filter(column=OuterRef("pk")))


LACKING = {
    "description": no_description,
    "term": no_term,
    "policy": no_policy,
    "type": no_type,
    "mask": no_mask,
}


@login_required
def columns(request):
    """Columns across capsules, those of one capsule together; the list behind counts of what is missing."""
    filters = ColumnFilters.parse(request.GET)
    found = filters.visible_to(request.reader).select_related("capsule")
    page = paging.page(found, request, order=("capsule", "name"))
    result = counted(page)
    context = {
        "page": page,
        "result": result,
        "filters": filters,
        "chips": chips(filters),
        "facets": groups(filters),
        "chosen": len(filters.pairs()),
        "hidden": [(key, value) for key, value in filters.pairs() if key in ("q", "domain", "owner")],
    }
    response = TemplateResponse(request, fragment(request, "discovery/columns.html", "results"), context)
    return announced(response, result) if request.htmx else response


def counted(page):
    number = formats.grouped(page.total) + ("+" if page.capped else "")
    return ngettext("%(number)s column", "%(number)s columns", page.total) % {"number": number}


def chips(filters):
    """The filters in force as sentences, each with the address of the list without it."""
    return [
        Chip(*sentence(key, value), url=ColumnFilters(**without(filters, key, value)).url())
        for key, value in filters.pairs()
    ]


def without(filters, gone, value):
    kept = {key: getattr(filters, key) for key in ("q", "pii", *SETS)}
    if gone in ("q", "pii"):
        return {**kept, gone: ""}
    return {**kept, gone: tuple(other for other in kept[gone] if other != value)}


def sentence(key, value):
    """(text, the value set apart)."""
    if key == "q":
        return _("Name matches"), value
    if key == "lacks":
        return _("Lacks a"), str(LACKS[value])
    if key == "pii":
        return str(PII[value]), ""
    if key == "sensitivity":
        return _("Sensitivity is"), str(Sensitivity(value).label)
    return (_("Domain is") if key == "domain" else _("Owner is")), value


def groups(filters):
    """The filter form: what a column may lack, and whether it holds personal data."""
    lacks = [
        {"value": word, "title": title, "chosen": word in filters.lacks, "id": word}
        for word, title in LACKS.items()
    ]
    pii = [{"value": "yes", "title": PII["yes"], "chosen": filters.pii == "yes", "id": "yes"}]
    levels = [
        {"value": word, "title": Sensitivity(word).label, "chosen": word in filters.sensitivity, "id": word}
        for word in SENSITIVITY
    ]
    return [
        {"name": "lacks", "title": _("Lacks"), "values": lacks},
        {"name": "sensitivity", "title": _("Sensitivity"), "sensitivity": True, "values": levels},
        {"name": "pii", "title": _("Personal data"), "values": pii},
    ]
