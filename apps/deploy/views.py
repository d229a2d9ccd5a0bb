"""Pages of ingestion: what came in, when, with what effect."""

import re

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.catalog.models import Capsule, IngestionJob
from apps.dcs.models import JobProgress
from apps.ui import paging
from apps.ui.htmx import fragment

from . import ingestion, read_page, reading, run_page
from .forms import ArtifactsForm
from .read_forms import FORMS, TITLES

INGEST, CANCEL = "catalog.ingest", "catalog.cancel_ingestion"
# The kinds of row in the order in which people ask about them.
KINDS = {
    "capsules": _("Capsules"),
    "columns": _("Columns"),
    "constraints": _("Constraints"),
    "edges": _("Capsule lineage"),
    "column_edges": _("Column lineage"),
    "rules": _("Quality rules"),
    "checks": _("Check results"),
    "code": _("Code"),
    "domains": _("Domains"),
    "owners": _("Owners"),
    "placeholders": _("Placeholders"),
}


@login_required
def jobs(request, *, form=None, kind="", status=200):
    """The runs that read metadata, newest first, and the way to begin one; or those of pipelines, which are many."""
    foreign = request.GET.get("source_type") == IngestionJob.OPENLINEAGE
    found = IngestionJob.objects.visible_to(request.reader).of_pipelines(foreign)
    has_any = found.exists()
    state = request.GET.get("status", "")
    if state in IngestionJob.Status.values:
        found = found.filter(status=state)
    page = paging.page(found, request, order=("-started_at", "-number"))
    kind = kind or request.GET.get("read", "")
    kind = kind if kind in TITLES else "dbt"
    context = {
        "page": page,
        "kind": kind,
        "kinds": TITLES.items(),
        "form": form or FORMS.get(kind, ArtifactsForm)(),
        "may_ingest": not foreign and request.reader.may(INGEST),
        "has_any": has_any,
        "foreign": foreign,
        "state": state,
        "states": IngestionJob.Status.choices,
    }
    return TemplateResponse(
        request, fragment(request, "deploy/ingestion.html", "jobs"), context, status=status
    )


@require_POST
@login_required
def upload(request):
    """Keep the uploaded files and queue their job; the job's page shows the rest."""
    need_ingest(request)
    form = ArtifactsForm(request.POST, request.FILES)
    if not form.is_valid():
        return jobs(request, form=form, status=422)
    files = [(file.name, file) for file in form.cleaned_data["files"]]
    options = ingestion.Options(accept_vanished=form.cleaned_data["accept_vanished"])
    try:
        job = ingestion.accept(files, reader=request.reader, options=options, application="page")
    except ingestion.TooLarge as error:
        form.add_error("files", str(error))
        return jobs(request, form=form, status=422)
    ingestion.enqueue(job)
    return redirect(job)


@login_required
def job(request, number):
    """One run: where it stands, then what it did, for ever."""
    job = get_object_or_404(IngestionJob.objects.visible_to(request.reader), number=number)
    if job.is_foreign:
        return TemplateResponse(request, "deploy/run.html", run_page.context(job, request.reader))
    context = {
        "job": job,
        "progress": progress_of(job),
        "counts": counts_of(job),
        "may_cancel": not (job.is_finished or job.is_foreign) and request.reader.may(CANCEL),
        "children": job.children.visible_to(request.reader).order_by("-started_at")[:20],
        "changed": Capsule.objects.visible_to(request.reader).filter(ingestion=job).order_by("name")[:50],
    }
    if reading.is_reading(job):
        context |= read_page.context(job, request.reader)
    return TemplateResponse(request, fragment(request, "deploy/job.html", "progress"), context)


@require_POST
@login_required
def cancel(request, number):
    """Ask a run to stop; it leaves nothing half-done."""
    _need(request, CANCEL, _("Only producers, stewards and administrators may cancel an ingestion."))
    job = get_object_or_404(IngestionJob.objects.visible_to(request.reader), number=number)
    if job.is_foreign:
        raise PermissionDenied(_("Another tool runs this; stop it there."))
    ingestion.cancel(job, by=request.user)
    return redirect(job)


def progress_of(job):
    """What the progress region shows: state, words, how much is done, and where to ask again."""
    row = JobProgress.objects.of(job).order_by("-created_at").first()
    running = row is not None and not job.is_finished
    return {
        "state": job.status,
        "finished": job.is_finished,
        "text": (row.phase if running else "") or _sentence(job),
        "done": row.done if running else 0,
        "total": row.total if running else 0,
        "note": "",
        "error": "",
        "url": reverse("deploy:job", args=[job.number]),
        "title": str(job),
    }


def _sentence(job):
    """One line on how the run stands or ended."""
    if job.status == IngestionJob.Status.PENDING:
        return _("Waits for a worker.")
    if job.status == IngestionJob.Status.RUNNING:
        return _("Begins.")
    if job.status == IngestionJob.Status.COMPLETED:
        if reading.is_reading(job):
            return read_page.sentence(job)
        if job.stats.get("identical_to"):
            return _("No changes: the files are those of J-%(number)d.") % {
                "number": job.stats["identical_to"]
            }
        written = sum(
            n
            for kind in job.stats.get("counts", {}).values()
            for word, n in kind.items()
            if word != "unchanged"
        )
        if not written:
            return _("No changes.")
        return ngettext("%(n)d row written.", "%(n)d rows written.", written) % {"n": written}
    return job.error_message or ""


def counts_of(job):
    """The table of effects: one row a kind, in a fixed order, with the words as columns."""
    counts = job.stats.get("counts") or {}
    return [{"kind": KINDS[kind], **counts[kind]} for kind in KINDS if kind in counts]


def pointer_words(pointer):
    """A JSON pointer as people write a path: `nodes › model.shop.orders › columns`."""
    return " › ".join(re.sub("~1", "/", part).replace("~0", "~") for part in pointer.split("/")[1:])


def need_ingest(request):
    """Raise `PermissionDenied` for who may not ingest, with who may."""
    _need(request, INGEST, _("Only producers, stewards and administrators may ingest."))


def _need(request, permission, words):
    if not request.reader.may(permission):
        raise PermissionDenied(words)
