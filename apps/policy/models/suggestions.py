"""Personal data that detection found in columns, and what people answered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Column, PIIType
from apps.catalog.querysets import OfColumnQuerySet
from apps.dcs.fields import Moment, ObjectField
from apps.dcs.models import Keyed, Visible


class PIISuggestionQuerySet(OfColumnQuerySet):
    def open(self):
        """Those that nobody has answered, of columns in use."""
        return self.filter(
            state=self.model.State.OPEN, column__retired_at=None, column__capsule__retired_at=None
        )


class PIISuggestion(Keyed, Visible):
    """A type of personal data that a column may hold, with the evidence in counts; never a value (trust.md, section 5).

    One row a column and type. A refused one is asked again only if the column is called or typed otherwise (`named`,
    `typed`), or if confidence has risen; `asked_again` then says why. `rank_before` is the column's level before a
    confident detection raised it.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waits")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    class Evidence(models.TextChoices):
        NAME = "name", _("Name")
        VALUES = "values", _("Values")
        BOTH = "both", _("Name and values")
        LINEAGE = "lineage", _("Lineage")

    class Again(models.TextChoices):
        NAME = "name", _("The column is called otherwise now.")
        TYPE = "type", _("The column has another type now.")
        CONFIDENCE = "confidence", _("The evidence is stronger now.")

    column = models.ForeignKey(Column, models.CASCADE, related_name="pii_suggestions")
    pii_type = models.CharField(max_length=50, choices=PIIType)
    confidence = models.DecimalField(max_digits=4, decimal_places=3)
    evidence = models.CharField(max_length=10, choices=Evidence)
    match_rate = models.DecimalField(max_digits=5, decimal_places=4, default=0, db_default=0)
    sample_size = models.IntegerField(default=0, db_default=0)
    test = models.CharField(max_length=40, blank=True, default="", db_default="")
    word = models.CharField(max_length=100, blank=True, default="", db_default="")
    counts = ObjectField()
    detector = models.SmallIntegerField()
    named = models.CharField(max_length=255)
    typed = models.CharField(max_length=100, blank=True, default="", db_default="")
    origin = models.ForeignKey(Column, models.SET_NULL, null=True, blank=True, related_name="+")
    rank_before = models.SmallIntegerField(null=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN, db_default=State.OPEN)
    asked_again = models.CharField(max_length=10, choices=Again, blank=True, default="", db_default="")
    reason = models.TextField(blank=True, default="", db_default="")
    answered_by = models.CharField(max_length=255, blank=True, default="", db_default="")
    answered_at = models.DateTimeField(null=True, editable=False)
    found_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = PIISuggestionQuerySet.as_manager()

    class Meta:
        db_table = "pii_suggestions"
        verbose_name = _("detected personal data")
        verbose_name_plural = _("detected personal data")
        ordering = ["-confidence", "id"]
        indexes = [
            models.Index(
                fields=["-confidence", "id"],
                condition=models.Q(state="open"),
                name="idx_pii_suggestions_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["column", "pii_type"], name="a_column_is_suggested_a_type_once"),
            models.CheckConstraint(
                name="pii_suggestion_type_valid", condition=models.Q(pii_type__in=PIIType.values)
            ),
            models.CheckConstraint(
                name="pii_suggestion_evidence_valid",
                condition=models.Q(evidence__in=["name", "values", "both", "lineage"]),
            ),
            models.CheckConstraint(
                name="pii_suggestion_confidence_valid",
                condition=models.Q(confidence__gte=0, confidence__lte=1),
            ),
            models.CheckConstraint(
                name="pii_suggestion_answer_has_a_name",
                condition=models.Q(state="open")
                | models.Q(state__in=["accepted", "refused"], answered_at__isnull=False)
                & ~models.Q(answered_by=""),
            ),
        ]

    def __str__(self):
        return f"{self.get_pii_type_display()}: {self.column}"
