"""Fields keep exactly what they are given, or refuse it with a sentence."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.catalog.models import Capsule, Column
from apps.contracts.models import Contract
from apps.dcs.periods import Period
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("value", [[], "text", 3])
def test_what_should_be_an_object_is_refused_as_anything_else(value):
    capsule = make.CapsuleFactory.build(meta=value)

    with pytest.raises(ValidationError, match="Write an object"):
        capsule.full_clean()
    with pytest.raises(ValidationError, match="Write an object"):
        capsule.save()


@pytest.mark.parametrize("value", [{}, "text", ["a", 1]])
def test_what_should_be_a_list_of_texts_is_refused_as_anything_else(value):
    capsule = make.CapsuleFactory.build(tags=value)

    with pytest.raises(ValidationError, match="Write a list of texts"):
        capsule.full_clean()
    with pytest.raises(ValidationError, match="Write a list of texts"):
        capsule.save()


def test_a_list_that_may_be_unknown_is_null_and_not_empty():
    capsule = make.CapsuleFactory()

    capsule.refresh_from_db()

    assert (capsule.partition_key, capsule.tags) == (None, [])


@pytest.mark.parametrize("value", ["99.99999", Decimal("99.99999"), 99.99999, "0.00001"])
def test_a_percentage_with_more_than_four_decimals_is_refused_and_never_rounded(value):
    contract = make.ContractFactory.build(capsule=make.CapsuleFactory(), author=None, availability_sla=value)

    with pytest.raises(ValidationError, match="4 decimal places"):
        contract.save()


@pytest.mark.parametrize(("given", "kept"), [("99.999", "99.999"), (99.5, "99.5"), (0, "0"), (None, None)])
def test_a_percentage_is_kept_as_given(given, kept):
    contract = make.ContractFactory(availability_sla=given)

    stored = Contract.objects.get(pk=contract.pk).availability_sla

    assert stored == (kept and Decimal(kept))


@pytest.mark.parametrize(
    ("given", "kept"),
    [(0.1, "0.1"), ("123456789012345678901234567890.000000001", None), (Decimal("1E+30"), None), (-5, "-5")],
)
def test_a_number_keeps_all_its_digits(given, kept):
    column = make.ColumnFactory(value_range_min=given)

    stored = Column.objects.get(pk=column.pk).value_range_min

    assert stored == Decimal(kept or str(given))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "many"])
def test_a_number_that_is_none_is_refused(value):
    with pytest.raises(ValidationError):
        make.ColumnFactory(value_range_min=value)


def test_a_year_comes_back_as_a_year():
    policy = make.PolicyFactory(retention_period="7 years")

    policy.refresh_from_db()

    assert policy.retention_period == Period(months=84)


def test_numbers_that_people_say_count_up():
    first, second = make.QualityRuleFactory(), make.QualityRuleFactory()

    assert second.number > first.number


def test_rows_made_in_bulk_know_what_the_database_filled_in():
    (capsule,) = Capsule.objects.bulk_create([make.CapsuleFactory.build()])

    assert capsule.created_at is not None
    assert capsule.updated_at is not None
