"""Ingestion of uploaded artifacts: accepted in the request, read and applied in the background or at once."""

import logging
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog import versions
from apps.catalog.models import IngestionJob
from apps.dcs import jobs
from apps.dcs.jobs import Cancelled, Progress
from apps.dcs.models import JobProgress
from apps.dcs.refusals import Conflict
from apps.people.reader import reader_of, system
from apps.quality import schedules as quality_schedules

from . import apply, rows, uploads
from .readers import dbt, dbt_lineage
from .readers.dbt_artifacts import ArtifactError, collector_paused
from .readers.found import ReaderError
from .uploads import TooLarge, folder_of  # noqa: F401 - the doors catch the one, tests look into the other

log = logging.getLogger(__name__)

KIND = "ingest dbt"
SEVERAL = ("run-results", "sources")  # one file for each run; there may be many
NOTES_SHOWN = 200


@dataclass(frozen=True)
class Options:
    """What the person who ingests decides: whether vanished capsules may go, and whether to read the columns' origin."""

    accept_vanished: bool = False
    column_lineage: bool = True


# --- accepting --------------------------------------------------------------------------------------------


def accept(files, *, reader, options=Options(), application=""):  # noqa: B008 - frozen
    """Keep the uploaded `files`, pairs of name and file object, and make their job.

    Returns the `IngestionJob`, pending. Raises `TooLarge` while reading, before a whole file was stored.
    """
    job = IngestionJob(
        source_type="dbt",
        status=IngestionJob.Status.PENDING,
        triggered_by=reader.name,
        config={
            "accept_vanished": options.accept_vanished,
            "column_lineage": options.column_lineage,
            "via": application or reader.via,
        },
    )
    uploads.keep(job, files, most=settings.DBT_UPLOAD_MAX_BYTES, setting="DBT_UPLOAD_MAX_BYTES")
    store(job, KIND, _("Ingestion of dbt artifacts"), reader=reader)
    return job


def store(job, kind, reason, *, reader):
    """Store a new job with its progress row; its files go if that fails."""
    try:
        with acting(reader, reason=reason):
            job.save(force_insert=True)
            job.refresh_from_db(fields=["number"])
            jobs.start(kind, asked_by=reader, subject=job)
    except BaseException:
        uploads.forget(job)
        raise


def enqueue(job):
    """Let a worker run `job` once the current transaction has committed."""
    from .tasks import ingest

    jobs.enqueue(ingest, queue="default", job_id=str(job.pk))


# --- running ----------------------------------------------------------------------------------------------


def run(job, say=None, *, at_once=False, work=None):
    """Read and apply the files of `job`, all of it or nothing; the job then says what happened.

    `work(job, reader, report)` does it, where that is not the ingestion of dbt artifacts.

    `at_once` is for a caller whose own transaction has just accepted the job.

    Errors of the files end in the job's `error_message`, not in an exception. Running a finished job again
    does nothing. `say(phase, done, total)` hears of progress besides the job's own progress row.
    """
    row = JobProgress.objects.of(job).order_by("-created_at").first()
    progress = Progress(row.pk, using="default" if at_once else "progress")
    reader = _reader_of(job, row)
    if job.is_finished or not _start(job, reader):
        return job
    progress.begin()

    def report(phase, done=0, total=0):
        progress.say(phase, done, total)
        if say is not None:
            say(phase, done, total)

    try:
        (work or _work)(job, reader, report)
    except Cancelled:
        _end(job, reader, IngestionJob.Status.CANCELLED, error=_("Cancelled. Nothing was changed."))
        progress.cancel()
    except (ReaderError, Conflict, PermissionDenied, apply.TooManyVanished) as error:
        otherwise = "forbidden" if isinstance(error, PermissionDenied) else "too_many_vanished"
        details = {"code": getattr(error, "code", otherwise), "pointer": getattr(error, "pointer", "")}
        _end(job, reader, IngestionJob.Status.FAILED, error=str(error), details=details)
        progress.fail(error)
    except Exception:
        log.exception("ingestion %s failed", job.pk)
        words = _(
            "Something failed in the portal while applying. Nothing was changed. The log names this job: %(job)s."
        ) % {"job": job.pk}
        _end(job, reader, IngestionJob.Status.FAILED, error=words, details={"code": "error"})
        progress.fail(words)
    else:
        progress.finish(result={"number": job.number})
    uploads.forget(job)
    return job


