"""The business glossary: terms, and what they explain."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.expressions import CombinedExpression
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Length, Lower, Trim
from django.db.models.lookups import GreaterThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule, Column, Domain, Owner
from apps.catalog.subjects import AboutSubject, SubjectQuerySet
from apps.dcs.conditions import exactly_one
from apps.dcs.fields import Moment, ObjectField, StringListField, empty_list
from apps.dcs.models import Keyed, Record, Visible, VisibleQuerySet

from .querysets import DOCUMENT, TermQuerySet

NAME_AND_DEFINITION = CombinedExpression(
    CombinedExpression(models.F("name"), "||", models.Value(" ")), "||", models.F("definition")
)


class Term(Record):
    """A business term: one agreed meaning that columns and capsules point to.

    Table `business_terms` of the capsule design, section 3.2.1. `approved_by` is the approver's name as it
    read at the time, `approved_by_user` the evidence; nobody approves a text of their own (errata row B23).
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        UNDER_REVIEW = "under_review", _("Under review")
        APPROVED = "approved", _("Approved")
        DEPRECATED = "deprecated", _("Deprecated")

    name = models.CharField(max_length=255, db_column="term_name")
    display_name = models.CharField(max_length=255, null=True, blank=True)
    definition = models.TextField()
    abbreviation = models.CharField(max_length=50, null=True, blank=True)
    synonyms = StringListField()
    domain = models.ForeignKey(Domain, models.SET_NULL, null=True, blank=True, related_name="terms")
    category = models.CharField(max_length=100, null=True, blank=True)
    owner = models.ForeignKey(Owner, models.SET_NULL, null=True, blank=True, related_name="terms")
    steward_email = models.CharField(max_length=255, null=True, blank=True)
    status = models.CharField(
        max_length=50,
        choices=Status,
        default=Status.DRAFT,
        db_default=Status.DRAFT,
        db_column="approval_status",
        editable=False,
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    approved_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    approved_by = models.CharField(max_length=255, null=True, editable=False)
    approved_at = models.DateTimeField(null=True, editable=False)
    meta = ObjectField()
    tags = StringListField()

    objects = TermQuerySet.as_manager()

    class Meta:
        db_table = "business_terms"
        ordering = ["name"]
        indexes = [
            models.Index(fields=["category"], name="idx_business_terms_category"),
            models.Index(fields=["status"], name="idx_business_terms_status"),
            GinIndex(
                models.Func(models.Value("english"), NAME_AND_DEFINITION, function="to_tsvector"),
                name="idx_business_terms_search",
            ),
            GinIndex(DOCUMENT, name="idx_business_terms_document"),
            GinIndex(
                OpClass(KeyTransform("relations", "meta"), name="jsonb_path_ops"),
                name="idx_business_terms_relations",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="term_name_unique"),
            models.UniqueConstraint(
                Lower("name"),
                name="business_term_name_unique",
                violation_error_message=_("A term of this name exists, perhaps in another case."),
            ),
            models.CheckConstraint(
                name="approval_status_valid",
                condition=models.Q(status__in=["draft", "under_review", "approved", "deprecated"]),
            ),
            models.CheckConstraint(
                name="definition_long_enough",
                condition=GreaterThanOrEqual(
                    Length(Trim("definition", function="btrim"), function="char_length"), 10
                ),
                violation_error_message=_("A definition has at least 10 characters."),
            ),
            models.CheckConstraint(
                name="term_approved_by_another",
                condition=~models.Q(approved_by_user=models.F("author"))
                & ~models.Q(approved_by_user=models.F("submitted_by")),
                violation_error_message=_("Somebody else than the author has to approve."),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("glossary:term", args=[self.name])


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


class TermImport(Record):
    """A file of terms and the plan that was made of it, until somebody lets it happen.

    `rows` are those of `apps.glossary.plans` as JSON, `options` say how the file was read, `outcome` what became of it.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        APPLIED = "applied", _("Applied")
        DROPPED = "dropped", _("Dropped")

    file_name = models.CharField(max_length=255)
    format = models.CharField(max_length=20)
    options = ObjectField()
    rows = models.JSONField(default=list, db_default=empty_list())
    warnings = StringListField()
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED, db_default=State.PLANNED)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    outcome = ObjectField()
    applied_at = models.DateTimeField(null=True, editable=False)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        db_table = "term_imports"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="term_import_state_valid",
                condition=models.Q(state__in=["planned", "applied", "dropped"]),
            ),
        ]

    def __str__(self):
        return self.file_name

    def get_absolute_url(self):
        return reverse("glossary:import", args=[self.pk])
