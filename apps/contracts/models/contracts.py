"""Contracts: what is promised about a capsule, and to whom."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule, Owner
from apps.catalog.querysets import OfCapsuleQuerySet
from apps.dcs.conditions import both_or_neither
from apps.dcs.fields import ObjectField, PercentField, PeriodField, StringListField, URNField, empty_list
from apps.dcs.models import Record

from .lifecycle import IN_FORCE, ContractStatus, Lifecycle


class ContractQuerySet(OfCapsuleQuerySet):
    def in_force(self):
        """Contracts that hold, kept or broken; at most one a capsule."""
        return self.filter(status__in=IN_FORCE)

    def ranked(self):
        """With `rank`: broken ones first, then kept ones, those to come, those that are over."""
        order = ("breached", "active", "proposed", "draft", "deprecated", "superseded")
        whens = [models.When(status=word, then=models.Value(rank)) for rank, word in enumerate(order)]
        return self.annotate(rank=models.Case(*whens, output_field=models.IntegerField()))


class Contract(Lifecycle, Record):
    """One version of what is promised about a capsule.

    Table `capsule_contracts` of the capsule design, section 7.2.1. At most one version is in force (active or
    breached). `approved_by` is the approver's name as it read at the time, `approved_by_user` the evidence;
    nobody approves a text of their own (errata row B23).
    """

    Status = ContractStatus

    class SchemaChangePolicy(models.TextChoices):
        STRICT = "strict", _("Strict")
        BACKWARDS_COMPATIBLE = "backwards_compatible", _("Backwards compatible")
        FLEXIBLE = "flexible", _("Flexible")
        UNRESTRICTED = "unrestricted", _("Unrestricted")

    class SupportLevel(models.TextChoices):
        NONE = "none", _("None")
        BEST_EFFORT = "best_effort", _("Best effort")
        BUSINESS_HOURS = "business_hours", _("Business hours")
        ALWAYS = "24x7", _("Day and night")
        CRITICAL = "critical", _("Critical")

    class DeprecationPolicy(models.TextChoices):
        IMMEDIATE = "immediate", _("At once")
        DAYS_30 = "30_days", _("After 30 days")
        DAYS_90 = "90_days", _("After 90 days")
        NEVER = "never", _("Never")

    class DowntimePeriod(models.TextChoices):
        DAY = "day", _("Day")
        WEEK = "week", _("Week")
        MONTH = "month", _("Month")
        QUARTER = "quarter", _("Quarter")
        YEAR = "year", _("Year")

    capsule = models.ForeignKey(Capsule, models.CASCADE, related_name="contracts")
    version = models.CharField(max_length=50, db_column="contract_version")
    status = models.CharField(
        max_length=50,
        choices=Status,
        default=Status.DRAFT,
        db_default=Status.DRAFT,
        db_column="contract_status",
        editable=False,
    )
    freshness_sla = PeriodField(null=True, blank=True)
    freshness_schedule = models.CharField(max_length=100, null=True, blank=True)
    last_updated_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("When the data was last seen to change.")
    )
    completeness_sla = PercentField(null=True, blank=True)
    expected_row_count_min = models.BigIntegerField(null=True, blank=True)
    expected_row_count_max = models.BigIntegerField(null=True, blank=True)
    availability_sla = PercentField(null=True, blank=True)
    max_downtime = PeriodField(null=True, blank=True)
    max_downtime_period = models.CharField(max_length=20, choices=DowntimePeriod, null=True, blank=True)
    quality_score_sla = PercentField(null=True, blank=True)
    critical_quality_rules = StringListField()
    query_latency_p95 = models.IntegerField(null=True, blank=True)
    query_latency_p99 = models.IntegerField(null=True, blank=True)
    schema_change_policy = models.CharField(max_length=50, choices=SchemaChangePolicy, null=True, blank=True)
    breaking_change_notice_days = models.IntegerField(null=True, blank=True)
    support_level = models.CharField(max_length=50, choices=SupportLevel, null=True, blank=True)
    support_contact = models.CharField(max_length=255, null=True, blank=True)
    support_slack_channel = models.CharField(max_length=100, null=True, blank=True)
    support_oncall = models.CharField(max_length=255, null=True, blank=True)
    maintenance_windows = models.JSONField(default=list, db_default=empty_list(), blank=True)
    deprecation_policy = models.CharField(max_length=50, choices=DeprecationPolicy, null=True, blank=True)
    deprecation_date = models.DateField(null=True, blank=True)
    replacement_capsule_urn = URNField(null=True, blank=True)
    known_consumers = models.JSONField(default=list, db_default=empty_list(), blank=True)
    consumer_notification_required = models.BooleanField(default=True, db_default=True)
    target_row_count = models.BigIntegerField(null=True, blank=True)
    target_size_bytes = models.BigIntegerField(null=True, blank=True)
    target_column_count = models.IntegerField(null=True, blank=True)
    cost_center = models.CharField(max_length=100, null=True, blank=True)
    billing_tags = ObjectField()
    meta = ObjectField()
    owner = models.ForeignKey(
        Owner, models.SET_NULL, null=True, blank=True, related_name="contracts", db_column="contract_owner_id"
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
    capsule_version = models.ForeignKey(
        "catalog.CapsuleVersion", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects = ContractQuerySet.as_manager()

    class Meta:
        db_table = "capsule_contracts"
        ordering = ["capsule", "-created_at"]
        indexes = [
            models.Index(fields=["status"], name="idx_capsule_contracts_status"),
            models.Index(
                fields=["deprecation_date"],
                condition=models.Q(deprecation_date__isnull=False),
                name="idx_capsule_contracts_deprec",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["capsule", "version"], name="contract_version_unique"),
            models.UniqueConstraint(
                fields=["capsule"],
                condition=models.Q(status__in=["active", "breached"]),
                name="one_contract_in_force",
            ),
            models.CheckConstraint(
                name="contract_status_valid",
                condition=models.Q(
                    status__in=["draft", "proposed", "active", "deprecated", "breached", "superseded"]
                ),
            ),
            models.CheckConstraint(
                name="schema_change_policy_valid",
                condition=models.Q(
                    schema_change_policy__in=["strict", "backwards_compatible", "flexible", "unrestricted"]
                ),
            ),
            models.CheckConstraint(
                name="support_level_valid",
                condition=models.Q(
                    support_level__in=["none", "best_effort", "business_hours", "24x7", "critical"]
                ),
            ),
            models.CheckConstraint(
                name="deprecation_policy_valid",
                condition=models.Q(deprecation_policy__in=["immediate", "30_days", "90_days", "never"]),
            ),
            models.CheckConstraint(
                name="max_downtime_period_valid",
                condition=models.Q(max_downtime_period__in=["day", "week", "month", "quarter", "year"]),
            ),
            models.CheckConstraint(
                name="max_downtime_has_period",
                condition=both_or_neither("max_downtime", "max_downtime_period"),
                violation_error_message=_("A longest downtime needs its period, and the other way round."),
            ),
            models.CheckConstraint(
                name="completeness_sla_valid", condition=models.Q(completeness_sla__range=(0, 100))
            ),
            models.CheckConstraint(
                name="availability_sla_valid", condition=models.Q(availability_sla__range=(0, 100))
            ),
            models.CheckConstraint(
                name="quality_score_sla_valid", condition=models.Q(quality_score_sla__range=(0, 100))
            ),
            models.CheckConstraint(
                name="row_count_ordered",
                condition=models.Q(expected_row_count_min__lte=models.F("expected_row_count_max")),
                violation_error_message=_("The smallest row count is above the largest."),
            ),
            models.CheckConstraint(
                name="contract_approved_by_another",
                condition=~models.Q(approved_by_user=models.F("author"))
                & ~models.Q(approved_by_user=models.F("submitted_by")),
                violation_error_message=_("Somebody else than the author has to approve."),
            ),
        ]

    def __str__(self):
        return f"{self.capsule} {self.version}"

    def get_absolute_url(self):
        return reverse("contracts:contract", args=[self.capsule.urn, self.version])