def _reader_of(job, row):
    """Who asked, with the rights of now; a command without a person is the system."""
    user = get_user_model().objects.filter(pk=row.user_id).first() if row.user_id else None
    about = {"request_id": row.request_id or "", "application": "ingestion", "via": "task"}
    return reader_of(user, **about) if user is not None else system("ingestion")


def _start(job, reader):
    """Take the job; False if another worker has it or it is over."""
    with acting(reader, reason=_("Ingestion begins")):
        taken = IngestionJob.objects.filter(
            pk=job.pk, status__in=[IngestionJob.Status.PENDING, IngestionJob.Status.RUNNING]
        ).update(status=IngestionJob.Status.RUNNING, started_at=timezone.now())
    job.refresh_from_db()
    return bool(taken)


def _work(job, reader, report):
    report("Reading")
    same = _same_as_before(job)
    if same is not None:
        with acting(reader, reason=_("Ingestion without changes")):
            job.stats = {"identical_to": same, "counts": {}, "notes": [], "kept": [], "kept_count": 0}
            finish(job)
        return
    files = _files(folder_of(job))
    reading = dbt.read(
        files["manifest"],
        files.get("catalog"),
        files.get("run-results"),
        files.get("sources"),
        known=known_hashes(),
    )
    lineage = {}
    if job.config.get("column_lineage", True) and reading.documents:
        report("Column lineage", 0, len(reading.documents))
        lineage = dbt_lineage.column_lineage(reading)
    why = _("dbt ingestion J-%(number)d of %(project)s") % {"number": job.number, "project": reading.project}
    with acting(reader, reason=why, bulk=True):
        outcome = apply.apply(
            reading.documents,
            origin="dbt",
            job_id=job.pk,
            project=reading.project,
            all_urns=reading.all_urns,
            complete=reading.complete,
            accept_vanished=job.config.get("accept_vanished", False),
            say=report,
        )
        if lineage:
            whole = [urn for urn, found in lineage.items() if found.complete] if reading.complete else []
            found = apply.column_lineage(rows.traced(lineage), traced=whole, job_id=job.pk)
            outcome.counts |= found.counts
        if reading.checks:
            outcome.counts |= apply.checks(rows.checks(reading, job.number)).counts
            _runs(job, reading)
        refresh_facts(outcome.touched)
        versions.capture(outcome.touched, reader, context={"reason": why, "ingestion": f"J-{job.number}"})
        quality_schedules.after_ingestion(outcome.touched)
        report("Finishing", 1, 1)
        job.source_name = reading.project[:255]
        job.records_processed = len(reading.all_urns)
        job.environment = {
            "dbt_version": reading.dbt_version,
            "adapter": reading.adapter,
            "artifact": reading.schema_version,
        }
        job.config["invocation_id"] = reading.invocation_id
        job.stats = {
            **outcome.as_dict(),
            "found": reading.counts,
            "notes": [_note(note) for note in reading.notes[:NOTES_SHOWN]],
            "notes_count": len(reading.notes),
            "not_resolved": [
                f"{urn}: {words}" for urn, found in lineage.items() for words in found.unresolved
            ][:NOTES_SHOWN],
        }
        finish(job)


