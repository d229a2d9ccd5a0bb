"""Suggested terms for columns that nobody has explained: take or refuse, and it is remembered."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.catalog.access import may_edit
from apps.catalog.models import Capsule, Column
from apps.dcs.refusals import Conflict
from apps.ui import paging
from apps.ui.htmx import fragment

from .. import suggestions as found_terms
from ..models import Refusal, Term

SIZE = 40


@login_required
def suggestions(request):
    """Unexplained columns that have candidates, a page at a time; `capsule=` narrows to one."""
    columns = found_terms.named_like_terms(request.reader)
    capsule = None
    if urn := request.GET.get("capsule"):
        capsule = get_object_or_404(Capsule.objects.visible_to(request.reader), urn=urn)
        columns = columns.filter(capsule=capsule)
    page = paging.page(columns, request, order=("capsule__name", "plain_name", "pk"), size=SIZE, count=False)
    candidates = found_terms.terms_for(page.rows, request.reader)
    rights = {}
    for column in page.rows:
        if column.capsule_id not in rights:
            rights[column.capsule_id] = bool(may_edit(request.reader, column.capsule))
    context = {
        "page": page,
        "rows": [
            {"column": column, "candidates": candidates[column.pk], "may": rights[column.capsule_id]}
            for column in page.rows
            if candidates[column.pk]
        ],
        "capsule": capsule,
        "refusals": Refusal.objects.visible_to(request.reader).select_related(
            "term", "column__capsule", "capsule"
        )[:20],
    }
    return TemplateResponse(request, fragment(request, "glossary/suggestions.html", "results"), context)


@require_POST
@login_required
def answer(request):
    """Take or refuse one suggestion; the reason of a refusal is kept."""
    column = get_object_or_404(
        Column.objects.visible_to(request.reader).select_related("capsule__owner", "capsule__domain"),
        pk=request.POST.get("column", ""),
    )
    term = get_object_or_404(Term.objects.visible_to(request.reader), pk=request.POST.get("term", ""))
    try:
        if request.POST.get("answer") == "take":
            found_terms.accept(term, column, by=request.reader)
            said = _("%(term)s explains %(column)s.") % {"term": term, "column": column}
        else:
            found_terms.refuse(term, column, by=request.reader, reason=request.POST.get("reason", "")[:1000])
            said = _("%(term)s is not suggested for %(column)s again.") % {"term": term, "column": column}
    except Conflict as error:
        return HttpResponse(error.detail, status=409, content_type="text/plain; charset=utf-8")
    if request.htmx:
        return TemplateResponse(
            request, "glossary/_answered.html", {"text": said, "term": term, "column": column}
        )
    return redirect("glossary:suggestions")
