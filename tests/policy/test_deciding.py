"""Which rule decides, for whom, and because of what; without a database."""

from datetime import UTC, date, datetime

import pytest

from apps.policy.deciding import CLEAR, CONDITIONAL, DENIED, MASKED, Ruled, Viewer, decide, for_storing
from apps.policy.effective import Stated, effective
from apps.policy.masking import Kind, Rule
from apps.policy.masking.grammar import condition

TEXT = Kind("text")
DAY = date(2026, 1, 1)


def held(**values):
    return effective(
        [Stated("p", "P-57", "column", "email", {"sensitivity_level": "public", **values})], on=DAY
    )


def rule(key, method="redaction", **about):
    where = about.pop("where", "")
    tree = condition(where, {"country": TEXT}) if where else None
    names = {name: frozenset(about.pop(name, ())) for name in ("applies_to", "exempt")}
    return Ruled(
        key,
        f"rule {key}",
        Rule(method, about.pop("config", {}), TEXT),
        condition=where,
        tree=tree,
        **names,
        **about,
    )


def seen(rules=(), policy=None, *, roles=("analyst",), clearance=3, rank=1, **about):
    return decide(Viewer(frozenset(roles), clearance, **about), policy or held(), rules, kind=TEXT, rank=rank)


def codes(decision):
    return [reason.code for reason in decision.main.reasons]


def test_of_several_rules_the_lowest_priority_decides_then_the_oldest_then_the_key():
    old, new = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    rules = [
        rule("d", priority=5, since=new),
        rule("c", priority=5, since=old),
        rule("b", priority=5, since=old),
        rule("a", priority=9, since=old),
    ]

    assert seen(rules).main.key == "b"
    assert seen(reversed(rules)).main.key == "b"


def test_a_rule_for_other_roles_leaves_the_value_to_the_next_and_to_the_policy():
    stewards = rule("s", applies_to=["steward"])

    assert seen([stewards]).outcome == CLEAR
    assert seen([stewards, rule("all", priority=200)]).main.key == "all"
    found = seen([stewards], held(requires_masking=True, masking_method="hashing"))
    assert (found.outcome, found.main.rule.method, codes(found)) == (MASKED, "hashing", ["policy_masks"])


@pytest.mark.parametrize("method", [None, "noise_addition", "substitution", "custom"])
def test_a_policy_whose_method_needs_options_redacts(method):
    found = seen(policy=held(requires_masking=True, masking_method=method))

    assert found.main.rule.method == "redaction"


def test_an_exemption_is_lifted_by_a_denied_role_and_never_given_to_a_token():
    exempt = [rule("r", exempt=["steward"])]

    assert seen(exempt, roles=["steward", "analyst"]).outcome == CLEAR
    assert codes(seen(exempt, roles=["steward"], is_token=True)) == ["rule", "token"]
    denied = seen(exempt, held(denied_roles=["analyst"]), roles=["steward", "analyst"])
    assert (denied.outcome, codes(denied)) == (MASKED, ["rule", "denied_exempt"])


def test_rows_decide_where_a_rule_has_a_condition_and_the_unknown_is_masked():
    found = seen([rule("r", where="country = 'DE'")])

    assert found.outcome == CONDITIONAL
    assert found.needs == {"country"}
    assert [found.of({"country": country}).outcome for country in ("DE", "AT", None)] == [
        MASKED,
        CLEAR,
        MASKED,
    ]
    assert found.of({}).outcome == MASKED


@pytest.mark.parametrize(
    ("policy", "about", "code"),
    [
        ({"allowed_roles": ["auditor"]}, {}, "not_allowed"),
        ({"min_access_level": "admin"}, {"clearance": 4}, "access"),
        ({"prohibited_purposes": ["marketing"]}, {"purpose": "marketing"}, "prohibited"),
        ({"approved_purposes": ["billing"]}, {"purpose": "marketing"}, "not_approved"),
        ({"restricted_regions": ["cn"]}, {"region": "CN"}, "restricted_region"),
        ({"allowed_regions": ["EU"]}, {"region": "us"}, "other_region"),
        ({"denied_roles": ["analyst"]}, {}, "denied"),
        ({"sensitivity_level": "restricted"}, {}, "level"),
        ({}, {"clearance": 2}, "values"),
        ({}, {"rank": 5, "clearance": 4}, "level"),
    ],
)
def test_what_a_policy_or_level_closes_is_denied_with_its_reason(policy, about, code):
    found = seen(policy=held(**policy), **about)

    assert found.outcome == DENIED
    assert codes(found)[-1] == code


def test_a_masked_value_is_shown_below_the_level_and_an_exemption_does_not_lift_it():
    restricted = held(sensitivity_level="restricted")

    assert seen([rule("r")], restricted, clearance=2).outcome == MASKED
    assert seen([rule("r", exempt=["analyst"])], restricted, clearance=3).outcome == DENIED


def test_what_is_stored_is_masked_by_the_strictest_rule_whoever_it_is_for():
    rules = [
        rule("a", "generalization", applies_to=["analyst"]),
        rule("b", "data_masking", applies_to=["x"], where="country = 'DE'"),
    ]

    assert for_storing(held(), rules, kind=TEXT).key == "b"
    assert for_storing(held(requires_masking=True), rules, kind=TEXT).rule.method == "redaction"
    assert for_storing(held(sensitivity_level="confidential"), [], kind=TEXT).outcome == DENIED
    assert for_storing(held(), [], kind=TEXT).outcome == CLEAR
