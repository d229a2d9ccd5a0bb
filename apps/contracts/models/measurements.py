"""Measurements: a promise is kept or broken by one of these (errata row B26)."""

from django.db import models

from apps.dcs.fields import Moment, NumberField, ObjectField
from apps.dcs.models import Keyed, Visible, VisibleQuerySet

from .contracts import Contract
from .incidents import Promise


class MeasurementQuerySet(VisibleQuerySet):
    below = ("contract", "contract__capsule")


class Measurement(Keyed, Visible):
    """One promise of a contract, measured once; `target` and `actual` count in `unit`.

    Table `sla_measurements` of the reference schema.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="measurements", db_index=False)
    metric = models.CharField(max_length=50, choices=Promise)
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
            models.CheckConstraint(name="sla_metric_valid", condition=models.Q(metric__in=Promise.values)),
        ]

    def __str__(self):
        return f"{self.get_metric_display()}: {self.actual} {self.unit or ''}".strip()
