"""Pages of source systems: the list, each one, its form, a trial of its connection, its end."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog import engines
from apps.catalog.filters import SourceSystemFilter
from apps.catalog.models import SourceSystem
from apps.dcs.refusals import Conflict
from apps.people.rest.permissions import refusal
from apps.ui import paging
from apps.ui.htmx import fragment

from . import databases, rights, schedules, source_page, sources
from .source_forms import ENGINES, ScheduleForm, SourceForm, engine_for


@login_required
def listed(request):
    """Browse the source systems; typing in the box swaps the results alone."""
    found = SourceSystemFilter(
        request.GET, queryset=SourceSystem.objects.visible_to(request.reader), request=request
    )
    rows = found.qs if found.is_valid() else SourceSystem.objects.none()
    page = paging.page(rows, request, order=("name",))
    source_page.told(page.rows, request.reader)
    context = {
        "page": page,
        "asked": request.GET.get("q", ""),
        "may_add": request.reader.may(sources.ADD),
    }
    return TemplateResponse(request, fragment(request, "deploy/sources.html", "results"), context)


@login_required
def source(request, name):
    """One source: how it is reached, what came from it, how its last runs went."""
    return _page(request, _found(request, name))


def _page(request, system, *, form=None, error="", status=200):
    context = {**source_page.context(system, request.reader, form), "error": error}
    template = fragment(request, "deploy/source.html", "connection")
    return TemplateResponse(request, template, context, status=status)


def _found(request, name):
    system = source_page.found(request.reader, name)
    if system is None:
        raise Http404
    return system


@login_required
def create(request):
    """Register a source system."""
    _need(request, sources.ADD)
    engine = _engine(request, engines.POSTGRES)
    form = SourceForm(request.POST if request.method == "POST" else None, engine=engine)
    if request.method == "POST" and form.is_valid():
        with acting(request.reader, reason=_("Source system registered")):
            made = SourceSystem.objects.create(**form.values())
        return redirect("deploy:source", made.name)
    return _form(request, form, _("New source system"), reverse("deploy:sources"))


@login_required
def edit(request, name):
    """Change a source system; 409 with what is stored now if somebody was faster."""
    system = _found(request, name)
    _need(request, sources.CHANGE)
    back = reverse("deploy:source", args=[system.name])
    engine = _engine(request, engine_for(system))
    form = SourceForm(request.POST if request.method == "POST" else None, engine=engine, system=system)
    if request.method == "POST" and form.is_valid():
        try:
            changed = sources.change(system, form.values(), by=request.reader, seen=form.cleaned_data["seen"])
        except Conflict as error:
            form.add_error(None, error.detail)
            return _form(request, form, _("Edit %s") % system, back, status=409)
        return redirect("deploy:source", changed.name)
    return _form(request, form, _("Edit %s") % system, back)


def _engine(request, otherwise):
    said = request.POST.get("engine") or request.GET.get("engine") or otherwise
    return said if said in ENGINES else otherwise


def _form(request, form, title, back, *, status=None):
    invalid = request.method == "POST" and form.errors
    context = {"form": form, "title": title, "back": back, "engines": ENGINES, "engine": form.engine}
    return TemplateResponse(
        request, "deploy/source_form.html", context, status=status or (422 if invalid else 200)
    )


@login_required
def test(request, name):
    """Try the connection, outside of any transaction: a server may be slow to answer."""
    if request.method != "POST":
        return redirect("deploy:source", name)
    with acting(request.reader):
        system = _found(request, name)
        _need(request, sources.RUN)
    error, status = "", 200
    try:
        sources.attempt(system, reader=request.reader)
    except Conflict as refused:
        error, status = refused.detail, 409
    if not request.htmx and not error:
        return redirect(reverse("deploy:source", args=[system.name]) + "#connection")
    with acting(request.reader):
        return _page(request, system, error=error, status=status).render()


# The call goes out of the house: no transaction waits for it.
test.without_database = True


@login_required
def read(request, name):
    """Queue the job that reads the source; its page shows the rest, and the plan."""
    if request.method != "POST":
        return redirect("deploy:source", name)
    system = _found(request, name)
    _need(request, sources.RUN)
    rights.need_right(request.reader)
    try:
        return redirect(databases.accept(system, reader=request.reader, application="page"))
    except Conflict as refused:
        return _page(request, system, error=refused.detail, status=409)


@login_required
def schedule(request, name):
    """Set when the source is read by itself."""
    if request.method != "POST":
        return redirect("deploy:source", name)
    system = _found(request, name)
    _need(request, sources.RUN)
    rights.need_right(request.reader)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return _page(request, system, form=form, status=422)
    values = form.cleaned_data
    try:
        schedules.put(system, by=request.reader, cron_text=values.pop("cron"), **values)
    except Conflict as refused:
        return _page(request, system, form=form, error=refused.detail, status=409)
    return redirect(reverse("deploy:source", args=[system.name]) + "#schedule")


@login_required
def remove(request, name):
    """Say what goes, then remove a source system that nothing came from."""
    system = _found(request, name)
    _need(request, sources.REMOVE)
    error = ""
    if request.method == "POST":
        try:
            sources.remove(system, by=request.reader)
        except Conflict as refused:
            error = refused.detail
        else:
            messages.success(request, _("%(source)s was removed.") % {"source": system})
            return redirect("deploy:sources")
    context = {"system": system, "error": error}
    return TemplateResponse(request, "deploy/source_remove.html", context, status=409 if error else 200)


def _need(request, permission):
    if not request.reader.may(permission):
        raise PermissionDenied(refusal(request.reader, permission))
