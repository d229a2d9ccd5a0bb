"""Runs: asked for in a request, carried out by a worker or at once, and stored whole or not at all.

quality-engine.md, section 7. A run that its worker left behind is taken up again, and given up the second time.
"""

import logging
from contextlib import suppress

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog import access
from apps.dcs import jobs
from apps.dcs.jobs import Cancelled, Progress
from apps.dcs.models import JobProgress
from apps.payload.opening import open_engine
from apps.payload.sources.base import Unreadable
from apps.payload.sources.places import place_of
from apps.people.reader import reader_of, system

from . import batches, reasons, storing
from .engine.plan import CheckResult
from .engine.runner import run_rules, sql_of
from .models import QualityRun
from .storing import Facts
from .watching import Paced, Watch

log = logging.getLogger(__name__)
RUN = "quality.run_quality"
KIND = "check rules"
QUEUE = jobs.SLOW
AT_ONCE_S = 10
RETRIES_S = (1, 10, 60)  # after which a source that did not answer is asked again
TRANSIENT = frozenset({"unreachable"})
MOST_ATTEMPTS = 2  # workers that a run may take with it
BUSY_S = 5
SMALL = 50  # rules whose SQL is kept whatever they find
State = QualityRun.State


# ---------- asking ----------


def may_run(reader, capsule):
    """May the reader check and profile this capsule? Who may edit it and has the right to run."""
    refused = access.lacking(reader, RUN)
    return access.may_edit(reader, capsule) if refused is None else refused


def accept(capsule, *, reader, trigger=QualityRun.Trigger.MANUAL, rules=(), full=False, slot=None):
    """Queue a run of the capsule's rules, or of `rules` alone; the one that waits already if it is the same.

    Raises `Unreadable` (409) if nothing says where the data lies, and `PermissionDenied`.
    """
    may_run(reader, capsule).or_refuse()
    place_of(capsule)
    scope = ({"rules": sorted(str(rule.pk) for rule in rules)} if rules else {}) | (
        {"full": True} if full else {}
    )
    with acting(reader, reason=_("Quality rules are checked")):
        type(capsule)._base_manager.select_for_update(no_key=True).only("pk").get(pk=capsule.pk)
        waiting = QualityRun._base_manager.filter(
            capsule=capsule, kind=QualityRun.Kind.CHECKS, state=State.QUEUED, scope=scope, slot=None
        )
        if slot is None and (run := waiting.order_by("number").first()) is not None:
            return run
        run = _made(capsule, reader, trigger, scope=scope, slot=slot)
        jobs.start(KIND, asked_by=reader, subject=run)
        enqueue(run)
    return run


def _made(capsule, reader, trigger, **values):
    run = QualityRun(capsule=capsule, trigger=trigger, asked_by=reader.name, user=reader.user, **values)
    run.save(force_insert=True)
    run.refresh_from_db()
    return run


def enqueue(run, *, tries=0, after_s=0):
    """Let a worker carry out `run` once the current transaction has committed; one run of a capsule after another."""
    from .tasks import check

    ready = check.configure(
        queue=QUEUE,
        lock=f"quality {run.capsule_id}",
        schedule_in={"seconds": after_s} if after_s else None,
    )
    ready.defer(run_id=str(run.pk), tries=tries)


def cancel(run, *, by):
    """Ask a run to stop: at once if it has not begun, else within two seconds. True if it was still going."""
    may_run(by, run.capsule).or_refuse()
    with acting(by, reason=_("Run cancelled")):
        locked = QualityRun._base_manager.select_for_update(no_key=True).get(pk=run.pk)
        if locked.is_finished:
            return False
        waiting = JobProgress.objects.of(run).unfinished()
        waiting.update(cancel_requested=True)
        if locked.state == State.QUEUED:
            waiting.update(state=JobProgress.State.CANCELLED, finished_at=timezone.now())
            _end(locked, State.CANCELLED, "cancelled", _("Cancelled before it began."))
    return True


# ---------- carrying out ----------


