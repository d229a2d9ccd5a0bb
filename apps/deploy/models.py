"""Plans: what a file of capsule documents would do, kept until it is done or a day has passed."""

import datetime

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from apps.catalog.changes.codes import DIMENSIONS
from apps.dcs.conditions import both_or_neither
from apps.dcs.fields import Moment, Next, ObjectField, empty_list
from apps.dcs.models import Keyed, Record, VisibleQuerySet
from apps.workflow.models import Review
from apps.workflow.reviewable import Affected, ReviewableMany

from .querysets import LineageEventQuerySet, PlanQuerySet, SourceScheduleQuerySet

LASTS = datetime.timedelta(hours=24)


class Plan(Record):
    """What a file of capsule documents would do, by capsule and dimension. People call it by its number: PL-12.

    `content` holds the documents, `base` the hash of each capsule's state when it was made, `result` the answer of
    capsule-document.md section 7. What needs somebody else's approval waits in its `parts`. `taken_over_by` applied
    what the author had planned; `scheduled_by` wants it applied at `scheduled_for`, in their name. `reading` is what a
    reader said besides its documents (`origins.read_by`), and what was decided about that; empty for a person's plan.
    """

    number = models.BigIntegerField(db_default=Next("dcs.plans_number"), editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    document_hash = models.CharField(max_length=64)
    base = ObjectField(editable=False)
    options = ObjectField(editable=False)
    content = models.JSONField(default=list, db_default=empty_list(), editable=False)
    result = ObjectField(editable=False)
    reading = ObjectField(editable=False)
    expires_at = models.DateTimeField(editable=False)
    applied_at = models.DateTimeField(null=True, editable=False)
    taken_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    taken_over_at = models.DateTimeField(null=True, editable=False)
    scheduled_for = models.DateTimeField(null=True, editable=False)
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = PlanQuerySet.as_manager()

    class Meta:
        db_table = "plans"
        ordering = ["-number"]
        permissions = [("take_over_plan", "Can apply what another person planned")]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="plan_number_unique"),
            models.CheckConstraint(
                name="taking_over_has_a_time",
                condition=both_or_neither("taken_over_by", "taken_over_at"),
            ),
            models.CheckConstraint(
                name="a_schedule_has_a_person",
                condition=both_or_neither("scheduled_for", "scheduled_by"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["scheduled_for"],
                condition=models.Q(scheduled_for__isnull=False, applied_at__isnull=True),
                name="plans_due",
            ),
        ]

    def __str__(self):
        return f"PL-{self.number}"

    def get_absolute_url(self):
        return reverse("deploy:change", args=[self.number])

    @property
    def is_expired(self):
        """True if it is too old to be applied."""
        return self.expires_at <= timezone.now()

    @property
    def is_partial(self):
        """True if the reader that made it did not understand everything: it must be accepted by name."""
        return bool(self.reading.get("missed"))

    @property
    def unnamed(self):
        """How many capsules the `summary` of a listed plan does not tell by name."""
        summary = self.summary or {}
        return summary.get("capsules", 0) - len(summary.get("named", ()))

    @property
    def earliest(self):
        """The first day on which the contracts let it through, as judged when it was made; None for now, or not yet known."""
        blocked = [
            each["verdict"] for each in self.result["capsules"] if each["verdict"]["decision"] == "blocked"
        ]
        days = [verdict["unblocks_at"] for verdict in blocked]
        return datetime.date.fromisoformat(max(days)) if days and None not in days else None

    @property
    def answer(self):
        """The result with dimensions in the order of the design, which stored objects do not keep."""
        capsules = [
            {**each, "dimensions": {name: each["dimensions"][name] for name in DIMENSIONS}}
            for each in self.result["capsules"]
        ]
        return {**self.result, "capsules": capsules}

    @property
    def reviews(self):
        """The reviews of what it held back, policies before contracts; none before it is applied."""
        parts = self.parts.values("pk")
        return Review.objects.filter(subject_table=PlanPart._meta.db_table, subject_id__in=parts).order_by(
            "number"
        )


