"""Pages of change plans: the list, one plan with its five parts, and applying it."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.dcs.refusals import Conflict
from apps.ui import paging
from apps.ui.htmx import fragment

from . import applying, plan, plan_page, rights
from .models import Plan
from .querysets import READ_ALL

STATES = {
    "draft": gettext_lazy("Drafts"),
    "waiting": gettext_lazy("Waiting for review"),
    "applied": gettext_lazy("Applied"),
    "expired": gettext_lazy("Expired"),
}


@login_required
def changes(request):
    """The change plans that the reader may see, newest first."""
    reader = request.reader
    found = Plan.objects.shown_to(reader).with_standing().listed()
    everybody = any(reader.may(permission) for permission in READ_ALL)
    whose = "mine" if everybody and request.GET.get("by") == "me" else ""
    if whose:
        found = found.filter(author=reader.user)
    state = request.GET.get("state", "")
    if state in STATES:
        found = found.filter(standing=state)
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


@login_required
def change(request, number):
    """One plan: what it does, what was checked, whom it touches, who must agree, and the button that applies it."""
    return _shown(request, _found(request, number))


@login_required
def apply(request, number):
    """Carry a plan out, all of it or nothing; what stands in the way is told on the page of the plan."""
    found = _found(request, number)
    if request.method != "POST":
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
    plans = Plan.objects.shown_to(request.reader).select_related("author")
    return get_object_or_404(plans, number=number)


def _shown(request, found, *, status=200, **said):
    return TemplateResponse(
        request, "deploy/change.html", plan_page.context(request, found, **said), status=status
    )