def carry_out(run_id, *, tries=0):
    """Carry out one queued run. A run that is over, or that somebody else has, is left alone."""
    taken = _take(run_id, tries)
    if taken is None:
        return
    run, progress, reader = taken
    progress.begin()
    if run.kind == QualityRun.Kind.PROFILE:
        from . import profiling  # it builds on this module

        profiling.carry_on(run, progress, reader, tries=tries)
        return
    paced = Paced(progress)
    try:
        batch = batches.of(run.capsule, batches.keys_of(run.scope), now=run.started_at)
        with Watch(progress) as watch:
            found, facts = measure(
                batch, now=run.started_at, progress=paced.say, watch=watch, full=run.scope.get("full", False)
            )
    except Unreadable as error:
        _unreadable(run, progress, reader, error, tries)
    except Cancelled:
        _stopped(run, progress)
    except Exception:
        log.exception("%s failed", run)
        said = _("Something failed in the portal. The log names this run: %(run)s.") % {"run": run}
        _given_up(run, progress, "internal", said)
    else:
        if watch.wanted:
            _stopped(run, progress)
        elif tries < len(RETRIES_S) and _all_transient(found):
            _again(run, tries)
        else:
            _store(run, progress, reader, batch, found, facts)


def _take(run_id, tries):
    """(run, its progress, who acts), begun; None if there is nothing to do now."""
    with transaction.atomic():
        run = (
            QualityRun._base_manager.select_for_update(of=("self",), no_key=True)
            .select_related("capsule__source_system", "capsule__owner", "capsule__domain", "user")
            .filter(pk=run_id)
            .first()
        )
        if run is None or run.is_finished:
            return None
        row = JobProgress.objects.of(run).order_by("-created_at").first()
        progress = Progress(row.pk)
        left_behind = run.state == State.RUNNING
        if left_behind and run.attempts >= MOST_ATTEMPTS:
            _end(run, State.FAILED, "died", _("The worker that carried it out ended, twice."))
            progress.fail(run.error)
            return None
        if not left_behind and _too_many(run):
            enqueue(run, tries=tries, after_s=BUSY_S)
            return None
        run.state, run.attempts, run.started_at = (
            State.RUNNING,
            run.attempts + (1 if left_behind or not tries else 0),
            timezone.now(),
        )
        run.save(update_fields=["state", "attempts", "started_at"])
    return run, progress, _reader_of(run, row)


def _too_many(run):
    """True if so many runs read the database of this capsule that another would burden it."""
    source = run.capsule.source_system
    if source is None or not source.connection or run.capsule.storage_location:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"quality source {source.pk}"]
        )
    running = QualityRun._base_manager.filter(capsule__source_system=source, state=State.RUNNING)
    return running.count() >= settings.SOURCE_CONCURRENCY


def _reader_of(run, row):
    """Who asked, with the rights of now; the portal itself for a schedule that nobody set in their name."""
    if run.user_id is None:
        return system("check_rules")
    user = get_user_model().objects.filter(pk=run.user_id, is_active=True).first()
    if user is None:
        return system("check_rules")
    return reader_of(user, request_id=row.request_id or "", application="quality", via="task")


def measure(batch, *, now, deadline_s=None, progress=None, watch=None, full=False):
    """([CheckResult] of the whole batch, `Facts`); `full` uses nothing that is known of the data.

    Raises `Unreadable` if the data cannot be opened.
    """
    deadline_s = deadline_s or settings.QUALITY_DEADLINE_S
    if not batch.specs:
        return list(batch.unasked), Facts(now)
    with open_engine(
        batch.capsule,
        references=batch.references,
        deadline_s=deadline_s,
        memory_mb=settings.QUALITY_MEMORY_MB,
    ) as engine:
        if watch is not None:
            watch.engine = engine
        results = run_rules(
            engine,
            batch.specs,
            now=now,
            samples=settings.QUALITY_SAMPLES,
            deadline_s=deadline_s,
            cache=None if full else settings.QUALITY_CACHE or None,
            progress=progress,
            withheld=batch.withheld,
            masked=frozenset(batch.masks),
        )
        batch.mask(results)
        _tell_sql(engine, results, now)
        facts = Facts(now, f"{engine.dialect} {engine.version}", _fingerprint(engine))
    for result in results:
        if result.detail:
            log.info("rule %s: %s: %s", result.rule.key, result.code, result.detail[:500])
    return [*results, *batch.unasked], facts


def _tell_sql(engine, results, now):
    """Keep what was asked of the data with what is wrong, and with all of a small batch: writing it costs some time."""
    small = len(results) <= SMALL
    for result in results:
        if (
            not result.sql
            and result.status != "skipped"
            and (small or result.status in ("failed", "warning"))
        ):
            try:
                result.sql = sql_of(result.rule, engine, now=now)
            except Exception:  # the result stands without it
                log.debug("no SQL for rule %s", result.rule.key, exc_info=True)


def _fingerprint(engine):
    try:
        return engine.fingerprint() or ""
    except Exception:  # what was measured stands, whoever cannot say of what
        log.debug("no fingerprint", exc_info=True)
        return ""


