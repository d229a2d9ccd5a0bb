from django.contrib import admin

from apps.catalog.models import Column, Constraint, Index, ValueDomain
from apps.dcs.admin import GovernedAdmin
from apps.people.roles import CONFIDENTIAL
from apps.workflow.admin import WorkflowAdmin


@admin.register(Column)
class ColumnAdmin(GovernedAdmin):
    """Columns are retired when their source drops them, never deleted here (errata row B10)."""

    list_display = ["name", "capsule", "data_type", "semantic_type", "pii_type", "retired_at"]
    list_select_related = ["capsule"]
    list_filter = ["semantic_type", "pii_type", ("retired_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "urn"]
    autocomplete_fields = ["capsule", "value_domain"]
    readonly_fields = [
        "stats",
        "retired_at",
        "sensitivity_rank",
        "visibility_rank",
        "created_at",
        "updated_at",
    ]
    facets = {"example_values": CONFIDENTIAL, "stats": CONFIDENTIAL}

    def has_delete_permission(self, request, obj=None):
        return False

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(["urn", "capsule"] if obj else [])]


@admin.register(Constraint)
class ConstraintAdmin(GovernedAdmin):
    list_display = ["__str__", "kind", "column", "capsule", "is_enforced"]
    list_select_related = ["column__capsule"]
    list_filter = ["kind", "is_enforced"]
    search_fields = ["name", "column__name"]
    autocomplete_fields = ["column"]
    readonly_fields = ["created_at", "updated_at"]

    @admin.display(ordering="column__capsule__name")
    def capsule(self, constraint):
        return constraint.column.capsule


@admin.register(Index)
class IndexAdmin(GovernedAdmin):
    list_display = ["name", "capsule", "kind", "is_unique", "is_primary"]
    list_select_related = ["capsule"]
    list_filter = ["kind", "is_unique", "is_primary"]
    search_fields = ["name", "capsule__name"]
    autocomplete_fields = ["capsule"]
    readonly_fields = ["created_at", "updated_at"]


@admin.register(ValueDomain)
class ValueDomainAdmin(WorkflowAdmin):
    list_display = ["name", "kind", "owner", "is_extensible", "updated_at"]
    list_select_related = ["owner"]
    list_filter = ["kind", "is_extensible"]
    search_fields = ["name", "description"]
    autocomplete_fields = ["owner"]
    readonly_fields = ["created_at", "updated_at"]
