"""Which changes of a policy protect less."""

import pytest

from apps.catalog.changes.classify import classify
from apps.catalog.changes.looser import looser

ORDERS = {
    "urn": "urn:dcs:dbt:model:shop:orders",
    "name": "orders",
    "schema": {"columns": [{"name": "email", "data_type": "TEXT"}]},
}
RULES = {
    "sensitivity_level": "restricted",
    "access": {"allowed_roles": ["steward"], "min_access_level": "privileged"},
    "geographic": {"allowed_regions": ["DE"], "cross_border_transfer": False},
    "retention": {"period": "P7Y", "legal_hold": True},
    "encryption": {"required": True},
}
MASK = {"sensitivity_level": "restricted", "requires_masking": True, "masking_method": "hashing"}


def codes(before, after):
    return [change.code for change in looser(classify({**ORDERS, **before}, {**ORDERS, **after}))]


def of_capsule(**changed):
    return codes({"policies": RULES}, {"policies": {**RULES, **changed}})


def of_column(**changed):
    return codes({"column_policies": {"email": MASK}}, {"column_policies": {"email": {**MASK, **changed}}})


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"sensitivity_level": "internal"}, "sensitivity_lowered"),
        ({"access": {"allowed_roles": ["steward", "analyst"], "min_access_level": "privileged"}}, "access_widened"),
        ({"access": {"allowed_roles": ["steward"], "min_access_level": "public"}}, "access_widened"),
        ({"geographic": {"allowed_regions": ["DE", "US"], "cross_border_transfer": False}}, "region_widened"),
        ({"geographic": {"allowed_regions": ["DE"]}}, "region_widened"),
        ({"retention": {"period": "P1Y", "legal_hold": True}}, "retention_shorter"),
        ({"retention": {"period": "P7Y"}}, "safeguard_removed"),
        ({"encryption": {}}, "safeguard_removed"),
    ],
)  # fmt: skip
def test_a_capsule_s_policy_that_protects_less_is_looser(changed, code):
    assert of_capsule(**changed) == [code]


@pytest.mark.parametrize(
    "changed",
    [
        {"sensitivity_level": "secret"},
        {"access": {"allowed_roles": ["steward"], "denied_roles": ["steward"], "min_access_level": "privileged"}},
        {"geographic": {"allowed_regions": ["DE"], "data_residency": "DE", "cross_border_transfer": False}},
        {"retention": {"period": "P10Y", "legal_hold": True}},
        {"compliance": {"frameworks": ["GDPR"]}},
    ],
)  # fmt: skip
def test_a_capsule_s_policy_that_protects_more_is_not_looser(changed):
    assert of_capsule(**changed) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"requires_masking": False, "masking_method": None}, ["masking_removed"]),
        ({"masking_method": "partial_redaction"}, ["masking_changed"]),
        ({"masking_method": "custom"}, ["masking_changed"]),
        ({"masking_method": "redaction"}, []),
        ({"masking_conditions": "amount > 10"}, ["masking_changed"]),
        ({"masking_exempt": ["analyst"]}, ["masking_removed"]),
        ({"masking_applies_to": ["analyst"]}, ["masking_removed"]),
    ],
)
def test_a_mask_is_looser_when_it_leaves_more_to_more_people(changed, found):
    assert of_column(**changed) == found
