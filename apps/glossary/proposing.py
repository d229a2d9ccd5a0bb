"""Plans that are asked a review for: short ones in the request, long ones by a worker that says how far it is."""

import logging

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.dcs import jobs
from apps.dcs.models import JobProgress
from apps.dcs.refusals import Conflict
from apps.people.reader import NOBODY, reader_of

from . import access, imports
from .models import TermImport
from .planned import PlannedRows

log = logging.getLogger(__name__)
AT_ONCE = 500  # rows; more take longer than people wait for a page


def ask(found, *, by, reason=""):
    """Ask for a decision on a plan. Returns the review, or None if a worker makes it.

    Raises `Conflict` like `imports.propose`; what a worker finds out later stands in the progress of the import.
    """
    if PlannedRows(found).total <= AT_ONCE:
        return imports.propose(found, by=by, reason=reason)
    access.may_write(by, permission="glossary.add_term").or_refuse()
    with acting(by, reason=_("Review asked for: %s") % found.file_name), transaction.atomic():
        found = imports.still_a_plan(found)
        found.options = {**found.options, "reason": reason}
        found.save(update_fields=["options"])
        row = jobs.start("glossary.propose", asked_by=by, subject=found)
        _enqueue(row)
    return None


def _enqueue(row):
    from .tasks import propose

    jobs.enqueue(propose, job_id=str(row.pk))


def progress_of(found):
    """The newest job of an import; None if none was needed."""
    return JobProgress.objects.of(found).order_by("-created_at").first()


def run(job_id):
    """Propose the plan that a job is about. A second run of a finished job does nothing."""
    row = JobProgress.objects.unfinished().filter(pk=job_id).first()
    if row is None:
        return
    progress = jobs.Progress(row.pk)
    progress.begin()
    try:
        progress.say(_("Compares every row with what is stored, and puts it down for the review."))
        _propose(row)
    except Conflict as error:
        progress.fail(error.detail)
    except ValidationError as error:
        progress.fail(" ".join(error.messages))
    except PermissionDenied as error:
        progress.fail(error)
    except Exception:
        log.exception("job %s failed", row.pk)
        progress.fail(
            _("Something failed in the portal. Nothing was changed. The log names this job: %s.") % row.pk
        )
    else:
        progress.finish()


def _propose(row):
    found = TermImport.objects.defer("rows").get(pk=row.subject_id)
    if found.state == TermImport.State.PROPOSED:
        return  # a worker before has come this far, and died before it could say so
    imports.propose(found, by=_asker(row), reason=found.options.get("reason", ""), job=row)


def _asker(row):
    """Who asked, with the rights of now."""
    user = get_user_model().objects.filter(pk=row.user_id).first()
    if user is None:
        return NOBODY
    return reader_of(user, via="task", application="import", request_id=row.request_id)
