"""Who sees what: the simulator of one reader, and the matrix of all roles."""

from collections import Counter
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.context import acting
from apps.catalog.models import Column
from apps.catalog.vocabularies import SENSITIVITY
from apps.people import rights
from apps.people.roles import ROLES
from apps.ui import paging, querystring, slots, spreadsheets, words
from apps.ui.htmx import fragment
from apps.ui.templatetags import ui

from . import access, effects, simulating
from .models import Policy
from .simulator_forms import CircumstancesForm, SimulatorForm

OUTCOMES = ("clear", "masked", "conditional", "denied")
SHOWS = {
    "all": gettext_lazy("All columns"),
    "personal": gettext_lazy("Personal data"),
    "restricted": gettext_lazy("Restricted and secret"),
}
PAGE, BATCH = 50, 500
MOST_EXPORTED = 20_000
CHANGED = SafeString(' class="changed"')
SELECTED = SafeString(' aria-selected="true"')
ORDER = ("capsule__name", "capsule_id", "ordinal_position", "name", "id")


@login_required
def simulator(request):
    """What a role or person would see of a capsule's columns, and why."""
    rights.require(request.reader, access.DECIDE)
    form = SimulatorForm(request.GET or None, asker=request.reader)
    context: dict[str, Any] = {"form": form, "matrix_url": reverse("policy:matrix")}
    if form.is_bound and form.is_valid():
        capsule, who = form.capsule_found, form.who
        columns = _columns(request.reader).filter(capsule=capsule).order_by("ordinal_position", "name", "id")
        found = simulating.answers(who, columns, request.reader, on=form.day)
        numbers = Counter(answer.outcome for answer in found)
        page = paging.page(found, request, size=PAGE)
        context |= {
            "capsule": capsule,
            "who": form.person_found or ROLES[who.name].title,
            "reader_words": who.words if form.person_found else "",
            "day": form.day,
            "page": page,
            "totals": [(outcome, numbers[outcome]) for outcome in OUTCOMES if numbers[outcome]],
        }
    return TemplateResponse(request, fragment(request, "policy/simulator.html", "answer"), context)


def _columns(reader):
    found = Column.objects.visible_to(reader).filter(retired_at=None, capsule__retired_at=None)
    return found.select_related("capsule").defer("stats", "capsule__meta")


@login_required
def matrix(request):
    """Columns by roles under filters that are in the address; `format=csv` exports them, `cell=` opens one."""
    rights.require(request.reader, access.DECIDE)
    form = CircumstancesForm(request.GET)
    form.is_valid()
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "all"
    columns = _shown(_columns(request.reader), request.GET.get("q", "").strip(), show)
    laid = _laid_over(request)
    instead = [laid] if laid else []
    if request.GET.get("format") == "csv":
        return _exported(columns, request.reader, form, instead)
    page = paging.page(columns, request, order=ORDER, size=PAGE)
    opened = request.GET.get("cell", "")
    found = _by_column(page.rows, request.reader, form, instead)
    before = _now(page.rows, form) if laid else {}
    chosen = _opened(found, opened)
    rows = [
        _row(request, answers, opened, before, first=not (at or chosen)) for at, answers in enumerate(found)
    ]
    for above, row in zip([None, *rows], rows, strict=False):
        row["first"] = above is None or above["column"].capsule_id != row["column"].capsule_id
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "laid": laid,
        "changed": sum(row["changed"] for row in rows),
        "roles": list(ROLES.values()),
        "shows": SHOWS.items(),
        "show": show,
        "text": request.GET.get("q", ""),
        "hidden": querystring.pairs(request.GET, q=None, cell=None, format=None),
        "opened": chosen,
        "csv_url": querystring.url(request.path, request.GET, format="csv", cell=None),
        "outcomes": OUTCOMES,
    }
    if chosen:
        answer, role = chosen["answer"], chosen["role"]
        context["simulator_url"] = simulator_url(
            answer.column.capsule, role=role.name, **_circumstances(form)
        )
    return TemplateResponse(request, fragment(request, "policy/matrix.html", "matrix"), context)


def simulator_url(capsule, **asked):
    """The simulator with a question filled in."""
    return querystring.url(reverse("policy:simulator"), {}, capsule=capsule.urn, **asked)


