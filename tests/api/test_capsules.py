import pytest

from apps.audit.models import Change
from apps.catalog import edits
from apps.catalog.models import Capsule, Column
from apps.dcs.refusals import Conflict
from tests.factories import CapsuleFactory, ColumnFactory, SourceSystemFactory, TagFactory, UserFactory

ORDERS = {"name": "orders", "capsule_type": "table"}


def test_the_address_of_a_new_capsule_is_made_from_what_it_is_and_where_it_lies(producer):
    system = SourceSystemFactory(name="warehouse")

    made = producer.post(
        "/capsules",
        {**ORDERS, "source_system_id": str(system.pk), "database_name": "jaffle", "schema_name": "marts"},
    )

    assert made.status_code == 201
    assert made.body["urn"] == "urn:dcs:warehouse:table:jaffle.marts:orders"
    assert made["Location"] == f"/api/v1/capsules/{made.body['urn']}"
    assert made["ETag"]


@pytest.mark.parametrize("urn", ["orders", "urn:dcs:a:b", "urn:other:a:b:c:d", "urn:dcs:a:b:c:" + "x" * 500])
def test_an_address_that_is_none_is_refused(producer, urn):
    answer = producer.post("/capsules", {**ORDERS, "urn": urn})

    assert (answer.status_code, list(answer.body["fields"])) == (400, ["urn"])


def test_a_capsule_is_registered_with_its_columns_in_order(producer):
    made = producer.post(
        "/capsules",
        {
            **ORDERS,
            "columns": [
                {"name": "order_id", "data_type": "bigint", "is_nullable": False},
                {"name": "amount paid"},
            ],
        },
    )

    columns = producer.get(f"/capsules/{made.body['id']}/columns").body["results"]

    assert made.body["column_count"] == 2
    assert [(c["ordinal_position"], c["name"], c["is_nullable"]) for c in columns] == [
        (1, "order_id", False),
        (2, "amount paid", True),
    ]
    assert columns[1]["urn"] == "urn:dcs:manual:table:default:orders.amount%20paid"


def test_a_problem_in_a_column_is_told_by_its_place_and_nothing_is_registered(producer):
    columns = [
        {"name": "order_id"},
        {"name": "amount", "pii_type": "secret"},
        {"data_type": "text", "shape": 1},
    ]

    answer = producer.post("/capsules", {**ORDERS, "columns": columns})

    assert answer.status_code == 400
    assert set(answer.body["fields"]) == {"columns.1.pii_type", "columns.2.name", "columns.2.shape"}
    assert not Capsule.objects.exists()


def test_columns_come_along_at_registration_only(producer):
    answer = producer.patch(f"/capsules/{CapsuleFactory().pk}", {"columns": []})

    assert (answer.status_code, list(answer.body["fields"])) == (400, ["columns"])


def test_retiring_keeps_the_capsule_and_restoring_brings_it_back(steward):
    capsule = CapsuleFactory()
    path = f"/capsules/{capsule.pk}"

    assert steward.delete(path).status_code == 204
    assert steward.get(path).body["retired_at"] is not None
    again = steward.delete(path)
    assert (again.status_code, again.body["code"]) == (409, "already_retired")

    back = steward.post(f"{path}/restore")
    assert (back.status_code, back.body["retired_at"]) == (200, None)
    assert steward.post(f"{path}/restore").body["code"] == "not_retired"


def test_only_what_is_retired_is_deleted_for_good_and_only_with_a_reason(administrator, steward):
    capsule = CapsuleFactory(columns=["id"])
    path = f"/capsules/{capsule.pk}"

    early = administrator.post(f"{path}/purge", {"change_reason": "Never real."})
    steward.delete(path)
    silent = administrator.post(f"{path}/purge")
    done = administrator.post(f"{path}/purge", {"change_reason": "Never real."})

    assert (early.status_code, early.body["code"]) == (409, "not_retired")
    assert (silent.status_code, list(silent.body["fields"])) == (400, ["change_reason"])
    assert (done.status_code, done.content) == (204, b"")
    assert not Column.objects.exists()
    change = Change.objects.get(table_name="capsules", operation="DELETE")
    assert (change.changed_by, change.change_reason) == (administrator.user.username, "Never real.")


def test_the_log_knows_who_changed_what_and_why(producer):
    capsule = CapsuleFactory()

    reason = "Für Finance zugesagt.".encode().decode("latin-1")  # as a header arrives
    producer.patch(f"/capsules/{capsule.pk}", {"layer": "gold"}, X_Change_Reason=reason)
    producer.patch(f"/capsules/{capsule.pk}", {"description": "Better."})

    said = list(
        Change.objects.of(capsule)
        .filter(operation="UPDATE")
        .order_by("seq")
        .values_list("changed_by", "change_reason")
    )
    assert said == [
        (producer.user.username, "Für Finance zugesagt."),
        (producer.user.username, f"API: PATCH /api/v1/capsules/{capsule.pk}"),
    ]


def test_a_change_that_changes_nothing_writes_nothing(producer):
    capsule = CapsuleFactory(layer="gold")
    before = producer.get(f"/capsules/{capsule.pk}")["ETag"]

    answer = producer.patch(f"/capsules/{capsule.pk}", {"layer": "gold"})

    assert answer["ETag"] == before
    assert not Change.objects.of(capsule).filter(operation="UPDATE").exists()


