import pytest

from apps.catalog.models import Constraint
from tests.factories import CapsuleFactory, ColumnFactory, ConstraintFactory, IndexFactory


@pytest.fixture
def orders(db):
    return CapsuleFactory(name="orders", columns=["order_id", "customer_id", "amount"])


@pytest.fixture
def add(producer, orders):
    """Adds a constraint to a column of `orders`."""

    def add(column, **body):
        body = {"column_id": str(orders.columns.get(name=column).pk), **body}
        return producer.post(f"/capsules/{orders.pk}/constraints", body)

    return add


def test_the_constraints_of_a_capsule_are_those_of_its_columns(analyst, add, orders):
    add("order_id", constraint_type="primary_key", constraint_name="orders_pk")
    add("amount", constraint_type="check", check_expression="amount > 0")
    ConstraintFactory()

    every = analyst.get(f"/capsules/{orders.urn}/constraints").body
    keys = analyst.get(f"/capsules/{orders.urn}/constraints?constraint_type=primary_key").body

    assert every["count"] == 2
    assert [(row["column_name"], row["constraint_name"]) for row in keys["results"]] == [
        ("order_id", "orders_pk")
    ]
    assert analyst.get("/constraints").body["count"] == 3
    assert analyst.get(f"/constraints?capsule_urn={orders.urn}&constraint_type=check").body["count"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"constraint_type": "foreign_key"}, "referenced_column_urn"),
        ({"constraint_type": "check"}, "check_expression"),
        ({"constraint_type": "default"}, "default_value"),
        ({"constraint_type": "unique", "check_expression": "amount > 0"}, "check_expression"),
        ({"constraint_type": "not_null", "default_value": "0"}, "default_value"),
        ({"constraint_type": "magic"}, "constraint_type"),
        (
            {
                "constraint_type": "foreign_key",
                "referenced_table_urn": "urn:dcs:a:b:c:d",
                "on_delete_action": "PANIC",
            },
            "on_delete_action",
        ),
        ({}, "constraint_type"),
    ],
)
def test_each_type_needs_what_makes_it_and_takes_no_more(add, body, field):
    answer = add("amount", **body)

    assert answer.status_code == 400
    assert field in answer.body["fields"]


def test_the_table_of_a_foreign_key_follows_from_its_column(add, producer):
    target = ColumnFactory(capsule=CapsuleFactory(name="customers"), name="customer_id")

    known = add("customer_id", constraint_type="foreign_key", referenced_column_urn=target.urn)
    unknown = add(
        "order_id", constraint_type="foreign_key", referenced_column_urn="urn:dcs:pg:table:db.public:t.c"
    )
    wrong = add(
        "amount",
        constraint_type="foreign_key",
        referenced_column_urn=target.urn,
        referenced_table_urn="urn:dcs:pg:table:db.public:t",
    )

    assert known.body["referenced_table_urn"] == target.capsule.urn
    assert unknown.body["referenced_table_urn"] == "urn:dcs:pg:table:db.public:t"
    assert (wrong.status_code, list(wrong.body["fields"])) == (400, ["referenced_table_urn"])


def test_a_column_of_another_capsule_is_400_and_an_unknown_one_404(producer, orders):
    path = f"/capsules/{orders.pk}/constraints"
    body = {"constraint_type": "not_null"}

    foreign = producer.post(path, {**body, "column_id": str(ColumnFactory().pk)})
    unknown = producer.post(path, {**body, "column_id": "0198c0de-0000-7000-8000-000000000000"})
    malformed = producer.post(path, {**body, "column_id": "amount"})

    assert (foreign.status_code, list(foreign.body["fields"])) == (400, ["column_id"])
    assert (unknown.status_code, list(unknown.body["fields"])) == (404, ["column_id"])
    assert (malformed.status_code, list(malformed.body["fields"])) == (400, ["column_id"])


def test_a_key_and_a_not_null_forbid_null_until_they_go(add, producer, orders):
    column = orders.columns.get(name="order_id")

    key = add("order_id", constraint_type="primary_key").body
    add("order_id", constraint_type="not_null")
    assert producer.get(f"/columns/{column.pk}").body["is_nullable"] is False

    producer.delete(f"/constraints/{key['id']}")
    assert producer.get(f"/columns/{column.pk}").body["is_nullable"] is False

    producer.delete(f"/constraints/{Constraint.objects.get(column=column).pk}")
    assert producer.get(f"/columns/{column.pk}").body["is_nullable"] is True


def test_a_constraint_is_stored_once(add):
    for body in (
        {"constraint_type": "not_null"},
        {"constraint_type": "check", "check_expression": "amount > 0"},
    ):
        assert add("amount", **body).status_code == 201
        again = add("amount", **body)
        assert (again.status_code, again.body["code"]) == (409, "already_exists")


def test_a_constraint_is_changed_by_the_same_rules(add, producer):
    made = add("amount", constraint_type="check", check_expression="amount > 0").body
    path = f"/constraints/{made['id']}"

    assert producer.patch(path, {"check_expression": "amount >= 0"}).body["check_expression"] == "amount >= 0"
    assert producer.patch(path, {"check_expression": None}).status_code == 400
    assert producer.patch(path, {"column_id": str(ColumnFactory().pk)}).status_code == 400
    assert producer.get(path).body["check_expression"] == "amount >= 0"


def test_an_index_is_added_listed_and_filtered(producer, analyst, orders):
    path = f"/capsules/{orders.pk}/indexes"

    made = producer.post(
        path, {"index_name": "by_customer", "column_names": ["customer_id", "order_id"], "is_unique": True}
    )
    by_expression = producer.post(
        path, {"index_name": "lower", "column_names": [], "column_expressions": ["lower(name)"]}
    )
    IndexFactory()

    assert (made.status_code, by_expression.status_code) == (201, 201)
    assert made.body["index_type"] == "btree"
    assert made["Location"] == f"/api/v1/indexes/{made.body['id']}"
    assert analyst.get(path).body["count"] == 2
    assert analyst.get(f"{path}?is_unique=true&index_type=btree").body["count"] == 1
    assert analyst.get("/indexes").body["count"] == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"column_names": []}, "column_names"),
        ({}, "column_names"),
        ({"column_names": ["nothing"]}, "column_names"),
        ({"column_names": ["amount"], "fill_factor": 5}, "fill_factor"),
        ({"column_names": ["amount"], "index_type": "magic"}, "index_type"),
        ({"column_names": ["amount"], "is_partial": True}, "partial_predicate"),
        (
            {"column_names": ["amount"], "is_partial": False, "partial_predicate": "amount > 0"},
            "partial_predicate",
        ),
        ({"column_names": "amount"}, "column_names"),
    ],
)
def test_an_index_that_makes_no_sense_is_refused(producer, orders, body, field):
    answer = producer.post(f"/capsules/{orders.pk}/indexes", {"index_name": "i", **body})

    assert (answer.status_code, list(answer.body["fields"])) == (400, [field])


def test_a_predicate_makes_an_index_partial(producer, orders):
    made = producer.post(
        f"/capsules/{orders.pk}/indexes",
        {"index_name": "large", "column_names": ["amount"], "partial_predicate": "amount > 1000"},
    )

    cleared = producer.patch(f"/indexes/{made.body['id']}", {"partial_predicate": None})

    assert made.body["is_partial"] is True
    assert cleared.body["is_partial"] is False


def test_two_indexes_of_a_capsule_have_two_names(producer, orders):
    body = {"index_name": "i", "column_names": ["amount"]}
    path = f"/capsules/{orders.pk}/indexes"

    assert [producer.post(path, body).status_code for _each in range(2)] == [201, 409]
