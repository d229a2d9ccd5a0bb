"""Proving the change log: a million rows sealed and verified, beside reading the same rows once (trust.md, section 3.3)."""

import resource
import tempfile
import time
from pathlib import Path

from .ingest import fresh_database
from .measure import record

ESTATE = False  # it makes its own database
ROWS, LIMIT_S, BATCH = 1_000_000, 60, 50_000
# Rows as changes of columns leave them: two images of some 330 bytes each.
FILL = """
INSERT INTO dcs.metadata_audit_log (table_name, record_id, operation, old_values, new_values, changed_fields, changed_by, change_reason)
SELECT 'columns', gen_random_uuid(), 'UPDATE', image, image || '{"description": "Money received, net of returns."}', '["description"]',
       'ana.ruiz', 'Agreed with Finance.'
FROM generate_series(1, %s) n
CROSS JOIN LATERAL (SELECT jsonb_build_object('id', md5(n::text), 'urn', 'urn:dcs:dbt:model:shop.marts:orders_' || n, 'name', 'amount_' || n,
    'data_type', 'numeric(12,2)', 'ordinal_position', n %% 30, 'description', 'What was paid for the order.', 'is_nullable', true,
    'meta', jsonb_build_object('origin', 'dbt:shop'), 'visibility_rank', 2) AS image) i
"""


def run(small):
    """Fill a log, then print what sealing and verifying cost, against the limit and against one reading."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from apps.audit import seals, verifying
    from apps.audit.context import acting
    from apps.people.reader import system

    number = ROWS // 20 if small else ROWS
    with tempfile.TemporaryDirectory() as folder, fresh_database(settings, connections):
        settings.AUDIT_ANCHOR = str(Path(folder) / "anchor.jsonl")
        call_command("migrate", verbosity=0, interactive=False)
        fill(connections["owner"], number)
        read, rows = timed(lambda: scan(connections["owner"]))
        sealing, made = timed(seals.seal)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with acting(system("benchmark")):
            verifying_s, verdict = timed(verifying.verify)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert verdict.is_sound, verdict.defects
    assert verdict.rows == rows
    allowed = LIMIT_S * rows / ROWS
    print(f"  {rows:,} rows; reading every value once {read:.1f} s")
    print(
        f"  sealed ({len(made)} seals) {sealing:.1f} s: {rows / sealing:,.0f} rows a second, {sealing / read:.1f} × reading"
    )
    print(
        f"  verified {verifying_s:.1f} s: {rows / verifying_s:,.0f} rows a second, {verifying_s / read:.1f} × reading;"
        f" {verifying_s / allowed:.0%} of the {allowed:g} s allowed; {grown:.0f} MB more memory"
    )
    record("audit verify", rows=rows, seconds=verifying_s, read=read, sealing=sealing, limit=allowed)


def fill(connection, number):
    with connection.cursor() as cursor:
        for _start in range(0, number, BATCH):
            cursor.execute(FILL, [min(BATCH, number)])


def scan(connection):
    """What any proof must do: read every value of every row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(length(l::text)) FROM dcs.metadata_audit_log l")
        return cursor.fetchone()[0]


def timed(call):
    begun = time.perf_counter()
    found = call()
    return time.perf_counter() - begun, found
