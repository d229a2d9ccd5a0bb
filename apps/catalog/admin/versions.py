from django.contrib import admin

from apps.catalog.models import CapsuleVersion
from apps.dcs.admin import ReadOnlyAdmin
from apps.people.roles import SECRET


@admin.register(CapsuleVersion)
class CapsuleVersionAdmin(ReadOnlyAdmin):
    list_display = ["capsule", "number", "name", "change_type", "breaking_change", "is_current", "created_at"]
    list_select_related = ["capsule"]
    list_filter = ["change_type", "breaking_change", "is_current"]
    search_fields = ["capsule__name", "name", "git_commit_sha"]
    # A snapshot embeds rows of every rank: whole, it is for those who may see all of them.
    facets = {"snapshot": SECRET}

    def get_queryset(self, request):
        return super().get_queryset(request).defer("snapshot")
