import datetime
import json

import pytest

from apps.catalog.changes.change import B, C, M, N
from apps.catalog.changes.codes import found
from apps.catalog.changes.judge import judge
from apps.catalog.changes.notices import Announcement, Dealings, Override, SignOff

TODAY = datetime.date(2025, 6, 1)
TEAMS = ("analytics", "ml_platform")


def days_ago(days):
    return TODAY - datetime.timedelta(days=days)


def change(verdict=B, code="column_removed", name="note", **more):
    return found(code, "column", name, f"/schema/columns/{name}", {}, None, consumer=verdict, **more)


def contract(policy="backwards_compatible", *, teams=TEAMS, status="active", **more):
    schema_changes = {"policy": policy, **more.pop("schema_changes", {})}
    consumers = [{"team": team} for team in teams]
    return {
        "version": "1",
        "status": status,
        "schema_changes": schema_changes,
        "known_consumers": consumers,
        **more,
    }


def announcement(*changes, days=0, **more):
    changes = changes or (change(),)
    return Announcement(frozenset(each.fingerprint for each in changes), days_ago(days), **more)


def decided(stored, *changes, **dealings):
    return judge(changes or (change(),), stored, today=TODAY, dealings=Dealings(**dealings))


@pytest.mark.parametrize(
    ("policy", "verdict", "outcome"),
    [
        ("strict", M, "allow"),
        ("strict", C, "blocked"),
        ("strict", N, "blocked"),
        ("strict", B, "blocked"),
        ("backwards_compatible", M, "allow"),
        ("backwards_compatible", C, "allow"),
        ("backwards_compatible", N, "allow_with_notice"),
        ("backwards_compatible", B, "blocked"),
        ("flexible", M, "allow"),
        ("flexible", C, "allow"),
        ("flexible", N, "allow_with_notice"),
        ("flexible", B, "allow_with_notice"),
        ("unrestricted", M, "allow"),
        ("unrestricted", C, "allow"),
        ("unrestricted", N, "allow"),
        ("unrestricted", B, "allow"),
    ],
)
def test_each_policy_meets_each_verdict(policy, verdict, outcome):
    assert decided(contract(policy), change(verdict)).outcome == outcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("draft", "allow"), ("proposed", "allow"), ("superseded", "allow"),
        ("active", "blocked"), ("breached", "blocked"), ("deprecated", "blocked"),
    ],
)  # fmt: skip
def test_only_a_contract_in_force_binds(status, outcome):
    assert decided(contract(status=status)).outcome == outcome
    assert decided(None).outcome == "allow"


@pytest.mark.parametrize(
    ("stated", "days", "outcome"),
    [
        ({}, 29, "blocked"), ({}, 30, "allow_with_notice"),
        ({"breaking_change_notice": 0}, 0, "allow_with_notice"),
        ({"breaking_change_notice": "P2W"}, 13, "blocked"),
        ({"breaking_change_notice": "P2W"}, 14, "allow_with_notice"),
    ],
)  # fmt: skip
def test_notice_is_given_when_its_days_have_passed(stated, days, outcome):
    found_ = decided(contract(schema_changes=stated), announcements=(announcement(days=days),))

    assert found_.outcome == outcome


def test_notice_counts_only_if_it_went_to_all_known_consumers():
    for unseen in ({"told": frozenset({"analytics"})}, {"published": False}):
        decision = decided(contract(), announcements=(announcement(days=90, **unseen),))
        assert (decision.outcome, decision.unblocks_at) == ("blocked", None)


def test_a_change_that_was_not_announced_holds_the_whole_plan():
    other = change(name="other")

    decision = decided(contract(), change(), other, announcements=(announcement(days=90),))

    assert (decision.outcome, decision.unblocks_at) == ("blocked", None)
    assert decision.blocked == (change(), other)


def test_two_announcements_may_cover_a_plan_and_the_later_one_sets_the_day():
    other = change(name="other")
    told = (announcement(days=20), announcement(other, days=10))

    assert decided(contract(), change(), other, announcements=told).unblocks_at == days_ago(-20)


def test_subscribers_must_acknowledge_as_well():
    answered = announcement(acknowledged=frozenset(TEAMS))

    assert decided(contract(), announcements=(answered,)).outcome == "allow_with_notice"
    waiting = decided(contract(), announcements=(answered,), subscribers=frozenset({"ben"}))
    assert waiting.outcome == "blocked"
    assert "Not yet acknowledged by: ben." in [str(reason.text) for reason in waiting.reasons]


def test_an_objection_stops_acknowledgement_and_not_the_notice():
    objected = {"acknowledged": frozenset(TEAMS), "objected": frozenset({"analytics"})}

    assert decided(contract(), announcements=(announcement(**objected),)).outcome == "blocked"
    assert (
        decided(contract(), announcements=(announcement(days=30, **objected),)).outcome == "allow_with_notice"
    )


def test_nobody_known_counts_as_all_unless_somebody_depends_on_it_or_the_policy_is_strict():
    alone = contract(teams=())

    assert decided(alone).outcome == "allow_with_notice"
    assert decided(alone, subscribers=frozenset({"ben"})).outcome == "blocked"
    assert decided(alone, downstream=frozenset({"urn:a"})).outcome == "blocked"
    signed = SignOff("2", approver="ana")
    assert decided(contract("strict", teams=()), sign_off=signed).outcome == "blocked"


