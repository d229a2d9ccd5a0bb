"""A version is there whenever the document of a capsule has moved, whoever moved it, and never otherwise."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.audit.context import acting
from apps.audit.models import Change
from apps.catalog import retirement, snapshots, versions
from apps.catalog.documents import version_hash
from apps.catalog.models import Capsule, CapsuleVersion
from apps.people.reader import system
from tests.discovery.pages import page, signed_in
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    ConstraintFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return UserFactory(username="ana", role="steward")


@pytest.fixture
def orders():
    with acting(system("load")):
        return CapsuleFactory(name="orders", complete=True, columns=["order_id", "amount"])


def told(capsule):
    return list(
        CapsuleVersion.objects.filter(capsule=capsule).order_by("number").values_list("number", "change_type")
    )


def newest(capsule):
    return CapsuleVersion.objects.filter(capsule=capsule).latest("number")


def redescribe(capsule, by, text="Orders, one row each."):
    with acting(by, reason="Agreed with Finance."):
        capsule.description = text
        capsule.save(update_fields=["description"])


def test_what_is_made_gets_its_first_version(orders):
    (version,) = CapsuleVersion.objects.filter(capsule=orders)

    assert (version.number, version.change_type, version.is_current) == (1, "created", True)
    assert version.snapshot == snapshots.states([orders.pk])[orders.pk]
    assert version.content_hash == version_hash(version.snapshot)
    assert not version.breaking_change


def test_a_change_is_kept_with_who_and_why(orders, ana):
    redescribe(orders, ana)

    version = newest(orders)
    assert told(orders) == [(1, "created"), (2, "metadata_change")]
    assert version.deployed_by == "ana"
    assert version.deployment_context["reason"] == "Agreed with Finance."
    assert version.change_summary == "Description changed."
    assert version.snapshot["description"] == "Orders, one row each."
    assert CapsuleVersion.objects.filter(capsule=orders, is_current=True).get() == version


def test_a_change_of_structure_says_so_and_what_it_breaks(orders, ana):
    with acting(ana):
        orders.columns.get(name="amount").delete()

    version = newest(orders)
    assert version.change_type == "schema_change"
    assert version.breaking_change
    assert version.meta["changes"] == {"column_removed": 1}


def test_a_version_names_its_neighbours(orders, ana):
    with acting(ana):
        CapsuleEdgeFactory(source=orders, target=CapsuleFactory(name="revenue"))
    redescribe(orders, ana)

    assert newest(orders).downstream_urns == ["urn:dcs:dbt:model:jaffle_shop.staging:revenue"]
    assert newest(orders).upstream_urns == []


def test_nothing_moved_is_no_version(orders, ana):
    with acting(ana):
        Capsule.objects.filter(pk=orders.pk).update(row_count=12)

    assert told(orders) == [(1, "created")]


def test_a_block_within_another_waits_for_its_end(orders, ana):
    with acting(ana):
        redescribe(orders, ana, "First words.")
        redescribe(orders, ana, "Last words.")

    assert told(orders) == [(1, "created"), (2, "metadata_change")]
    assert newest(orders).snapshot["description"] == "Last words."


def test_what_is_undone_leaves_no_version(orders, ana):
    with acting(ana):
        redescribe(orders, ana)
        transaction.set_rollback(True)

    assert told(orders) == [(1, "created")]


def test_retiring_and_coming_back_are_versions(orders, ana):
    with acting(ana):
        retirement.retire(orders)
    with acting(ana):
        retirement.restore(orders)

    assert [kind for _number, kind in told(orders)] == ["created", "deleted", "metadata_change"]
    assert newest(orders).change_summary == "Brought back."


@pytest.mark.parametrize("kind", ["owner", "domain"])
def test_a_name_that_the_document_repeats_moves_it(orders, ana, kind):
    thing = getattr(orders, kind)

    with acting(ana):
        thing.name = f"{thing.name} renamed"
        thing.save(update_fields=["name"])

    assert newest(orders).number == 2


def test_rows_name_the_version_in_which_they_last_changed(orders, ana):
    with acting(ana):
        key = ConstraintFactory(column=orders.columns.get(name="order_id"), kind="primary_key")
    seen = key.updated_at

    key.refresh_from_db()
    assert key.capsule_version == newest(orders)
    assert seen is None or key.updated_at == seen
    assert not Change.objects.of(key).filter(operation="UPDATE").exists()


def test_a_form_captures_too(orders, client):
    producer = signed_in(client, "steward")
    producer.user.stewardships.create(domain=orders.domain)
    form = page(producer, f"/capsules/{orders.urn}/edit/")
    seen = form.split('name="seen" value="')[1].split('"')[0]

    answer = producer.post(
        f"/capsules/{orders.urn}/edit/", {"description": "By hand.", "seen": seen, "reason": "Clearer."}
    )

    assert answer.status_code == 302, answer.content.decode()
    assert newest(orders).snapshot["description"] == "By hand."
    assert newest(orders).deployed_by == producer.user.username


def test_reading_asks_nothing_about_versions(orders, client):
    analyst = signed_in(client, "analyst")
    page(analyst, f"/capsules/{orders.urn}/")

    with CaptureQueriesContext(connection) as queries:
        page(analyst, f"/capsules/{orders.urn}/")

    assert not [query for query in queries if "touched_capsules" in query["sql"]]


def test_many_capsules_cost_as_many_queries_as_two(ana):
    def cost(number):
        with acting(system("load")):
            capsules = [CapsuleFactory(columns=["order_id"]) for _ in range(number)]
        ids = [capsule.pk for capsule in capsules]
        Capsule.objects.filter(pk__in=ids).update(description="Other words.")
        with CaptureQueriesContext(connection) as queries:
            assert len(versions.capture(ids, system("load"))) == number
        return len(queries)

    assert cost(2) == cost(30) < 40
