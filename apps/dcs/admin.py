"""What every list and form of the back office has in common, and the jobs in the background."""

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.core.paginator import Paginator
from django.utils.functional import cached_property

from .models import JobProgress

COUNTED = 10_000


class CappedPaginator(Paginator):
    """Counts up to 10,000 rows: nobody pages further, and counting millions is slow (errata row E29)."""

    @cached_property
    def count(self):
        return min(self.object_list.order_by()[: COUNTED + 1].count(), COUNTED)


class VisibleRelatedFilter(admin.RelatedFieldListFilter):
    """Offers the related rows that the reader may know of."""

    def field_choices(self, field, request, model_admin):
        return [(row.pk, str(row)) for row in visible(field.related_model._default_manager.all(), request)]


class GovernedAdmin(admin.ModelAdmin):
    """Shows the rows that the reader may know of, and the facets that they may see (trust.md, section 1.2).

    `facets` maps a field to the clearance that reading it needs; below, the field is absent.
    """

    facets = {}
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request):
        return visible(super().get_queryset(request), request)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs.setdefault("queryset", visible(db_field.related_model._default_manager.all(), request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_fieldsets(self, request, obj=None):
        return [
            (
                title,
                {
                    **options,
                    "fields": [name for name in flatten(options["fields"]) if self.shows(name, request)],
                },
            )
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_readonly_fields(self, request, obj=None):
        return [name for name in super().get_readonly_fields(request, obj) if self.shows(name, request)]

    def shows(self, name, request):
        """True if the reader's clearance reaches the field."""
        return self.facets.get(name, 0) <= request.reader.clearance


class ReadOnlyAdmin(GovernedAdmin):
    """For reading only: the rows are written by the portal itself."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_fields(self, request, obj=None):
        return [field.name for field in self.opts.fields]


class DraftAdmin(GovernedAdmin):
    """Drafts are written here; what is under review or in force changes by its steps alone (errata row B23)."""

    state_fields = [
        "status",
        "author",
        "submitted_by",
        "approved_by",
        "approved_at",
        "created_at",
        "updated_at",
    ]

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _is_draft(obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _is_draft(obj)

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *self.state_fields]

    def save_model(self, request, obj, form, change):
        if not change:
            obj.author = request.user
        super().save_model(request, obj, form, change)


def _is_draft(record):
    return record is None or record.status == "draft"


def visible(rows, request):
    """The rows that the reader of the request may know of; all of them where rows have no rank."""
    return rows.visible_to(request.reader) if hasattr(rows, "visible_to") else rows


@admin.register(JobProgress)
class JobProgressAdmin(ReadOnlyAdmin):
    list_display = ["kind", "state", "asked_by", "phase", "done", "total", "created_at"]
    list_filter = ["state", "kind"]
    search_fields = ["asked_by", "kind"]
