"""Two people press at the same moment: one plan is applied once, one job is queued, nobody's change is lost."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from apps.audit.context import acting
from apps.catalog import documents
from apps.catalog.models import Capsule, CapsuleVersion
from apps.dcs.models import JobProgress
from apps.deploy import background, plan
from apps.people.reader import reader_of, system
from tests.factories.people import UserFactory

URN = "urn:dcs:dbt:model:shop:orders"


@pytest.fixture
def producer(own_database):
    with acting(system("test")):
        return UserFactory(role="producer")


def planned(user, *contents):
    reader = reader_of(user)
    with acting(reader):
        return plan.make(documents.write_bundle([documents.canonical(each) for each in contents]), reader)


def press_at_once(user, *plans):
    """POST apply for each of the plans at the same moment; the status codes in their order."""
    with acting(system("test")):
        clients = [Client(raise_request_exception=False) for _plan in plans]
        for client in clients:
            client.force_login(user)
    gate = Barrier(len(plans))

    def press(client, made):
        try:
            gate.wait(10)
            return client.post(reverse("deploy:apply", args=[made.number])).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(plans)) as pool:
        return list(pool.map(press, clients, plans))


def test_one_plan_pressed_four_times_at_once_is_applied_once(producer):
    made = planned(producer, {"urn": URN, "name": "orders"})

    codes = press_at_once(producer, made, made, made, made)

    with acting(system("test")):
        assert codes == [302, 302, 302, 302]
        assert CapsuleVersion.objects.count() == 1


def test_of_two_plans_of_one_capsule_at_once_the_second_is_answered_with_a_new_plan(producer):
    first = planned(producer, {"urn": URN, "name": "orders"})
    press_at_once(producer, first)
    gold = planned(producer, {"urn": URN, "name": "orders", "layer": "gold"})
    said = planned(producer, {"urn": URN, "name": "orders", "description": "One row for each order."})

    codes = press_at_once(producer, gold, said)

    with acting(system("test")):
        capsule = Capsule.objects.get()
        assert sorted(codes) == [302, 409]
        assert CapsuleVersion.objects.count() == 2
        assert (capsule.layer == "gold") != (capsule.description == "One row for each order.")


def test_a_large_plan_pressed_three_times_at_once_is_one_job(producer):
    many = [{"urn": f"{URN}_{n:03}", "name": f"orders_{n:03}"} for n in range(background.MANY + 1)]
    made = planned(producer, *many)

    codes = press_at_once(producer, made, made, made)

    with acting(system("test")):
        assert codes == [302, 302, 302]
        assert JobProgress.objects.of(made).count() == 1
        background.run(JobProgress.objects.of(made).get().pk)
        assert CapsuleVersion.objects.count() == background.MANY + 1
