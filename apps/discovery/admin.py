"""The catalogue summary and saved views in the back office."""

from django.contrib import admin

from apps.dcs.admin import ReadOnlyAdmin

from .models import CapsuleSummary, SavedView, SummaryRefresh


@admin.register(CapsuleSummary)
class CapsuleSummaryAdmin(ReadOnlyAdmin):
    list_display = [
        "name",
        "capsule_type",
        "layer",
        "column_count",
        "quality_rule_count",
        "highest_sensitivity",
        "contract_status",
    ]
    list_filter = ["layer", "highest_sensitivity", "contract_status"]
    search_fields = ["name", "urn"]


@admin.register(SummaryRefresh)
class SummaryRefreshAdmin(ReadOnlyAdmin):
    list_display = ["view_name", "refreshed_at", "refreshed_by", "duration_ms", "row_count"]


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    list_display = ["name", "place", "person", "shared", "created_at"]
    list_filter = ["place", "shared"]
    list_select_related = ["person"]
    search_fields = ["name", "person__username"]
