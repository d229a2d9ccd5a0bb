"""The two pages on which people edit: the form, and the choice when somebody else was faster."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.audit.activity import people_called
from apps.audit.context import acting
from apps.audit.models import Change
from apps.dcs.refusals import Conflict

from . import edits
from .access import may_edit
from .forms import differences

TEMPLATE = "catalog/edit.html"


def revision(request, record, form_class, *, capsule, back, crumbs, title, revise=edits.revise):
    """Show the form for `record`, or store what was sent: 422 with field errors, 409 if the row has moved since.

    `revise` is the verb that stores: it takes `by`, `seen` and the fields, and raises `Conflict`.
    """
    verdict = may_edit(request.reader, capsule)
    if not verdict:
        raise PermissionDenied(verdict.reason)
    about = {"capsule": capsule, "record": record, "back": back, "crumbs": crumbs, "title": title}
    if request.method != "POST":
        return _form(request, form_class(instance=record, reader=request.reader), about)
    form = form_class(
        _settled(request.POST, form_class, record, request.reader),
        instance=_copy(record),
        reader=request.reader,
    )
    if not form.is_valid():
        return _form(request, form, about, status=422)
    reason = form.cleaned_data["reason"] or _("Edited by hand")
    try:
        with acting(request.reader, reason=reason):
            revise(record, by=request.user, seen=form.cleaned_data["seen"], **form.changes())
    except Conflict:
        return _conflict(request, form, record, about)
    return HttpResponseRedirect(back)


def _copy(record):
    """The row as it is stored, for the form to write on, so that `record` stays as it was read."""
    return type(record)._base_manager.get(pk=record.pk)


def _settled(posted, form_class, record, reader):
    """What was sent, with the other side's value wherever the person chose to keep theirs."""
    data = posted.copy()
    now = form_class(instance=record, reader=reader)
    for name in now.revised:
        if posted.get(f"keep_{name}") == "theirs":
            data[name] = now.written(name, now.initial.get(name))
    return data


def _form(request, form, about, status=200):
    return TemplateResponse(request, TEMPLATE, {**about, "form": form}, status=status)


def _conflict(request, form, record, about):
    """Yours, theirs and what stood there before, field by field; nothing is discarded and nothing is stored."""
    stored = _copy(record)
    last = Change.objects.of(record).filter(operation="UPDATE").first()
    names = people_called({last.changed_by}) if last else {}
    context = {
        **about,
        "form": form,
        "differences": differences(form, stored),
        "seen": stored.updated_at.isoformat(),
        "who": str(names.get(last.changed_by, last.changed_by)) if last else _("Somebody"),
        "at": stored.updated_at,
    }
    return TemplateResponse(request, "catalog/conflict.html", context, status=409)
