"""Tell PostgreSQL who is acting and why, for the length of one transaction."""

from contextlib import contextmanager

from django.db import connections, transaction

from apps.people.reader import Reader, reader_of

KEYS = ("actor", "reason", "session", "ip", "application", "request_id", "clearance", "via", "bulk")


@contextmanager
def acting(reader, *, reason="", bulk=False, using="default"):
    """Attribute every change made inside the block to `reader` (a `Reader`, or a user).

    Opens a transaction, or a savepoint in one, and sets the names transaction-locally, so nothing
    leaks into the next request that borrows the connection; on leaving a nested block the outer names
    are back. In a `bulk` block derived tables are not kept row by row: who opens it refreshes them once. This is the only place that sets PostgreSQL settings (errata rows E3 and E5).
    """
    if not isinstance(reader, Reader):
        reader = reader_of(reader)
    values = (
        reader.name,
        reason,
        reader.session_id,
        reader.address,
        reader.application,
        reader.request_id,
        str(reader.clearance),
        reader.via,
        "on" if bulk else "",
    )
    connection = connections[using]
    with transaction.atomic(using=using):
        outer = _settings(connection) if connection.savepoint_ids or connection.in_atomic_block else None
        _set(connection, values)
        yield reader
        # A savepoint that is to be undone takes its settings along; no query may run before it is.
        if outer is not None and not connection.needs_rollback:
            _set(connection, outer)


def current_reason(using="default"):
    """Why the running transaction says it changes things; empty if it does not say."""
    return _settings(connections[using])[KEYS.index("reason")]


def _settings(connection):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"coalesce(current_setting('dcs.{key}', true), '')" for key in KEYS)
        )
        return cursor.fetchone()


def _set(connection, values):
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"set_config('dcs.{key}', %s, true)" for key in KEYS), values)
