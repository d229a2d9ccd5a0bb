"""What a change of a capsule or of a column would touch: a page, its lists, and all of it as a sheet."""

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.catalog import page as capsule_page
from apps.catalog import structure
from apps.catalog.addresses import at_its_urn
from apps.ui import paging, spreadsheets
from apps.ui.htmx import fragment

from . import impact, nodes

STEPS = (1, 2, 3, impact.DEEPEST)
SHOWN = 8  # of each kind, until its list is opened
PAGE = 100
BATCH = 1000  # rows of a sheet that are read at once
HEAD = ("kind", "steps", "name", "urn", "note", "on", "via")


@at_its_urn
def capsule(request, capsule):
    """What a change of the capsule would touch."""
    depth, error = depth_of(request.GET)
    found = impact.of_capsules([capsule.pk], request.reader, depth=depth)
    context = {
        "title": capsule.name,
        "back": capsule.get_absolute_url(),
        "lineage_url": nodes.lineage(capsule.urn, down=3),
        "crumbs": capsule_page.crumbs(capsule, {"title": _("Impact")}),
    }
    return _answer(request, found, context, depth, error)


@at_its_urn
def column(request, capsule, name):
    """What a change of the column would touch."""
    one = structure.named(capsule, name, request.reader)
    if one is None:
        raise Http404
    depth, error = depth_of(request.GET)
    found = impact.of_column(one, request.reader, depth=depth)
    here = {"title": one.name, "url": one.get_absolute_url()}
    context = {
        "title": f"{capsule.name}.{one.name}",
        "back": one.get_absolute_url(),
        "lineage_url": nodes.lineage(capsule.urn, column=one.name, down=3),
        "crumbs": capsule_page.crumbs(capsule, here, {"title": _("Impact")}),
    }
    return _answer(request, found, context, depth, error)


def depth_of(query):
    """(the steps that a query asks for, a sentence if it asked for something else)."""
    text = query.get("steps", "")
    if not text:
        return impact.DEEPEST, ""
    if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= impact.DEEPEST:
        return int(text), ""
    return impact.DEEPEST, _("Steps: choose 1 to %(most)s.") % {"most": impact.DEEPEST}


def _answer(request, found, context, depth, error):
    if request.GET.get("format") == "csv":
        return sheet(found, context["title"])
    only = found.part(request.GET.get("kind", ""))
    context |= {
        "sentence": sentence(found.totals),
        "depth": depth,
        "error": error,
        "steps": sorted({*STEPS, depth}),
        "parts": found.parts,
        "only": only,
        "none": nothing(),
    }
    if only is not None:
        page = paging.page(only.keys, request, size=PAGE)
        context |= {"page": page, "rows": only.rows(page.rows)}
    else:
        context["shown"] = [(part, part.rows(part.keys[:SHOWN])) for part in found.parts]
    return TemplateResponse(request, fragment(request, "provenance/impact.html", "impact"), context)


def sentence(totals):
    """What is touched, in one sentence."""
    said = [
        ngettext("%(n)s capsule", "%(n)s capsules", totals["capsules"]) % {"n": f"{totals['capsules']:,}"},
        ngettext("%(n)s column", "%(n)s columns", totals["columns"]) % {"n": f"{totals['columns']:,}"},
    ]
    if not any(totals.values()):
        return _("Nothing is known to be made of it, and nobody to consume it.")
    return _("A change here is felt by %(capsules)s and %(columns)s downstream.") % {
        "capsules": said[0],
        "columns": said[1],
    }


def nothing():
    """What a kind says that has no rows."""
    return {
        "capsules": _("No capsule is made of it, as far as is known."),
        "columns": _("No column is made of it, as far as is known."),
        "terms": _("No business term explains what is touched."),
        "contracts": _("No contract is about what is touched."),
        "consumers": _("Nobody is known to consume what is touched."),
        "owners": _("Nothing that is touched has an owner."),
    }


def sheet(found, title):
    """Every row of every kind as CSV."""
    lines = spreadsheets.lines(HEAD, cells(found))
    response = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    name = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-" for sign in title)[
        :80
    ]
    response["Content-Disposition"] = f'attachment; filename="impact-{name or "capsule"}.csv"'
    return response


def cells(found):
    for part in found.parts:
        keys = part.keys
        for start in range(0, len(keys), BATCH):
            for row in part.rows(keys[start : start + BATCH]):
                yield (part.kind, row.steps, row.name, row.urn, row.note, row.at, " > ".join(row.via))
