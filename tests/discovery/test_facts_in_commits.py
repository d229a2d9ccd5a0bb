"""What other transactions see of the catalogue's own tables, and when."""

import threading

from django.db import connection

from apps.audit.context import acting
from apps.catalog.models import Capsule
from apps.people.reader import system
from apps.provenance import counters
from tests.discovery.test_capsule_facts import facts
from tests.factories import CapsuleFactory, ContractFactory, QualityRuleFactory


def test_a_row_that_did_not_change_the_facts_does_not_move_the_counter(own_database):
    with acting(system("test")):
        capsule = CapsuleFactory()
    before = counters.count("catalogue")

    with acting(system("test")):
        Capsule.objects.filter(pk=capsule.pk).update(name=capsule.name)
    assert counters.count("catalogue") == before

    with acting(system("test")):
        Capsule.objects.filter(pk=capsule.pk).update(name="orders")
        assert counters.count("catalogue") is None, "what may be undone has no number"
    assert counters.count("catalogue") == before + 1


def test_two_who_change_one_capsule_at_once_are_both_counted(own_database):
    with acting(system("test")):
        capsule = CapsuleFactory(columns=["order_id"])
    written, may_end = threading.Event(), threading.Event()

    def add_a_rule():
        with acting(system("first")):
            QualityRuleFactory(capsule=capsule)
            written.set()
            may_end.wait(10)
        connection.close()

    first = threading.Thread(target=add_a_rule)
    first.start()
    written.wait(10)
    threading.Timer(0.3, may_end.set).start()
    with acting(system("second")):
        ContractFactory(capsule=capsule, active=True)  # waits for the first and counts its rule
    first.join()

    row = facts(capsule)
    assert (row["rule_count"], row["contract_status"]) == (1, "active")
