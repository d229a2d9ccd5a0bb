"""Steps that records have taken, proposals and what people decided about them."""

from django.apps import apps
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.dcs.fields import Moment, Next, ObjectField, StringListField
from apps.dcs.models import Keyed, Record, Visible

from ..querysets import DelegationQuerySet, ReviewQuerySet, StepQuerySet


class Step(Keyed, Visible):
    """One step of a record's lifecycle: who, when, from which state to which, and why (errata rows B23, E18).

    The database fills in who took it and how they came; nothing changes or removes a step.
    """

    subject_table = models.CharField(max_length=100)
    subject_id = models.UUIDField()
    name = models.CharField(max_length=50)
    before = models.CharField(max_length=50)
    after = models.CharField(max_length=50)
    reason = models.TextField(blank=True, default="", db_default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    actor_name = models.CharField(max_length=255, editable=False, default="", db_default="")
    via = models.CharField(max_length=20, editable=False, default="", db_default="")
    review = models.ForeignKey("Review", models.PROTECT, null=True, related_name="steps")
    taken_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = StepQuerySet.as_manager()

    class Meta:
        db_table = "steps"
        ordering = ["-taken_at"]
        indexes = [models.Index(fields=["subject_table", "subject_id", "-taken_at"], name="steps_subject")]

    def __str__(self):
        return f"{self.name}: {self.before} → {self.after}"

    @property
    def taken_by(self):
        """The name of the person who took the step, or of the task that did."""
        return str(self.actor) if self.actor_id else self.actor_name


class Review(Record):
    """A proposal to change something that people rely on, until somebody else has decided.

    It holds the whole proposed content, what was in force when it was made, and the hashes of both; what is in
    force stays untouched until `applied` (trust.md, section 2.1). `capacities` are the roles that may decide.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("In review")
        APPROVED = "approved", _("Approved")
        APPLIED = "applied", _("Applied")
        CHANGES_REQUESTED = "changes_requested", _("Changes requested")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        SUPERSEDED = "superseded", _("Overtaken")

    class Risk(models.TextChoices):
        LOW = "low", _("Low risk")
        MEDIUM = "medium", _("Medium risk")
        HIGH = "high", _("High risk")
        CRITICAL = "critical", _("Critical risk")

    UNDECIDED = (State.DRAFT, State.SUBMITTED, State.CHANGES_REQUESTED, State.SUPERSEDED)
    FINAL = (State.APPLIED, State.REJECTED, State.WITHDRAWN)

    number = models.BigIntegerField(db_default=Next("dcs.reviews_number"), editable=False)
    subject_table = models.CharField(max_length=100)
    subject_id = models.UUIDField()
    kind = models.CharField(max_length=50)
    title = models.CharField(max_length=500)
    summary = models.CharField(max_length=500, blank=True, default="", db_default="")
    domain_id = models.UUIDField(null=True)
    domain_name = models.CharField(max_length=100, blank=True, default="", db_default="")
    # Of a proposal about many records: every domain that it touches; the database fills it in.
    domains = StringListField()
    base_content = models.JSONField(null=True)
    base_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    proposal = ObjectField()
    proposal_hash = models.CharField(max_length=64)
    change_hash = models.CharField(max_length=64)
    revision = models.IntegerField(default=1, db_default=1)
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT, db_default=State.DRAFT)
    risk = models.CharField(max_length=10, choices=Risk, default=Risk.MEDIUM, db_default=Risk.MEDIUM)
    marks = StringListField()
    quorum = models.SmallIntegerField(default=1, db_default=1)
    capacities = StringListField()
    reason = models.TextField(blank=True, default="", db_default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    submitted_at = models.DateTimeField(null=True, editable=False)
    due = models.DateField(null=True)
    decided_at = models.DateTimeField(null=True, editable=False)
    applied_at = models.DateTimeField(null=True, editable=False)
    row_version = models.IntegerField(default=1, db_default=1)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        db_table = "reviews"
        ordering = ["-created_at", "-number"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["subject_table", "subject_id"], name="reviews_subject"),
            models.Index(fields=["due"], condition=models.Q(state="submitted"), name="reviews_waiting"),
            models.Index(fields=["change_hash"], condition=models.Q(state="submitted"), name="reviews_alike"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="review_number_unique"),
            models.CheckConstraint(
                name="review_state_valid",
                condition=models.Q(
                    state__in=[
                        "draft", "submitted", "approved", "applied", "changes_requested", "rejected",
                        "withdrawn", "superseded",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="review_risk_valid", condition=models.Q(risk__in=["low", "medium", "high", "critical"])
            ),
            models.CheckConstraint(
                name="review_needs_somebody", condition=models.Q(quorum__gte=1, revision__gte=1)
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("workflow:review", args=[self.number])

    @property
    def label(self):
        """The number that people say aloud: `V-88`."""
        return f"V-{self.number}"

    @cached_property
    def subject(self):
        """The record that the proposal is about; None if it is gone."""
        model = self.model
        if model is None:
            return None
        return model._base_manager.defer(*model.large_fields).filter(pk=self.subject_id).first()

    @property
    def model(self):
        """The class of the subject, found by its table (errata row E17)."""
        return reviewable_models().get(self.subject_table)

    @property
    def current_members(self):
        """The records of the present revision, if the proposal is about many."""
        return self.members.filter(revision=self.revision)

    @property
    def is_open(self):
        """True while people may decide."""
        return self.state == self.State.SUBMITTED

    @property
    def is_final(self):
        """True if nothing more will happen."""
        return self.state in self.FINAL

    @property
    def is_overdue(self):
        """True if it waits longer than it should."""
        return self.is_open and self.due is not None and self.due < timezone.localdate()

    @property
    def needs_reason(self):
        """True if even an approval has to say why."""
        return self.risk in (self.Risk.HIGH, self.Risk.CRITICAL)


def reviewable_models():
    """The models that carry `Reviewable`, by table."""
    from ..reviewable import Reviewable

    return {model._meta.db_table: model for model in apps.get_models() if issubclass(model, Reviewable)}


class ReviewAuthor(Keyed):
    """Somebody who wrote a part of some revision of a proposal; they never decide on it. Rows are only added."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="authors", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    revision = models.IntegerField(default=1, db_default=1)
    added_at = models.DateTimeField(db_default=Moment(), editable=False)

    class Meta:
        db_table = "review_authors"
        ordering = ["added_at"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["review", "person"], name="review_author_unique")]

    def __str__(self):
        return f"{self.person}"


