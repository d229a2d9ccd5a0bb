"""The audit log as a page: who changed what, when, why, from what to what."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.people import rights
from apps.ui import paging, querystring, spreadsheets
from apps.ui.htmx import fragment

from . import activity, differences, references, words
from .context import acting
from .filters import ChangeFilter, tables
from .models import Change

ORDER = ("-changed_at", "-seq")
PERMISSION = "audit.view_change"
ICONS = {"INSERT": "plus", "UPDATE": "pencil", "DELETE": "minus", "TRUNCATE": "eraser"}


@dataclass(frozen=True)
class Line:
    """One entry of the log as a person reads it; `differences` is empty where its values may not be seen."""

    change: Change
    html: str
    who: str
    who_url: str
    icon: str
    kind: str
    name: str
    differences: list
    may_see_values: bool


@login_required
def log(request):
    """Every change, newest first; the filters are in the address, and `format=csv` exports what they leave."""
    rights.require(request.reader, PERMISSION)
    found = ChangeFilter(request.GET, queryset=Change.objects.visible_to(request.reader), request=request)
    if request.GET.get("format") == "csv" and found.is_valid():
        return export(found.qs, request.reader)
    page = paging.page(found.qs, request, order=ORDER)
    context = {
        "filter": found,
        "page": page,
        "lines": told(page.rows, request.reader),
        "tables": tables(),
        "operations": Change.Operation.choices,
        "chips": chips(request, found),
    }
    return TemplateResponse(request, fragment(request, "audit/log.html", "results"), context)


@login_required
def change(request, pk):
    """One entry, with everything that is known about who and how."""
    rights.require(request.reader, PERMISSION)
    entry = get_object_or_404(Change.objects.visible_to(request.reader), pk=pk)
    (line,) = told([entry], request.reader)
    return TemplateResponse(request, "audit/change.html", {"line": line, "change": entry})


def told(changes, reader):
    """The changes as `Line`s; two queries for all names of people and things in them."""
    people = activity.people_called({each.changed_by for each in changes})
    called = references.names(changes, reader)
    return [line(each, people, called, reader) for each in changes]


def line(each, people, called, reader):
    who, url = activity.actor(each.changed_by, people)
    name = references.name(each, called)
    # Without links: the sentence is what one presses to open the entry.
    _text, html = activity.in_words(
        who, "", table=each.table_name, operation=each.operation, name=name, fields=each.changed_fields
    )
    may_see = each.values_visible_to(reader)
    return Line(
        change=each,
        html=html,
        who=who,
        who_url=url,
        icon=ICONS[each.operation],
        kind=words.kind(each.table_name),
        name=name,
        differences=differences.of(each, called) if may_see else [],
        may_see_values=may_see,
    )


def chips(request, found):
    """The filters in use as sentences, each with the address without it."""
    if not found.is_valid():
        return []
    known = {"table": dict(tables()), "operation": dict(Change.Operation.choices)}
    chosen = []
    for name, field in found.form.fields.items():
        for value in filter(None, request.GET.getlist(name)):
            others = [other for other in request.GET.getlist(name) if other != value]
            chosen.append(
                {
                    "text": field.label,
                    "value": known.get(name, {}).get(value, value),
                    "url": querystring.url(request.path, request.GET, **{name: others}),
                }
            )
    return chosen


HEAD = (
    "seq", "changed_at", "changed_by", "operation", "table_name", "record_id", "name", "changed_fields",
    "old_values", "new_values", "change_reason", "application", "ip_address", "session_id", "db_user",
    "request_id", "review_id",
)  # fmt: skip


def export(changes, reader):
    """The changes as CSV, sent while it is read; it may be longer than memory."""

    def rows():
        # The body runs after the request's own transaction, so it needs one of its own.
        with acting(reader, reason=_("Export of the audit log")):
            for each in changes.order_by(*ORDER).iterator(chunk_size=1000):
                yield [_cell(each, column, reader) for column in HEAD]

    response = StreamingHttpResponse(spreadsheets.lines(HEAD, rows()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


def _cell(each, column, reader):
    if column == "name":
        return words.name(each.table_name, each.new_values or each.old_values)
    if column == "changed_at":
        return each.changed_at.isoformat()
    found = getattr(each, column)
    if column in ("old_values", "new_values"):
        return words.as_json(found) if found is not None and each.values_visible_to(reader) else ""
    return ", ".join(found) if column == "changed_fields" else found
