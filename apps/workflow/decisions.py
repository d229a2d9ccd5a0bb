"""Decisions on proposals: deciding, commenting, withdrawing, handing over; what is approved is applied."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting

from . import deciders, notices
from .locks import locked
from .models import Delegation, Review, ReviewDecision, ReviewMember
from .proposals import LONGEST_REASON
from .refusals import (
    changed,
    needs_proof,
    not_now,
    refused_by_database,
    require_author,
    require_base,
    unproved,
)
from .reviewable import LEVELS, ReviewableMany
from .transitions import IllegalTransition, Stateful, as_reader

State = Review.State


def decide(review, decision, *, shown, by, reason="", on_behalf_of=None):
    """Record what `by` says about the proposal that was `shown` (its hash): approve, reject or request_changes.

    With the last approval that is needed the proposal is applied, in the same transaction. Concurrent decisions wait
    for each other; the loser gets the state that the winner left. `on_behalf_of` is the colleague for whom a stand-in
    decides; without it a stand-in decides for whoever asked them.

    Raises `IllegalTransition` if nothing waits for a decision any more, `PermissionDenied` with a sentence for those who
    may not, `Conflict` if the content is not what was shown, `ValidationError` if a reason is missing.
    """
    reader = as_reader(by)
    decision = ReviewDecision.Decision(decision)
    with locked(review, by, reason) as (subject, review):
        if not review.is_open:
            raise IllegalTransition(deciders.not_open(review))
        on_behalf_of = _require_decider(review, reader, on_behalf_of)
        if decision == ReviewDecision.Decision.APPROVE and needs_proof(review, reader):
            raise unproved()
        if shown != review.proposal_hash:
            raise changed()
        require_base(subject, review)
        _require_reason(review, decision, reason)
        _raise_risk(review, subject)
        record = ReviewDecision(
            review=review,
            revision=review.revision,
            content_hash=shown,
            decision=decision,
            person=reader.user,
            on_behalf_of=on_behalf_of,
            reason=reason.strip()[:LONGEST_REASON],
        )
        with refused_by_database(review):
            record.save(force_insert=True)
        if decision == ReviewDecision.Decision.APPROVE:
            approvals = review.decisions.filter(decision=decision, revision=review.revision).count()
            if approvals >= review.quorum:
                _apply(subject, review, by=by, reason=reason)
            else:
                notices.decided(review, reader, decision)
        elif decision == ReviewDecision.Decision.REJECT:
            _settle(review, State.REJECTED)
            subject.let_go(review)
            _step_back(subject, review, by=by, reason=reason, name="reject")
            notices.decided(review, reader, decision)
        else:
            _settle(review, State.CHANGES_REQUESTED)
            _step_back(subject, review, by=by, reason=reason, name="send_back")
            notices.decided(review, reader, decision)
        return review


def comment(review, *, by, text):
    """Say something about a proposal without deciding. Raises `ValidationError` for an empty text."""
    reader = as_reader(by)
    if not text.strip():
        raise ValidationError({"reason": [_("Write something.")]})
    with locked(review, by, text, subject_too=False) as (_subject, review):
        if reader.user is None or reader.via == "token":
            raise PermissionDenied(_("A person who is signed in says this; a token cannot."))
        with refused_by_database(review):
            said = ReviewDecision.objects.create(
                review=review,
                revision=review.revision,
                content_hash=review.proposal_hash,
                decision=ReviewDecision.Decision.COMMENT,
                person=reader.user,
                reason=text.strip()[:LONGEST_REASON],
            )
        notices.commented(review, reader, text)
        return said


def withdraw(review, *, by, reason=""):
    """Take a proposal back; what is in force stays as it is. Only its authors can."""
    reader = as_reader(by)
    with locked(review, by, reason) as (subject, review):
        require_author(review, reader)
        if review.state not in Review.UNDECIDED:
            raise IllegalTransition(not_now(review, _("withdrawn")))
        was_open = review.is_open
        _settle(review, State.WITHDRAWN)
        subject.let_go(review)
        if was_open:
            _step_back(subject, review, by=by, reason=reason, name="withdraw")
        notices.withdrawn(review, reader)
        return review


def hand_over(review, *, by, to, reason=""):
    """Ask a colleague to decide on this one review in one's place. Raises `PermissionDenied` for who cannot."""
    reader = as_reader(by)
    with locked(review, by, reason, subject_too=False) as (_subject, review):
        if not review.is_open:
            raise IllegalTransition(deciders.not_open(review))
        _require_decider(review, reader, None, itself=True)
        delegation = Delegation(
            review=review, from_person=reader.user, to_person=to, reason=reason[:LONGEST_REASON]
        )
        delegation.clean_fields(exclude=["from_person", "review"])
        delegation.validate_constraints()
        with refused_by_database(review):
            delegation.save(force_insert=True)
        if deciders.refusal(review, to, reader.user) and deciders.refusal(review, to):
            raise PermissionDenied(
                _("%(name)s cannot decide on this. %(who)s") % {"name": to, "who": deciders.who_can(review)}
            )
        notices.handed_over(review, reader, to, reason)
        return delegation