# ---------- ending ----------


def _store(run, progress, reader, batch, found, facts):
    late = any(result.code in ("deadline", "died") for result in found)
    state = State.PARTLY if late else State.FINISHED
    code = why = ""
    if _all_transient(found):
        state, code = State.FAILED, found[0].code
        why = reasons.reason(code)
    stored = storing.store(run, batch, found, facts, reader=reader, state=state, code=code, why=why)
    if stored is None:
        return
    storing.note_gate(run)
    progress.finish({"counts": run.counts})
    tell_contracts(run)


def _all_transient(found):
    asked = [result for result in found if result.status != "skipped"]
    return bool(asked) and all(result.code in TRANSIENT for result in asked)


def _unreadable(run, progress, reader, error, tries):
    """The data could not be opened: later again if the source did not answer, else each rule could not run."""
    if error.reason in TRANSIENT and tries < len(RETRIES_S):
        _again(run, tries)
        return
    code = error.reason or "no_data_source"
    batch = batches.of(run.capsule, batches.keys_of(run.scope), now=run.started_at)
    found = [CheckResult(spec, "error", code=code) for spec in batch.specs] + batch.unasked
    stored = storing.store(
        run,
        batch,
        found,
        Facts(run.started_at),
        reader=reader,
        state=State.FAILED,
        code=code,
        why=error.detail,
    )
    if stored is not None:
        storing.note_gate(run)
        progress.fail(error.detail)
        tell_contracts(run)


def _again(run, tries):
    with transaction.atomic():
        moved = QualityRun._base_manager.filter(pk=run.pk, state=State.RUNNING).update(state=State.QUEUED)
        if moved:
            enqueue(run, tries=tries + 1, after_s=RETRIES_S[tries])


def _stopped(run, progress):
    _given_up(
        run, progress, "cancelled", _("Somebody stopped the run. Nothing of it was kept."), State.CANCELLED
    )


def _given_up(run, progress, code, why, state=State.FAILED):
    with transaction.atomic():
        locked = QualityRun._base_manager.select_for_update(no_key=True).get(pk=run.pk)
        if not locked.is_finished:
            _end(locked, state, code, why)
    if state == State.CANCELLED:
        progress.cancel()
    else:
        progress.fail(why)


def _end(run, state, code, why):
    run.state, run.error_code, run.error, run.finished_at = state, code, why, timezone.now()
    run.save(update_fields=["state", "error_code", "error", "finished_at"])


def tell_contracts(run):
    """Let contracts look at the new results; the task is named, not imported: it belongs to a layer above."""
    from procrastinate.contrib.django import app
    from procrastinate.exceptions import AlreadyEnqueued

    task = app.tasks.get("contracts.evaluate")
    if task is None:
        return
    # One that waits already will see these results too; its refusal must not undo them.
    with suppress(AlreadyEnqueued), transaction.atomic():
        task.configure(queueing_lock=f"contracts.evaluate {run.capsule_id}").defer(
            capsule_id=str(run.capsule_id)
        )


# ---------- at once ----------


def at_once(rule, *, reader, trigger=QualityRun.Trigger.MANUAL):
    """Check one rule while its asker waits, ten seconds at most; (run, its check or None).

    None if it took longer: the run waits for a worker then. Raises `Unreadable` and `PermissionDenied`.
    """
    capsule = rule.home
    may_run(reader, capsule).or_refuse()
    place_of(capsule)
    now = timezone.now()
    batch = batches.of_rules(capsule, [rule], now=now)
    found, facts = tried(batch, now=now)
    if any(result.code == "deadline" for result in found):
        return accept(capsule, reader=reader, trigger=trigger, rules=[rule]), None
    run = _made(
        capsule,
        reader,
        trigger,
        scope={"rules": [str(rule.pk)]},
        state=State.RUNNING,
        started_at=now,
        attempts=1,
    )
    stored = storing.store(run, batch, found, facts, reader=reader, state=State.FINISHED)
    storing.note_gate(run)
    tell_contracts(run)
    return run, stored[0]


def tried(batch, *, now):
    """Results of a batch within ten seconds, and `Facts`; a source that cannot be opened makes each an error."""
    try:
        return measure(batch, now=now, deadline_s=AT_ONCE_S)
    except Unreadable as error:
        code = error.reason or "no_data_source"
        found = [CheckResult(spec, "error", code=code) for spec in batch.specs]
        return [*found, *batch.unasked], Facts(now)
