"""What becomes of detected personal data: kept as suggestions, inherited along lineage, taken or refused by people.

Nothing is classified by itself but the level, which rises at once where detection is sure (trust.md, section 5).
"""

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog import edits
from apps.catalog.access import may_edit
from apps.catalog.models import Column
from apps.catalog.vocabularies import Sensitivity, sensitivity_rank
from apps.dcs.refusals import Conflict

from . import protection
from .detection import VERSION
from .detection.judging import PROPOSED
from .models import PIISuggestion

RISE = 0.2  # of confidence, from which somebody who refused is asked again
FIGURES = (
    "confidence",
    "evidence",
    "match_rate",
    "sample_size",
    "test",
    "word",
    "counts",
    "detector",
    "origin_id",
)
State, Evidence, Again = PIISuggestion.State, PIISuggestion.Evidence, PIISuggestion.Again
# Edges that masks are on, or that only choose or order rows, hand nothing on.
BELOW = """
WITH RECURSIVE down(id) AS (
    SELECT %s::uuid
    UNION SELECT e.target_column_id FROM down JOIN dcs.column_lineage e ON e.source_column_id = down.id
    WHERE NOT coalesce(e.meta -> 'masking' = 'true'::jsonb, FALSE)
    AND (jsonb_array_length(coalesce(e.meta -> 'kinds', '[]')) = 0
         OR jsonb_path_exists(e.meta, '$.kinds[*] ? (@ starts with "DIRECT")'))
)
SELECT id FROM down WHERE id <> %s::uuid
"""


def keep(columns, found):
    """Store what detection found: `found` is {column name: `Detection`}, of those of `columns` that were looked at.

    Returns the suggestions that wait now and did not before. What waited and is not found again goes; what people
    answered stays. The caller acts for somebody and has locked the capsule.
    """
    stored = {}
    for row in PIISuggestion.objects.filter(column__in=columns):
        stored.setdefault(row.column_id, {})[row.pii_type] = row
    new = []
    for column in columns:
        rows, detection = stored.get(column.pk, {}), found.get(column.name)
        for row in rows.values():
            stale = detection is None or row.pii_type != detection.pii_type
            if row.state == State.OPEN and row.evidence != Evidence.LINEAGE and stale:
                _let_fall(row, column)
                row.delete()
        if detection is None or column.pii_type:
            continue
        row = _asked(rows.get(detection.pii_type), column, detection.pii_type, _figures(detection))
        if row is not None:
            new.append(row)
    for row in new:
        _inherit(row)
    return new


def _figures(detection):
    return {
        "confidence": round(detection.confidence, 3),
        "evidence": detection.evidence,
        "match_rate": detection.match_rate,
        "sample_size": detection.sample_size,
        "test": detection.test,
        "word": detection.word[:100],
        "counts": dict(detection.counts),
        "detector": VERSION,
        "origin_id": None,
    }


def _asked(row, column, pii_type, figures):
    """The suggestion if it waits anew; None if it waits already, or stays answered."""
    if row is None:
        row = PIISuggestion(column=column, pii_type=pii_type, **_as_it_is(column), **figures)
        _raise_level(row, column)
        row.save(force_insert=True)
        return row
    row.column = column
    if row.state == State.OPEN:
        before = {name: getattr(row, name) for name in FIGURES}
        if {
            **before,
            "confidence": float(before["confidence"]),
            "match_rate": float(before["match_rate"]),
        } != figures:
            _set(row, figures)
            _raise_level(row, column)
            row.save()
        return None
    again = _why_again(row, column, figures["confidence"]) if row.state == State.REFUSED else ""
    if not again:
        return None
    _set(
        row, {**figures, **_as_it_is(column), "state": State.OPEN, "asked_again": again, "rank_before": None}
    )
    _raise_level(row, column)
    row.save()
    return row


def _as_it_is(column):
    return {"named": column.name, "typed": column.data_type or ""}


def _set(row, values):
    for name, value in values.items():
        setattr(row, name, value)


def _why_again(row, column, confidence):
    if row.named != column.name:
        return Again.NAME
    if row.typed != (column.data_type or ""):
        return Again.TYPE
    return Again.CONFIDENCE if confidence - float(row.confidence) >= RISE - 1e-9 else ""


# ---------- the level ----------


def level_of(pii_type):
    """The sensitivity that a type of personal data asks for."""
    return protection.TEMPLATES[pii_type].sensitivity


