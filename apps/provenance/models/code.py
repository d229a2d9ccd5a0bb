"""The code that makes a capsule."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule
from apps.dcs.conditions import exactly_one
from apps.dcs.fields import ObjectField, StringListField
from apps.dcs.models import Record, VisibleQuerySet

from .lineage import CapsuleEdge


class TransformationCodeQuerySet(VisibleQuerySet):
    below = ("capsule", "edge", "edge__source", "edge__target")


class TransformationCode(Record):
    """Code that makes a capsule, or that moves data along one edge.

    Table `transformation_code` of the capsule design, section 6.2.2; reading `code_text` needs a facet of
    its own (trust.md, section 1.2).
    """

    class Language(models.TextChoices):
        SQL = "sql", "SQL"
        PYTHON = "python", "Python"
        SPARK_SQL = "spark_sql", "Spark SQL"
        DBT = "dbt", "dbt"
        OTHER = "other", _("Other")

    capsule = models.ForeignKey(
        Capsule, models.CASCADE, null=True, blank=True, related_name="code", db_index=False
    )
    edge = models.ForeignKey(
        CapsuleEdge,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="code",
        db_column="lineage_edge_id",
        db_index=False,
    )
    language = models.CharField(max_length=50, choices=Language)
    code_text = models.TextField()
    code_hash = models.CharField(max_length=64, null=True, blank=True, editable=False)
    function_name = models.CharField(max_length=255, null=True, blank=True)
    file_path = models.CharField(max_length=500, null=True, blank=True)
    line_start = models.IntegerField(null=True, blank=True)
    line_end = models.IntegerField(null=True, blank=True)
    git_commit_sha = models.CharField(max_length=64, null=True, blank=True)
    git_repository = models.CharField(max_length=500, null=True, blank=True)
    upstream_references = StringListField()
    function_calls = StringListField()
    meta = ObjectField()
    capsule_version = models.ForeignKey(
        "catalog.CapsuleVersion", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects = TransformationCodeQuerySet.as_manager()

    class Meta:
        db_table = "transformation_code"
        ordering = ["file_path", "function_name", "created_at"]
        verbose_name_plural = _("transformation code")
        indexes = [
            models.Index(
                fields=["capsule"],
                condition=models.Q(capsule__isnull=False),
                name="idx_transformation_code_caps",
            ),
            models.Index(
                fields=["edge"], condition=models.Q(edge__isnull=False), name="idx_transformation_code_edge"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="transformation_code_has_subject",
                condition=exactly_one("capsule", "edge"),
                violation_error_message=_("Name a capsule or an edge, one of the two."),
            ),
            models.CheckConstraint(
                name="code_language_valid",
                condition=models.Q(language__in=["sql", "python", "spark_sql", "dbt", "other"]),
            ),
            models.UniqueConstraint(
                fields=["capsule", "code_hash"],
                condition=models.Q(capsule__isnull=False),
                name="capsule_code_unique",
            ),
            models.UniqueConstraint(
                fields=["edge", "code_hash"], condition=models.Q(edge__isnull=False), name="edge_code_unique"
            ),
        ]

    def __str__(self):
        return self.function_name or self.file_path or self.get_language_display()
