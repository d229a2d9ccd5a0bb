"""A database that is read is not burdened by more runs at once than its operator allows."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.people.reader import system
from apps.quality import running
from tests.factories import CapsuleFactory, SourceSystemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(settings):
    settings.SOURCE_CONCURRENCY = 2
    warehouse = SourceSystemFactory(
        connection={
            "engine": "postgres",
            "host": "warehouse.example.org",
            "database": "shop",
            "user": "reader",
        }
    )
    capsules = [CapsuleFactory(source_system=warehouse, schema_name="main") for _ in range(3)]
    return [running.accept(capsule, reader=system("test")) for capsule in capsules]


def test_the_third_run_of_a_database_waits_until_one_of_two_is_over(three):
    first, second, third = three
    assert running._take(first.pk, 0)
    assert running._take(second.pk, 0)
    asked = ProcrastinateJob.objects.filter(args__run_id=str(third.pk))
    before = asked.count()

    assert running._take(third.pk, 0) is None

    third.refresh_from_db()
    assert (third.state, third.attempts) == ("queued", 0)
    assert asked.count() == before + 1  # it comes again by itself
    assert asked.order_by("-id").first().scheduled_at is not None

    first.refresh_from_db()
    running._end(first, "finished", "", "")
    assert running._take(third.pk, 0)


def test_files_have_no_such_limit(three, settings, tmp_path):
    settings.SOURCE_CONCURRENCY = 0
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    first = three[0]
    type(first.capsule)._base_manager.filter(pk=first.capsule_id).update(
        storage_location=str(tmp_path / "orders.parquet"), storage_format="parquet"
    )

    assert running._take(first.pk, 0)
