"""Keeping what columns look like: profiles are history, and the latest one's summary stands on its column."""

import json
from dataclasses import fields
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.models import Capsule, Column

from .models import ColumnProfile, QualityCheck, QualityRule
from .profile import ColumnFigures

AT_ONCE = 500
APART = ("column", "kind", "meta")
# What others read of a column without its profiles (errata row E15); the glossary's linter among them.
SUMMARY = (
    "null_percentage", "distinct_count", "unique_percentage", "min_value", "max_value", "min_text", "max_text",
    "earliest_timestamp", "latest_timestamp", "completeness_score", "most_common_values",
)  # fmt: skip
MOST_COMMON = 5
WRITE = "UPDATE columns AS c SET stats = told.stats FROM unnest(%s::uuid[], %s::jsonb[]) AS told(id, stats) WHERE c.id = told.id"


def store(capsule, figures, *, by, at=None, meta=None, reason=""):
    """Keep `figures` of columns of the capsule, all or none; returns the profiles. Columns not catalogued are left out.

    `at` is the one time of all of them, `meta` what holds for each, such as the engine. A few statements, and one more for
    each 500 columns.
    """
    at = at or timezone.now()
    with acting(by, reason=reason or _("Columns profiled")):
        columns = {column.name: column for column in _columns(capsule, [each.column for each in figures])}
        known = [(columns[each.column], each) for each in figures if each.column in columns]
        scores = validity([column.pk for column, _each in known])
        rows = [
            ColumnProfile(
                column=column,
                profiled_at=at,
                profiled_by=by.name[:255],
                validity_score=scores.get(column.pk),
                meta={**(meta or {}), **each.meta, "kind": each.kind, "data_type": column.data_type},
                **{
                    field.name: getattr(each, field.name)
                    for field in fields(ColumnFigures)
                    if field.name not in APART
                },
            )
            for column, each in known
        ]
        made = ColumnProfile._base_manager.bulk_create(rows, batch_size=AT_ONCE)
        _summarise(made)
        _count(capsule, made, at)
    return made


def _count(capsule, profiles, at):
    """A profile of all rows has counted them: the capsule has as many, unless somebody has counted since."""
    whole = [
        one.total_count for one in profiles if one.total_count is not None and not one.meta.get("sampled")
    ]
    if whole:
        older = Q(last_analyzed_at=None) | Q(last_analyzed_at__lt=at)
        found = Capsule._base_manager.filter(older, pk=capsule.pk)
        found.update(row_count=max(whole), last_analyzed_at=at)


def _columns(capsule, names):
    found = Column._base_manager.filter(capsule=capsule, retired_at=None, name__in=names)
    return found.only("name", "data_type", "stats")


def _summarise(profiles):
    """Write the summary of the newest profile of each column; one that is older than what stands there changes nothing."""
    moved = []
    for profile in profiles:
        column, at = profile.column, profile.profiled_at.isoformat()
        if str(column.stats.get("profiled_at", "")) <= at:
            column.stats = summary(profile)
            moved.append(column)
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE, [[column.pk for column in moved], [json.dumps(column.stats) for column in moved]]
        )


def summary(profile):
    """What of a profile stands on its column, as JSON."""
    found = {
        "profiled_at": profile.profiled_at.isoformat(),
        "row_count": profile.total_count,
        "null_count": profile.null_count,
    }
    for name in SUMMARY:
        value = getattr(profile, name)
        if value is not None:
            found[name] = _plain(value)
    if profile.most_common_values:
        found["most_common_values"] = profile.most_common_values[:MOST_COMMON]
    for word in ("withheld", "sampled"):
        if profile.meta.get(word):
            found[word] = True
    return found


def _plain(value):
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def validity(columns):
    """{column: share of rows that pass its enabled validity rules, in percent}; the worst rule decides. One query."""
    newest = QualityCheck._base_manager.filter(rule=OuterRef("pk")).order_by("-checked_at", "-id")
    rules = QualityRule._base_manager.filter(
        column__in=columns, category="validity", is_enabled=True
    ).annotate(failing=Subquery(newest.values("failure_percentage")[:1]))
    worst = rules.order_by().values("column").annotate(worst=Max("failing"), known=Count("failing"))
    return {row["column"]: 100 - row["worst"] for row in worst if row["known"]}


def latest(column, reader):
    """The newest profile of a column that the reader may know of, None if there is none."""
    return ColumnProfile.objects.visible_to(reader).filter(column=column).order_by("-profiled_at").first()


def of_run(run, reader):
    """The profiles that a run made: those of its moment. By key of column and time."""
    return ColumnProfile.objects.visible_to(reader).filter(
        Q(column__capsule=run.capsule), profiled_at=run.started_at
    )
