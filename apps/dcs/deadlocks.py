"""Two transactions that wait for each other: PostgreSQL ends one of them, and its work is done again."""

import logging
import random
import time

from django.db import OperationalError, connection

log = logging.getLogger(__name__)
TIMES = 3  # after the first
DEADLOCK, SERIALISATION = "40P01", "40001"
PAUSE = 0.05  # seconds, doubled each time


def is_lost(error):
    """True if the database undid a transaction only because of another one: the same work may succeed at once."""
    return getattr(error.__cause__, "sqlstate", None) in (DEADLOCK, SERIALISATION)


def again(deed, *, afresh=lambda: None):
    """The result of `deed()`, a whole transaction, done again up to three times if it lost against another one.

    Inside of a transaction it is done once: what lost is all of it. `afresh` is called before each new attempt.
    """
    attempt = 0
    while True:
        try:
            return deed()
        except OperationalError as error:
            if attempt == TIMES or connection.in_atomic_block or not is_lost(error):
                raise
        attempt += 1
        log.warning("two transactions waited for each other; attempt %s begins", attempt + 1)
        time.sleep(PAUSE * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        afresh()
