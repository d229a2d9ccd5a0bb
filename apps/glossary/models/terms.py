"""Business terms and their lifecycle."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.expressions import CombinedExpression
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Length, Lower, Trim
from django.db.models.lookups import GreaterThanOrEqual
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.catalog import access
from apps.catalog.models import Domain, Owner
from apps.dcs.fields import ObjectField, StringListField
from apps.dcs.models import Record, empty_in_database
from apps.people.rest.permissions import refusal
from apps.workflow.reviewable import Affected, Reviewable, Risk
from apps.workflow.transitions import Stateful, transition

from ..querysets import DOCUMENT, TermQuerySet

NAME_AND_DEFINITION = CombinedExpression(
    CombinedExpression(models.F("name"), "||", models.Value(" ")), "||", models.F("definition")
)


def looks_after_its_domain(term, reader):
    """Stewards of a term's domain decide on it; one without a domain is everybody's."""
    if reader.is_system or term.domain_id is None or access.stewards(reader, term.domain_id):
        return True
    return _("Only stewards of %(domain)s can decide on this.") % {"domain": term.domain}


def wrote_it_or_may_edit(term, reader):
    """Drafts are submitted by their author, or by whoever may edit terms."""
    if reader.may("glossary.change_term") or (reader.user is not None and reader.user.pk == term.author_id):
        return True
    return refusal(reader, "glossary.change_term")


class Term(Reviewable, Stateful, Record):
    """A business term: one agreed meaning that columns and capsules point to.

    Table `business_terms` of the capsule design, section 3.2.1. `approved_by` is the approver's name as it
    read at the time, `approved_by_user` the evidence; nobody approves a text of their own (errata row B23).
    """

    # Changes of these need a review once the term is approved; the trigger `govern` has the same list.
    governed_fields = (
        "name",
        "display_name",
        "definition",
        "abbreviation",
        "synonyms",
        "domain",
        "category",
    )
    review_kind = "term"
    review_permission = "glossary.review_term"
    review_icon = "book-open-text"
    # What can be wrong in these misleads nobody about what the term means.
    HARMLESS = frozenset({"display_name", "abbreviation", "synonyms", "category"})
    CALLED = frozenset({"name", "abbreviation", "synonyms"})

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
    domain = models.ForeignKey(Domain, empty_in_database, null=True, blank=True, related_name="terms")
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
        permissions = [("review_term", "Can decide on terms")]
        indexes = [
            models.Index(fields=["category"], name="idx_business_terms_category"),
            models.Index(fields=["status"], name="idx_business_terms_status"),
            # How many terms a domain has is read from this alone, without a look at the terms.
            models.Index(fields=["domain", "visibility_rank"], name="idx_business_terms_counts"),
            models.Index(Lower("display_name"), name="idx_business_terms_display"),
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

    def save(self, **options):
        """Store the term, and link what documents called so before there was such a term."""
        super().save(**options)
        if self.CALLED & set(options.get("update_fields") or self.CALLED):
            from ..late import link_waiting

            link_waiting([self])

    @property
    def is_in_force(self):
        """True once the meaning was agreed; deprecated terms keep theirs."""
        return self.status in (self.Status.APPROVED, self.Status.DEPRECATED)

    def note_writer(self, review):
        """Author and submitter are those of the text that is in force: they never approve it."""
        self.author_id = review.created_by_id or self.author_id
        self.submitted_by_id = review.submitted_by_id or self.submitted_by_id

    def risk_of(self, base, proposal):
        """Low where only the wording around the meaning changes, medium otherwise (trust.md, section 2.3)."""
        if base is None:
            return Risk("medium")
        changed = {name for name in proposal if proposal[name] != base.get(name)}
        marks = {"term_name": "renamed", "domain_id": "other_domain"}
        return Risk(
            "low" if changed <= self.HARMLESS else "medium",
            marks=tuple(word for name, word in marks.items() if name in changed),
        )

    def affected(self, reader):
        """The columns and capsules that the term explains."""
        links = self.links.visible_to(reader).select_related("capsule", "column__capsule")
        return links.count(), [
            Affected(str(link.subject), link.subject.get_absolute_url(), str(link.get_relationship_display()))
            for link in links.order_by("added_at")[:20]
        ]

    @transition(
        source=[Status.DRAFT],
        target=Status.UNDER_REVIEW,
        permission="",
        guard=wrote_it_or_may_edit,
        label=_("Submit"),
        review="submit",
    )
    def submit(self, *, by, comment):
        self.submitted_by = by

    @transition(
        source=[Status.UNDER_REVIEW],
        target=Status.APPROVED,
        permission="glossary.review_term",
        label=_("Approve"),
        review="approve",
    )
    def approve(self, *, by, comment):
        self.approved_by_user, self.approved_by, self.approved_at = by, str(by), timezone.now()

    @transition(
        source=[Status.UNDER_REVIEW],
        target=Status.DRAFT,
        permission="glossary.review_term",
        label=_("Request changes"),
        needs_reason=True,
        review="request_changes",
    )
    def send_back(self, *, by, comment):
        """The author works on it again; why is on the step and on the review."""

    @transition(
        source=[Status.UNDER_REVIEW],
        target=Status.DRAFT,
        permission="",
        label=_("Withdraw"),
        review="withdraw",
    )
    def withdraw(self, *, by, comment):
        """The author takes it back; it is a draft again."""

    @transition(
        source=[Status.APPROVED],
        target=Status.DEPRECATED,
        permission="glossary.review_term",
        label=_("Deprecate"),
        guard=looks_after_its_domain,
        needs_reason=True,
    )
    def deprecate(self, *, by, comment, successor=None):
        if successor is not None:
            self.meta = {**self.meta, "successor": str(successor.pk)}
