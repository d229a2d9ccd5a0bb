"""Masking rules: what a reader sees in place of a value."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.catalog.changes.looser import RESTRICTED, strength
from apps.catalog.models import Column
from apps.catalog.querysets import OfColumnQuerySet
from apps.dcs.fields import ObjectField, StringListField, an_object
from apps.dcs.models import Record
from apps.people.roles import CONFIDENTIAL
from apps.policy.masking import METHODS, Rule, kind_of
from apps.policy.masking.checking import condition_problems, problems
from apps.policy.refusals import by_column
from apps.workflow.reviewable import Affected, Reviewable, Risk


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


class MaskingRule(Reviewable, Record):
    """How values of a column are shown to whom; the lowest `priority` that applies decides (errata row B21).

    Table `masking_rules` of the capsule design, section 5.2.2. Reading `config` and `condition` needs a
    facet of its own (trust.md, section 1.2). A rule begins to mask, changes and ceases to by a review (errata row E22).
    """

    # The trigger `govern` has the same list, and its state.
    governed_fields = (
        "column",
        "name",
        "method",
        "config",
        "condition",
        "applies_to_roles",
        "exempt_roles",
        "preserve_length",
        "preserve_format",
        "preserve_type",
        "preserve_null",
        "is_reversible",
        "tokenization_vault",
        "priority",
        "is_enabled",
    )
    review_kind = "masking_rule"
    review_permission = "catalog.edit_policy"
    review_icon = "venetian-mask"
    review_domain = None

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

    def get_absolute_url(self):
        return reverse("policy:masking-rule", args=[self.pk])

    @property
    def is_in_force(self):
        """True while it masks."""
        return self.is_enabled

    @property
    def is_edited_freely(self):
        """Never by a proposal: what a rule is to become stands in the proposal alone."""
        return False

    @property
    def review_rank(self):
        """What its proposals need to be read: they hold its configuration."""
        return max(self.visibility_rank, CONFIDENTIAL)

    @property
    def is_keyed(self):
        """True if its method needs a key."""
        method = METHODS.get(self.method)
        return method is not None and method.is_keyed

    def plain(self):
        """The rule as `masking` takes it."""
        return Rule(
            method=self.method,
            config=self.config or {},
            kind=kind_of(self.column.data_type),
            column=self.column.name,
            urn=self.column.urn,
            preserve_length=self.preserve_length,
            preserve_format=self.preserve_format,
            preserve_type=self.preserve_type,
            preserve_null=self.preserve_null,
            is_reversible=self.is_reversible,
            vault=self.tokenization_vault or "",
            kid=str((self.meta or {}).get("kid") or ""),
        )

    def told_problems(self):
        """{field of the API: [sentences]} of what could not mask."""
        found = problems(self.plain(), domain=_values_of(self.column))
        if self.condition:
            columns = Column._base_manager.filter(capsule=self.column.capsule_id, retired_at=None)
            kinds = {name: kind_of(kind) for name, kind in columns.values_list("name", "data_type")}
            found += condition_problems(self.condition, kinds)
        told = by_column(found)
        if both := sorted(set(self.applies_to_roles) & set(self.exempt_roles)):
            said = _("A role is masked or exempt, not both: %(roles)s.") % {"roles": ", ".join(both)}
            told["exempt_roles"] = [said]
        return told

    def clean(self):
        """Refuse what could not mask, field by field."""
        names = {field.column: field.name for field in self._meta.fields}
        told = {}
        for field, texts in self.told_problems().items():
            told.setdefault(names.get(field.split(".")[0], field), []).extend(texts)
        if told:
            raise ValidationError(told)

    def risk_of(self, base, proposal):
        """High; critical, and two must agree, where restricted data would be masked less (errata row D4)."""
        marks = self._looser(base, proposal)
        sensitive = self.column.sensitivity_rank >= RESTRICTED
        critical = marks and (sensitive or "reversible" in marks)
        return Risk("critical" if critical else "high", 2 if marks and sensitive else 1, marks)

    def _looser(self, base, proposal):
        """Words for how values would be protected less."""
        found = []
        if proposal["is_reversible"] and not (base or {}).get("is_reversible"):
            found.append("reversible")
        others = MaskingRule._base_manager.filter(column=self.column_id, is_enabled=True).exclude(pk=self.pk)
        if base is None:
            # One more rule can come before those that mask better; without others it only adds.
            return tuple(found + (["looser"] if others.exists() else []))
        weaker = strength(proposal["masking_method"]) < strength(base["masking_method"])
        wider = set(proposal["exempt_roles"]) - set(base["exempt_roles"])
        fewer = proposal["applies_to_roles"] and not set(base["applies_to_roles"]) <= set(
            proposal["applies_to_roles"]
        )
        fewer = fewer or (proposal["applies_to_roles"] and not base["applies_to_roles"])
        other = any(proposal[name] != base[name] for name in ("method_config", "apply_condition", "priority"))
        if weaker or wider or fewer or other or not proposal["is_enabled"]:
            found.append("looser")
        return tuple(found)

    def affected(self, reader):
        """The column whose values are seen otherwise."""
        column = Column.objects.visible_to(reader).filter(pk=self.column_id).select_related("capsule").first()
        if column is None:
            return 0, []
        return 1, [Affected(column.name, column.get_absolute_url(), column.capsule.name)]


def _values_of(column):
    """How many values a column bound to a list of values can have; None where nobody says."""
    domain = column.value_domain if column.value_domain_id else None
    if domain is None or not isinstance(domain.allowed_values, list) or domain.is_extensible:
        return None
    return len(domain.allowed_values)
