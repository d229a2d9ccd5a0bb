"""The current state of capsules as canonical documents."""

import pytest

from apps.catalog import documents, snapshots
from apps.catalog.models import Constraint
from tests.factories.catalog import CapsuleFactory, ColumnFactory, ConstraintFactory, IndexFactory

pytestmark = pytest.mark.django_db


def the_state(capsule):
    return snapshots.states([capsule.pk])[capsule.pk]


def test_a_capsule_made_by_hand_reads_as_a_canonical_document():
    capsule = CapsuleFactory(complete=True, columns=["order_id", "amount"], tags=["finance"])
    key = capsule.columns.get(name="order_id")
    ConstraintFactory(column=key, kind=Constraint.Kind.PRIMARY_KEY)
    IndexFactory(capsule=capsule, name="by_order", column_names=["order_id"], is_unique=True)

    state = the_state(capsule)

    assert state["owner"] == capsule.owner.name
    assert state["schema"]["columns"][0] == {
        "name": "order_id",
        "data_type": "numeric(12,2)",
        "is_nullable": False,
        "description": "What the customer paid, in euros.",
        "constraints": [{"type": "primary_key"}],
    }
    assert state["schema"]["indexes"] == [{"name": "by_order", "columns": ["order_id"], "unique": True}]
    assert documents.write(state) == documents.write(documents.canonical(state))


def test_columns_marked_one_by_one_make_one_key():
    capsule = CapsuleFactory(columns=["order_id", "line"])
    for column in capsule.columns.all():
        ConstraintFactory(column=column, kind=Constraint.Kind.PRIMARY_KEY)

    schema = the_state(capsule)["schema"]

    assert schema["constraints"] == [{"type": "primary_key", "columns": ["order_id", "line"]}]
    assert [column["is_nullable"] for column in schema["columns"]] == [False, False]


def test_retired_columns_are_no_part_of_the_state():
    capsule = CapsuleFactory()
    ColumnFactory(capsule=capsule, name="gone", retired_at="2024-12-01T08:00Z")

    assert "schema" not in the_state(capsule)


def test_the_number_of_queries_does_not_grow_with_the_capsules(django_assert_num_queries):
    few = [CapsuleFactory(complete=True, columns=["a", "b"]).pk for _ in range(2)]
    many = [CapsuleFactory(complete=True, columns=["a", "b"]).pk for _ in range(8)]
    with django_assert_num_queries(13):
        snapshots.states(few)

    with django_assert_num_queries(13):
        found = snapshots.states(many)

    assert len(found) == 8
