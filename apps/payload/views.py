"""The page with a look at a capsule's data."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from apps.audit.context import acting
from apps.catalog import dimensions, page
from apps.catalog.addresses import find
from apps.ui.htmx import is_for

from . import previews
from .dimension import SLUG
from .sources.base import Unreadable


@login_required
@require_safe
def preview(request, urn):
    """The payload tab with rows as this reader may see them; 409 with a sentence where they cannot be read."""
    with acting(request.reader):
        asked = previews.asked(_found(request, urn), request.reader)
    shown, error = None, ""
    try:
        shown = previews.look(asked)
    except Unreadable as refused:
        error = refused.detail
    with acting(request.reader):
        return _page(request, urn, {"preview": shown, "preview_error": error}).render()


# A source may be slow to answer: no transaction waits for it.
preview.without_database = True


def _found(request, urn):
    capsule = find(urn, request.reader)
    if capsule is None:
        raise Http404
    return capsule


def _page(request, urn, shown):
    status = 409 if shown["preview_error"] else 200
    capsule = _found(request, urn)
    if is_for(request, "preview"):
        context = {"capsule": capsule, **shown}
        response = TemplateResponse(request, "payload/_preview.html", context)
    else:
        tab = dimensions.get(SLUG)
        context = page.frame(request, capsule, SLUG) | {"dimension": tab}
        context |= {"gaps": tab.gaps([capsule], request.reader).get(capsule.pk, ())}
        response = page.answer(request, tab.template, context | tab.panel(request, capsule) | shown)
        response.status_code = status
    response["Vary"] = "HX-Request"
    response["Cache-Control"] = "no-store"
    return response