class PlanPartQuerySet(VisibleQuerySet):
    below = ("plan",)


class PlanPart(ReviewableMany, Record):
    """What of a plan waits for one kind of approval: its policies with their masks, or its contracts.

    `held` are the sections by capsule, {URN: {section: value}}. Each part is the subject of a review of its own, so
    that whoever decides on policies puts no contract in force, nor the other way round (errata row E22).
    """

    class Kind(models.TextChoices):
        POLICY = "policy", _("Policies")
        CONTRACT = "contract", _("Contracts")

    review_domain = None
    DECIDES = {Kind.POLICY: "catalog.edit_policy", Kind.CONTRACT: "catalog.edit_contract"}
    review_icon = "git-pull-request"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="parts", editable=False)
    kind = models.CharField(max_length=20, choices=Kind, editable=False)
    held = ObjectField(editable=False)

    objects = PlanPartQuerySet.as_manager()

    class Meta:
        db_table = "plan_parts"
        ordering = ["-kind"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "kind"], name="plan_part_unique"),
            models.CheckConstraint(
                name="plan_part_kind_valid", condition=models.Q(kind__in=["policy", "contract"])
            ),
        ]

    def __str__(self):
        names = [urn.rsplit(":", 1)[-1] for urn in sorted(self.held)]
        what = names[0] if len(names) == 1 else __("%(n)s capsules") % {"n": len(names)}
        said = __("Policies of %(what)s (%(plan)s)")
        if self.kind == self.Kind.CONTRACT:
            said = (
                __("Contract of %(what)s (%(plan)s)")
                if len(names) == 1
                else __("Contracts of %(what)s (%(plan)s)")
            )
        return said % {"what": what, "plan": self.origin}

    def get_absolute_url(self):
        return self.origin.get_absolute_url()

    @property
    def origin(self):
        """The plan without its documents, which nobody needs here."""
        return Plan._base_manager.only("number").get(pk=self.plan_id)

    @property
    def review_kind(self):
        """The review is one of policies, or of contracts, like any other."""
        return str(self.kind)

    @property
    def review_permission(self):
        """The permission to decide on it."""
        return self.DECIDES[self.kind]

    @classmethod
    def lock_around(cls, pk):
        from . import parts

        parts.lock_capsules(pk)

    def members(self, reader):
        from . import part_members

        return part_members.planned(self)

    def summed_up(self, members):
        """How many rows of how many capsules; the settings of masks stand in the rows alone, which the log does not repeat."""
        return {"rows": len(members), "capsules": len(self.held)}

    def carry_out(self, review, *, by, reason):
        from . import part_members

        part_members.write(self, review, by=by)

    def read_as(self, contents):
        from . import part_members

        return part_members.read_as(contents)

    def effect(self, proposal):
        if self.kind == self.Kind.CONTRACT:
            return __("puts the contracts in force as they stand here.")
        return __("makes the policies and masks hold as they stand here.")

    def rivals(self, review):
        from . import parts

        return parts.rivals(self, review)

    def let_go(self, review):
        from . import parts

        parts.let_go(self)

    def risk_of(self, base, proposal):
        from . import risks

        return risks.of(self)

    def affected(self, reader):
        """The capsules whose policies or contracts wait."""
        urns = sorted(self.held)
        return len(urns), [Affected(urn, reverse("catalog:capsule", args=[urn])) for urn in urns[:20]]

    def in_short(self, base, proposal, changed):
        return __("Held by plan %(plan)s until somebody else agrees") % {"plan": self.origin}


