"""Plans in the back office: read, and decided on where they hold something back."""

from django.contrib import admin

from apps.workflow.admin import WorkflowAdmin

from .models import Plan


@admin.register(Plan)
class PlanAdmin(WorkflowAdmin):
    """Plans are made and applied by documents; here they are read."""

    exclude = ["content", "result", "held"]
    state_fields = [
        "number", "author", "document_hash", "base", "options", "created_at", "updated_at", "expires_at", "applied_at",
    ]  # fmt: skip
    list_display = ["number", "author", "created_at", "expires_at", "applied_at"]
    list_select_related = ["author"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