def _raise_level(row, column):
    """Raise the column's level at once where detection is sure; only a person lets it fall."""
    rank = sensitivity_rank(level_of(row.pii_type))
    if float(row.confidence) < PROPOSED or column.sensitivity_rank >= rank:
        return
    if row.rank_before is None:
        row.rank_before = column.sensitivity_rank
    known = sensitivity_rank(Sensitivity.INTERNAL)
    Column._base_manager.filter(pk=column.pk, sensitivity_rank__lt=rank).update(
        sensitivity_rank=rank, visibility_rank=Greatest("visibility_rank", Value(known))
    )
    column.sensitivity_rank = rank


def _let_fall(row, column):
    """Take back what the suggestion alone has raised, unless another one that stands asks for as much."""
    rank = sensitivity_rank(level_of(row.pii_type))
    if row.rank_before is None or column.sensitivity_rank != rank:
        return
    others = PIISuggestion.objects.filter(column=column, rank_before__isnull=False).exclude(pk=row.pk)
    others = others.exclude(state=State.REFUSED)
    kept = max(
        [
            row.rank_before,
            *(sensitivity_rank(level_of(kind)) for kind in others.values_list("pii_type", flat=True)),
        ]
    )
    Column._base_manager.filter(pk=column.pk, sensitivity_rank=rank).update(sensitivity_rank=kept)
    column.sensitivity_rank = kept


# ---------- lineage ----------


def _inherit(row):
    """Ask the same of the columns that are made of this one, unless they know their type or were asked before."""
    with connection.cursor() as cursor:
        cursor.execute(BELOW, [row.column_id, row.column_id])
        keys = [key for (key,) in cursor]
    if not keys:
        return
    below = Column._base_manager.filter(pk__in=keys, retired_at=None, capsule__retired_at=None, pii_type=None)
    asked = dict(
        PIISuggestion.objects.filter(column__in=keys, pii_type=row.pii_type).values_list("column_id", "pk")
    )
    for column in below:
        if column.pk in asked:
            continue
        figures = {
            "confidence": row.confidence,
            "evidence": Evidence.LINEAGE,
            "detector": VERSION,
            "origin": row.column,
        }
        made = PIISuggestion(column=column, pii_type=row.pii_type, **_as_it_is(column), **figures)
        _raise_level(made, column)
        made.save(force_insert=True)


# ---------- answers ----------


def take(suggestion, *, by, reason=""):
    """Say that the column holds what was detected: its type is set, and a policy and a masking rule are drafted.

    Other suggestions for the column that wait are refused with it. Returns what was drafted. Raises
    `PermissionDenied` for those who may not edit the capsule, `Conflict` if somebody was faster.
    """
    with acting(by, reason=reason or _("Detected personal data accepted")):
        row, column = _locked(suggestion, by)
        person = by.user
        values = {
            "pii_type": row.pii_type,
            "semantic_type": column.semantic_type or "pii",
            "pii_detected_by": "auto",
        }
        if person is not None:
            edits.revise(column, by=person, **values)
        else:
            Column._base_manager.filter(pk=column.pk).update(**values)
            column.refresh_from_db()
        for other in PIISuggestion.objects.filter(column=column, state=State.OPEN).exclude(pk=row.pk):
            _answer(other, State.REFUSED, by, _("Another type was accepted."))
        _answer(row, State.ACCEPTED, by, reason)
        return protection.draft(column, row.pii_type, by=by)


def refuse(suggestion, *, by, reason=""):
    """Say that the column does not hold it. It is not asked again while name, type and evidence stay.

    Raises `PermissionDenied` and `Conflict` like `take`.
    """
    with acting(by, reason=reason or _("Detected personal data refused")):
        row, column = _locked(suggestion, by)
        _let_fall(row, column)
        _answer(row, State.REFUSED, by, reason)
        return row


def _locked(suggestion, by):
    row = (
        PIISuggestion.objects.select_for_update(of=("self",))
        .select_related("column__capsule")
        .get(pk=suggestion.pk)
    )
    may_edit(by, row.column.capsule).or_refuse()
    if row.state != State.OPEN:
        raise Conflict(
            _("%(who)s has answered this: %(what)s.")
            % {"who": row.answered_by, "what": str(row.get_state_display()).lower()},
            code="already_answered",
        )
    return row, row.column


def _answer(row, state, by, reason):
    row.state, row.reason, row.asked_again = state, reason, ""
    row.answered_by, row.answered_at = by.name, timezone.now()
    row.named, row.typed = row.column.name, row.column.data_type or ""
    row.save()
