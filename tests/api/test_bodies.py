import json

import pytest

from apps.catalog.models import Capsule
from tests.factories import (
    CapsuleFactory,
    ColumnFactory,
    ConstraintFactory,
    DataProductFactory,
    IndexFactory,
    TagFactory,
)

ORDERS = {"name": "orders", "capsule_type": "table"}


def test_what_was_read_can_be_put_back_unchanged(steward):
    for path in (
        f"/capsules/{CapsuleFactory(tags=['daily'], meta={'team': 'x', 'origin': 'dbt'}).pk}",
        f"/columns/{ColumnFactory(value_range_min='0.000000000000000000001', meta={'origin': 'dbt'}).pk}",
        f"/constraints/{ConstraintFactory().pk}",
        f"/indexes/{IndexFactory(column_names=[], expressions=['lower(name)']).pk}",
        f"/tags/{TagFactory().pk}",
        f"/data-products/{DataProductFactory(slo_availability_percent='99.999').pk}",
    ):
        before = steward.get(path)

        after = steward.put(path, before.body)

        assert after.status_code == 200, (path, after.body)
        assert after.body == before.body
        assert after["ETag"] == before["ETag"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "0198c0de-0000-7000-8000-000000000000"),
        ("urn", "urn:dcs:dbt:model:other:thing"),
        ("created_at", "2020-01-01T00:00:00Z"),
        ("column_count", 99),
        ("has_tests", True),
        ("retired_at", "2020-01-01T00:00:00Z"),
        ("sensitivity", "secret"),
        ("provenance", {"name": {"by": "eve"}}),
    ],
)
def test_what_the_server_owns_is_refused_when_changed(producer, name, value):
    capsule = CapsuleFactory()

    answer = producer.patch(f"/capsules/{capsule.pk}", {name: value})

    assert answer.status_code == 400
    assert list(answer.body["fields"]) == [name]


def test_times_may_be_sent_back_in_another_spelling(producer):
    capsule = CapsuleFactory()
    read = producer.get(f"/capsules/{capsule.pk}").body

    answer = producer.patch(
        f"/capsules/{capsule.pk}", {"created_at": read["created_at"].replace("Z", "+00:00")}
    )

    assert answer.status_code == 200


def test_a_misspelt_field_is_refused_and_the_right_one_suggested(producer):
    answer = producer.post("/capsules", {**ORDERS, "descripton": "One row an order."})

    assert answer.status_code == 400
    assert answer.body["fields"] == {"descripton": ["There is no such field; did you mean description?"]}


def test_all_problems_of_a_body_are_told_at_once_by_field(producer):
    answer = producer.post(
        "/capsules",
        {
            "name": "x" * 300,
            "capsule_type": "spreadsheet",
            "owner_id": "0198c0de-0000-7000-8000-000000000000",
            "row_count": -1,
            "tags": "daily",
            "shape": "round",
        },
    )

    assert answer.status_code == 400
    assert answer.body["code"] == "validation_error"
    assert set(answer.body["fields"]) == {"name", "owner_id", "row_count", "tags", "shape"}


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("capsule_type", "spreadsheet"),
        ("layer", "platinum"),
        ("storage_format", "clay"),
        ("partition_strategy", "magic"),
    ],
)
def test_unknown_words_of_a_list_are_refused(producer, field, word):
    answer = producer.post("/capsules", {**ORDERS, field: word})

    assert answer.status_code == 400
    assert list(answer.body["fields"]) == [field]


def test_an_unknown_word_that_an_importer_stored_may_be_sent_back(producer):
    capsule = CapsuleFactory(layer="platinum")

    assert (
        producer.patch(f"/capsules/{capsule.pk}", {"layer": "platinum", "description": "Better."}).status_code
        == 200
    )


def test_an_alias_of_a_format_is_stored_as_the_canonical_word(producer):
    made = producer.post("/capsules", {**ORDERS, "storage_format": "delta_lake"})

    assert made.body["storage_format"] == "delta"


def test_put_gives_what_is_left_out_its_default_and_patch_leaves_it(producer):
    capsule = CapsuleFactory(description="Orders.", tags=["daily"], layer="gold", meta={"a": 1})

    patched = producer.patch(f"/capsules/{capsule.pk}", {"layer": "silver"})
    assert (patched.body["description"], patched.body["tags"], patched.body["layer"]) == (
        "Orders.",
        ["daily"],
        "silver",
    )

    replaced = producer.put(f"/capsules/{capsule.pk}", {"name": "orders", "capsule_type": "table"})
    assert (replaced.body["description"], replaced.body["tags"], replaced.body["layer"]) == (None, [], None)
    assert replaced.body["meta"] == {}


def test_null_clears(producer):
    capsule = CapsuleFactory(description="Orders.", tags=["daily"])

    answer = producer.patch(f"/capsules/{capsule.pk}", {"description": None, "tags": None})

    assert (answer.body["description"], answer.body["tags"]) == (None, [])


