"""Statements that are prepared answer as plain ones do, and leave the connection as it was."""

import pytest
from django.db import ProgrammingError, connection, transaction

from apps.catalog import facts
from apps.catalog.models import Capsule
from apps.dcs.prepared import prepared
from apps.people.reader import system
from tests.factories import CapsuleFactory

READER = system("test", clearance=2)


def learned(capsule):
    """What all dimensions know of a capsule, asked for as a page does."""
    found = Capsule.objects.get(pk=capsule.pk)
    facts.learn([found], READER)
    return found._facts


@pytest.mark.parametrize("allowed", [True, False])
def test_facts_follow_every_change_whether_prepared_or_not(db, settings, allowed):
    settings.PREPARED_STATEMENTS = allowed
    capsule = CapsuleFactory(columns=["order_id"])
    first = [learned(capsule) for _time in range(8)]  # the plan that is kept comes after the fifth

    capsule.columns.all().delete()

    assert all(found == first[0] for found in first)
    assert learned(capsule) != first[0]


def test_a_prepared_statement_counts_as_a_query(db, django_assert_num_queries):
    with django_assert_num_queries(1) as captured, prepared() as cursor:
        cursor.execute("SELECT %s::int + 1", [41])
        assert cursor.fetchone() == (42,)
    assert captured.captured_queries[0]["sql"].startswith("SELECT $1::int")


def test_after_a_fault_the_connection_prepares_nothing_unasked(db):
    before = connection.connection.prepare_threshold

    with pytest.raises(ProgrammingError), transaction.atomic(), prepared() as cursor:
        cursor.execute("SELECT no_such_column")

    assert connection.connection.prepare_threshold == before
