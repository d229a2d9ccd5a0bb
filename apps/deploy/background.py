"""Large plans are applied by a worker: one transaction still, its progress told on another connection."""

import logging

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from apps.dcs import jobs
from apps.dcs.jobs import Progress
from apps.dcs.models import JobProgress
from apps.dcs.refusals import Conflict
from apps.people.reader import reader_of

from . import applying
from .models import Plan

log = logging.getLogger(__name__)
KIND = "apply plan"
MANY = 50  # capsules up to which a plan is applied within the request


def is_large(plan):
    """True if nobody should wait in a request for this plan."""
    return len(plan.base) > MANY


def begin(plan, *, reader):
    """Queue the job that applies `plan` for `reader`; asked twice, it is the same job. Returns its progress row."""
    from .tasks import apply_plan

    Plan._base_manager.select_for_update().only("pk").get(pk=plan.pk)
    row = JobProgress.objects.of(plan).unfinished().first()
    if row is None:
        row = jobs.start(KIND, asked_by=reader, subject=plan)
        jobs.enqueue(apply_plan, job_id=str(row.pk))
    return row


def run(job_id):
    """Apply the plan of one job, all of it or nothing; what stood in the way is kept with the job."""
    row = JobProgress.objects.filter(pk=job_id).unfinished().first()
    plan = row and Plan._base_manager.filter(pk=row.subject_id).first()
    if plan is None:
        return
    progress = Progress(row.pk)
    progress.begin()
    try:
        applying.apply(plan, reader=_reader_of(row), say=progress.say)
    except (Conflict, PermissionDenied) as refused:
        if getattr(refused, "code", "") == "plan_applied":
            progress.finish()
        else:
            progress.fail(refused)
    except jobs.Cancelled:
        progress.cancel()
    except Exception:
        log.exception("applying %s failed", plan)
        words = _("Something failed in the portal. The log names this job: %(job)s.")
        progress.fail(words % {"job": row.pk})
    else:
        progress.finish()


def _reader_of(row):
    """Who asked, with the rights of now; nobody if they are gone."""
    user = get_user_model().objects.filter(pk=row.user_id, is_active=True).first()
    return reader_of(user, request_id=row.request_id or "", application="changes", via="task")
