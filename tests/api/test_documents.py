"""Plans and documents over HTTP."""

import pytest

from apps.catalog import documents
from apps.catalog.models import Capsule, Column
from apps.deploy.models import Plan
from tests.factories import UserFactory
from tests.factories.catalog import CapsuleFactory, DomainFactory

from .conftest import Caller

URN = "urn:dcs:dbt:model:shop:orders"
ORDERS = {"urn": URN, "name": "orders", "schema": {"columns": [{"name": "order_id", "data_type": "INT"}]}}
TEXT = documents.write(ORDERS)


@pytest.fixture
def producer():
    return Caller(UserFactory(role="producer"))


def test_a_plan_is_made_read_and_applied(producer):
    made = producer.post("/plans", TEXT)
    read = producer.get(f"/plans/{made.body['plan_id']}")
    done = producer.post(f"/plans/{made.body['plan_id']}/apply")
    again = producer.post(f"/plans/{made.body['plan_id']}/apply")

    assert (made.status_code, read.status_code, done.status_code, again.status_code) == (201, 200, 200, 409)
    assert made["Location"].endswith(f"/plans/{made.body['plan_id']}")
    assert read.body["capsules"][0]["dimensions"]["structural"]["create"] == 1
    assert done.body["applied_at"]
    assert again.body["code"] == "plan_applied"
    assert Capsule.objects.get().urn == URN


def test_a_faulty_document_names_every_problem_with_its_place(producer):
    answer = producer.post("/plans", "data_capsule:\n  urn: nothing\n  nam: orders\n")

    assert answer.status_code == 400
    assert answer.body["code"] == "document_invalid"
    assert {problem["code"] for problem in answer.body["problems"]} == {"E100", "E102", "E104"}
    assert all(problem["line"] for problem in answer.body["problems"])


def test_a_stale_plan_is_answered_with_a_new_one(producer):
    CapsuleFactory(urn=URN, name="orders")
    made = producer.post("/plans", TEXT)
    Capsule.objects.update(layer="gold")

    answer = producer.post(f"/plans/{made.body['plan_id']}/apply")

    assert (answer.status_code, answer.body["code"]) == (409, "plan_stale")
    assert answer.body["moved"] == [URN]
    assert Plan.objects.filter(pk=answer.body["plan"]["plan_id"]).exists()
    assert not Column.objects.exists()


def test_a_capsule_is_imported_and_exported_whole(producer):
    made = producer.put(f"/capsules/{URN}/document", TEXT)
    dry = producer.put(f"/capsules/{URN}/document?dry_run=true", TEXT)
    as_json = producer.get(f"/capsules/{URN}/document")
    as_yaml = producer.get(f"/capsules/{URN}/document", Accept="application/yaml")

    assert (made.status_code, dry.status_code, dry.body["result"]) == (201, 200, "no_change")
    assert as_json.body == {"data_capsule": {**ORDERS}}
    assert as_yaml.content.decode() == TEXT
    assert as_yaml["X-Export-Complete"] == "true"


def test_an_import_that_retires_asks_for_the_hash(producer):
    producer.put(f"/capsules/{URN}/document", TEXT)
    empty = documents.write({"urn": URN, "name": "orders", "layer": "gold"}).replace(
        "layer: gold", "schema: {}"
    )
    digest = documents.read(empty).hash

    refused = producer.put(f"/capsules/{URN}/document", empty)
    accepted = producer.put(f"/capsules/{URN}/document?accept={digest}", empty)

    assert (refused.status_code, refused.body["code"]) == (409, "acceptance_needed")
    assert accepted.status_code == 200
    assert Column.objects.get().retired_at


def test_what_is_hidden_is_said_and_such_a_file_is_not_planned(producer):
    producer.put(f"/capsules/{URN}/document", TEXT)
    Column.objects.update(visibility_rank=5)

    answer = producer.get(f"/capsules/{URN}/document", Accept="application/yaml")
    refused = producer.post("/plans", answer.content)

    assert answer["X-Export-Complete"] == "false"
    assert answer.content.startswith(b"# Incomplete")
    assert (refused.status_code, refused.body["code"]) == (409, "export_incomplete")


