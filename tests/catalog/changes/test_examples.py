"""The worked examples of the design, number by number: stg_orders, its contract active, two consumers, 30 days."""

import datetime

import pytest

from apps.catalog.changes.advice import suggestions
from apps.catalog.changes.change import verdict
from apps.catalog.changes.classify import classify
from apps.catalog.changes.facts import Facts, ValueDomain
from apps.catalog.changes.judge import judge
from apps.catalog.changes.notices import Announcement, Dealings, SignOff

from .documents import orders

TODAY = datetime.date(2025, 6, 1)
BOTH = frozenset({"analytics", "ml_platform"})


def edited(change, document=None):
    document = document or orders()
    change(document)
    return document


def judged(new, old=None, facts=None, **dealings):
    """(codes with both verdicts, decision) of a new document beside the stored one."""
    old = old or orders()
    changes = classify(old, new, facts or Facts())
    decision = judge(changes, old.get("contract"), today=TODAY, dealings=Dealings(**dealings))
    letters = [(each.code, str(each.consumer)[0].upper(), str(each.producer)[0].upper()) for each in changes]
    return [f"{code} {consumer}/{producer}" for code, consumer, producer in letters], decision


def columns(document):
    return document["schema"]["columns"]


def without_customer(document):
    """Drops the column and what hangs on it, as example 5 does."""
    del columns(document)[1], document["schema"]["indexes"][0], document["quality_rules"][3]
    del document["column_policies"]


DROPPED = edited(without_customer)


def announced(days, *, acknowledged=(), new=DROPPED):
    covers = frozenset(each.fingerprint for each in classify(orders(), new))
    day = TODAY - datetime.timedelta(days=days)
    return {"announcements": (Announcement(covers, day, acknowledged=frozenset(acknowledged)),)}


def test_1_key_order_is_no_change():
    def reverse(value):
        if isinstance(value, dict):
            return {key: reverse(value[key]) for key in reversed(value)}
        return [reverse(each) for each in value] if isinstance(value, list) else value

    codes, decision = judged(reverse(orders()))

    assert codes == []
    assert (decision.outcome, decision.reasons) == ("allow", ())


def test_2_a_description_is_metadata():
    codes, decision = judged(edited(lambda d: d.update(description="Orders.")))

    assert codes == ["docs_changed M/M"]
    assert (decision.outcome, decision.notify) == ("allow", ())


def test_3_a_nullable_column_is_allowed():
    codes, decision = judged(
        edited(lambda d: columns(d).append({"name": "order_status", "data_type": "VARCHAR(20)"}))
    )

    assert codes == ["column_added C/N"]
    assert decision.outcome == "allow"


def test_4_a_required_column_is_allowed_and_its_producers_are_listed():
    required = {"name": "channel", "data_type": "STRING", "is_nullable": False}
    codes, decision = judged(edited(lambda d: columns(d).append(required)))

    assert codes == ["column_added_required C/B"]
    assert decision.outcome == "allow"
    assert str(decision.producer) == "breaking"


def test_5_a_dropped_column_is_blocked():
    codes, decision = judged(DROPPED)

    assert codes == ["column_removed B/C"]
    assert (decision.outcome, decision.unblocks_at) == ("blocked", None)
    assert [reason.rule for reason in decision.reasons] == ["policy", "not_announced"]
    impact = classify(orders(), DROPPED)[0].impact
    assert any("foreign key" in each for each in impact)
    assert "masking of customer_id" in impact
    assert "rule referential_integrity_customer_id" in impact


def test_6_one_day_before_the_notice_ends():
    _, decision = judged(DROPPED, **announced(29))

    assert decision.outcome == "blocked"
    assert decision.unblocks_at == TODAY + datetime.timedelta(days=1)


def test_7_when_the_notice_has_ended():
    _, decision = judged(DROPPED, **announced(30))

    assert decision.outcome == "allow_with_notice"
    assert set(decision.notify) == BOTH


def test_8_when_all_have_acknowledged():
    _, decision = judged(DROPPED, **announced(0, acknowledged=BOTH))

    assert decision.outcome == "allow_with_notice"
    assert "acknowledged" in [reason.rule for reason in decision.reasons]


def test_9_a_consumer_dropped_in_the_same_document_still_counts():
    new = edited(lambda d: d["contract"]["known_consumers"].pop(), edited(without_customer))

    codes, decision = judged(new, **announced(0, acknowledged={"analytics"}, new=new))

    assert codes == ["column_removed B/C", "consumer_removed N/M"]
    assert decision.outcome == "blocked"


def test_10_a_looser_policy_in_the_same_document_does_not_judge():
    new = edited(
        lambda d: d["contract"]["schema_changes"].update(policy="unrestricted"), edited(without_customer)
    )

    codes, decision = judged(new)

    assert codes == ["column_removed B/C", "contract_weakened B/C"]
    assert decision.outcome == "blocked"
    assert [change.code for change in decision.blocked] == ["column_removed", "contract_weakened"]


def renamed(document, hint=True):
    columns(document)[0]["name"] = "id"
    if hint:
        columns(document)[0]["x-renamed-from"] = "order_id"
    document["quality_rules"][0]["column"] = "id"


def test_11_a_rename_with_a_hint():
    codes, decision = judged(edited(renamed))

    assert codes == ["column_renamed B/B"]
    assert decision.outcome == "blocked"