def test_what_a_person_wrote_is_remembered_as_theirs(producer):
    capsule = CapsuleFactory(description="From dbt.", meta={"origin": "dbt", "team": "x"})

    producer.patch(f"/capsules/{capsule.pk}", {"description": "From a person.", "layer": capsule.layer})

    capsule.refresh_from_db()
    assert list(capsule.meta["provenance"]) == ["description"]
    assert capsule.meta["provenance"]["description"]["by"] == producer.user.username
    assert (
        producer.get(f"/capsules/{capsule.pk}").body["provenance"]["description"]["by"]
        == producer.user.username
    )


def test_what_was_filled_in_at_registration_is_the_persons_too(producer):
    made = producer.post(
        "/capsules", {**ORDERS, "description": "Orders.", "columns": [{"name": "id", "pii_type": "name"}]}
    )

    assert {"description"} <= set(made.body["provenance"])
    column = Column.objects.get()
    assert "pii_type" in column.meta["provenance"]


def test_meta_can_be_replaced_but_not_what_the_portal_keeps_there(producer):
    capsule = CapsuleFactory(
        meta={"origin": "dbt", "provenance": {"layer": {"by": "ada", "at": "x"}}, "team": "x"}
    )
    path = f"/capsules/{capsule.pk}"

    assert producer.get(path).body["meta"] == {"team": "x"}
    assert producer.patch(path, {"meta": {"cost_centre": 7}}).body["meta"] == {"cost_centre": 7}
    assert producer.patch(path, {"meta": {"provenance": {}}}).status_code == 400
    capsule.refresh_from_db()
    assert capsule.meta["origin"] == "dbt"
    assert "layer" in capsule.meta["provenance"]


def test_an_edit_of_what_somebody_else_has_changed_meanwhile_is_refused():
    ada, eve = UserFactory(), UserFactory()
    capsule = CapsuleFactory()
    seen = Capsule.objects.get(pk=capsule.pk).updated_at
    edits.revise(capsule, by=ada, seen=seen, description="Ada's.")

    with pytest.raises(Conflict):
        edits.revise(capsule, by=eve, seen=seen, description="Eve's.")

    assert capsule.description == "Ada's."


def test_personal_data_found_by_a_person_is_marked_so(producer):
    column = ColumnFactory(pii_type="name", pii_detected_by="name_pattern")

    changed = producer.patch(f"/columns/{column.pk}", {"pii_type": "email"})
    cleared = producer.patch(f"/columns/{column.pk}", {"pii_type": None})

    assert changed.body["pii_detected_by"] == "manual"
    assert cleared.body["pii_detected_by"] is None


def test_a_column_is_added_at_the_end_and_only_once(producer):
    capsule = CapsuleFactory(columns=["order_id", "amount"])
    path = f"/capsules/{capsule.pk}/columns"

    made = producer.post(path, {"name": "discount", "data_type": "numeric"})
    again = producer.post(path, {"name": "discount"})

    assert (made.status_code, made.body["ordinal_position"]) == (201, 3)
    assert made["Location"] == f"/api/v1/columns/{made.body['urn']}"
    assert (again.status_code, again.body["code"]) == (409, "already_exists")
    assert set(again.body["fields"]) <= {"name", "capsule_id", "urn"}


def test_the_capsule_of_a_new_column_may_be_repeated_but_not_contradicted(producer):
    capsule, other = CapsuleFactory(), CapsuleFactory()
    path = f"/capsules/{capsule.pk}/columns"

    assert producer.post(path, {"name": "a", "capsule_id": str(capsule.pk)}).status_code == 201
    wrong = producer.post(path, {"name": "b", "capsule_id": str(other.pk)})
    unknown = producer.post(path, {"name": "c", "capsule_id": "0198c0de-0000-7000-8000-000000000000"})

    assert (wrong.status_code, list(wrong.body["fields"])) == (400, ["capsule_id"])
    assert (unknown.status_code, list(unknown.body["fields"])) == (404, ["capsule_id"])


def test_an_unknown_owner_in_a_body_is_400(producer):
    answer = producer.post("/capsules", {**ORDERS, "owner_id": "0198c0de-0000-7000-8000-000000000000"})
    malformed = producer.post("/capsules", {**ORDERS, "owner_id": "finance"})

    assert (answer.status_code, list(answer.body["fields"])) == (400, ["owner_id"])
    assert (malformed.status_code, list(malformed.body["fields"])) == (400, ["owner_id"])


def test_a_column_is_retired_not_deleted(producer):
    column = ColumnFactory()

    assert producer.delete(f"/columns/{column.urn}").status_code == 204
    assert producer.get(f"/columns/{column.urn}").body["retired_at"] is not None
    assert producer.delete(f"/columns/{column.urn}").status_code == 409


def test_tags_are_put_on_once_and_taken_off(producer):
    tag = TagFactory(name="daily", category="cadence")
    capsule = CapsuleFactory(columns=["id"])
    for path in (f"/capsules/{capsule.pk}", f"/columns/{capsule.columns.get().pk}"):
        put = producer.post(f"{path}/tags/{tag.pk}")
        again = producer.post(f"{path}/tags/{tag.pk}")

        assert (put.status_code, put.body["name"]) == (201, "daily")
        assert (again.status_code, again.body["code"]) == (409, "already_exists")
        assert producer.get(path).body["tagged"] == [
            {"id": str(tag.pk), "name": "daily", "category": "cadence"}
        ]

        assert producer.delete(f"{path}/tags/{tag.pk}").status_code == 204
        assert producer.delete(f"{path}/tags/{tag.pk}").status_code == 404
        assert producer.post(f"{path}/tags/0198c0de-0000-7000-8000-000000000000").status_code == 404
