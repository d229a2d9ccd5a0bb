"""What tests of lists and counts share."""

import pytest
from django.db import connection

from apps.discovery import kept, matching
from apps.provenance import counters


@pytest.fixture
def as_if_committed(monkeypatch):
    """What a transaction has changed itself counts as changed by another, so that counts are kept as they are in a request."""

    def count(topic, **how):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM dcs.capsule_facts_log) + coalesce(sum(n), 0)"
                " FROM dcs.change_counters WHERE topic = %s",
                [topic],
            )
            return int(cursor.fetchone()[0])

    def forget():
        kept._kept.clear()
        matching._remembered.clear()

    monkeypatch.setattr(counters, "count", count)
    forget()
    yield
    forget()