@pytest.mark.parametrize(
    ("sign_off", "outcome"),
    [
        (None, "blocked"),
        (SignOff("1", approver="ana"), "blocked"),
        (SignOff("2", approver="chen"), "blocked"),
        (SignOff("2", approver="ana"), "allow_with_notice"),
    ],
)
def test_strict_also_needs_a_new_contract_version_approved_by_another(sign_off, outcome):
    told = (announcement(days=30),)

    decision = decided(contract("strict"), announcements=told, sign_off=sign_off, author="chen")

    assert decision.outcome == outcome


@pytest.mark.parametrize(
    ("override", "outcome"),
    [
        (Override("too short", person="ana"), "blocked"),
        (Override("The source system is switched off.", person="chen"), "blocked"),
        (Override("The source system is switched off.", person=""), "blocked"),
        (Override("The source system is switched off.", person="ana"), "allow_with_notice"),
    ],
)
def test_an_override_needs_a_reason_and_a_second_person(override, outcome):
    decision = decided(contract("strict"), override=override, author="chen")

    assert decision.outcome == outcome
    if outcome != "blocked":
        assert (decision.overridden, decision.at_once) == (True, True)


@pytest.mark.parametrize(
    ("deprecation", "announced", "code", "outcome"),
    [
        ({"date": "2025-06-01", "policy": "90_days"}, 90, "column_removed", "allow_with_notice"),
        ({"date": "2025-06-01", "policy": "90_days"}, 90, "capsule_retired", "allow_with_notice"),
        ({"date": "2025-06-01", "policy": "90_days"}, 90, "unit_changed", "blocked"),
        ({"date": "2025-06-01", "policy": "90_days"}, 89, "column_removed", "blocked"),
        ({"date": "2025-06-02", "policy": "30_days"}, 90, "column_removed", "blocked"),
        ({"date": "2025-06-01"}, 0, "column_removed", "allow_with_notice"),
        ({"policy": "30_days"}, 30, "column_removed", "allow_with_notice"),
        ({"policy": "never"}, 900, "column_removed", "blocked"),
        ({}, 900, "column_removed", "blocked"),
    ],
)
def test_a_deprecation_is_notice_of_removal_only(deprecation, announced, code, outcome):
    stored = contract(deprecation=deprecation)

    decision = decided(stored, change(code=code), deprecation_announced=days_ago(announced))

    assert decision.outcome == outcome


def test_without_notification_consumers_are_not_told_of_notices_but_blocks_stay():
    silent = contract(deprecation={"notice_required": False})

    assert decided(silent, change(N)).outcome == "allow"
    assert decided(silent, change(B)).outcome == "blocked"
    assert decided(silent, change(B), announcements=(announcement(days=30),)).outcome == "allow_with_notice"


def test_what_needs_approval_waits_for_it_even_when_it_is_allowed():
    lowered = found(
        "sensitivity_lowered", "policy", "orders", "/policies/sensitivity_level", "internal", "public"
    )

    waiting = decided(contract("unrestricted"), lowered)
    approved = decided(
        contract("unrestricted"), lowered, approved=frozenset({(lowered.code, lowered.pointer)})
    )

    assert (waiting.outcome, waiting.awaiting, waiting.may_apply) == ("allow", (lowered,), False)
    assert (approved.awaiting, approved.may_apply) == ((), True)


def test_every_reason_is_a_sentence_that_names_its_codes():
    decision = decided(contract(), announcements=(announcement(days=29),))

    assert [reason.rule for reason in decision.reasons] == [
        "policy",
        "notice_running",
        "awaiting_acknowledgement",
    ]
    assert (
        str(decision.reasons[0].text)
        == "The policy backwards compatible blocks what is breaking for consumers."
    )
    assert all(reason.codes == ("column_removed",) for reason in decision.reasons)
    assert decision.unblocks_at == days_ago(-1)


def test_a_change_is_known_again_wherever_its_thing_stands():
    told, moved = (
        found("column_removed", "column", "note", f"/schema/columns/{at}", {"x": at}, None) for at in (2, 5)
    )
    other = found("column_removed", "column", "remark", "/schema/columns/2", {}, None)
    kept = told.of(told.dimension, json.loads(json.dumps(told.item())))

    assert told.fingerprint == moved.fingerprint == kept.fingerprint
    assert told.fingerprint != other.fingerprint


def test_what_becomes_something_else_than_was_told_is_another_change():
    def retyped(old, new, field="data_type"):
        return found(
            "type_changed", "column", "amount", f"/schema/columns/1/{field}", old, new, consumer=B, producer=B
        )

    told = retyped("INT", "VARCHAR(20)")
    others = [
        retyped("INT", "DATE"),
        retyped("BIGINT", "VARCHAR(20)"),
        retyped("INT", "VARCHAR(20)", "physical_type"),
    ]

    assert told.fingerprint == retyped("INT", "VARCHAR(20)").fingerprint
    assert told.fingerprint not in {each.fingerprint for each in others}
