from django.contrib import admin

from apps.catalog.models import IngestionJob, SourceSystem
from apps.dcs.admin import GovernedAdmin, ReadOnlyAdmin


@admin.register(SourceSystem)
class SourceSystemAdmin(GovernedAdmin):
    list_display = ["name", "kind", "updated_at"]
    list_filter = ["kind"]
    search_fields = ["name"]
    readonly_fields = ["created_at", "updated_at"]

    def shows(self, name, request):
        """Who may not change a connection does not see where it leads."""
        if name == "connection":
            return self.has_change_permission(request)
        return super().shows(name, request)


@admin.register(IngestionJob)
class IngestionJobAdmin(ReadOnlyAdmin):
    list_display = [
        "number",
        "source_type",
        "source_name",
        "status",
        "started_at",
        "completed_at",
        "triggered_by",
    ]
    list_filter = ["status", "source_type"]
    search_fields = ["=number", "source_name", "triggered_by"]
