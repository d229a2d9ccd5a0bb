"""Plans and lineage events in the back office: read, decided on, projected again."""

from django.contrib import admin
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from apps.dcs.admin import GovernedAdmin, ReadOnlyAdmin
from apps.people.roles import RESTRICTED
from apps.workflow.admin import WorkflowAdmin

from . import events
from .models import LineageEvent, Plan, PlanPart, SourceRead, SourceSchedule


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


@admin.register(LineageEvent)
class LineageEventAdmin(ReadOnlyAdmin):
    """Events as they came. What they say may be of any sensitivity, so reading it needs clearance."""

    facets = {"content": RESTRICTED}
    list_display = ["event_time", "received_at", "received_from", "projected_at", "error"]
    list_filter = [("error", admin.EmptyFieldListFilter), ("projected_at", admin.EmptyFieldListFilter)]
    search_fields = ["digest", "received_from"]
    actions = ["project_again"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("content")

    def has_retry_permission(self, request):
        """Whoever may send events may have them projected again."""
        return request.reader.may("catalog.ingest")

    @admin.action(description=_("Project those that failed again"), permissions=["retry"])
    def project_again(self, request, found):
        number = events.retry(found)
        if number:
            events.enqueue()
        self.message_user(request, __("%(n)d events wait for the worker.") % {"n": number})


@admin.register(SourceSchedule)
class SourceScheduleAdmin(ReadOnlyAdmin):
    list_display = ["source", "cron", "zone", "is_on", "next_due", "asked_by"]
    list_select_related = ["source", "asked_by"]
    list_filter = ["is_on"]
    search_fields = ["source__name"]


@admin.register(SourceRead)
class SourceReadAdmin(ReadOnlyAdmin):
    list_display = ["schedule", "slot", "outcome", "job", "plan"]
    list_select_related = ["schedule", "job", "plan"]
    list_filter = ["outcome"]
    search_fields = ["schedule__source__name"]
