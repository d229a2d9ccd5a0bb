"""What fails while a plan is applied: a process that is killed, a dimension that cannot write."""

import os
import random
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection, transaction

from apps.audit.models import Change
from apps.catalog import dimensions, documents, snapshots
from apps.catalog.models import Capsule, CapsuleVersion
from apps.deploy import applying, plan
from apps.deploy.models import Plan, PlanPart
from apps.people.reader import system
from apps.workflow.models import Notification, Review

ORDERS, LINES = "urn:dcs:dbt:model:shop:orders", "urn:dcs:dbt:model:shop:lines"
KILLS = int(os.environ.get("KILLS", "25"))


def told(urn, number):
    """A document that says something else in each of its sections for each number."""
    kept = [{"name": "order_id", "data_type": "INT", "description": f"Key, {number}."}]
    gone = [{"name": f"note_{number % 3}", "data_type": ("INT", "TEXT")[number % 2]}]
    return documents.canonical(
        {
            "urn": urn,
            "name": urn.rsplit(":", 1)[-1],
            "description": f"As of {number}.",
            "tags": [f"t{number % 4}", "shop"],
            "schema": {"columns": kept + gone},
            "columns": {"order_id": {"unit_of_measure": f"unit {number % 5}"}},
            "quality_rules": [
                {"rule": "freshness", "capsule_level": True, "threshold": f"PT{number % 9 + 1}H"}
            ],
            "policies": {"sensitivity_level": ("internal", "confidential")[number % 2]},
            "lineage": {"upstream": [f"urn:dcs:dbt:model:shop:raw_{number % 2}"]},
            "contract": {"version": "1.0", "slas": {"freshness": {"target": f"PT{number % 7 + 1}H"}}},
        }
    )


def planned(number):
    both = documents.write_bundle([told(ORDERS, number), told(LINES, number)])
    return plan.make(both, system("deploy"), plan.Options(overwrite=True))


def states():
    found = Capsule.objects.filter(urn__in=[ORDERS, LINES])
    keys = dict(found.values_list("pk", "urn"))
    return {keys[pk]: state for pk, state in snapshots.states(keys).items()}


# ---------- killed ----------


@contextmanager
def children(database):
    command = [sys.executable, "-m", "tests.deploy.applying_in_children", database]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], **pipes) as nursery:
        try:
            yield nursery
        finally:
            nursery.stdin.close()
            nursery.wait(30)


def applied_in_child(nursery, found, *, killed_after=-1):
    """Apply a plan in a process of its own, killed so many seconds later; True if it came to its end by itself."""
    nursery.stdin.write(f"{found.pk} {killed_after}\n")
    nursery.stdin.flush()
    return int(nursery.stdout.readline()) == 0


def wait_for_the_server(found):
    """Until PostgreSQL has noticed that a client is gone: its locks are the last that it gives up."""
    with transaction.atomic():
        Plan._base_manager.select_for_update().get(pk=found.pk)
        list(Capsule._base_manager.select_for_update().order_by("urn"))


def test_a_process_that_is_killed_leaves_every_capsule_wholly_old_or_wholly_new(own_database):
    applying.apply(planned(0), reader=system("deploy"))
    now, ends = 0, []
    with children(own_database) as nursery:
        begun = time.monotonic()
        assert applied_in_child(nursery, planned(1))
        lasts, now = time.monotonic() - begun, 1
        for number in range(2, KILLS + 2):
            found, log = planned(number), Change.objects.count()
            versions = CapsuleVersion.objects.count()

            applied_in_child(nursery, found, killed_after=random.uniform(0, lasts * 1.2))  # noqa: S311
            wait_for_the_server(found)

            done = Plan._base_manager.get(pk=found.pk).applied_at is not None
            ends.append(done)
            now = number if done else now
            assert_is_whole(now)
            assert CapsuleVersion.objects.count() - versions == (2 if done else 0)
            assert (Change.objects.count() > log) == done
    assert {True, False} == set(ends), "killed neither before nor after: the moments are not random any more"


def assert_is_whole(number):
    """Both capsules, their versions, counted facts and the log say the same."""
    assert states() == {urn: _state(urn, number) for urn in (ORDERS, LINES)}
    for urn in (ORDERS, LINES):
        version = CapsuleVersion.objects.get(capsule__urn=urn, is_current=True)
        assert version.snapshot == _state(urn, number)
        assert version.number == CapsuleVersion.objects.filter(capsule__urn=urn).count()
        assert version.content_hash == documents.version_hash(_state(urn, number))
    logged = Change.objects.filter(table_name="capsule_versions", operation="INSERT").count()
    assert logged == CapsuleVersion.objects.count()


def _state(urn, number):
    return documents.read(documents.write(told(urn, number))).documents[0].canonical


# ---------- a dimension that fails ----------

PARTS = [dimension.slug for dimension in dimensions.everything() if dimension.sections]


class Failed(Exception):
    """What a dimension raised after it had written."""


@contextmanager
def failing(slug):
    """Let the dimension write everything, and then fail."""
    sound = dimensions.get(slug)

    def write(wanted):
        sound.write(wanted)
        raise Failed(slug)

    dimensions.register(replace(sound, write=write))
    try:
        yield
    finally:
        dimensions.register(sound)


def everything_stored():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'dcs'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition AND has_table_privilege(oid, 'SELECT') ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall()]
        counts = []
        for table in tables:
            cursor.execute(
                f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM dcs."{table}" t'
            )
            counts.append((table, *cursor.fetchone()))
    return counts


@pytest.mark.django_db
@pytest.mark.parametrize("slug", PARTS)
@pytest.mark.parametrize("first", [True, False], ids=["new capsules", "stored capsules"])
def test_a_dimension_that_fails_leaves_everything_as_it_was(slug, first):
    if not first:
        applying.apply(planned(0), reader=system("deploy"))
    found, before, rows = planned(1), states(), everything_stored()

    with failing(slug), pytest.raises(Failed):
        applying.apply(found, reader=system("deploy"))

    assert states() == before
    assert everything_stored() == rows
    assert Plan.objects.get(pk=found.pk).applied_at is None


@pytest.mark.django_db
def test_a_plan_that_failed_can_be_applied_once_the_fault_is_mended():
    found = planned(1)
    with failing(PARTS[-1]), pytest.raises(Failed):
        applying.apply(found, reader=system("deploy"))

    applying.apply(found, reader=system("deploy"))

    assert_is_whole(1)
    assert [model.objects.count() for model in (PlanPart, Review, Notification)] == [0, 0, 0]
