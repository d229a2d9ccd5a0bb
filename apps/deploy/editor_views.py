"""The editor of documents: paste, upload or change one, see every fault at once, and plan it."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from apps.catalog import documents, page
from apps.catalog.access import may_edit
from apps.catalog.addresses import at_its_urn
from apps.catalog.models import CapsuleVersion
from apps.dcs.refusals import Conflict

from . import plan, restoring, rights
from .document_views import exported_of
from .known import known_to
from .models import Plan
from .plan_forms import DocumentForm


@login_required
def new(request):
    """Upload or paste documents; planned, they have a page of their own."""
    rights.need_right(request.reader)
    if request.method == "POST":
        return _planned(request)
    return _page(request, DocumentForm(initial=_of_plan(request.GET.get("plan", ""), request.reader)))


def _of_plan(number, reader):
    """The documents and options of a plan of the reader's own, to be changed and planned anew; nothing for any other."""
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        return {}
    found = Plan.objects.filter(author=reader.user, number=int(number)).first()
    if found is None:
        return {}
    text = "---\n".join(documents.write(each) for each in plan.documents_of(found))
    return {"text": text, **found.options}


@at_its_urn
def of_capsule(request, capsule):
    """The document of a capsule as it is now, to be changed and planned."""
    rights.need_right(request.reader)
    if not (request.reader.may("catalog.edit_policy") or request.reader.may("catalog.edit_contract")):
        may_edit(request.reader, capsule).or_refuse()
    if request.method == "POST":
        return _planned(request, capsule)
    exported = exported_of(request, capsule)
    form = DocumentForm(initial={"text": exported.text()})
    return _page(request, form, capsule, seen=_version(capsule), incomplete=not exported.complete)


@require_POST
@login_required
def check(request):
    """The faults of the text as it stands in the editor, for htmx while one types."""
    rights.need_right(request.reader)
    text = request.POST.get("text", "")
    reading = _read(text, request) if text.strip() else None
    response = TemplateResponse(request, "deploy/editor.html#problems", _told(reading, text))
    return trigger_client_event(response, "announce", {"value": _said(reading)})


@require_POST
@at_its_urn
def restore(request, capsule, number):
    """Plan to bring the capsule back to one of its versions; a version that is no valid document opens in the editor."""
    rights.need_right(request.reader)
    versions = CapsuleVersion.objects.visible_to(request.reader).filter(
        capsule=capsule, content_hash__isnull=False
    )
    version = get_object_or_404(versions, number=number)
    try:
        text = restoring.text(capsule, version, request.reader)
    except Conflict as hidden:
        raise PermissionDenied(hidden.detail) from None
    try:
        return redirect(plan.make(text, request.reader, restoring.OPTIONS))
    except plan.DocumentInvalid as invalid:
        form = DocumentForm({"text": text, "overwrite": "on"})
        return _page(request, form, capsule, reading=invalid.reading, status=422)


def _planned(request, capsule=None):
    form = DocumentForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, capsule, status=422)
    data = form.brought()
    if request.POST.get("do") == "check":
        reading = _read(data, request)
        status = 200 if reading.valid else 422
        return _page(request, form.with_text(data), capsule, reading=reading, status=status)
    seen = request.POST.get("seen", "")
    if capsule is not None and seen and seen != _version(capsule):
        said = _(
            "The capsule moved from version %(was)s to %(now)s while you wrote. Your text is still here."
        )
        moved = said % {"was": seen, "now": _version(capsule)}
        return _page(request, form.with_text(data), capsule, moved=moved, was=seen, status=409)
    try:
        made = plan.make(data, request.reader, form.options)
    except plan.DocumentInvalid as invalid:
        return _page(request, form.with_text(data), capsule, reading=invalid.reading, status=422)
    except PermissionDenied as refused:
        return _page(request, form.with_text(data), capsule, refused=str(refused), status=403)
    except Conflict as refused:
        return _page(request, form.with_text(data), capsule, refused=refused.detail, status=409)
    return redirect(made)


def _read(data, request):
    strict = bool(request.POST.get("strict"))
    return documents.read(data, known=known_to(request.reader), strict=strict, limits=plan.limits())


def _version(capsule):
    """The number of the newest version, as the editor remembers what its text began from."""
    newest = capsule.versions.order_by("-number").values_list("number", flat=True).first()
    return str(newest or 0)


def _told(reading, text):
    """What the list of faults shows: each with the line it is in."""
    if reading is None:
        return {"reading": None}
    lines = text.splitlines()
    found = [
        {"problem": each, "quote": lines[each.line - 1].strip()[:120] if each.line <= len(lines) else ""}
        for each in reading.problems
    ]
    return {"reading": reading, "problems": found}


def _said(reading):
    """The list of faults in a sentence."""
    if reading is None:
        return _("The document is empty.")
    if not reading.problems:
        return _("No faults.")
    number, line = len(reading.problems), reading.problems[0].line
    said = ngettext("%(n)s problem, in line %(line)s.", "%(n)s problems, the first in line %(line)s.", number)
    return said % {"n": number, "line": line}


def _page(request, form, capsule=None, *, status=200, seen="", reading=None, **more):
    if capsule is not None:
        crumbs = page.crumbs(capsule, {"title": _("Change its document")})
        title = _("Change the document of %(name)s") % {"name": capsule.name}
        action = reverse("deploy:plan_capsule", args=[capsule.urn])
        back = capsule.get_absolute_url()
    else:
        crumbs = [{"title": _("Changes"), "url": reverse("deploy:changes")}, {"title": _("New plan")}]
        title, action, back = _("Plan a change"), reverse("deploy:new_change"), reverse("deploy:changes")
    text = form["text"].value() or ""
    context = {
        "form": form,
        "capsule": capsule,
        "crumbs": crumbs,
        "title": title,
        "action": action,
        "back": back,
        "text": text,
        "seen": seen or (_version(capsule) if capsule is not None else ""),
        **_told(reading, text),
        **more,
    }
    return TemplateResponse(request, "deploy/editor.html", context, status=status)
