"""The glossary in the back office."""

from django.contrib import admin

from apps.dcs.admin import GovernedAdmin, VisibleRelatedFilter
from apps.workflow.admin import WorkflowAdmin

from .models import Refusal, Term, TermImport, TermLink


@admin.register(Term)
class TermAdmin(WorkflowAdmin):
    state_fields = [
        "status",
        "author",
        "submitted_by",
        "approved_by",
        "approved_at",
        "created_at",
        "updated_at",
    ]
    list_display = ["name", "display_name", "status", "category", "domain", "owner", "updated_at"]
    list_select_related = ["domain", "owner"]
    list_filter = ["status", "category", ("domain", VisibleRelatedFilter)]
    search_fields = ["name", "display_name", "abbreviation"]
    autocomplete_fields = ["domain", "owner"]


@admin.register(TermLink)
class TermLinkAdmin(GovernedAdmin):
    list_display = ["term", "relationship", "capsule", "column", "added_by", "added_at"]
    list_select_related = ["term", "capsule", "column"]
    list_filter = ["relationship"]
    search_fields = ["term__name"]
    autocomplete_fields = ["term", "capsule", "column"]
    readonly_fields = ["added_at", "updated_at"]


@admin.register(Refusal)
class RefusalAdmin(GovernedAdmin):
    list_display = ["term", "capsule", "column", "refused_by", "refused_at", "reason"]
    list_select_related = ["term", "capsule", "column"]
    search_fields = ["term__name", "reason"]
    autocomplete_fields = ["term", "capsule", "column"]
    readonly_fields = ["refused_at"]


@admin.register(TermImport)
class TermImportAdmin(WorkflowAdmin):
    """Files are uploaded in the portal; here they are read, and decided on."""

    exclude = ["rows"]
    state_fields = [
        "file_name", "format", "options", "warnings", "state", "author", "outcome", "created_at", "updated_at", "applied_at",
    ]  # fmt: skip
    list_display = ["file_name", "format", "state", "author", "created_at", "applied_at"]
    list_select_related = ["author"]
    list_filter = ["state", "format"]
    search_fields = ["file_name"]

    def has_add_permission(self, request):
        return False