def _circumstances(form):
    on = form.cleaned_data.get("on")
    return {**form.about, "on": on.isoformat() if on else ""}


def _shown(columns, text, show):
    if text:
        columns = columns.filter(
            Q(name__icontains=text) | Q(capsule__name__icontains=text) | Q(capsule__urn=text)
        )
    if show == "personal":
        return columns.filter(pii_type__isnull=False)
    return columns.filter(sensitivity_rank__gte=4) if show == "restricted" else columns


def _laid_over(request):
    """The text that waits of the policy which the address names, to be laid over those in force; None without one."""
    number = request.GET.get("policy", "").removeprefix("P-")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    policy = Policy.objects.visible_to(request.reader).filter(number=number).first()
    return effects.text_that_waits(policy, request.reader) if policy else None


def _by_column(columns, asker, form, instead):
    """For each column, the answers of all roles."""
    if not columns:
        return []
    found = simulating.several(_roles(form), columns, asker, on=form.day, instead=instead)
    return list(zip(*found, strict=True))


def _now(columns, form):
    """{(column id, role): outcome} as it is without anything laid over."""
    found = simulating.outcomes(_roles(form), columns, on=form.day)
    return {(key, role): each[key] for role, each in zip(ROLES, found, strict=True) for key in each}


def _roles(form):
    return [simulating.of_role(name, **form.about) for name in ROLES]


def _row(request, answers, opened, before, *, first):
    """A column and its cells, ready to be printed: a page has hundreds of them.

    The keyboard enters the grid at the opened cell, or at the first one of the `first` row; arrows lead on from there.
    """
    column = answers[0].column
    keep = {name: request.GET.get(name) for name in ("after", "before")}
    cells = []
    for answer, role in zip(answers, ROLES.values(), strict=True):
        key = f"{column.pk}:{role.name}"
        word = words.word("access", answer.outcome).text
        was = before.get((column.pk, role.name), answer.outcome)
        changed = was != answer.outcome
        if changed:
            word = _("%(then)s, was %(now)s") % {"then": word, "now": words.word("access", was).text}
        cells.append(
            {
                "letter": words.ACCESS_LETTERS[answer.outcome],
                "stop": "0" if key == opened or (first and not cells) else "-1",
                "selected": SELECTED if key == opened else SafeString(),
                "url": querystring.url(request.path, request.GET, cell=key, **keep),
                "label": f"{column.name}, {role.title}: {word}",
                "mark": ui.access(answer.outcome),
                "changed": CHANGED if changed else SafeString(),
                "was": format_html("<s>{}</s>", words.ACCESS_LETTERS[was]) if changed else SafeString(),
            }
        )
    return {
        "column": column,
        "level": SENSITIVITY[column.sensitivity_rank - 1],
        "changed": sum(bool(cell["changed"]) for cell in cells),
        "cells": slots.filled("policy/_matrix_cell.html", cells),
    }


def _opened(found, key):
    """The cell that the address names: its answer and role; None if it is not on this page."""
    for answers in found:
        for answer, role in zip(answers, ROLES.values(), strict=True):
            if f"{answer.column.pk}:{role.name}" == key:
                return {"answer": answer, "role": role}
    return None


def _exported(columns, asker, form, instead):
    """Every column with its answers as CSV, read in batches; who asks acts while the rows go out."""
    head = ("capsule", "column", "sensitivity_rank", *ROLES)

    def rows():
        with acting(asker, reason=_("Matrix exported")):
            keys = list(columns.order_by(*ORDER).values_list("pk", flat=True)[:MOST_EXPORTED])
            for start in range(0, len(keys), BATCH):
                batch = list(columns.filter(pk__in=keys[start : start + BATCH]).order_by(*ORDER))
                for column, answers in zip(batch, _by_column(batch, asker, form, instead), strict=True):
                    yield (
                        column.capsule.urn, column.name, column.sensitivity_rank,
                        *(answer.outcome for answer in answers),
                    )  # fmt: skip

    answer = StreamingHttpResponse(spreadsheets.lines(head, rows()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="who-sees-what-{timezone.now():%Y-%m-%d}.csv"'
    return answer
