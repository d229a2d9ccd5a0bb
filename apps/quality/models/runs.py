"""Runs: what was asked of a capsule's data at one time, and how far it came."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule
from apps.catalog.querysets import OfCapsuleQuerySet
from apps.dcs.conditions import both_or_neither
from apps.dcs.fields import Moment, Next, ObjectField
from apps.dcs.models import Keyed, Record, Visible


class QualityRunQuerySet(OfCapsuleQuerySet):
    def unfinished(self):
        """Runs that wait or run."""
        return self.filter(state__in=[self.model.State.QUEUED, self.model.State.RUNNING])

    def of_checks(self):
        """Runs that check rules; the others profile columns."""
        return self.filter(kind=self.model.Kind.CHECKS)


class QualityRun(Keyed, Visible):
    """One reading of a capsule's data: its rules checked, or its columns profiled. People call it by its number: Q-9.

    `scope` says of which: {"rules": [ids]} or {"columns": [names]}, empty for all; and {"full": true} to use no cache.
    `slot` is the time that a schedule meant, once for each capsule and kind. `counts` are results by status.
    `attempts` counts the workers that took it up: what kills one twice is not tried again.
    """

    class Kind(models.TextChoices):
        CHECKS = "checks", _("Checks")
        PROFILE = "profile", _("Profile")

    class Trigger(models.TextChoices):
        MANUAL = "manual", _("By hand")
        SCHEDULE = "schedule", _("By schedule")
        API = "api", _("By a program")
        INGEST = "ingest", _("After an ingestion")

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        PARTLY = "partly", _("Partly finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    number = models.BigIntegerField(db_default=Next("dcs.quality_runs_number"), editable=False)
    capsule = models.ForeignKey(
        Capsule, models.CASCADE, related_name="quality_runs", editable=False, db_index=False
    )
    kind = models.CharField(
        max_length=20, choices=Kind, default=Kind.CHECKS, db_default=Kind.CHECKS, editable=False
    )
    trigger = models.CharField(
        max_length=20, choices=Trigger, default=Trigger.MANUAL, db_default=Trigger.MANUAL, editable=False
    )
    asked_by = models.CharField(max_length=255, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    slot = models.DateTimeField(null=True, editable=False)
    scope = ObjectField(editable=False)
    state = models.CharField(
        max_length=20, choices=State, default=State.QUEUED, db_default=State.QUEUED, editable=False
    )
    attempts = models.SmallIntegerField(default=0, db_default=0, editable=False)
    counts = ObjectField(editable=False)
    fingerprint = models.TextField(default="", db_default="", editable=False)
    engine = models.CharField(max_length=100, default="", db_default="", editable=False)
    gate_passed = models.BooleanField(null=True, editable=False)
    error_code = models.CharField(max_length=50, default="", db_default="", editable=False)
    error = models.TextField(default="", db_default="", editable=False)
    queued_at = models.DateTimeField(db_default=Moment(), editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = QualityRunQuerySet.as_manager()

    class Meta:
        db_table = "quality_runs"
        ordering = ["-number"]
        default_permissions = ()
        permissions = [("run_quality", "Can check rules and profile columns")]
        indexes = [
            models.Index(fields=["capsule", "kind", "-number"], name="quality_runs_newest"),
            models.Index(
                fields=["queued_at"],
                condition=models.Q(state__in=["queued", "running"]),
                name="quality_runs_unfinished",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="quality_run_number_unique"),
            models.UniqueConstraint(fields=["capsule", "kind", "slot"], name="quality_run_slot_unique"),
            models.CheckConstraint(
                name="quality_run_kind_valid", condition=models.Q(kind__in=["checks", "profile"])
            ),
            models.CheckConstraint(
                name="quality_run_trigger_valid",
                condition=models.Q(trigger__in=["manual", "schedule", "api", "ingest"]),
            ),
            models.CheckConstraint(
                name="quality_run_state_valid",
                condition=models.Q(
                    state__in=["queued", "running", "finished", "partly", "failed", "cancelled"]
                ),
            ),
        ]

    def __str__(self):
        return f"Q-{self.number}"

    def get_absolute_url(self):
        if self.kind == self.Kind.PROFILE:
            return reverse("quality:profile", args=[self.number])
        return reverse("quality:run", args=[self.number])

    @property
    def is_finished(self):
        """True if nothing more will happen."""
        return self.state not in (self.State.QUEUED, self.State.RUNNING)

    @property
    def took(self):
        """How long it read, or None while it does or if it never began."""
        if self.started_at is None or self.finished_at is None:
            return None
        return max(self.finished_at - self.started_at, timedelta())


class QualityScheduleQuerySet(OfCapsuleQuerySet):
    def due(self, *, at):
        """Those whose next time has come."""
        return self.filter(next_due__lte=at, capsule__retired_at__isnull=True)

    def zone_of(self, capsule):
        """The name of the time zone in which times of the capsule's rules are meant."""
        return self.filter(capsule=capsule).values_list("zone", flat=True).first() or "UTC"


class QualitySchedule(Record):
    """When the rules of a capsule are checked, and its columns profiled, by themselves.

    `cron` are five fields in the time zone `zone`, for all rules without times of their own (`config.schedule`);
    empty if only these have any; `profile_cron` are those of profiles. `after_ingest` asks for a run after each ingestion that changed the capsule.
    `next_due` is the earliest moment of all, worked out at `planned_at`; what lies before `used_until` is done.
    """

    capsule = models.OneToOneField(Capsule, models.CASCADE, related_name="quality_schedule")
    cron = models.CharField(max_length=100, blank=True, default="", db_default="")
    profile_cron = models.CharField(max_length=100, blank=True, default="", db_default="")
    zone = models.CharField(max_length=64, default="UTC", db_default="UTC")
    is_on = models.BooleanField(default=True, db_default=True)
    after_ingest = models.BooleanField(default=False, db_default=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    next_due = models.DateTimeField(null=True, editable=False)
    planned_at = models.DateTimeField(null=True, editable=False)
    used_until = models.DateTimeField(null=True, editable=False)

    objects = QualityScheduleQuerySet.as_manager()

    class Meta:
        db_table = "quality_schedules"
        ordering = ["capsule__name"]
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["next_due"],
                condition=models.Q(next_due__isnull=False),
                name="quality_schedules_due",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="planned_schedules_know_what_is_used",
                condition=both_or_neither("planned_at", "used_until"),
            ),
        ]

    def __str__(self):
        return f"{self.cron or self.profile_cron} {self.zone}"