class LineageEvent(Keyed):
    """One OpenLineage event as it was received: what runs, edges and the rest are worked out from, now or again.

    `digest` is the SHA-256 of its canonical form, so an event that comes twice is kept once. `position` is its place
    in the body it came with. It is not audited: it is the evidence itself.
    """

    content = models.JSONField(editable=False)
    digest = models.CharField(max_length=64, editable=False)
    event_time = models.DateTimeField(editable=False)
    received_at = models.DateTimeField(db_default=Moment(), editable=False)
    position = models.IntegerField(default=0, db_default=0, editable=False)
    received_from = models.CharField(max_length=255, editable=False)
    projected_at = models.DateTimeField(null=True, editable=False)
    error = models.TextField(default="", db_default="", editable=False)

    objects = LineageEventQuerySet.as_manager()

    class Meta:
        db_table = "lineage_events"
        ordering = ["-received_at", "-position"]
        indexes = [
            models.Index(
                fields=["received_at", "position"],
                condition=models.Q(projected_at__isnull=True),
                name="lineage_events_waiting",
            ),
            models.Index(fields=["-received_at", "-position"], name="lineage_events_newest"),
        ]
        constraints = [models.UniqueConstraint(fields=["digest"], name="lineage_event_unique")]

    def __str__(self):
        return f"{self.content.get('eventType', 'OTHER')} {self.event_time:%Y-%m-%d %H:%M:%S}"


class LineageRun(Keyed):
    """The union of the events of one run, under the key of its ingestion job; or those of a job without runs."""

    state = ObjectField(editable=False)

    objects = models.Manager()

    class Meta:
        db_table = "lineage_runs"

    def __str__(self):
        return str(self.pk)


class LineageDataset(Keyed):
    """The union of what events said of one dataset, and the capsule that it is."""

    capsule = models.ForeignKey(
        "catalog.Capsule", models.SET_NULL, null=True, related_name="datasets", editable=False
    )
    state = ObjectField(editable=False)

    objects = models.Manager()

    class Meta:
        db_table = "lineage_datasets"

    def __str__(self):
        return self.state.get("name", "")


class SourceSchedule(Record):
    """When the database of a source system is read by itself, in the name of who set it up.

    `cron` are five fields in the time zone `zone`. What is found becomes a plan; one that breaks nothing and needs nobody
    is applied if `applies` says so.
    """

    source = models.OneToOneField("catalog.SourceSystem", models.CASCADE, related_name="schedule")
    cron = models.CharField(max_length=100)
    zone = models.CharField(max_length=64, default="UTC", db_default="UTC")
    applies = models.BooleanField(default=False, db_default=False)
    is_on = models.BooleanField(default=True, db_default=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    next_due = models.DateTimeField(null=True, editable=False)

    objects = SourceScheduleQuerySet.as_manager()

    class Meta:
        db_table = "source_schedules"
        ordering = ["source__name"]
        indexes = [
            models.Index(fields=["next_due"], condition=models.Q(is_on=True), name="source_schedules_due"),
        ]

    def __str__(self):
        return f"{self.cron} {self.zone}"

    def get_absolute_url(self):
        return reverse("deploy:source", args=[self.source.name])


class SourceRead(Keyed):
    """One time at which a source was read by its schedule; `slot` is the time that was meant, once each."""

    class Outcome(models.TextChoices):
        UNCHANGED = "unchanged", _("No changes")
        APPLIED = "applied", _("Applied")
        WAITS = "waits", _("Waits for somebody")
        FAILED = "failed", _("Failed")

    schedule = models.ForeignKey(SourceSchedule, models.CASCADE, related_name="reads", editable=False)
    slot = models.DateTimeField(editable=False)
    job = models.ForeignKey(
        "catalog.IngestionJob", models.SET_NULL, null=True, related_name="scheduled", editable=False
    )
    plan = models.ForeignKey(Plan, models.SET_NULL, null=True, related_name="+", editable=False)
    outcome = models.CharField(max_length=20, choices=Outcome, default="", db_default="", editable=False)
    why = models.TextField(default="", db_default="", editable=False)
    created_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = models.Manager()

    class Meta:
        db_table = "source_reads"
        ordering = ["-slot"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "slot"], name="source_read_unique"),
            models.CheckConstraint(
                name="source_read_outcome_valid",
                condition=models.Q(outcome__in=["", "unchanged", "applied", "waits", "failed"]),
            ),
        ]

    def __str__(self):
        return f"{self.schedule} {self.slot:%Y-%m-%d %H:%M}"
