"""How ingestion jobs are filtered, on the page and in the API."""

from apps.catalog.models import IngestionJob
from apps.ui.filters import FilterSet, OneOf, OneWord


class IngestionJobFilter(FilterSet):
    """How ingestion jobs are filtered."""

    source_type = OneOf(field_name="source_type")
    source_name = OneOf(field_name="source_name")
    status = OneWord(field_name="status", words={word: word for word in IngestionJob.Status.values})
    triggered_by = OneOf(field_name="triggered_by")

    class Meta:
        model = IngestionJob
        fields = []
