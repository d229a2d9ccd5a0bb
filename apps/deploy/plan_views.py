"""Pages of change plans: the list, one plan with its five parts, and applying it."""

import logging

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from apps.dcs import deadlocks
from apps.dcs.refusals import Conflict
from apps.people import proof
from apps.ui import paging, spreadsheets
from apps.ui.htmx import fragment, is_for

from . import announcing, applying, background, overriding, plan, plan_page, rights, standing
from .models import Plan
from .plan_forms import DecisionForm, ScheduleForm
from .querysets import READ_ALL

log = logging.getLogger(__name__)
NUMBERS = (
    "capsules",
    "create",
    "change",
    "changes",
    "breaking",
    "blocked",
)  # of a plan's summary, in the sheet
STATES = {
    "draft": gettext_lazy("Drafts"),
    "scheduled": gettext_lazy("Scheduled"),
    "waiting": gettext_lazy("Waiting for review"),
    "applied": gettext_lazy("Applied"),
    "expired": gettext_lazy("Expired"),
}


@login_required
def changes(request):
    """The change plans that the reader may see, newest first."""
    reader = request.reader
    found = Plan.objects.visible_to(reader).with_standing().listed()
    everybody = any(reader.may(permission) for permission in READ_ALL)
    whose = "mine" if everybody and request.GET.get("by") == "me" else ""
    if whose:
        found = found.filter(author=reader.user)
    state = request.GET.get("state", "")
    if state in STATES:
        found = found.filter(standing=state)
    if request.GET.get("format") == "csv":
        return _sheet(found.select_related("author").order_by("-number"))
    page = paging.page(found.select_related("author"), request, order=("-number",))
    context = {
        "page": page,
        "state": state if state in STATES else "",
        "states": STATES.items(),
        "everybody": everybody,
        "mine": bool(whose),
        "may_plan": rights.may_plan(reader),
        "filtered": bool(state in STATES or whose),
    }
    return TemplateResponse(request, fragment(request, "deploy/changes.html", "results"), context)


def _sheet(found):
    """The plans of the list as CSV."""

    def cells(row):
        numbers = [(row.summary or {}).get(name) for name in NUMBERS]
        return (str(row), row.standing, *numbers, row.author, row.created_at.isoformat(), row.applied_at)

    head = ("plan", "state", *NUMBERS, "author", "made_at", "applied_at")
    lines = spreadsheets.lines(head, map(cells, found.iterator(chunk_size=200)))
    headers = {"Content-Disposition": f'attachment; filename="changes-{timezone.now():%Y-%m-%d}.csv"'}
    # Read before the answer leaves: afterwards there is nobody in whose name rows are read.
    return HttpResponse("".join(lines), content_type="text/csv; charset=utf-8", headers=headers)


@login_required
def by_key(request, key):
    """A plan by its id leads to the page at its number."""
    return redirect(
        get_object_or_404(Plan.objects.visible_to(request.reader).only("number"), pk=key), permanent=True
    )


@login_required
def change(request, number):
    """One plan: what it does, what was checked, whom it touches, who must agree, and the button that applies it."""
    found = _found(request, number)
    if is_for(request, "progress"):
        job = standing.job_of(found)
        if job is None or job.is_finished:
            return HttpResponseClientRedirect(found.get_absolute_url())
        context = {"job": plan_page.progress_of(found, job)}
        return TemplateResponse(request, "components/job_progress.html", context)
    return _shown(request, found)


@login_required
def apply(request, number):
    """Carry a plan out, all of it or nothing; what stands in the way is told on the page of the plan."""
    found = _found(request, number)
    if request.method != "POST":
        return redirect(found)
    if found.reading:
        form = DecisionForm(found, request.reader, request.POST)
        if not form.is_valid():
            return _shown(request, found, decision=form, status=422)
        try:
            found = applying.decide(found, reader=request.reader, **form.cleaned_data)
        except Conflict as refused:
            return (
                redirect(found)
                if refused.code == "plan_applied"
                else _shown(request, found, refused=refused, status=409)
            )
        if request.POST.get("do") == "accept":
            return redirect(found)
    if background.is_large(found):
        state = standing.standing(found, request.reader).state
        if state == "ready":
            background.begin(found, reader=request.reader)
        if state in ("ready", "applying"):
            return redirect(found)
    try:
        applying.apply(found, reader=request.reader)
    except applying.PlanStale as stale:
        return _shown(request, stale.plan, instead_of=found, status=409)
    except Conflict as refused:
        found.refresh_from_db()
        if refused.code == "plan_applied":
            # Pressed twice: the first press has done it.
            return redirect(found)
        return _shown(request, found, refused=refused, status=409)
    except DatabaseError as error:
        if deadlocks.is_lost(error):
            raise
        log.exception("applying %s failed", found)
        words = _("The database refused a row of it. The log names this request: %(request)s.")
        failed = Conflict(words % {"request": request.reader.request_id}, code="failed")
        return _shown(request, found, refused=failed, status=409)
    return redirect(found)