def _files(folder):
    """The job's files by what they say they are. Raises `ArtifactError` if one is nothing of dbt's, or none a manifest."""
    found = {}
    for path in sorted(folder.glob("*")) if folder.exists() else []:
        with collector_paused():
            artifact = dbt.open_artifact(path.read_bytes())
        kind = artifact.kind
        if kind in found and kind not in SEVERAL:
            raise ArtifactError(
                "twice", _("There are two files of the kind %(kind)s.") % {"kind": kind}, _("Send one.")
            )
        found[kind] = [*found.get(kind, []), artifact] if kind in SEVERAL else artifact
    if not found:
        raise ArtifactError("no_files", _("The files of this job are gone."), _("Send them again."))
    if "manifest" not in found:
        raise ArtifactError(
            "no_manifest",
            _("There is no manifest among the files: %(kinds)s.") % {"kinds": ", ".join(sorted(found))},
            _("Send target/manifest.json, with catalog.json and run_results.json beside it."),
        )
    return found


def known_hashes():
    """The hash of each current dbt capsule's node as it was last read: {urn: hash}."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT urn, meta->'dbt'->>'node_hash' FROM capsules"
            " WHERE retired_at IS NULL AND meta->>'origin' = 'dbt' AND meta->'dbt' ? 'node_hash'"
        )
        return dict(cursor.fetchall())


def _same_as_before(job):
    """The number of the last completed ingestion if it read the very same bytes, else None."""
    digest = job.config["file_hash"]
    last = (
        IngestionJob.objects.filter(
            source_type="dbt", status=IngestionJob.Status.COMPLETED, config__file_hash=digest
        )
        .order_by("-started_at")
        .first()
    )
    if last is None:
        return None
    newer = IngestionJob.objects.filter(
        source_type="dbt",
        status=IngestionJob.Status.COMPLETED,
        source_name=last.source_name,
        started_at__gt=last.started_at,
        config__has_key="file_hash",
    ).exclude(config__file_hash=digest)
    job.source_name = last.source_name
    return None if newer.exists() else last.number


def _runs(job, reading):
    """One row for each dbt run whose results came along; a run that is known is not stored again."""
    for found in reading.runs:
        known = IngestionJob.objects.filter(
            source_type="dbt_run", config__invocation_id=found["invocation_id"]
        )
        if known.exists():
            continue
        IngestionJob.objects.create(
            source_type="dbt_run",
            source_name=reading.project[:255],
            status=found["status"],
            started_at=found["started_at"] or job.started_at,
            completed_at=found["finished_at"] or None,
            duration_ms=found["duration_ms"],
            config={"invocation_id": found["invocation_id"], "command": found["command"]},
            stats={"nodes": found["nodes"]},
            parent=job,
        )


def refresh_facts(capsule_ids):
    """Bring what the catalogue lists about these capsules up to date; the bulk load has switched that off."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT dcs.refresh_capsule_facts(%s::uuid[])", [capsule_ids])


def _note(note):
    return {"severity": note.severity, "code": note.code, "message": note.message, "pointer": note.pointer}


def finish(job):
    """Record that a job did what it was asked."""
    job.status = IngestionJob.Status.COMPLETED
    job.completed_at = timezone.now()
    job.duration_ms = int((job.completed_at - job.started_at).total_seconds() * 1000)
    job.save()


def _end(job, reader, status, *, error, details=None):
    """Record how a job ended that changed nothing."""
    with acting(reader, reason=error[:200]):
        job.status = status
        job.completed_at = timezone.now()
        job.duration_ms = int((job.completed_at - job.started_at).total_seconds() * 1000)
        job.error_message, job.error_details = error, details
        job.save()


def cancel(job, *, by):
    """Ask a job to stop: at once if it has not begun, else at its next step. True if it was still going."""
    with transaction.atomic():
        waiting = JobProgress.objects.of(job).unfinished()
        asked = waiting.update(cancel_requested=True)
        if IngestionJob.objects.filter(pk=job.pk, status=IngestionJob.Status.PENDING).update(
            status=IngestionJob.Status.CANCELLED,
            completed_at=timezone.now(),
            error_message=_("Cancelled before it began."),
        ):
            waiting.update(state=JobProgress.State.CANCELLED, finished_at=timezone.now())
            uploads.forget(job)
    return bool(asked)
