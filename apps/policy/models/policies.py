"""Policies: how a capsule's or a column's data must be handled."""

from datetime import date

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule, Column, Owner
from apps.catalog.subjects import AboutSubject, SubjectQuerySet
from apps.catalog.vocabularies import Sensitivity
from apps.dcs.conditions import exactly_one
from apps.dcs.fields import Next, ObjectField, PeriodField, StringListField
from apps.dcs.models import Record

from .lifecycle import Lifecycle, PolicyStatus
from .masking import MaskingMethod


class PolicyQuerySet(SubjectQuerySet):
    def active(self):
        """Policies that hold, whatever their dates."""
        return self.filter(status=self.model.Status.ACTIVE)

    def in_force(self, *, on):
        """Active policies whose dates include the day (errata row B18)."""
        return self.active().filter(
            models.Q(effective_from__isnull=True) | models.Q(effective_from__lte=on),
            models.Q(effective_to__isnull=True) | models.Q(effective_to__gte=on),
        )

    def by_review(self):
        """With `due`: the day of the next review of what is active, the far future for all others; overdue ones come first."""
        never = models.Value(date.max)
        asked = models.When(
            status=self.model.Status.ACTIVE, next_review_date__isnull=False, then="next_review_date"
        )
        return self.annotate(due=models.Case(asked, default=never, output_field=models.DateField()))

    def due_for_review(self, *, on):
        """Active policies whose review is due by the day."""
        return self.active().filter(next_review_date__lte=on)


