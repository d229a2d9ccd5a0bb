"""Capsules: tables and views with everything that is known of them."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.catalog.querysets import CapsuleQuerySet, OfCapsuleQuerySet
from apps.dcs.fields import Moment, ObjectField, StringListField, URNField
from apps.dcs.models import Keyed, Record, Visible

from .people import Domain, Owner
from .sources import IngestionJob, SourceSystem


class Capsule(Record):
    """A table or view, its address, where it lies and who answers for it; the seven dimensions hang on it.

    Table `capsules` of the reference schema and section 2.2.3 of the design. A capsule is retired, not
    deleted (errata row B10).
    """

    class PartitionStrategy(models.TextChoices):
        RANGE = "range", _("Range")
        LIST = "list", _("List")
        HASH = "hash", _("Hash")
        NONE = "none", _("None")

    # What the portal itself is about to note in `meta` and in the new rows below, for a plan that a reader has made.
    noting: dict = {}

    urn = URNField(_("URN"))
    name = models.CharField(max_length=255)
    capsule_type = models.CharField(max_length=50)
    source_system = models.ForeignKey(
        SourceSystem, models.SET_NULL, null=True, blank=True, related_name="capsules"
    )
    database_name = models.CharField(max_length=255, null=True, blank=True)
    schema_name = models.CharField(max_length=255, null=True, blank=True)
    domain = models.ForeignKey(Domain, models.SET_NULL, null=True, blank=True, related_name="capsules")
    owner = models.ForeignKey(Owner, models.SET_NULL, null=True, blank=True, related_name="capsules")
    layer = models.CharField(max_length=50, null=True, blank=True)
    materialization = models.CharField(max_length=50, null=True, blank=True)
    description = models.TextField(null=True, blank=True)
    meta = ObjectField()
    tags = StringListField()
    has_tests = models.BooleanField(default=False, db_default=False)
    test_count = models.IntegerField(default=0, db_default=0)
    doc_coverage = models.FloatField(default=0.0, db_default=0.0)
    ingestion = models.ForeignKey(
        IngestionJob, models.SET_NULL, null=True, blank=True, related_name="capsules", editable=False
    )
    partition_strategy = models.CharField(max_length=50, choices=PartitionStrategy, null=True, blank=True)
    partition_key = StringListField(null=True)
    partition_expression = models.TextField(null=True, blank=True)
    storage_format = models.CharField(max_length=50, null=True, blank=True)
    storage_location = models.TextField(null=True, blank=True)
    compression = models.CharField(max_length=50, null=True, blank=True)
    table_size_bytes = models.BigIntegerField(null=True, blank=True)
    row_count = models.BigIntegerField(null=True, blank=True)
    last_analyzed_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    sensitivity_rank = models.SmallIntegerField(default=2, db_default=2, editable=False)

    objects = CapsuleQuerySet.as_manager()

    class Meta:
        db_table = "capsules"
        ordering = ["name", "urn"]
        permissions = [
            ("edit_capsule", "Can edit what a capsule is and means"),
            ("edit_policy", "Can edit how a capsule's data is handled"),
            ("edit_contract", "Can edit what is promised about a capsule"),
            ("retire_capsule", "Can retire and restore a capsule"),
            ("purge_capsule", "Can delete a retired capsule for good"),
        ]
        indexes = [
            models.Index(fields=["layer"], name="idx_capsules_layer"),
            models.Index(fields=["capsule_type"], name="idx_capsules_type"),
            GinIndex(fields=["tags"], name="idx_capsules_tags"),
            # Few documents name terms that do not exist; these few are looked up whenever a term appears.
            models.Index(
                fields=["id"],
                condition=models.Q(meta__doc__has_key="unresolved_terms"),
                name="idx_capsules_unresolved_terms",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["urn"], name="capsule_urn_unique"),
            models.CheckConstraint(
                name="partition_strategy_valid",
                condition=models.Q(partition_strategy__in=["range", "list", "hash", "none"]),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("catalog:capsule", args=[self.urn])

    @property
    def is_retired(self):
        """True if the capsule is gone from its source or was taken out of use."""
        return self.retired_at is not None


class CapsuleAlias(Keyed, Visible):
    """An address under which a capsule was known before; it leads to the capsule (errata row D7)."""

    urn = URNField(_("URN"))
    capsule = models.ForeignKey(Capsule, models.CASCADE, related_name="aliases")
    created_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = OfCapsuleQuerySet.as_manager()

    class Meta:
        db_table = "capsule_aliases"
        ordering = ["urn"]
        verbose_name_plural = _("capsule aliases")
        constraints = [models.UniqueConstraint(fields=["urn"], name="capsule_alias_urn_unique")]

    def __str__(self):
        return self.urn
