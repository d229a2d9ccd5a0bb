"""Policies and masking rules in the back office."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.dcs.admin import GovernedAdmin, ReadOnlyAdmin
from apps.people.roles import CONFIDENTIAL
from apps.workflow.admin import WorkflowAdmin

from .models import MaskingRule, PIISuggestion, Policy


@admin.register(Policy)
class PolicyAdmin(WorkflowAdmin):
    state_fields = [
        "status",
        "author",
        "submitted_by",
        "approved_by",
        "approved_at",
        "created_at",
        "updated_at",
    ]
    list_display = ["__str__", "status", "capsule", "column", "owner", "effective_from", "next_review_date"]
    list_select_related = ["capsule", "column", "owner"]
    list_filter = ["status", "sensitivity_level", "requires_masking", "legal_hold"]
    search_fields = ["=number", "capsule__name", "column__name"]
    autocomplete_fields = ["capsule", "column", "owner"]
    readonly_fields = ["number", "last_reviewed_at"]
    fieldsets = [
        (
            None,
            {"fields": ["number", "capsule", "column", "sensitivity_level", "classification_tags", "owner"]},
        ),
        (
            _("Retention"),
            {"fields": ["retention_period", "retention_start", "deletion_action", "legal_hold"]},
        ),
        (
            _("Regions"),
            {"fields": ["allowed_regions", "restricted_regions", "data_residency", "cross_border_transfer"]},
        ),
        (
            _("Access"),
            {
                "fields": [
                    "min_access_level",
                    "allowed_roles",
                    "denied_roles",
                    "approved_purposes",
                    "prohibited_purposes",
                ]
            },
        ),
        (
            _("Masking and encryption"),
            {
                "fields": [
                    "requires_masking",
                    "masking_method",
                    "masking_conditions",
                    "encryption_required",
                    "encryption_method",
                    "encryption_at_rest",
                    "encryption_in_transit",
                ]
            },
        ),
        (
            _("Compliance"),
            {
                "fields": [
                    "compliance_frameworks",
                    "consent_required",
                    "right_to_erasure",
                    "audit_log_required",
                    "audit_retention_period",
                ]
            },
        ),
        (
            _("Review"),
            {
                "fields": [
                    "review_frequency",
                    "last_reviewed_at",
                    "next_review_date",
                    "effective_from",
                    "effective_to",
                ]
            },
        ),
        (_("State"), {"fields": [*state_fields, "meta"]}),
    ]
    facets = {"masking_conditions": CONFIDENTIAL}


@admin.register(MaskingRule)
class MaskingRuleAdmin(GovernedAdmin):
    """Rules are drafted here, switched off: one masks, or stops masking, once somebody else has agreed (errata row E22)."""

    list_display = ["name", "column", "capsule", "method", "priority", "is_enabled"]
    list_select_related = ["column__capsule"]
    list_filter = ["method", "is_enabled", "is_reversible"]
    search_fields = ["name", "column__name"]
    autocomplete_fields = ["column"]
    readonly_fields = ["is_enabled", "created_at", "updated_at"]
    facets = {"config": CONFIDENTIAL, "condition": CONFIDENTIAL}

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.is_enabled)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.is_enabled)

    def save_model(self, request, obj, form, change):
        obj.is_enabled = False
        super().save_model(request, obj, form, change)

    @admin.display(ordering="column__capsule__name")
    def capsule(self, rule):
        return rule.column.capsule


@admin.register(PIISuggestion)
class PIISuggestionAdmin(ReadOnlyAdmin):
    """What detection found and what people answered: for reading; the portal's own page asks."""

    list_display = ["column", "pii_type", "confidence", "evidence", "state", "answered_by"]
    list_select_related = ["column__capsule"]
    list_filter = ["state", "pii_type", "evidence"]
    search_fields = ["column__name"]
