"""Overrides: a change that a contract blocks, let through by two people who say why (breaking-changes.md, section 5, way 4)."""

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models.functions import Length, Trim
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule
from apps.catalog.querysets import OfCapsuleQuerySet
from apps.dcs.fields import Moment, empty_list
from apps.dcs.models import Keyed, Visible

SHORTEST_REASON = 20  # characters


class Override(Keyed, Visible):
    """What somebody asks to let through although the contract in force blocks it, and what a second person says.

    `covers` lists {code, pointer, text, fingerprint} of the blocked changes, `contract_version` the version in the way,
    `plan` and `plan_key` the plan that met it. It holds for these changes, this version, four hours and one apply
    (`used_by` is the plan of that). The database keeps the moments, and lets nobody rewrite what was said.
    """

    class Decision(models.TextChoices):
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")

    capsule = models.ForeignKey(Capsule, models.CASCADE, related_name="overrides", editable=False)
    contract_version = models.CharField(max_length=50, editable=False)
    plan = models.CharField(max_length=40, editable=False)
    plan_key = models.UUIDField(editable=False)
    covers = models.JSONField(default=list, db_default=empty_list(), editable=False)
    reason = models.TextField(editable=False, validators=[MinLengthValidator(SHORTEST_REASON)])
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    asked_at = models.DateTimeField(db_default=Moment(), editable=False)
    decision = models.CharField(
        max_length=10, choices=Decision, blank=True, default="", db_default="", editable=False
    )
    why = models.TextField(blank=True, default="", db_default="", editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    decided_at = models.DateTimeField(null=True, editable=False)
    used_by = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    used_at = models.DateTimeField(null=True, editable=False)

    objects = OfCapsuleQuerySet.as_manager()

    class Meta:
        db_table = "contract_overrides"
        ordering = ["-asked_at"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["capsule", "-asked_at"], name="contract_overrides_capsule"),
            models.Index(fields=["plan_key"], name="contract_overrides_plan"),
        ]
        constraints = [
            models.CheckConstraint(
                name="overrides_say_why",
                condition=models.lookups.GreaterThanOrEqual(Length(Trim("reason")), SHORTEST_REASON),
            ),
            models.CheckConstraint(
                name="override_by_two_people",
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("asked_by")),
            ),
            models.CheckConstraint(
                name="override_decision_valid",
                condition=models.Q(decision="", decided_by=None, decided_at=None, used_by="", used_at=None)
                | models.Q(decision="granted", decided_by__isnull=False, decided_at__isnull=False)
                | models.Q(
                    decision="refused",
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    used_by="",
                    used_at=None,
                ),
            ),
        ]

    def __str__(self):
        return f"{self.plan}: {self.reason}"
