"""Detected personal data as pages: what waits, with its evidence; looking, taking and refusing."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from apps.catalog.access import may_edit
from apps.catalog.addresses import at_its_urn
from apps.catalog.models import Capsule
from apps.dcs.models import JobProgress
from apps.dcs.refusals import Conflict
from apps.ui import paging
from apps.ui.htmx import fragment

from . import detecting, evidence, suggesting
from .models import PIISuggestion

SIZE, REFUSED = 40, 20


@login_required
def suggestions(request):
    """What waits, the surest first; `capsule=` narrows to one and shows how far looking at it is."""
    reader = request.reader
    rows = PIISuggestion.objects.visible_to(reader)
    capsule = None
    if urn := request.GET.get("capsule"):
        capsule = get_object_or_404(
            Capsule.objects.visible_to(reader).select_related("owner", "domain"), urn=urn
        )
        rows = rows.filter(column__capsule=capsule)
    progress = progress_of(capsule) if capsule is not None else None
    template = fragment(request, "policy/suggestions.html", "results")
    if template.endswith("#results") and request.htmx.target == "progress":
        if progress is None or progress["finished"]:
            return HttpResponseClientRefresh()
        return TemplateResponse(request, "policy/suggestions.html#progress", {"progress": progress})
    related = ("column__capsule__owner", "column__capsule__domain", "origin__capsule")
    page = paging.page(rows.open().select_related(*related), request, order=("-confidence", "pk"), size=SIZE)
    context = {
        "page": page,
        "rows": told(page.rows, reader),
        "capsule": capsule,
        "may_look": capsule is not None and bool(may_edit(reader, capsule)),
        "progress": progress,
        "refused": told(
            rows.filter(state=PIISuggestion.State.REFUSED).select_related(*related)[:REFUSED], reader
        ),
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, template, context)


def told(rows, reader):
    """[{row, sentence, may}] for lists; what a reader may do is asked once a capsule."""
    rights = {}
    found = []
    for row in rows:
        capsule = row.column.capsule
        if capsule.pk not in rights:
            rights[capsule.pk] = bool(may_edit(reader, capsule))
        found.append({"row": row, "sentence": evidence.sentence(row), "may": rights[capsule.pk]})
    return found


def of_column(request, column):
    """What waits for one column, for its page."""
    rows = PIISuggestion.objects.visible_to(request.reader).open().filter(column=column)
    rows = rows.select_related("column__capsule__owner", "column__capsule__domain", "origin__capsule")
    return {"detected": told(rows, request.reader), "back": column.get_absolute_url()}


def of_capsule(request, capsule):
    """How much waits for a capsule's columns, and whether the reader may look for more."""
    rows = PIISuggestion.objects.visible_to(request.reader).open().filter(column__capsule=capsule)
    return {
        "detected": rows.count(),
        "may_look": bool(may_edit(request.reader, capsule)),
        "detected_url": f"{reverse('policy:suggestions')}?capsule={capsule.urn}",
    }


@require_POST
@at_its_urn
def look(request, capsule):
    """Let a worker look for personal data in a capsule; the list shows how far it is."""
    detecting.ask(capsule, by=request.reader)
    return redirect(f"{reverse('policy:suggestions')}?capsule={capsule.urn}")


def progress_of(capsule):
    """What the progress region shows of the newest look at a capsule; None if nobody looked, or it went well."""
    row = JobProgress.objects.of(capsule).filter(kind=detecting.KIND).order_by("-created_at").first()
    if row is None:
        return None
    finished = row.state not in (row.State.PENDING, row.State.RUNNING)
    waits = _("Waits for a worker. You can leave this page.")
    unread = row.result.get("unread", "") if finished else ""
    if row.state == row.State.COMPLETED:
        text = _("Looked at %(n)s columns.") % {"n": f"{row.result.get('columns', 0):,}"}
    else:
        text = _("Nothing was found out.") if finished else _("Looks at columns.") if row.phase else waits
    return {
        "state": row.state,
        "finished": finished,
        "done": row.done,
        "total": row.total if not finished else 0,
        "text": text,
        "note": _("Only names were looked at: %(why)s") % {"why": unread} if unread else "",
        "error": row.error,
        "url": f"{reverse('policy:suggestions')}?capsule={capsule.urn}",
    }


@require_POST
@login_required
def answer(request, pk):
    """Take or refuse one suggestion; the reason of a refusal is kept."""
    rows = PIISuggestion.objects.visible_to(request.reader).select_related("column")
    row = get_object_or_404(rows, pk=pk)
    names = {"type": row.get_pii_type_display(), "column": row.column.name}
    reason = request.POST.get("reason", "").strip()[:1000]
    try:
        if request.POST.get("answer") == "take":
            drafts = suggesting.take(row, by=request.reader, reason=reason)
            said = _("%(column)s holds: %(type)s.") % names
            if drafts:
                said += " " + _("A policy and a masking rule were drafted where it had none.")
            hue = "good"
        else:
            suggesting.refuse(row, by=request.reader, reason=reason)
            hue, said = "idle", _("%(column)s is not asked about again: %(type)s.") % names
    except Conflict as error:
        if request.htmx:
            shown = {"text": error.detail, "hue": "caution"}
            return TemplateResponse(request, "policy/_answered.html", shown, status=409)
        messages.warning(request, error.detail)
        return redirect(_back(request))
    if request.htmx:
        response = TemplateResponse(request, "policy/_answered.html", {"text": said, "hue": hue})
        return trigger_client_event(response, "announce", {"value": said}, after="settle")
    messages.success(request, said)
    return redirect(_back(request))


def _back(request):
    """Where the answer was given: a page of our own, else the list."""
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("policy:suggestions")
