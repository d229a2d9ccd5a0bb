"""Watches: when somebody has to look at a contract again."""

from django.db import models

from apps.dcs.models import Keyed, Visible, VisibleQuerySet

from .contracts import Contract


class WatchQuerySet(VisibleQuerySet):
    below = ("contract", "contract__capsule")


class Watch(Keyed, Visible):
    """When a contract in force is evaluated next, and what the last look found.

    `due_at` is the earliest moment at which an answer changes by itself, an hour away at most; who learns something
    new about the data sets it to now. `data_updated_at` is when the data was last seen to change (errata row B25).
    The table is no governed metadata: it moves each hour and is worked out again from the measurements.
    """

    class Health(models.TextChoices):
        KEPT = "kept"
        AT_RISK = "at_risk"
        BROKEN = "broken"
        UNKNOWN = "unknown"

    contract = models.OneToOneField(Contract, models.CASCADE, related_name="watch", editable=False)
    due_at = models.DateTimeField(editable=False)
    looked_at = models.DateTimeField(null=True, editable=False)
    data_updated_at = models.DateTimeField(null=True, editable=False)
    health = models.CharField(
        max_length=20, choices=Health, default=Health.UNKNOWN, db_default=Health.UNKNOWN, editable=False
    )

    objects = WatchQuerySet.as_manager()

    class Meta:
        db_table = "contract_watches"
        ordering = ["due_at"]
        default_permissions = ()
        indexes = [models.Index(fields=["due_at"], name="contract_watches_due")]
        constraints = [
            models.CheckConstraint(
                name="contract_health_valid",
                condition=models.Q(health__in=["kept", "at_risk", "broken", "unknown"]),
            ),
        ]

    def __str__(self):
        return f"{self.contract_id}: {self.due_at:%Y-%m-%d %H:%M}"
