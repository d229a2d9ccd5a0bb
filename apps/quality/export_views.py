"""Pages that give a capsule's rules to other tools."""

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.catalog import page
from apps.catalog.addresses import at_its_urn
from apps.catalog.urns import encoded

from . import exports

TITLES = {"great_expectations": "Great Expectations", "soda": "Soda"}


@at_its_urn
def overview(request, capsule):
    """What of the rules each tool can say, and where its file is."""
    made = [(tool, TITLES[tool], exports.of(capsule, request.reader, tool)) for tool in exports.TOOLS]
    context = {
        "capsule": capsule,
        "made": made,
        "crumbs": page.crumbs(capsule, {"title": _("Export rules")}),
    }
    return TemplateResponse(request, "quality/rules_export.html", context)


@at_its_urn
def download(request, capsule, tool):
    """The file of one tool."""
    if tool not in exports.TOOLS:
        raise Http404
    made = exports.of(capsule, request.reader, tool)
    name = encoded(made.name).replace('"', "").encode("ascii", "replace").decode()
    return HttpResponse(
        made.text,
        content_type=f"{made.media_type}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Rules-Left-Out": str(len(made.left_out)),
        },
    )
