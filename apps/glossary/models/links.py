"""What terms explain, and what somebody said they do not."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule, Column
from apps.catalog.subjects import AboutSubject, SubjectQuerySet
from apps.dcs.conditions import exactly_one
from apps.dcs.fields import Moment, ObjectField
from apps.dcs.models import Keyed, Visible

from .terms import Term


class TermLink(AboutSubject, Keyed, Visible):
    """A term explains a capsule or a column.

    Table `capsule_business_terms` of the capsule design, section 3.2.2.
    """

    class Relationship(models.TextChoices):
        IMPLEMENTS = "implements", _("Implements")
        RELATED_TO = "related_to", _("Related to")
        EXAMPLE_OF = "example_of", _("Example of")

    capsule = models.ForeignKey(
        Capsule, models.CASCADE, null=True, blank=True, related_name="term_links", db_index=False
    )
    column = models.ForeignKey(
        Column, models.CASCADE, null=True, blank=True, related_name="term_links", db_index=False
    )
    term = models.ForeignKey(Term, models.CASCADE, related_name="links")
    relationship = models.CharField(
        max_length=50,
        choices=Relationship,
        default=Relationship.IMPLEMENTS,
        db_default=Relationship.IMPLEMENTS,
        db_column="relationship_type",
    )
    added_by = models.CharField(max_length=255, null=True, blank=True)
    added_at = models.DateTimeField(db_default=Moment(), editable=False)
    updated_at = models.DateTimeField(db_default=Moment(), editable=False)
    meta = ObjectField()
    capsule_version = models.ForeignKey(
        "catalog.CapsuleVersion", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects = SubjectQuerySet.as_manager()

    class Meta:
        db_table = "capsule_business_terms"
        ordering = ["term__name"]
        indexes = [
            models.Index(
                fields=["capsule"], condition=models.Q(capsule__isnull=False), name="idx_term_links_capsule"
            ),
            models.Index(
                fields=["column"], condition=models.Q(column__isnull=False), name="idx_term_links_column"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="capsule_business_terms_has_subject",
                condition=exactly_one("capsule", "column"),
                violation_error_message=_("Name a capsule or a column, one of the two."),
            ),
            models.CheckConstraint(
                name="relationship_type_valid",
                condition=models.Q(relationship__in=["implements", "related_to", "example_of"]),
            ),
            models.UniqueConstraint(
                fields=["capsule", "term", "relationship"],
                condition=models.Q(capsule__isnull=False),
                name="capsule_term_unique",
            ),
            models.UniqueConstraint(
                fields=["column", "term", "relationship"],
                condition=models.Q(column__isnull=False),
                name="column_term_unique",
            ),
        ]

    def __str__(self):
        return f"{self.term} {self.get_relationship_display().lower()} {self.subject}"


class Refusal(AboutSubject, Keyed, Visible):
    """A term that somebody said does not explain a capsule or a column; it is not suggested there again."""

    capsule = models.ForeignKey(Capsule, models.CASCADE, null=True, blank=True, related_name="term_refusals")
    column = models.ForeignKey(Column, models.CASCADE, null=True, blank=True, related_name="term_refusals")
    term = models.ForeignKey(Term, models.CASCADE, related_name="refusals")
    reason = models.TextField(blank=True, default="", db_default="")
    refused_by = models.CharField(max_length=255)
    refused_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = SubjectQuerySet.as_manager()

    class Meta:
        db_table = "term_refusals"
        ordering = ["-refused_at"]
        constraints = [
            models.CheckConstraint(
                name="term_refusal_has_subject",
                condition=exactly_one("capsule", "column"),
                violation_error_message=_("Name a capsule or a column, one of the two."),
            ),
            models.UniqueConstraint(
                fields=["capsule", "term"],
                condition=models.Q(capsule__isnull=False),
                name="capsule_term_refused_once",
            ),
            models.UniqueConstraint(
                fields=["column", "term"],
                condition=models.Q(column__isnull=False),
                name="column_term_refused_once",
            ),
        ]

    def __str__(self):
        return f"{self.term}: {self.subject}"
