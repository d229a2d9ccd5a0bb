"""Rules, checks and profiles in the back office."""

from django.contrib import admin

from apps.dcs.admin import GovernedAdmin, ReadOnlyAdmin
from apps.people.roles import CONFIDENTIAL

from .models import ColumnProfile, QualityCheck, QualityRule, QualityRun, QualitySchedule

VALUES = (
    "min_value",
    "max_value",
    "min_text",
    "max_text",
    "most_common_values",
    "value_distribution",
    "detected_patterns",
    "earliest_timestamp",
    "latest_timestamp",
)


@admin.register(QualityRule)
class QualityRuleAdmin(GovernedAdmin):
    list_display = ["name", "number", "rule_type", "capsule", "column", "severity", "blocking", "is_enabled"]
    list_select_related = ["capsule", "column"]
    list_filter = ["rule_type", "category", "severity", "blocking", "is_enabled"]
    search_fields = ["=number", "name"]
    autocomplete_fields = ["capsule", "column"]
    readonly_fields = ["number", "created_at", "updated_at"]


@admin.register(QualityCheck)
class QualityCheckAdmin(ReadOnlyAdmin):
    list_display = ["rule", "status", "capsule", "column", "measured_value", "failure_count", "checked_at"]
    list_select_related = ["rule", "capsule", "column"]
    list_filter = ["status"]
    search_fields = ["rule__name"]
    facets = {"sample_failures": CONFIDENTIAL, "actual_value": CONFIDENTIAL}


@admin.register(ColumnProfile)
class ColumnProfileAdmin(ReadOnlyAdmin):
    list_display = ["column", "capsule", "total_count", "null_percentage", "distinct_count", "profiled_at"]
    list_select_related = ["column__capsule"]
    search_fields = ["column__name"]
    facets = dict.fromkeys(VALUES, CONFIDENTIAL)

    @admin.display(ordering="column__capsule__name")
    def capsule(self, profile):
        return profile.column.capsule


@admin.register(QualityRun)
class QualityRunAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "kind", "capsule", "state", "trigger", "asked_by", "queued_at", "finished_at"]
    list_select_related = ["capsule"]
    list_filter = ["kind", "state", "trigger"]
    search_fields = ["=number", "capsule__name"]


@admin.register(QualitySchedule)
class QualityScheduleAdmin(ReadOnlyAdmin):
    list_display = ["capsule", "cron", "zone", "is_on", "after_ingest", "next_due"]
    list_select_related = ["capsule"]
    list_filter = ["is_on", "after_ingest"]
    search_fields = ["capsule__name"]
