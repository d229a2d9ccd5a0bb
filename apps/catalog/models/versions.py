"""Versions: a capsule as it was, whole."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.querysets import VersionQuerySet
from apps.dcs.fields import Moment, ObjectField, StringListField
from apps.dcs.models import Keyed, Visible

from .capsules import Capsule


class CapsuleVersion(Keyed, Visible):
    """A capsule at one moment: all seven parts of its document, and what changed since the version before.

    Table `capsule_versions` of the capsule design, section 6.2.1. Numbers count up from 1 per capsule; a
    text such as "2.1.0" is the `name` (errata row A18). The `snapshot` is the document in canonical form,
    `content_hash` its SHA-256 (errata row B8).
    """

    class ChangeType(models.TextChoices):
        CREATED = "created", _("Created")
        SCHEMA_CHANGE = "schema_change", _("Schema change")
        METADATA_CHANGE = "metadata_change", _("Metadata change")
        DELETED = "deleted", _("Retired")

    capsule = models.ForeignKey(Capsule, models.CASCADE, related_name="versions")
    number = models.IntegerField(db_column="version_number")
    name = models.CharField(max_length=100, null=True, blank=True, db_column="version_name")
    content_hash = models.CharField(max_length=64, null=True, blank=True, db_column="version_hash")
    snapshot = models.JSONField(db_column="schema_snapshot")
    change_type = models.CharField(max_length=50, choices=ChangeType, null=True, blank=True)
    change_summary = models.TextField(null=True, blank=True)
    breaking_change = models.BooleanField(default=False, db_default=False)
    upstream_urns = StringListField(db_column="upstream_capsule_urns")
    downstream_urns = StringListField(db_column="downstream_capsule_urns")
    deployed_at = models.DateTimeField(null=True, blank=True)
    deployed_by = models.CharField(max_length=255, null=True, blank=True)
    deployment_context = models.JSONField(null=True, blank=True)
    git_commit_sha = models.CharField(max_length=64, null=True, blank=True)
    git_branch = models.CharField(max_length=255, null=True, blank=True)
    git_tag = models.CharField(max_length=255, null=True, blank=True)
    git_repository = models.CharField(max_length=500, null=True, blank=True)
    is_current = models.BooleanField(default=False, db_default=False)
    meta = ObjectField()
    created_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = VersionQuerySet.as_manager()

    class Meta:
        db_table = "capsule_versions"
        ordering = ["-created_at", "-number"]
        indexes = [
            models.Index(
                fields=["capsule", "is_current"],
                condition=models.Q(is_current=True),
                name="idx_capsule_versions_current",
            ),
            models.Index(fields=["-created_at"], name="idx_capsule_versions_created"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["capsule", "number"], name="capsule_version_unique"),
            models.UniqueConstraint(
                fields=["capsule"], condition=models.Q(is_current=True), name="capsule_version_one_current"
            ),
            models.CheckConstraint(
                name="change_type_valid",
                condition=models.Q(
                    change_type__in=["created", "schema_change", "metadata_change", "deleted"]
                ),
            ),
        ]

    def __str__(self):
        return f"{self.name} (version {self.number})" if self.name else f"version {self.number}"
