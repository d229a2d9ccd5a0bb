"""The audit log in the back office: for reading, by those who may."""

from uuid import UUID

from django.contrib import admin

from apps.dcs.admin import ReadOnlyAdmin

from .models import IMAGES_FROM, Change


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ["changed_at", "changed_by", "operation", "table_name", "record_id", "change_reason"]
    list_filter = ["operation", "table_name"]
    search_fields = ["=changed_by", "=request_id"]
    facets = {"old_values": IMAGES_FROM, "new_values": IMAGES_FROM}

    def get_search_results(self, request, queryset, search_term):
        """A key is found exactly: every row of the log carries one."""
        if _is_key(search_term):
            return queryset.filter(record_id=search_term), False
        return super().get_search_results(request, queryset, search_term)


def _is_key(text):
    try:
        UUID(text)
    except ValueError:
        return False
    return True
