"""Files of terms: upload, look at the plan, let it happen; and the way back."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.dcs.refusals import Conflict
from apps.ui import paging
from apps.workflow.models import Review

from .. import access, exports, imports, plans, sheets
from ..filters import TermFilter
from ..models import Term, TermImport


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
    mine = TermImport.objects.visible_to(request.reader).filter(author=request.user)[:10]
    context = {"form": form, "mine": mine}
    return TemplateResponse(request, "glossary/upload.html", context, status=status)


@login_required
def plan(request, pk, *, error="", status=200):
    """The plan, row by row; POST proposes it as one review, makes it anew or drops it."""
    access.may_write(request.reader, permission="glossary.add_term").or_refuse()
    found = get_object_or_404(TermImport.objects.visible_to(request.reader), pk=pk)
    if request.method == "POST" and not error:
        try:
            if request.POST.get("answer") == "drop":
                imports.drop(found, by=request.reader)
                return redirect("glossary:upload")
            if request.POST.get("answer") == "again":
                imports.plan_again(found, by=request.reader)
                messages.success(request, _("Compared again with what is stored now."))
                return redirect(found)
            review = imports.propose(found, by=request.reader, reason=request.POST.get("reason", "")[:1000])
        except Conflict as conflict:
            return plan(request, pk=pk, error=conflict.detail, status=409)
        messages.success(request, _("%s waits for a decision. Nothing has changed yet.") % review.label)
        return redirect(found)
    shown = request.GET.get("action", "")
    rows = [row for row in found.rows if not shown or row["action"] == shown]
    numbered = [{**row, "number": at} for at, row in enumerate(rows)]
    context = {
        "import": found,
        "counts": plans.counts(found.rows),
        "review": Review.objects.of(found).order_by("-number").first(),
        "domains": _domains(found),
        "page": paging.page(numbered, request, order=("number",), size=100),
        "shown": shown,
        "error": error,
    }
    return TemplateResponse(request, "glossary/import.html", context, status=status)


def _domains(found):
    """The domains that the rows name: who decides has to look after all of them."""
    named = {
        row["values"].get("domain") for row in found.rows if row["action"] in (plans.CREATE, plans.CHANGE)
    }
    return sorted(named - {None, ""})


@login_required
def export(request, format):
    """The terms that the filters leave, as a file."""
    found = TermFilter(request.GET, queryset=Term.objects.visible_to(request.reader), request=request)
    if format not in exports.SUFFIXES or not found.is_valid():
        raise Http404
    return exports.answer(found.qs, format)
