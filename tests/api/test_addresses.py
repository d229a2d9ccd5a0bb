import pytest

from tests.factories import CapsuleAliasFactory, CapsuleFactory, ColumnFactory


@pytest.mark.parametrize("path", ["/capsules", "/capsules/", "/columns/", "/domains/"])
def test_a_list_answers_with_and_without_the_last_slash(analyst, path):
    assert analyst.get(path).status_code == 200


def test_every_method_works_with_a_last_slash_and_without_redirect(producer):
    made = producer.post("/capsules/", {"name": "orders", "capsule_type": "table"})

    changed = producer.patch(f"/capsules/{made.body['id']}/", {"layer": "gold"})

    assert (made.status_code, changed.status_code) == (201, 200)


def test_a_capsule_is_found_by_urn_and_by_id_in_either_case(analyst):
    capsule = CapsuleFactory()

    for address in (capsule.urn, capsule.pk, str(capsule.pk).upper()):
        assert analyst.get(f"/capsules/{address}").body["urn"] == capsule.urn


def test_a_capsule_with_a_blank_and_a_percent_in_its_name_is_found_in_either_spelling(producer):
    made = producer.post(
        "/capsules",
        {"urn": "urn:dcs:files:file:lake:daily orders 100%", "name": "daily orders", "capsule_type": "file"},
    )

    stored = made.body["urn"]

    assert stored == "urn:dcs:files:file:lake:daily%20orders%20100%25"
    for spelling in ("daily%20orders%20100%25", "daily%2520orders%2520100%2525"):
        assert producer.get(f"/capsules/urn:dcs:files:file:lake:{spelling}").body["urn"] == stored


def test_a_slash_in_a_name_may_be_sent_as_the_client_spells_it(producer):
    made = producer.post("/capsules", {"name": "2026/orders", "capsule_type": "file"})
    assert made.body["urn"].endswith(":2026%2Forders")

    for spelling in ("2026%2Forders", "2026%252Forders"):
        for below in ("", "/columns", "/columns/"):
            answer = producer.get(f"/capsules/urn:dcs:manual:file:default:{spelling}{below}")
            assert answer.status_code == 200, (spelling, below)


def test_names_that_are_not_ascii_are_found(producer):
    made = producer.post("/capsules", {"name": "Aufträge", "capsule_type": "table"})

    assert producer.get("/capsules/urn:dcs:manual:table:default:Auftr%C3%A4ge").body["id"] == made.body["id"]


def test_the_location_of_a_new_capsule_can_be_followed(producer):
    made = producer.post("/capsules", {"name": "100% of orders", "capsule_type": "table"})

    assert producer.get(made["Location"]).body["id"] == made.body["id"]


def test_a_former_address_leads_to_the_capsule(analyst):
    alias = CapsuleAliasFactory()

    assert analyst.get(f"/capsules/{alias.urn}").body["urn"] == alias.capsule.urn


def test_what_an_address_means_is_never_guessed_from_its_look(analyst):
    column = ColumnFactory()

    assert analyst.get(f"/capsules/{column.urn}").status_code == 404
    assert analyst.get(f"/columns/{column.capsule.urn}").status_code == 404
    assert analyst.get(f"/columns/{column.urn}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/capsules/urn:dcs:dbt:model:nowhere:nothing",
        "/capsules/0198c0de-0000-7000-8000-000000000000",
        "/capsules/%00",
        "/capsules/not-an-address",
        "/constraints/not-a-uuid",
        "/columns/urn:dcs:x/tags/y",
        "/nowhere",
        "/capsules/urn:dcs:a:b:c:d/nowhere",
    ],
)
def test_what_does_not_exist_is_404_in_the_one_shape(analyst, path):
    answer = analyst.get(path)

    assert answer.status_code == 404
    assert answer.body["code"] == "not_found"
    assert answer.body["request_id"] == answer["X-Request-ID"]


def test_a_hidden_capsule_is_404_with_the_words_of_an_unknown_one(analyst, auditor):
    secret = CapsuleFactory(visibility_rank=5)
    ColumnFactory(capsule=secret)

    hidden, unknown = (
        analyst.get(f"/capsules/{secret.pk}"),
        analyst.get("/capsules/urn:dcs:dbt:model:no:thing"),
    )

    assert hidden.status_code == 404
    assert hidden.body["detail"] == unknown.body["detail"]
    assert auditor.get(f"/capsules/{secret.pk}").status_code == 200
    assert analyst.get("/columns").body["count"] == 0
    assert analyst.get(f"/capsules/{secret.pk}/columns").status_code == 404
