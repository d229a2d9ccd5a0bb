"""Tags and what carries them."""

from django.db import models

from apps.catalog.querysets import OfCapsuleQuerySet, OfColumnQuerySet
from apps.dcs.fields import Moment, ObjectField
from apps.dcs.models import Keyed, Record, Visible, VisibleQuerySet

from .capsules import Capsule
from .structure import Column


class Tag(Record):
    """A word that people attach to capsules and columns, perhaps within a category.

    Table `tags` of the reference schema.
    """

    name = models.CharField(max_length=100)
    category = models.CharField(max_length=50, null=True, blank=True)
    description = models.TextField(null=True, blank=True)
    color = models.CharField(max_length=7, null=True, blank=True)
    meta = ObjectField()

    objects = VisibleQuerySet.as_manager()

    class Meta:
        db_table = "tags"
        ordering = ["name", "category"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "category"], nulls_distinct=False, name="unique_tag_name_category"
            ),
        ]

    def __str__(self):
        return f"{self.category}: {self.name}" if self.category else self.name


class CapsuleTag(Keyed, Visible):
    """A tag on a capsule."""

    capsule = models.ForeignKey(Capsule, models.CASCADE, related_name="tag_links", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="capsule_links")
    created_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = OfCapsuleQuerySet.as_manager()

    class Meta:
        db_table = "capsule_tags"
        ordering = ["tag__name"]
        constraints = [models.UniqueConstraint(fields=["capsule", "tag"], name="capsule_tag_unique")]

    def __str__(self):
        return f"{self.capsule}: {self.tag}"


class ColumnTag(Keyed, Visible):
    """A tag on a column."""

    column = models.ForeignKey(Column, models.CASCADE, related_name="tag_links", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="column_links")
    created_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = OfColumnQuerySet.as_manager()

    class Meta:
        db_table = "column_tags"
        ordering = ["tag__name"]
        constraints = [models.UniqueConstraint(fields=["column", "tag"], name="column_tag_unique")]

    def __str__(self):
        return f"{self.column}: {self.tag}"
