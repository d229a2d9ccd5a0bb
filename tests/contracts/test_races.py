"""Breaches that several find at the same moment: one incident, one message."""

from apps.contracts import incidents, monitor
from apps.contracts.models import Incident
from apps.dcs.refusals import Conflict
from apps.people.reader import reader_of
from tests.factories import CapsuleFactory, OwnerFactory, UserFactory
from tests.racing import PAIRS, at_once, lost

from .test_outages import FINANCE, HOUR, NOON, loaded, member, messages, promised


def test_breaches_found_at_the_same_moment_are_one_incident_and_one_message(own_database):
    member(OwnerFactory(name="finance"))
    by = reader_of(UserFactory(role="contract_owner"))
    contract = promised(CapsuleFactory(name="orders"), FINANCE)
    loaded(contract.capsule, at=NOON)
    late = NOON + 5 * HOUR
    for number in range(PAIRS):
        results = at_once(
            lambda: monitor.evaluate_capsule(contract.capsule_id, at=late),
            lambda: incidents.report(contract, {"kind": "freshness"}, by=by),
        )
        assert [each for each in lost(results) if not isinstance(each, Conflict)] == []
        one = Incident.objects.get()
        contract.refresh_from_db()
        assert (one.status, contract.status, messages().count()) == ("open", "breached", 1), number
        messages().delete()
        one.delete()
        incidents.settle([contract.pk])
