"""Writing contracts in pages: a new version, its text, its steps, its end."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.catalog.addresses import at_its_urn
from apps.dcs.refusals import Conflict
from apps.people import proof

from . import access, views, writing
from .forms import ContractForm, EndForm
from .models import Contract

DECIDING = ("approve", "sign", "send_back")


@at_its_urn
def create(request, capsule):
    """Draft the next version of a capsule's contract, beginning with what holds now."""
    access.may_write(request.reader, capsule).or_refuse()
    sent = request.POST if request.method == "POST" else None
    form = ContractForm(sent, reader=request.reader, instance=writing.begun(capsule))
    if sent is not None and form.is_valid():
        begun = writing.begun(capsule)
        kept = {"known_consumers": begun.known_consumers, "billing_tags": begun.billing_tags}
        try:
            made = writing.create(
                capsule, {**kept, **form.values()}, by=request.reader, reason=form.cleaned_data["reason"]
            )
        except Conflict as refused:
            form.add_error("version", refused.detail)
        else:
            said = _("Version %(version)s is a draft. Propose it when it is ready.")
            messages.success(request, said % {"version": made.version})
            return redirect(made)
    title = _("New contract for %(name)s") % {"name": capsule.name}
    return _form(request, form, title, back=capsule.get_absolute_url(), capsule=capsule)


@at_its_urn
def edit(request, capsule, version):
    """Change a contract: a draft at once, what is in force by a proposal."""
    found = views.one(request, capsule, version)
    access.may_write(request.reader, capsule).or_refuse()
    sent = request.POST if request.method == "POST" else None
    # The form writes into an instance of its own: the verb compares with what is stored.
    form = ContractForm(sent, reader=request.reader, instance=views.one(request, capsule, version))
    title = _("Edit %s") if found.status == Contract.Status.DRAFT else _("Propose a change of %s")
    shown = {"title": title % found, "back": found.get_absolute_url(), "capsule": capsule, "contract": found}
    if sent is not None and form.is_valid():
        said = form.cleaned_data
        try:
            outcome = writing.change(
                found, form.values(), by=request.reader, reason=said["reason"], seen=said["seen"]
            )
        except Conflict as refused:
            form.add_error(None, refused.detail)
            return _form(request, form, **shown, status=409)
        except ValidationError as invalid:
            form.add_error(None, invalid.messages)
        else:
            if outcome.review:
                told = _("%s waits for a decision. What is in force stays as it is.")
                messages.success(request, told % outcome.review.label)
            return redirect(outcome.contract)
    return _form(request, form, **shown)


@at_its_urn
def end(request, capsule, version):
    """Announce the last day of a contract, with what to use instead; somebody else has to agree."""
    found = views.one(request, capsule, version)
    if objection := found.objection(found.transition_for("propose"), request.reader):
        raise PermissionDenied(objection)
    form = EndForm(request.POST if request.method == "POST" else None)
    shown = {
        "title": _("Deprecate %s") % found,
        "back": found.get_absolute_url(),
        "capsule": capsule,
        "contract": found,
    }
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            found.announce_end(
                by=request.reader,
                comment=said["comment"],
                day=said["day"],
                replacement=said["replacement"].strip() or None,
            )
        except Conflict as refused:
            form.add_error(None, refused.detail)
            return _form(request, form, **shown, status=409)
        except ValidationError as invalid:
            problems = getattr(invalid, "message_dict", {"__all__": invalid.messages})
            for column, said in problems.items():
                form.add_error({"replacement_capsule_urn": "replacement"}.get(column), said)
        else:
            messages.success(
                request, _("Somebody else has to agree. Until then the contract stays as it is.")
            )
            return redirect(found)
    return _form(request, form, **shown)


def _form(request, form, title, *, back, capsule, contract=None, status=None):
    invalid = request.method == "POST" and form.errors
    context = {"form": form, "title": title, "back": back, "capsule": capsule, "contract": contract}
    return TemplateResponse(
        request, "contracts/edit.html", context, status=status or (422 if invalid else 200)
    )


@require_POST
@at_its_urn
def take(request, capsule, version, step):
    """Take one step, then show the contract as it now stands; a signature needs a password of the last five minutes."""
    found = views.one(request, capsule, version)
    given = {}
    if step in DECIDING:
        given["shown"] = request.POST.get("hash") or "-"
    try:
        if step in ("approve", "sign") and (said := proof.show(request)):
            return views.contract(request, capsule.urn, version=version, error=said, status=422)
        found.take(step, by=request.reader, comment=request.POST.get("comment", ""), **given)
    except KeyError:
        raise Http404 from None
    except Conflict as refused:
        return views.contract(request, capsule.urn, version=version, error=refused.detail, status=409)
    except ValidationError as invalid:
        said = " ".join(invalid.messages)
        return views.contract(request, capsule.urn, version=version, error=said, status=422)
    except PermissionDenied as refused:
        return views.contract(request, capsule.urn, version=version, error=str(refused), status=403)
    return redirect(found)


@require_POST
@at_its_urn
def delete(request, capsule, version):
    """Delete a draft."""
    found = views.one(request, capsule, version)
    try:
        writing.remove(found, by=request.reader, reason=request.POST.get("comment", ""))
    except Conflict as refused:
        return views.contract(request, capsule.urn, version=version, error=refused.detail, status=409)
    messages.success(request, _("%s is deleted.") % found)
    return redirect(reverse("catalog:dimension", args=[capsule.urn, "contract"]))
