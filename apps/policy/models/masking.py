"""Masking rules: what a reader sees in place of a value."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Column
from apps.catalog.querysets import OfColumnQuerySet
from apps.dcs.fields import ObjectField, StringListField, an_object
from apps.dcs.models import Record


class MaskingMethod(models.TextChoices):
    """How a value is masked; one list for policies and rules (errata row C10)."""

    REDACTION = "redaction", _("Redaction")
    PARTIAL_REDACTION = "partial_redaction", _("Partial redaction")
    SUBSTITUTION = "substitution", _("Substitution")
    HASHING = "hashing", _("Hashing")
    TOKENIZATION = "tokenization", _("Tokenization")
    ENCRYPTION = "encryption", _("Encryption")
    PSEUDONYMIZATION = "pseudonymization", _("Pseudonymization")
    GENERALIZATION = "generalization", _("Generalization")
    NOISE_ADDITION = "noise_addition", _("Noise")
    FORMAT_PRESERVING_ENCRYPTION = "format_preserving_encryption", _("Format-preserving encryption")
    DATA_MASKING = "data_masking", _("Shape-preserving substitution")
    CUSTOM = "custom", _("Custom")


class MaskingRuleQuerySet(OfColumnQuerySet):
    def enabled(self):
        """Rules that mask."""
        return self.filter(is_enabled=True)


class MaskingRule(Record):
    """How values of a column are shown to whom; the lowest `priority` that applies decides (errata row B21).

    Table `masking_rules` of the capsule design, section 5.2.2. Reading `config` and `condition` needs a
    facet of its own (trust.md, section 1.2).
    """

    column = models.ForeignKey(Column, models.CASCADE, related_name="masking_rules")
    name = models.CharField(max_length=255, db_column="rule_name")
    method = models.CharField(max_length=50, choices=MaskingMethod, db_column="masking_method")
    config = models.JSONField(default=dict, blank=True, db_column="method_config", validators=[an_object])
    condition = models.TextField(null=True, blank=True, db_column="apply_condition")
    applies_to_roles = StringListField()
    exempt_roles = StringListField()
    preserve_length = models.BooleanField(default=False, db_default=False)
    preserve_format = models.BooleanField(default=False, db_default=False)
    preserve_type = models.BooleanField(default=True, db_default=True)
    preserve_null = models.BooleanField(default=True, db_default=True)
    is_reversible = models.BooleanField(default=False, db_default=False)
    tokenization_vault = models.CharField(max_length=255, null=True, blank=True)
    priority = models.IntegerField(default=100, db_default=100)
    is_enabled = models.BooleanField(default=True, db_default=True)
    description = models.TextField(null=True, blank=True)
    meta = ObjectField()
    capsule_version = models.ForeignKey(
        "catalog.CapsuleVersion", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects = MaskingRuleQuerySet.as_manager()

    class Meta:
        db_table = "masking_rules"
        ordering = ["priority", "created_at", "id"]
        indexes = [
            models.Index(
                fields=["is_enabled"], condition=models.Q(is_enabled=True), name="idx_masking_rules_enabled"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="masking_method_valid", condition=models.Q(method__in=MaskingMethod.values)
            ),
            models.CheckConstraint(
                name="reversible_method",
                condition=models.Q(is_reversible=False)
                | models.Q(
                    method__in=["tokenization", "encryption", "format_preserving_encryption", "custom"]
                ),
                violation_error_message=_("This method cannot be reversed."),
            ),
        ]

    def __str__(self):
        return self.name
