"""The demo begins governed: what a stranger sees first is what the portal is for."""

import pytest

from apps.catalog.models import Capsule
from apps.contracts.models import Contract
from apps.demo import people, story
from apps.people.models import User
from apps.people.reader import reader_of
from apps.policy.models import MaskingRule, Policy
from apps.workflow.models import Review

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(db, monkeypatch):
    monkeypatch.setattr(people, "password", lambda: "kept in no file")
    return story.tell()


def test_policies_and_a_contract_are_in_force_by_somebody_elses_approval(demo):
    policies = Policy.objects.active()
    assert sorted(str(one.column or one.capsule) for one in policies) == [
        "customers",
        "first_name",
        "last_name",
        "orders",
    ]
    assert {one.approved_by_user.username for one in policies} == {"policyadmin"}
    contract = Contract.objects.get()
    assert (contract.status, contract.capsule.name, contract.approved_by) == (
        "active",
        "orders",
        "contractowner",
    )
    assert [one["team"] for one in contract.known_consumers] == ["Finance", "Marketing"]


def test_nothing_waits_for_a_decision(demo):
    assert set(Review.objects.values_list("state", flat=True)) == {"applied"}


def test_names_of_customers_are_masked(demo):
    assert {str(rule.column) for rule in MaskingRule.objects.filter(is_enabled=True)} == {
        "first_name",
        "last_name",
    }


def test_the_demo_proposed_once_more_changes_nothing(demo):
    from apps.deploy import plan

    reader = reader_of(User.objects.get(username="producer"))
    again = plan.make(story.GOVERNED.read_bytes(), reader)
    assert again.result["result"] == "no_change"
    assert Capsule.objects.current().count() == 8
