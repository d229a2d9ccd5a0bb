"""Plans in the back office: read, and decided on where they hold something back."""

from django.contrib import admin

from apps.dcs.admin import GovernedAdmin
from apps.workflow.admin import WorkflowAdmin

from .models import Plan, PlanPart


class MadeByDocuments:
    """Plans are made and applied by documents; here they are read."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Plan)
class PlanAdmin(MadeByDocuments, GovernedAdmin):
    exclude = ["content", "result"]
    readonly_fields = [
        "number", "author", "document_hash", "base", "options", "created_at", "updated_at", "expires_at", "applied_at",
    ]  # fmt: skip
    list_display = ["number", "author", "created_at", "expires_at", "applied_at"]
    list_select_related = ["author"]
    search_fields = ["document_hash", "author__username"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer(*self.exclude)


@admin.register(PlanPart)
class PlanPartAdmin(MadeByDocuments, WorkflowAdmin):
    state_fields = ["plan_number", "kind", "held", "created_at", "updated_at"]
    list_display = ["plan_number", "kind", "created_at"]
    list_filter = ["kind"]
    search_fields = ["plan__document_hash"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("plan").defer("plan__content", "plan__result")

    @admin.display(description="Plan")
    def plan_number(self, part):
        return str(part.plan)
