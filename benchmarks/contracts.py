"""A hundred thousand contracts looked at: all for the first time, then all again an hour later, against one pass of SQL over the same rows.

Every contract promises freshness, half of them availability besides; two of a hundred are broken. What a look costs is the
evidence, the answer, the measurement that is stored, and the incident of a broken one. Seconds are of the clock.
"""

import resource
import time
from datetime import timedelta

from . import measure

ESTATE = False
LIMITS = {"seconds": 60, "megabytes": 300}  # of the issue: two cores
URN = "urn:dcs:bench:promise:"
MADE = ("capsules", "capsule_contracts")


def run(small):
    """Fill, look twice, compare, clean up."""
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from apps.contracts import monitor
    from apps.contracts.models import Incident, Measurement, Watch

    call_command("migrate", verbosity=0, interactive=False)
    number = 5_000 if small else 100_000
    fill(number)
    try:
        now = timezone.now()
        before = _megabytes()
        first, looked = _timed(lambda: monitor.evaluate_due(at=now, most=2 * number))
        stored = Measurement._base_manager.count()
        again, second = _timed(lambda: monitor.evaluate_due(at=now + timedelta(hours=1), most=2 * number))
        sql, _rows = _timed(lambda: _one_pass(connection))
        if looked != number or second != number or Watch._base_manager.count() != number:
            raise SystemExit(f"Wrong answers, so no times: {looked}, {second} of {number} were looked at.")
        grown = _megabytes() - before
        print(
            f"  {number:,} contracts, {stored:,} measurements stored, {Incident._base_manager.count():,} broken:"
            f" {first:.1f} s, an hour later {again:.1f} s"
            f" ({max(first, again) / LIMITS['seconds']:.0%} of the {LIMITS['seconds']} s allowed for 100,000);"
            f" {first / sql:.0f} and {again / sql:.0f} times one pass of SQL ({sql * 1000:.0f} ms);"
            f" the process grew by {grown:.0f} MB to {_megabytes():.0f}"
        )
        measure.record("contracts", contracts=number, first_s=first, again_s=again, sql_s=sql, grown_mb=grown)
    finally:
        clear()


def _timed(call):
    begun = time.perf_counter()
    found = call()
    return time.perf_counter() - begun, found


def _one_pass(connection):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE now() - last_updated_at <= freshness_sla::interval),"
            " count(*) FILTER (WHERE availability_sla <= 99.95) FROM capsule_contracts"
            " WHERE contract_status IN ('active', 'breached')"
        )
        return cursor.fetchone()


def _megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _loading(statements):
    """Run statements as the owner of the tables with the tables' own triggers off: what is measured is looking, not this."""
    from django.db import connections, transaction

    owner = connections["owner"]
    with transaction.atomic(using="owner"), owner.cursor() as cursor:
        for name in MADE:
            cursor.execute(f'ALTER TABLE dcs."{name}" DISABLE TRIGGER USER')
        for text, values in statements:
            cursor.execute(text, values)
        for name in MADE:
            cursor.execute(f'ALTER TABLE dcs."{name}" ENABLE TRIGGER USER')


def fill(number):
    """Capsules with a contract in force each."""
    _loading(
        [
            (
                "INSERT INTO dcs.capsules (urn, name, capsule_type)"
                " SELECT %s || n, 'orders_' || n, 'table' FROM generate_series(1, %s) n",
                [URN, number],
            ),
            (
                "INSERT INTO dcs.capsule_contracts (capsule_id, contract_version, contract_status, freshness_sla,"
                " availability_sla, last_updated_at)"
                " SELECT id, '1.0.0', 'active', 'PT30H', CASE WHEN right(urn, 1) < '5' THEN 99.9 END,"
                " now() - CASE WHEN right(urn, 2) < '02' THEN interval '40 hours'"
                " ELSE make_interval(hours => length(urn) - 10) / 2 END"
                " FROM dcs.capsules WHERE starts_with(urn, %s)",
                [URN],
            ),
        ]
    )


def clear():
    """Take all of it away again."""
    _loading([("DELETE FROM dcs.capsules WHERE starts_with(urn, %s)", [URN])])
