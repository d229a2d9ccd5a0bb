from django import forms
from django.contrib import admin

from apps.catalog import connections, engines
from apps.catalog.models import IngestionJob, SourceSystem
from apps.dcs.admin import GovernedAdmin, ReadOnlyAdmin


class SourceSystemForm(forms.ModelForm):
    """Refuses what the pages and the API refuse: secrets, and facts that lead elsewhere."""

    class Meta:
        model = SourceSystem
        fields = "__all__"  # noqa: DJ007 - what the reader may not see, the admin leaves out

    def clean(self):
        found = super().clean()
        if connection := found.get("connection"):
            problems = connections.problems(connection)
            try:
                found["connection"] = engines.settled(connection, found.get("kind", ""))
            except engines.Unfit as error:
                problems |= error.problems
            if problems:
                self.add_error("connection", [f"{key}: {words}" for key, words in problems.items()])
        return found


@admin.register(SourceSystem)
class SourceSystemAdmin(GovernedAdmin):
    form = SourceSystemForm
    list_display = ["name", "kind", "updated_at"]
    list_filter = ["kind"]
    search_fields = ["name"]
    readonly_fields = ["created_at", "updated_at"]

    def shows(self, name, request):
        """Who may not change a connection does not see where it leads."""
        if name == "connection":
            return self.has_change_permission(request)
        return super().shows(name, request)


@admin.register(IngestionJob)
class IngestionJobAdmin(ReadOnlyAdmin):
    list_display = [
        "number",
        "source_type",
        "source_name",
        "status",
        "started_at",
        "completed_at",
        "triggered_by",
    ]
    list_filter = ["status", "source_type"]
    search_fields = ["=number", "source_name", "triggered_by"]
