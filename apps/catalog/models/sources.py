"""Where metadata and data come from: systems, and the runs that read them."""

from datetime import timedelta

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.catalog.querysets import IngestionJobQuerySet
from apps.dcs.fields import Moment, Next, ObjectField
from apps.dcs.models import Keyed, Record, Visible, VisibleQuerySet


class SourceSystem(Record):
    """A system that data lies in or comes from.

    Table `source_systems` of the reference schema. `connection` holds host, database, options and, for each
    secret, the name of an environment variable, never the secret (errata row B11).
    """

    name = models.CharField(max_length=100)
    kind = models.CharField(
        max_length=50, db_column="source_type", help_text=_("Such as dbt, postgres, files.")
    )
    description = models.TextField(null=True, blank=True)
    connection = ObjectField(db_column="connection_info")
    meta = ObjectField()

    objects = VisibleQuerySet.as_manager()

    class Meta:
        db_table = "source_systems"
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name"], name="source_system_name_unique")]

    def __str__(self):
        return self.name


class IngestionJob(Keyed, Visible):
    """One run that read metadata, from a source or an upload.

    Table `ingestion_jobs` of the reference schema and section 6.2.3 of the design. People call it by its
    `number`: J-12.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    OPENLINEAGE = "openlineage"  # the source type of runs that events told of

    number = models.BigIntegerField(db_default=Next("dcs.ingestion_jobs_number"), editable=False)
    source_type = models.CharField(max_length=50)
    source_name = models.CharField(max_length=255, null=True, blank=True)
    status = models.CharField(
        max_length=20, choices=Status, default=Status.RUNNING, db_default=Status.RUNNING
    )
    started_at = models.DateTimeField(db_default=Moment())
    completed_at = models.DateTimeField(null=True, blank=True)
    stats = ObjectField()
    config = ObjectField()
    error_message = models.TextField(null=True, blank=True)
    error_details = models.JSONField(null=True, blank=True)
    environment = models.JSONField(null=True, blank=True, db_column="execution_environment")
    duration_ms = models.BigIntegerField(null=True, blank=True, db_column="execution_duration_ms")
    records_processed = models.BigIntegerField(null=True, blank=True)
    bytes_processed = models.BigIntegerField(null=True, blank=True)
    logs_url = models.TextField(null=True, blank=True, db_column="execution_logs_url")
    triggered_by = models.CharField(max_length=255, null=True, blank=True)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children", db_column="parent_job_id"
    )

    objects = IngestionJobQuerySet.as_manager()

    class Meta:
        db_table = "ingestion_jobs"
        permissions = [
            ("ingest", "Can ingest artifacts"),
            ("cancel_ingestion", "Can cancel an ingestion"),
        ]
        ordering = ["-started_at", "-number"]
        # Runs of pipelines are many: neither list may look at the rows of the other.
        indexes = [
            models.Index(fields=["source_type", "-started_at", "-number"], name="idx_ingestion_jobs_source"),
            models.Index(
                fields=["-started_at", "-number"],
                condition=~models.Q(source_type="openlineage"),
                name="idx_ingestion_jobs_own",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="ingestion_job_number_unique"),
            models.CheckConstraint(
                name="ingestion_status_valid",
                condition=models.Q(status__in=["pending", "running", "completed", "failed", "cancelled"]),
            ),
        ]

    def __str__(self):
        return f"J-{self.number} {self.source_name or self.source_type}"

    def get_absolute_url(self):
        return reverse("deploy:job", args=[self.number])

    @property
    def is_finished(self):
        """True if the run will not go on."""
        return self.status in (self.Status.COMPLETED, self.Status.FAILED, self.Status.CANCELLED)

    @property
    def is_foreign(self):
        """True for the run of another tool that events told of: the portal cannot stop it."""
        return self.source_type == self.OPENLINEAGE

    @property
    def took(self):
        """How long the run lasted, or None while it lasts."""
        return None if self.duration_ms is None else timedelta(milliseconds=self.duration_ms)
