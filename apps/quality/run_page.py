"""The page of one run: where it stands, then its results, worst first."""

from django.db.models import Case, IntegerField, Value, When
from django.http import StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.catalog import access
from apps.dcs.models import JobProgress
from apps.people.roles import INTERNAL
from apps.ui import paging, spreadsheets

from . import rule_page, sentences
from .models import QualityCheck, QualityRun

RUN = "quality.run_quality"
SHOWN = 100
WORST = ("failed", "error", "warning", "passed", "skipped")
HEAD = (
    "rule", "name", "column", "status", "measured", "threshold", "failing_rows", "rows", "milliseconds", "path",
    "expected", "why",
)  # fmt: skip
State = QualityRun.State
# What the row of progress calls the states of a run.
JOB = {
    State.QUEUED: "pending",
    State.RUNNING: "running",
    State.FINISHED: "completed",
    State.PARTLY: "completed",
}
PHASES = {
    "metadata": lambda: _("Looks at what metadata proves."),
    "scan": lambda: _("Reads the data once for all rules."),
    "queries": lambda: _("Looks for repeated and missing keys."),
    "second": lambda: _("Counts outliers."),
    "samples": lambda: _("Fetches rows to show."),
    "own": lambda: _("Runs people's own SQL."),
}


def results(run, reader):
    """The checks of a run, worst first."""
    whens = [When(status=word, then=Value(place)) for place, word in enumerate(WORST)]
    return (
        QualityCheck.objects.visible_to(reader)
        .filter(run=run)
        .select_related("rule", "column", "capsule")
        .annotate(worst=Case(*whens, default=Value(len(WORST)), output_field=IntegerField()))
    )


def context(run, request):
    """What the template of a run wants; at most seven queries."""
    reader = request.reader
    page = paging.page(results(run, reader), request, order=("worst", "-failure_count", "id"), size=SHOWN)
    for check in page:
        tell(check, reader)
    may = access.lacking(reader, RUN) or access.may_edit(reader, run.capsule)
    return {
        "run": run,
        "capsule": run.capsule,
        "page": page,
        "progress": progress_of(run),
        "counts": [(word, run.counts[word]) for word in WORST if run.counts.get(word)],
        "wrong": sum(run.counts.get(word, 0) for word in ("failed", "error", "warning")),
        "may_run": may,
        "may_cancel": not run.is_finished and bool(may),
        "ahead": _ahead(run),
    }


def tell(check, reader):
    """A result with its rule's sentence, why it could not run, and the SQL that found it."""
    rule_page.told(check, reader)
    name = check.column.name if check.column_id else check.capsule.name
    check.sentence = check.expected_value or sentences.sentence(check.rule, name)
    check.sql = (check.meta or {}).get("sql", "") if reader.clearance >= INTERNAL else ""
    check.is_wrong = check.status in ("failed", "error", "warning")
    return check


def _ahead(run):
    """How many runs wait before a queued one."""
    if run.state != State.QUEUED:
        return None
    return QualityRun.objects.unfinished().filter(queued_at__lt=run.queued_at).count()


def progress_of(run):
    """What the progress region shows: state, words, how much is done, and where to ask again."""
    row = JobProgress.objects.of(run).order_by("-created_at").first()
    running = row is not None and run.state == State.RUNNING
    phase = PHASES.get(row.phase) if running else None
    return {
        "state": JOB.get(run.state, run.state),
        "finished": run.is_finished,
        "text": phase() if phase else _sentence(run),
        "done": row.done if running else 0,
        "total": row.total if running else 0,
        "note": _("%(done)d of %(total)d rules") % {"done": row.done, "total": row.total}
        if running and row.total
        else "",
        "error": "",
        "url": reverse("quality:run", args=[run.number]),
        "title": str(run),
    }


def _sentence(run):
    """One line on how the run stands or ended."""
    if run.state == State.QUEUED:
        return _("Waits for a worker.")
    if run.state == State.RUNNING:
        return _("Begins.")
    if run.state == State.CANCELLED:
        return run.error or _("Cancelled.")
    if run.state == State.FAILED:
        return _("Nothing could be decided.")
    n = sum(run.counts.values())
    said = ngettext("%(n)d rule was looked at.", "%(n)d rules were looked at.", n) % {"n": n}
    if run.state == State.PARTLY:
        said += " " + _("Not all could be decided in time.")
    return said


def exported(run, reader):
    """All results of a run as a sheet."""

    def cells():
        for check in results(run, reader).order_by("worst", "-failure_count", "id").iterator(500):
            tell(check, reader)
            yield (
                f"R-{check.rule.number}", check.rule.name, check.column.name if check.column_id else "",
                check.status, check.measured_value, check.threshold_value, check.failure_count, check.rows,
                check.duration_ms, check.path, check.sentence, check.reason,
            )  # fmt: skip

    answer = StreamingHttpResponse(spreadsheets.lines(HEAD, cells()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{run}.csv"'
    return answer
