"""Semantics, the third dimension: what the capsule and its columns mean."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog import facts
from apps.catalog.access import may_edit
from apps.catalog.addresses import page_of
from apps.catalog.dimensions import Dimension, Gap, State, register
from apps.catalog.models import Column
from apps.ui import paging

from . import document, suggestions
from .models import TermLink
from .reach import reach

SLUG = "semantics"
PAGE = 200
TERMS_SHOWN = 12


def links(reader):
    return TermLink.objects.visible_to(reader).filter(term__visibility_rank__lte=reader.clearance)


def linked(found):
    """The terms of `found` links as JSON, by name."""
    said = JSONObject(
        name="term__name",
        definition="term__definition",
        status="term__status",
        relationship="relationship",
    )
    return ArraySubquery(found.order_by("term__name").values(json=said)[:TERMS_SHOWN])


def asked(reader):
    """Terms of the capsule, and how many of its columns somebody has explained."""
    mine = links(reader)
    columns = (
        Column.objects.visible_to(reader).filter(capsule=OuterRef("pk"), retired_at__isnull=True).order_by()
    )
    explained = Q(description__gt="") | Q(Exists(mine.filter(column=OuterRef("pk"))))
    counts = JSONObject(
        total=Count("pk"),
        explained=Count("pk", filter=explained),
        pii=Count("pk", filter=Q(pii_type__isnull=False)),
    )
    return {
        "terms": linked(mine.filter(capsule=OuterRef("pk"))),
        "columns": Subquery(columns.values("capsule").annotate(found=counts).values("found")),
    }


def asked_of_column(reader):
    return {"terms": linked(links(reader).filter(column=OuterRef("pk")))}


def of(capsules, reader):
    """(capsule, its terms, counts of its columns)."""
    for capsule, found in facts.known(SLUG, capsules, reader):
        yield capsule, found["terms"] or [], found["columns"] or {"total": 0, "explained": 0, "pii": 0}


def count(capsules, reader):
    """Explained columns: "18 of 21", or their number once all are."""
    return {capsule.pk: _share(columns) for capsule, _terms, columns in of(capsules, reader)}


def _share(columns):
    if columns["explained"] == columns["total"]:
        return columns["total"] or None
    return _("%(some)s of %(all)s") % {"some": f"{columns['explained']:,}", "all": f"{columns['total']:,}"}


def state(capsules, reader):
    lacking = gaps(capsules, reader)
    return {
        capsule.pk: State(_mark(capsule, terms, columns, lacking[capsule.pk]), _sentence(terms, columns))
        for capsule, terms, columns in of(capsules, reader)
    }


def _mark(capsule, terms, columns, lacking):
    if not lacking:
        return "complete"
    return "partial" if columns["explained"] or terms or capsule.description else "missing"


def _sentence(terms, columns):
    if not columns["total"]:
        return _("No columns to explain")
    said = [
        ngettext(
            "%(some)s of %(all)s column explained", "%(some)s of %(all)s columns explained", columns["total"]
        )
        % {"some": f"{columns['explained']:,}", "all": f"{columns['total']:,}"}
    ]
    if terms:
        said.append(ngettext("%(n)s term", "%(n)s terms", len(terms)) % {"n": len(terms)})
    if columns["pii"]:
        said.append(_("%(n)s with personal data") % {"n": columns["pii"]})
    return ", ".join(said)


def gaps(capsules, reader):
    found = {}
    for capsule, terms, columns in of(capsules, reader):
        url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
        mine = found[capsule.pk] = []
        if not (capsule.description or terms):
            mine.append(Gap(SLUG, _("Nobody has said what this capsule is."), _("Describe it"), url))
        if bare := columns["total"] - columns["explained"]:
            sentence = ngettext(
                "Nobody has explained %(n)s column.", "Nobody has explained %(n)s columns.", bare
            )
            step = ngettext("Explain %(n)s column", "Explain %(n)s columns", bare) % {"n": f"{bare:,}"}
            mine.append(Gap(SLUG, sentence % {"n": f"{bare:,}"}, step, f"{url}?show=unexplained"))
    return found


def cells(columns, reader):
    return {
        column.pk: _links(found["terms"] or [])
        for column, found in facts.known(SLUG, columns, reader, kind=facts.COLUMN)
    }


def _links(terms):
    told = [
        format_html('<a href="{}">{}</a>', url, term["name"]) if (url := address(term)) else term["name"]
        for term in terms
    ]
    return format_html_join(", ", "{}", ((one,) for one in told)) if told else ""


def address(term):
    return page_of("glossary:term", term["name"])


def panel(request, capsule):
    """The semantics tab: the capsule's terms, and the meaning of each column."""
    show = request.GET.get("show", "")
    columns = Column.objects.visible_to(request.reader).filter(capsule=capsule, retired_at__isnull=True)
    columns = columns.select_related("value_domain")
    if show == "unexplained":
        has_term = Exists(links(request.reader).filter(column=OuterRef("pk")))
        columns = columns.exclude(description__gt="").filter(~has_term)
    elif show == "personal":
        columns = columns.filter(pii_type__isnull=False)
    page = paging.page(columns, request, order=("ordinal_position", "name"), size=PAGE)
    for column, found in facts.known(SLUG, page.rows, request.reader, kind=facts.COLUMN):
        column.terms = [{**term, "url": address(term)} for term in found["terms"] or []]
        column.evidence = evidence(column)
    _capsule, terms, counts = next(iter(of([capsule], request.reader)))
    suggested = []
    if may_edit(request.reader, capsule):
        suggested = suggestions.for_capsule(capsule, page.rows, request.reader)
    return {
        "page": page,
        "suggested": suggested,
        "back": request.get_full_path(),
        "show": show,
        "terms": [{**term, "url": address(term)} for term in terms],
        "has": {
            "terms": any(column.terms for column in page),
            "units": any(column.unit_of_measure for column in page),
            "values": any(_bounded(column) for column in page),
        },
        "counts": {**counts, "bare": counts["total"] - counts["explained"]},
    }


