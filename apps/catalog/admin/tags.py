from django.contrib import admin

from apps.catalog.models import CapsuleTag, ColumnTag, Tag
from apps.dcs.admin import GovernedAdmin


@admin.register(Tag)
class TagAdmin(GovernedAdmin):
    list_display = ["name", "category", "description", "updated_at"]
    list_filter = ["category"]
    search_fields = ["name", "category"]
    readonly_fields = ["created_at", "updated_at"]


@admin.register(CapsuleTag)
class CapsuleTagAdmin(GovernedAdmin):
    list_display = ["tag", "capsule", "created_at"]
    list_select_related = ["tag", "capsule"]
    search_fields = ["tag__name", "capsule__name"]
    autocomplete_fields = ["tag", "capsule"]
    readonly_fields = ["created_at"]


@admin.register(ColumnTag)
class ColumnTagAdmin(GovernedAdmin):
    list_display = ["tag", "column", "created_at"]
    list_select_related = ["tag", "column"]
    search_fields = ["tag__name", "column__name"]
    autocomplete_fields = ["tag", "column"]
    readonly_fields = ["created_at"]
