"""How long results and profiles are kept (errata row B37): the newest always, older ones by settings.

Counts for a dry run and deletions come from the same statements, so that the one tells what the other does.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.people.reader import system

AT_ONCE = 50_000
PROFILES = """
SELECT id FROM (
    SELECT id, row_number() OVER (PARTITION BY column_id ORDER BY profiled_at DESC, id) AS place,
           row_number() OVER (PARTITION BY column_id, date_trunc('month', profiled_at AT TIME ZONE 'UTC')
                              ORDER BY profiled_at DESC, id) AS in_its_month
    FROM column_profiles
) AS counted WHERE place > %(profiles)s AND in_its_month > 1
"""
# Results of a rule that is older than its newest ones and than the last day; a contract's open incident keeps those of
# its capsule, whatever their age. Contracts are a layer above: their table is asked, not their code.
CHECKS = """
SELECT checked.id FROM quality_rules AS rule
CROSS JOIN LATERAL (
    SELECT check_timestamp FROM quality_checks WHERE quality_rule_id = rule.id
    ORDER BY check_timestamp DESC OFFSET %(checks)s - 1 LIMIT 1
) AS newest
JOIN quality_checks AS checked ON checked.quality_rule_id = rule.id
    AND checked.check_timestamp < least(newest.check_timestamp, %(before)s)
WHERE NOT EXISTS (
    SELECT FROM sla_incidents AS incident WHERE incident.capsule_id = checked.capsule_id
    AND incident.incident_status IN ('open', 'investigating', 'mitigated')
)
"""
# Runs that left nothing that is still there, but the newest of each capsule and kind.
RUNS = """
SELECT run.id FROM quality_runs AS run
WHERE run.finished_at < %(before)s
  AND NOT EXISTS (SELECT FROM quality_checks AS checked WHERE checked.run_id = run.id)
  AND NOT EXISTS (
      SELECT FROM column_profiles AS profile JOIN columns AS col ON col.id = profile.column_id
      WHERE col.capsule_id = run.capsule_id AND profile.profiled_at = run.started_at)
  AND EXISTS (
      SELECT FROM quality_runs AS later
      WHERE later.capsule_id = run.capsule_id AND later.kind = run.kind AND later.number > run.number)
"""
# In this order: a run goes when nothing of it is left.
TABLES = {"column_profiles": PROFILES, "quality_checks": CHECKS, "quality_runs": RUNS}


@dataclass(frozen=True)
class Terms:
    """How much is kept: so many `profiles` of a column, so many `checks` of a rule, and all checks of so many `days`."""

    profiles: int
    checks: int
    days: int

    @classmethod
    def stated(cls):
        """Those of the settings."""
        return cls(settings.PROFILES_KEPT, settings.QUALITY_CHECKS_KEPT, settings.QUALITY_CHECKS_KEPT_DAYS)

    def of(self, now):
        """The parameters of the statements; at least one row of each is kept, whatever is set."""
        return {
            "profiles": max(1, self.profiles),
            "checks": max(1, self.checks),
            "before": now - timedelta(days=max(0, self.days)),
        }


def outlived(terms=None, *, now=None):
    """{table: rows that would be deleted now}. Runs that lose their last result in the same go are not among them yet."""
    told = (terms or Terms.stated()).of(now or timezone.now())
    found = {}
    with connection.cursor() as cursor:
        for table, chosen in TABLES.items():
            cursor.execute(f"SELECT count(*) FROM ({chosen}) AS outlived", told)  # noqa: S608 - constants
            found[table] = cursor.fetchone()[0]
    return found


def forget(terms=None, *, now=None, most=AT_ONCE):
    """Delete what has outlived its time; {table: rows}. Some at a time, each part by itself."""
    told = (terms or Terms.stated()).of(now or timezone.now()) | {"most": most}
    return {table: _deleted(table, chosen, told) for table, chosen in TABLES.items()}


def _deleted(table, chosen, told):
    total = 0
    while True:
        with (
            acting(system("forget_quality"), reason=_("Results are kept for so long")),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                f"DELETE FROM {table} WHERE id IN ({chosen} LIMIT %(most)s)",  # noqa: S608 - constants
                told,
            )
            gone = cursor.rowcount
        total += gone
        if gone < told["most"]:
            return total
