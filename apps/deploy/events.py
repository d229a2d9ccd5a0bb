"""The store of OpenLineage events: kept as they came, projected afterwards, projected again at any time."""

import itertools
import logging

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.dcs import jobs
from apps.people.reader import system
from apps.quality import schedules as quality_schedules

from . import projection
from .models import LineageDataset, LineageEvent, LineageRun

log = logging.getLogger(__name__)
BATCH = 500  # events that are projected in one transaction
LOCK = "ingest:openlineage"


def store(events, *, reader):
    """Keep `events`, pairs of place and `Event`, and let a worker project them; returns how many are new.

    An event that is known is not kept again, whoever sent it and whenever.
    """
    now = timezone.now()
    rows = {
        event.digest: LineageEvent(
            content=event.content,
            digest=event.digest,
            event_time=event.at,
            received_at=now,
            position=place,
            received_from=reader.name[:255],
        )
        for place, event in reversed(events)
    }
    known = set(LineageEvent.objects.filter(digest__in=rows).values_list("digest", flat=True))
    # In the order of digests, so that two senders of the same events do not wait for each other in a circle.
    new = [rows[digest] for digest in sorted(rows.keys() - known)]
    if new:
        LineageEvent.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)
        enqueue()
    return len(new)


def enqueue():
    """Let a worker project what waits, once the current transaction has committed."""
    from .tasks import project_events

    jobs.enqueue(project_events, lock=LOCK)


def project_waiting(*, say=None):
    """Project the events that wait, batch by batch, each its own transaction; returns how many were projected.

    An event that cannot be projected keeps its error and is left for another time; those beside it are not.
    """
    total = 0
    while done := _next_batch():
        total += done
        if say is not None:
            say(total)
    return total


def _next_batch():
    with acting(system("openlineage"), reason=_("Lineage events")):
        _lock()
        rows = list(LineageEvent.objects.waiting()[:BATCH])
        quality_schedules.after_ingestion(_project(rows))
        return len(rows)


def _lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])


def _project(rows):
    """Project `rows` together; if that fails, one by one, so that only the guilty one is left out.

    Returns the ids of the capsules that they say are written.
    """
    if not rows:
        return set()
    try:
        with transaction.atomic():
            written = projection.project(rows)
    except Exception as error:
        if len(rows) == 1:
            log.exception("projecting lineage event %s failed", rows[0].pk)
            LineageEvent.objects.filter(pk=rows[0].pk).update(error=f"{type(error).__name__}: {error}"[:2000])
            return set()
        return set().union(*(_project([row]) for row in rows))
    LineageEvent.objects.filter(pk__in=[row.pk for row in rows]).update(projected_at=timezone.now(), error="")
    return written


def retry(rows=None):
    """Let the events that failed, or those of `rows` that did, be projected again; returns how many."""
    failed = (LineageEvent.objects.all() if rows is None else rows).filter(projected_at__isnull=True)
    return failed.exclude(error="").update(error="")


def rebuild(*, say=None):
    """Work everything out from the stored events anew, in one transaction; returns how many events there are.

    What only events brought goes first: unions, seen edges, results of assertions. Jobs, capsules and columns keep
    their keys and numbers, since people refer to them.
    """
    with acting(system("openlineage"), reason=_("Lineage rebuilt from its events")):
        _lock()
        _forget()
        waiting = LineageEvent.objects.in_order().iterator(chunk_size=BATCH)
        total = 0
        while rows := list(itertools.islice(waiting, BATCH)):
            _project(rows)
            total += len(rows)
            if say is not None:
                say(total)
        return total


FORGET = (
    "DELETE FROM run_capsules WHERE run_id IN (SELECT id FROM ingestion_jobs WHERE source_type = 'openlineage')",
    "DELETE FROM capsule_lineage WHERE meta->>'origin' = 'openlineage' AND NOT meta ? 'declared_by'",
    "UPDATE capsule_lineage SET meta = meta - 'seen' WHERE meta ? 'seen'",
    "DELETE FROM column_lineage WHERE meta->>'origin' = 'openlineage'",
    "UPDATE column_lineage SET meta = meta - 'kinds' - 'masking' WHERE meta ?| ARRAY['kinds', 'masking']",
    "DELETE FROM quality_checks WHERE execution_context->>'tool' = 'openlineage'",
    "DELETE FROM column_profiles WHERE meta->>'origin' = 'openlineage'",
    "DELETE FROM transformation_code WHERE meta->>'origin' = 'openlineage' AND NOT meta ? 'declared'",
)


def _forget():
    LineageRun.objects.all().delete()
    LineageDataset.objects.all().delete()
    with connection.cursor() as cursor:
        for statement in FORGET:
            cursor.execute(statement)
