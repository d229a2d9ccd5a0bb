"""What the database holds of runs, whoever writes."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from apps.people.reader import system
from apps.quality.models import QualityRun
from tests.factories.catalog import CapsuleFactory, ColumnFactory
from tests.factories.quality import QualityCheckFactory, QualityRuleFactory, QualityRunFactory

pytestmark = pytest.mark.django_db
SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_a_time_of_a_schedule_is_used_once_for_each_kind_of_run():
    orders = CapsuleFactory(name="orders")
    QualityRunFactory(capsule=orders, slot=SIX)

    QualityRunFactory(capsule=orders, slot=SIX, kind="profile")
    QualityRunFactory(capsule=orders, slot=None)
    QualityRunFactory(capsule=orders, slot=None)

    with pytest.raises(IntegrityError, match="quality_run_slot_unique"), transaction.atomic():
        QualityRunFactory(capsule=orders, slot=SIX)


def test_a_run_holds_one_result_for_each_rule():
    rule = QualityRuleFactory(column=ColumnFactory(name="order_id"))
    run = QualityRunFactory(capsule=rule.home)
    QualityCheckFactory(rule=rule, run=run)

    with pytest.raises(IntegrityError, match="a_run_checks_a_rule_once"), transaction.atomic():
        QualityCheckFactory(rule=rule, run=run)


def test_results_outlive_their_run():
    rule = QualityRuleFactory()
    check = QualityCheckFactory(rule=rule, run=QualityRunFactory(capsule=rule.home))

    QualityRun.objects.all().delete()

    check.refresh_from_db()
    assert check.run_id is None


def test_runs_of_a_secret_capsule_are_not_known_to_analysts():
    run = QualityRunFactory(capsule=CapsuleFactory(visibility_rank=5))

    run.refresh_from_db()

    assert run.visibility_rank == 5
    assert not QualityRun.objects.visible_to(system("test", clearance=2)).exists()
    assert QualityRun.objects.visible_to(system("test", clearance=5)).get() == run


def test_a_run_is_called_by_its_number_and_knows_when_it_is_over():
    run = QualityRunFactory()
    run.refresh_from_db()

    assert str(run) == f"Q-{run.number}"
    assert not run.is_finished
    assert QualityRunFactory(state="partly").is_finished
