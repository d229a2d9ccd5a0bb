"""What every row of the schema `dcs` has in common, and the progress of work in the background."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import Moment, NewKey, ObjectField
from .keys import uuid7


def empty_in_database(collector, field, sub_objs, using):
    """An `on_delete`: the key's own `SET NULL` empties it, so that triggers can tell it from an edit."""


class VisibleQuerySet(models.QuerySet):
    """Rows that a reader sees only with enough clearance.

    `below` names the paths to the rows above, such as `column__capsule`: whoever hides those hides these,
    even before a trigger has raised the rank. A path that may be empty hides nothing when it is.
    """

    below = ()

    def visible_to(self, reader):
        """The rows that the reader may know of (trust.md, section 1.3)."""
        found = self.filter(visibility_rank__lte=reader.clearance)
        for path in self.below:
            above = models.Q(**{f"{path}__visibility_rank__lte": reader.clearance})
            found = found.filter(
                above | models.Q(**{f"{path}__isnull": True}) if self._may_lack(path) else above
            )
        return found

    def visible_within(self, reader):
        """Those of rows whose rows above the reader is known to see: the same without looking at these again."""
        return self.filter(visibility_rank__lte=reader.clearance)

    def _may_lack(self, path):
        options = self.model._meta
        for name in path.split("__"):
            field = options.get_field(name)
            if field.null:
                return True
            options = field.related_model._meta
        return False


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


class JobProgressQuerySet(models.QuerySet):
    def unfinished(self):
        """Jobs that wait or run."""
        return self.filter(state__in=[JobProgress.State.PENDING, JobProgress.State.RUNNING])

    def of(self, record):
        """The jobs that work on one row."""
        return self.filter(subject_table=record._meta.db_table, subject_id=record.pk)

    def asked_by(self, user):
        """The jobs that a person started."""
        return self.filter(user_id=user.pk)


class JobProgress(Keyed):
    """How far one piece of background work has come, for the page that waits for it.

    It is not audited: what the work does to governed rows is in the log, a counter that moves every
    second is not a change of metadata. `user_id` has no foreign key, because people live above this layer
    and the record outlives them.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.CharField(max_length=100)
    subject_table = models.CharField(max_length=100, blank=True, default="", db_default="")
    subject_id = models.UUIDField(null=True, blank=True)
    asked_by = models.CharField(max_length=255)
    user_id = models.UUIDField(null=True, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.PENDING, db_default=State.PENDING)
    done = models.BigIntegerField(default=0, db_default=0)
    total = models.BigIntegerField(default=0, db_default=0, help_text=_("0 while nobody knows."))
    phase = models.CharField(max_length=100, blank=True, default="", db_default="")
    message = models.TextField(blank=True, default="", db_default="")
    result = ObjectField()
    error = models.TextField(blank=True, default="", db_default="")
    request_id = models.CharField(max_length=100, blank=True, default="", db_default="")
    cancel_requested = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Moment(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobProgressQuerySet.as_manager()

    class Meta:
        db_table = "job_progress"
        ordering = ["-created_at"]
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(fields=["subject_table", "subject_id"], name="job_progress_subject"),
            models.Index(fields=["user_id", "-created_at"], name="job_progress_person"),
            models.Index(fields=["-created_at"], name="job_progress_created"),
        ]
        constraints = [
            models.CheckConstraint(
                name="job_state_valid",
                condition=models.Q(state__in=["pending", "running", "completed", "failed", "cancelled"]),
            ),
            models.CheckConstraint(name="job_counts_up", condition=models.Q(done__gte=0, total__gte=0)),
        ]

    def __str__(self):
        return f"{self.kind} ({self.get_state_display()})"

    @property
    def is_finished(self):
        """True if nothing more will happen."""
        return self.state in (self.State.COMPLETED, self.State.FAILED, self.State.CANCELLED)

    @property
    def percent(self):
        """How much is done, 0–100, or None while the total is unknown."""
        return min(100, round(100 * self.done / self.total)) if self.total else None


class IdempotencyKeyQuerySet(models.QuerySet):
    def outdated(self, *, at):
        """Keys that no longer bind their callers: a day is enough to try again."""
        return self.filter(created_at__lt=at - IdempotencyKey.KEPT)


class IdempotencyKey(Keyed):
    """The first answer to a POST that a caller named by a key, to be given again when it is repeated.

    It is not audited: what the request changed is in the log. `digest` tells one body from another.
    """

    KEPT = timedelta(hours=24)

    caller = models.CharField(max_length=100)
    route = models.CharField(max_length=1000)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.SmallIntegerField()
    headers = ObjectField()
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        db_table = "idempotency_keys"
        ordering = ["-created_at"]
        default_permissions = ()
        indexes = [models.Index(fields=["created_at"], name="idempotency_keys_created")]
        constraints = [
            models.UniqueConstraint(fields=["caller", "route", "key"], name="idempotency_key_unique"),
        ]

    def __str__(self):
        return self.key
