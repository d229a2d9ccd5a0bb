"""Two ingestions at the same time end in one catalogue."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections

from .test_ingestion import ingest


def test_two_ingestions_at_once_give_one_shop(own_database):
    def once(number):
        try:
            return ingest().status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(once, range(2)))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM capsules), (SELECT count(*) FROM columns), (SELECT count(*) FROM quality_checks)"
        )
        assert cursor.fetchone() == (8, 38, 20)
    assert ends == ["completed", "completed"]
