"""Pages that bring rules of other tools to a capsule."""

from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.catalog import page
from apps.catalog.access import may_edit
from apps.catalog.addresses import at_its_urn

from . import rights, rule_imports
from .readers.found import ReaderError
from .rule_forms import RuleFileForm


@at_its_urn
def bring(request, capsule):
    """Plan the rules of a file of another tool; the plan lists what has no equivalent."""
    rights.need_right(request.reader)
    may_edit(request.reader, capsule).or_refuse()
    form = RuleFileForm(request.POST, request.FILES) if request.method == "POST" else RuleFileForm()
    told = None
    if form.is_bound and form.is_valid():
        try:
            made, told = rule_imports.planned(capsule, form.content, request.reader, name=form.name)
            if made is not None:
                return redirect(made)
        except ReaderError as error:
            form.add_error("file" if form.cleaned_data["file"] else "text", str(error))
    context = {
        "form": form,
        "capsule": capsule,
        "told": told,
        "crumbs": page.crumbs(capsule, {"title": _("Import rules")}),
    }
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "deploy/rules_import.html", context, status=status)