# ---------- inside ----------


def _apply(subject, review, *, by, reason):
    """Make what is in force equal to the proposal; every other proposal from the same base is overtaken."""
    with acting(by, reason=reason, review=review.pk), refused_by_database(review):
        _settle(review, State.APPROVED)
        spec = subject.transition_for("approve") if isinstance(subject, Stateful) else None
        if isinstance(subject, ReviewableMany):
            subject.carry_out(review, by=as_reader(by), reason=reason)
        else:
            subject.take_over(review.proposal)
            if review.base_hash:
                subject.note_writer(review)
            if spec is not None:
                subject.move(spec, by=by, reason=reason, review=review)
            else:
                subject.save()
        review.applied_at = timezone.now()
        _settle(review, State.APPLIED)
        for other in _overtaken(review, subject):
            _settle(other, State.SUPERSEDED)
            notices.overtaken(other, review)
    notices.applied(review, as_reader(by))


def _overtaken(review, subject):
    """The undecided proposals whose base is no longer in force now that the review is applied, locked."""
    found = Review.objects.of(subject)
    if isinstance(subject, ReviewableMany):
        changed = review.current_members.filter(action=ReviewMember.Action.CHANGE)
        in_force = Review.objects.exclude(base_hash="").filter(
            subject_table__in=changed.values("subject_table"), subject_id__in=changed.values("subject_id")
        )
        found = Review.objects.filter(Q(pk__in=found.values("pk")) | Q(pk__in=in_force.values("pk")))
    if rivals := subject.rivals(review):
        found = Review.objects.filter(Q(pk__in=found.values("pk")) | Q(pk__in=rivals))
    undecided = [State.SUBMITTED, State.DRAFT, State.CHANGES_REQUESTED, State.APPROVED]
    found = found.filter(state__in=undecided).exclude(pk=review.pk).select_for_update(of=("self",))
    return list(found.order_by("pk"))


def _settle(review, state):
    review.state = state
    review.decided_at = timezone.now()
    review.save(update_fields=["state", "decided_at", "applied_at"])
    review.refresh_from_db(fields=["row_version", "updated_at"])


def _step_back(subject, review, *, by, reason, name):
    """A record that was never in force is a draft again, with the proposed text in it; anything else stays."""
    spec = subject.transition_for("request_changes") if isinstance(subject, Stateful) else None
    if spec is None or subject.is_in_force or subject.state not in spec.sources:
        return
    subject.take_over(review.proposal)
    subject.move(spec, by=by, reason=reason, review=review, name=name)


def _require_decider(review, reader, on_behalf_of, *, itself=False):
    """The colleague for whom the reader decides, or None. Raises for those who may not."""
    if reader.user is None or reader.via != "session":
        raise PermissionDenied(_("A person who is signed in decides this; a token cannot."))
    if review.visibility_rank > reader.clearance:
        raise PermissionDenied(_("You may not decide on this."))
    if on_behalf_of is not None or itself:
        said = deciders.refusal(review, reader.user, on_behalf_of)
    else:
        _allowed, on_behalf_of, said = deciders.for_whom(review, reader.user)
    if said in deciders.LATE:
        raise IllegalTransition(deciders.in_words(review, said))
    if said:
        raise PermissionDenied(deciders.in_words(review, said))
    return on_behalf_of


def _require_reason(review, decision, reason):
    if reason.strip() or (decision == ReviewDecision.Decision.APPROVE and not review.needs_reason):
        return
    raise ValidationError({"reason": [_("Say why, so that the author knows what to do.")]})


def _raise_risk(review, subject):
    """Risk is worked out again when somebody decides; the higher value counts."""
    risk = subject.risk_of(review.base_content, review.proposal)
    level = max(review.risk, risk.level, key=LEVELS.index)
    quorum = max(review.quorum, risk.quorum)
    if (level, quorum) != (review.risk, review.quorum):
        review.risk, review.quorum = level, quorum
        review.save(update_fields=["risk", "quorum"])