@require_POST
@login_required
def schedule(request, number):
    """Let a plan be applied at a moment to come, or no longer."""
    found = _found(request, number)
    try:
        if request.POST.get("do") == "off":
            applying.unschedule(found, reader=request.reader)
            return redirect(found)
        form = ScheduleForm(request.POST)
        if not form.is_valid():
            return _shown(request, found, schedule=form, status=422)
        applying.schedule(found, form.cleaned_data["at"], reader=request.reader)
    except ValidationError as invalid:
        form.add_error("at", invalid.message_dict["at"])
        return _shown(request, found, schedule=form, status=422)
    except applying.PlanStale as stale:
        return _shown(request, stale.plan, instead_of=found, status=409)
    except Conflict as refused:
        return _shown(request, found, refused=refused, status=409)
    return redirect(found)


@require_POST
@login_required
def announce(request, number):
    """Tell consumers of what the contracts block, and plan again: the new plan says from which day it may be applied."""
    found = _found(request, number)
    try:
        made, announced = announcing.announce(found, text=request.POST.get("text", ""), by=request.reader)
    except ValidationError as invalid:
        refused = Conflict(" ".join(invalid.messages), code="invalid")
        return _shown(request, found, refused=refused, status=422)
    except Conflict as refused:
        return _shown(request, found, refused=refused, status=409)
    labels = ", ".join(map(str, announced))
    messages.success(request, _("Announced as %(labels)s. The days of notice run.") % {"labels": labels})
    return redirect(made)


@require_POST
@login_required
def override(request, number):
    """Ask a second person to let the plan through although contracts block it."""
    found = _found(request, number)
    try:
        overriding.ask(found, reason=request.POST.get("reason", ""), by=request.reader)
    except ValidationError as invalid:
        refused = Conflict(" ".join(invalid.messages), code="invalid")
        return _shown(request, found, refused=refused, status=422)
    except Conflict as refused:
        return _shown(request, found, refused=refused, status=409)
    messages.success(request, _("The contract owners have been asked. It holds once one of them agrees."))
    return redirect(found)


@require_POST
@login_required
def answer_override(request, number):
    """Let the plan go past the contracts, or not; a second person does so with a password of the last five minutes."""
    found = _found(request, number)
    granted = request.POST.get("do") == "grant"
    try:
        if wrong := proof.show(request):
            raise ValidationError(wrong)
        overriding.decide(found, granted, by=request.reader, why=request.POST.get("why", ""))
    except ValidationError as invalid:
        refused = Conflict(" ".join(invalid.messages), code="invalid")
        return _shown(request, found, refused=refused, status=422)
    except Conflict as refused:
        return _shown(request, found, refused=refused, status=409)
    said = _("Granted for four hours and one apply.") if granted else _("Refused.")
    messages.success(request, said)
    return redirect(found)


@require_POST
@login_required
def again(request, number):
    """Plan the same documents once more, over what is stored now."""
    found = _found(request, number)
    rights.need_right(request.reader)
    try:
        return redirect(plan.again(found, request.reader))
    except Conflict as refused:
        return _shown(request, found, refused=refused, status=409)


def _found(request, number):
    plans = Plan.objects.visible_to(request.reader).select_related("author", "taken_over_by", "scheduled_by")
    return get_object_or_404(plans, number=number)


def _shown(request, found, *, status=200, **said):
    return TemplateResponse(
        request, "deploy/change.html", plan_page.context(request, found, **said), status=status
    )
