"""The reports as pages, sheets and JSON, under the filters of the catalogue."""

import orjson
from django.contrib.auth.decorators import login_required
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.ui import formats, paging, querystring, spreadsheets
from apps.ui.htmx import fragment

from .filters import Filters
from .listing import Listing
from .reports import REPORTS
from .reports.base import SIZE
from .views import announced


@login_required
def reports(request):
    """All reports, each with the question that it answers."""
    return TemplateResponse(request, "discovery/reports.html", {"reports": REPORTS.values()})


@login_required
def report(request, slug):
    """One report: its figures, its rows a page at a time, and how to come by the same numbers again."""
    if slug not in REPORTS:
        raise Http404
    asked, filters = REPORTS[slug], Filters.parse(request.GET)
    choice, error = asked.choice.read(request.GET) if asked.choice else ("", "")
    if form := request.GET.get("format"):
        send = SENT.get(form)
        if send is not None:
            return send(asked, filters, request.reader, choice)
    found = Listing(filters, request, request.path)
    rows = asked.rows(filters, request.reader, choice)
    page = paging.page(rows, request, size=SIZE)
    context = {
        "report": asked,
        "list": found,
        "page": page,
        "rows": [[(column, column.cell(row)) for column in asked.shown] for row in page],
        "figures": asked.figures(rows, filters, request.reader, choice) if page.rows else [],
        "choice": choice,
        "choices": choices(asked, choice, request),
        "errors": found.errors + ([(asked.choice.title, error)] if error else []),
        "hidden": [(asked.choice.key, choice)] if asked.choice else [],
        "url": request.build_absolute_uri(again(asked, filters, choice)),
        "at": formats.in_full(timezone.now()),
    }
    response = TemplateResponse(request, fragment(request, "discovery/report.html", "results"), context)
    return announced(response, counted(page)) if request.htmx else response


@login_required
def compliance(request):
    """The report on compliance, where those who look after policies look for it."""
    return redirect(querystring.url(reverse("discovery:report", args=["compliance"]), request.GET))


def choices(asked, chosen, request):
    """(title, address, is it the one in force) of each value of the report's choice."""
    if asked.choice is None:
        return []
    key = asked.choice.key
    return [
        (title, querystring.url(request.path, request.GET, **{key: value, "after": "", "before": ""}), value == chosen)
        for value, title in asked.choice.values.items()
    ]  # fmt: skip


def again(asked, filters, choice):
    """The path that gives the same report."""
    pairs = {key: getattr(filters, key) for key in filters.KEYS if getattr(filters, key)}
    if asked.choice:
        pairs[asked.choice.key] = choice
    return querystring.url(reverse("discovery:report", args=[asked.slug]), pairs)


def counted(page):
    return _("%(number)s rows") % {"number": page.total}


# ---------- whole ----------


def sheet(asked, filters, reader, choice):
    """Every row as CSV, sent while it is read."""
    name = f"{asked.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    rows = map(asked.cells, asked.rows(filters, reader, choice).all())
    lines = spreadsheets.lines([column.key for column in asked.columns], rows)
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"},
    )


def whole(asked, filters, reader, choice):
    """Every row as JSON, sent while it is read, after what they mean and how to come by them again."""
    return StreamingHttpResponse(
        pieces(asked, filters, reader, choice),
        content_type="application/json",
        headers={"X-Accel-Buffering": "no"},
    )


def pieces(asked, filters, reader, choice):
    """The parts of the JSON of a report, in bytes."""
    head = about(asked) | {"at": timezone.now().isoformat(), "filters": asked_for(asked, filters, choice)}
    yield orjson.dumps(head)[:-1] + b',"results":['
    between = b""
    for row in asked.rows(filters, reader, choice).all():
        yield between + orjson.dumps(asked.plain(row), default=str)
        between = b","
    yield b"]}"


def about(asked):
    """What a report is, for programs."""
    return {
        "name": asked.slug,
        "title": str(asked.title),
        "question": str(asked.question),
        "definition": str(asked.definition),
        "columns": [{"key": column.key, "title": str(column.title)} for column in asked.columns],
    }


def asked_for(asked, filters, choice):
    """The filters and the choice in force, as a dict."""
    found = {key: getattr(filters, key) for key in filters.KEYS if getattr(filters, key)}
    return found | ({asked.choice.key: choice} if asked.choice else {})


SENT = {"csv": sheet, "json": whole}
