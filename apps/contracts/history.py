"""How promises were kept, day by day: the ninety lights of a contract."""

from datetime import UTC, datetime, time, timedelta

from django.db import connection

DAYS = 90
# The worst measurement of a day speaks for it; four fifths of what is allowed is near, as in `promises.NEAR`.
BY_DAY = """
SELECT metric, aspect, (measured_at AT TIME ZONE 'UTC')::date,
    count(*) FILTER (WHERE NOT is_met AND NOT held), count(*) FILTER (WHERE NOT is_met AND held),
    bool_or(CASE WHEN unit = 'percent' THEN target_value < 100 AND 100 - actual_value >= 0.8 * (100 - target_value)
        WHEN unit IN ('seconds', 'ms') THEN actual_value >= 0.8 * target_value ELSE false END)
FROM (SELECT *, coalesce(meta->>'in_window', '') = 'true' AS held FROM sla_measurements
    WHERE contract_id = %s AND measured_at >= %s AND measured_at < %s) m
GROUP BY 1, 2, 3
"""


def lights(contract, *, today, days=DAYS):
    """{(metric, aspect): [(day, state)]} of the last days (UTC), oldest first; one query.

    A day without a measurement is unknown; one on which a promise was missed only during maintenance is that.
    """
    first = today - timedelta(days=days - 1)
    bounds = [datetime.combine(day, time(), tzinfo=UTC) for day in (first, today + timedelta(days=1))]
    known = {}
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, [contract.pk, *bounds])
        for metric, aspect, day, missed, held, near in cursor.fetchall():
            state = "broken" if missed else "maintenance" if held else "at_risk" if near else "kept"
            known.setdefault((metric, aspect), {})[day] = state
    span = [first + timedelta(days=number) for number in range(days)]
    return {kind: [(day, found.get(day, "unknown")) for day in span] for kind, found in known.items()}


def unknown(*, today, days=DAYS):
    """Lights of a promise that nobody has measured."""
    return [(today - timedelta(days=days - 1 - number), "unknown") for number in range(days)]
