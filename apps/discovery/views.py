"""The catalogue list, the search and what it offers while one types."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django_htmx.http import trigger_client_event

from apps.ui.htmx import fragment

from . import export, facets, hits, jumps, wording
from .filters import Filters
from .listing import Listing, group, typed_in


@login_required
def catalog(request):
    """Narrow the capsules; typing and ticking swap the results and the counts, `format=csv` exports them."""
    filters = Filters.parse(request.GET)
    if request.GET.get("format") == "csv":
        return export.answer(filters, request.reader)
    found = Listing(filters, request, request.path)
    template = fragment(request, "discovery/catalog.html", "results")
    response = TemplateResponse(request, template, {"list": found})
    return announced(response, found.result) if request.htmx else response


@login_required
def values(request, slug):
    """The values of one facet, narrowed by what was typed in it."""
    if slug not in facets.TITLES:
        raise Http404
    filters = Filters.parse(request.GET)
    typed = typed_in(request)
    found = facets.facets(filters, request.reader, typed=typed)
    facet = next(facet for facet in found if facet.slug == slug)
    context = {"facet": group(facet, request, typed.get(slug, ""))}
    return TemplateResponse(request, "components/facet_values.html", context)


@login_required
def search(request):
    """Everything that a text finds, by kind; a number such as J-12 leads straight to its record."""
    text = request.GET.get("q", "")
    record = jumps.jump(text, request.reader)
    if record and not request.htmx and (url := jumps.address(record)):
        return redirect(url)
    results = hits.Results(text, request.reader, kind=request.GET.get("kind", ""))
    context = {"results": results, "record": record, "record_url": record and jumps.address(record)}
    response = TemplateResponse(request, fragment(request, "discovery/search.html", "results"), context)
    return announced(response, results.result) if request.htmx else response


@login_required
def suggest(request):
    """What to offer under the search box: places first, then the best hits."""
    text = wording.clean(request.GET.get("q", ""))
    record = jumps.jump(text, request.reader)
    context = {
        "text": text,
        "typed": text.lower(),
        "lines": hits.offered(text, request.reader) if text else [],
    }
    context |= {"record": record, "record_url": record and jumps.address(record)}
    return TemplateResponse(request, "discovery/suggestions.html", context)


def announced(response, text):
    """Let the page say `text` aloud once the answer stands."""
    return trigger_client_event(response, "announce", {"value": text}, after="settle")
