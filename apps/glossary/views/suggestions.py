"""Suggested terms for columns that nobody has explained: take or refuse, and it is remembered."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from apps.catalog.access import may_edit
from apps.catalog.models import Capsule, Column
from apps.dcs.refusals import Conflict
from apps.ui import paging
from apps.ui.htmx import fragment

from .. import access
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
        "back": request.get_full_path(),
        "may_draft": capsule is None and access.may_write(request.reader, permission="glossary.add_term"),
        "refusals": Refusal.objects.visible_to(request.reader).select_related(
            "term", "column__capsule", "capsule"
        )[:20],
    }
    return TemplateResponse(request, fragment(request, "glossary/suggestions.html", "results"), context)


@require_POST
@login_required
def answer(request):
    """Take or refuse one suggestion for a column or a capsule; the reason of a refusal is kept."""
    reader = request.reader
    if request.POST.get("capsule"):
        subject = get_object_or_404(
            Capsule.objects.visible_to(reader).select_related("owner", "domain"),
            pk=_key(request.POST["capsule"]),
        )
    else:
        subject = get_object_or_404(
            Column.objects.visible_to(reader).select_related("capsule__owner", "capsule__domain"),
            pk=_key(request.POST.get("column")),
        )
    term = get_object_or_404(Term.objects.visible_to(reader), pk=_key(request.POST.get("term")))
    names = {"term": term.name, "subject": subject.name}
    try:
        if request.POST.get("answer") == "take":
            found_terms.accept(term, subject, by=reader)
            hue, said = "good", _("%(term)s explains %(subject)s.") % names
        else:
            found_terms.refuse(term, subject, by=reader, reason=request.POST.get("reason", "")[:1000])
            hue, said = "idle", _("%(term)s is not suggested for %(subject)s again.") % names
    except Conflict as error:
        if request.htmx:
            return TemplateResponse(
                request, "glossary/_answered.html", {"text": error.detail, "hue": "caution"}, status=409
            )
        messages.warning(request, error.detail)
        return redirect(_back(request))
    if request.htmx:
        response = TemplateResponse(request, "glossary/_answered.html", {"text": said, "hue": hue})
        return trigger_client_event(response, "announce", {"value": said}, after="settle")
    messages.success(request, said)
    return redirect(_back(request))


@require_POST
@login_required
def draft(request):
    """Draft terms from descriptions that several capsules share; nothing is linked, nothing approved."""
    access.may_write(request.reader, permission="glossary.add_term").or_refuse()
    capsules = Capsule.objects.visible_to(request.reader).filter(retired_at__isnull=True)
    made = found_terms.drafts_from_descriptions(capsules, by=request.reader)
    if not made:
        messages.info(
            request,
            _("No draft was made: no description is shared by two capsules and still without a term."),
        )
        return redirect("glossary:suggestions")
    said = ngettext(
        "%(n)s draft was made: %(names)s. Read it, then submit it.",
        "%(n)s drafts were made: %(names)s. Read them, then submit them one by one.",
        len(made),
    )
    names = ", ".join(term.name for term in made[:5]) + (" …" if len(made) > 5 else "")
    messages.success(request, said % {"n": f"{len(made):,}", "names": names})
    return redirect(f"{reverse('glossary:terms')}?status=draft")


def _back(request):
    """Where the answer was given: a page of our own, else the list of suggestions."""
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("glossary:suggestions")


def _key(text):
    try:
        return uuid.UUID(text or "")
    except ValueError:
        raise Http404 from None
