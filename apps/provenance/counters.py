"""Has anything changed since? Counters that triggers raise, one a topic."""

from django.db import connections

SUM = """
SELECT coalesce(sum(n), 0), coalesce(bool_or(raised_by = pg_current_xact_id_if_assigned()), FALSE)
FROM dcs.change_counters WHERE topic = %s
"""


def count(topic, *, using="default"):
    """How many transactions have changed `topic`, or None while this very transaction is one of them.

    Whoever keeps something under the count must keep nothing under None: the change may yet be undone,
    and the same count would then come to mean something else.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(SUM, [topic])
        number, changing = cursor.fetchone()
    return None if changing else int(number)
