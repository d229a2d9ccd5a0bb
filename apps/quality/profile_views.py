"""Pages of profiles."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.catalog.api import addresses
from apps.dcs.refusals import Conflict
from apps.ui.htmx import fragment

from . import configs, profile_page, profile_store, profiling
from .models import QualityRun


def one_profile(request, number):
    """The run of a number that profiled and that the reader may see. Raises `Http404`."""
    found = QualityRun.objects.visible_to(request.reader).filter(kind=QualityRun.Kind.PROFILE)
    return get_object_or_404(found.select_related("capsule__owner", "capsule__domain", "user"), number=number)


@login_required
def profile(request, number, *, error="", status=200):
    """What the columns looked like at one time; `against=` another profile shows what moved first."""
    found = one_profile(request, number)
    context = {**profile_page.context(found, request), "error": error}
    return TemplateResponse(
        request, fragment(request, "quality/profile.html", "profile"), context, status=status
    )


@login_required
def profile_by_key(request, key):
    """The address by id leads to the one by number."""
    found = QualityRun.objects.visible_to(request.reader).filter(kind=QualityRun.Kind.PROFILE)
    return redirect(get_object_or_404(found, pk=key), permanent=True)


@require_POST
@login_required
def add_rule(request, number):
    """Make the rule that one column's profile suggests, then show it; 409 if it suggests it no longer."""
    run = one_profile(request, number)
    rows = profile_store.of_run(run, request.reader).select_related(
        "column__capsule__owner", "column__capsule__domain"
    )
    found = rows.filter(column__name=request.POST.get("column", "")).first()
    if found is None:
        raise Http404
    try:
        rule = profile_page.accept(found, request.POST.get("rule", ""), by=request.reader)
    except Conflict as error:
        return profile(request, number, error=error.detail, status=409)
    except configs.Misconfigured as error:
        said = " ".join(word for words in error.fields.values() for word in words)
        return profile(request, number, error=said, status=409)
    if rule is None:
        said = _("This rule is not suggested any more: the column has one of its kind, or other values.")
        return profile(request, number, error=said, status=409)
    return redirect(rule)


@require_POST
@login_required
def profile_now(request, urn):
    """Queue a profile of a capsule, or of one of its columns, and follow it; says why if nobody knows where the data lies."""
    capsule = get_object_or_404(addresses.capsules(urn, request.reader).select_related("owner", "domain"))
    name = request.POST.get("column", "")
    if name and not capsule.columns.filter(name=name, retired_at=None).exists():
        raise Http404
    try:
        run = profiling.accept(capsule, reader=request.reader, columns=[name] if name else ())
    except Conflict as error:
        messages.error(request, error.detail)
        back = reverse("catalog:column", args=[capsule.urn, name]) if name else capsule.get_absolute_url()
        return redirect(back)
    return redirect(run)
