"""The questions that the glossary answers."""

from django.contrib.postgres.search import SearchVector

from apps.dcs.models import VisibleQuerySet

# What a search looks through; the index is built on this very expression (errata row C28).
DOCUMENT = SearchVector("name", "display_name", "abbreviation", "definition", "synonyms", config="english")


class TermQuerySet(VisibleQuerySet):
    def awaiting_review(self):
        """Terms that somebody has submitted and nobody has decided on."""
        return self.filter(status=self.model.Status.UNDER_REVIEW)

    def approved(self):
        """Terms whose meaning is agreed."""
        return self.filter(status=self.model.Status.APPROVED)
