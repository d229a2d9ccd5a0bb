"""Rules about the catalogue itself, and where they are violated."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule, Column, IngestionJob
from apps.catalog.vocabularies import RuleSeverity
from apps.dcs.fields import Moment, ObjectField
from apps.dcs.models import Keyed, Record, Visible, VisibleQuerySet


class ArchitectureRule(Record):
    """What the catalogue itself has to fulfil, such as "every gold capsule has an owner".

    Table `rules` of the reference schema.
    """

    class Scope(models.TextChoices):
        CAPSULE = "capsule", _("Capsule")
        COLUMN = "column", _("Column")
        LINEAGE = "lineage", _("Lineage")
        GLOBAL = "global", _("Whole catalogue")

    code = models.CharField(max_length=50, db_column="rule_id")
    name = models.CharField(max_length=255)
    description = models.TextField(null=True, blank=True)
    severity = models.CharField(
        max_length=20, choices=RuleSeverity, default=RuleSeverity.WARNING, db_default=RuleSeverity.WARNING
    )
    category = models.CharField(max_length=50)
    rule_set = models.CharField(max_length=50, null=True, blank=True)
    scope = models.CharField(max_length=50, choices=Scope)
    definition = models.JSONField()
    is_enabled = models.BooleanField(default=True, db_default=True, db_column="enabled")
    meta = ObjectField()

    objects = VisibleQuerySet.as_manager()

    class Meta:
        db_table = "rules"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="architecture_rule_code_unique"),
            models.CheckConstraint(
                name="rule_severity_valid", condition=models.Q(severity__in=RuleSeverity.values)
            ),
            models.CheckConstraint(
                name="rule_scope_valid",
                condition=models.Q(scope__in=["capsule", "column", "lineage", "global"]),
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.name}"


class ViolationQuerySet(VisibleQuerySet):
    below = ("rule", "capsule", "column", "column__capsule")

    def unresolved(self):
        """Violations that nobody has settled."""
        return self.filter(status__in=[self.model.Status.OPEN, self.model.Status.ACKNOWLEDGED])


class Violation(Keyed, Visible):
    """A rule is not fulfilled by a capsule or column.

    Table `violations` of the reference schema.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        RESOLVED = "resolved", _("Resolved")
        FALSE_POSITIVE = "false_positive", _("False positive")

    rule = models.ForeignKey(ArchitectureRule, models.CASCADE, related_name="violations")
    capsule = models.ForeignKey(Capsule, models.CASCADE, null=True, blank=True, related_name="violations")
    column = models.ForeignKey(Column, models.CASCADE, null=True, blank=True, related_name="violations")
    severity = models.CharField(max_length=20, choices=RuleSeverity)
    message = models.TextField()
    details = ObjectField()
    status = models.CharField(
        max_length=20, choices=Status, default=Status.OPEN, db_default=Status.OPEN, editable=False
    )
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_by = models.CharField(max_length=255, null=True, blank=True, editable=False)
    detected_at = models.DateTimeField(db_default=Moment())
    updated_at = models.DateTimeField(db_default=Moment(), editable=False)
    ingestion = models.ForeignKey(
        IngestionJob, models.SET_NULL, null=True, blank=True, related_name="violations", editable=False
    )

    objects = ViolationQuerySet.as_manager()

    class Meta:
        db_table = "violations"
        ordering = ["-detected_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="violation_has_subject",
                condition=models.Q(capsule__isnull=False) | models.Q(column__isnull=False),
                violation_error_message=_("Name a capsule or a column."),
            ),
            models.CheckConstraint(
                name="violation_status_valid",
                condition=models.Q(status__in=["open", "acknowledged", "resolved", "false_positive"]),
            ),
        ]

    def __str__(self):
        return self.message
