"""Breaches that several find at the same moment: one incident, one message."""

from apps.contracts import incidents, monitor, writing
from apps.contracts.models import Contract, Incident
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


def test_simultaneous_signatures_of_two_versions_leave_one_in_force(own_database):
    first, second = (reader_of(UserFactory(role="contract_owner")) for _each in range(2))
    author = reader_of(UserFactory(role="contract_owner"))
    orders = CapsuleFactory(name="orders")
    for number in range(PAIRS):
        one, other = (
            writing.create(orders, {"version": f"{number}.{part}"}, by=author, propose=True)
            for part in (1, 2)
        )
        results = at_once(
            lambda: one.take("sign", by=first, comment="Agreed."),  # noqa: B023 - called before the next round
            lambda: other.take("sign", by=second, comment="Agreed."),  # noqa: B023
        )
        assert [each for each in lost(results) if not isinstance(each, Conflict)] == [], number
        states = sorted(
            Contract.objects.filter(version__startswith=f"{number}.").values_list("status", flat=True)
        )
        assert states == ["active", "superseded"], number
        assert Contract.objects.in_force().count() == 1


def test_of_two_who_sign_the_same_version_at_once_one_does(own_database):
    signers = [reader_of(UserFactory(role="contract_owner")) for _each in range(2)]
    author = reader_of(UserFactory(role="contract_owner"))
    orders = CapsuleFactory(name="orders")
    for number in range(PAIRS):
        contract = writing.create(orders, {"version": f"{number}"}, by=author, propose=True)
        results = at_once(
            *(
                lambda signer=signer: Contract.objects.get(pk=contract.pk).take("sign", by=signer)  # noqa: B023
                for signer in signers
            )
        )
        assert len(lost(results)) == 1, number
        assert all(isinstance(each, Conflict) for each in lost(results)), number
        contract.refresh_from_db()
        assert contract.status == "active"
