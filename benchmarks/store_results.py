"""Storing the results of a run of a thousand rules: statements and time."""

import time
from types import SimpleNamespace

from . import measure

ESTATE = False
RULES = 1_000
LIMITS = {"statements": 3, "seconds": 1}  # of quality-engine.md, section 8


def run(small):
    """Store a thousand results within a transaction that is undone."""
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from apps.audit.context import acting
    from apps.people.reader import system
    from apps.quality import storing
    from apps.quality.models import QualityCheck

    call_command("migrate", verbosity=0, interactive=False)
    reader, best = system("benchmark"), None
    for _round in range(3):
        with transaction.atomic(), acting(reader, reason="benchmark"):
            batch, run_, results, facts = made(reader)
            with CaptureQueriesContext(connection) as queries:
                begun = time.perf_counter()
                stored = storing.store(run_, batch, results, facts, reader=reader, state="finished")
                seconds = time.perf_counter() - begun
            if len(stored) != RULES or QualityCheck.objects.filter(run=run_).count() != RULES:
                raise SystemExit("Wrong answers, so no times.")
            told = [query["sql"].split()[0].upper() for query in queries]
            best = min(best or (seconds, told), (seconds, told))
            transaction.set_rollback(True)
    seconds, told = best
    checks = [word for word in told if word in ("INSERT", "UPDATE", "DELETE")]
    print(
        f"  {RULES:,} results: {seconds:.2f} s (limit {LIMITS['seconds']}), {len(told)} statements, of which"
        f" {len(checks)} write (limit {LIMITS['statements']}): {' '.join(told)}"
    )
    measure.record("store_results", rules=RULES, seconds=seconds, statements=len(told), writing=len(checks))


def made(reader):
    """A capsule with a thousand rules, a run of it that reads, and results."""
    from django.utils import timezone

    from apps.catalog.models import Capsule, Column
    from apps.quality.engine.plan import CheckResult, Outcome
    from apps.quality.models import QualityRule, QualityRun
    from apps.quality.rule_types.reading import spec_of
    from apps.quality.storing import Facts

    capsule = Capsule.objects.create(
        urn="urn:dcs:bench:table:shop:orders", name="orders", capsule_type="table"
    )
    column = Column.objects.create(
        capsule=capsule,
        urn="urn:dcs:bench:column:shop:orders.amount",
        name="amount",
        data_type="DOUBLE",
        ordinal_position=1,
    )
    rules = QualityRule.objects.bulk_create(
        QualityRule(column=column, name=f"not_null_{n}", rule_type="not_null", severity="error")
        for n in range(RULES)
    )
    run_ = QualityRun.objects.create(
        capsule=capsule, asked_by=reader.name, state="running", attempts=1, started_at=timezone.now()
    )
    run_.refresh_from_db()
    specs = [spec_of({"key": str(rule.pk), "rule_type": "not_null", "column": "amount"}) for rule in rules]
    outcome = Outcome(False, 3, 3, 1_000_000)
    results = [
        CheckResult(
            spec, "failed", outcome=outcome, samples=[{"order_id": n, "amount": None} for n in range(10)]
        )
        for spec in specs
    ]
    batch = SimpleNamespace(rules={str(rule.pk): rule for rule in rules}, capsule=capsule)
    return batch, run_, results, Facts(timezone.now(), "duckdb 2.0.0", "x")
