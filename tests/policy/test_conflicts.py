from datetime import date

import pytest
from hypothesis import given, settings

from apps.dcs.periods import Period
from apps.policy.conflicts import contradictions, within
from apps.policy.effective import CAPSULE, COLUMN, Stated, effective
from tests.policy.test_effective import TODAY, several

YEARS = {n: Period(months=12 * n) for n in (2, 7)}


def between(*policies):
    """The kinds of contradiction between policies that say these values."""
    rows = [
        Stated(str(n), f"P-{n}", COLUMN if n else CAPSULE, "orders", values)
        for n, values in enumerate(policies)
    ]
    return [each.kind for each in contradictions(effective(rows, on=TODAY))]


@pytest.mark.parametrize(
    ("one", "other", "kinds"),
    [
        ({"retention_period": YEARS[7]}, {"retention_period": YEARS[2], "deletion_action": "hard_delete"}, ["retention"]),
        ({"retention_period": YEARS[2]}, {"retention_period": YEARS[7], "deletion_action": "hard_delete"}, []),
        ({"legal_hold": True}, {"retention_period": YEARS[2], "deletion_action": "anonymize"}, ["hold"]),
        ({"legal_hold": True}, {"retention_period": YEARS[2], "deletion_action": "archive"}, []),
        ({"data_residency": "EU"}, {"allowed_regions": ["US"]}, ["residency"]),
        ({"data_residency": "EU"}, {"allowed_regions": ["de", "US"]}, []),
        ({"data_residency": "DE"}, {"restricted_regions": ["EU"]}, ["residency"]),
        ({"data_residency": "EU"}, {"data_residency": "US"}, ["residency"]),
        ({"data_residency": "EU"}, {"data_residency": "multi_region"}, []),
        ({"data_residency": "EU"}, {"data_residency": "DE"}, []),
        ({"allowed_regions": ["EU"]}, {"allowed_regions": ["US"]}, ["regions"]),
        ({"allowed_regions": ["DE"]}, {"restricted_regions": ["EU"]}, ["regions"]),
        ({"allowed_regions": ["DE", "US"]}, {"restricted_regions": ["EU"]}, []),
        ({"allowed_roles": ["analyst"]}, {"allowed_roles": ["steward"]}, ["roles"]),
        ({"allowed_roles": ["analyst"]}, {"denied_roles": ["analyst"]}, ["roles"]),
        ({"allowed_roles": ["analyst", "steward"]}, {"denied_roles": ["analyst"]}, []),
        ({"approved_purposes": ["reporting"]}, {"prohibited_purposes": ["reporting"]}, ["purposes"]),
    ],
)  # fmt: skip
def test_what_cannot_both_be_met_is_a_contradiction(one, other, kinds):
    assert between(one, other) == kinds
    assert between(other, one) == kinds


def test_one_policy_by_itself_contradicts_nobody():
    held = {"legal_hold": True, "retention_period": YEARS[2], "deletion_action": "hard_delete"}
    shut = {
        "allowed_roles": ["analyst"],
        "denied_roles": ["analyst"],
        "data_residency": "EU",
        "allowed_regions": ["US"],
    }

    assert between({**held, **shut}) == []


def test_a_contradiction_names_both_sides_and_what_holds_meanwhile():
    keep = Stated("a", "P-1", CAPSULE, "orders", {"retention_period": YEARS[7]})
    drop = Stated(
        "b", "P-2", COLUMN, "email", {"retention_period": YEARS[2], "deletion_action": "hard_delete"}
    )

    (found,) = contradictions(effective([keep, drop], on=TODAY))

    assert found.keys == {"a", "b"}
    assert found.holds.period == YEARS[7]


def test_a_policy_that_is_not_in_force_contradicts_nobody():
    keep = Stated("a", "P-1", CAPSULE, "orders", {"allowed_roles": ["analyst"]}, ends=date(2020, 1, 1))
    drop = Stated("b", "P-2", COLUMN, "email", {"allowed_roles": ["steward"]})

    assert contradictions(effective([keep, drop], on=TODAY)) == ()


@settings(max_examples=25)
@given(several())
def test_contradictions_do_not_depend_on_the_order_of_policies(policies):
    one = contradictions(effective(policies, on=TODAY))

    assert one == contradictions(effective(policies[::-1], on=TODAY))
    assert all(len(each.keys) > 1 for each in one)


def test_a_member_state_lies_in_the_union_and_not_the_reverse():
    assert within("DE", "EU") is True
    assert within("EU", "EEA") is True
    assert within("EU", "DE") is False