def test_12_the_same_without_a_hint():
    new = edited(lambda d: renamed(d, hint=False))
    codes, decision = judged(new)

    assert codes == ["column_added_required C/B", "column_removed B/C", "pk_changed B/B", "rule_added C/B"]
    assert decision.outcome == "blocked"
    (suggestion,) = suggestions(orders(), new)
    assert (suggestion.old, suggestion.new) == ("order_id", "id")
    assert (suggestion.hint, suggestion.pointer) == ("x-renamed-from: order_id", "/schema/columns/0")


@pytest.mark.parametrize(
    ("place", "data_type", "code", "outcome"),
    [
        (2, "DECIMAL(20,2)", "type_widened C/C", "allow"),  # 13
        (2, "DECIMAL(18,4)", "type_changed B/B", "blocked"),  # 14
        (2, "DOUBLE", "type_changed B/B", "blocked"),  # 15
        (0, "VARCHAR(36)", "type_narrowed N/B", "allow_with_notice"),  # 16
    ],
)
def test_13_to_16_types(place, data_type, code, outcome):
    codes, decision = judged(edited(lambda d: columns(d)[place].update(data_type=data_type)))

    assert codes == [code]
    assert decision.outcome == outcome


def test_17_not_null_given_up():
    def loosen(document):
        del columns(document)[1]["constraints"][1], columns(document)[1]["is_nullable"]

    codes, decision = judged(edited(loosen))

    assert codes == ["nullability_loosened B/C"]
    assert decision.outcome == "blocked"


@pytest.mark.parametrize(
    ("extensible", "code", "outcome"),
    [(False, "enum_extended B/C", "blocked"), (True, "enum_extended N/C", "allow_with_notice")],
)
def test_18_an_allowed_value_added(extensible, code, outcome):
    new = edited(lambda d: d["columns"]["order_status"]["allowed_values"].append("returned"))
    facts = Facts(domains={"order_status_enum": ValueDomain(extensible=extensible)})

    codes, decision = judged(new, facts=facts)

    assert codes == [code]
    assert decision.outcome == outcome


def test_19_another_unit():
    codes, decision = judged(edited(lambda d: d["columns"]["order_total"].update(unit_of_measure="EUR")))

    assert codes == ["unit_changed B/B"]
    assert decision.outcome == "blocked"


def test_20_another_spelling_of_a_duration():
    codes, _ = judged(edited(lambda d: d["contract"]["slas"]["freshness"].update(target="PT240M")))

    assert codes == []


def test_21_later_data_promised_and_checked():
    def later(document):
        document["contract"]["slas"]["freshness"]["target"] = "PT6H"
        document["quality_rules"][2]["threshold"] = "PT6H"

    codes, decision = judged(edited(later))

    assert codes == ["rule_loosened N/C", "sla_weaker B/C"]
    assert decision.outcome == "blocked"


def test_22_more_availability():
    codes, decision = judged(edited(lambda d: d["contract"]["slas"]["availability"].update(target=99.95)))

    assert codes == ["sla_stronger C/B"]
    assert decision.outcome == "allow"


def test_23_a_region_no_longer_allowed():
    new = edited(lambda d: d["policies"]["geographic"].update(allowed_regions=["US"]))
    codes, decision = judged(new)

    assert codes == ["region_narrowed B/B"]
    assert decision.outcome == "blocked"
    assert classify(orders(), new)[0].impact == ("CA",)


def strict():
    return edited(lambda d: d["contract"]["schema_changes"].update(policy="strict"))


def test_24_strict():
    described = edited(lambda d: d.update(description="Orders."), strict())
    extended = edited(lambda d: columns(d).append({"name": "note", "data_type": "STRING"}), strict())

    assert judged(described, strict())[1].outcome == "allow"
    codes, decision = judged(extended, strict())
    assert codes == ["column_added C/N"]
    assert decision.outcome == "blocked"
    covers = frozenset(each.fingerprint for each in classify(strict(), extended))
    given = (Announcement(covers, TODAY - datetime.timedelta(days=30)),)
    assert judged(extended, strict(), announcements=given)[1].outcome == "blocked"
    signed = SignOff("1.1", approver="ana")
    assert judged(extended, strict(), sign_off=signed)[1].outcome == "blocked"
    both = judged(extended, strict(), announcements=given, sign_off=signed, author="chen")[1]
    assert both.outcome == "allow_with_notice"


def test_25_flexible():
    def flexible():
        return edited(lambda d: d["contract"]["schema_changes"].update(policy="flexible"))

    codes, decision = judged(edited(without_customer, flexible()), flexible())

    assert codes == ["column_removed B/C"]
    assert (decision.outcome, decision.at_once) == ("allow_with_notice", True)


def test_26_a_draft_contract_judges_nothing():
    def draft(document):
        document["contract"]["status"] = "draft"

    codes, decision = judged(edited(without_customer, edited(draft)), edited(draft))

    assert codes == ["column_removed B/C"]
    assert decision.outcome == "allow"
    assert str(decision.consumer) == "breaking"


@pytest.mark.parametrize(
    ("expression", "expected", "outcome"),
    [("(order_total>=0)", [], "allow"), ("order_total > 0", ["check_changed N/N"], "allow_with_notice")],
)
def test_27_a_check_written_anew(expression, expected, outcome):
    new = edited(lambda d: columns(d)[2]["constraints"][0].update(expression=expression))

    codes, decision = judged(new)

    assert codes == expected
    assert decision.outcome == outcome
    assert all(each.undetermined for each in classify(orders(), new))


def test_the_verdict_of_a_version_is_the_highest_of_its_changes():
    consumer, producer = verdict(classify(orders(), edited(renamed)))

    assert (str(consumer), str(producer)) == ("breaking", "breaking")
    assert [str(each) for each in verdict([])] == ["metadata", "metadata"]