def test_an_analyst_reads_documents_and_plans_nothing():
    CapsuleFactory(urn=URN, name="orders")
    analyst = Caller(UserFactory(role="analyst"))

    assert analyst.get(f"/capsules/{URN}/document").status_code == 200
    assert analyst.post("/plans", TEXT).status_code == 403
    assert analyst.put(f"/capsules/{URN}/document", TEXT).status_code == 403


def test_a_plan_is_read_by_those_who_ship_and_applied_by_its_author(producer):
    made = producer.post("/plans", TEXT)
    other, analyst = Caller(UserFactory(role="producer")), Caller(UserFactory(role="analyst"))

    refused = other.post(f"/plans/{made.body['plan_id']}/apply")

    assert other.get(f"/plans/{made.body['plan_id']}").status_code == 200
    assert (refused.status_code, refused.body["code"]) == (409, "plan_gone")
    assert analyst.get(f"/plans/{made.body['plan_id']}").status_code == 404


def test_a_steward_applies_a_producer_s_plan_and_the_answer_names_them(producer):
    made = producer.post("/plans", TEXT)
    steward = UserFactory(role="steward")

    done = Caller(steward).post(f"/plans/{made.body['plan_id']}/apply")

    assert (done.status_code, done.body["taken_over_by"]) == (200, steward.username)


def test_a_token_that_may_write_plans_and_applies():
    token = Caller(UserFactory(role="producer"), scopes=["read", "write"])
    made = token.post("/plans", TEXT)
    assert made.status_code == 201
    assert token.post(f"/plans/{made.body['plan_id']}/apply").status_code == 200
    assert token.put(f"/capsules/{URN}/document", TEXT).status_code == 200


def test_a_token_that_may_only_read_plans_nothing():
    token = Caller(UserFactory(role="producer"), scopes=["read"])
    assert token.post("/plans", TEXT).status_code == 403
    assert token.put(f"/capsules/{URN}/document", TEXT).status_code == 403
    assert not Plan.objects.exists()


def test_a_policy_admin_plans_a_policy_and_nothing_else(producer):
    producer.put(f"/capsules/{URN}/document", TEXT)
    admin = Caller(UserFactory(role="policy_admin"))
    ruled = documents.write({**ORDERS, "policies": {"sensitivity_level": "confidential"}})
    renamed = documents.write({**ORDERS, "description": "Orders of the shop."})

    assert admin.post("/plans", ruled).status_code == 201
    assert admin.post("/plans", renamed).status_code == 403


def test_who_may_change_nothing_learns_nothing_from_a_plan(producer):
    producer.put(f"/capsules/{URN}/document", TEXT)
    assert Caller(UserFactory(role="analyst")).post("/plans", TEXT).status_code == 403


def test_all_capsules_those_of_a_domain_or_those_named_come_as_one_bundle(producer):
    sales = DomainFactory(name="sales")
    orders, customers = CapsuleFactory(name="orders", domain=sales), CapsuleFactory(name="customers")

    def urns(query=""):
        answer = producer.get(f"/documents{query}", Accept="application/json")
        assert answer.status_code == 200
        return [one["data_capsule"]["urn"] for one in answer.body]

    assert urns() == sorted([orders.urn, customers.urn])
    assert urns("?domain=sales") == [orders.urn]
    assert urns(f"?urn={customers.urn}&urn={orders.urn}") == sorted([orders.urn, customers.urn])
    assert urns("?domain=nowhere") == []
    assert producer.get("/documents?urn=urn:dcs:dbt:model:shop:gone").status_code == 404
    assert producer.get("/documents?include=secrets").status_code == 400


def test_a_bundle_in_yaml_is_planned_as_it_came_and_nobody_gets_what_is_hidden(producer):
    orders, hidden = CapsuleFactory(name="orders"), CapsuleFactory(name="salaries")
    Capsule.objects.filter(pk=hidden.pk).update(visibility_rank=5)

    answer = producer.get("/documents", Accept="application/yaml")
    text = answer.raw.decode()

    assert answer["Content-Type"].startswith("application/yaml")
    assert (orders.urn in text, "salaries" in text) == (True, False)
    assert producer.post("/plans", text).body["result"] == "no_change"


