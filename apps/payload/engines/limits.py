"""What holds for every engine: an end in time, and no more rows and bytes than allowed. Pure."""

import contextlib
import threading

from .base import Unanswered

AT_ONCE = 1024  # rows between two looks at the size


@contextlib.contextmanager
def alarm(seconds, ring):
    """Call `ring` when `seconds` have passed within; yields an event that tells whether it did."""
    passed = threading.Event()

    def call():
        passed.set()
        ring()

    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    try:
        yield passed
    finally:
        timer.cancel()


def gathered(batches, *, rows, size):
    """All rows of `batches` of tuples. Raises `Unanswered` ("too_much") beyond so many rows or about `size` bytes."""
    found, weight = [], 0
    for batch in batches:
        found += batch
        weight += sum(map(weighed, batch))
        if len(found) > rows:
            raise Unanswered("too_much", f"more than {rows} rows")
        if weight > size:
            raise Unanswered("too_much", f"more than {size} bytes")
    return found


def weighed(value):
    """About how many bytes a value takes on its way."""
    if isinstance(value, str | bytes | bytearray):
        return 8 + len(value)
    if isinstance(value, dict):
        return 8 + sum(weighed(key) + weighed(one) for key, one in value.items())
    if isinstance(value, list | tuple):
        return 8 + sum(map(weighed, value))
    return 8


def batches_of(cursor):
    """The rows of a DB-API cursor, some at a time."""
    while batch := cursor.fetchmany(AT_ONCE):
        yield batch
