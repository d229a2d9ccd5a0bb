"""A legal hold: what it covers is neither retired nor deleted nor kept for less time, by page, API, plan or raw SQL."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.catalog import retirement
from apps.catalog.models import Capsule, Column
from apps.dcs.periods import Period
from apps.dcs.refusals import Conflict
from apps.policy import holds
from apps.policy.models import Policy
from tests.factories import CapsuleFactory, ColumnFactory, PolicyFactory
from tests.factories.approvals import approved

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()


@pytest.fixture
def capsule():
    return CapsuleFactory(name="payments", owner=None, domain=None)


@pytest.fixture
def held(capsule):
    """A policy in force under which payments are kept for seven years, and held for a case."""
    return PolicyFactory(active=True, capsule=capsule, legal_hold=True, retention_period="P7Y")


def refused(statement, *parameters):
    """What the database hints at when it refuses a statement."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    return error.value.__cause__.diag.message_hint


# ---------- the database ----------


def test_the_database_neither_retires_nor_deletes_what_is_held(held, capsule):
    column = ColumnFactory(capsule=capsule)

    assert refused("UPDATE capsules SET retired_at = now() WHERE id = %s", capsule.pk) == "legal_hold"
    assert refused("DELETE FROM capsules WHERE id = %s", capsule.pk) == "legal_hold"
    assert refused("DELETE FROM columns WHERE id = %s", column.pk) == "legal_hold"


def test_the_hold_of_a_column_holds_its_capsule_and_not_its_neighbours(capsule):
    iban, other = ColumnFactory(capsule=capsule, name="iban"), ColumnFactory(capsule=capsule, name="other")
    PolicyFactory(active=True, column=iban, legal_hold=True)

    assert refused("UPDATE capsules SET retired_at = now() WHERE id = %s", capsule.pk) == "legal_hold"
    assert refused("DELETE FROM columns WHERE id = %s", iban.pk) == "legal_hold"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM columns WHERE id = %s", [other.pk])
    assert not Column.objects.filter(pk=other.pk).exists()


def test_a_held_capsule_is_changed_freely_otherwise(held, capsule):
    Capsule.objects.filter(pk=capsule.pk).update(description="What customers paid.")

    assert Capsule.objects.get(pk=capsule.pk).description == "What customers paid."


@pytest.mark.parametrize(
    "about",
    [
        {"legal_hold": True},  # a draft
        {"active": True, "legal_hold": False},
        {"active": True, "legal_hold": True, "effective_to": TODAY - timedelta(1)},
        {"active": True, "legal_hold": True, "effective_from": TODAY + timedelta(1)},
    ],
    ids=["draft", "no hold", "over since yesterday", "from tomorrow"],
)
def test_a_hold_that_is_not_in_force_holds_nothing(capsule, about):
    PolicyFactory(capsule=capsule, **about)

    retirement.retire(capsule)

    assert Capsule.objects.get(pk=capsule.pk).is_retired


@pytest.mark.parametrize("days", [0, 1])
def test_a_hold_stands_on_its_last_day_and_before(capsule, days):
    PolicyFactory(active=True, capsule=capsule, legal_hold=True, effective_to=TODAY + timedelta(days))

    with pytest.raises(Conflict):
        retirement.retire(capsule)


# old and new (period, action), whether the data is kept for less time
LESS = [
    (("P7Y", None), ("P7Y", None), False),
    (("P7Y", None), ("P10Y", None), False),
    (("P7Y", None), ("P5Y", None), True),
    (("P1Y", None), ("P12M", None), False),
    (("P365D", None), ("P1Y", None), False),
    (("P1Y", None), ("P365D", None), True),
    (("P30D", None), ("P1M", None), False),
    (("P1M", None), ("P30D", None), True),
    (("P28D", None), ("P1M", None), False),
    (("P1D", None), ("PT24H", None), False),
    (("P7Y", None), (None, None), True),
    (("P7Y", "archive"), (None, None), True),
    (("P7Y", "hard_delete"), (None, None), False),  # kept for ever instead
    ((None, None), ("P7Y", None), False),
    ((None, None), ("P7Y", "hard_delete"), True),
    (("P7Y", None), ("P7Y", "anonymize"), True),
    (("P7Y", "archive"), ("P9Y", "hard_delete"), True),
    (("P7Y", "anonymize"), ("P7Y", "hard_delete"), False),
    (("P7Y", "hard_delete"), ("P7Y", "archive"), False),
    ((None, None), (None, None), False),
]


