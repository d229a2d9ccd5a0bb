"""Tell PostgreSQL who is acting and why, for the length of one transaction."""

import re
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections, transaction

from apps.dcs import signing
from apps.people.reader import Reader, reader_of

KEYS = ("ctx", "reason", "session", "ip", "application", "request_id", "bulk", "review")
# How somebody came; who acts again inside of their own block did not come another way.
ARRIVAL = ("session", "ip", "application", "request_id")
WRITES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CALL|DO|WITH\b.*?\b(INSERT|UPDATE|DELETE))\b", re.I | re.S
)
_finishing = []


def before_the_end(finish):
    """Call `finish(reader)` at the end of every outermost `acting` that wrote something, before it commits."""
    _finishing.append(finish)


@dataclass
class Writing:
    """Whether the outermost `acting` of a connection has written; it hears each statement, so asking costs no query.

    `since` is the number of the log entry up to which somebody has dealt with what was written.
    """

    wrote: bool = False
    since: int = 0

    def __call__(self, execute, sql, params, many, context):
        if not self.wrote:
            self.wrote = WRITES.match(str(sql)) is not None
        return execute(sql, params, many, context)


@contextmanager
def acting(reader, *, reason="", bulk=False, review=None, using="default"):
    """Attribute every change made inside the block to `reader` (a `Reader`, or a user).

    Opens a transaction, or a savepoint in one, and sets the names transaction-locally, so nothing
    leaks into the next request that borrows the connection; on leaving a nested block the outer names
    are back. In a `bulk` block derived tables are not kept row by row: who opens it refreshes them once. `review` is
    the key of the approved review that is being applied; inner blocks keep it. A user who acts already, and is named
    again, still came by the session or token of the outer block. This is the only place that sets PostgreSQL settings
    (errata rows E3 and E5). What `before_the_end` was told runs at the end of an outermost block that wrote.
    """
    named_again = not isinstance(reader, Reader)
    if named_again:
        reader = reader_of(reader)
    values = {
        "reason": reason,
        "session": reader.session_id,
        "ip": reader.address,
        "application": reader.application,
        "request_id": reader.request_id,
        "bulk": "on" if bulk else "",
        "review": str(review or ""),
    }
    connection, via = connections[using], reader.via
    # A transaction of one's own begins without names, and its end takes the names along.
    nested = connection.in_atomic_block
    with transaction.atomic(using=using), _listening(connection) as writing:
        outer = _settings(connection) if nested else None
        if outer is not None:
            before = dict(zip(KEYS, outer, strict=True))
            there = signing.read(before["ctx"])
            again = named_again and reader.name and there.get("person") == reader.name
            via = there["via"] if again else reader.via
            kept = ARRIVAL if again else ()
            kept += ("review",) if review is None else ()
            values |= {key: before[key] for key in kept}
        values["ctx"] = signed(reader, via=via)
        _set(connection, tuple(values[key] for key in KEYS))
        yield reader
        if writing is not None and writing.wrote and using == "default" and not connection.needs_rollback:
            for finish in _finishing:
                finish(reader)
        # A savepoint that is to be undone takes its settings along; no query may run before it is.
        if outer is not None and not connection.needs_rollback:
            _set(connection, outer)


def signed(reader, *, via=""):
    """The context of `reader` as PostgreSQL believes it."""
    return signing.sign(
        person=reader.name, clearance=reader.clearance, roles=reader.roles, via=via or reader.via
    )


@contextmanager
def _listening(connection):
    """The `Writing` of an outermost block while it lasts; None inside of one."""
    if writing(connection.alias) is not None:
        yield None
        return
    with connection.execute_wrapper(Writing()):
        yield writing(connection.alias)


def writing(using="default"):
    """The `Writing` of the outermost block that runs, None outside of any."""
    return next((each for each in connections[using].execute_wrappers if isinstance(each, Writing)), None)


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
