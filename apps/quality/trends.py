"""How scores moved, day by day. Pure but for the query that reads the days."""

from collections import defaultdict
from datetime import datetime, time, timedelta

from django.db.models.functions import TruncDate
from django.utils import timezone

from . import scores
from .models import QualityCheck

DAYS = 30


def of_rules(rules, *, today=None, days=DAYS):
    """[(day, `Score`)] at the end of each of the last days (UTC), oldest first, of rules as they are now.

    `rules` are (key, weight) pairs. A rule counts with its newest result until then; two queries, whatever the number
    of checks.
    """
    today = today or timezone.now().date()
    first = today - timedelta(days=days - 1)
    weights = dict(rules)
    checks = QualityCheck._base_manager.filter(rule__in=list(weights))
    start = datetime.combine(first, time(), tzinfo=timezone.get_default_timezone())
    standing = dict(
        checks.filter(checked_at__lt=start)
        .order_by("rule_id", "-checked_at", "-id")
        .distinct("rule_id")
        .values_list("rule", "status")
    )
    moves = defaultdict(dict)
    daily = (
        checks.filter(checked_at__gte=start)
        .annotate(day=TruncDate("checked_at", tzinfo=timezone.get_default_timezone()))
        .order_by("rule_id", "day", "-checked_at", "-id")
        .distinct("rule_id", "day")
        .values_list("day", "rule", "status")
    )
    for day, rule, status in daily:
        moves[day][rule] = status
    return walked(standing, moves, weights, [first + timedelta(days=n) for n in range(days)])


def walked(standing, moves, weights, days):
    """[(day, `Score`)]: `standing` are statuses by rule before the first day, `moves` those of {day: {rule: status}}."""
    standing, found = dict(standing), []
    for day in days:
        standing.update(moves.get(day, {}))
        found.append((day, scores.score((standing.get(rule), weight) for rule, weight in weights.items())))
    return found


def daily_counts(checks, *, today=None, days=DAYS):
    """[(day, {status: rules})] by the last check of each rule on each day (UTC), oldest first; one query."""
    today = today or timezone.now().date()
    first = today - timedelta(days=days - 1)
    zone = timezone.get_default_timezone()
    last = (
        checks.filter(checked_at__gte=datetime.combine(first, time(), tzinfo=zone))
        .annotate(day=TruncDate("checked_at", tzinfo=zone))
        .order_by("rule_id", "day", "-checked_at", "-id")
        .distinct("rule_id", "day")
        .values_list("day", "status")
    )
    found = {first + timedelta(days=n): defaultdict(int) for n in range(days)}
    for day, status in last:
        if day in found:
            found[day][status] += 1
    return [(day, dict(counts)) for day, counts in found.items()]