def test_large_integers_and_decimals_survive_unrounded(producer):
    capsule = CapsuleFactory(columns=["amount"])
    column = capsule.columns.get()

    producer.patch(f"/capsules/{capsule.pk}", {"row_count": 9223372036854775807})
    answer = producer.call(
        "PATCH",
        f"/columns/{column.pk}",
        '{"value_range_max": 123456789012345678901234567890.123456789012345678901}',
    )

    assert b'"value_range_max":123456789012345678901234567890.123456789012345678901' in answer.content
    assert b'"row_count":9223372036854775807' in producer.get(f"/capsules/{capsule.pk}").content
    column.refresh_from_db()
    assert str(column.value_range_max) == "123456789012345678901234567890.123456789012345678901"


def test_integers_beyond_64_bits_in_meta_survive(producer):
    made = producer.post("/capsules", {**ORDERS, "meta": {"checksum": 2**80}})

    assert made.body["meta"] == {"checksum": 2**80}


def test_percentages_keep_four_decimals_and_refuse_five(producer):
    product = DataProductFactory()

    kept = producer.patch(f"/data-products/{product.pk}", {"slo_availability_percent": 99.9990})
    refused = producer.patch(f"/data-products/{product.pk}", {"slo_availability_percent": 99.99999})
    beyond = producer.patch(f"/data-products/{product.pk}", {"slo_availability_percent": 101})

    assert b'"slo_availability_percent":99.999' in kept.content
    assert (refused.status_code, beyond.status_code) == (400, 400)
    assert list(refused.body["fields"]) == list(beyond.body["fields"]) == ["slo_availability_percent"]


def test_times_are_utc_with_a_z(analyst):
    assert analyst.get(f"/capsules/{CapsuleFactory().pk}").body["created_at"].endswith("Z")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b'{"name": NaN}',
        b'{"name": "\\u0000"}',
        b'{"name": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 100 + b"]" * 100,
        b"[" * 100_000,
        b'{"row_count": 1' + b"0" * 5000 + b"}",
        b'{"doc_coverage": 1e999999999}',
    ],
)
def test_what_is_not_usable_json_is_400(producer, body):
    answer = producer.call("POST", "/capsules", body)

    assert answer.status_code == 400
    assert answer.body["code"] in ("parse_error", "validation_error")


@pytest.mark.parametrize("body", ["[]", '"orders"', "3", "null"])
def test_a_body_that_is_no_object_is_400(producer, body):
    answer = producer.call("POST", "/capsules", body)

    assert answer.status_code == 400
    assert "non_field_errors" in answer.body["fields"]


def test_another_type_than_json_is_415(producer):
    answer = producer.client.post("/api/v1/capsules", data="name=orders", content_type="text/plain")

    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


def test_a_body_that_is_too_large_is_413(producer, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    answer = producer.post("/capsules", {**ORDERS, "description": "x" * 2000})

    assert answer.status_code == 413
    assert answer.body["code"] == "too_large"


def test_an_unknown_method_is_405_and_says_which_are_known(producer):
    answer = producer.call("PATCH", "/capsules", {})

    assert answer.status_code == 405
    assert answer["Allow"]
    assert answer.body["code"] == "method_not_allowed"


def test_html_is_not_offered(analyst):
    answer = analyst.get("/capsules", Accept="text/html")

    assert answer.status_code == 406
    assert answer["Content-Type"] == "application/json"


def test_a_failure_inside_the_server_says_nothing_about_it(producer, monkeypatch):
    def broken(self, values):
        raise RuntimeError("/srv/secret/path")

    monkeypatch.setattr("apps.catalog.api.capsules.CapsuleViewSet.create_record", broken)

    answer = producer.post("/capsules", ORDERS)

    assert answer.status_code == 500
    assert set(answer.body) == {"detail", "code", "request_id"}
    assert "secret" not in answer.content.decode()
    assert not Capsule.objects.exists()


def test_the_request_id_may_be_the_callers_own(analyst):
    answer = analyst.get("/capsules/urn:dcs:a:b:c:d", X_Request_ID="pipeline-run-42")

    assert answer.body["request_id"] == answer["X-Request-ID"] == "pipeline-run-42"


def test_what_the_database_refuses_is_400_with_the_field(producer):
    column = ColumnFactory(value_range_min=5)

    answer = producer.patch(f"/columns/{column.pk}", {"value_range_max": 4})

    assert answer.status_code == 400
    assert list(answer.body["fields"]) == ["value_range_min"]


def test_a_check_that_only_the_database_knows_is_400_with_the_field(producer, monkeypatch):
    column = ColumnFactory()
    monkeypatch.setattr("apps.catalog.api.columns.ColumnSerializer.validate", lambda self, values: values)

    answer = producer.patch(f"/columns/{column.pk}", {"value_range_min": 5, "value_range_max": 4})

    assert answer.status_code == 400
    assert set(answer.body["fields"]) == {"value_range_max", "value_range_min"}
    assert "value_range_ordered" not in json.dumps(answer.body)


def test_what_is_taken_already_is_409_with_the_field_and_without_the_value(producer):
    hidden = CapsuleFactory(visibility_rank=5)

    answer = producer.post("/capsules", {**ORDERS, "urn": hidden.urn})

    assert answer.status_code == 409
    assert answer.body["code"] == "already_exists"
    assert list(answer.body["fields"]) == ["urn"]
    assert hidden.name not in answer.content.decode()
