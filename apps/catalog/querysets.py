"""The questions that the catalogue's tables answer; they chain into a sentence."""

from django.db.models import Q

from apps.dcs.models import VisibleQuerySet


class CurrentQuerySet(VisibleQuerySet):
    """Rows that are retired, not deleted (errata row B10)."""

    def current(self):
        """Not retired."""
        return self.filter(retired_at__isnull=True)

    def retired(self):
        """Gone from the source, kept with their history."""
        return self.filter(retired_at__isnull=False)


class CapsuleQuerySet(CurrentQuerySet):
    pass


class ColumnQuerySet(CurrentQuerySet):
    below = ("capsule",)

    def current(self):
        """Not retired, in a capsule that is not retired either."""
        return super().current().filter(capsule__retired_at__isnull=True)


class OfCapsuleQuerySet(VisibleQuerySet):
    """Rows that belong to one capsule."""

    below = ("capsule",)


class OfColumnQuerySet(VisibleQuerySet):
    """Rows that belong to one column."""

    below = ("column", "column__capsule")


class VersionQuerySet(OfCapsuleQuerySet):
    def current(self):
        """The latest version of each capsule."""
        return self.filter(is_current=True)

    def kept(self):
        """Versions whose document is kept; of those that a `version_history` told there are only words."""
        return self.filter(content_hash__isnull=False)


class IngestionJobQuerySet(VisibleQuerySet):
    def of_pipelines(self, wanted=True):
        """The runs of other tools that events told of; all the others if these are not wanted."""
        foreign = Q(source_type=self.model.OPENLINEAGE)
        return self.filter(foreign if wanted else ~foreign)

    def unfinished(self):
        """Jobs that wait or run."""
        return self.filter(status__in=[self.model.Status.PENDING, self.model.Status.RUNNING])