class ReviewMember(Keyed):
    """One record of a proposal that changes many at once, in one revision of it. Rows are only added.

    `content` holds {column: value} of what the record becomes, `base` what the row said about these columns when it
    was put down; a new record has none, and its key is that under which it will be stored.
    """

    class Action(models.TextChoices):
        CREATE = "create", _("New")
        CHANGE = "change", _("Changed")

    review = models.ForeignKey(Review, models.PROTECT, related_name="members", db_index=False)
    revision = models.IntegerField()
    subject_table = models.CharField(max_length=100)
    subject_id = models.UUIDField()
    action = models.CharField(max_length=10, choices=Action)
    title = models.CharField(max_length=500)
    base = models.JSONField(null=True)
    content = models.JSONField()

    class Meta:
        db_table = "review_members"
        ordering = ["title", "subject_id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["subject_table", "subject_id"], name="review_members_subject"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "revision", "subject_table", "subject_id"], name="review_member_unique"
            ),
            models.CheckConstraint(
                name="review_member_action_valid",
                condition=models.Q(action="create", base__isnull=True)
                | models.Q(action="change", base__isnull=False),
            ),
        ]

    def __str__(self):
        return self.title


class ReviewDecision(Keyed):
    """What one person said about one revision of a proposal; the database fills in who, how and when."""

    class Decision(models.TextChoices):
        APPROVE = "approve", _("Approved")
        REQUEST_CHANGES = "request_changes", _("Requested changes")
        REJECT = "reject", _("Rejected")
        COMMENT = "comment", _("Commented")

    review = models.ForeignKey(Review, models.PROTECT, related_name="decisions", db_index=False)
    revision = models.IntegerField()
    content_hash = models.CharField(max_length=64)
    decision = models.CharField(max_length=20, choices=Decision)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    capacity = models.CharField(max_length=50, blank=True, default="", db_default="", editable=False)
    reason = models.TextField(blank=True, default="", db_default="")
    via = models.CharField(max_length=20, default="", db_default="", editable=False)
    decided_at = models.DateTimeField(db_default=Moment(), editable=False)

    class Meta:
        db_table = "review_decisions"
        ordering = ["decided_at"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["review", "revision"], name="review_decisions_review")]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "revision", "person"],
                condition=~models.Q(decision="comment"),
                name="one_decision_a_person",
            ),
            models.CheckConstraint(
                name="decision_valid",
                condition=models.Q(decision__in=["approve", "request_changes", "reject", "comment"]),
            ),
            models.CheckConstraint(
                name="refusals_say_why",
                condition=models.Q(decision="approve") | ~models.Q(reason=""),
                violation_error_message=_("Say why, so that the author knows what to do."),
            ),
        ]

    def __str__(self):
        return f"{self.get_decision_display()}: {self.person}"

    @property
    def counts(self):
        """True if it is about the content that stands there now, and is more than a remark."""
        return self.decision != self.Decision.COMMENT and self.content_hash == self.review.proposal_hash

    @property
    def lapsed(self):
        """True if the content has changed since it was decided on."""
        return self.decision != self.Decision.COMMENT and self.content_hash != self.review.proposal_hash


class Delegation(Keyed):
    """Somebody decides for a colleague who is away: from when to when, for which kind or which one review.

    It is ended, not changed; it is never handed on, and never reaches an author (trust.md, section 2.3).
    """

    from_person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    to_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("stand-in")
    )
    review = models.ForeignKey(Review, models.PROTECT, null=True, blank=True, related_name="delegations")
    kind = models.CharField(max_length=50, blank=True, default="", db_default="")
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    ended_at = models.DateTimeField(null=True, editable=False)
    reason = models.TextField(blank=True, default="", db_default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        db_table = "review_delegations"
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                name="nobody_stands_in_for_themselves",
                condition=~models.Q(from_person=models.F("to_person")),
                violation_error_message=_("Choose somebody else."),
            ),
            models.CheckConstraint(
                name="delegation_ends_after_it_starts",
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
                violation_error_message=_("The end lies after the start."),
            ),
            models.CheckConstraint(
                name="an_absence_has_an_end",
                condition=models.Q(review__isnull=False) | models.Q(ends_at__isnull=False),
                violation_error_message=_("Say until when."),
            ),
        ]

    def __str__(self):
        return f"{self.to_person} for {self.from_person}"


class Watcher(Keyed):
    """Somebody who wants to hear about a review without having to decide."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="watchers", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    since = models.DateTimeField(db_default=Moment(), editable=False)

    class Meta:
        db_table = "review_watchers"
        ordering = ["since"]
        constraints = [models.UniqueConstraint(fields=["review", "person"], name="review_watcher_unique")]

    def __str__(self):
        return f"{self.person}"
