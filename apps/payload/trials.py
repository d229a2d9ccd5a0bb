"""Trying a connection: whether it opens, what answers, and what an operator should know of the account."""

import time
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.catalog.engines import DUCKDB, POSTGRES, SPARK, engine_of

from .sources import Unreadable, open_system

DEADLINE_S = 4


@dataclass(frozen=True)
class Trial:
    """How a trial went: `said` is a short reason without any detail of the network, `notes` what to think about."""

    ok: bool
    said: str
    engine: str = ""
    notes: tuple[str, ...] = ()
    took_ms: int = 0

    def as_dict(self):
        """For the row that keeps it, and the API."""
        return {**asdict(self), "notes": list(self.notes)}


def attempt(system):
    """Open the system's database, ask who one is, and close it; takes a few seconds at most and never raises for it.

    Not within a transaction: a server that is slow to answer must not hold one open.
    """
    begun = time.monotonic()

    def took():
        return round((time.monotonic() - begun) * 1000)

    try:
        with open_system(system, deadline_s=DEADLINE_S, memory_mb=256) as source:
            engine, tables, notes = _looked_at(source, engine_of(system.connection, system.kind))
    except Unreadable as error:
        return Trial(False, error.detail, took_ms=took())
    said = ngettext(
        "It answers. %(n)d table or view can be read.",
        "It answers. %(n)d tables and views can be read.",
        tables,
    )
    return Trial(True, said % {"n": tables}, engine, notes, took())


def _looked_at(source, engine):
    """(the engine's name and version, how many tables and views can be read, notes)."""
    if engine == POSTGRES:
        return _of_server(source)
    if engine == SPARK:
        return f"Spark {source.engine.version}", source.engine.tables(), ()
    if engine == DUCKDB:
        version = source.fetch("SELECT version()")[0][0]
        tables = source.fetch(
            "SELECT (SELECT count(*) FROM duckdb_tables() WHERE database_name = 'payload' AND NOT internal)"
            " + (SELECT count(*) FROM duckdb_views() WHERE database_name = 'payload' AND NOT internal)"
        )[0][0]
        return f"DuckDB {version.removeprefix('v')}", tables, ()
    version = source.fetch("SELECT sqlite_version()")[0][0]
    tables = source.fetch(
        "SELECT count(*) FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )[0][0]
    return f"SQLite {version}", tables, ()


READABLE = """
SELECT count(*) FILTER (WHERE has_table_privilege(c.oid, 'SELECT')),
       coalesce(bool_or(has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')), false)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND has_schema_privilege(n.oid, 'USAGE')
"""
ACCOUNT = """
SELECT current_setting('server_version'), r.rolsuper,
       (SELECT s.ssl FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid())
FROM pg_roles r WHERE r.rolname = current_user
"""


def _of_server(source):
    version, superuser, encrypted = source.fetch(ACCOUNT)[0]
    tables, writes = source.fetch(READABLE)[0]
    notes = []
    if superuser:
        notes.append(_("The account is a superuser. Give the portal one that may only read."))
    elif writes:
        notes.append(
            _("The account may write to tables. The portal never does; one that may only read is safer.")
        )
    if not encrypted:
        notes.append(_("The connection is not encrypted. Use sslmode require, or verify-full."))
    return f"PostgreSQL {version.split()[0]}", tables, tuple(notes)
