"""Statements that PostgreSQL plans once a connection: where reading takes less time than planning."""

from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.db import connection


class Prepared(psycopg.Cursor):
    """A cursor whose statements are parsed once a connection and, after a few times, planned no more."""

    def execute(self, query, params=None):
        return super().execute(query, params, prepare=True)

    def _convert_query(self, query, params=None):
        # Django's log of queries reads it here.
        self._query = super()._convert_query(query, params)
        return self._query


@contextmanager
def prepared():
    """A cursor for statements with few different texts that look rows up by a key.

    A plain one where the settings say that a pooler stands between: it would give the next transaction another connection.
    """
    if not settings.PREPARED_STATEMENTS:
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.ensure_connection()
    wire = connection.connection
    threshold, wire.prepare_threshold = wire.prepare_threshold, 0  # Django sets None, which forbids it
    try:
        with connection._prepare_cursor(Prepared(wire)) as cursor:
            yield cursor
    finally:
        wire.prepare_threshold = threshold
