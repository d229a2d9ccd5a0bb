"""Spark, asked through Spark Connect: a session of its own in UTC, one SELECT at a time, ended at its deadline. Pure.

The client is an extra (requirements/spark.txt); where it is not installed the answer is `extra`. The server reads its
tables itself; nothing of it is opened here.
"""

import contextlib
import re
import socket
from urllib.parse import urlsplit

from .base import SUBJECT, Unanswered
from .connected import Connected
from .limits import AT_ONCE, alarm, gathered

SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # what overflows or does not read is an error, and no NULL
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.variant.allowDuplicateKeys": "true",  # in JSON, which does not forbid them
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
}
KNOCK_S = 3  # the client itself would go on trying for minutes
READING = re.compile(r"\s*(SELECT|WITH|\()", re.IGNORECASE)
CONDITIONS = {
    "TABLE_OR_VIEW_NOT_FOUND": "no_table",
    "SCHEMA_NOT_FOUND": "no_table",
    "UNRESOLVED_COLUMN": "no_column",
    "INSUFFICIENT_PERMISSIONS": "forbidden",
    "OPERATION_CANCELED": "cancelled",
}
LOST = re.compile(
    r"StatusCode\.(UNAVAILABLE|UNAUTHENTICATED|DEADLINE_EXCEEDED)|failed to connect", re.IGNORECASE
)


class SparkEngine(Connected):
    """One session of its own: a context manager."""

    dialect = "databricks"  # Ibis' own words for Spark need a live session for some expressions

    def __enter__(self):
        try:
            from pyspark.sql.connect.session import SparkSession
        except ImportError as error:
            raise Unanswered("extra", f"spark: {error}") from None
        address = self.described.server["address"]
        try:
            told = urlsplit(address)
            socket.create_connection((told.hostname, told.port), KNOCK_S).close()
            with alarm(self.described.deadline_s, self._stop):
                self.connection = SparkSession.builder.remote(address).create()
                for name, value in SESSION.items():
                    self.connection.conf.set(name, value)
                self.version = self.connection.version
        except Exception as error:  # the client has no one class for what may go wrong on the way
            self.close()
            raise Unanswered("unreachable", _condition(error)[1]) from None
        return self

    def close(self):
        """End the session, on the server too."""
        if self.connection is not None:
            with contextlib.suppress(Exception):
                self.connection.stop()

    def relation(self, alias=SUBJECT):
        """How SQL writes the table of an alias."""
        table = self.table(alias)
        return ".".join(_quoted(name) for name in (table.schema, table.name) if name)

    def fetch(self, sql, values=(), *, deadline_s=None):
        """The rows of one SELECT as tuples."""
        if values or not READING.match(sql):
            raise Unanswered("query", "not one SELECT without parameters")
        self._cancelled = False
        given = self.described
        with alarm(self.seconds(deadline_s), self._stop) as passed:
            try:
                # One more than allowed, so that too many are known as such and the rest stays where it is.
                found = self.connection.sql(sql).limit(given.rows + 1).toArrow()
            except MemoryError:
                raise Unanswered("memory") from None
            except Exception as error:
                raise self._answered(error, passed.is_set()) from None
        return gathered(_batches(found), rows=given.rows, size=given.bytes)

    def _answered(self, error, passed):
        code, said = _condition(error)
        if passed:
            return Unanswered("deadline", said)
        if self._cancelled:
            return Unanswered("cancelled", said)
        return Unanswered(code, said)

    def types(self, alias=SUBJECT):
        """{column: type, as Spark spells it} in the order of the table."""
        if alias not in self._types:
            with alarm(self.seconds(None), self._stop) as passed:
                try:
                    fields = self.connection.sql(f"SELECT * FROM {self.relation(alias)}").schema.fields  # noqa: S608
                except Exception as error:
                    raise self._answered(error, passed.is_set()) from None
            self._types[alias] = {one.name: one.dataType.simpleString() for one in fields}
        return self._types[alias]

    def row_names(self):
        """The primary key; Spark has no other name for a row."""
        return tuple(_quoted(name[1:-1].replace('""', '"')) for name in self.key())

    def cancel(self):
        """End the query that runs; called from another thread."""
        self._cancelled = True
        self._stop()

    def tables(self):
        """How many tables and views the session sees in its schema."""
        return len(self.connection.catalog.listTables())

    def _stop(self):
        with contextlib.suppress(Exception):
            self.connection.interruptAll()


def _quoted(name):
    return "`" + name.replace("`", "``") + "`"


def _batches(found):
    """The rows of an Arrow table, some at a time."""
    for batch in found.to_batches(max_chunksize=AT_ONCE):
        columns = [column.to_pylist() for column in batch.columns]
        yield list(zip(*columns, strict=True)) if columns else [()] * batch.num_rows


def _condition(error):
    """(our code, what was said) of anything that the client raises; the server names its conditions."""
    said = f"{type(error).__name__}: {error}"
    named = ""
    with contextlib.suppress(Exception):
        named = error.getCondition() or ""
    if LOST.search(said):
        return "unreachable", said
    return CONDITIONS.get(named.partition(".")[0], "query"), said
