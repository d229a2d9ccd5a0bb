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


def test_a_pipeline_names_the_version_that_it_deployed(producer, orders):
    facts = {
        "version_name": "2.2.0",
        "git_commit_sha": "8c1f0ae",
        "deployment_context": {"pipeline": 812, "via": "forged"},
    }
    answer = producer.post(f"/capsules/{orders.urn}/versions", facts)

    # nothing moved since version 2, so it is this one that gets the name
    assert (answer.status_code, answer.body["version_number"]) == (200, 2)
    assert (answer.body["version_name"], answer.body["git_commit_sha"]) == ("2.2.0", "8c1f0ae")
    # what the portal noted itself stays as it is
    assert answer.body["deployment_context"]["pipeline"] == 812
    assert answer.body["deployment_context"]["via"] == "task"
    again = producer.post(f"/capsules/{orders.urn}/versions", facts)
    assert (again.status_code, orders.versions.count()) == (200, 2)


def test_a_state_that_nobody_kept_becomes_a_new_version(producer, orders):
    # given a change that was written past the portal
    orders.columns.update(data_type="bigint")

    answer = producer.post(f"/capsules/{orders.urn}/versions", {"version_name": "3.0.0"})

    assert (answer.status_code, answer.body["version_number"]) == (201, 3)
    assert answer["Location"].endswith("/versions/3")
    assert answer.body["change_type"] == "schema_change"
    assert answer.body["deployed_by"] == producer.user.username


def test_a_version_has_one_number_and_one_name(producer, orders):
    path = f"/capsules/{orders.urn}/versions"

    assert producer.post(path, {"version_number": 9}).body["code"] == "number_taken"
    assert producer.post(path, {"version_number": 2, "version_name": "2.2.0"}).status_code == 200
    taken = producer.post(path, {"version_name": "2.3.0"})
    assert (taken.status_code, taken.body["code"]) == (409, "already_named")
    assert producer.post(path, {"version_hash": "0" * 64}).status_code == 400


def test_only_facts_around_a_version_change_and_never_over_another_s_edit(producer, orders):
    path = f"/capsules/{orders.urn}/versions/1"
    seen = producer.get(path)

    changed = producer.patch(path, {"change_summary": "First load."}, If_Match=seen["ETag"])
    late = producer.patch(path, {"change_summary": "Loaded."}, If_Match=seen["ETag"])

    assert (changed.status_code, changed.body["change_summary"]) == (200, "First load.")
    assert late.status_code == 412
    for field, value in {"breaking_change": True, "deployed_by": "somebody", "schema_snapshot": {}}.items():
        assert producer.patch(path, {field: value}).status_code == 400
    assert producer.get(path).body["schema_snapshot"] == seen.body["schema_snapshot"]


def test_an_administrator_deletes_a_version_that_is_not_the_current_one(
    producer, administrator, analyst, orders
):
    path = f"/capsules/{orders.urn}/versions"

    assert analyst.patch(f"{path}/1", {"change_summary": "x"}).status_code == 403
    assert producer.delete(f"{path}/1").status_code == 403
    assert administrator.delete(f"{path}/2").body["code"] == "version_in_use"
    assert administrator.delete(f"{path}/1").status_code == 204
    assert [each["version_number"] for each in analyst.get(path).body["results"]] == [2]
