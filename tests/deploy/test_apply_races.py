"""Two people with plans at the same moment, on two connections: one of them wins, the other hears it."""

import pytest

from apps.audit.context import acting
from apps.audit.models import Change
from apps.catalog import documents, edits
from apps.catalog.models import Capsule, CapsuleVersion, Column
from apps.dcs.refusals import Conflict
from apps.deploy import applying, plan
from apps.deploy.models import Plan
from apps.people.reader import reader_of
from apps.policy.models import Policy
from apps.workflow import reviews
from apps.workflow.models import Review
from tests.api.conftest import Caller
from tests.factories import CapsuleFactory, UserFactory
from tests.racing import PAIRS, at_once, lost

ORDERS, LINES = "urn:dcs:dbt:model:shop:orders", "urn:dcs:dbt:model:shop:lines"
# Where each pair takes a second: who waits in a circle is found out by a timeout.
FEW = max(PAIRS // 5, 10)
COLUMNS = [{"name": name, "data_type": "INT"} for name in ("order_id", "amount")]


def text(*urns, **parts):
    found = [
        {"urn": urn, "name": urn.rsplit(":", 1)[-1], "schema": {"columns": COLUMNS}, **parts} for urn in urns
    ]
    return documents.write_bundle(map(documents.canonical, found))


@pytest.fixture
def people(own_database):
    return [UserFactory(role="producer"), UserFactory(role="producer")]


@pytest.fixture
def shop(people):
    """Two capsules, made by a plan."""
    reader = reader_of(people[0])
    applying.apply(plan.make(text(ORDERS, LINES), reader), reader=reader)


def apply(found, person):
    return lambda: applying.apply(Plan.objects.get(pk=found.pk), reader=reader_of(person))


def versions_are_in_order():
    """Each capsule has versions numbered without gaps, the last of them current, and the log holds as many."""
    for capsule in Capsule._base_manager.all():
        found = list(capsule.versions.order_by("number").values_list("number", "is_current"))
        assert [number for number, _current in found] == list(range(1, len(found) + 1))
        assert [number for number, current in found if current] == [len(found)]
    logged = Change.objects.filter(table_name="capsule_versions", operation="INSERT").count()
    assert logged == CapsuleVersion.objects.count()


def test_a_plan_that_is_applied_twice_at_once_is_applied_once(people):
    reader = reader_of(people[0])
    for number in range(PAIRS):
        found = plan.make(text(ORDERS, description=f"Orders, {number}."), reader)

        results = at_once(apply(found, people[0]), apply(found, people[0]))

        (loser,) = lost(results)
        assert isinstance(loser, Conflict), loser
        assert loser.code == "plan_applied"
        assert CapsuleVersion.objects.count() == number + 1
    versions_are_in_order()


def test_of_two_plans_for_one_capsule_one_is_applied_and_the_other_planned_anew(shop, people):
    for number in range(PAIRS):
        one = plan.make(text(ORDERS, description=f"Orders, {number}."), reader_of(people[0]))
        other = plan.make(text(ORDERS, layer=f"layer {number}"), reader_of(people[1]))
        before = Plan.objects.count()

        results = at_once(apply(one, people[0]), apply(other, people[1]))

        (loser,) = lost(results)
        assert isinstance(loser, applying.PlanStale), loser
        assert Plan.objects.count() == before + 1
        orders = Capsule.objects.get(urn=ORDERS)
        assert (orders.description == f"Orders, {number}.") != (orders.layer == f"layer {number}")
    versions_are_in_order()


def test_of_two_plans_that_make_the_same_capsule_one_makes_it(people):
    for number in range(FEW):
        urn = f"{ORDERS}_{number}"
        plans = [plan.make(text(urn, description=f"Mine, {n}."), reader_of(people[n])) for n in (0, 1)]

        results = at_once(*(apply(found, person) for found, person in zip(plans, people, strict=True)))

        (loser,) = lost(results)
        assert isinstance(loser, applying.PlanStale), loser
        assert Capsule.objects.filter(urn=urn).count() == 1
    versions_are_in_order()


def test_bundles_that_name_the_same_capsules_the_other_way_round_do_not_block_each_other(shop, people):
    for number in range(FEW):
        one = plan.make(text(ORDERS, LINES, description=f"One, {number}."), reader_of(people[0]))
        other = plan.make(text(LINES, ORDERS, description=f"Other, {number}."), reader_of(people[1]))

        results = at_once(apply(one, people[0]), apply(other, people[1]))

        (loser,) = lost(results)
        assert isinstance(loser, applying.PlanStale), loser
        assert len(set(Capsule.objects.values_list("description", flat=True))) == 1
    versions_are_in_order()


def test_a_part_that_two_approve_at_once_takes_force_once(shop, people):
    admins = UserFactory.create_batch(2, role="policy_admin")
    levels = ("confidential", "restricted", "confidential", "restricted", "secret")
    for number in range(FEW):
        wanted = {
            "sensitivity_level": levels[number % 5],
            "status": "active",
            "classification": [f"n{number}"],
        }
        reader = reader_of(people[0])
        review = applying.apply(plan.make(text(ORDERS, policies=wanted), reader), reader=reader).reviews.get()
        quorum = review.quorum

        results = at_once(*(approve(review, person) for person in admins))

        assert len(lost(results)) == 2 - quorum, results
        stored = Review.objects.get(pk=review.pk)
        assert (stored.state, stored.decisions.count()) == ("applied", quorum)
        assert Policy.objects.get().classification_tags == [f"n{number}"]
    versions_are_in_order()


def approve(review, person):
    return lambda: reviews.decide(
        Review.objects.get(pk=review.pk), "approve", shown=review.proposal_hash, by=person, reason="Agreed."
    )


def test_a_part_is_approved_while_a_plan_of_the_same_capsule_is_applied(shop, people):
    admin = UserFactory(role="policy_admin")
    reader = reader_of(people[0])
    for number in range(FEW):
        wanted = {"sensitivity_level": "confidential", "status": "active", "classification": [f"n{number}"]}
        review = applying.apply(plan.make(text(ORDERS, policies=wanted), reader), reader=reader).reviews.get()
        found = plan.make(text(ORDERS, description=f"Orders, {number}."), reader)

        results = at_once(approve(review, admin), apply(found, people[0]))

        assert all(isinstance(loser, applying.PlanStale) for loser in lost(results)), results
        assert Review.objects.get(pk=review.pk).state == "applied"
        assert Policy.objects.get().classification_tags == [f"n{number}"]
    versions_are_in_order()


# ---------- writers that lock late ----------


def test_a_column_is_edited_by_hand_while_a_plan_of_its_capsule_is_applied(shop, people):
    reader = reader_of(people[0])
    for number in range(FEW):
        columns = [{**each, "description": f"Planned, {number}."} for each in COLUMNS]
        found = plan.make(text(ORDERS, schema={"columns": columns}), reader, plan.Options(overwrite=True))
        column = Column.objects.get(capsule__urn=ORDERS, name="amount")

        def edit(column=column, number=number):
            with acting(people[1]):
                return edits.revise(column, by=people[1], description=f"By hand, {number}.")

        results = at_once(apply(found, people[0]), again(edit))

        assert all(isinstance(loser, applying.PlanStale) for loser in lost(results)), results
    versions_are_in_order()


def again(deed):
    """What the portal does around every request."""
    from apps.dcs import deadlocks

    return lambda: deadlocks.again(deed)


def test_two_who_write_the_same_capsules_the_other_way_round_both_come_through(people):
    first, second = CapsuleFactory(columns=["a"]), CapsuleFactory(columns=["b"])
    for number in range(FEW):

        def write(one, other, person, number=number):
            # A capsule itself, and something below the other: versions are captured for both at the end.
            with acting(person):
                edits.revise(Capsule.objects.get(pk=one.pk), by=person, description=f"{person}, {number}.")
                column = Column.objects.get(capsule=other)
                edits.revise(column, by=person, description=f"{person}, {number}.")

        results = at_once(
            again(lambda: write(first, second, people[0])), again(lambda: write(second, first, people[1]))
        )

        assert lost(results) == []
        told = [f"{person}, {number}." for person in people]
        assert [Capsule.objects.get(pk=each.pk).description for each in (first, second)] == told
    versions_are_in_order()


def test_over_http_nobody_who_waited_in_a_circle_sees_a_failure(shop, people):
    planner, editor = (Caller(person) for person in people)
    column = Column.objects.get(capsule__urn=ORDERS, name="amount")
    for number in range(FEW):
        columns = [{**each, "description": f"Planned, {number}."} for each in COLUMNS]
        made = planner.post("/plans?overwrite=true", text(ORDERS, schema={"columns": columns}).encode())

        results = at_once(
            lambda made=made: planner.post(f"/plans/{made.body['plan_id']}/apply").status_code,
            lambda number=number: (
                editor.patch(f"/columns/{column.pk}", {"description": f"By hand, {number}."}).status_code
            ),
        )

        assert results[0] in (200, 409), results
        assert results[1] == 200, results
        said = Column.objects.get(pk=column.pk).description
        assert said in (f"Planned, {number}.", f"By hand, {number}.")
    versions_are_in_order()
