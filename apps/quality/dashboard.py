"""The dashboard of quality: what is wrong, worst first, and where (experience.md, quality dashboard)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    FloatField,
    Func,
    IntegerField,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.addresses import page_of
from apps.ui import charts
from apps.ui.formats import day_of, points

from . import scores, sentences, trends
from .dimension import TICKS, latest
from .filters import LATE_DAYS
from .models import QualityCheck, QualityRule, RuleCategory

FAILING = ("failed", "error", "warning")
SHOWN = 20
SHORT = 8
NEW_DAYS = 7
TURNING_DAYS = 14
TURNS = 4
SLICES = {
    "domain": (gettext_lazy("Domain"), "domain__name", "domain"),
    "layer": (gettext_lazy("Layer"), "layer", "layer"),
    "owner": (gettext_lazy("Owner"), "owner__name", "owner"),
}
TURNED = """
    SELECT quality_rule_id, count(*) FROM (
        SELECT quality_rule_id, check_status = 'passed' AS good,
               lag(check_status = 'passed') OVER (PARTITION BY quality_rule_id ORDER BY check_timestamp, id) AS before
        FROM dcs.quality_checks
        WHERE check_timestamp >= %s AND check_status IN ('passed', 'warning', 'failed')
    ) moved WHERE good <> before GROUP BY quality_rule_id HAVING count(*) >= %s ORDER BY count(*) DESC, 1 LIMIT 100
