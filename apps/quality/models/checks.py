"""Quality checks: one rule, looked at once."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule, Column
from apps.catalog.subjects import SubjectQuerySet
from apps.dcs.fields import Moment, NumberField, ObjectField, PercentField
from apps.dcs.models import Keyed, Visible

from .rules import QualityRule


class QualityCheckQuerySet(SubjectQuerySet):
    below = ("rule", "capsule", "column")

    def about(self, capsule):
        """Those of the capsule and of its columns: each check names its capsule."""
        return self.filter(capsule=capsule)

    def unpassed(self):
        """Checks that found something, or could not run."""
        Status = self.model.Status
        return self.filter(status__in=[Status.FAILED, Status.WARNING, Status.ERROR])


class QualityCheck(Keyed, Visible):
    """The answer to one rule at one time.

    Table `quality_checks` of the capsule design, section 4.2.3. `capsule` and `column` follow from the rule:
    the database fills them in and refuses others (errata row B29). `run` is empty for what was found elsewhere.
    """

    class Status(models.TextChoices):
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Failed")
        WARNING = "warning", _("Warning")
        ERROR = "error", _("Could not run")
        SKIPPED = "skipped", _("Skipped")

    rule = models.ForeignKey(QualityRule, models.CASCADE, related_name="checks", db_column="quality_rule_id")
    capsule = models.ForeignKey(
        Capsule, models.CASCADE, null=True, blank=True, related_name="quality_checks", editable=False
    )
    column = models.ForeignKey(
        Column, models.CASCADE, null=True, blank=True, related_name="quality_checks", editable=False
    )
    checked_at = models.DateTimeField(db_default=Moment(), db_column="check_timestamp")
    status = models.CharField(max_length=20, choices=Status, db_column="check_status")
    actual_value = models.TextField(null=True, blank=True)
    expected_value = models.TextField(null=True, blank=True)
    threshold_value = NumberField(null=True, blank=True)
    measured_value = NumberField(null=True, blank=True)
    failure_count = models.BigIntegerField(null=True, blank=True)
    failure_percentage = PercentField(null=True, blank=True)
    sample_failures = models.JSONField(null=True, blank=True)
    context = models.JSONField(null=True, blank=True, db_column="execution_context")
    duration_ms = models.BigIntegerField(null=True, blank=True, db_column="execution_duration_ms")
    run = models.ForeignKey(
        "quality.QualityRun",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="checks",
        editable=False,
        db_index=False,
    )
    meta = ObjectField()

    objects = QualityCheckQuerySet.as_manager()

    class Meta:
        db_table = "quality_checks"
        ordering = ["-checked_at", "-id"]
        indexes = [
            models.Index(fields=["-checked_at"], name="idx_quality_checks_timestamp"),
            models.Index(fields=["status"], name="idx_quality_checks_status"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["run", "rule"], name="a_run_checks_a_rule_once"),
            models.CheckConstraint(
                name="check_status_valid",
                condition=models.Q(status__in=["passed", "failed", "warning", "error", "skipped"]),
            ),
            models.CheckConstraint(
                name="failure_percentage_valid", condition=models.Q(failure_percentage__range=(0, 100))
            ),
        ]

    def __str__(self):
        return f"{self.rule}: {self.get_status_display()}"
