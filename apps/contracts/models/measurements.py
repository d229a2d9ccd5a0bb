"""Measurements: a promise is kept or broken by one of these (errata row B26)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.dcs.fields import Moment, NumberField, ObjectField
from apps.dcs.models import Keyed, Visible, VisibleQuerySet

from .contracts import Contract
from .incidents import Promise


class Aspect(models.TextChoices):
    """What of a metric is measured, where a contract promises more than one thing of it."""

    WHOLE = "", _("Whole")
    ROWS = "rows", _("Rows")
    DOWNTIME = "downtime", _("Downtime")
    CRITICAL_RULES = "critical_rules", _("Critical rules")
    P95 = "p95", "p95"
    P99 = "p99", "p99"


class MeasurementQuerySet(VisibleQuerySet):
    below = ("contract", "contract__capsule")


class Measurement(Keyed, Visible):
    """One promise of a contract, measured once; `target` and `actual` count in `unit`.

    Table `sla_measurements` of the reference schema. `aspect` tells apart what one metric promises twice: `p95` and
    `p99` of latency. Contract, metric, aspect and moment are the key: whoever measures again stores nothing again.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="measurements", db_index=False)
    metric = models.CharField(max_length=50, choices=Promise)
    aspect = models.CharField(max_length=20, choices=Aspect, blank=True, default="", db_default="")
    measured_at = models.DateTimeField(db_default=Moment())
    target = NumberField(null=True, blank=True, db_column="target_value")
    actual = NumberField(null=True, blank=True, db_column="actual_value")
    unit = models.CharField(max_length=20, null=True, blank=True)
    is_met = models.BooleanField()
    meta = ObjectField()

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        db_table = "sla_measurements"
        ordering = ["-measured_at", "-id"]
        indexes = [
            models.Index(fields=["contract", "metric", "-measured_at"], name="idx_sla_measurements_contract"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "metric", "aspect", "measured_at"], name="a_promise_is_measured_once"
            ),
            models.CheckConstraint(name="sla_metric_valid", condition=models.Q(metric__in=Promise.values)),
            models.CheckConstraint(name="sla_aspect_valid", condition=models.Q(aspect__in=Aspect.values)),
        ]

    def __str__(self):
        return f"{self.get_metric_display()}: {self.actual} {self.unit or ''}".strip()
