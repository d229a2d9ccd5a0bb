"""Pages that look over all policies in force: conflicts, and retention."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.catalog.models import Capsule
from tests.factories import CapsuleFactory, ColumnFactory, PolicyFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    client = Client()
    client.force_login(UserFactory(role="analyst"))
    return client


@pytest.fixture
def column():
    return ColumnFactory(name="email", capsule=CapsuleFactory(name="customers"))


@pytest.fixture
def sides(column):
    """The capsule is kept for seven years, its e-mail addresses deleted after two."""
    keep = PolicyFactory(capsule=column.capsule, retention_period="P7Y", active=True)
    drop = PolicyFactory(column=column, retention_period="P2Y", deletion_action="hard_delete", active=True)
    return keep, drop


def conflicts(client):
    return client.get(reverse("policy:conflicts")).context["page"].rows


def test_both_sides_of_a_conflict_stand_beside_what_holds_meanwhile(client, column, sides):
    (found,) = conflicts(client)

    assert (found.kind, found.subject) == ("retention", column)
    assert {side["policy"].pk for side in found.sides} == {policy.pk for policy in sides}
    assert found.holds == "Kept at least: 7 years"
    page = client.get(reverse("policy:conflicts")).content.decode()
    assert "then delete" in page
    assert str(found.advice) in page


def test_a_policy_page_says_that_it_is_in_a_conflict(client, sides):
    assert "Kept longer than it may be" in client.get(sides[1].get_absolute_url()).content.decode()


def test_a_conflict_of_the_capsule_is_told_once_however_many_columns_have_policies(client, column):
    for roles in (["analyst"], ["steward"]):
        PolicyFactory(capsule=column.capsule, retention_period=None, allowed_roles=roles, active=True)
    for _ in range(3):
        PolicyFactory(column=ColumnFactory(capsule=column.capsule), retention_period=None, active=True)

    assert [(each.kind, each.subject) for each in conflicts(client)] == [("roles", column.capsule)]


def test_a_side_that_the_reader_may_not_know_of_makes_no_conflict_for_them(client, sides):
    type(sides[0]).objects.filter(pk=sides[0].pk).update(visibility_rank=5)

    assert conflicts(client) == []


def test_without_a_conflict_the_page_says_so(client, column):
    PolicyFactory(column=column, active=True)

    assert "No two policies disagree" in client.get(reverse("policy:conflicts")).content.decode()


@pytest.mark.parametrize("name", ["policy:conflicts", "policy:retention"])
def test_the_pages_ask_as_often_for_many_as_for_one(client, sides, name):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name)).status_code == 200
        return len(queries)

    asked()
    few = asked()
    for _ in range(2):
        other = ColumnFactory(capsule=CapsuleFactory())
        PolicyFactory(capsule=other.capsule, retention_period="P9Y", active=True)
        PolicyFactory(column=other, retention_period="P1Y", deletion_action="anonymize", active=True)
    assert asked() == few


def rows(client, **query):
    return client.get(reverse("policy:retention"), query).context["page"].rows


def test_what_had_to_go_comes_first_and_is_counted(client, column):
    Capsule.objects.filter(pk=column.capsule_id).update(created_at=timezone.now() - timedelta(days=800))
    old = PolicyFactory(
        capsule=column.capsule,
        retention_period="P2Y",
        retention_start="ingestion",
        deletion_action="anonymize",
        active=True,
    )
    new = PolicyFactory(
        capsule=CapsuleFactory(), retention_period="P2Y", deletion_action="anonymize", active=True
    )

    found = rows(client)

    assert [each.policies for each in found] == [(old,), (new,)]
    assert [each.is_due for each in found] == [True, False]
    assert [each.policies for each in rows(client, show="due")] == [(old,)]


def test_a_legal_hold_of_the_capsule_keeps_what_a_column_would_delete(client, column):
    Capsule.objects.filter(pk=column.capsule_id).update(created_at=timezone.now() - timedelta(days=800))
    PolicyFactory(column=column, retention_period="P2Y", deletion_action="hard_delete", active=True)
    hold = PolicyFactory(capsule=column.capsule, retention_period=None, legal_hold=True, active=True)

    (found,) = [each for each in rows(client, show="held") if each.subject == column]

    assert (found.is_due, found.holds) == (False, (hold,))
    assert rows(client, show="due") == []


def test_no_day_is_named_where_only_the_source_knows_it(client, column):
    PolicyFactory(
        column=column,
        retention_period="P2Y",
        retention_start="business_date",
        deletion_action="anonymize",
        active=True,
    )

    assert [each.due for each in rows(client)] == [None]
