"""Contracts, incidents and measurements in the back office."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.dcs.admin import GovernedAdmin, ReadOnlyAdmin
from apps.workflow.admin import WorkflowAdmin

from .models import Announcement, Answer, Contract, Incident, Measurement, Override, Watch


@admin.register(Contract)
class ContractAdmin(WorkflowAdmin):
    state_fields = [
        "status",
        "author",
        "submitted_by",
        "approved_by",
        "approved_at",
        "created_at",
        "updated_at",
    ]
    list_display = [
        "capsule",
        "version",
        "status",
        "owner",
        "support_level",
        "deprecation_date",
        "updated_at",
    ]
    list_select_related = ["capsule", "owner"]
    list_filter = ["status", "support_level", "schema_change_policy"]
    search_fields = ["capsule__name", "=version"]
    autocomplete_fields = ["capsule", "owner"]
    readonly_fields = ["last_updated_at"]
    fieldsets = [
        (None, {"fields": ["capsule", "version", "owner"]}),
        (_("Freshness"), {"fields": ["freshness_sla", "freshness_schedule", "last_updated_at"]}),
        (
            _("Completeness"),
            {"fields": ["completeness_sla", "expected_row_count_min", "expected_row_count_max"]},
        ),
        (
            _("Availability"),
            {"fields": ["availability_sla", "max_downtime", "max_downtime_period", "maintenance_windows"]},
        ),
        (
            _("Quality and latency"),
            {
                "fields": [
                    "quality_score_sla",
                    "critical_quality_rules",
                    "query_latency_p95",
                    "query_latency_p99",
                ]
            },
        ),
        (
            _("Stability"),
            {
                "fields": [
                    "schema_change_policy",
                    "breaking_change_notice_days",
                    "deprecation_policy",
                    "deprecation_date",
                    "replacement_capsule_urn",
                ]
            },
        ),
        (
            _("Support"),
            {"fields": ["support_level", "support_contact", "support_slack_channel", "support_oncall"]},
        ),
        (_("Consumers"), {"fields": ["known_consumers", "consumer_notification_required"]}),
        (
            _("Targets and cost"),
            {
                "fields": [
                    "target_row_count",
                    "target_size_bytes",
                    "target_column_count",
                    "cost_center",
                    "billing_tags",
                ]
            },
        ),
        (_("State"), {"fields": [*state_fields, "meta"]}),
    ]


@admin.register(Incident)
class IncidentAdmin(GovernedAdmin):
    """Incidents move by their steps; nobody deletes them."""

    list_display = ["__str__", "capsule", "severity", "status", "detected_at", "resolved_at"]
    list_select_related = ["capsule"]
    list_filter = ["status", "severity", "kind"]
    search_fields = ["=number", "capsule__name"]
    autocomplete_fields = ["contract"]
    readonly_fields = [
        "number",
        "capsule",
        "status",
        "breach_duration",
        "resolved_by",
        "resolved_at",
        "created_at",
        "updated_at",
    ]

    def has_delete_permission(self, request, obj=None):
        return False

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(["contract"] if obj else [])]


@admin.register(Measurement)
class MeasurementAdmin(ReadOnlyAdmin):
    list_display = ["contract", "metric", "target", "actual", "unit", "is_met", "measured_at"]
    list_select_related = ["contract__capsule"]
    list_filter = ["metric", "is_met"]
    search_fields = ["contract__capsule__name"]


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyAdmin):
    """Made from plans; answered in the portal."""

    list_display = ["__str__", "capsule", "contract_version", "effective_on", "announced_by", "announced_at"]
    list_select_related = ["capsule", "announced_by"]
    list_filter = ["effective_on"]
    search_fields = ["=number", "capsule__name"]


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    list_display = ["consumer", "says", "announcement", "person", "answered_at"]
    list_select_related = ["announcement", "person"]
    list_filter = ["says"]
    search_fields = ["consumer", "=announcement__number"]


@admin.register(Override)
class OverrideAdmin(ReadOnlyAdmin):
    """Asked for and decided on the page of a plan."""

    list_display = ["plan", "capsule", "contract_version", "asked_by", "decision", "decided_by", "used_by"]
    list_select_related = ["capsule", "asked_by", "decided_by"]
    list_filter = ["decision"]
    search_fields = ["plan", "capsule__name", "reason"]


@admin.register(Watch)
class WatchAdmin(ReadOnlyAdmin):
    list_display = ["contract", "health", "due_at", "looked_at", "data_updated_at"]
    list_select_related = ["contract__capsule"]
    list_filter = ["health"]
    search_fields = ["contract__capsule__name"]
