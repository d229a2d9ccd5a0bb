import pytest

from apps.audit.context import acting
from apps.people.reader import system
from tests.factories import CapsuleFactory


@pytest.fixture
def orders(db):
    with acting(system("load")):
        orders = CapsuleFactory(name="orders", columns=["order_id", "amount"])
    with acting(system("load")):
        orders.columns.get(name="amount").delete()
    return orders


def test_a_version_is_found_by_number_and_by_name(analyst, orders):
    orders.versions.filter(number=1).update(name="2.1.0")

    assert analyst.get(f"/capsules/{orders.urn}/versions/1").body["version_name"] == "2.1.0"
    assert analyst.get(f"/capsules/{orders.urn}/versions/2.1.0").body["version_number"] == 1
    assert analyst.get(f"/capsules/{orders.urn}/versions/9").status_code == 404


def test_a_version_holds_the_whole_document(analyst, orders):
    body = analyst.get(f"/capsules/{orders.urn}/versions/2").body

    assert [column["name"] for column in body["schema_snapshot"]["schema"]["columns"]] == ["order_id"]
    assert body["change_type"] == "schema_change"
    assert body["breaking_change"] is True


def test_two_versions_are_compared(analyst, orders):
    body = analyst.get(f"/capsules/{orders.urn}/versions/1/diff/2").body

    assert body["verdict"] == {"consumer": "breaking", "producer": "compatible"}
    assert body["counts"] == {"breaking": 1, "notice": 0, "compatible": 0, "metadata": 0}
    (change,) = body["changes"]
    assert (change["code"], change["name"], change["dimension"]) == ("column_removed", "amount", "structural")
    assert change["why_consumer"] == "Queries that name amount fail: the column is gone."


def test_a_comparison_narrows_and_refuses_what_it_does_not_know(analyst, orders):
    path = f"/capsules/{orders.urn}/versions/1/diff/live"

    assert analyst.get(f"{path}?dimension=policy").body["changes"] == []
    assert analyst.get(f"{path}?breaking=true").body["changes"]
    assert analyst.get(f"{path}?dimension=nonsense").status_code == 400
    assert analyst.get(f"/capsules/{orders.urn}/versions/1/diff/9").status_code == 404
