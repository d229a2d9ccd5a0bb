"""Work that outlives a request: queued with the change that asks for it, with progress that people can follow."""

import asyncio
import logging

from django.conf import settings
from django.utils import timezone

from .models import JobProgress

log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = settings.HEARTBEAT_SECONDS
STALLED_SECONDS = 3 * HEARTBEAT_SECONDS  # without a heartbeat, after which a worker counts as dead
SWEEP_SECONDS = 1.5 * HEARTBEAT_SECONDS
SLOW = "profile"  # the queue of what reads data, for minutes


class Cancelled(Exception):
    """Somebody asked the job to stop; what it did so far has been undone."""


def start(kind, *, asked_by, subject=None, message="", request_id=""):
    """Make the progress row of a new job; `asked_by` is a `Reader`, `subject` the row it is about."""
    return JobProgress.objects.create(
        kind=kind,
        subject_table=subject._meta.db_table if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        asked_by=asked_by.name,
        user_id=asked_by.user.pk if asked_by.user is not None else None,
        message=message,
        request_id=request_id or asked_by.request_id,
    )


def enqueue(task, /, *, queue="default", lock=None, **arguments):
    """Queue a procrastinate `task` with the current transaction: the job exists if and only if that commits.

    Arguments are ids and short words, never content or secrets. Jobs of one `lock` run one after another.
    """
    return task.configure(queue=queue, lock=lock).defer(**arguments)


class Progress:
    """Reports of a running job, written on a connection of their own so that others see them at once.

    A job that runs within the transaction that made its row reports there: `using="default"`.
    """

    def __init__(self, row_id, *, using="progress"):
        self.row_id, self.using = row_id, using

    @property
    def rows(self):
        return JobProgress.objects.using(self.using).filter(pk=self.row_id)

    def say(self, phase, done=0, total=0, message=""):
        """Report where the job stands. Raises `Cancelled` if somebody asked it to stop."""
        self.rows.update(phase=phase, done=done, total=total, message=message)
        if self.rows.filter(cancel_requested=True).exists():
            raise Cancelled

    def begin(self):
        self.rows.update(state=JobProgress.State.RUNNING, started_at=timezone.now())

    def finish(self, result=None, message=""):
        self.rows.update(
            state=JobProgress.State.COMPLETED,
            finished_at=timezone.now(),
            result=result or {},
            message=message,
        )

    def fail(self, error):
        self.rows.update(state=JobProgress.State.FAILED, finished_at=timezone.now(), error=str(error)[:4000])

    def cancel(self):
        self.rows.update(state=JobProgress.State.CANCELLED, finished_at=timezone.now())


async def sweep(app):
    """Queue again the jobs whose worker died: every task may run twice without harm."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        log.warning("job %s of a dead worker runs again", job.id)
        await app.job_manager.retry_job(job)


async def keep_sweeping(app):
    """Sweep for as long as a worker runs: what a dead one left is taken up within a minute."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await sweep(app)
        except Exception:
            log.exception("nobody looks after the jobs of dead workers")
