"""The subject of a rule, a policy or a link: a capsule or one of its columns, never both."""

from django.db import models

from apps.dcs.models import VisibleQuerySet


class SubjectQuerySet(VisibleQuerySet):
    """Rows about a capsule or a column."""

    below = ("capsule", "column", "column__capsule")

    def about(self, capsule):
        """Those about the capsule and those about its columns: every count takes both (errata row A5)."""
        return self.filter(models.Q(capsule=capsule) | models.Q(column__capsule=capsule))


class AboutSubject(models.Model):
    """A row whose subject is `capsule` or `column`; the model brings the two keys and the CHECK."""

    class Meta:
        abstract = True

    @property
    def subject(self):
        """The capsule or column that the row is about."""
        return self.column if self.column_id else self.capsule

    @property
    def home(self):
        """The capsule that the row belongs to.

        Reads `self.column.capsule` of a column's row, which queries unless it was selected too.
        """
        return self.column.capsule if self.column_id else self.capsule
