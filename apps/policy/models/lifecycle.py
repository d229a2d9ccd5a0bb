"""How policies change: what a proposal holds, how risky it is, and the steps of their lifecycle."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule, Column
from apps.catalog.remainder import meta_with
from apps.catalog.vocabularies import sensitivity_rank
from apps.dcs.canonical import plain
from apps.people import roles
from apps.workflow.reviewable import Affected, Reviewable, Risk
from apps.workflow.transitions import Stateful, transition

from ..access import DECIDE, may_write
from ..looser import leaves, looser

# What moving a policy by a review is called in its history.
STEPS = {"suspended": "suspend", "active": "reinstate", "deprecated": "deprecate"}


HELD = _("A legal hold stands. The policy cannot be deprecated until the hold ends.")
KEPT = _(
    "A legal hold stands. Nothing is kept for less time until the hold is lifted, by a change of its own."
)


def wrote_it_or_may_write(policy, reader):
    """Drafts are submitted by their author, or by whoever may write policies of the capsule."""
    if reader.user is not None and reader.user.pk == policy.author_id:
        return True
    verdict = may_write(reader, policy.home)
    return True if verdict else verdict.reason


def no_legal_hold(policy, reader):
    """A policy under legal hold is not given up: the hold is lifted first, which is a change of its own."""
    if not policy.legal_hold:
        return True
    return HELD


class PolicyStatus(models.TextChoices):
    """Where a policy stands; only an active one protects."""

    DRAFT = "draft", _("Draft")
    UNDER_REVIEW = "under_review", _("Under review")
    ACTIVE = "active", _("Active")
    DEPRECATED = "deprecated", _("Deprecated")
    SUSPENDED = "suspended", _("Suspended")


class Lifecycle(Reviewable, Stateful):
    """Mixin of `Policy`: its reviews and its steps."""

    # Changes of these need a review once the policy is in force; the trigger `govern` has the same list.
    governed_fields = (
        "capsule",
        "column",
        "status",
        "sensitivity_level",
        "classification_tags",
        "retention_period",
        "retention_start",
        "deletion_action",
        "legal_hold",
        "allowed_regions",
        "restricted_regions",
        "data_residency",
        "cross_border_transfer",
        "min_access_level",
        "allowed_roles",
        "denied_roles",
        "approved_purposes",
        "prohibited_purposes",
        "requires_masking",
        "masking_method",
        "masking_conditions",
        "encryption_required",
        "encryption_method",
        "encryption_at_rest",
        "encryption_in_transit",
        "compliance_frameworks",
        "consent_required",
        "right_to_erasure",
        "audit_log_required",
        "audit_retention_period",
        "review_frequency",
        "effective_from",
        "effective_to",
    )
    review_kind = "policy"
    review_permission = DECIDE
    review_icon = "shield-check"
    review_domain = None
    becomes = ""

    # ---------- review ----------

    @property
    def is_in_force(self):
        """True once it was approved and until it is given up; while suspended people rely on its text."""
        return self.status in (PolicyStatus.ACTIVE, PolicyStatus.SUSPENDED)

    def canonical_content(self):
        """Its governed fields; what is not in force yet is proposed to become active."""
        found = {
            column: field.get_prep_value(getattr(self, field.attname))
            for column, field in self.governed().items()
        }
        if self.status in (PolicyStatus.DRAFT, PolicyStatus.UNDER_REVIEW):
            found["policy_status"] = PolicyStatus.ACTIVE
        return plain(found)

    def checked(self, content):
        found = super().checked(content)
        if found["policy_status"] == PolicyStatus.DEPRECATED and self.legal_hold:
            raise ValidationError({"legal_hold": [HELD]})
        if self.is_in_force:
            self._refuse_less_time(found)
        return found

    def _refuse_less_time(self, content):
        """Under a legal hold nothing is kept for less time; the database refuses it too, for a hold that comes later."""
        from .. import holds

        stored, wanted = (
            (values["retention_period"], values["deletion_action"])
            for values in (self._values(self.canonical_content()), self._values(content))
        )
        if holds.keeps_less(stored, wanted) and holds.over(self):
            raise ValidationError({"retention_period": [KEPT]})

    @classmethod
    def lock_around(cls, pk):
        """The capsule first, in which order whoever applies a plan locks them too."""
        about = models.Q(policies=pk) | models.Q(columns__policies=pk)
        keys = Capsule._base_manager.filter(about).values_list("pk", flat=True)
        list(Capsule._base_manager.select_for_update(no_key=True).filter(pk__in=list(keys)).values_list("pk"))

    def lock(self):
        self.lock_around(self.pk)
        super().lock()

    def take_over(self, content):
        """Set the governed fields; the state moves by steps alone."""
        super().take_over({column: value for column, value in content.items() if column != "policy_status"})

    def note_writer(self, review):
        """Author and submitter are those of the text that is in force: they never approve it."""
        self.author_id = review.created_by_id or self.author_id
        self.submitted_by_id = review.submitted_by_id or self.submitted_by_id
        self.becomes = review.proposal["policy_status"]

    def move(self, spec, *, by, reason, review=None, name="", **given):
        if spec.review == "approve" and self.becomes not in ("", self.status):
            name = STEPS[self.becomes]
        super().move(spec, by=by, reason=reason, review=review, name=name, **given)

    def risk_of(self, base, proposal):
        """High; critical, with two who agree, where restricted or secret data would be protected less (errata row D4)."""
        if base is None:
            return Risk("high")
        less = looser(self._values(base), self._values(proposal))
        if not less and not leaves(base["policy_status"], proposal["policy_status"]):
            return Risk("high")
        levels = [sensitivity_rank(each["sensitivity_level"]) for each in (base, proposal)]
        sensitive = max([*levels, self.subject.sensitivity_rank]) >= roles.RESTRICTED
        return Risk("critical" if sensitive else "high", 2 if sensitive else 1, ("looser",))

    def _values(self, content):
        draft = type(self)()
        super(Lifecycle, draft).take_over(content)
        return {
            name: getattr(draft, name) for name in self.governed_fields if name not in ("capsule", "column")
        }

    def rank_of_proposal(self, proposal):
        """Conditions of masking are a facet of their own (trust.md, section 1.2)."""
        return max(self.visibility_rank, roles.CONFIDENTIAL if proposal.get("masking_conditions") else 0)

    def in_words(self, column, value):
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        return super().in_words(column, value)

    def in_short(self, base, proposal, changed):
        if base is not None and "policy_status" in changed:
            return str(PolicyStatus(proposal["policy_status"]).label)
        return super().in_short(base, proposal, changed)

    def consequences(self, proposal, reader):
        """Who would see more or less of the columns that the policy reaches, for those who write or decide it."""
        from .. import effects

        if not may_write(reader, self.home):
            return []
        return effects.of(effects.proposed(self, proposal), reader).sentences

    def affected(self, reader):
        """The columns that the policy covers."""
        columns = Column.objects.visible_to(reader).current().select_related("capsule")
        columns = (
            columns.filter(pk=self.column_id) if self.column_id else columns.filter(capsule=self.capsule_id)
        )
        return columns.count(), [
            Affected(column.name, column.get_absolute_url(), column.capsule.name)
            for column in columns.order_by("ordinal_position", "name")[:20]
        ]

    # ---------- steps ----------

    @transition(
        source=[PolicyStatus.DRAFT],
        target=PolicyStatus.UNDER_REVIEW,
        permission="",
        guard=wrote_it_or_may_write,
        label=_("Submit"),
        review="submit",
    )
    def submit(self, *, by, comment):
        self.submitted_by = by

    @transition(
        source=[PolicyStatus.UNDER_REVIEW],
        target=PolicyStatus.ACTIVE,
        permission=DECIDE,
        label=_("Approve"),
        review="approve",
    )
    def approve(self, *, by, comment):
        again = self.approved_at is not None
        self.approved_by_user, self.approved_by, self.approved_at = by, str(by), timezone.now()
        self.meta = meta_with(self.meta, status=None)
        if self.becomes:
            self.status = self.becomes
        if self.becomes in ("", PolicyStatus.ACTIVE):
            self.next_review_date = self.review_due(self.approved_at.date(), again=again)

    @transition(
        source=[PolicyStatus.UNDER_REVIEW],
        target=PolicyStatus.DRAFT,
        permission=DECIDE,
        label=_("Request changes"),
        needs_reason=True,
        review="request_changes",
    )
    def send_back(self, *, by, comment):
        """The author works on it again; why is on the step and on the review."""

    @transition(
        source=[PolicyStatus.UNDER_REVIEW],
        target=PolicyStatus.DRAFT,
        permission="",
        label=_("Withdraw"),
        review="withdraw",
    )
    def withdraw(self, *, by, comment):
        """The author takes it back; it is a draft again."""

    @transition(
        source=[PolicyStatus.ACTIVE],
        target=PolicyStatus.SUSPENDED,
        permission=DECIDE,
        label=_("Suspend"),
        needs_reason=True,
        review="propose",
    )
    def suspend(self, *, by, comment):
        """It protects nothing until it is reinstated."""

    @transition(
        source=[PolicyStatus.SUSPENDED],
        target=PolicyStatus.ACTIVE,
        permission=DECIDE,
        label=_("Reinstate"),
        review="propose",
    )
    def reinstate(self, *, by, comment):
        """It protects again, as it did."""

    @transition(
        source=[PolicyStatus.ACTIVE, PolicyStatus.SUSPENDED],
        target=PolicyStatus.DEPRECATED,
        permission=DECIDE,
        guard=no_legal_hold,
        label=_("Deprecate"),
        needs_reason=True,
        review="propose",
    )
    def deprecate(self, *, by, comment):
        """It is given up for good."""

    @transition(
        source=[PolicyStatus.ACTIVE],
        target=PolicyStatus.ACTIVE,
        permission=DECIDE,
        label=_("Attest"),
    )
    def attest(self, *, by, comment):
        """Somebody who decides has read it and it still fits: the next review is due a period later (errata row B20)."""
        self.last_reviewed_at = timezone.now()
        self.next_review_date = self.review_after(self.last_reviewed_at.date())

    def review_due(self, day, *, again):
        """The day of the next review once the policy is approved on `day`.

        Whoever approves has read it: the next review is due a period later. A later day that its author named stands
        for the first approval; without a frequency the day stays as it is.
        """
        due, named = self.review_after(day), self.next_review_date
        if due is None or (not again and named is not None and named > day):
            return named
        return due

    def review_after(self, day):
        """The day of the next review after one on `day`; None if no frequency is named."""
        return self.review_frequency and self.review_frequency.after(day)

    def take(self, name, *, by, comment="", **given):
        return super().take({"review": "attest"}.get(name, name), by=by, comment=comment, **given)