def evidence(column):
    """How it is known that a column holds personal data; empty if nobody says that it does."""
    if not column.pii_type:
        return ""
    if said := column.meta.get("provenance", {}).get("pii_type"):
        return _("said by %(name)s") % {"name": said.get("by", "")}
    match column.pii_detected_by or column.meta.get("pii_detected_by"):
        case "name":
            return _("by its name; its values were not looked at")
        case "artifact":
            return _("as its source says")
        case "manual":
            return _("said by a person")
        case None | "":
            return _("nobody noted how it was found")
        case other:
            return str(other)


def _bounded(column):
    """True if something says which values the column may hold."""
    said = (column.value_domain_id, column.allowed_values, column.format_pattern, column.value_domain_name)
    return any(said) or column.value_range_min is not None or column.value_range_max is not None


def overview(request, capsule):
    _capsule, terms, _counts = next(iter(of([capsule], request.reader)))
    return {"terms": [{**term, "url": address(term)} for term in terms]} if terms else {}


def column_panel(request, column):
    """Terms of the column with their definitions."""
    found = facts.known(SLUG, [column], request.reader, kind=facts.COLUMN)
    column.evidence = evidence(column)
    terms = [{**term, "url": address(term)} for term in found[0][1]["terms"] or []]
    suggested = []
    if not terms and may_edit(request.reader, column.capsule):
        suggested = suggestions.terms_for([column], request.reader)[column.pk][: suggestions.SHOWN]
    return {
        "column": column,
        "terms": terms,
        "suggested": suggested,
        "back": column.get_absolute_url(),
    }


register(
    Dimension(
        slug=SLUG,
        title=gettext_lazy("Semantics"),
        order=3,
        icon="book-open-text",
        template="glossary/dimension.html",
        snapshot=document.snapshot,
        write=document.write,
        sections=("business_terms", "columns"),
        panel=panel,
        facts=asked,
        count=count,
        state=state,
        gaps=gaps,
        overview=overview,
        overview_template="glossary/overview.html",
        cells=cells,
        cell_title=gettext_lazy("Term"),
        column_facts=asked_of_column,
        column_template="glossary/column.html",
        column_panel=column_panel,
        reach=reach,
    )
)
