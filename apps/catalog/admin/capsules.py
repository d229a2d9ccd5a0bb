from django.contrib import admin

from apps.catalog.models import Capsule, CapsuleAlias
from apps.dcs.admin import GovernedAdmin, VisibleRelatedFilter


@admin.register(Capsule)
class CapsuleAdmin(GovernedAdmin):
    """Capsules are retired by their own step, never deleted here (errata row B10)."""

    list_display = ["name", "capsule_type", "layer", "domain", "owner", "retired_at", "updated_at"]
    list_select_related = ["domain", "owner"]
    list_filter = [
        "capsule_type",
        "layer",
        ("retired_at", admin.EmptyFieldListFilter),
        ("domain", VisibleRelatedFilter),
    ]
    search_fields = ["name", "urn"]
    autocomplete_fields = ["source_system", "domain", "owner"]
    readonly_fields = [
        "ingestion",
        "retired_at",
        "sensitivity_rank",
        "visibility_rank",
        "created_at",
        "updated_at",
    ]

    def has_delete_permission(self, request, obj=None):
        return False

    def get_readonly_fields(self, request, obj=None):
        # A capsule's address is its name in every document and link: it moves by its own step.
        return [*super().get_readonly_fields(request, obj), *(["urn"] if obj else [])]


@admin.register(CapsuleAlias)
class CapsuleAliasAdmin(GovernedAdmin):
    list_display = ["urn", "capsule", "created_at"]
    list_select_related = ["capsule"]
    search_fields = ["urn", "capsule__name"]
    autocomplete_fields = ["capsule"]
    readonly_fields = ["created_at"]
