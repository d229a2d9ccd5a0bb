from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from apps.quality.models import (
    ColumnProfile,
    QualityCheck,
    QualityRule,
    QualityRun,
    QualitySchedule,
    RuleCategory,
    RuleType,
)

from .catalog import CapsuleFactory, ColumnFactory


class QualityRuleFactory(DjangoModelFactory):
    """A rule about a column; `capsule=…` makes it a rule about that capsule."""

    class Meta:
        model = QualityRule

    capsule = None
    column = factory.Maybe("capsule", None, factory.SubFactory(ColumnFactory))
    name = factory.Sequence("not_null_amount_{}".format)
    rule_type = RuleType.NOT_NULL
    category = RuleCategory.COMPLETENESS


class QualityCheckFactory(DjangoModelFactory):
    class Meta:
        model = QualityCheck

    rule = factory.SubFactory(QualityRuleFactory)
    capsule = factory.SelfAttribute("rule.home")
    column = factory.SelfAttribute("rule.column")
    status = QualityCheck.Status.PASSED
    failure_count = 0
    failure_percentage = Decimal(0)
    duration_ms = 12


class ColumnProfileFactory(DjangoModelFactory):
    class Meta:
        model = ColumnProfile

    column = factory.SubFactory(ColumnFactory)
    total_count = 1000
    null_count = 5
    null_percentage = Decimal("0.5")
    distinct_count = 640
    min_value = Decimal("0.99")
    max_value = Decimal("412.50")
    completeness_score = Decimal("99.5")
    profiled_by = "ada"


class QualityRunFactory(DjangoModelFactory):
    class Meta:
        model = QualityRun

    capsule = factory.SubFactory(CapsuleFactory)
    asked_by = "ada"


class QualityScheduleFactory(DjangoModelFactory):
    class Meta:
        model = QualitySchedule

    capsule = factory.SubFactory(CapsuleFactory)
    cron = "0 6 * * *"
