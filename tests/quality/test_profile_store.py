"""Keeping profiles: history, one statement for many, the latest summary on the column."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.people.reader import system
from apps.quality import profile_store
from apps.quality.models import ColumnProfile
from apps.quality.profile import ColumnFigures
from tests.factories import CapsuleFactory, ColumnFactory, QualityCheckFactory, QualityRuleFactory

pytestmark = pytest.mark.django_db
PROFILER = system("profile_columns")


@pytest.fixture
def orders(db):
    orders = CapsuleFactory(name="orders")
    for name in ("id", "amount"):
        ColumnFactory(capsule=orders, name=name, data_type="integer")
    return orders


def figures(name, **more):
    return ColumnFigures(
        name, "number", **{"total_count": 1000, "null_count": 5, "null_percentage": Decimal("0.5"), **more}
    )


def test_the_latest_summary_stands_on_the_column(orders):
    found = figures(
        "amount",
        min_value=Decimal("-1.50"),
        distinct_count=12,
        most_common_values=[{"value": n, "count": 1} for n in range(9)],
    )

    profile_store.store(orders, [found], by=PROFILER)

    stats = orders.columns.get(name="amount").stats
    assert (stats["row_count"], stats["null_percentage"], stats["min_value"]) == (1000, 0.5, -1.5)
    assert len(stats["most_common_values"]) == 5


def test_an_older_profile_is_history_and_leaves_the_summary(orders):
    now = timezone.now()
    profile_store.store(orders, [figures("amount", distinct_count=2)], by=PROFILER, at=now)

    profile_store.store(
        orders, [figures("amount", distinct_count=1)], by=PROFILER, at=now - timedelta(days=1)
    )

    amount = orders.columns.get(name="amount")
    assert amount.stats["distinct_count"] == 2
    assert amount.profiles.count() == 2


def test_a_profile_of_all_rows_counts_those_of_the_capsule(orders):
    now = timezone.now()
    profile_store.store(orders, [figures("amount")], by=PROFILER, at=now)
    profile_store.store(orders, [figures("amount", total_count=900)], by=PROFILER, at=now - timedelta(days=1))

    orders.refresh_from_db()
    assert (orders.row_count, orders.last_analyzed_at) == (1000, now)


def test_a_sample_counts_no_rows_of_the_capsule(orders):
    profile_store.store(orders, [figures("amount", meta={"sampled": True})], by=PROFILER)

    orders.refresh_from_db()
    assert orders.row_count is None


def test_columns_that_are_not_catalogued_are_left_out(orders):
    made = profile_store.store(orders, [figures("amount"), figures("hidden")], by=PROFILER)

    assert [each.column.name for each in made] == ["amount"]


def test_the_worst_validity_rule_says_how_many_rows_are_valid(orders):
    amount = orders.columns.get(name="amount")
    for percent, kind in [("2.5", "range_check"), ("10", "type_valid")]:
        rule = QualityRuleFactory(column=amount, capsule=None, rule_type=kind, category="validity")
        QualityCheckFactory(
            rule=rule,
            status="failed",
            failure_percentage=Decimal("50"),
            checked_at=timezone.now() - timedelta(days=1),
        )
        QualityCheckFactory(rule=rule, status="failed", failure_percentage=Decimal(percent))

    made = profile_store.store(orders, [figures("amount"), figures("id")], by=PROFILER)

    assert {each.column.name: each.validity_score for each in made} == {"amount": 90, "id": None}


def test_two_thousand_columns_are_kept_in_few_statements(orders, django_assert_max_num_queries):
    names = [f"c{n}" for n in range(2_000)]
    orders.columns.bulk_create([ColumnFactory.build(capsule=orders, name=name) for name in names])

    with django_assert_max_num_queries(35):  # the version that the new columns make is among them
        profile_store.store(orders, [figures(name) for name in names], by=PROFILER)

    assert ColumnProfile.objects.count() == 2_000


def test_a_fault_keeps_nothing(orders):
    with pytest.raises(Exception, match="null_percentage_valid"):
        profile_store.store(
            orders, [figures("id"), figures("amount", null_percentage=Decimal(101))], by=PROFILER
        )


def test_keeping_figures_is_no_change_of_the_column_that_the_log_would_tell(orders):
    from apps.audit.models import Change

    profile_store.store(orders, [figures("amount")], by=PROFILER)

    assert not Change.objects.filter(table_name="columns", operation="UPDATE").exists()
