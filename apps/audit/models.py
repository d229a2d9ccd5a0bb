"""The log of every change to the metadata, written by the database itself."""

import operator
from functools import reduce

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.dcs.fields import Moment, NewKey
from apps.people.roles import CONFIDENTIAL

IMAGES_FROM = CONFIDENTIAL


def values_visible(rank, reader):
    """True if `reader` may see the values of a change to a row of `rank`: they are a restricted facet.

    Section 1.2 of trust.md.
    """
    return reader.clearance >= max(rank, IMAGES_FROM)


class ChangeQuerySet(models.QuerySet):
    def visible_to(self, reader):
        """The entries whose subject the reader may know of."""
        return self.filter(visibility_rank__lte=reader.clearance)

    def of(self, record):
        """The history of one row."""
        return self.filter(table_name=record._meta.db_table, record_id=record.pk)

    def of_any(self, subjects):
        """The history of many rows: `subjects` maps table name to keys, None for all of a table.

        Keys are a collection, an `ArraySubquery` where a query names few, or a queryset where it names thousands.
        """
        conditions = [self._of(table, keys) for table, keys in subjects.items()]
        return self.filter(reduce(operator.or_, conditions)) if conditions else self.none()

    @staticmethod
    def _of(table, keys):
        if keys is None:
            return models.Q(table_name=table)
        lookup = "in" if isinstance(keys, models.QuerySet) else "among"
        return models.Q(table_name=table, **{f"record_id__{lookup}": keys})


class Change(models.Model):
    """One row of one table, changed once: by whom, when, why, from what to what.

    Table `metadata_audit_log` of the capsule design, section 8.2; partitioned by month (errata row D1).
    """

    class Operation(models.TextChoices):
        INSERT = "INSERT", _("added")
        UPDATE = "UPDATE", _("changed")
        DELETE = "DELETE", _("removed")
        TRUNCATE = "TRUNCATE", _("emptied")

    id = models.UUIDField(primary_key=True, db_default=NewKey(), editable=False)
    seq = models.BigIntegerField(editable=False)
    table_name = models.CharField(max_length=100)
    record_id = models.UUIDField(null=True)
    operation = models.CharField(max_length=20, choices=Operation)
    old_values = models.JSONField(null=True)
    new_values = models.JSONField(null=True)
    changed_fields = models.JSONField(default=list)
    changed_by = models.CharField(max_length=255, null=True)
    changed_at = models.DateTimeField(db_default=Moment())
    change_reason = models.TextField(null=True)
    session_id = models.CharField(max_length=100, null=True)
    application = models.CharField(max_length=100, null=True)
    ip_address = models.GenericIPAddressField(null=True)
    db_user = models.CharField(max_length=63, null=True)
    request_id = models.CharField(max_length=100, null=True)
    review_id = models.UUIDField(null=True)
    visibility_rank = models.SmallIntegerField(default=2)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        db_table = "metadata_audit_log"
        managed = False
        default_permissions = ("view",)
        ordering = ["-changed_at", "-seq"]

    def __str__(self):
        return f"{self.get_operation_display()} {self.table_name}"

    def values_visible_to(self, reader):
        """True if the reader may see what stood in the row, not only that it changed."""
        return values_visible(self.visibility_rank, reader)
