"""Looking for personal data in a capsule: its columns' names, and a sample of its values where the data can be read.

Values are read by the child process of `payload.sandbox` and looked at here; nothing of them is kept, logged or answered.
"""

import logging

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.access import may_edit
from apps.catalog.models import Capsule, Column
from apps.dcs import jobs
from apps.dcs.models import JobProgress
from apps.payload.engines.base import Unanswered
from apps.payload.engines.description import quoted
from apps.payload.opening import open_engine
from apps.payload.sources.base import Unreadable
from apps.people.reader import NOBODY, reader_of, system

from . import suggesting
from .detection import detect
from .detection.formats import LONGEST

log = logging.getLogger(__name__)
KIND = "detect personal data"
ROWS = 500
TOGETHER = 20  # columns of one query
DEADLINE_S, MEMORY_MB = 60, 256
TEXT = {"postgres": "TEXT"}


def ask(capsule, *, by):
    """Let a worker look; the job that waits already if there is one. Raises `PermissionDenied`."""
    may_edit(by, capsule).or_refuse()
    with acting(by, reason=_("Personal data looked for")):
        Capsule._base_manager.select_for_update(no_key=True).only("pk").get(pk=capsule.pk)
        waiting = JobProgress.objects.of(capsule).unfinished().filter(kind=KIND).first()
        if waiting is not None:
            return waiting
        row = jobs.start(KIND, asked_by=by, subject=capsule)
        _enqueue(row)
    return row


def _enqueue(row):
    from .tasks import look_for_personal_data

    jobs.enqueue(look_for_personal_data, queue="profile", lock=f"pii {row.subject_id}", job_id=str(row.pk))


def run(job_id):
    """Carry out one job; a second time does nothing once it is over."""
    row = JobProgress.objects.unfinished().filter(pk=job_id).first()
    if row is None:
        return
    progress = jobs.Progress(row.pk)
    progress.begin()
    try:
        capsule = Capsule._base_manager.get(pk=row.subject_id)
        with acting(system("detect_personal_data")):
            reader = _asker(row)
        may_edit(reader, capsule).or_refuse()
        progress.finish(look(capsule, by=reader, say=progress.say))
    except jobs.Cancelled:
        progress.cancel()
    except Exception as error:
        # The error of an engine or a driver may quote a value.
        log.error("job %s failed: %s", row.pk, type(error).__name__)
        progress.fail(_("Something failed in the portal. The log names this job: %s.") % row.pk)


def _asker(row):
    if row.user_id is None:
        return system("detect_personal_data")
    user = get_user_model().objects.filter(pk=row.user_id).first()
    return reader_of(user, via="task", request_id=row.request_id) if user is not None else NOBODY


def after(since):
    """Queue a look at what was added, renamed or retyped since a moment, if anything was: an ingestion calls it at its end."""
    from .tasks import look_at_new

    jobs.enqueue(look_at_new, queue="profile", since=since.isoformat())


def look_at_new(since):
    """Look at the capsules of which a column was added or changed since; one that cannot be looked at does not stop the rest."""
    reader = system("detect_personal_data")
    with acting(reader):
        changed = Column._base_manager.filter(updated_at__gte=since, retired_at=None, pii_type=None)
        keys = list(changed.order_by("capsule").values_list("capsule", flat=True).distinct())
    for key in keys:
        with acting(reader):
            capsule = (
                Capsule._base_manager.select_related("source_system").filter(pk=key, retired_at=None).first()
            )
        if capsule is None:
            continue
        try:
            look(capsule, by=reader)
        except Exception as error:
            log.error("capsule %s was not looked at: %s", key, type(error).__name__)


def look(capsule, *, by, say=None, values=True):
    """Look at the columns in use of a capsule and keep what is found, as counts.

    Returns {columns, found, new, unread}: `unread` says in a sentence why only names were looked at, empty if values were.
    """
    with acting(system("detect_personal_data")):
        columns = list(Column._base_manager.filter(capsule=capsule, retired_at=None))
    found, unread = _found(capsule, columns, say or (lambda *_step: None), values)
    with acting(by, reason=_("Personal data looked for")):
        Capsule._base_manager.select_for_update(no_key=True).only("pk").get(pk=capsule.pk)
        stored = list(Column._base_manager.filter(pk__in=[column.pk for column in columns], retired_at=None))
        new = suggesting.keep(stored, found)
    return {"columns": len(columns), "found": len(found), "new": len(new), "unread": unread}


def _found(capsule, columns, say, values):
    """({name: `Detection`}, why values were not read)."""
    if not values:
        return _by_names(columns), ""
    # A transaction that waits for a slow source would hold its locks.
    if connection.in_atomic_block:
        log.debug("values are read inside of a transaction")
    try:
        return _by_values(capsule, columns, say), ""
    except Unreadable as error:
        return _by_names(columns), error.detail
    except Unanswered:
        return _by_names(columns), _("The data cannot be read now.")


def _by_names(columns):
    found = {column.name: detect(column.name, (), column.data_type or "") for column in columns}
    return {name: detection for name, detection in found.items() if detection is not None}


def _by_values(capsule, columns, say):
    found = _by_names(columns)
    with open_engine(capsule, deadline_s=DEADLINE_S, memory_mb=MEMORY_MB) as engine:
        there = {name.casefold(): name for name in engine.types()}
        present = [column for column in columns if column.name.casefold() in there]
        for start in range(0, len(present), TOGETHER):
            say("look", start, len(present))
            part = present[start : start + TOGETHER]
            rows = _sample(engine, [there[column.name.casefold()] for column in part])
            for place, column in enumerate(part):
                detection = detect(column.name, (row[place] for row in rows), column.data_type or "")
                found.pop(column.name, None)
                if detection is not None:
                    found[column.name] = detection
    return found


def _sample(engine, names):
    """Rows of the first LONGEST characters of each value, spread over the table where the engine can do that cheaply."""
    text = TEXT.get(engine.dialect, "VARCHAR")
    told = ", ".join(f"left(CAST({quoted(name)} AS {text}), {LONGEST})" for name in names)
    spread = (
        f"USING SAMPLE reservoir({ROWS} ROWS) REPEATABLE (7)"
        if engine.dialect == "duckdb"
        else f"LIMIT {ROWS}"
    )
    return engine.fetch(f"SELECT {told} FROM {engine.relation()} {spread}")  # noqa: S608 - quoted names and numbers
