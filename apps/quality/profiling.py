"""Profiles on demand: asked for in a request, read by a worker or at once, stored whole or not at all."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.dcs import jobs
from apps.dcs.refusals import Conflict
from apps.payload.engines.base import Unanswered
from apps.payload.opening import open_engine
from apps.payload.sources.base import Unreadable
from apps.payload.sources.places import place_of

from . import profile_store, reasons, running
from .batches import withheld
from .models import QualityRun
from .profile import profile_table
from .running import RUN, may_run
from .watching import Paced, Watch

__all__ = ["RUN", "accept", "at_once", "carry_on", "may_run", "withheld"]

log = logging.getLogger(__name__)
KIND = "profile"
State = QualityRun.State


def accept(capsule, *, reader, trigger=QualityRun.Trigger.MANUAL, columns=(), sample_rows=None, slot=None):
    """Queue a profile of the capsule's columns, or of the named ones; the one that waits already if it is the same.

    Raises `Unreadable` (409) if nothing says where the data lies, and `PermissionDenied`.
    """
    may_run(reader, capsule).or_refuse()
    place_of(capsule)
    scope = {"columns": sorted(columns)} if columns else {}
    if sample_rows:
        scope["sample_rows"] = sample_rows
    with acting(reader, reason=_("Columns profiled")):
        type(capsule)._base_manager.select_for_update(no_key=True).only("pk").get(pk=capsule.pk)
        waiting = QualityRun._base_manager.filter(
            capsule=capsule, kind=QualityRun.Kind.PROFILE, state=State.QUEUED, scope=scope, slot=None
        )
        if slot is None and (run := waiting.order_by("number").first()) is not None:
            return run
        run = running._made(capsule, reader, trigger, kind=QualityRun.Kind.PROFILE, scope=scope, slot=slot)
        jobs.start(KIND, asked_by=reader, subject=run)
        running.enqueue(run)
    return run


def at_once(column, *, reader, trigger=QualityRun.Trigger.API):
    """Profile one column while its asker waits, ten seconds at most; (run, its profile or None).

    None if it took longer: a worker does it then. Raises `Unreadable`, `Conflict` and `PermissionDenied`.
    """
    capsule = column.capsule
    may_run(reader, capsule).or_refuse()
    at = timezone.now()
    try:
        found, facts = measure(capsule, [column.name], deadline_s=running.AT_ONCE_S)
    except Unanswered as error:
        if error.code == "deadline":
            return accept(capsule, reader=reader, trigger=trigger, columns=[column.name]), None
        raise Unreadable(reasons.reason(error.code), error.code) from None
    if not found:
        raise Conflict(_("The data has no column “%(name)s”.") % {"name": column.name}, code="no_column")
    with acting(reader, reason=_("Columns profiled")):
        run = running._made(
            capsule, reader, trigger,
            kind=QualityRun.Kind.PROFILE, scope={"columns": [column.name]}, state=State.RUNNING, started_at=at, attempts=1,
        )  # fmt: skip
        (made,) = _finish(run, reader, found, facts)
    return run, made


def carry_on(run, progress, reader, *, tries=0):
    """Read and store what a queued profile asks for; `running.carry_out` has begun it.

    A source that does not answer is asked again later, as it is for checks.
    """
    paced = Paced(progress)
    try:
        with Watch(progress) as watch:
            found, facts = measure(
                run.capsule,
                run.scope.get("columns"),
                sample_rows=run.scope.get("sample_rows"),
                progress=lambda done, total: paced.say("profile", done, total),
                watch=watch,
            )
    except jobs.Cancelled:
        running._stopped(run, progress)
    except (Unreadable, Unanswered) as error:
        if watch.wanted:
            return running._stopped(run, progress)
        code = error.reason if isinstance(error, Unreadable) else error.code
        if code in running.TRANSIENT and tries < len(running.RETRIES_S):
            return running._again(run, tries)
        said = error.detail if isinstance(error, Unreadable) else reasons.reason(code)
        running._given_up(run, progress, code or "no_data_source", said)
    except Exception:
        log.exception("%s failed", run)
        said = _("Something failed in the portal. The log names this run: %(run)s.") % {"run": run}
        running._given_up(run, progress, "internal", said)
    else:
        with transaction.atomic():
            locked = QualityRun._base_manager.select_for_update(no_key=True).get(pk=run.pk)
            if locked.is_finished:
                return None
            _finish(locked, reader, found, facts)
        progress.finish({"columns": len(found)})
        running.tell_contracts(run)
    return None


def measure(capsule, columns=None, *, sample_rows=None, deadline_s=None, progress=None, watch=None):
    """([ColumnFigures], {engine, fingerprint}) of a capsule's columns, those withheld without their values.

    Raises `Unreadable` if the data cannot be opened, `Unanswered` if it cannot be read to the end.
    """
    deadline_s = deadline_s or settings.PROFILE_DEADLINE_S
    with open_engine(capsule, deadline_s=deadline_s, memory_mb=settings.QUALITY_MEMORY_MB) as engine:
        if watch is not None:
            watch.engine = engine
        known = engine.metadata()
        found = profile_table(
            engine,
            columns,
            exact=known is None or known.rows <= settings.PROFILE_EXACT_ROWS,
            sample_rows=sample_rows,
            deadline_s=deadline_s,
            withheld=withheld(capsule) | _unknown(capsule, engine.types()),
            progress=progress,
        )
        return found, {
            "engine": f"{engine.dialect} {engine.version}",
            "fingerprint": running._fingerprint(engine),
        }


def _unknown(capsule, names):
    """Columns that are not catalogued: nobody has judged them."""
    return frozenset(names) - set(capsule.columns.filter(retired_at=None).values_list("name", flat=True))


def _finish(run, reader, found, facts):
    meta = {name: value for name, value in facts.items() if value}
    made = profile_store.store(
        run.capsule, found, by=reader, at=run.started_at, meta={**meta, "run": run.number}
    )
    faulty = sum("error" in each.meta for each in found)
    run.state = State.PARTLY if faulty else State.FINISHED
    run.counts = {"columns": len(made)} | ({"error": faulty} if faulty else {})
    run.engine, run.fingerprint = facts["engine"][:100], facts["fingerprint"]
    run.finished_at = max(timezone.now(), run.started_at + timedelta(microseconds=1))
    run.save(update_fields=["state", "counts", "engine", "fingerprint", "finished_at"])
    return made
