"""Files of terms: upload, look at the plan, let it happen; and the way back."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import HttpResponseClientRefresh

from apps.dcs.refusals import Conflict
from apps.ui import paging
from apps.ui.htmx import fragment
from apps.workflow.models import Review

from .. import access, exports, imports, proposing, sheets
from ..filters import TermFilter
from ..models import Term, TermImport
from ..planned import PlannedRows


class UploadForm(forms.Form):
    """The file, and how it is to be read."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, or SKOS as .ttl, .rdf or .jsonld; at most 10 MiB."),
    )
    language = forms.CharField(
        label=gettext_lazy("Language of the names"), initial="en", max_length=20, required=False
    )
    classes = forms.BooleanField(
        label=gettext_lazy("Read OWL classes as terms"),
        required=False,
        help_text=gettext_lazy("For ontologies such as FIBO."),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > sheets.MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MiB."))
        return file


@login_required
def upload(request):
    """Choose a file; what it would do is shown before anything happens."""
    access.may_write(request.reader, permission="glossary.add_term").or_refuse()
    form = UploadForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = imports.plan(
                    form.cleaned_data["file"].read(),
                    name=form.cleaned_data["file"].name,
                    by=request.reader,
                    language=form.cleaned_data["language"] or "en",
                    classes=form.cleaned_data["classes"],
                )
            except sheets.Unreadable as error:
                form.add_error("file", str(error))
            else:
                return redirect(made)
    mine = TermImport.objects.visible_to(request.reader).filter(author=request.user).defer("rows")[:10]
    context = {"form": form, "mine": mine}
    return TemplateResponse(request, "glossary/upload.html", context, status=status)


@login_required
def plan(request, pk, *, error="", status=200):
    """The plan, row by row; POST proposes it as one review, makes it anew or drops it."""
    access.may_write(request.reader, permission="glossary.add_term").or_refuse()
    found = get_object_or_404(TermImport.objects.visible_to(request.reader).defer("rows"), pk=pk)
    if request.method == "POST" and not error:
        try:
            if request.POST.get("answer") == "drop":
                imports.drop(found, by=request.reader)
                return redirect("glossary:upload")
            if request.POST.get("answer") == "again":
                imports.plan_again(found, by=request.reader)
                messages.success(request, _("Compared again with what is stored now."))
                return redirect(found)
            review = proposing.ask(found, by=request.reader, reason=request.POST.get("reason", "")[:1000])
        except Conflict as conflict:
            return plan(request, pk=pk, error=conflict.detail, status=409)
        if review is not None:
            messages.success(request, _("%s waits for a decision. Nothing has changed yet.") % review.label)
        return redirect(found)
    rows, progress = PlannedRows(found, request.GET.get("action", "")), _progress(found)
    context = {
        "import": found,
        "counts": rows.counts,
        "review": Review.objects.of(found).order_by("-number").first(),
        "domains": rows.domains,
        "page": paging.page(rows, request, size=100),
        "progress": progress,
        "may_answer": found.state == found.State.PLANNED and (progress is None or progress["finished"]),
        "shown": rows.action,
        "error": error,
    }
    template = fragment(request, "glossary/import.html", "progress")
    response = TemplateResponse(request, template, context, status=status)
    if template.endswith("#progress") and (progress is None or progress["finished"]):
        # What stands below has changed with it.
        return HttpResponseClientRefresh()
    return response


def _progress(found):
    """How far a worker is with the review of a plan; None if none works on it, or it is there."""
    row = proposing.progress_of(found)
    if row is None or row.state == row.State.COMPLETED or found.state != TermImport.State.PLANNED:
        return None
    failed = row.state == row.State.FAILED
    waits = _("Waits for a worker. You can leave this page.")
    return {
        "state": row.state,
        "finished": row.state not in (row.State.PENDING, row.State.RUNNING),
        "text": _("The review was not made.") if failed else row.phase or waits,
        "error": row.error if failed else "",
        "url": found.get_absolute_url(),
        "title": found.file_name,
    }


@login_required
def export(request, format):
    """The terms that the filters leave, as a file."""
    found = TermFilter(request.GET, queryset=Term.objects.visible_to(request.reader), request=request)
    if format not in exports.SUFFIXES or not found.is_valid():
        raise Http404
    return exports.answer(found.qs, format)
