"""The glossary in the back office."""

from django.contrib import admin

from apps.dcs.admin import DraftAdmin, GovernedAdmin, VisibleRelatedFilter

from .models import Term, TermLink


@admin.register(Term)
class TermAdmin(DraftAdmin):
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
