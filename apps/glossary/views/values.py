"""Value domains: the list, the page with its tester, and the form."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.catalog.models import Column, ValueDomain
from apps.dcs.refusals import Conflict
from apps.ui import paging
from apps.ui.htmx import fragment

from .. import access, proposals, validation, vocabularies
from ..filters import ValueDomainFilter
from ..forms import ValueDomainForm

MOST_TESTED = 200
SHOWN = 50


@login_required
def values(request):
    """Browse the value domains."""
    found = ValueDomainFilter(
        request.GET, queryset=ValueDomain.objects.visible_to(request.reader), request=request
    )
    rows = found.qs if found.is_valid() else ValueDomain.objects.none()
    page = paging.page(rows.select_related("owner"), request, order=("name",))
    bound = {}
    for key in (
        Column.objects.visible_to(request.reader)
        .filter(value_domain__in=[row.pk for row in page.rows])
        .values_list("value_domain", flat=True)
    ):
        bound[key] = bound.get(key, 0) + 1
    for row in page.rows:
        row.bound = bound.get(row.pk, 0)
    context = {
        "page": page,
        "kinds": ValueDomain.Kind.choices,
        "chosen": request.GET.get("domain_type", ""),
        "may_write": access.may_write_values(request.reader),
    }
    return TemplateResponse(request, fragment(request, "glossary/values.html", "results"), context)


def _found(request, name):
    found = ValueDomain.objects.visible_to(request.reader).select_related("owner").filter(name=name).first()
    if found is None:
        raise Http404
    return found


@login_required
def value_domain(request, name):
    """One value domain: its values, the columns bound to it, and a box to try values."""
    return _page(request, _found(request, name))


def _page(request, domain, *, verdicts=(), tried="", error="", status=200):
    columns = Column.objects.visible_to(request.reader).filter(value_domain=domain, retired_at__isnull=True)
    context = {
        "domain": domain,
        "codes": [_code(item) for item in domain.allowed_values or []],
        "columns": list(
            columns.select_related("capsule").order_by("capsule__name", "ordinal_position")[:SHOWN]
        ),
        "columns_total": columns.count(),
        "problems": validation.problems(domain),
        "proposals": proposals.waiting(domain),
        "may_write": access.may_write_values(request.reader, domain),
        "verdicts": verdicts,
        "tried": tried,
        "error": error,
    }
    return TemplateResponse(
        request, fragment(request, "glossary/value_domain.html", "tester"), context, status=status
    )


def _code(item):
    return item if isinstance(item, dict) else {"code": item}


@require_POST
@login_required
def test(request, name):
    """Try values, one a line."""
    domain, tried = _found(request, name), request.POST.get("values", "")[:100_000]
    wanted = [line for line in tried.splitlines() if line][:MOST_TESTED]
    try:
        found = vocabularies.judge(domain, wanted, request.reader)
    except Conflict as error:
        return _page(request, domain, tried=tried, error=error.detail, status=409)
    return _page(request, domain, tried=tried, verdicts=list(zip(wanted, found, strict=True)))


@login_required
def create(request):
    """Write a new value domain."""
    access.may_write_values(request.reader).or_refuse()
    form = ValueDomainForm(request.POST or None, reader=request.reader)
    if request.method == "POST" and form.is_valid():
        made = vocabularies.create(form.values(), by=request.reader, reason=form.cleaned_data["reason"])
        return redirect("glossary:value_domain", made.name)
    return _form(request, form, _("New value domain"), reverse("glossary:values"))


@login_required
def edit(request, name):
    """Change a value domain: at once while no column is bound, by a proposal after that."""
    domain = _found(request, name)
    access.may_write_values(request.reader, domain).or_refuse()
    form = ValueDomainForm(request.POST or None, reader=request.reader, domain=domain)
    back = reverse("glossary:value_domain", args=[domain.name])
    if request.method == "POST" and form.is_valid():
        try:
            review = vocabularies.change(
                domain,
                form.values(),
                by=request.reader,
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
            )
        except Conflict as error:
            form.add_error(None, error.detail)
            return _form(request, form, _("Edit %s") % domain, back, status=409)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            if review:
                messages.success(
                    request,
                    _("%s waits for a decision. The values in force stay as they are.") % review.label,
                )
                return redirect(back)
            return redirect("glossary:value_domain", form.cleaned_data["name"])
    return _form(request, form, _("Edit %s") % domain, back)


def _form(request, form, title, back, *, status=None):
    invalid = request.method == "POST" and form.errors
    context = {"form": form, "title": title, "back": back}
    return TemplateResponse(
        request, "glossary/edit.html", context, status=status or (422 if invalid else 200)
    )
