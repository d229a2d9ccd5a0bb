"""Code by hand: what makes a capsule, or moves data along one of the edges that end in it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog import access
from apps.catalog import page as capsule_page
from apps.catalog.addresses import at_its_urn
from apps.catalog.revising import revision
from apps.dcs.refusals import Conflict

from . import codes
from .dimension import SLUG, code_of, may_read_code
from .explorer import uuid_of
from .forms import CodeForm
from .models import CapsuleEdge, TransformationCode


@at_its_urn
def new(request, capsule):
    """Write down code of the capsule, or with `?edge=` of one of the edges that end in it."""
    _check(request, capsule)
    edge = _edge(request, capsule)
    empty = TransformationCode(edge=edge) if edge else TransformationCode(capsule=capsule)
    form = CodeForm(request.POST or None, instance=empty, reader=request.reader)
    if request.method == "POST" and form.is_valid():
        subject = {"edge": edge} if edge else {"capsule": capsule}
        try:
            with acting(request.reader, reason=form.cleaned_data["reason"] or _("Written down by hand")):
                codes.add(TransformationCode(**subject, **form.changes()))
        except Conflict as refused:
            form.add_error("code_text", refused.detail)
        else:
            return redirect(_tab(capsule))
    about = _("%(up)s → %(down)s") % {"up": edge.source.name, "down": capsule.name} if edge else capsule.name
    context = {
        "form": form,
        "title": _("Add code of %(name)s") % {"name": about},
        "crumbs": _crumbs(capsule, _("Add code")),
        "back": _tab(capsule),
    }
    return TemplateResponse(request, "provenance/code_form.html", context, status=422 if form.errors else 200)


@at_its_urn
def edit(request, capsule, pk):
    """Change code that somebody wrote down."""
    code = _code(request, capsule, pk)
    return revision(
        request,
        code,
        CodeForm,
        capsule=capsule,
        back=_tab(capsule),
        crumbs=_crumbs(capsule, _("Edit code")),
        title=_("Edit code of %(name)s") % {"name": capsule.name},
        revise=codes.revise,
    )


@at_its_urn
def remove(request, capsule, pk):
    """Ask, then remove code that somebody wrote down."""
    code = _code(request, capsule, pk)
    if request.method == "POST":
        with acting(request.reader, reason=request.POST.get("reason", "")[:1000] or _("Removed by hand")):
            code.delete()
        messages.success(request, _("Removed. The activity of the capsule keeps that it was there."))
        return redirect(_tab(capsule))
    context = {"code": code, "crumbs": _crumbs(capsule, _("Remove code")), "back": _tab(capsule)}
    return TemplateResponse(request, "provenance/remove_code.html", context)


def _check(request, capsule):
    if not may_read_code(request.reader):
        raise PermissionDenied(_("Reading code needs the clearance “internal”."))
    access.may_edit(request.reader, capsule).or_refuse()


def _edge(request, capsule):
    key = request.GET.get("edge", "")
    if not key:
        return None
    found = CapsuleEdge.objects.visible_to(request.reader).filter(pk=uuid_of(key) or None, target=capsule)
    edge = found.select_related("source").first()
    if edge is None:
        raise Http404
    return edge


def _code(request, capsule, pk):
    """The code at the address, which this reader may change."""
    _check(request, capsule)
    code = code_of(capsule, request.reader).filter(pk=pk).first()
    if code is None:
        raise Http404
    if codes.is_brought(code):
        raise PermissionDenied(
            _("This code came with an ingestion, which would bring it again. Change it there.")
        )
    return code


def _tab(capsule):
    return f"{reverse('catalog:dimension', args=[capsule.urn, SLUG])}#n-code"


def _crumbs(capsule, title):
    return capsule_page.crumbs(capsule, {"title": _("Provenance"), "url": _tab(capsule)}, {"title": title})
