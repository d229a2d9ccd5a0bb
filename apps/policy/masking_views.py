"""Masking rules on pages: a column's by priority, one, and the form that proposes another."""

import json

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.catalog import page as capsule_page
from apps.catalog import structure
from apps.catalog.addresses import at_its_urn
from apps.dcs.keyring import NoKey
from apps.dcs.refusals import Conflict
from apps.people import roles
from apps.people.rest.permissions import refusal
from apps.ui.htmx import fragment
from apps.workflow.models import Review

from . import rule_writing, trying
from .masking import METHODS, kind_of
from .masking_forms import MaskingRuleForm
from .models import MaskingMethod, MaskingRule

SAMPLES = {
    "text": ["Ada Lovelace", "ada@example.com", "x"],
    "integer": [42, 1234567, -5],
    "decimal": ["19.99", "100000.00"],
    "float": [3.14159, 1000.5],
    "date": ["1990-07-21", "2026-01-01"],
    "moment": ["2026-03-29T10:15:30"],
    "boolean": ["true"],
}
MOST_SAMPLES = 10


def _column(capsule, name, reader):
    column = structure.named(capsule, name, reader)
    if column is None:
        raise Http404
    return column


@at_its_urn
@require_safe
def rules(request, capsule, name):
    """The masking rules of a column, the one that decides first before the others."""
    column = _column(capsule, name, request.reader)
    found = list(MaskingRule.objects.visible_to(request.reader).filter(column=column))
    for rule in found:
        rule.column = column
    waiting = _waiting(found, request.reader)
    for rule in found:
        rule.review = waiting.get(rule.pk)
    context = _about(request, capsule, column, _("Masking")) | {
        "rules": found,
        "may_write": request.reader.may(rule_writing.PERMISSION),
        "methods": _methods(column),
    }
    return TemplateResponse(request, "policy/masking.html", context)


def _about(request, capsule, column, *titles):
    steps = [
        {"title": column.name, "url": column.get_absolute_url()},
        *({"title": title} for title in titles),
    ]
    return {"capsule": capsule, "column": column, "crumbs": capsule_page.crumbs(capsule, *steps)}


def _waiting(found, reader):
    """{rule id: the review that waits}."""
    waiting = Review.objects.visible_to(reader).submitted().filter(subject_table="masking_rules")
    return {
        review.subject_id: review for review in waiting.filter(subject_id__in=[rule.pk for rule in found])
    }


def _methods(column):
    """The methods that work on a column, with their words."""
    kind = kind_of(column.data_type).name
    return [
        {"name": name, "title": MaskingMethod(name).label, "text": METHODS[name].schema["description"]}
        for name in MaskingMethod.values
        if kind in METHODS[name].kinds and name != MaskingMethod.TOKENIZATION
    ]


@at_its_urn
@login_required
def new(request, capsule, name):
    """The form of a new rule, with what it makes of values; saving opens its review."""
    _require_writer(request.reader)
    column = _column(capsule, name, request.reader)
    method = request.GET.get("method", "")
    if method not in {each["name"] for each in _methods(column)}:
        return redirect("policy:masking", capsule.urn, column.name)
    kind = kind_of(column.data_type)
    samples = "\n".join(map(str, SAMPLES.get(kind.name, ["x"])))
    form = MaskingRuleForm(request.POST or None, method=method, kind=kind, initial={"samples": samples})
    tried = None
    if request.method == "POST" and form.is_valid():
        draft = MaskingRule(column=column, is_enabled=False, **form.values())
        try:
            if "try" in request.POST:
                tried = _tried(draft, form)
            else:
                _rule, review = rule_writing.create(column, form.values(), by=request.reader)
                return redirect(review.get_absolute_url())
        except rule_writing.Unfit as error:
            form.blame(error.fields)
        except (Conflict, NoKey) as error:
            form.add_error(None, str(error))
    context = _about(request, capsule, column, _("New masking rule")) | {
        "form": form,
        "tried": tried,
        "title": MaskingMethod(method).label,
        "description": METHODS[method].schema["description"],
    }
    status = 422 if form.errors else 200
    return TemplateResponse(
        request, fragment(request, "policy/masking_form.html", "trial"), context, status=status
    )


def _tried(draft, form):
    """What a rule that is not saved makes of the values of the form."""
    rule_writing.settle(draft)
    values = [line for line in form.cleaned_data["samples"].splitlines() if line.strip()][:MOST_SAMPLES]
    try:
        return trying.tried(draft, values, role=form.cleaned_data["role"])
    except (ValueError, ArithmeticError):
        form.add_error("samples", _("The column cannot hold one of these."))
        return None


def _require_writer(reader):
    if not reader.may(rule_writing.PERMISSION):
        raise PermissionDenied(refusal(reader, rule_writing.PERMISSION))


@login_required
def rule(request, pk, *, error="", status=200):
    """One masking rule: whom it masks for, how, and what waits for a decision."""
    found = (
        MaskingRule.objects.visible_to(request.reader).filter(pk=pk).select_related("column__capsule").first()
    )
    if found is None:
        raise Http404
    capsule = found.column.capsule
    context = _about(request, capsule, found.column, found.name) | {
        "rule": found,
        "review": _waiting([found], request.reader).get(found.pk),
        "may_write": request.reader.may(rule_writing.PERMISSION),
        "may_read": request.reader.clearance >= roles.CONFIDENTIAL,
        "config": json.dumps(found.config, ensure_ascii=False, indent=1) if found.config else "",
        "method": METHODS[found.method].schema["description"],
        "applies_to": roles.words(frozenset(found.applies_to_roles)),
        "exempt": roles.words(frozenset(found.exempt_roles)),
        "examples": _examples(found) if request.reader.may(rule_writing.PERMISSION) else [],
        "error": error,
    }
    return TemplateResponse(request, "policy/masking_rule.html", context, status=status)


def _examples(found):
    """What the rule makes of made-up values for those whom it masks."""
    values = SAMPLES.get(kind_of(found.column.data_type).name, [])
    role = next(iter(found.applies_to_roles), "analyst")
    try:
        return trying.tried(found, values, role=role)
    except (ValueError, ArithmeticError):
        return []


@login_required
@require_POST
def switch(request, pk):
    """Propose that a rule masks, or ceases to."""
    _require_writer(request.reader)
    found = MaskingRule.objects.visible_to(request.reader).filter(pk=pk).select_related("column").first()
    if found is None:
        raise Http404
    reason = request.POST.get("reason", "").strip()
    try:
        review = rule_writing.switch(found, on=not found.is_enabled, by=request.reader, reason=reason)
    except rule_writing.Unfit as error:
        said = " ".join(text for texts in error.fields.values() for text in texts)
        return rule(request, pk, error=said, status=409)
    except Conflict as error:
        return rule(request, pk, error=str(error), status=409)
    return redirect(
        review.get_absolute_url() if review is not None else reverse("policy:masking-rule", args=[pk])
    )
