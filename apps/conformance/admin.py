"""Architecture rules and violations in the back office."""

from django.contrib import admin

from apps.dcs.admin import GovernedAdmin

from .models import ArchitectureRule, Violation


@admin.register(ArchitectureRule)
class ArchitectureRuleAdmin(GovernedAdmin):
    list_display = ["code", "name", "category", "scope", "severity", "is_enabled"]
    list_filter = ["severity", "scope", "category", "is_enabled"]
    search_fields = ["code", "name"]
    readonly_fields = ["created_at", "updated_at"]


@admin.register(Violation)
class ViolationAdmin(GovernedAdmin):
    """Violations are found by evaluating the rules and settled by their steps."""

    list_display = ["rule", "severity", "status", "capsule", "column", "detected_at"]
    list_select_related = ["rule", "capsule", "column"]
    list_filter = ["status", "severity"]
    search_fields = ["rule__code", "message", "capsule__name"]
    autocomplete_fields = ["rule", "capsule", "column"]
    readonly_fields = ["status", "resolved_at", "resolved_by", "ingestion", "updated_at"]

    def has_add_permission(self, request):
        return False
