"""The past that a document tells, kept as versions before those that the portal makes."""

import datetime

import pytest

from apps.catalog import comparison, documents
from apps.catalog.models import CapsuleVersion
from apps.deploy import applying, exporting, plan
from apps.people.reader import reader_of
from tests.factories.people import UserFactory

URN = "urn:dcs:dbt:model:shop:orders"
HISTORY = [
    {"version": "3.0", "date": "2026-10-01", "changes": "Amounts in euros.", "breaking": True},
    {"version": "2.0", "date": "2025-03-09", "changes": "Discount added."},
    {"version": "1.0", "date": "2024-01-31"},
]
pytestmark = pytest.mark.django_db


@pytest.fixture
def producer():
    return reader_of(UserFactory(role="producer"))


def document(version, history, column="amount"):
    return documents.write_bundle(
        [
            documents.canonical(
                {
                    "urn": URN,
                    "name": "orders",
                    "version": version,
                    "schema": {"columns": [{"name": column, "data_type": "DECIMAL(18,2)"}]},
                    "version_history": history,
                }
            )
        ]
    )


def applied(text, reader):
    return applying.apply(plan.make(text, reader), reader=reader)


def rows():
    return list(CapsuleVersion.objects.filter(capsule__urn=URN).order_by("number"))


def test_a_first_document_s_history_stands_before_its_own_version(producer):
    # given a document of version 3.0 that tells of two earlier ones
    # when it is applied
    applied(document("3.0", HISTORY), producer)
    # then the earlier ones are numbered first, in the order of their dates, and the entry about 3.0 describes it
    one, two, three = rows()
    assert [(each.number, each.name) for each in (one, two, three)] == [(1, "1.0"), (2, "2.0"), (3, "3.0")]
    assert two.change_summary == "Discount added."
    assert two.deployed_at == datetime.datetime(2025, 3, 9, tzinfo=datetime.UTC)
    assert three.change_summary == "Amounts in euros."
    assert [each.is_current for each in (one, two, three)] == [False, False, True]
    # R12: whether it breaks anything is computed for new versions and believed of told ones.
    assert three.breaking_change is False


def test_later_history_is_numbered_between_the_versions_of_the_portal(producer):
    applied(document("3.0", []), producer)
    applied(document("4.0", HISTORY[1:], column="total"), producer)
    assert [each.name for each in rows()] == ["3.0", "1.0", "2.0", "4.0"]
    # told twice is kept once
    applied(document("5.0", HISTORY[1:], column="gross"), producer)
    assert [each.name for each in rows()] == ["3.0", "1.0", "2.0", "4.0", "5.0"]


def test_an_entry_without_a_date_stays_by_its_neighbour(producer):
    undated = [HISTORY[0], {"version": "2.5"}, HISTORY[1], HISTORY[2]]
    applied(document("3.0", undated), producer)
    assert [each.name for each in rows()] == ["1.0", "2.0", "2.5", "3.0"]
    assert rows()[2].deployed_at is None


def test_history_that_says_otherwise_than_what_is_stored_is_refused(producer):
    applied(document("3.0", HISTORY), producer)
    rewritten = [HISTORY[0], {**HISTORY[1], "changes": "Nothing at all."}, HISTORY[2]]
    with pytest.raises(plan.DocumentInvalid) as refused:
        plan.make(document("3.0", rewritten), producer)
    assert [problem.code for problem in refused.value.problems] == ["E313"]


def test_an_older_version_s_name_is_not_taken_again(producer):
    applied(document("3.0", HISTORY), producer)
    with pytest.raises(plan.DocumentInvalid) as refused:
        plan.make(document("2.0", []), producer)
    assert [problem.code for problem in refused.value.problems] == ["E314"]


def test_told_versions_have_words_but_no_state_to_compare_or_to_look_back_at(producer):
    applied(document("3.0", HISTORY), producer)
    capsule = rows()[0].capsule
    with pytest.raises(LookupError):
        comparison.compare(capsule, "1", "3", producer)
    far = datetime.datetime(2025, 6, 1, tzinfo=datetime.UTC)
    assert comparison.in_force(capsule, far, producer) is None


def test_the_timeline_tells_them_and_offers_only_kept_ones_to_compare(client, producer):
    applied(document("3.0", HISTORY), producer)
    applied(document("4.0", [], column="total"), producer)
    client.force_login(producer.user)
    answer = client.get(f"/capsules/{URN}/versions/")
    shown = answer.content.decode()
    assert "Discount added." in shown
    assert "9 Mar 2025" in shown
    assert shown.count('name="a"') == 2
    assert f"/capsules/{URN}/diff/3..4/" in shown
    assert "diff/2..3" not in shown


def test_an_export_with_observations_tells_the_history_again(producer):
    applied(document("3.0", HISTORY), producer)
    exported = exporting.export(exporting.capsules(producer), producer, observed=True)
    assert [entry["version"] for entry in exported.documents[0]["version_history"]] == ["3.0", "2.0", "1.0"]
    # and is planned without a change: it tells nothing new
    plain = exporting.export(exporting.capsules(producer), producer)
    assert "version_history" not in plain.documents[0]
    assert plan.make(exported.text(), producer).answer["result"] == "no_change"