class Policy(Lifecycle, AboutSubject, Record):
    """How the data of a capsule or column must be handled: who may see it, where, for what, how long.

    Table `data_policies` of the capsule design, section 5.2.1. People call it by its `number`: P-57.
    `approved_by` is the approver's name as it read at the time, `approved_by_user` the evidence; nobody
    approves a text of their own (errata row B23).
    """

    Status = PolicyStatus

    class RetentionStart(models.TextChoices):
        INGESTION = "ingestion", _("When it came in")
        LAST_MODIFIED = "last_modified", _("When it last changed")
        BUSINESS_DATE = "business_date", _("At its business date")

    class DeletionAction(models.TextChoices):
        HARD_DELETE = "hard_delete", _("Delete")
        ANONYMIZE = "anonymize", _("Anonymize")
        ARCHIVE = "archive", _("Archive")

    class AccessLevel(models.TextChoices):
        PUBLIC = "public", _("Public")
        AUTHENTICATED = "authenticated", _("Signed in")
        PRIVILEGED = "privileged", _("Privileged")
        ADMIN = "admin", _("Administrators")

    class EncryptionMethod(models.TextChoices):
        AES256 = "aes256", "AES-256"
        RSA = "rsa", "RSA"
        FIELD_LEVEL = "field_level", _("By field")

    number = models.BigIntegerField(db_default=Next("dcs.data_policies_number"), editable=False)
    capsule = models.ForeignKey(
        Capsule, models.CASCADE, null=True, blank=True, related_name="policies", db_index=False
    )
    column = models.ForeignKey(
        Column, models.CASCADE, null=True, blank=True, related_name="policies", db_index=False
    )
    sensitivity_level = models.CharField(max_length=50, choices=Sensitivity)
    classification_tags = StringListField()
    retention_period = PeriodField(null=True, blank=True)
    retention_start = models.CharField(max_length=50, choices=RetentionStart, null=True, blank=True)
    deletion_action = models.CharField(max_length=50, choices=DeletionAction, null=True, blank=True)
    legal_hold = models.BooleanField(default=False, db_default=False)
    allowed_regions = StringListField()
    restricted_regions = StringListField()
    data_residency = models.CharField(max_length=50, null=True, blank=True)
    cross_border_transfer = models.BooleanField(default=True, db_default=True)
    min_access_level = models.CharField(max_length=50, choices=AccessLevel, null=True, blank=True)
    allowed_roles = StringListField()
    denied_roles = StringListField()
    approved_purposes = StringListField()
    prohibited_purposes = StringListField()
    requires_masking = models.BooleanField(default=False, db_default=False)
    masking_method = models.CharField(max_length=50, choices=MaskingMethod, null=True, blank=True)
    masking_conditions = models.JSONField(null=True, blank=True)
    encryption_required = models.BooleanField(default=False, db_default=False)
    encryption_method = models.CharField(max_length=50, choices=EncryptionMethod, null=True, blank=True)
    encryption_at_rest = models.BooleanField(default=False, db_default=False)
    encryption_in_transit = models.BooleanField(default=True, db_default=True)
    compliance_frameworks = StringListField()
    consent_required = models.BooleanField(default=False, db_default=False)
    right_to_erasure = models.BooleanField(default=False, db_default=False)
    audit_log_required = models.BooleanField(default=False, db_default=False)
    audit_retention_period = PeriodField(null=True, blank=True)
    owner = models.ForeignKey(
        Owner, models.SET_NULL, null=True, blank=True, related_name="policies", db_column="policy_owner_id"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    approved_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    approved_by = models.CharField(max_length=255, null=True, editable=False)
    approved_at = models.DateTimeField(null=True, editable=False)
    review_frequency = PeriodField(null=True, blank=True)
    last_reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_review_date = models.DateField(null=True, blank=True)
    status = models.CharField(
        max_length=50,
        choices=Status,
        default=Status.DRAFT,
        db_default=Status.DRAFT,
        db_column="policy_status",
        editable=False,
    )
    effective_from = models.DateField(null=True, blank=True)
    effective_to = models.DateField(null=True, blank=True)
    meta = ObjectField()
    capsule_version = models.ForeignKey(
        "catalog.CapsuleVersion", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects = PolicyQuerySet.as_manager()

    class Meta:
        db_table = "data_policies"
        ordering = ["-number"]
        verbose_name_plural = _("policies")
        indexes = [
            models.Index(
                fields=["capsule"],
                condition=models.Q(capsule__isnull=False),
                name="idx_data_policies_capsule",
            ),
            models.Index(
                fields=["column"], condition=models.Q(column__isnull=False), name="idx_data_policies_column"
            ),
            models.Index(fields=["sensitivity_level"], name="idx_data_policies_sensitivity"),
            GinIndex(fields=["classification_tags"], name="idx_data_policies_classes"),
            models.Index(
                fields=["next_review_date"],
                condition=models.Q(status="active"),
                name="idx_data_policies_review",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="policy_number_unique"),
            models.CheckConstraint(
                name="data_policies_has_subject",
                condition=exactly_one("capsule", "column"),
                violation_error_message=_("Name a capsule or a column, one of the two."),
            ),
            models.CheckConstraint(
                name="sensitivity_level_valid",
                condition=models.Q(sensitivity_level__in=Sensitivity.values),
            ),
            models.CheckConstraint(
                name="policy_status_valid",
                condition=models.Q(status__in=["draft", "under_review", "active", "deprecated", "suspended"]),
            ),
            models.CheckConstraint(
                name="retention_start_valid",
                condition=models.Q(retention_start__in=["ingestion", "last_modified", "business_date"]),
            ),
            models.CheckConstraint(
                name="deletion_action_valid",
                condition=models.Q(deletion_action__in=["hard_delete", "anonymize", "archive"]),
            ),
            models.CheckConstraint(
                name="min_access_level_valid",
                condition=models.Q(min_access_level__in=["public", "authenticated", "privileged", "admin"]),
            ),
            models.CheckConstraint(
                name="policy_masking_method_valid",
                condition=models.Q(masking_method__in=MaskingMethod.values),
            ),
            models.CheckConstraint(
                name="encryption_method_valid",
                condition=models.Q(encryption_method__in=["aes256", "rsa", "field_level"]),
            ),
            models.CheckConstraint(
                name="policy_dates_ordered",
                condition=models.Q(effective_from__lte=models.F("effective_to")),
                violation_error_message=_("The policy ends before it begins."),
            ),
            models.CheckConstraint(
                name="policy_approved_by_another",
                condition=~models.Q(approved_by_user=models.F("author"))
                & ~models.Q(approved_by_user=models.F("submitted_by")),
                violation_error_message=_("Somebody else than the author has to approve."),
            ),
        ]

    def __str__(self):
        return f"P-{self.number} {self.get_sensitivity_level_display()}"

    def get_absolute_url(self):
        # A row of a proposal has no number: its key leads there too.
        if not isinstance(self.number, int):
            return reverse("policy:policy_by_key", args=[self.pk])
        return reverse("policy:policy", args=[self.number])

    def holds(self, *, on):
        """True if the policy is active and its dates include the day (errata row B18)."""
        return (
            self.status == self.Status.ACTIVE
            and (self.effective_from is None or self.effective_from <= on)
            and (self.effective_to is None or self.effective_to >= on)
        )

    @property
    def label(self):
        """What people call it: P-57."""
        return f"P-{self.number}"

    @property
    def is_overdue(self):
        """True if it is active and its review is past due; it stays in force (trust.md, section 2.3)."""
        return self.is_overdue_on(timezone.now().date())

    def is_overdue_on(self, day):
        """Whether it is active and its review was due before the day."""
        due = self.next_review_date
        return self.status == self.Status.ACTIVE and due is not None and due < day