@pytest.mark.parametrize(("old", "new", "less"), LESS)
def test_the_portal_and_the_database_agree_on_what_is_less_time(old, new, less):
    with connection.cursor() as cursor:
        cursor.execute("SELECT dcs.keeps_less(%s::interval, %s::text, %s::interval, %s::text)", [*old, *new])
        (stored,) = cursor.fetchone()

    said = holds.keeps_less(*((period and Period.parse(period), action) for period, action in (old, new)))

    assert (said, stored) == (less, less)


def test_the_database_refuses_an_approved_change_that_keeps_held_data_for_less_time(held):
    with pytest.raises((DatabaseError, Conflict)), transaction.atomic():
        approved([held], retention_period=Period.parse("P1Y"))

    assert Policy.objects.get(pk=held.pk).retention_period == Period.parse("P7Y")


def test_the_hold_of_another_policy_counts_as_well(capsule):
    kept = PolicyFactory(active=True, capsule=capsule, retention_period="P7Y")
    PolicyFactory(active=True, column=ColumnFactory(capsule=capsule), legal_hold=True, retention_period=None)

    with pytest.raises((DatabaseError, Conflict)), transaction.atomic():
        approved([kept], retention_period=Period.parse("P1Y"))


def test_a_hold_and_its_retention_are_not_given_up_in_one_change(held):
    with pytest.raises((DatabaseError, Conflict)), transaction.atomic():
        approved([held], retention_period=Period.parse("P1Y"), legal_hold=False)

    held.refresh_from_db()
    approved([held], legal_hold=False)
    approved([held], retention_period=Period.parse("P1Y"))

    assert Policy.objects.get(pk=held.pk).retention_period == Period.parse("P1Y")


def test_longer_is_approved_under_a_hold(held):
    approved([held], retention_period=Period.parse("P10Y"))

    assert Policy.objects.get(pk=held.pk).retention_period == Period.parse("P10Y")


def test_a_policy_that_holds_is_not_given_up(held):
    with pytest.raises((DatabaseError, Conflict)), transaction.atomic():
        approved([held], status=Policy.Status.DEPRECATED)

    assert Policy.objects.get(pk=held.pk).status == "active"


# ---------- in words ----------


def test_whoever_retires_or_deletes_is_told_that_a_hold_stands(capsule):
    PolicyFactory(active=True, capsule=capsule, legal_hold=True)

    with pytest.raises(Conflict) as retiring:
        retirement.retire(capsule)

    assert retiring.value.code == "legal_hold"
    assert "A legal hold stands on payments" in retiring.value.detail
    assert not Capsule.objects.get(pk=capsule.pk).is_retired


def test_a_retired_capsule_that_is_held_since_is_not_deleted_for_good(capsule):
    retirement.retire(capsule)
    PolicyFactory(active=True, capsule=capsule, legal_hold=True)

    with pytest.raises(Conflict) as purging:
        retirement.purge(capsule)

    assert purging.value.code == "legal_hold"
    assert Capsule.objects.filter(pk=capsule.pk).exists()


def test_once_the_hold_is_lifted_the_capsule_goes(held, capsule):
    approved([held], legal_hold=False)

    retirement.retire(capsule)
    retirement.purge(capsule)

    assert not Capsule.objects.filter(pk=capsule.pk).exists()


def test_which_capsules_are_held_is_one_question(capsule, held, django_assert_num_queries):
    other = CapsuleFactory()

    with django_assert_num_queries(1):
        assert holds.held([capsule.pk, other.pk]) == {capsule.pk}
