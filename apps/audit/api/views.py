"""The audit log for programs: read only, with the scope `audit`."""

from apps.audit import words
from apps.audit.filters import ChangeFilter
from apps.audit.models import Change, values_visible
from apps.people.rest.viewsets import ReadingViewSet

from .serializers import IMAGES, ChangeSerializer

NEEDED = ("table_name", "visibility_rank", "old_values", "new_values")


class ChangeViewSet(ReadingViewSet):
    """Every change of the metadata, newest first. Nothing here can be written."""

    queryset = Change.objects.all()
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter
    orderings = {"changed_at": ("changed_at", "seq"), "seq": "seq"}
    default_order = ("-changed_at", "-seq")
    scopes = {"*": "audit"}
    permissions = {"*": "audit.view_change"}

    def values(self, names):
        paths, computed = super().values(names)
        return list(dict.fromkeys([*paths, *NEEDED])), computed

    def shown(self, rows, names):
        return [self._entry(row, ["id", *names]) for row in rows]

    def _entry(self, row, names):
        named = {"name": words.name(row["table_name"], row["new_values"] or row["old_values"])}
        may_see = values_visible(row["visibility_rank"], self.request.reader)
        return {name: ({**row, **named})[name] for name in names if may_see or name not in IMAGES}