"""


class Weight(Func):
    """What a rule weighs, in the database: as `scores.weight` has it."""

    template = (
        "CASE WHEN jsonb_typeof(%(expressions)s -> 'weight') = 'number' "
        "AND (%(expressions)s ->> 'weight')::numeric > 0 THEN (%(expressions)s ->> 'weight')::float8 ELSE 1 END"
    )
    output_field = FloatField()


@dataclass
class Row:
    """One line of the grid: a slice, its score by category and over all, and how many rules it has."""

    name: str
    url: str
    cells: list = field(default_factory=list)
    whole: scores.Score | None = None
    rules: int = 0


def standing(reader):
    """The enabled rules that the reader may see, each with its latest status."""
    newest = latest()
    return (
        QualityRule.objects.visible_to(reader)
        .current()
        .enabled()
        .annotate(
            last_status=Subquery(newest.values("status")[:1]),
            last_at=Subquery(newest.values("checked_at")[:1]),
        )
    )


def context(reader, *, by="domain", now=None):
    """What the template of the dashboard wants; eight queries, however many rules there are."""
    now = now or timezone.now()
    rules = standing(reader)
    counted = rules.order_by().aggregate(
        rules=Count("pk"),
        failing=Count("pk", filter=Q(last_status="failed")),
        warned=Count("pk", filter=Q(last_status="warning")),
        blocking=Count("pk", filter=Q(last_status__in=["failed", "error"], blocking=True)),
        errors=Count("pk", filter=Q(last_status="error")),
        never=Count("pk", filter=Q(last_status__isnull=True)),
        late=Count("pk", filter=Q(last_at__lt=now - timedelta(days=LATE_DAYS))),
        day=Count("pk", filter=Q(last_at__gte=now - timedelta(days=1))),
    )
    failing = list(_failing(rules)[:SHOWN]) if counted["rules"] else []
    for rule in failing:
        tell(rule)
    recent = now - timedelta(days=NEW_DAYS)
    head, grid, total = grid_of(rules, by)
    return {
        "counted": counted,
        "failing": failing,
        "failing_total": counted["failing"] + counted["errors"] + counted["warned"],
        "newly": [rule for rule in failing if rule.since and rule.since >= recent][:SHORT],
        "flapping": flapping(reader, now),
        "late": list(_late(rules, now)[:SHORT]),
        "costs": costs(reader, now),
        "by": by,
        "slices": {slug: title for slug, (title, _path, _key) in SLICES.items()},
        "head": head,
        "grid": grid,
        "total": total,
        "trend": trend(reader, now),
    }


def _failing(rules):
    """What fails, blocking first, then by how bad it is, then by rows."""
    newest = latest()
    bad = {"failed": 0, "error": 1, "warning": 2}
    history = newest.values(json=JSONObject(status="status", at="checked_at"))
    return (
        rules.filter(last_status__in=FAILING)
        .select_related(
            "capsule__owner", "capsule__domain", "column__capsule__owner", "column__capsule__domain"
        )
        .annotate(
            last_failures=Subquery(newest.values("failure_count")[:1]),
            last_rows=Subquery(newest.values("meta__rows")[:1]),
            history=ArraySubquery(history[:TICKS]),
            bad=Case(
                *(When(last_status=word, then=Value(rank)) for word, rank in bad.items()),
                output_field=IntegerField(),
            ),
        )
        .order_by("-blocking", "bad", F("last_failures").desc(nulls_last=True), "number")
    )


def tell(rule):
    """Give a rule its sentence, its address, its ticks oldest first, and since when it has not passed."""
    rule.sentence = sentences.sentence(rule, rule.subject.name)
    rule.url = page_of("quality:rule", rule.number)
    rule.ticks = [one["status"] for one in rule.history][::-1]
    rule.is_wrong = rule.last_status in FAILING
    rule.since = None
    for one in rule.history:
        if one["status"] == "passed":
            break
        rule.since = timezone.datetime.fromisoformat(one["at"])


def _late(rules, now):
    """Rules that nobody has checked for a week, or ever; the longest first."""
    late = Q(last_at__lt=now - timedelta(days=LATE_DAYS)) | Q(last_at__isnull=True)
    found = rules.filter(late).select_related("capsule", "column__capsule")
    return found.order_by(F("last_at").asc(nulls_first=True), "number")


def flapping(reader, now):
    """[(rule, turns)] of rules that passed and did not, in turns, in the last fortnight; two queries."""
    with connection.cursor() as cursor:
        cursor.execute(TURNED, [now - timedelta(days=TURNING_DAYS), TURNS])
        turns = dict(cursor.fetchall())
    if not turns:
        return []
    rules = QualityRule.objects.visible_to(reader).current().enabled().filter(pk__in=turns)
    found = sorted(rules.select_related("capsule", "column__capsule"), key=lambda one: -turns[one.pk])
    return [(rule, turns[rule.pk]) for rule in found[:SHORT]]


def costs(reader, now):
    """The capsules whose checks took longest in thirty days: {capsule__urn, capsule__name, seconds, checks}; one query."""
    checks = QualityCheck.objects.visible_to(reader).filter(
        checked_at__gte=now - timedelta(days=30), duration_ms__gt=0
    )
    found = (
        checks.order_by()
        .values("capsule__urn", "capsule__name")
        .annotate(ms=Sum("duration_ms"), checks=Count("pk"))
        .order_by("-ms", "capsule__urn")[:SHORT]
    )
    return [{**row, "seconds": float(row["ms"]) / 1000} for row in found]


def grid_of(rules, by):
    """(categories, [Row], total Row): scores by slice and category; one query."""
    _title, path, key = SLICES[by]
    home = Coalesce(f"capsule__{path}", f"column__capsule__{path}", output_field=CharField())
    rows = (
        rules.order_by()
        .annotate(slice=home, weight=Weight("meta"))
        .values("slice", "category", "last_status")
        .annotate(n=Count("pk"), weights=Sum("weight"))
        .values_list("slice", "category", "last_status", "n", "weights")
    )
    sums = defaultdict(lambda: [0.0, 0.0, 0, 0, 0])
    categories, slices = set(), set()
    for name, category, status, n, weight in rows:
        categories.add(category or "custom")
        slices.add(name)
        for place in (
            (name, category or "custom"), (name, None), (ALL, category or "custom"), (ALL, None),
        ):  # fmt: skip
            _add(sums[place], status, n, weight)
    head = [word for word in RuleCategory.values if word in categories]
    found = [_row(sums, name, head, key) for name in sorted(slices, key=lambda one: (one is None, one or ""))]
    found.sort(key=lambda row: (row.whole.value is None, row.whole.value))
    total = _row(sums, ALL, head, key) if found else None
    return [(word, RuleCategory(word).label) for word in head], found, total


ALL = object()


def _add(sums, status, n, weight):
    if status not in scores.COUNTED:
        sums[4] += n
        return
    sums[1] += weight
    sums[3] += n
    if status == "passed":
        sums[0] += weight
        sums[2] += n


def _score(sums):
    passed, counted, rules_passed, rules_counted, left_out = sums
    value = 100 * passed / counted if counted else None
    return scores.Score(value, passed, counted, rules_passed, rules_counted, left_out)


def _row(sums, name, head, key):
    here = {} if name is ALL else {key: name} if name else {}
    lists = bool(here) or name is ALL
    row = Row(
        _("All") if name is ALL else name or _("none"), page_of("quality:rules", **here) if lists else ""
    )
    for word in head:
        score = _score(sums[name, word])
        url = page_of("quality:rules", rule_category=word, **here) if lists else ""
        row.cells.append((RuleCategory(word).label, score, url, hue(score.value)))
    row.whole = _score(sums[name, None])
    row.rules = row.whole.rules_counted + row.whole.left_out
    return row


def hue(value):
    return "" if value is None or value >= 95 else "mid" if value >= 90 else "low"


def trend(reader, now):
    """The chart of thirty days: of the rules that were checked on a day, the share whose last result passed; one query."""
    days = trends.daily_counts(QualityCheck.objects.visible_to(reader), today=now.date())
    shares = [(day, _share(counts), sum(counts.values())) for day, counts in days]
    known = [share for _day, share, _n in shares if share is not None]
    if not known:
        return None
    low = min(10 * int(min(known) // 10), 90)
    title = _(
        "%(last)s %% of the rules that were checked on the last day with checks passed, %(first)s %% on the first"
    ) % {
        "last": points(known[-1]),
        "first": points(known[0]),
    }
    last = max(at for at, (_day, share, _n) in enumerate(shares) if share is not None)
    chart = charts.trend(
        [(day_of(day), share) for day, share, _n in shares],
        low=low,
        high=100,
        lines=(low, (low + 100) / 2, 100),
        notes=[(last, points(known[-1]), "")],
        title=title,
        head=(_("Day"), _("Passed, %"), _("Rules checked")),
    )
    rows = tuple((day_of(day), None if share is None else round(share, 1), n) for day, share, n in shares)
    return charts.Chart(chart.svg, chart.title, chart.head, rows)


def _share(counts):
    counted = sum(counts.get(word, 0) for word in scores.COUNTED)
    return 100 * counts.get("passed", 0) / counted if counted else None
