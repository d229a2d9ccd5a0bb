"""Incidents: promises that were broken."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule
from apps.catalog.vocabularies import IncidentSeverity
from apps.dcs.fields import Moment, Next, NumberField, ObjectField, PeriodField, empty_list
from apps.dcs.models import Record, VisibleQuerySet
from apps.dcs.refusals import Conflict
from apps.workflow.transitions import Stateful, transition

from ..access import may_watch
from .contracts import Contract


def cares_for_it(incident, reader):
    """Whoever may measure the contract handles its incidents."""
    verdict = may_watch(reader, incident.contract)
    return verdict.allowed or verdict.reason


class Promise(models.TextChoices):
    """What a contract promises and monitoring measures."""

    FRESHNESS = "freshness", _("Freshness")
    COMPLETENESS = "completeness", _("Completeness")
    AVAILABILITY = "availability", _("Availability")
    QUALITY = "quality", _("Quality")
    LATENCY = "latency", _("Latency")
    SCHEMA_CHANGE = "schema_change", _("Schema change")


class IncidentQuerySet(VisibleQuerySet):
    below = ("capsule", "contract")

    def unresolved(self):
        """Incidents that still need somebody; at most one a promise of a contract."""
        Status = self.model.Status
        return self.filter(status__in=[Status.OPEN, Status.INVESTIGATING, Status.MITIGATED])


class Incident(Stateful, Record):
    """A promise that was broken: what was promised, what was measured, since when, until when.

    Table `sla_incidents` of the capsule design, section 7.2.2. `target` and `actual` count in `unit`:
    seconds, milliseconds, percent, days (errata row B27). `capsule` follows from the contract: the database
    fills it in and refuses another (errata row B29). People call it by its `number`: I-31.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        INVESTIGATING = "investigating", _("Investigating")
        MITIGATED = "mitigated", _("Mitigated")
        RESOLVED = "resolved", _("Resolved")
        CLOSED = "closed", _("Closed")
        FALSE_POSITIVE = "false_positive", _("False positive")

    class RootCause(models.TextChoices):
        PIPELINE_FAILURE = "pipeline_failure", _("Pipeline failure")
        DATA_QUALITY = "data_quality", _("Data quality")
        INFRASTRUCTURE = "infrastructure", _("Infrastructure")
        DEPENDENCY = "dependency", _("Dependency")

    number = models.BigIntegerField(db_default=Next("dcs.sla_incidents_number"), editable=False)
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="incidents")
    capsule = models.ForeignKey(Capsule, models.CASCADE, related_name="incidents", editable=False)
    kind = models.CharField(max_length=50, choices=Promise, db_column="incident_type")
    severity = models.CharField(
        max_length=20,
        choices=IncidentSeverity,
        default=IncidentSeverity.MEDIUM,
        db_default=IncidentSeverity.MEDIUM,
        db_column="incident_severity",
    )
    target = NumberField(null=True, blank=True, db_column="sla_target")
    actual = NumberField(null=True, blank=True, db_column="actual_value")
    breach_magnitude = NumberField(null=True, blank=True)
    unit = models.CharField(max_length=20, null=True, blank=True)
    detected_at = models.DateTimeField(db_default=Moment())
    breach_started_at = models.DateTimeField(null=True, blank=True)
    breach_ended_at = models.DateTimeField(null=True, blank=True)
    breach_duration = PeriodField(null=True, blank=True, editable=False)
    affected_consumers = models.JSONField(default=list, db_default=empty_list(), blank=True)
    downstream_impact = models.TextField(null=True, blank=True)
    status = models.CharField(
        max_length=50,
        choices=Status,
        default=Status.OPEN,
        db_default=Status.OPEN,
        db_column="incident_status",
        editable=False,
    )
    resolution = models.TextField(null=True, blank=True)
    resolved_by = models.CharField(max_length=255, null=True, blank=True, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    root_cause = models.TextField(null=True, blank=True)
    root_cause_category = models.CharField(max_length=50, choices=RootCause, null=True, blank=True)
    meta = ObjectField()
    root = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children", editable=False
    )

    objects = IncidentQuerySet.as_manager()

    class Meta:
        db_table = "sla_incidents"
        ordering = ["-detected_at", "-number"]
        indexes = [
            models.Index(fields=["-detected_at"], name="idx_sla_incidents_detected"),
            models.Index(fields=["status"], name="idx_sla_incidents_status"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="incident_number_unique"),
            models.UniqueConstraint(
                fields=["contract", "kind"],
                condition=models.Q(status__in=["open", "investigating", "mitigated"]),
                name="one_open_incident",
            ),
            models.CheckConstraint(name="incident_type_valid", condition=models.Q(kind__in=Promise.values)),
            models.CheckConstraint(
                name="incident_severity_valid", condition=models.Q(severity__in=IncidentSeverity.values)
            ),
            models.CheckConstraint(
                name="incident_status_valid",
                condition=models.Q(
                    status__in=["open", "investigating", "mitigated", "resolved", "closed", "false_positive"]
                ),
            ),
            models.CheckConstraint(
                name="root_cause_category_valid",
                condition=models.Q(
                    root_cause_category__in=[
                        "pipeline_failure",
                        "data_quality",
                        "infrastructure",
                        "dependency",
                    ]
                ),
            ),
        ]

    def __str__(self):
        return f"I-{self.number} {self.get_kind_display()}"

    def get_absolute_url(self):
        return reverse("contracts:incident", args=[self.number])

    @property
    def is_unresolved(self):
        """True while somebody still has to do something."""
        return self.status in (self.Status.OPEN, self.Status.INVESTIGATING, self.Status.MITIGATED)

    @property
    def lasted(self):
        """How long the promise was broken, or has been so far."""
        return (self.breach_ended_at or timezone.now()) - (self.breach_started_at or self.detected_at)

    @transition(
        source=[Status.OPEN],
        target=Status.INVESTIGATING,
        permission="",
        guard=cares_for_it,
        label=_("Investigate"),
    )
    def investigate(self, *, by, comment):
        """Somebody has seen it."""

    @transition(
        source=[Status.OPEN, Status.INVESTIGATING],
        target=Status.MITIGATED,
        permission="",
        guard=cares_for_it,
        label=_("Mitigate"),
    )
    def mitigate(self, *, by, comment):
        """The harm is bounded; the cause is not gone."""

    @transition(
        source=[Status.OPEN, Status.INVESTIGATING, Status.MITIGATED],
        target=Status.RESOLVED,
        permission="",
        guard=cares_for_it,
        label=_("Resolve"),
        needs_reason=True,
    )
    def resolve(self, *, by, comment, category, cause=""):
        """The reason says what was done, the category and the cause why it broke. Raises `ValidationError`."""
        if category not in self.RootCause.values:
            raise ValidationError({"root_cause_category": [_("Choose what caused it.")]})
        now = timezone.now()
        self.root_cause_category, self.root_cause = category, cause or self.root_cause
        self.resolution, self.resolved_by, self.resolved_at = comment, str(by or ""), now
        self._end(now)

    @transition(
        source=[Status.OPEN, Status.INVESTIGATING, Status.MITIGATED, Status.RESOLVED],
        target=Status.CLOSED,
        permission="",
        guard=cares_for_it,
        label=_("Close"),
    )
    def close(self, *, by, comment):
        """Nothing is left to do."""
        if self.resolved_at is None:
            self.resolved_by, self.resolved_at = str(by or ""), timezone.now()
        self._end(self.resolved_at)

    @transition(
        source=[Status.RESOLVED],
        target=Status.OPEN,
        permission="",
        guard=cares_for_it,
        label=_("Reopen"),
        needs_reason=True,
    )
    def reopen(self, *, by, comment):
        """It was not over. Raises `Conflict` if another one of the same promise is open."""
        others = Incident.objects.filter(contract=self.contract_id, kind=self.kind).exclude(pk=self.pk)
        twin = others.unresolved().first()
        if twin is not None:
            raise Conflict(_("%(twin)s of the same promise is open.") % {"twin": twin}, code="unique")
        self.resolved_by = self.resolved_at = self.breach_ended_at = self.breach_duration = None

    @transition(
        source=[Status.OPEN, Status.INVESTIGATING, Status.MITIGATED],
        target=Status.FALSE_POSITIVE,
        permission="",
        guard=cares_for_it,
        label=_("False alarm"),
        needs_reason=True,
    )
    def dismiss(self, *, by, comment):
        """Nothing was broken; the same evidence opens it no more."""
        self.resolution, self.resolved_by, self.resolved_at = comment, str(by or ""), timezone.now()

    def _end(self, at):
        if self.breach_ended_at is None:
            from ..incidents import ended

            ended(self, at)
