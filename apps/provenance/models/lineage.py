"""Lineage: which capsule and which column flows into which."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule, Column, IngestionJob
from apps.dcs.fields import Moment, ObjectField, URNField
from apps.dcs.models import Keyed, Visible, VisibleQuerySet


class CapsuleEdgeQuerySet(VisibleQuerySet):
    below = ("source", "target")


class RunCapsuleQuerySet(VisibleQuerySet):
    below = ("run", "capsule")


class ColumnEdgeQuerySet(VisibleQuerySet):
    below = ("source", "target", "source__capsule", "target__capsule")


class CapsuleEdge(Keyed, Visible):
    """Data flows from one capsule to another.

    Table `capsule_lineage` of the reference schema.
    """

    source_urn = URNField()
    target_urn = URNField()
    source = models.ForeignKey(Capsule, models.CASCADE, related_name="downstream_edges")
    target = models.ForeignKey(Capsule, models.CASCADE, related_name="upstream_edges")
    edge_type = models.CharField(max_length=50, default="flows_to", db_default="flows_to")
    transformation = models.CharField(max_length=50, null=True, blank=True)
    meta = ObjectField()
    created_at = models.DateTimeField(db_default=Moment(), editable=False)
    ingestion = models.ForeignKey(
        IngestionJob, models.SET_NULL, null=True, blank=True, related_name="capsule_edges", editable=False
    )

    objects = CapsuleEdgeQuerySet.as_manager()

    class Meta:
        db_table = "capsule_lineage"
        ordering = ["source_urn", "target_urn"]
        verbose_name = _("capsule edge")
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "edge_type"], name="unique_capsule_edge"),
            models.CheckConstraint(
                name="capsule_edge_no_self",
                condition=~models.Q(source=models.F("target")),
                violation_error_message=_("A capsule does not flow into itself."),
            ),
        ]

    def __str__(self):
        return f"{self.source_urn} → {self.target_urn}"


class ColumnEdge(Keyed, Visible):
    """Values of one column become values of another.

    Table `column_lineage` of the reference schema. `meta` tells of the runs in which it was seen: `kinds`, such as
    DIRECT:IDENTITY or INDIRECT:FILTER, and `masking`, true if every direct way masks the value.
    """

    source_urn = URNField()
    target_urn = URNField()
    source = models.ForeignKey(
        Column, models.CASCADE, related_name="downstream_edges", db_column="source_column_id"
    )
    target = models.ForeignKey(
        Column, models.CASCADE, related_name="upstream_edges", db_column="target_column_id"
    )
    transformation_type = models.CharField(max_length=50, null=True, blank=True)
    transformation_expr = models.TextField(null=True, blank=True)
    meta = ObjectField()
    created_at = models.DateTimeField(db_default=Moment(), editable=False)
    ingestion = models.ForeignKey(
        IngestionJob, models.SET_NULL, null=True, blank=True, related_name="column_edges", editable=False
    )

    objects = ColumnEdgeQuerySet.as_manager()

    class Meta:
        db_table = "column_lineage"
        ordering = ["source_urn", "target_urn"]
        verbose_name = _("column edge")
        constraints = [
            models.UniqueConstraint(fields=["source", "target"], name="unique_column_edge"),
            models.CheckConstraint(
                name="column_edge_no_self",
                condition=~models.Q(source=models.F("target")),
                violation_error_message=_("A column does not flow into itself."),
            ),
        ]

    def __str__(self):
        return f"{self.source_urn} → {self.target_urn}"


class RunCapsule(Keyed, Visible):
    """A run has read a capsule, or written it. `rows` and `size` (bytes) are what it said of that."""

    class Role(models.TextChoices):
        INPUT = "input", _("Input")
        OUTPUT = "output", _("Output")

    run = models.ForeignKey(IngestionJob, models.CASCADE, related_name="run_capsules", editable=False)
    capsule = models.ForeignKey(Capsule, models.CASCADE, related_name="runs", editable=False)
    role = models.CharField(max_length=10, choices=Role, editable=False)
    rows = models.BigIntegerField(null=True, editable=False)
    size = models.BigIntegerField(null=True, editable=False)

    objects = RunCapsuleQuerySet.as_manager()

    class Meta:
        db_table = "run_capsules"
        ordering = ["role", "capsule__name"]
        constraints = [
            models.UniqueConstraint(fields=["run", "capsule", "role"], name="run_capsule_unique"),
            models.CheckConstraint(
                name="run_capsule_role_valid", condition=models.Q(role__in=["input", "output"])
            ),
        ]

    def __str__(self):
        return f"{self.run}: {self.capsule}"
