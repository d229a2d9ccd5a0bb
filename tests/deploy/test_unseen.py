"""What an author cannot see stays as it is, whatever their documents leave out."""

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog import documents, snapshots
from apps.catalog.models import Capsule, Column
from apps.deploy import applying, plan
from apps.deploy.unseen import with_hidden
from apps.people.reader import reader_of, system
from tests.factories.people import UserFactory

URN = "urn:dcs:dbt:model:shop:staff"
COLUMNS = [
    {"name": "staff_id", "data_type": "INT"},
    {"name": "salary", "data_type": "DECIMAL(18,2)", "description": "A month's pay."},
    {"name": "name", "data_type": "VARCHAR(80)"},
]
STAFF = {
    "urn": URN,
    "name": "staff",
    "schema": {"columns": COLUMNS},
    "quality_rules": [
        {"rule": "not_null", "name": "id there", "column": "staff_id"},
        {"rule": "not_null", "name": "pay there", "column": "salary"},
    ],
    "column_policies": {"salary": {"sensitivity_level": "secret"}},
}


@pytest.fixture
def staff(db):
    """A table with a column that only the auditors see."""
    applying.apply_directly(documents.write(STAFF), reader=system("load"))
    Column.objects.filter(name="salary").update(visibility_rank=5, sensitivity_rank=5)
    return Capsule.objects.get(urn=URN)


@pytest.fixture
def producer(db):
    return reader_of(UserFactory(role="producer"))


def text(**parts):
    return documents.write({"urn": URN, "name": "staff", **parts})


def state():
    capsule = Capsule.objects.get(urn=URN)
    return snapshots.states([capsule.pk])[capsule.pk]


def test_a_document_without_the_hidden_column_keeps_it_with_all_that_hangs_on_it(staff, producer):
    before = state()
    visible = [COLUMNS[0], COLUMNS[2]]

    same = plan.make(text(schema={"columns": visible}, quality_rules=STAFF["quality_rules"][:1]), producer)
    more = plan.make(text(schema={"columns": [*visible, {"name": "since", "data_type": "DATE"}]}), producer)

    assert same.answer["result"] == "no_change"
    items = more.answer["capsules"][0]["dimensions"]["structural"]["items"]
    assert [(item["action"], item["name"]) for item in items] == [("create", "since")]
    assert "salary" not in str(more.answer)
    applying.apply(more, reader=producer)
    after = state()
    assert [column["name"] for column in after["schema"]["columns"]] == [
        "staff_id",
        "salary",
        "name",
        "since",
    ]
    for section in ("quality_rules", "column_policies"):
        assert after[section] == before[section]


def test_everything_else_may_go_and_the_hidden_stays(staff, producer):
    applying.apply_directly(
        text(schema={"columns": []}, quality_rules=[], column_policies={}),
        reader=producer,
        accept=plan.read(text(schema={"columns": []}, quality_rules=[], column_policies={}), producer).hash,
    )
    after = state()
    assert [column["name"] for column in after["schema"]["columns"]] == ["salary"]
    assert [rule["name"] for rule in after["quality_rules"]] == ["pay there"]
    assert "salary" in after["column_policies"]


@pytest.mark.parametrize(
    "parts",
    [
        {"schema": {"columns": [*COLUMNS[::2], {"name": "salary", "data_type": "INT"}]}},
        {
            "schema": {"columns": COLUMNS[::2]},
            "column_policies": {"name": {"sensitivity_level": "public"}},
            "quality_rules": [{"rule": "unique", "name": "pay there", "column": "name"}],
        },
    ],
)
def test_who_names_what_they_cannot_see_is_refused_without_a_word_about_it(staff, producer, parts):
    with pytest.raises(PermissionDenied) as refused:
        plan.make(text(**parts), producer)
    assert "salary" not in str(refused.value)
    assert "pay" not in str(refused.value)


def test_who_sees_all_plans_as_ever(staff):
    found = plan.make(text(schema={"columns": COLUMNS[::2]}), system("test"))
    items = found.answer["capsules"][0]["dimensions"]["structural"]["items"]
    assert [(item["action"], item["name"]) for item in items] == [("retire", "salary")]


NAMES = st.sampled_from("abcdef")
ENTRIES = st.lists(NAMES, unique=True, max_size=6).map(
    lambda names: [{"name": name, "data_type": "INT"} for name in names]
)


@given(ENTRIES, st.sets(NAMES), st.lists(NAMES, unique=True, max_size=6))
def test_whatever_is_wanted_of_the_rest_nothing_hidden_is_lost_and_nothing_else_comes(entries, hidden, names):
    seen = [entry for entry in entries if entry["name"] not in hidden]
    kept = [entry["name"] for entry in entries if entry["name"] in hidden]
    wanted = [{"name": name, "data_type": "TEXT"} for name in names if name not in kept]

    found = [entry["name"] for entry in with_hidden(entries, seen, wanted)]

    assert sorted(found) == sorted(
        [*kept, *(entry["name"] for entry in wanted)]
        if wanted != seen
        else [entry["name"] for entry in entries]
    )
