import pytest

from apps.catalog.models import Capsule
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    ColumnEdgeFactory,
    ColumnFactory,
    ContractFactory,
    OwnerFactory,
)


@pytest.fixture
def chain():
    """stg → orders → report, with a column each, and a contract with a consumer at the end."""
    capsules = [CapsuleFactory(name=name) for name in ("stg", "orders", "report")]
    columns = [ColumnFactory(capsule=capsule, name="amount") for capsule in capsules]
    for ends, edge in ((capsules, CapsuleEdgeFactory), (columns, ColumnEdgeFactory)):
        for up, down in zip(ends, ends[1:], strict=False):
            edge(source=up, target=down)
    ContractFactory(capsule=capsules[2], known_consumers=[{"team": "Finance"}], active=True)
    return capsules


def test_a_change_of_a_capsule_names_everything_it_touches(analyst, chain):
    stg, orders, report = chain
    answer = analyst.get(f"/capsules/{stg.urn}/impact")

    assert answer.status_code == 200
    assert answer.body["totals"] == {
        "capsules": 2, "columns": 2, "terms": 0, "contracts": 1, "consumers": 1, "owners": 0,
    }  # fmt: skip
    assert [(row["urn"], row["steps"], row["way"]) for row in answer.body["capsules"]] == [
        (orders.urn, 1, []),
        (report.urn, 2, ["orders"]),
    ]
    (consumer,) = answer.body["consumers"]
    assert (consumer["id"], consumer["name"], consumer["on"], consumer["steps"]) == (
        None,
        "Finance",
        "report",
        2,
    )


def test_a_change_of_a_column_is_asked_by_urn_or_id(analyst, chain):
    column = chain[0].columns.get()

    by_urn, by_id = (analyst.get(f"/columns/{address}/impact") for address in (column.urn, column.pk))

    assert by_urn.body == by_id.body
    assert [row["name"] for row in by_urn.body["columns"]] == ["orders.amount", "report.amount"]


def test_lists_are_cut_and_totals_say_so(analyst):
    hub = CapsuleFactory(name="hub", owner=OwnerFactory())
    for target in CapsuleFactory.create_batch(5):
        CapsuleEdgeFactory(source=hub, target=target)

    answer = analyst.get(f"/capsules/{hub.pk}/impact?limit=2")

    assert (len(answer.body["capsules"]), answer.body["totals"]["capsules"]) == (2, 5)


@pytest.mark.parametrize("query", ["depth=0", "depth=11", "depth=x", "limit=0", "limit=501", "deep=1"])
def test_bad_bounds_are_named(analyst, query):
    answer = analyst.get(f"/capsules/{CapsuleFactory().pk}/impact?{query}")

    assert (answer.status_code, list(answer.body["fields"])) == (400, [query.split("=")[0]])


def test_a_hidden_capsule_has_no_impact_and_is_in_none(analyst, auditor, chain):
    stg, orders, _report = chain
    Capsule.objects.filter(pk=orders.pk).update(visibility_rank=5)

    assert analyst.get(f"/capsules/{orders.urn}/impact").status_code == 404
    assert analyst.get(f"/capsules/{stg.urn}/impact").body["totals"]["capsules"] == 0
    assert auditor.get(f"/capsules/{stg.urn}/impact").body["totals"]["capsules"] == 2
