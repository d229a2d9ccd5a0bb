"""What every row of the schema `dcs` has in common."""

from django.db import models

from .fields import Moment, NewKey
from .keys import uuid7


class Keyed(models.Model):
    """A row with a uuid key: time-ordered when made here, random when the database makes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=NewKey(), editable=False)

    class Meta:
        abstract = True


class Visible(models.Model):
    """A row that is hidden from readers whose clearance is below its rank (1 public … 5 secret)."""

    visibility_rank = models.SmallIntegerField(default=2, db_default=2, editable=False)

    class Meta:
        abstract = True


class Record(Keyed, Visible):
    """A governed row: key, rank, and the times (UTC) of its creation and last change.

    `updated_at` is set by a trigger, whoever writes (errata row B4).
    """

    created_at = models.DateTimeField(db_default=Moment(), editable=False)
    updated_at = models.DateTimeField(db_default=Moment(), editable=False)

    class Meta:
        abstract = True
