"""Ingestion of a dbt manifest: first, identical, unchanged, 2 % changed (performance.md, sections 1 and 8).

The measure is a bare COPY of the same columns into a table without indexes, triggers or keys.
"""

import io
import os
import tempfile
import time
from pathlib import Path

import psycopg

from benchmarks import dbt_manifest

TARGETS = {"first": 8.0, "identical": 0.1, "unchanged": 1.0, "2 % changed": 2.0}  # seconds, for 5,000 × 30
DATABASE = "dcs_bench_ingest"
ESTATE = False  # it makes its own database


def run(small):
    """Ingest a generated project four times into a fresh database and print each time with its ratio."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    models = 500 if small else 5000
    scale = models / 5000
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for column_lineage in (False, True):
            dbt_manifest.generate(folder, models, 30)
            size = sum(path.stat().st_size for path in folder.glob("*.json")) / 1e6
            with fresh_database(settings, connections):
                call_command("migrate", verbosity=0, interactive=False)
                bare = copy_limit(connections["owner"], models * 30)
                words = "with column lineage" if column_lineage else "without column lineage"
                print(
                    f"  {models:,} models × 30 columns, {size:.0f} MB, {words}; bare COPY of the columns {bare:.2f} s"
                )
                report("first", ingest(folder, column_lineage), bare, scale)
                report("identical", ingest(folder, column_lineage), bare, scale)
                dbt_manifest.change(folder, 0)
                report("unchanged", ingest(folder, column_lineage), bare, scale)
                dbt_manifest.change(folder, 0.02)
                report("2 % changed", ingest(folder, column_lineage), bare, scale)


def ingest(folder, column_lineage):
    """Accept and run the files of `folder`; returns (seconds, rows written)."""
    from apps.deploy import ingestion
    from apps.people.reader import system

    files = [(path.name, io.BytesIO(path.read_bytes())) for path in sorted(folder.glob("*.json"))]
    begun = time.perf_counter()
    job = ingestion.accept(
        files, reader=system("benchmark"), options=ingestion.Options(column_lineage=column_lineage)
    )
    ingestion.run(job)
    seconds = time.perf_counter() - begun
    if job.status != "completed":
        raise SystemExit(job.error_message)
    counts = job.stats.get("counts", {}).values()
    return seconds, sum(n for kind in counts for word, n in kind.items() if word != "unchanged")


def report(name, measured, bare, scale):
    seconds, written = measured
    target = TARGETS[name] * scale
    print(
        f"    {name:<12}{seconds:7.2f} s  {written:9,} rows   target {target:5.2f} s: ×{seconds / target:.2f}"
        f"   bare COPY: ×{seconds / bare:.1f}"
    )


def copy_limit(connection, rows):
    """Seconds for a COPY of as many narrow rows as the project has columns."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNLOGGED TABLE copied (urn text, name text, data_type text, description text)")
        block = "".join(
            f"urn:dcs:dbt:model:shop.main:model_{n}.column\tcolumn_{n}\tvarchar\tWhat it says.\n"
            for n in range(1000)
        )
        begun = time.perf_counter()
        with cursor.cursor.copy("COPY copied FROM STDIN") as stream:
            for _block in range(max(rows // 1000, 1)):
                stream.write(block)
        seconds = time.perf_counter() - begun
        cursor.execute("DROP TABLE copied")
    return seconds


class fresh_database:
    """A database of this benchmark's own beside the one of the estate; gone afterwards."""

    def __init__(self, settings, connections):
        self.settings, self.connections = settings, connections

    def __enter__(self):
        from apps.dcs import roles

        self.before = {alias: self.connections[alias].settings_dict["NAME"] for alias in self.connections}
        with self._connect("postgres") as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER dcs_owner")
        with self._connect(DATABASE) as connection:
            connection.execute(roles.CREATE_SCHEMA.format(database=DATABASE))
        self._use(dict.fromkeys(self.before, DATABASE))

    def __exit__(self, *error):
        self._use(self.before)
        with self._connect("postgres") as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")

    def _use(self, names):
        for alias, name in names.items():
            self.connections[alias].close()
            self.connections[alias].settings_dict["NAME"] = name

    def _connect(self, database):
        if self.settings.EMBEDDED is not None:
            return self.settings.EMBEDDED.connect(database)
        return psycopg.connect(os.environ["DATABASE_URL"], dbname=database, autocommit=True)
