"""Forms for people who would rather not write a document: the change of a capsule, and a new one, as plans."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.catalog import page, urns
from apps.catalog.access import may_edit
from apps.catalog.addresses import at_its_urn
from apps.catalog.models import Capsule, CapsuleVersion
from apps.dcs.refusals import Conflict
from apps.people.rest.permissions import refusal
from apps.ui.htmx import fragment

from . import plan, proposals, rights
from .document_views import exported_of
from .proposal_forms import TABLES, ProposalForm

# What a person writes in a form is meant: it takes the place of what somebody wrote by hand before.
OPTIONS = plan.Options(overwrite=True)


@at_its_urn
def change(request, capsule):
    """Propose a change of a capsule: its columns, keys, indexes, storage and first facts, as a plan."""
    may_edit(request.reader, capsule).or_refuse()
    exported = exported_of(request, capsule)
    if not exported.complete:
        raise PermissionDenied(
            _(
                "Parts of this capsule are hidden from you: a change of it could lose them. Ask somebody who sees all of it."
            )
        )
    now = exported.documents[0]
    seen = request.POST.get("seen", "") or str(_newest(capsule))
    if request.method != "POST":
        return _page(request, ProposalForm(reader=request.reader, document=now), capsule, seen=seen)
    base = _base(capsule, seen, now, request.reader)
    if table := _asked_for_row(request):
        form = ProposalForm.with_row(request.POST, table, reader=request.reader, document=base)
        return _page(request, form, capsule, seen=seen, added=table)
    form = ProposalForm(request.POST, reader=request.reader, document=base)
    if not form.is_valid():
        return _page(request, form, capsule, seen=seen, judged=True, status=422)
    found = proposals.proposal(base, form.said, urn=capsule.urn, name=capsule.name)
    if found.capsule.keys() == {"urn", "name"}:
        return _page(request, form, capsule, seen=seen, unchanged=True, status=422)
    if "schema" in found.capsule:
        mine = found.capsule["schema"]
        found.capsule["schema"] = proposals.merged(base.get("schema", {}), mine, now.get("schema", {}))
    return _planned(request, form, found, capsule, seen=seen)


@login_required
def new(request):
    """Propose a capsule that is not there yet."""
    if not request.reader.may(rights.ADD):
        raise PermissionDenied(refusal(request.reader, rights.ADD))
    if request.method != "POST":
        return _page(request, ProposalForm(reader=request.reader))
    if table := _asked_for_row(request):
        return _page(request, ProposalForm.with_row(request.POST, table, reader=request.reader), added=table)
    form = ProposalForm(request.POST, reader=request.reader)
    urn = _urn(form, request.reader) if form.is_valid() else None
    if urn is None:
        return _page(request, form, judged=True, status=422)
    name = form.about.cleaned_data["name"]
    found = proposals.proposal({}, form.said, urn=urn, name=name)
    found.capsule["capsule_type"] = form.about.cleaned_data["capsule_type"]
    return _planned(request, form, found)


def _planned(request, form, found, capsule=None, *, seen=""):
    """Plan what the form says and go to the plan; or the form again, with every fault beside its field."""
    text = json.dumps({"data_capsule": found.capsule}, ensure_ascii=False)
    context = {"seen": seen, "judged": True}
    try:
        made = plan.make(text, request.reader, OPTIONS)
    except plan.DocumentInvalid as invalid:
        form.blame(found, invalid.reading.errors)
        return _page(request, form, capsule, **context, status=422)
    except PermissionDenied as refused:
        return _page(request, form, capsule, **context, refused=str(refused), status=403)
    except Conflict as refused:
        return _page(request, form, capsule, **context, refused=refused.detail, status=409)
    if capsule is not None and seen != str(_newest(capsule)):
        said = _(
            "%(name)s moved from version %(was)s to %(now)s while you wrote. The plan lays your change over it."
        )
        messages.warning(request, said % {"name": capsule.name, "was": seen, "now": _newest(capsule)})
    return redirect(made)


def _asked_for_row(request):
    asked, _add, table = request.POST.get("do", "").partition("add-")
    return table if table in TABLES else None


def _newest(capsule):
    return capsule.versions.order_by("-number").values_list("number", flat=True).first() or 0


def _base(capsule, seen, now, reader):
    """The document from which the form was made: that of the version that its writer saw."""
    if not (seen.isascii() and seen.isdigit() and len(seen) < 10):
        raise Http404
    if seen == str(_newest(capsule)):
        return now
    versions = CapsuleVersion.objects.visible_to(reader).filter(capsule=capsule, content_hash__isnull=False)
    version = versions.filter(number=int(seen)).first()
    return version.snapshot if version is not None else now


def _urn(form, reader):
    """The address of the new capsule; None, with the reason beside the name, where there can be none."""
    said = form.about.cleaned_data
    try:
        urn = urns.of_capsule(said["system"], said["capsule_type"], said["namespace"], said["name"])
    except ValueError as error:
        form.about.add_error("name", str(error))
        return None
    if Capsule.objects.visible_to(reader).filter(urn=urn, retired_at__isnull=True).exclude(
        meta__has_key="placeholder"
    ).exists():  # fmt: skip
        form.about.add_error("name", _("There is a capsule at %(urn)s already.") % {"urn": urn})
        return None
    return urn


def _page(request, form, capsule=None, *, status=200, **more):
    if capsule is not None:
        title = _("Propose a change of %(name)s") % {"name": capsule.name}
        crumbs = page.crumbs(capsule, {"title": _("Propose a change")})
        back = capsule.get_absolute_url()
    else:
        title, back = _("New capsule"), page.listing()
        crumbs = [{"title": _("Catalog"), "url": back}, {"title": title}]
    types = {row["data_type"].value() or "" for row in form.tables["columns"].forms}
    context = {
        "form": form,
        "capsule": capsule,
        "title": title,
        "crumbs": crumbs,
        "back": back,
        "types": sorted(types - {""})[:200],
        "column_names": [row["name"].value() for row in form.tables["columns"].forms if row["name"].value()],
        "changes_url": reverse("deploy:changes"),
        **more,
    }
    template = fragment(request, "deploy/proposal.html", "proposal")
    return TemplateResponse(request, template, context, status=status)