# ---------- what was read is what is changed ----------


PATH = f"/capsules/{URN}/document"
LAYERED = documents.write({**ORDERS, "layer": "gold"})


@pytest.fixture
def tag(producer):
    """The entity tag of the capsule as it was read."""
    producer.put(PATH, TEXT)
    return producer.get(PATH)["ETag"]


def test_an_import_says_which_state_it_began_from(producer, tag):
    done = producer.put(PATH, LAYERED, **{"If-Match": tag})

    assert (done.status_code, Capsule.objects.get().layer) == (200, "gold")
    assert producer.get(PATH)["ETag"] != tag


def test_an_import_that_began_from_another_state_is_refused_with_the_tag_of_now(producer, tag):
    Capsule.objects.update(description="By hand.")
    plans = Plan.objects.count()

    refused = producer.put(PATH, LAYERED, **{"If-Match": tag})
    again = producer.put(PATH, LAYERED, **{"If-Match": refused["ETag"]})

    assert (refused.status_code, refused.body["code"]) == (412, "precondition_failed")
    assert (Plan.objects.count() - plans, again.status_code) == (1, 200)
    assert Capsule.objects.get().layer == "gold"


def test_the_same_state_has_one_tag_for_if_match_in_yaml_and_json(producer, tag):
    as_yaml = producer.get(PATH, Accept="application/yaml")["ETag"]

    assert as_yaml != tag
    assert producer.put(PATH, LAYERED, **{"If-Match": as_yaml}).status_code == 200


def test_what_was_read_already_is_not_sent_again(producer, tag):
    answer = producer.get(PATH, **{"If-None-Match": tag})

    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If-Match", "*", 200),
        ("If-Match", '"0000"', 412),
        ("If-Match", "nonsense", 412),
        ("If-None-Match", "*", 412),
        ("If-None-Match", '"0000"', 200),
    ],
)
def test_a_precondition_holds_or_nothing_is_written(producer, tag, header, value, status):
    answer = producer.put(PATH, LAYERED, **{header: value})

    assert answer.status_code == status
    assert (Capsule.objects.get().layer == "gold") == (status == 200)


def test_a_capsule_that_is_not_there_has_no_state_to_match(producer):
    refused = producer.put(PATH, TEXT, **{"If-Match": "*"})
    made = producer.put(PATH, TEXT, **{"If-None-Match": "*"})

    assert (refused.status_code, refused.has_header("ETag"), made.status_code) == (412, False, 201)


def test_a_dry_run_keeps_to_the_precondition_too(producer, tag):
    Capsule.objects.update(description="By hand.")

    assert producer.put(f"{PATH}?dry_run=true", LAYERED, **{"If-Match": tag}).status_code == 412


def test_a_colleagues_plan_is_answered_without_what_its_reader_may_not_know(producer):
    Caller(producer.user).put(f"/capsules/{URN}/document", TEXT)
    salary = {"name": "salary", "data_type": "INT"}
    wider = {**ORDERS, "schema": {"columns": [*ORDERS["schema"]["columns"], salary]}}
    producer.put(f"/capsules/{URN}/document", documents.write(wider))
    salary["data_type"] = "BIGINT"
    made = producer.post("/plans", documents.write({**wider, "description": "One row for each order."}))
    Column.objects.filter(name="salary").update(visibility_rank=5)

    open_to = Caller(UserFactory(role="auditor")).get(f"/plans/{made.body['plan_id']}")
    closed_to = Caller(UserFactory(role="steward")).get(f"/plans/{made.body['plan_id']}")

    def names(answer):
        parts = answer.body["capsules"][0]["dimensions"]
        return [(item["name"], parts[name]["change"]) for name in parts for item in parts[name]["items"]]

    assert ("salary", 1) in names(open_to)
    assert "salary" not in dict(names(closed_to))
    assert closed_to.body["capsules"][0]["dimensions"]["structural"]["result"] == "no_change"
