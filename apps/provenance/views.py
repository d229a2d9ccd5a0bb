"""The lineage explorer: where data comes from and where it goes, as a graph and as lists that tell the same."""

import csv

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.catalog import addresses
from apps.ui.htmx import fragment

from . import explorer, page, sharing


@login_required
def lineage(request):
    """Around one capsule or column; without one, the way to choose it."""
    asked = explorer.state(request.GET)
    capsule = addresses.find(asked.focus, request.reader) if _is_address(asked.focus) else None
    if capsule is None:
        return _choose(request, asked)
    whole = request.GET.get("format") == "csv"
    context = page.context(capsule, asked, request.reader, whole=whole)
    match request.GET.get("format"):
        case "csv":
            return _csv(context)
        case "svg":
            return _svg(context)
        case form if form in sharing.FORMATS:
            return _shared(context, form)
    return TemplateResponse(request, fragment(request, "provenance/lineage.html", "explorer"), context)


def _is_address(text):
    return text.startswith("urn:") or bool(explorer.uuid_of(text))


def _choose(request, asked):
    """Capsules that may be meant; one that is called exactly so is opened at once."""
    found = list(page.candidates(asked.focus, request.reader))
    exact = [capsule for capsule in found if capsule.name == asked.focus]
    if len(exact) == 1:
        return redirect(page.address(asked, focus=exact[0].urn))
    status = 404 if asked.focus.startswith("urn:") else 200
    return TemplateResponse(
        request, "provenance/choose.html", {"asked": asked, "found": found}, status=status
    )


def _csv(context):
    """Both lists, every row."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="lineage-{_file_name(context)}.csv"'
    writer = csv.writer(response)
    past = "as_of" in context
    head = [_("direction"), _("steps"), _("name"), _("kind"), _("urn"), _("via")]
    writer.writerow([*head, _("since then")] if past else head)
    for side in context["sides"]:
        for row in side["rows"]:
            node = row["node"]
            cells = [
                side["way"],
                row["steps"],
                node["title"],
                node["kind"],
                node["name"],
                " > ".join(row["via"]),
            ]
            cells += [str(row["since"])] if past else []
            writer.writerow([_harmless(cell) for cell in cells])
    return response


def _harmless(cell):
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _svg(context):
    """The drawing as a file that needs nothing else."""
    response = HttpResponse(render_to_string("provenance/lineage.svg", context), content_type="image/svg+xml")
    response["Content-Disposition"] = f'attachment; filename="lineage-{_file_name(context)}.svg"'
    return response


def _shared(context, form):
    """The graph for another program."""
    write, media_type, ending = sharing.FORMATS[form]
    response = HttpResponse(write(context["around"], context["found"]), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="lineage-{_file_name(context)}.{ending}"'
    return response


def _file_name(context):
    name = context["column"].name if context["column"] else context["capsule"].name
    return (
        "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in name if sign.isascii())[:80]
        or "capsule"
    )
