"""Where the values of a column come from, where they flow, and where they stand unmasked."""

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog import page as capsule_page
from apps.catalog import structure
from apps.catalog.addresses import at_its_urn
from apps.catalog.models import Column
from apps.provenance import nodes
from apps.ui import paging, spreadsheets
from apps.ui.htmx import fragment

from . import exposure

SHOWS = {
    "all": gettext_lazy("All"),
    "exposed": gettext_lazy("Not masked"),
    "consumed": gettext_lazy("Not masked, in gold or mart"),
}
PAGE = 100
SOURCES = 50
BATCH = 1000  # rows of a sheet that are read at once
HEAD = (
    "direction", "steps", "urn", "capsule", "column", "layer", "personal_data", "sensitivity", "masking", "arrives",
    "exposed", "owner", "via",
)  # fmt: skip


@at_its_urn
def trace(request, capsule, name):
    """The trace of one column: its origins, and everything downstream, the worst first."""
    column = structure.named(capsule, name, request.reader)
    if column is None:
        raise Http404
    found = exposure.trace(column, request.reader)
    if request.GET.get("format") == "csv":
        return sheet(found, column)
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "all"
    lists = {"all": found.keys, "exposed": found.exposed, "consumed": found.consumed}
    page = paging.page(lists[show], request, size=PAGE)
    here = Column.objects.visible_to(request.reader).filter(pk=column.pk).select_related("capsule")
    context = {
        "column": column,
        "capsule": capsule,
        "here": _here(exposure.protected(here, request.reader).get()),
        "crumbs": capsule_page.crumbs(
            capsule, {"title": column.name, "url": column.get_absolute_url()}, {"title": _("Trace")}
        ),
        "sentence": sentence(found),
        "shows": [(word, title, len(lists[word])) for word, title in SHOWS.items()],
        "show": show,
        "page": page,
        "stops": found.stops(page.rows),
        "sources": found.origins_of(found.sources[:SOURCES]),
        "sources_total": len(found.sources),
        "sources_more": max(len(found.sources) - SOURCES, 0),
        "lineage_url": nodes.lineage(capsule.urn, column=column.name, down=3, overlay="sensitivity"),
    }
    return TemplateResponse(request, fragment(request, "policy/trace.html", "trace"), context)


def _here(column):
    return exposure.Stop(column, 0, exposure.protection_of(column), exposure.PLAIN, [])


def sentence(found):
    """How many columns the values reach, and how many of these show them."""
    if not found.keys:
        return _("No column is made of it, as far as is known.")
    reached = ngettext("It flows into %(n)s column.", "It flows into %(n)s columns.", len(found.keys))
    said = [reached % {"n": f"{len(found.keys):,}"}]
    if not found.exposed:
        return " ".join([*said, _("None of them shows its values unmasked.")])
    shown = ngettext(
        "%(n)s shows its values unmasked, %(most)s of these where people read.",
        "%(n)s show its values unmasked, %(most)s of these where people read.",
        len(found.exposed),
    )
    return " ".join([*said, shown % {"n": f"{len(found.exposed):,}", "most": f"{len(found.consumed):,}"}])


def sheet(found, column):
    """Every column, both ways, as CSV."""
    lines = spreadsheets.lines(HEAD, cells(found))
    response = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    name = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-" for sign in column.name
    )
    response["Content-Disposition"] = f'attachment; filename="trace-{name[:80] or "column"}.csv"'
    return response


def cells(found):
    for way, keys, told in (
        ("upstream", found.sources, found.origins_of),
        ("downstream", found.keys, found.stops),
    ):
        for start in range(0, len(keys), BATCH):
            for stop in told(keys[start : start + BATCH]):
                yield _cells(way, stop)


def _cells(way, stop):
    column, capsule = stop.column, stop.column.capsule
    down = way == "downstream"
    return (
        way, stop.steps, column.urn, capsule.name, column.name, capsule.layer, column.pii_type, stop.level,
        stop.protection, stop.arrives if down else "", ("yes" if stop.exposed else "no") if down else "",
        capsule.owner.name if capsule.owner_id else "", " > ".join(stop.via),
    )  # fmt: skip
