"""Results become checks: all of a run in one statement, never twice."""

from collections import Counter
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting

from . import reasons, sentences, verdicts
from .gate import gate
from .models import QualityCheck, QualityRun

LONGEST_SQL = 20_000
SHOWN_STATES = (QualityRun.State.FINISHED, QualityRun.State.PARTLY)


@dataclass(frozen=True)
class Facts:
    """What a run knows of its reading: the engine with its version, the data's fingerprint, and when."""

    now: object
    engine: str = ""
    fingerprint: str = ""


def store(run, batch, results, facts, *, reader, state, code="", why=""):
    """Keep the results of a run and end it, at once or not at all; the stored checks, None if it was over already.

    A run that is not running stores nothing: a second worker, or one that was thought dead, comes too late. Whoever
    needs the checks asks after the commit.
    """
    with acting(reader, reason=_("Checked by %(run)s") % {"run": run}):
        locked = QualityRun._base_manager.select_for_update(no_key=True).get(pk=run.pk)
        if locked.state != QualityRun.State.RUNNING or locked.attempts != run.attempts:
            return None
        checks = rows(batch, results, facts, run)
        QualityCheck._base_manager.bulk_create(checks)
        run.state, run.error_code, run.error = state, code, why
        run.counts = dict(Counter(result.status for result in results))
        run.engine, run.fingerprint = facts.engine[:100], facts.fingerprint or ""
        run.finished_at = max(timezone.now(), run.started_at or facts.now)
        run.save(
            update_fields=[
                "state", "error_code", "error", "counts", "engine", "fingerprint", "finished_at",
            ]
        )  # fmt: skip
    return checks


def note_gate(run):
    """Keep what the gate of the capsule answers after the run."""
    run.gate_passed = gate(run.capsule).passed
    QualityRun._base_manager.filter(pk=run.pk).update(gate_passed=run.gate_passed)


def rows(batch, results, facts, run=None):
    """The `QualityCheck`s of results, not stored; capsule and column follow from the rule."""
    return [_row(batch, result, facts, run) for result in results]


def _row(batch, result, facts, run):
    rule = batch.rules[result.rule.key]
    found = verdicts.figures(result)
    name = rule.column.name if rule.column_id else batch.capsule.name
    return QualityCheck(
        rule=rule,
        capsule=batch.capsule,
        column=rule.column if rule.column_id else None,
        checked_at=facts.now,
        status=result.status,
        actual_value=found["actual_value"],
        expected_value=sentences.sentence(rule, name),
        threshold_value=found["threshold_value"],
        measured_value=found["measured_value"],
        failure_count=found["failures"],
        failure_percentage=found["failure_percentage"],
        sample_failures=result.samples or None,
        context=_context(result, facts, run),
        duration_ms=result.duration_ms,
        run=run,
        meta=_meta(result, found),
    )


def _context(result, facts, run):
    told = {
        "run": str(run.pk) if run else None,
        "number": run.number if run else None,
        "trigger": run.trigger if run else None,
        "slot": run.slot.isoformat() if run and run.slot else None,
        "engine": facts.engine,
        "fingerprint": facts.fingerprint,
        "path": result.path,
    }
    return {key: value for key, value in told.items() if value}


def _meta(result, found):
    told = {**(result.outcome.meta if result.outcome else {}), **result.meta}
    if found["total"] is not None:
        told["rows"] = found["total"]
        if found["failures"] is not None:
            told["failure_ratio"] = f"{found['failures']}/{found['total']}"
    if result.code:
        told |= {"code": result.code, "reason": reasons.reason(result.code, result.values)}
    if result.sql:
        told["sql"] = result.sql[:LONGEST_SQL]
    return told
