"""Pages of quality that read: the dashboard, lists of rules and runs, one rule, one run."""

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from apps.ui import paging, querystring, spreadsheets
from apps.ui.htmx import fragment

from . import dashboard, rule_page, run_page
from .dimension import told_as_row, worst_first
from .filters import RuleFilter, RunFilter
from .models import QualityRule, QualityRun

HEAD = (
    "number", "rule", "capsule", "column", "type", "category", "severity", "blocking", "enabled", "status",
    "failing_rows", "checked_at", "sentence",
)  # fmt: skip
MOST_EXPORTED = 20_000


@login_required
def overview(request):
    """What is wrong, worst first, by domain, layer or owner."""
    by = request.GET.get("by", "domain")
    by = by if by in dashboard.SLICES else "domain"
    found = dashboard.context(request.reader, by=by)
    return TemplateResponse(request, fragment(request, "quality/dashboard.html", "grid"), found)


@login_required
def rules(request):
    """The rules behind every number, under filters that are in the address; `format=csv` exports them."""
    everything = QualityRule.objects.visible_to(request.reader)
    found = RuleFilter(request.GET, queryset=everything, request=request)
    rows = worst_first(found.qs if found.is_valid() else everything.current()).select_related(
        "capsule", "column__capsule"
    )
    if request.GET.get("format") == "csv" and found.is_valid():
        return _exported(rows.order_by("worst", "number")[:MOST_EXPORTED])
    page = paging.page(rows, request, order=("worst", "number"))
    for rule in page:
        told_as_row(rule, rule.subject.name)
    named = RuleFilter.parameters()
    chosen = [
        (name, value)
        for name in request.GET
        for value in request.GET.getlist(name)
        if name in named and value
    ]
    context = {
        "page": page,
        "errors": {} if found.is_valid() else found.errors,
        "text": request.GET.get("q", ""),
        "chips": [
            {"text": f"{name}:", "value": value, "url": _without(request, name, value)}
            for name, value in chosen
        ],
        "csv_url": querystring.url(request.path, request.GET, format="csv"),
    }
    return TemplateResponse(request, fragment(request, "quality/rules.html", "rules"), context)


def _without(request, name, value):
    left = [one for one in request.GET.getlist(name) if one != value]
    return querystring.url(request.path, request.GET, **{name: left})


def _exported(rows):
    def cells():
        for rule in rows:
            told_as_row(rule, rule.subject.name)
            yield (
                f"R-{rule.number}", rule.name, rule.home.urn, rule.column.name if rule.column_id else "",
                rule.rule_type, rule.category, rule.severity, rule.blocking, rule.is_enabled,
                rule.last_status or "not_run", rule.last_failures,
                rule.last_at.isoformat() if rule.last_at else None, rule.sentence,
            )  # fmt: skip

    answer = StreamingHttpResponse(spreadsheets.lines(HEAD, cells()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="quality-rules-{timezone.now():%Y-%m-%d}.csv"'
    return answer


def one_rule(request, number):
    """The rule of a number that the reader may see, with its capsule. Raises `Http404`."""
    found = QualityRule.objects.visible_to(request.reader).select_related(
        "capsule__owner", "capsule__domain", "column__capsule__owner", "column__capsule__domain"
    )
    return get_object_or_404(found, number=number)


@login_required
def rule(request, number, *, error="", status=200):
    """One expectation and its record."""
    context = {**rule_page.context(one_rule(request, number), request.reader), "error": error}
    return TemplateResponse(request, "quality/rule.html", context, status=status)


@login_required
def rule_by_key(request, key):
    """The address by id leads to the one by number."""
    found = get_object_or_404(QualityRule.objects.visible_to(request.reader), pk=key)
    return redirect(found, permanent=True)


@login_required
def runs(request):
    """The runs of checks and profiles, newest first."""
    everything = QualityRun.objects.visible_to(request.reader).select_related("capsule")
    found = RunFilter(request.GET, queryset=everything, request=request)
    page = paging.page(found.qs if found.is_valid() else everything, request, order=("-number",))
    context = {
        "page": page,
        "errors": {} if found.is_valid() else found.errors,
        "state": request.GET.get("state", ""),
        "states": QualityRun.State.choices,
    }
    return TemplateResponse(request, fragment(request, "quality/runs.html", "runs"), context)


def one_run(request, number):
    """The run of checks of a number that the reader may see. Raises `Http404`."""
    found = QualityRun.objects.visible_to(request.reader).select_related(
        "capsule__owner", "capsule__domain", "user"
    )
    return get_object_or_404(found.annotate(results=Count("checks")), number=number)


@login_required
def run(request, number):
    """One run: where it stands, then what it found, for ever."""
    found = one_run(request, number)
    if found.kind != QualityRun.Kind.CHECKS:
        return redirect(found)
    if request.GET.get("format") == "csv":
        return run_page.exported(found, request.reader)
    context = run_page.context(found, request)
    return TemplateResponse(request, fragment(request, "quality/run.html", "progress"), context)


@login_required
def run_by_key(request, key):
    """The address by id leads to the one by number."""
    found = get_object_or_404(QualityRun.objects.visible_to(request.reader), pk=key)
    return redirect(found, permanent=True)
